import PacketSets
import RuleModel
import SourceText

/// Lowers one virtual system to a `Device`.
///
/// The parts (interfaces, rules, translation, …) are extensions in files of their own; this is what they share.
struct PANDevice {
  let tree: PANTree
  let instance: PANInstance
  var notes = PANNotes()
  var device: Device
  /// Lists of places where names are looked up, each once; rules refer to them by index.
  private(set) var scopeLists: [[Int]] = []
  /// What names stand for, by list of places.
  var addresses: [[String: AddressBounds]] = []
  var services: [[String: ServiceBounds]] = []
  /// Groups that are being resolved, to find circles.
  var resolving: Set<String> = []
  /// Interfaces of each zone.
  var zones: [String: PANZone] = [:]
  /// Names of interfaces that stand for each zone.
  var zonePatterns: [String: [String]] = [:]
  /// Zones in the order in which the file names them.
  var zoneOrder: [String] = []
  /// Rules that give traffic an application whatever it carries.
  var override: SourceRange?

  init(tree: PANTree, instance: PANInstance) {
    self.tree = tree
    self.instance = instance
    device = Device(name: instance.name, platform: "panos", passesReplies: true, source: instance.source)
    device.instance = instance.virtualSystem
    device.inspectableProtocols = Set(IndustrialProtocol.allCases)
  }

  /// Builds the whole device.
  mutating func lower() {
    lowerInterfaces()
    lowerZones()
    lowerRoutes()
    lowerManagement()
    override = activeOverride()
    lowerForwarding()
  }

  // MARK: Names

  /// The index of a list of places.
  mutating func scope(_ places: [Int]) -> Int {
    if let known = scopeLists.firstIndex(of: places) { return known }
    scopeLists.append(places)
    addresses.append([:])
    services.append([:])
    return scopeLists.count - 1
  }

  /// The object of that name in the nearest place that has one.
  func object(_ name: String, in list: String, _ scope: Int) -> Int? {
    for place in scopeLists[scope] {
      if let node = tree.node([list, name], from: place) { return node }
    }
    return nil
  }

  /// Groups inside groups deeper than this are not followed.
  static let depthLimit = 64

  mutating func circle(_ kind: String, _ name: String, _ use: SourceRange) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` contains itself, or groups are nested too deeply"
    notes.issue(.dynamicObject, use, message, help: "take the group out of its own members")
    return Uncertainty(range: use, reason: message)
  }

  mutating func undefined(_ kind: String, _ name: String, _ use: SourceRange) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` is not defined in this file"
    notes.issue(
      .undefinedReference, use, message, help: "export the whole configuration, or correct the name")
    return Uncertainty(range: use, reason: message)
  }

  // MARK: Settings that several templates may hold

  /// The node at the path in the first place that has it.
  func setting(_ path: [String]) -> Int? {
    for place in instance.configurations {
      if let node = tree.node(path, from: place) { return node }
    }
    return nil
  }

  /// Entries of a list, each name once, the first place that defines it winning.
  mutating func entries(_ path: [String], in places: [Int]) -> [Int] {
    if places.count == 1 { return tree.children(of: tree.node(path, from: places[0])) }
    var result: [Int] = []
    var names: Set<String> = []
    for place in places {
      for entry in tree.children(of: tree.node(path, from: place)) {
        if names.insert(tree.name(of: entry)).inserted {
          result.append(entry)
        } else if !tree.isLeaf(entry) {
          notes.gap(
            tree.range(of: entry), .notModelled, matters: true,
            "the entry stands in several templates; the one that comes first in the stack is used, not a mixture")
        }
      }
    }
    return result
  }
}
