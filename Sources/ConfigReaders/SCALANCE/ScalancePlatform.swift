import RuleModel
import SourceText

extension Platform {
  /// Siemens SCALANCE S615, SC-600 and M-800, the text of `show running-config` and CLI scripts.
  static let scalance = Platform(
    id: "scalance", title: "Siemens SCALANCE S615, SC-600, M-800", support: .manual,
    documentation: [
      "SCALANCE S615 Command Line Interface, PH_SCALANCE-S615-CLI_76: 5.4.1.1, 9.1.2.5, 9.1.3.2, 12.3.4.1, 12.3.4.31, 12.3.4.32, 12.3.4.52 to 12.3.4.67 (as transcribed by siemens-scalance-manager, docs/VERIFICATION.md)",
      "SCALANCE S615 Web Based Management, C79000-G8976-C388-08 (11/2019): 3.5.2 Firewall, 3.5.3 NAT, 4.9 Security",
      "SCALANCE SC-600 Web Based Management, C79000-G8976-C475-03 (10/2021): 3.8, 4.7.5",
    ],
    modelled: [
      "`ipv4rule` in the order of `prior`, with directions, addresses, action and log",
      "`no ipv4rule`", "`prerule`: predefined services of the device itself", "VLAN and PPP interfaces, static routes",
      "the default: what no rule permits is dropped",
    ],
    bounded: [
      "services other than `all`: how the CLI defines them is not published",
      "the order of rules of one priority or of none",
      "automatic rules of IPsec, OpenVPN and SINEMA RC", "address translation",
      "predefined services that the file does not set",
      "every statement of the firewall section that is not known", "IPv6", "a firewall that is switched off",
    ],
    ignored: ["VLAN membership of ports", "NTP, DNS client, SNMP agent, syslog, users, IPsec parameters"],
    detect: detectScalance, read: { ScalanceReader.read($0) })
}

/// The first line that only the firewall section of these devices has.
private func detectScalance(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  for number in 1...file.lines.count {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    let line = commandStart(bytes, bounds)..<bounds.upperBound
    if begins(bytes, line, with: "ipv4rule from ") || begins(bytes, line, with: "no ipv4rule ") {
      return "line \(number) is an `ipv4rule`"
    }
    if begins(bytes, line, with: "prerule ") {
      let words = file.text(line.lowerBound..<min(line.upperBound, line.lowerBound + 200)).split(separator: " ")
      if words.count > 3, words[2] == "ipv4" || words[2] == "ipv6" { return "line \(number) is a `prerule`" }
    }
  }
  return nil
}
