import PacketSets
import RuleModel
import SourceText

/// An `interface` block.
struct IOSInterface {
  /// `GigabitEthernet0/0.10`, `Vlan20`, …
  var name: String
  var description: String?
  var addresses: [InterfaceAddress] = []
  var hasDynamicAddress = false
  /// The interface whose address it borrows (`ip unnumbered`).
  var borrowsFrom: String?
  var vlan: Int?
  var vrf: String?
  var zone: String?
  var isShutdown = false
  /// A port of a switch, which forwards inside its VLAN.
  var isSwitchport = false
  var accessVLAN: Int?
  var isNATInside = false
  var isNATOutside = false
  /// Whether sources must be routed this way (unicast reverse path forwarding); nil when a list may make exceptions.
  var checksSourceAddress: Bool? = false
  var source: SourceRange

  /// The VLAN whose switched virtual interface it is.
  var switchedVLAN: Int? {
    name.lowercased().hasPrefix("vlan") ? Int(name.dropFirst(4)) : nil
  }
}

/// What an access list looks at.
enum IOSListKind { case standard, extended, ipv6 }

/// One line of an access list.
struct IOSListLine {
  /// Line of the file, 1-based.
  var line: UInt32
  /// Its sequence number; remarks take that of the entry before.
  var sequence: Int
  var isRemark: Bool
}

/// An access list with its lines in the order of the file.
struct IOSAccessList {
  var name: String
  var kind: IOSListKind
  var lines: [IOSListLine] = []
  /// Whether entries carry sequence numbers in the file.
  var isNumbered = false
  var isSorted = true
  /// Whether a statement takes something away again that could not be found.
  var mayLackEntries = false
  var removals = 0
  var lastSequence = 0
  var source: SourceRange

  /// Whether it holds a `permit` or `deny`; without, it filters nothing.
  var hasEntries: Bool { lines.contains { !$0.isRemark } }
}

/// Where an access list can be bound: each place takes one.
struct IOSBindingPlace: Hashable {
  enum Direction { case inbound, outbound }
  var interface: String
  var direction: Direction
  var isV6: Bool
}

/// An access list at an interface.
struct IOSBinding {
  var list: String
  var place: IOSBindingPlace
  var source: SourceRange
}

/// One statement inside an object group.
enum IOSMember {
  case addresses(AddressSet)
  case service(Service)
  case group(String, SourceRange)
  case unknown(Uncertainty)
}

/// An `object-group`.
struct IOSObjectGroup {
  var name: String
  var holdsAddresses: Bool
  var members: [IOSMember] = []
  var mayLackMembers = false
  var source: SourceRange
}

/// A condition of a class map.
struct IOSClassMatch {
  enum Subject {
    case list(String)
    case application(String)
    case classMap(String)
    case any
    case unknown(Uncertainty)
  }
  var subject: Subject
  var isNegated: Bool
  var source: SourceRange
}

/// A `class-map type inspect`.
struct IOSClassMap {
  var name: String
  var isMatchAny: Bool
  var matches: [IOSClassMatch] = []
  var source: SourceRange
}

/// A class inside a `policy-map type inspect`.
struct IOSPolicyClass {
  enum Work { case inspect, pass, drop }
  /// Nil for `class-default`.
  var classMap: String?
  var work: Work?
  var isLogged = false
  /// Set where inspection of the payload may drop some of what the class takes.
  var narrowing: Uncertainty?
  var source: SourceRange
}

/// A `policy-map type inspect`.
struct IOSPolicyMap {
  var name: String
  var classes: [IOSPolicyClass] = []
  var source: SourceRange
}

/// A `zone-pair security`.
struct IOSZonePair {
  var name: String
  var from: String
  var to: String
  var policy: String?
  var source: SourceRange
}

/// Ports that `ip port-map` adds to an application.
struct IOSPortMap {
  var protocols: [UInt8]
  var ports: IntervalSet<UInt16>
  /// Only for hosts of an access list.
  var isLimited: Bool
}

/// One entry of a `vlan access-map`.
struct IOSVLANMapEntry {
  enum Work { case forward, drop, unknown }
  var sequence: Int
  var lists: [(name: String, isV6: Bool)] = []
  var work: Work?
  var source: SourceRange
}

/// A `vlan access-map` and the VLANs that `vlan filter` applies it to.
struct IOSVLANMap {
  var name: String
  var entries: [IOSVLANMapEntry] = []
  var vlans: IntervalSet<UInt16> = .empty
  var source: SourceRange
}

/// `ip inspect NAME in|out` at an interface.
struct IOSInspection {
  var name: String
  var place: IOSBindingPlace
  var source: SourceRange
}

/// An address pool of `ip nat pool`.
struct IOSPool {
  var addresses: AddressSet = .empty
  var source: SourceRange
}

/// A clause of a route map, as far as address translation uses it.
struct IOSRouteMapClause {
  var permits: Bool
  var lists: [String] = []
  /// Whether it has other conditions than access lists.
  var isNarrower = false
}

/// A range of terminal lines.
struct IOSLine {
  var transports: [String]?
  var accessClass: String?
  var accessClassV6: String?
  var source: SourceRange
}

/// Something on the device that answers.
struct IOSListener {
  var name: String
  var services: [Service]
  var isClearText: Bool
  /// Whether people manage the device with it.
  var isManagement: Bool
  var list: String?
  var listV6: String?
  /// Set where the file does not tell whether it really listens.
  var doubt: String?
  var source: SourceRange
}

/// One configuration in the terms of the platform.
struct IOSConfig {
  var hostname: String?
  var interfaces: [IOSInterface] = []
  var interfaceIndex: [String: Int] = [:]
  var lists: [IOSAccessList] = []
  /// Places in `lists`; the two families have name spaces of their own.
  var listIndex: [String: Int] = [:]
  var listIndexV6: [String: Int] = [:]
  var bindings: [IOSBindingPlace: IOSBinding] = [:]
  var groups: [String: IOSObjectGroup] = [:]
  var zones: [String: SourceRange] = [:]
  var zonePairs: [IOSZonePair] = []
  /// Places in `zonePairs`, by name.
  var zonePairIndex: [String: Int] = [:]
  var classMaps: [String: IOSClassMap] = [:]
  var policyMaps: [String: IOSPolicyMap] = [:]
  var portMaps: [String: [IOSPortMap]] = [:]
  var vlanMaps: [String: IOSVLANMap] = [:]
  /// Protocols of `ip inspect name NAME PROTOCOL`.
  var inspectRules: [String: [String]] = [:]
  /// By interface and direction.
  var inspections: [IOSBindingPlace: IOSInspection] = [:]
  var reflexive: [String: IntervalSet<UInt8>] = [:]
  var pools: [String: IOSPool] = [:]
  var routeMaps: [String: [IOSRouteMapClause]] = [:]
  /// Lines of `ip nat inside|outside …`, read when everything else is known.
  var translations: [Int] = []
  var routes: [Int] = []
  /// Whether routes are learned, chosen by policy, or not all read.
  var hasOtherRoutes = false
  var terminals: [IOSLine] = []
  var listeners: [IOSListener] = []
  var hasIPsec = false
  /// `version 15.1` as 15 and 1.
  var version: (major: Int, minor: Int)?
  /// Route targets that VRFs export and import.
  var exports: [String: Set<String>] = [:]
  var imports: [String: Set<String>] = [:]
  /// Where routes leak between VRFs.
  var leaks: [SourceRange] = []
  /// Lines that may name an access list for another purpose than filtering.
  var otherLines: [Int] = []
  var source: SourceRange

  init(source: SourceRange) { self.source = source }

  /// Whether anything was read that a device consists of.
  var isEmpty: Bool {
    hostname == nil && interfaces.isEmpty && lists.isEmpty && zones.isEmpty && zonePairs.isEmpty && groups.isEmpty
      && policyMaps.isEmpty && classMaps.isEmpty && routes.isEmpty && translations.isEmpty
  }
}
