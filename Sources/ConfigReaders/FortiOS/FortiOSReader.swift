import PacketSets
import RuleModel
import SourceText

extension Platform {
  /// Fortinet FortiOS (FortiGate, FortiGate Rugged).
  static let fortiOS = Platform(
    id: "fortios", title: "Fortinet FortiOS (FortiGate)", support: .exports,
    documentation: [
      "FortiOS 7.6 Administration Guide: Firewall policy, Central SNAT, Local-in policy, IPS Modbus TCP decoder",
      "FortiOS 7.6.1 CLI Reference",
    ],
    modelled: [
      "virtual domains, interfaces, zones", "address and service objects and groups",
      "firewall policies, IPv4 and IPv6",
      "virtual IPs, IP pools, policy NAT and central NAT", "multicast and local-in policies, allowaccess",
      "static routes", "application control of industrial functions", "explicit proxies",
    ],
    bounded: [
      "FQDN, geography, dynamic and MAC addresses", "Internet Services", "users and groups", "schedules",
      "application signatures whose meaning is not published", "traffic back out of its own interface",
      "what an explicit proxy opens for its clients",
    ],
    ignored: [
      "logging, certificates, users, VPN settings", "antivirus, web filter and other content inspection", "shaping",
      "wireless and switch controller",
    ],
    detect: detectFortiOS, read: readFortiOS)
}

/// Why the file is a FortiOS configuration: its header, or a first section of FortiOS followed by its statements.
@Sendable
private func detectFortiOS(_ file: SourceFile) -> String? {
  // Capture headers of collectors are a few dozen comment lines.
  let bytes = file.bytes.span
  var scanner = FortiStatementScanner()
  var opened: String?
  for _ in 0..<400 {
    guard let statement = scanner.next(bytes) else { break }
    if statement.verb == "#" {
      if statement.words.first?.hasPrefix("#config-version=") == true { return "its first line is #config-version=" }
      continue
    }
    if let opened {
      let inside = ["config", "edit", "set", "unset", "next", "end"]
      return inside.contains(statement.verb) ? "it begins with `config \(opened)` and FortiOS statements" : nil
    }
    guard statement.verb == "config", FortiPaths.isTopLevel(statement.words) || isAbbreviated(statement.words) else {
      if opened == nil, statement.verb == "config" { return nil }
      continue
    }
    opened = printable(FortiPaths.canonical(statement.words))
  }
  return nil
}

/// `config sys interface`
private func isAbbreviated(_ words: [String]) -> Bool {
  words.count > 1 && FortiPaths.families.contains(String(FortiPaths.canonical(words).prefix { $0 != " " }))
}

/// Reads a whole file: one device for each virtual domain of each capture in it.
@Sendable
private func readFortiOS(_ file: SourceFile) -> Reading {
  var notes = FortiNotes(file)
  var captures: [(tree: FortiTree, version: FortiVersion?)] = []
  var builder = FortiTreeBuilder(file, notes: notes)
  var scanner = FortiStatementScanner()
  let bytes = file.bytes.span
  var isEmpty = true
  while let statement = scanner.next(bytes) {
    let beginsCapture = statement.verb == "#" && statement.words.first?.hasPrefix("#config-version=") == true
    if beginsCapture, builder.header.captures > 0 {
      notes = finished(&builder, file)
      captures.append((builder.tree, builder.header.version))
      builder = FortiTreeBuilder(file, notes: notes)
    }
    if statement.verb != "#" { isEmpty = false }
    builder.take(statement)
  }
  notes = finished(&builder, file)
  captures.append((builder.tree, builder.header.version))
  if isEmpty { noteEmpty(file, &notes) }
  if captures.count > 1 { noteSeveral(captures.count, file, &notes) }
  var devices: [Device] = []
  for (index, capture) in captures.enumerated() {
    devices += lowered(capture.tree, capture.version, file, index, &notes)
  }
  notes.ledger.finish(file)
  var reading = Reading(ledger: notes.ledger)
  reading.devices = devices
  reading.issues = notes.issues
  return reading
}

private func finished(_ builder: inout FortiTreeBuilder, _ file: SourceFile) -> FortiNotes {
  let isTruncated = builder.finish()
  var notes = builder.notes
  if isTruncated {
    notes.issue(
      .truncated, file.range(ofLine: file.lines.count), "the configuration ends inside a `config` section",
      help: "export it again; statements after the end are missing")
  }
  return notes
}

private func noteEmpty(_ file: SourceFile, _ notes: inout FortiNotes) {
  notes.issue(
    .truncated, file.range(ofLine: 1), "the file holds no statement",
    help: "export the configuration with `show` or as a backup")
}

private func noteSeveral(_ count: Int, _ file: SourceFile, _ notes: inout FortiNotes) {
  notes.issue(
    .pendingChanges, file.range(ofLine: 1),
    "the file holds \(count) configurations one after the other; each is read as a device of its own",
    help: "put each configuration into a file of its own")
}

/// The devices of one capture.
private func lowered(
  _ tree: FortiTree, _ version: FortiVersion?, _ file: SourceFile, _ capture: Int, _ notes: inout FortiNotes
) -> [Device] {
  let root = FortiTree.root
  let shared = [tree.section("global", in: root), root].compactMap { $0 }
  let hostname = shared.lazy.compactMap { place in
    tree.section("system global", in: place).flatMap { tree.value("hostname", of: $0) }
  }.first
  var name = printable(hostname ?? stem(of: file.path))
  if capture > 0 { name += " (configuration \(capture + 1))" }
  let domains = tree.entries("vdom", in: root)
  var scopes = domains.map { FortiScope(own: $0, shared: shared, name: tree.nodes[$0].name) }
  if scopes.isEmpty { scopes = [FortiScope(own: root, shared: shared.filter { $0 != root }, name: nil)] }
  var used: [Device] = []
  var all: [Device] = []
  for scope in scopes {
    var domain = FortiDomain(
      tree: tree, scope: scope, version: version, notes: notes, name: name, source: tree.nodes[scope.own].range)
    domain.lower()
    notes = domain.notes
    // A domain without interfaces and policies is a name and nothing more.
    let isUsed = !domain.device.interfaces.isEmpty || !tree.nodes[scope.own].children.isEmpty
    if isUsed { used.append(domain.device) }
    all.append(domain.device)
  }
  return used.isEmpty ? all : used
}

/// The file's name without folders and extension.
private func stem(of path: String) -> String {
  let name = path.split(separator: "/").last ?? "fortigate"
  return String(name.split(separator: ".", maxSplits: 1).first ?? name)
}
