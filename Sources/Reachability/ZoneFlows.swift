import PacketSets
import RuleModel
import SitePolicy
import SourceText

/// What one device lets pass from one zone to another between two of its interfaces.
public struct ZoneFlow {
  public var ingress: String
  public var egress: String
  public var from: ZoneReference
  public var to: ZoneReference
  /// Traffic that opens sessions, by way through the translations; destinations lie in `to`.
  public var branches: [FlowBranch]
  /// Packets that belong to no session and pass although new ones would not, as if they were new; their lower bounds are
  /// empty, because they open nothing: whether they do harm is up to who crafts them.
  public var strays: [FlowBranch] = []
}

/// All that one device lets pass between zones, in a packet space of its own.
public struct DeviceAnalysis {
  public let topology: SiteTopology
  public let bound: BoundDevice
  public let space: PacketSpace
  public let flows: [ZoneFlow]
  /// Packets that open a session: TCP with SYN and without ACK, RST and FIN; anything else that is new.
  public let openings: PacketSet

  public var device: Device { bound.device }

  /// - Complexity: one evaluation of the pipeline for each pair of interfaces and each zone behind the first.
  public init(topology: SiteTopology, bound: BoundDevice) {
    self.topology = topology
    self.bound = bound
    let space = PacketSpace()
    self.space = space
    openings = space.set(openingPackets)
    let tracksDenials = bound.device.hasOpenRules
    flows = bound.interfaces.flatMap { ingress in
      bound.interfaces.filter { $0.name != ingress.name }.flatMap { egress in
        zoneFlows(topology, bound, ingress, egress, space, tracksDenials)
      }
    }
  }

  /// The replies that come back along a flow: what a stateful device lets pass, or what the rules say of replies.
  ///
  /// - Returns: packets from `flow.to` back to `flow.from`, as sent by the answering host.
  public func replies(from: ZoneReference, to: ZoneReference) -> SetBounds {
    var result = SetBounds(lower: space.empty, upper: space.empty)
    for ingress in bound.interfaces where bound.references(behind: ingress).contains(from) {
      for egress in bound.interfaces
      where egress.name != ingress.name && bound.references(behind: egress).contains(to) {
        let opened = flows.filter {
          $0.ingress == egress.name && $0.egress == ingress.name && $0.from == to && $0.to == from
        }
        let sessions = opened.flatMap(\.branches).reduce(SetBounds(lower: space.empty, upper: space.empty)) {
          $0.union($1.permitted.intersection(openings))
        }
        // Without a session there is nothing to answer.
        guard !sessions.upper.isEmpty else { continue }
        let entering = space.set(
          PacketMatch(
            sources: topology.networks(of: from), destinations: topology.networks(of: to), states: .reply))
        let cache = RuleSetCache(device: device, space: space)
        for branch in DeviceFlow(ingress: ingress.name, egress: egress.name, cache: cache).forward(entering) {
          let certain = sessions.lower.isEmpty ? space.empty : branch.permitted.lower
          result = result.union(SetBounds(lower: certain, upper: branch.permitted.upper))
        }
      }
    }
    return result
  }
}

/// New packets; of TCP only the opening SYN.
private let openingPackets: PacketMatch = {
  var opening = Service(proto: IPProtocol.tcp)
  let flags = (UInt8.min...UInt8.max).filter { $0 & 0b0001_0111 == Packet.syn }
  opening.tcpFlags = IntervalSet(flags.map { $0...$0 })
  let others = Service(protocols: IntervalSet(IPProtocol.tcp).complement)
  return PacketMatch(services: [opening, others], states: .new)
}()

private func zoneFlows(
  _ topology: SiteTopology, _ bound: BoundDevice, _ ingress: BoundInterface, _ egress: BoundInterface,
  _ space: PacketSpace, _ tracksDenials: Bool
) -> [ZoneFlow] {
  let targets = bound.references(behind: egress)
  let destinations = targets.reduce(AddressSet.empty) { $0.union(topology.networks(of: $1)) }
  guard !destinations.isEmpty else { return [] }
  let translates = bound.device.pipeline.contains {
    if case .translate(let rules) = $0.work { rules.contains { $0.destination != nil } } else { false }
  }
  return bound.references(behind: ingress).flatMap { from -> [ZoneFlow] in
    let sources = topology.networks(of: from)
    // A destination may be translated into the target zone, so then every destination may enter.
    let entering = PacketMatch(
      sources: sources, destinations: translates ? .all : destinations, states: .new)
    // Rules behind a translation of sources see other sources than those that enter.
    let keepsSources = !translates && !bound.device.filtersTranslatedSources
    let focus = PacketMatch(sources: keepsSources ? sources : .all, destinations: translates ? .all : destinations)
    func branches(_ state: SessionState) -> [FlowBranch] {
      let cache = RuleSetCache(
        device: bound.device, space: space, focus: focus, state: state, tracksDenials: tracksDenials)
      return DeviceFlow(ingress: ingress.name, egress: egress.name, cache: cache).forward(space.set(entering))
    }
    let new = branches(.new)
    let strays = bound.device.statesApartFromNew.map { ($0, branches($0)) }
    return targets.filter { $0 != from }.compactMap { to in
      let arriving = space.set(PacketMatch(destinations: topology.networks(of: to)))
      let cut = new.compactMap { branch -> FlowBranch? in
        var branch = branch
        branch.permitted = branch.permitted.intersection(arriving)
        return branch.permitted.upper.isEmpty ? nil : branch
      }
      let stray = strays.flatMap { state, branches in branches.compactMap { strayed($0, state, arriving, cut) } }
      return cut.isEmpty && stray.isEmpty
        ? nil
        : ZoneFlow(ingress: ingress.name, egress: egress.name, from: from, to: to, branches: cut, strays: stray)
    }
  }
}

/// What of a branch of packets without a session arrives that new packets could not do as well; nil when nothing.
private func strayed(
  _ branch: FlowBranch, _ state: SessionState, _ arriving: PacketSet, _ new: [FlowBranch]
) -> FlowBranch? {
  let upper = new.reduce(branch.permitted.upper.intersection(arriving)) { $0.subtracting($1.permitted.upper) }
  guard !upper.isEmpty else { return nil }
  var branch = branch
  branch.permitted = SetBounds(lower: arriving.space.empty, upper: upper)
  branch.state = state
  return branch
}

extension Device {
  /// Whether a filter comes behind a translation of sources.
  fileprivate var filtersTranslatedSources: Bool {
    let first = pipeline.firstIndex {
      if case .translate(let rules) = $0.work { rules.contains { $0.source != nil } } else { false }
    }
    guard let first else { return false }
    return pipeline[first...].contains { if case .filter = $0.work { true } else { false } }
  }

  /// The states without a session that some rule treats otherwise than new packets.
  fileprivate var statesApartFromNew: [SessionState] {
    [SessionState.invalid, .untracked].filter { state in
      lists.contains { list in
        list.rules.indices.contains { place in
          if list.rules.plain(at: place) != nil { return false }
          return list.rules[place].match.upper.contains {
            $0.states.contains(state: state) != $0.states.contains(state: .new)
          }
        }
      }
    }
  }
}
