import PacketSets
import RuleModel
import SourceText

extension Platform {
  /// VyOS, 1.2 to 1.5, as boot file or as `set` commands.
  static let vyOS = Platform(
    id: "vyos", title: "VyOS", support: .samples,
    documentation: [
      "VyOS 1.4 documentation: Firewall (IPv4, IPv6, Zone Based Firewall, Groups, Global Options), NAT44, NAT66",
      "VyOS 1.3 documentation: Firewall, Zone Policy",
      "vyos-1x: nftables templates and configuration migrations",
    ],
    modelled: [
      "firewall rule sets of both dialects: at interfaces, in zones, by jumps", "base chains forward and input",
      "global state policy", "zones, the local zone", "address, network, port and interface groups",
      "source, destination and static NAT, NAT66", "interfaces with VLANs, bridges, bonds", "static routes",
      "ssh, https, snmp and telnet services",
    ],
    bounded: [
      "domain, MAC and dynamic groups, FQDN, GeoIP", "limit, recent, time, fragment, DSCP and other conditions",
      "traffic from a zone to an interface in no zone", "VRFs", "queue and synproxy actions",
    ],
    ignored: [
      "system, service and VPN settings", "routing protocols", "quality of service", "what the device itself sends",
    ],
    detect: detectVyOS, read: readVyOS)
}

/// Second words of statements, by first word, that no other platform has.
private let vyosPaths: [String: Set<String>] = [
  "firewall": [
    "name", "ipv6-name", "ipv4", "ipv6", "group", "zone", "global-options", "all-ping", "state-policy", "bridge",
    "flowtable", "broadcast-ping", "interface", "ipv6-receive-redirects",
  ],
  "interfaces": [
    "ethernet", "loopback", "bonding", "bridge", "wireguard", "openvpn", "dummy", "pppoe", "tunnel", "vti", "wireless",
    "vxlan", "pseudo-ethernet", "wwan", "virtual-ethernet", "input", "geneve", "l2tpv3", "macsec", "sstpc",
  ],
  "zone-policy": ["zone"], "nat": ["source", "destination"], "nat66": ["source", "destination"],
]

/// Why the file is a VyOS configuration: the version line of its boot file, or paths that no other platform has.
@Sendable
private func detectVyOS(_ file: SourceFile) -> String? {
  if let reason = versionLine(file) { return reason }
  var block: String?
  for number in 1...min(file.lines.count, 4000) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    // Most lines of other formats tell nothing, and are passed without a `String`.
    if block == nil, !tellsForm(file, bounds, ["set"]) { continue }
    let line = file.text(bounds.lowerBound..<min(bounds.upperBound, bounds.lowerBound + 200))
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).map(String.init)
    guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix("//"), !first.hasPrefix("/*") else {
      continue
    }
    if let last = words.last, last.hasSuffix(";") { return nil }
    if first == "set", words.count > 3, vyosPaths[words[1]]?.contains(words[2]) == true {
      return "it has statements like `set \(printable(words[1])) \(printable(words[2]))`"
    }
    // Interface names of other platforms (`set interfaces ge-0/0/0`) rule it out.
    if first == "set" { continue }
    if let block, vyosPaths[block]?.contains(first) == true { return "it begins with `\(block) { \(printable(first))`" }
    if block == nil, words.last == "{" {
      guard words.count == 2,
        vyosPaths[first] != nil || ["system", "service", "protocols", "policy", "vpn"].contains(first)
      else { return nil }
    }
    if words.count == 2, words[1] == "{", !line.hasPrefix(" ") { block = first }
  }
  return nil
}

/// The line that a boot file ends with.
private func versionLine(_ file: SourceFile) -> String? {
  for number in stride(from: file.lines.count, to: max(0, file.lines.count - 12), by: -1) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    let line = file.text(bounds.lowerBound..<min(bounds.upperBound, bounds.lowerBound + 80))
    if line.contains("vyos-config-version:") || line.contains("vyatta-config-version:") {
      return "it ends with the version line of a boot file"
    }
  }
  return nil
}

/// Prompts with commands, `[edit]` lines.
@Sendable
private func isVyOSNoise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
  let line = text(bytes, range.lowerBound..<min(range.upperBound, range.lowerBound + 200))
  if line.hasPrefix("[edit") || ["exit", "logout"].contains(line.filter { !$0.isWhitespace }) { return true }
  guard let at = line.firstIndex(of: "@"), let mark = line.firstIndex(where: { $0 == "$" || $0 == "#" }), at < mark
  else {
    return false
  }
  return !line[..<mark].contains { $0.isWhitespace || "{};\"'".contains($0) }
}

@Sendable
private func readVyOS(_ file: SourceFile) -> Reading {
  var parser = StatementParser(
    file, StatementDialect(endsWithSemicolon: false, hasSlashComments: true, isNoise: isVyOSNoise))
  parser.parse()
  var notes = parser.notes
  if parser.isEmpty {
    notes.issue(
      .truncated, file.range(ofLine: 1), "the file holds no statement",
      help: "export the configuration with `show configuration commands`")
  }
  let name = parser.tree.find(["system"]).flatMap { parser.tree.text($0, "host-name") } ?? baseName(file.path)
  var system = VyOSSystem(tree: parser.tree, notes: notes, name: printable(name), source: file.range(ofLine: 1))
  system.lower()
  system.tree.account(in: &system.notes.ledger)
  system.notes.ledger.finish(file)
  var reading = Reading(ledger: system.notes.ledger)
  reading.devices = [system.device]
  reading.issues = system.notes.issues
  return reading
}
