import PacketSets
import RuleModel
import SourceText

/// Lowers one system of a configuration, the main one or a logical or tenant system, to a `Device`.
///
/// The parts (zones, policies, translation, filters, …) are extensions in files of their own; this is what they share.
struct JunosSystem: StatementLowering {
  var tree: StatementTree
  var notes: ReaderNotes
  var device: Device
  /// The node that holds the system's own statements.
  let own: Int
  /// `security` of the system; nil when it has none.
  let security: Int?

  /// A statement of the file that may carry packets from one routing instance into another.
  var leak: Uncertainty?

  /// Names of `device.interfaces`.
  var interfaceNames: Set<String> = []
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
