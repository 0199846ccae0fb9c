import PacketSets
import RuleModel
import SourceText

/// Reads one export and lowers it to a device.
struct RouterOSReader {
  let file: SourceFile
  var notes: ReaderNotes
  var device: Device
  var interfaces = RouterOSInterfaces()
  var addressLists: [IPFamily: RouterOSAddressLists] = [:]
  var tables: [RouterOSPlace: RouterOSRules] = [:]
  /// Ports of bridges, which may be lists that the file defines later.
  var ports: [(port: String, bridge: String, statement: RouterOSStatement)] = []
  /// What sets IPsec up; nil when nothing does.
  var usesIPsec: SourceRange?
  var usesIPFirewall: SourceRange?
  var bridgeFilter: SourceRange?
  var hardwareRouting: SourceRange?
  /// UPnP or NAT-PMP, which add translations by themselves.
  var portMapper: SourceRange?
  /// Families that the router does not forward.
  var unforwarded: [IPFamily: SourceRange] = [:]
  /// Interfaces that learn a default route, with what says so.
  var learnedRoutes: [String: SourceRange] = [:]
  var routes: [RouterOSStatement] = []
  var services = RouterOSServices()
  /// What switches connection tracking off.
  var trackingOff: SourceRange?
  /// Packets that may be exempt from connection tracking.
  var untracked: [PacketMatch] = []
  /// Where the chains of each table are among the device's lists.
  var chainLists: [RouterOSPlace: [String: Int]] = [:]
  var familyLists: [IPFamily: Int] = [:]
  /// What words of rules about interface lists mean, once found out.
  var listMatches: [String: (match: InterfaceMatch, doubt: String?)] = [:]
  var version: String?
  var hasIPv6Section = false

  init(_ file: SourceFile) {
    self.file = file
    notes = ReaderNotes(file)
    device = Device(
      name: baseName(file.path), platform: "mikrotik-routeros", passesReplies: false, source: file.range(ofLine: 1))
    device.listsAllInterfaces = false
  }

  mutating func use(_ statement: RouterOSStatement) { notes.mark(statement.range, .used) }
  mutating func ignore(_ statement: RouterOSStatement) { notes.mark(statement.range, .irrelevant) }

  mutating func gap(_ statement: RouterOSStatement, _ state: LineState, matters: Bool = true, _ reason: String) {
    notes.gap(statement.range, state, matters: matters, reason)
  }

  mutating func read() {
    var statements: [RouterOSStatement] = []
    var scanner = RouterOSScanner(file)
    while let item = scanner.next() {
      switch item {
      case .statement(let statement): statements.append(statement)
      case .noise(let range):
        notes.mark(range, .irrelevant)
        readComment(range)
      case .failedExport(let range):
        notes.gap(range, .notModelled, matters: true, "the device says that it left a part of the export out")
      case .unknown(let range, let reason): notes.gap(range, .notRecognised, matters: true, reason)
      }
    }
    if scanner.isTruncated {
      notes.issue(
        .truncated, file.range(ofLine: file.lines.count), "the export ends in the middle of a command",
        help: "export it again; what follows is missing")
    }
    if statements.isEmpty {
      notes.issue(
        .truncated, file.range(ofLine: 1), "the file holds no command", help: "export with `/export`")
    }
    // Rules refer to interfaces, lists and settings that stand anywhere in the file.
    for statement in statements where place(of: statement.path) == nil { dispatch(statement) }
    addPorts()
    for statement in statements where place(of: statement.path) != nil { noteFilledLists(statement) }
    for statement in statements {
      if let place = place(of: statement.path) { readRule(statement, place) }
    }
    lowerInterfaces()
    lowerRoutes()
    lowerManagement()
    lowerPipelines()
  }

  /// The release, from the header of the device or of a collector.
  private mutating func readComment(_ range: SourceRange) {
    guard version == nil, range.end - range.start < 120 else { return }
    let text = file.text(range)
    for mark in [" by RouterOS ", "version: "] {
      guard let start = text.range(of: mark)?.upperBound else { continue }
      version = String(text[start...].prefix { $0.isNumber || $0 == "." })
    }
  }

  /// The table that a menu holds the rules of.
  func place(of path: String) -> RouterOSPlace? {
    for table in RouterOSTable.allCases {
      if path == "ip firewall \(table.rawValue)" { return RouterOSPlace(family: .v4, table: table) }
      if path == "ipv6 firewall \(table.rawValue)" { return RouterOSPlace(family: .v6, table: table) }
    }
    return nil
  }

  /// Lists that rules fill are known before any rule asks for them.
  private mutating func noteFilledLists(_ statement: RouterOSStatement) {
    guard let action = statement["action"], action.hasPrefix("add-"), let list = statement["address-list"],
      !statement.isDisabled, let place = place(of: statement.path)
    else { return }
    if addressLists[place.family, default: RouterOSAddressLists()].filled[list] == nil {
      addressLists[place.family, default: RouterOSAddressLists()].filled[list] = statement.range
    }
  }

  private mutating func lowerInterfaces() {
    // Clients of tunnel servers get interfaces while they are connected; rules name them all at once.
    if let range = services.pointToPoint { interfaces.ensure("all-ppp", range) }
    device.interfaces = interfaces.all
  }
}

/// Reads a file.
func readRouterOS(_ file: SourceFile) -> Reading {
  var reader = RouterOSReader(file)
  reader.read()
  reader.notes.ledger.finish(file)
  var reading = Reading(ledger: reader.notes.ledger)
  reading.devices = [reader.device]
  reading.issues = reader.notes.issues
  return reading
}

extension String {
  /// Where a text stands first.
  func range(of text: String) -> Range<String.Index>? {
    let (own, other) = (Array(utf8), Array(text.utf8))
    guard other.count <= own.count else { return nil }
    for start in 0...(own.count - other.count) where own[start..<(start + other.count)].elementsEqual(other) {
      let first = utf8.index(utf8.startIndex, offsetBy: start)
      return first..<utf8.index(first, offsetBy: other.count)
    }
    return nil
  }
}
