import SourceText

extension Platform {
  /// Cisco ASA, ISA3000 and the LINA text of Threat Defense.
  public static let ciscoASA = Platform(
    id: "cisco-asa", title: "Cisco ASA, ISA3000 and Firepower Threat Defense (LINA)", support: .exports,
    documentation: [
      "Cisco ASA Series Command Reference",
      "Cisco ASA Series Firewall CLI Configuration Guide 9.20, \"Access Rules\", \"Objects for Access Control\", \"NAT\"",
      "Cisco ASA Series General Operations CLI Configuration Guide 9.19, \"Addresses, Protocols, and Ports\"",
      "Cisco document 212321, \"Clarify the Firepower Threat Defense Access Control Policy Rule Actions\"",
    ],
    modelled: [
      "interfaces, VLAN subinterfaces, bridge groups, security levels and same-security-traffic",
      "extended and IPv6 access lists, objects and object groups, names, remarks, inactive entries",
      "access groups in, out, global and control-plane, and what is implied without them",
      "address translation of 8.3 and later: twice NAT, object NAT, after-auto, in the device's order",
      "static routes; ssh, telnet, https, SNMP and ICMP access to the device itself",
    ],
    bounded: [
      "FQDN objects, users, security groups and application groups", "entries with a time range",
      "Threat Defense `permit` entries: Snort decides, and its rules are not in the text",
      "pairs of the same security level when an access list is bound but same-security-traffic is not set",
    ],
    ignored: [
      "logging, AAA, failover, monitoring, certificates, banners and other settings that do not filter",
      "standard and webtype access lists, which filter no through traffic",
    ],
    detect: detectASA, read: { ASAReader.read($0) })
}

/// Lines looked at: an export says what it is long before.
private let detectionLimit = 20_000

private func detectASA(_ file: SourceFile) -> String? {
  var hasName = false
  var hasLevel = false
  var words = CiscoWords(bytes: file.bytes)
  let span = file.bytes.span
  for number in 1...min(file.lines.count, detectionLimit) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    var start = bounds.lowerBound
    skipBlanks(span, &start, end: bounds.upperBound)
    let rest = start..<bounds.upperBound
    if begins(span, rest, with: "ASA Version ") || begins(span, rest, with: "PIX Version ") {
      return "line \(number) is the version line of a Cisco ASA"
    }
    if begins(span, rest, with: "NGFW Version ") { return "line \(number) is the version line of Threat Defense" }
    if begins(span, rest, with: "nameif ") { hasName = true }
    if begins(span, rest, with: "security-level ") { hasLevel = true }
    if hasName && hasLevel { return "interfaces have `nameif` and `security-level`" }
    if begins(span, rest, with: "access-list ") {
      words.load(bounds)
      if isNamedExtended(words) { return "line \(number) is an entry of a named ASA access list" }
    }
  }
  return nil
}

/// `access-list NAME [line n] extended|advanced permit|deny|trust …`; IOS has no such word after the name.
private func isNamedExtended(_ line: CiscoWords) -> Bool {
  var words = line
  guard words.takes("access-list"), words.take() != nil else { return false }
  if words.takes("line") { _ = words.take() }
  guard words.takes("extended") || words.takes("advanced") else { return false }
  return words.isNext("permit") || words.isNext("deny") || words.isNext("trust")
}
