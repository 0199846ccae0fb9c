import PacketSets
import SourceText

/// A network interface of a device.
public struct Interface: Hashable, Sendable {
  /// The name that rules use (ASA `nameif`, FortiOS port or VLAN name, Linux device).
  public var name: String
  /// Other names that a site file may use: hardware name, alias, description.
  public var aliases: [String] = []
  /// The platform's own zone, when it has zones.
  public var platformZone: String?
  /// Own addresses with their networks.
  public var addresses: [InterfaceAddress] = []
  public var vlan: Int?
  /// Parent of a VLAN or member of a bridge or aggregate.
  public var parent: String?
  /// Name of the inner link that joins this interface to one of another virtual instance of the same device, which names
  /// the same link.
  public var innerLink: String?
  public var isShutdown: Bool = false
  /// Carries management traffic only and never forwards.
  public var isManagementOnly: Bool = false
  /// Whether the device drops packets that enter here although their source address is routed another way (reverse path
  /// check, RFC 3704); nil when neither the platform nor the file tells.
  public var checksSourceAddress: Bool?
  public var source: SourceRange

  public init(name: String, source: SourceRange) {
    self.name = name
    self.source = source
  }

  /// All addresses of its own networks.
  public var networks: AddressSet {
    addresses.reduce(.empty) { $0.union(AddressSet($1.network)) }
  }
}

/// An interface's address and the network that it lies in.
public struct InterfaceAddress: Hashable, Sendable {
  public var address: IPAddress
  public var network: IPPrefix

  public init(address: IPAddress, network: IPPrefix) {
    self.address = address
    self.network = network
  }
}

/// A static route.
public struct Route: Hashable, Sendable {
  public var network: IPPrefix
  /// Nil for a route that drops (blackhole, null).
  public var interface: String?
  public var gateway: IPAddress?
  /// Lower wins among equal networks.
  public var distance: Int
  public var source: SourceRange

  public init(network: IPPrefix, interface: String?, gateway: IPAddress?, distance: Int, source: SourceRange) {
    self.network = network
    self.interface = interface
    self.gateway = gateway
    self.distance = distance
    self.source = source
  }
}

/// One step of what a device does to a packet that it forwards, in the platform's order.
public struct Stage: Hashable, Sendable {
  public enum Work: Hashable, Sendable {
    /// The lists are asked one after the other; the first that decides wins, then `fallback`.
    ///
    /// A list's own fallback counts only if it is not `leave`.
    case filter(lists: [Int], fallback: DefaultAction)
    /// First match translates.
    case translate([TranslationRule])
    /// The egress interface is chosen here, by destination as it is now.
    case route
  }
  /// The stage is skipped for packets that entered elsewhere.
  public var ingress: InterfaceMatch
  /// The stage is skipped for packets that leave elsewhere.
  public var egress: InterfaceMatch
  public var work: Work
  /// For people: `access-group OUT in interface outside`, `FORWARD chain`.
  public var name: String
  /// Whether permitting here only means that later stages decide (the raw and mangle tables of Linux).
  public var isPreparatory = false
  public var source: SourceRange

  public init(
    _ work: Work, name: String, source: SourceRange, ingress: InterfaceMatch = .any, egress: InterfaceMatch = .any
  ) {
    self.work = work
    self.name = name
    self.source = source
    self.ingress = ingress
    self.egress = egress
  }
}

/// Inspection of industrial or other payload that permitted packets go through.
public struct InspectionProfile: Hashable, Sendable {
  public enum Mode: Hashable, Sendable {
    /// Blocks what it finds.
    case enforcing
    /// Only reports.
    case monitoring
    /// Configured but without effect; the text says why (signatures excluded, profile inactive).
    case inert(String)
  }
  public var name: String
  public var mode: Mode
  /// Packets that it blocks: the lower bound certainly, the upper bound possibly. Empty unless `enforcing`.
  public var blocked: MatchBounds
  /// Industrial protocols whose functions it tells apart.
  public var protocols: Set<IndustrialProtocol>
  public var source: SourceRange

  public init(
    name: String, mode: Mode, blocked: MatchBounds, protocols: Set<IndustrialProtocol>, source: SourceRange
  ) {
    self.name = name
    self.mode = mode
    self.blocked = blocked
    self.protocols = protocols
    self.source = source
  }
}

/// A way to administer the device itself.
public struct ManagementAccess: Hashable, Sendable {
  /// `ssh`, `telnet`, `http`, `https`, `snmp`, `ping`, …
  public var service: String
  /// The interface that it listens on; nil for all.
  public var interface: String?
  /// From where.
  public var sources: AddressSet
  /// Whether credentials and commands travel in clear text.
  public var isClearText: Bool
  public var source: SourceRange

  public init(service: String, interface: String?, sources: AddressSet, isClearText: Bool, source: SourceRange) {
    self.service = service
    self.interface = interface
    self.sources = sources
    self.isClearText = isClearText
    self.source = source
  }
}

/// A filtering device, or one virtual instance of it (VDOM, context, VRF).
public struct Device: Sendable {
  /// Host name from the file; the site file may give another.
  public var name: String
  /// The platform's id (`cisco-asa`).
  public var platform: String
  /// VDOM, context or VRF; nil when the device has one instance.
  public var instance: String?
  public var interfaces: [Interface] = []
  /// Whether the file lists every interface; `iptables-save` shows only those that rules name.
  public var listsAllInterfaces = true
  /// All rule lists, bound or not; stages and actions refer to them by index.
  public var lists: [RuleList] = []
  /// What happens to forwarded packets, in order.
  public var pipeline: [Stage] = []
  /// What happens to packets for the device itself, in order.
  public var localPipeline: [Stage] = []
  public var profiles: [InspectionProfile] = []
  public var routes: [Route] = []
  /// Whether `routes` may not be all that decides where packets leave: the device learns routes (OSPF, BGP, a lease), or
  /// policy routing chooses by more than the destination. Then a static route does not rule out another way.
  public var hasOtherRoutes = false
  public var management: [ManagementAccess] = []
  /// Lists that nothing refers to: they filter nothing and count as no permit.
  public var unboundLists: [Int] = []
  /// Whether packets of permitted sessions pass without a rule. A stateless device needs rules for replies.
  public var passesReplies: Bool
  /// Whether a packet may leave by the interface that it came in by.
  public var sendsBack = true
  /// Industrial protocols whose functions the platform can tell apart; of the others a port is all that a rule can name.
  public var inspectableProtocols: Set<IndustrialProtocol> = []
  /// Whether the platform can tell functions of any industrial protocol apart.
  public var canInspectIndustrial: Bool { !inspectableProtocols.isEmpty }
  public var source: SourceRange

  public init(name: String, platform: String, passesReplies: Bool, source: SourceRange) {
    self.name = name
    self.platform = platform
    self.passesReplies = passesReplies
    self.source = source
  }

  /// Lists that decide on forwarded traffic: those of the pipeline's filters, preparatory ones left out, and the lists that
  /// they lead to; ascending.
  public var forwardingLists: [Int] {
    var found: Set<Int> = []
    var open: [Int] = pipeline.flatMap { stage -> [Int] in
      guard case .filter(let lists, _) = stage.work, !stage.isPreparatory else { return [] }
      return lists
    }
    while let list = open.popLast() {
      guard found.insert(list).inserted else { continue }
      let rules = lists[list].rules
      for place in rules.indices {
        switch rules.action(at: place) {
        case .jump(let target), .goto(let target): open.append(target)
        default: break
        }
      }
    }
    return found.sorted()
  }

  /// `name` or `name/instance`.
  public var label: String { instance.map { "\(name)/\($0)" } ?? name }
}
