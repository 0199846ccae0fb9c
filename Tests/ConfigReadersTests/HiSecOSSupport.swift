import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// A row or a set of scalars: `name=value` pairs between blanks, `_` for a blank in a value.
typealias MibText = String

/// Attributes as the device writes them; addresses and names are `ascii`, interfaces `ifname`.
private func attributes(_ text: MibText) -> String {
  text.split(separator: " ").map { pair in
    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts[1].replacing("_", with: " ").replacing("&", with: "&amp;")
    let convert = value.allSatisfy(\.isNumber) || value.contains(" ") ? "" : " convert=\"ascii\""
    return "   <Attribute name=\"\(parts[0])\"\(convert)>\(value)</Attribute>\n"
  }.joined()
}

func mibTable(_ name: String, _ rows: [MibText]) -> String {
  "  <Table name=\"\(name)\">\n" + rows.map { "   <Entry>\n\(attributes($0))   </Entry>\n" }.joined() + "  </Table>\n"
}

func mibScalars(_ name: String, _ text: MibText) -> String {
  "  <Scalar name=\"\(name)\">\n\(attributes(text))  </Scalar>\n"
}

func mib(_ name: String, _ parts: String...) -> String {
  " <MIB name=\"\(name)\">\n\(parts.joined()) </MIB>\n"
}

/// A whole container around MIBs.
func container(_ mibs: String...) -> String {
  """
  <?xml version="1.0" encoding="UTF-8"?>
  <Config version="1.0" xmlns="urn:xml:ns:mibconf:base:1.0">
  <Header>
   <Variable name="productId">eagle30_0402</Variable>
  </Header>
  <MibData>
  \(mibs.joined())</MibData>
  <Footer><Variable name="Checksum">00</Variable></Footer>
  </Config>

  """
}

/// Router interfaces 1/1 (10.0.0.0/16) and 1/2 (10.20.0.0/16), and a switched port 1/3.
let hisecosPorts =
  mib("SNMPv2-MIB", mibScalars("system", "sysName=eagle-cell"))
  + mib(
    "IF-MIB",
    mibTable("ifEntry", ["ifIndex=1/1 ifAdminStatus=1", "ifIndex=1/2 ifAdminStatus=2", "ifIndex=1/3 ifAdminStatus=1"]),
    mibTable("ifXEntry", ["ifIndex=1/2 ifAlias=cell"]))
  + mib(
    "HM2-PLATFORM-ROUTING-MIB",
    mibTable(
      "hm2AgentSwitchIpInterfaceEntry",
      [
        "hm2AgentSwitchIpInterfaceIfIndex=1/1 hm2AgentSwitchIpInterfaceIpAddress=0A_00_00_01"
          + " hm2AgentSwitchIpInterfaceNetMask=255.255.0.0 hm2AgentSwitchIpInterfaceRoutingMode=1",
        "hm2AgentSwitchIpInterfaceIfIndex=1/2 hm2AgentSwitchIpInterfaceIpAddress=10.20.0.1"
          + " hm2AgentSwitchIpInterfaceNetMask=FF_FF_00_00 hm2AgentSwitchIpInterfaceRoutingMode=1",
        "hm2AgentSwitchIpInterfaceIfIndex=1/3 hm2AgentSwitchIpInterfaceIpAddress=0.0.0.0"
          + " hm2AgentSwitchIpInterfaceNetMask=0.0.0.0 hm2AgentSwitchIpInterfaceRoutingMode=2",
      ]))

/// One rule: index, what differs from `any`, action.
func l3Rule(_ index: Int, _ text: MibText = "", action: Int, status: Int = 1) -> MibText {
  "hm2L3RuleIndex=\(index) \(text) hm2L3Action=\(action) hm2L3RowStatus=\(status)"
}

/// One assignment; direction 1 ingress, 2 egress, 3 both.
func l3Use(_ rule: Int, _ interface: String = "1/1", priority: Int, direction: Int = 1, status: Int = 1) -> MibText {
  "hm2L3IfmRuleIndex=\(rule) hm2L3IfmDirection=\(direction) hm2L3IfmPriority=\(priority)"
    + " hm2L3IfmInterface=\(interface) hm2L3IfmRowStatus=\(status)"
}

/// A firewall with packet filter rules, their assignments, and more in HM2-FW-MIB.
func hisecos(
  policy: Int? = 2, _ rules: [MibText], _ uses: [MibText], more: String = "", after: String = ""
) -> String {
  container(
    hisecosPorts,
    mib(
      "HM2-FW-MIB", policy.map { mibScalars("hm2FwGeneralSettings", "hm2DefaultPolicy=\($0)") } ?? "",
      mibTable("hm2L3RuleEntry", rules), mibTable("hm2L3RuleIfMappingEntry", uses), more), after)
}

func readHiSecOS(_ text: String) throws -> Reading {
  let file = try SourceFile(path: "eagle.xml", bytes: Array(text.utf8))
  guard case .platform(let platform, _) = detectPlatform(file) else {
    Issue.record("not detected")
    return Platform.hiSecOS.read(file)
  }
  #expect(platform.id == "hisecos")
  let reading = platform.read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

func hisecosDevice(_ text: String) throws -> Device { try #require(readHiSecOS(text).devices.first) }

/// What becomes of a packet from 1/1 to 1/2 (or the other way): `permit`, `deny` or `open`.
func verdict(
  _ device: Device, _ packet: Packet, from: String = "1/1", to: String = "1/2"
) -> String {
  let verdict = ConcreteEvaluator(device: device, ingress: from, egress: to).forward(packet)
  return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

/// A packet that opens a session, or a Modbus request.
func plantPacket(
  _ source: String = "10.0.0.9", _ destination: String = "10.20.0.5", proto: UInt8 = 6, port: UInt16 = 502,
  from: UInt16 = 40000, code: UInt8? = nil, unit: UInt8 = 1, register: UInt16 = 0
) throws -> Packet {
  var packet = Packet(
    source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)), proto: proto)
  if IPProtocol.withPorts.contains(proto) {
    packet.sourcePort = from
    packet.destinationPort = port
  } else if IPProtocol.withTypes.contains(proto) {
    packet.icmpType = UInt8(truncatingIfNeeded: port)
  }
  if proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
  if let code {
    packet.function = .modbus(code: code)
    packet.unit = unit
    packet.register = register
  }
  return packet
}
