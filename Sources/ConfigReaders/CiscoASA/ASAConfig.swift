import PacketSets
import RuleModel
import SourceText

/// Release of the operating system, as far as filtering depends on it.
struct ASAVersion: Comparable {
  var major: Int
  var minor: Int

  static func < (a: ASAVersion, b: ASAVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}

/// An `interface` block.
struct ASAInterface {
  /// `GigabitEthernet0/1.10`, `BVI1`, …
  var hardware: String
  var nameif: String?
  var level: Int?
  var addresses: [InterfaceAddress] = []
  var hasDynamicAddress = false
  /// Takes its default route from the DHCP or PPPoE server.
  var learnsDefaultRoute = false
  var description: String?
  var vlan: Int?
  var bridgeGroup: Int?
  var isShutdown = false
  var isManagementOnly = false
  var source: SourceRange

  /// The number of the bridge group that this interface is the virtual interface of.
  var bridgeNumber: Int? { hardware.hasPrefix("BVI") ? Int(hardware.dropFirst(3)) : nil }

  /// What `security-level` says, else 100 for `inside` and 0 for every other name (command reference, `nameif`).
  var securityLevel: Int { level ?? (nameif == "inside" ? 100 : 0) }
}

/// One statement inside an object or object group.
enum ASAMember {
  case addresses(AddressSet)
  case services([Service])
  case ports(IntervalSet<UInt16>)
  case protocols(IntervalSet<UInt8>)
  /// ICMP types, by IPv4 and by IPv6 numbering; nil where the word has no meaning in that family.
  case icmp(v4: UInt8?, v6: UInt8?)
  /// An `object` by name.
  case object(String, SourceRange)
  /// Another group by name.
  case group(String, SourceRange)
  /// Something that the file does not tell, or that was not understood.
  case unknown(Uncertainty)
}

/// What kind of things an object or group stands for.
enum ASAGroupKind {
  case network
  /// `object-group service NAME`, members with their own protocols.
  case service
  /// `object-group service NAME tcp|udp|tcp-udp`, members are ports.
  case ports
  case protocols
  case icmpTypes
  /// Users, security groups, applications: not in the packet.
  case identity
}

/// An `object` or `object-group`; both share one name space (CLI book 2, "Objects for Access Control", guidelines).
struct ASAObject {
  var name: String
  var kind: ASAGroupKind
  /// Groups collect members; an `object` has one value, and a new one replaces it.
  var isGroup: Bool
  var members: [ASAMember] = []
  /// Whether a statement takes something away again, so that no member is certain.
  var mayLackMembers = false
  /// The protocols of a port group.
  var portProtocols: IntervalSet<UInt8> = .empty
  var source: SourceRange
}

/// One `access-list` with the lines of its entries and remarks, in order.
struct ASAAccessList {
  var name: String
  /// Line numbers in the file; there may be a million.
  var lines: [UInt32] = []
  /// Entries put in by `line n` commands at another place than the end.
  var insertions = 0
  /// `ipv6 access-list`, which software before 9.0 has.
  var isIPv6Only = false
  /// False while only remarks, `standard`, `ethertype` or `webtype` entries were seen.
  var isFilter = false
  /// Counters from `show access-list`, by the number that follows `line`.
  var hits: [Int: UInt64] = [:]
  var source: SourceRange
}

/// The list that the last entry went to, and how entries of it begin.
struct ASALastList {
  let name: [UInt8]
  /// Its place in `ASAConfig.accessLists`.
  let index: Int
  /// `access-list NAME `.
  let start: [UInt8]
  /// False for names that the reader must look at closely: heads of `show access-list`, and settings of all lists.
  let mayTake: Bool

  init(_ name: [UInt8], _ index: Int) {
    self.name = name
    self.index = index
    start = Array("access-list ".utf8) + name + [ASCII.space]
    mayTake =
      name.last != UInt8(ascii: ";") && name != Array("alert-interval".utf8) && name != Array("deny-flow-max".utf8)
  }

  /// Whether an entry of this list begins at `start`, with nothing before its action.
  @inline(__always)
  func takes(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard begins(bytes, at: offset, with: start.span) else { return false }
    var position = offset + start.count
    let end = bytes.count
    _ = ConfigReaders.takes(bytes, &position, end, "extended ")
    return ConfigReaders.takes(bytes, &position, end, "permit ") || ConfigReaders.takes(bytes, &position, end, "deny ")
  }
}

/// An `access-group` statement.
struct ASABinding {
  enum Place: Equatable {
    case inbound(String)
    case outbound(String)
    case controlPlane(String)
    case global
  }
  var list: String
  var place: Place
  var source: SourceRange
}

/// A `nat` statement, kept by line until all objects are known.
struct ASATranslationLine {
  var line: Int
  /// The object that it stands in; nil for twice NAT.
  var object: String?
}

/// One entry of the ICMP control list of an interface.
struct ASAControlEntry {
  var interface: String
  var permits: Bool
  var match: PacketMatch
  var source: SourceRange
}

/// Something on the device that answers on an interface.
struct ASAListener {
  /// Nil for any interface.
  var interface: String?
  var name: String
  var services: [Service]
  var sources: AddressSet
  /// Set where the file does not tell whether it really listens.
  var doubt: String?
  var source: SourceRange
}

/// One configuration (a device or a security context) in the terms of the platform.
struct ASAConfig {
  var hostname: String?
  /// The name of the device that this context was reached from.
  var inheritedHostname: String?
  var version: ASAVersion?
  var isThreatDefense = false
  var isTransparent = false
  var context: String?
  var interfaces: [ASAInterface] = []
  var objects: [String: ASAObject] = [:]
  var accessLists: [ASAAccessList] = []
  var accessListIndex: [String: Int] = [:]
  var bindings: [ASABinding] = []
  var translations: [ASATranslationLine] = []
  var routes: [Route] = []
  /// Whether routes are learned, chosen by policy, or not all read.
  var hasOtherRoutes = false
  var management: [ManagementAccess] = []
  /// Names of interfaces with `ip verify reverse-path`.
  var reversePathChecks: Set<String> = []
  var listeners: [ASAListener] = []
  var controlEntries: [ASAControlEntry] = []
  var isWebServerOn = false
  var webServerPort: UInt16 = 443
  /// `port` of the `webvpn` block.
  var webVPNPort: UInt16 = 443
  var permitsSameLevel = false
  var permitsSameInterface = false
  /// Decrypted traffic passes without the access lists; the default (command reference, `sysopt connection permit-vpn`).
  var vpnBypassesLists = true
  /// Where tunnels are bound to interfaces.
  var tunnels: [SourceRange] = []
  /// Lines that may name an access list for another purpose than filtering.
  var otherLines: [Int] = []
  var source: SourceRange

  init(source: SourceRange) { self.source = source }

  /// Software before 9.0 has separate lists for IPv6, and `access-list` is IPv4 only.
  var hasSeparateIPv6Lists: Bool {
    version.map { $0 < ASAVersion(major: 9, minor: 0) } ?? accessLists.contains(where: \.isIPv6Only)
  }
}
