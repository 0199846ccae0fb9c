import PacketSets
import RuleModel
import SitePolicy

/// One device on a path, with the interfaces that packets enter and leave by.
public struct Hop: Hashable, Sendable {
  /// Index into `SiteTopology.devices`.
  public var device: Int
  public var ingress: String
  public var egress: String
}

/// What gets from one zone to another along one path.
public struct PathFlow {
  public var from: ZoneReference
  public var to: ZoneReference
  /// The devices on the way, at least one.
  public var path: [Hop]
  /// Traffic that opens sessions and arrives in `to`.
  ///
  /// For packets that belong to no session and pass although new ones would not (`state` tells), the lower bound is empty:
  /// they open nothing, and whether they do harm is up to who crafts them.
  public var branch: FlowBranch
}

/// Everything that one zone can send to the others, in a packet space of its own.
///
/// From each interface that the zone's packets enter by, paths are followed device by device, each device at most once, as
/// long as something passes. Paths are lost only where there are more than `stepLimit`: then a path that brings nothing new
/// to an interface is given up, so that every packet is still found, with one of its paths.
public final class OriginFlows {
  public let map: NetworkMap
  public let origin: ZoneReference
  public let space: PacketSpace
  public private(set) var flows: [PathFlow] = []
  /// Whether some paths were not followed because others had brought the same packets to the same place.
  public private(set) var isAbridged = false
  /// Packets that open a session: TCP with SYN and without ACK, RST and FIN; anything else that is new.
  public let openings: PacketSet

  public var topology: SiteTopology { map.topology }

  private let stepLimit: Int
  private var steps = 0
  private var caches: [CacheKey: RuleSetCache] = [:]
  private var seen: [SeenKey: PacketSet] = [:]
  private var sets: [AddressSet: PacketSet] = [:]

  private struct CacheKey: Hashable {
    var port: PortReference
    var state: SessionState
    var keepsSources: Bool
  }
  private struct SeenKey: Hashable {
    var port: PortReference
    /// Device and number of each translation on the way.
    var translations: [Int]
  }
  /// A path on its way into a device.
  private struct Open {
    var port: PortReference
    var path: [Hop]
    var branch: FlowBranch
  }

  /// - Parameter destinations: only what goes there is followed; all by default.
  public init(
    _ map: NetworkMap, from origin: ZoneReference, destinations: AddressSet = .all, stepLimit: Int = 20_000
  ) {
    self.map = map
    self.origin = origin
    self.stepLimit = stepLimit
    space = PacketSpace()
    openings = space.set(PacketMatch.openings)
    let sources = map.topology.networks(of: origin)
    guard !sources.isEmpty else { return }
    let entering = space.set(PacketMatch(sources: sources, destinations: destinations, states: .new))
    explore(entering, .new)
    let states = map.topology.devices.reduce(into: Set<SessionState>()) { $0.formUnion($1.device.statesApartFromNew) }
    for state in states.sorted(by: { $0.rawValue < $1.rawValue }) { exploreStrays(entering, state) }
  }

  /// Whether the space gave up, so that no answer counts.
  public var isExhausted: Bool { space.isExhausted }

  private func explore(_ entering: PacketSet, _ state: SessionState) {
    // Breadth first: short paths come first, and an abridged search keeps them.
    var open = topology.entrances(of: origin).map {
      Open(port: $0, path: [], branch: FlowBranch(entering, state: state))
    }
    var next = 0
    seen = [:]
    while next < open.count {
      open += step(open[next])
      // What has been followed is not kept: a long search would hold every set on every path.
      open[next].branch = FlowBranch(space.empty)
      next += 1
    }
  }

  /// Packets of a state that belong to no session, as far as new ones cannot do the same.
  private func exploreStrays(_ entering: PacketSet, _ state: SessionState) {
    let new = flows
    flows = []
    explore(entering, state)
    let strays = flows.compactMap { flow -> PathFlow? in
      var flow = flow
      // Behind a translation packets of several senders look alike, so only what is sent as it arrives is compared.
      let isPlain = flow.branch.translations.isEmpty
      let upper = new.filter { isPlain && $0.to == flow.to && $0.branch.translations.isEmpty }
        .reduce(flow.branch.permitted.upper) { $0.subtracting($1.branch.permitted.upper) }
      flow.branch.permitted = SetBounds(lower: space.empty, upper: upper)
      return upper.isEmpty ? nil : flow
    }
    flows = new + strays
  }

  /// Sends a branch through one device, to each of its other interfaces, and tells where it goes on.
  private func step(_ open: Open) -> [Open] {
    let bound = topology.devices[open.port.device]
    return topology.egresses(of: open.port).flatMap { egress -> [Open] in
      steps += 1
      let leaving = PortReference(device: open.port.device, port: egress)
      let hop = Hop(
        device: leaving.device, ingress: bound.interfaces[open.port.port].name, egress: bound.interfaces[egress].name)
      let branches = forward(open, by: leaving, hop)
      return branches.flatMap { branch -> [Open] in
        deliver(branch, at: leaving, open.path + [hop])
        return handOn(branch, from: leaving, open.path + [hop])
      }
    }
  }

  private func forward(_ open: Open, by leaving: PortReference, _ hop: Hop) -> [FlowBranch] {
    let device = topology.devices[leaving.device].device
    let reachable = map.egress[leaving.device].destinations[leaving.port]
      .intersection(map.beyond[leaving.device][leaving.port])
    guard !reachable.isEmpty else { return [] }
    let wanted = destinations(reachable)
    var entering = open.branch
    // A translation may turn any destination into one that lies there.
    if !device.changesDestinations { entering.permitted = entering.permitted.intersection(wanted) }
    guard !entering.permitted.upper.isEmpty else { return [] }
    let flow = DeviceFlow(
      ingress: hop.ingress, egress: hop.egress, cache: cache(for: leaving, entering, reachable), hop: open.path.count)
    let turns = hop.ingress == hop.egress
    return flow.forward(entering).filter { !turns || $0.changesDestination(at: open.path.count) }
      .map { device.changesDestinations ? $0.cut(to: wanted) : $0 }
      .filter { !$0.permitted.upper.isEmpty }
  }

  /// The device's rules that can matter for what leaves by an interface.
  private func cache(for leaving: PortReference, _ branch: FlowBranch, _ reachable: AddressSet) -> RuleSetCache {
    let device = topology.devices[leaving.device].device
    // Rules behind a translation of sources see other sources than those that were sent.
    let keepsSources = branch.senders == nil && !device.filtersTranslatedSources
    let key = CacheKey(port: leaving, state: branch.state, keepsSources: keepsSources)
    if let known = caches[key] { return known }
    let focus = PacketMatch(
      sources: keepsSources ? topology.networks(of: origin) : .all,
      destinations: device.changesDestinations ? .all : reachable)
    let made = RuleSetCache(
      device: device, space: space, focus: focus, state: branch.state, tracksDenials: device.hasOpenRules)
    caches[key] = made
    return made
  }

  /// Records what arrives in the zones on the wire of an interface.
  private func deliver(_ branch: FlowBranch, at port: PortReference, _ path: [Hop]) {
    for to in topology.references where to != origin && topology.arrives(to, at: port) {
      let arriving = branch.cut(to: destinations(topology.networks(of: to)))
      guard !arriving.permitted.upper.isEmpty else { continue }
      flows.append(PathFlow(from: origin, to: to, path: path, branch: arriving))
    }
  }

  private func handOn(_ branch: FlowBranch, from port: PortReference, _ path: [Hop]) -> [Open] {
    map.next(behind: port).compactMap { next, handed in
      guard !path.contains(where: { $0.device == next.device }) else { return nil }
      let going = handed == .all ? branch : branch.cut(to: destinations(handed))
      guard !going.permitted.upper.isEmpty, isNews(going, at: next, path) else { return nil }
      return Open(port: next, path: path, branch: going)
    }
  }

  /// Whether a branch is worth following: always until there are too many, then only with packets that were not here before.
  private func isNews(_ branch: FlowBranch, at port: PortReference, _ path: [Hop]) -> Bool {
    guard steps >= stepLimit else { return true }
    let key = SeenKey(
      port: port, translations: branch.translations.flatMap { [path[$0.hop].device, $0.rule.order] })
    let before = seen[key] ?? space.empty
    if branch.permitted.upper.isSubset(of: before) {
      isAbridged = true
      return false
    }
    seen[key] = before.union(branch.permitted.upper)
    return true
  }

  /// The packets to some addresses; the same few questions are asked at every device.
  private func destinations(_ addresses: AddressSet) -> PacketSet {
    if let known = sets[addresses] { return known }
    let made = space.set(PacketMatch(destinations: addresses))
    sets[addresses] = made
    return made
  }
}

extension PacketMatch {
  /// New packets; of TCP only the opening SYN.
  static let openings: PacketMatch = {
    var opening = Service(proto: IPProtocol.tcp)
    let flags = (UInt8.min...UInt8.max).filter { $0 & 0b0001_0111 == Packet.syn }
    opening.tcpFlags = IntervalSet(flags.map { $0...$0 })
    let others = Service(protocols: IntervalSet(IPProtocol.tcp).complement)
    return PacketMatch(services: [opening, others], states: .new)
  }()
}
