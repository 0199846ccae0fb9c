import PacketSets
import RuleModel
import SourceText

/// Lowers a VyOS configuration to a `Device`.
///
/// Both firewall dialects (`firewall name` bound at interfaces or in `zone-policy`, up to 1.3; `firewall ipv4 name` with base
/// chains, 1.4 and later) come to the same lists and stages. The parts are extensions in files of their own.
struct VyOSSystem: StatementLowering {
  var tree: StatementTree
  var notes: ReaderNotes
  var device: Device
  var passLists: [IPFamily: Int] = [:]

  /// Index in `device.lists` of the named rule sets.
  var ruleSets: [VyOSRuleSetKey: Int] = [:]
  /// Nodes that define the named rule sets.
  var definitions: [(key: VyOSRuleSetKey, node: Int)] = []
  /// Rule sets that something leads to.
  var boundRuleSets: Set<VyOSRuleSetKey> = []
  var groups: [String: AddressBounds] = [:]
  var portGroups: [String: PortBounds] = [:]
  /// Groups that are being resolved, to find circles.
  var resolving: Set<String> = []
  /// Index in `device.lists` of the global state policy; nil when there is none.
  var statePolicy: Int?
  var zones: [VyOSZone] = []

  init(tree: StatementTree, notes: ReaderNotes, name: String, source: SourceRange) {
    self.tree = tree
    self.notes = notes
    device = Device(name: name, platform: "vyos", passesReplies: false, source: source)
  }

  /// Builds the whole device.
  mutating func lower() {
    lowerInterfaces()
    lowerRoutes()
    lowerRuleSets()
    lowerStatePolicy()
    lowerZones()
    lowerForwarding()
    lowerLocal()
    markIrrelevant()
    device.unboundLists = ruleSets.filter { !boundRuleSets.contains($0.key) }.map(\.value).sorted()
  }

  /// Children of `rule` by number, switched off or not.
  func numbered(_ node: Int) -> [Int] {
    guard let rules = tree.child(node, "rule") else { return [] }
    return tree.allChildren(rules).enumerated().sorted { one, other in
      let (first, second) = (Int(tree.word(one.element)) ?? .max, Int(tree.word(other.element)) ?? .max)
      return (first, one.offset) < (second, other.offset)
    }.map(\.element)
  }
}

/// A named rule set; names are unique inside a family.
struct VyOSRuleSetKey: Hashable {
  var family: IPFamily
  var name: String

  /// As both dialects name it.
  var label: String { (family == .v4 ? "name " : "ipv6-name ") + printable(name) }
}
