import PacketSets
import RuleModel
import SourceText

extension Platform {
  /// Juniper Junos OS on SRX Series firewalls, in braces or as `set` lines.
  static let junosSRX = Platform(
    id: "junos-srx", title: "Juniper Junos SRX", support: .exports,
    documentation: [
      "Junos OS Security Policies User Guide: Security Policies Overview, Global Security Policies, Predefined Policy Applications",
      "Junos OS Security Zones User Guide; Address Books and Address Sets",
      "Junos OS NAT User Guide: NAT Overview, NAT Rule Sets and Rules",
      "Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide",
      "Junos OS CLI User Guide: Use Configuration Groups to Quickly Configure Devices",
    ],
    modelled: [
      "security zones, logical interfaces, routing instances", "global, attached and zone address books, address sets",
      "applications, application sets and the predefined applications",
      "security policies between zones, global policies, the default policy",
      "static, destination and source NAT in their order", "firewall filters of family inet and inet6",
      "host-inbound-traffic, loopback filter, policies to junos-host", "configuration groups with wildcards",
      "logical systems and tenant systems as devices of their own", "static routes",
    ],
    bounded: [
      "domain names and feeds as addresses", "users, dynamic applications, URL categories", "schedulers",
      "IDP and application firewall", "policers", "filter conditions on fields such as fragments, DSCP or lengths",
      "prefix lists made by apply-path", "IPv6 without flow mode", "IPsec tunnels of policies",
    ],
    ignored: [
      "screens", "system, SNMP and logging settings", "routing protocols", "class of service", "IKE and IPsec settings",
      "content security profiles",
    ],
    detect: detectJunos, read: readJunos)
}

/// Top-level words of Junos configurations that open a block or begin a path.
private let junosSections: Set<String> = [
  "access", "applications", "chassis", "class-of-service", "event-options", "firewall", "forwarding-options", "groups",
  "interfaces", "logical-systems", "policy-options", "protocols", "routing-instances", "routing-options", "security",
  "services", "snmp", "system", "tenants", "vlans", "schedulers", "poe", "wlan", "accounting-options",
]

/// What a telling line outside all blocks begins with: commands, and the version.
private let junosHeads = StatementCommand.allCases.map(\.rawValue) + ["version"]

/// Why the file is a Junos configuration: words of its own at the head of blocks that end in `;`, or `set` lines whose path
/// no other platform has.
@Sendable
private func detectJunos(_ file: SourceFile) -> String? {
  var opened: String?
  for number in 1...min(file.lines.count, 4000) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    // Most lines of other formats tell nothing, and are passed without a `String`.
    if opened == nil, !tellsForm(file, bounds, junosHeads) { continue }
    // Longer lines hold keys and certificates; their beginning tells enough.
    let line = file.text(bounds.lowerBound..<min(bounds.upperBound, bounds.lowerBound + 400))
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).map(String.init)
    guard let first = words.first else { continue }
    if number < 30, first.lowercased().hasPrefix("#rancid-content-type:"), line.contains("juniper") {
      return "its header says that it is a Juniper configuration"
    }
    if line.hasPrefix("## Last c") { return "its header is that of a Junos configuration" }
    if first.hasPrefix("#") || first.hasPrefix("/*") { continue }
    if StatementCommand(rawValue: first) != nil, opened == nil {
      if let reason = setPath(words) { return reason }
    } else if let opened {
      if line.hasTrailing(";") {
        return namesROXFirewall(file, from: number)
          ? nil : "it begins with `\(opened)` and statements that end in `;`"
      }
    } else if first == "version", words.count == 2, words[1].hasSuffix(";") {
      return "it begins with `version` and `;`"
    } else if words.last == "{" {
      // The first block decides: inside other platforms' blocks the same words occur.
      guard junosSections.contains(first) else { return nil }
      opened = first
    }
  }
  return nil
}

/// Whether `fwconfig` follows: RUGGEDCOM ROX II has `security` and braces too, and its firewalls below that word.
private func namesROXFirewall(_ file: SourceFile, from line: Int) -> Bool {
  (line...min(file.lines.count, line + 1000)).contains { number in
    var position = file.lines.bounds(ofLine: number, in: file.bytes).lowerBound
    let end = file.lines.bounds(ofLine: number, in: file.bytes).upperBound
    return takeWord(file.bytes.span, &position, end: end).map { matches(file.bytes.span, $0, "fwconfig") } ?? false
  }
}

extension String {
  /// Whether the line ends so, blanks and a comment behind it not counted.
  fileprivate func hasTrailing(_ mark: Character) -> Bool {
    let code = split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
    return code.last { !$0.isWhitespace } == mark
  }
}

/// Why a `set` line is one of Junos.
private func setPath(_ words: [String]) -> String? {
  guard words.count > 2 else { return nil }
  let (second, third) = (words[1], words[2])
  let isOwn: Bool
  switch second {
  case "security":
    isOwn = [
      "zones", "policies", "nat", "address-book", "screen", "ike", "ipsec", "flow", "log", "idp", "utm", "pki", "alg",
      "forwarding-options", "certificates", "key-chain", "authentication-key-chains", "application-tracking",
    ].contains(third)
  case "interfaces": isOwn = words.count > 3 && words[3] == "unit"
  case "groups": isOwn = words.count > 3 && junosSections.contains(words[3])
  case "firewall": isOwn = ["family", "filter", "policer", "interface-set"].contains(third)
  case "applications": isOwn = third == "application" || third == "application-set"
  case "policy-options", "routing-options", "class-of-service", "event-options", "logical-systems", "routing-instances":
    isOwn = true
  default: isOwn = false
  }
  return isOwn ? "it has statements like `\(words[0]) \(printable(second)) \(printable(third))`" : nil
}

/// Prompts with commands, banners of cluster members, `[edit]` lines.
@Sendable
private func isJunosNoise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
  let line = text(bytes, range.lowerBound..<min(range.upperBound, range.lowerBound + 200))
  if line.hasPrefix("[edit") || line.hasPrefix("{") && line.contains(":") { return true }
  if ["{master}", "{backup}", "exit", "quit"].contains(line.filter { !$0.isWhitespace }) { return true }
  guard let mark = line.firstIndex(where: { $0 == ">" || $0 == "#" || $0 == "%" }) else { return false }
  let prompt = line[..<mark]
  return !prompt.isEmpty && !prompt.contains(where: { $0.isWhitespace || "{};\"".contains($0) })
    && (prompt.contains("@") || line[mark...].dropFirst().hasPrefix(" show"))
}

/// Reads a file: one device for the main system and one for each logical or tenant system.
@Sendable
private func readJunos(_ file: SourceFile) -> Reading {
  var parser = StatementParser(file, StatementDialect(endsWithSemicolon: true, isNoise: isJunosNoise))
  parser.parse()
  var groups = JunosGroups(parser.tree, parser.notes)
  groups.expand()
  var (tree, notes) = (groups.tree, groups.notes)
  if parser.isEmpty {
    notes.issue(
      .truncated, file.range(ofLine: 1), "the file holds no statement",
      help: "export the configuration with `show configuration | display set`")
  }
  let root = StatementTree.root
  let name = printable(tree.find(["system"]).flatMap { tree.text($0, "host-name") } ?? baseName(file.path))
  var instances: [(node: Int, name: String?)] = [(root, nil)]
  for kind in ["logical-systems", "tenants"] {
    guard let section = tree.child(root, kind) else { continue }
    tree.mark(section, .used)
    instances += tree.children(section).map { ($0, printable(tree.word($0))) }
  }
  var devices: [Device] = []
  let leak = routeLeak(tree)
  for (node, instance) in instances {
    let source = instance == nil ? file.range(ofLine: 1) : tree.range(node)
    if instance != nil { tree.mark(node, .used) }
    var system = JunosSystem(tree: tree, notes: notes, own: node, name: name, instance: instance, source: source)
    // The tree is handed over, not copied.
    tree = StatementTree(file)
    system.leak = leak
    system.lower()
    devices.append(system.device)
    (tree, notes) = (system.tree, system.notes)
  }
  tree.account(in: &notes.ledger)
  notes.ledger.finish(file)
  var reading = Reading(ledger: notes.ledger)
  reading.devices = devices
  reading.issues = notes.issues
  return reading
}
