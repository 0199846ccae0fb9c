import PacketSets
import RuleModel

/// A path that topology and routes allow, whatever the rules say.
public struct CandidatePath: Sendable {
  public var path: [Hop]
  /// The destinations that may take it; where a device changes destinations, those that it may leave with.
  public var destinations: AddressSet
}

extension NetworkMap {
  /// The paths that packets from one zone to some addresses of another may take, short ones first.
  ///
  /// A path that only makes a detour (its devices are those of another path and more) is left out where the other carries
  /// the same destinations: routers take the shortest way that they know.
  ///
  /// - Parameter limit: how many at most; the second value tells whether these are all.
  public func paths(
    from: ZoneReference, to: ZoneReference, destinations: AddressSet? = nil, limit: Int = 256
  ) -> (paths: [CandidatePath], isComplete: Bool) {
    let wanted = destinations ?? topology.networks(of: to)
    var open = topology.entrances(of: from).map { (port: $0, path: [Hop](), destinations: wanted) }
    var found: [CandidatePath] = []
    var next = 0
    // Breadth first; what has no end in sight is cut off.
    while next < open.count, next < limit * 64 {
      let (port, path, arriving) = open[next]
      next += 1
      for egress in topology.devices[port.device].interfaces.indices where egress != port.port {
        let leaving = PortReference(device: port.device, port: egress)
        let going = self.destinations(arriving, by: leaving)
        guard !going.isEmpty else { continue }
        let path = path + [hop(port, leaving)]
        if topology.arrives(to, at: leaving) {
          found.append(CandidatePath(path: path, destinations: going))
          if found.count > limit { return (withoutDetours(found), false) }
          continue
        }
        open += self.next(behind: leaving).compactMap { neighbour, handed in
          let handed = going.intersection(handed)
          guard !handed.isEmpty, !path.contains(where: { $0.device == neighbour.device }) else { return nil }
          return (neighbour, path, handed)
        }
      }
    }
    return (withoutDetours(found), next == open.count)
  }

  private func hop(_ ingress: PortReference, _ egress: PortReference) -> Hop {
    Hop(device: ingress.device, ingress: topology[ingress].name, egress: topology[egress].name)
  }

  /// The destinations that leave by an interface, of those that arrive at its device.
  private func destinations(_ arriving: AddressSet, by leaving: PortReference) -> AddressSet {
    let reachable = egress[leaving.device].destinations[leaving.port].intersection(beyond[leaving.device][leaving.port])
    return topology.devices[leaving.device].device.changesDestinations
      ? reachable : arriving.intersection(reachable)
  }

  /// The packets that answer a flow: from where it goes to where it comes from, and from its port to its port.
  private func answers(to flow: PathFlow, _ opening: PacketSet?, in space: PacketSpace) -> PacketSet {
    // Behind translations each device sees other addresses, and what is too much to turn round is taken as everything.
    guard flow.branch.translations.isEmpty else { return space.set(PacketMatch(states: .reply)) }
    let sessions = opening.map { flow.branch.permitted.upper.intersection($0) } ?? flow.branch.permitted.upper
    let cover = sessions.boxes(limit: 256)
    guard cover.isComplete else { return space.set(PacketMatch(states: .reply)) }
    return space.set(cover.boxes.map(\.answer))
  }

  /// What one device on a path lets through, as if the others let everything through.
  public func passing(_ entering: PacketMatch, _ hop: Hop, in space: PacketSpace) -> [FlowBranch] {
    let device = topology.devices[hop.device].device
    var entering = entering
    // A translation may make any destination the one that is meant.
    if device.changesDestinations { entering.destinations = .all }
    let focus = PacketMatch(
      sources: device.filtersTranslatedSources ? .all : entering.sources, destinations: entering.destinations)
    let cache = RuleSetCache(device: device, space: space, focus: focus, tracksDenials: device.hasOpenRules)
    return DeviceFlow(ingress: hop.ingress, egress: hop.egress, cache: cache).forward(space.set(entering))
  }

  private func withoutDetours(_ paths: [CandidatePath]) -> [CandidatePath] {
    paths.filter { path in
      let devices = Set(path.path.map(\.device))
      return !paths.contains { other in
        let shorter = Set(other.path.map(\.device))
        return shorter.isStrictSubset(of: devices) && path.destinations.isSubset(of: other.destinations)
      }
    }
  }

  /// The device that stops every answer to sessions of a flow on its way back along the path; nil when some may come back.
  ///
  /// A stateful device lets them pass; of another the rules decide.
  ///
  /// - Parameter opening: the sessions in question, in end-to-end form; all by default.
  public func hopThatStopsReplies(
    to flow: PathFlow, opening: PacketSet? = nil, in space: PacketSpace
  ) -> Hop? {
    var branches = [FlowBranch(answers(to: flow, opening, in: space))]
    for hop in flow.path.reversed() {
      let cache = RuleSetCache(device: topology.devices[hop.device].device, space: space)
      let back = DeviceFlow(ingress: hop.egress, egress: hop.ingress, cache: cache)
      branches = branches.flatMap { back.forward($0) }
      if branches.isEmpty { return hop }
    }
    return nil
  }
}

extension PacketMatch {
  /// The packets that answer those of the match.
  fileprivate var answer: PacketMatch {
    let services = services.map { service in
      var back = Service(protocols: service.protocols)
      back.sourcePorts = service.destinationPorts
      back.destinationPorts = service.sourcePorts
      return back
    }
    return PacketMatch(sources: destinations, destinations: sources, services: services, states: .reply)
  }
}
