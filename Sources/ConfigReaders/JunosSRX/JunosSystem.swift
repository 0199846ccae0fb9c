import PacketSets
import RuleModel
import SourceText

/// Lowers one system of a configuration, the main one or a logical or tenant system, to a `Device`.
///
/// The parts (zones, policies, translation, filters, …) are extensions in files of their own; this is what they share.
struct JunosSystem {
  var tree: StatementTree
  var notes: ReaderNotes
  var device: Device
  /// The node that holds the system's own statements.
  let own: Int
  /// `security` of the system; nil when it has none.
  let security: Int?

  /// A statement of the file that may carry packets from one routing instance into another.
  var leak: Uncertainty?

  /// Logical interfaces of each security zone, in order.
  var zones: [String: JunosZone] = [:]
  var zoneNames: [String] = []
  // Objects by name, resolved once.
  var addresses: [JunosAddressKey: AddressBounds] = [:]
  var applications: [String: ServiceBounds] = [:]
  /// Sets that are being resolved, to find circles.
  var resolving: Set<String> = []
  /// Address books attached to each zone.
  var books: [String: [Int]] = [:]
  /// Index in `device.lists` of the filters by family and name.
  var filters: [JunosFilterKey: Int] = [:]
  /// Filters that some interface or list of filters uses.
  var boundFilters: Set<JunosFilterKey> = []
  /// Index in `device.lists` of the list that lets the other family pass a family's filters.
  var passLists: [IPFamily: Int] = [:]
  /// Index in `device.profiles` by name.
  var profiles: [String: Int] = [:]

  init(tree: StatementTree, notes: ReaderNotes, own: Int, name: String, instance: String?, source: SourceRange) {
    self.tree = tree
    self.notes = notes
    self.own = own
    security = tree.child(own, "security")
    device = Device(name: name, platform: "junos-srx", passesReplies: true, source: source)
    device.instance = instance
  }

  /// Builds the whole device.
  mutating func lower() {
    lowerInterfaces()
    lowerZones()
    readAddressBooks()
    lowerRoutes()
    lowerFilters()
    lowerForwarding()
    lowerLocal()
    markIrrelevant()
    device.unboundLists += filters.filter { !boundFilters.contains($0.key) }.map(\.value).sorted()
  }

  /// Whether the file shows a firewall; a router's configuration has neither zones nor policies.
  var hasSecurity: Bool {
    guard let security else { return false }
    return tree.child(security, "zones") != nil || tree.child(security, "policies") != nil
  }

  // MARK: Words

  /// Words of the active children of a setting; the setting counts as read.
  mutating func names(_ node: Int) -> [String] {
    tree.markBelow(node, .used)
    return tree.children(node).map { tree.word($0) }
  }

  /// A quoted name for messages.
  func quoted(_ node: Int) -> String { "`\(printable(tree.word(node)))`" }

  // MARK: Saying what is open

  /// A statement that is known but not modelled: a gap, and a reason for what it touches.
  mutating func notModelled(_ node: Int, _ reason: String) -> Uncertainty {
    tree.markBelow(node, .used)
    notes.gap(tree.range(node), .notModelled, matters: true, reason)
    return Uncertainty(range: tree.range(node), reason: reason)
  }

  /// A statement that is not known inside something that filters: a gap, and a reason for what it touches.
  mutating func notRecognised(_ node: Int) -> Uncertainty {
    tree.markBelow(node, .notRecognised)
    let reason = "the statement `\(withoutSecrets(printable(tree.word(node))))` is not known here"
    notes.gap(tree.range(node), .notRecognised, matters: true, reason)
    return Uncertainty(range: tree.range(node), reason: reason)
  }

  /// An undefined name: reported once, and nothing is known of what it stands for.
  mutating func undefined(_ kind: String, _ name: String, _ range: SourceRange) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` is not defined in this file"
    notes.issue(
      .undefinedReference, range, message, help: "export the whole configuration, or correct the name")
    return Uncertainty(range: range, reason: message)
  }

  /// An object whose content the file does not tell.
  mutating func dynamic(_ range: SourceRange, _ message: String) -> Uncertainty {
    notes.issue(
      .dynamicObject, range, message, help: "use fixed values where segmentation must be proved")
    return Uncertainty(range: range, reason: message)
  }

  /// Adds a list to the device.
  mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction, _ source: SourceRange) -> Int {
    device.lists.append(RuleList(name: name, rules: rules, fallback: fallback, source: source))
    return device.lists.count - 1
  }

  /// The default of a list after which another one is asked.
  func leave(_ why: String) -> DefaultAction { DefaultAction(.leave, .implicit(why)) }
}

/// A security zone.
struct JunosZone {
  var node: Int
  /// Logical interfaces, `ge-0/0/0.0`.
  var interfaces: [String] = []
}

/// An address name as the books of one zone know it; nil for the global book alone.
struct JunosAddressKey: Hashable {
  var zone: String?
  var name: String
}

/// A firewall filter; names are unique inside a family.
struct JunosFilterKey: Hashable {
  var family: IPFamily
  var name: String
}
