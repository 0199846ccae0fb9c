import RuleModel
import SourceText

extension Platform {
  /// Hirschmann HiSecOS (EAGLE20/30, EAGLE40) and its Schneider edition, ConneXium TCSEFEC.
  static let hiSecOS = Platform(
    id: "hisecos", title: "Hirschmann HiSecOS (EAGLE20/30, EAGLE40), Schneider ConneXium TCSEFEC", support: .manual,
    documentation: [
      "Hirschmann RM GUI HiSecOS EAGLE20/30, Release 3.0, chapters Network Security and Routing > NAT",
      "HM2-FW-MIB, HM2-NAT-MIB, HM2-MGMTACCESS-MIB, HM2-PLATFORM-ROUTING-MIB", "RFC 4292, inetCidrRouteTable",
    ],
    modelled: [
      "packet filter rules in order of priority, interface by interface, ingress and egress; default policy",
      "Modbus enforcer profiles down to function, unit and register; OPC enforcer",
      "destination, 1:1 and masquerading NAT; router interfaces; static routes",
      "web, SSH, Telnet and SNMP access with restricted management access",
    ],
    bounded: [
      "MAC addresses, fragments and TCP flags of rules", "packet filter rules on layer 2", "access control lists",
      "enforcers of the EAGLE40 other than Modbus and OPC", "double NAT, address translation with parameters",
      "firewall learning mode",
    ],
    ignored: ["switching, redundancy, time, logging, users and other settings that do not filter"],
    detect: detectHiSecOS, read: { HiSecOSReader.read($0) })
}

/// The container's name space stands in the root element, within the first few lines.
@Sendable
private func detectHiSecOS(_ file: SourceFile) -> String? {
  let head = file.text(0..<min(file.bytes.count, 8192))
  guard head.contains("urn:xml:ns:mibconf:base:"), head.contains("<Config") || head.contains(":Config") else {
    return nil
  }
  return "its name space is that of Hirschmann's MIB configuration"
}
