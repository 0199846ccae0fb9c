import PacketSets
import RuleModel
import SitePolicy

/// One device that a packet came through, or was stopped by.
public struct WalkStep: Sendable {
  public var hop: Hop
  /// The packet as it entered.
  public var packet: Packet
  public var verdict: PacketVerdict
}

/// One way of a packet through the network, to a zone or to where it is stopped.
public struct Walk: Sendable {
  public var steps: [WalkStep]
  /// The packet as it arrives; as it entered the last device when it is stopped there.
  public var packet: Packet
  /// Where it arrives; nil when the last device stops it.
  public var arrival: ZoneReference?

  /// Whether some device on the way may stop the packet although it may also pass.
  public var mayStop: Bool { steps.contains { $0.verdict.mayDeny } }
  public var path: [Hop] { steps.map(\.hop) }
}

/// A packet that the walk confirms.
public struct ConfirmedPacket: Sendable {
  public var sent: Packet
  public var arriving: Packet
  public var steps: [WalkStep]

  /// As it arrives, if that is otherwise than it was sent.
  public var translated: Packet? { arriving == sent ? nil : arriving }
}

/// The sets and the walk tell different stories about a packet: one of them is wrong.
public struct WalkDisagreement: Error {
  public var packet: Packet
  /// What the walk says.
  public var detail: String
}

/// Follows one packet device by device, without sets: the independent second opinion on every answer about the network.
public struct NetworkWalk: Sendable {
  let topology: SiteTopology

  public init(_ topology: SiteTopology) { self.topology = topology }

  /// All ways of a packet that a zone's host sends: each simple path that topology and routes allow.
  ///
  /// - Parameter limit: how many ways at most.
  public func ways(of packet: Packet, from origin: ZoneReference, limit: Int = 1_000) -> [Walk] {
    var found: [Walk] = []
    for entrance in topology.entrances(of: origin) where found.count < limit {
      walk(packet, into: entrance, from: origin, [], limit, &found)
    }
    return found
  }

  /// The ways of a packet along one path only, whatever the routes are.
  public func follow(_ packet: Packet, along path: [Hop], hint: IPAddress? = nil) -> [WalkStep] {
    var steps: [WalkStep] = []
    follow(packet, path[...], hint, hasUnknownSource: false, &steps)
    return steps
  }

  /// A packet of a flow as its host sends it and as it arrives, once this walk agrees with the sets that it gets through.
  ///
  /// - Parameters:
  ///   - packet: in end-to-end form.
  ///   - certain: whether it must get through surely.
  /// - Throws: `WalkDisagreement`.
  public func confirmed(
    _ packet: Packet, on flow: PathFlow, certain: Bool
  ) throws(WalkDisagreement) -> ConfirmedPacket {
    guard var pair = flow.branch.packets(arrivingLike: packet) else {
      throw WalkDisagreement(packet: packet, detail: "no packet enters this way")
    }
    pair.sent.state = flow.branch.state
    pair.arriving.state = flow.branch.state
    let steps = follow(pair.sent, along: flow.path, hint: pair.arriving.destination)
    let mayPass = steps.contains { $0.hop == flow.path.last && $0.verdict.mayPermit }
    guard mayPass, !certain || !steps.contains(where: \.verdict.mayDeny) else {
      let trace = steps.flatMap(\.verdict.trace).map { "\($0.place): \($0.rule) \($0.effect)" }
      throw WalkDisagreement(packet: pair.sent, detail: trace.joined(separator: "; "))
    }
    return ConfirmedPacket(sent: pair.sent, arriving: pair.arriving, steps: steps)
  }

  private func follow(
    _ packet: Packet, _ path: ArraySlice<Hop>, _ hint: IPAddress?, hasUnknownSource: Bool, _ steps: inout [WalkStep]
  ) {
    guard let hop = path.first else { return }
    let verdict = evaluator(hop).forward(packet, hint: hint, hasUnknownSource: hasUnknownSource)
    steps.append(WalkStep(hop: hop, packet: packet, verdict: verdict))
    for exit in verdict.exits {
      follow(exit, path.dropFirst(), hint, hasUnknownSource: verdict.hasUnknownSource, &steps)
    }
  }

  private func walk(
    _ packet: Packet, into port: PortReference, from origin: ZoneReference, _ steps: [WalkStep], _ limit: Int,
    _ found: inout [Walk]
  ) {
    let bound = topology.devices[port.device]
    for egress in topology.egresses(of: port) where found.count < limit {
      let hop = Hop(
        device: port.device, ingress: bound.interfaces[port.port].name, egress: bound.interfaces[egress].name)
      let verdict = evaluator(hop).forward(
        packet, hasUnknownSource: steps.last?.verdict.hasUnknownSource ?? false)
      let steps = steps + [WalkStep(hop: hop, packet: packet, verdict: verdict)]
      let leaving = PortReference(device: port.device, port: egress)
      let turns = egress == port.port
      if verdict.mayDeny, !turns, leads(packet, out: leaving) {
        found.append(Walk(steps: steps, packet: packet, arrival: nil))
      }
      for exit in turns ? verdict.redirected : verdict.exits where leads(exit, out: leaving) {
        arrive(exit, at: leaving, from: origin, steps, &found)
        for next in topology[leaving].neighbours where !steps.contains(where: { $0.hop.device == next.device }) {
          guard isHanded(exit, from: leaving, to: next) else { continue }
          walk(exit, into: next, from: origin, steps, limit, &found)
        }
      }
    }
  }

  private func arrive(
    _ packet: Packet, at port: PortReference, from origin: ZoneReference, _ steps: [WalkStep], _ found: inout [Walk]
  ) {
    for zone in topology.references
    where zone != origin && topology.arrives(zone, at: port)
      && topology.networks(of: zone).contains(packet.destination)
    {
      found.append(Walk(steps: steps, packet: packet, arrival: zone))
    }
  }

  private func evaluator(_ hop: Hop) -> ConcreteEvaluator {
    ConcreteEvaluator(device: topology.devices[hop.device].device, ingress: hop.ingress, egress: hop.egress)
  }

  /// Whether the device may send the packet out there: it may lie beyond, and the best route says nothing else.
  private func leads(_ packet: Packet, out port: PortReference) -> Bool {
    let bound = topology.devices[port.device]
    let interface = bound.interfaces[port.port]
    let best = bestRoutes(packet.destination, bound)
    guard best.isEmpty || best.contains(where: { $0.interface == interface.name }) else { return false }
    return mayLie(packet.destination, beyond: port)
  }

  private func mayLie(_ address: IPAddress, beyond port: PortReference) -> Bool {
    let bound = topology.devices[port.device]
    return bound.device.changesDestinations
      || topology.references(beyond: port).contains { topology.networks(of: $0).contains(address) }
      || topology.devices(beyond: port).contains { topology.devices[$0].device.changesDestinations }
  }

  /// A route that decides: a connected network, a specific static route, or a zone that the site file places.
  private struct Decision {
    var length: Int
    var interface: String?
    var gateway: IPAddress?
  }

  private func bestRoutes(_ address: IPAddress, _ bound: BoundDevice) -> [Decision] {
    var known: [Decision] = []
    for interface in bound.interfaces {
      let own = bound.device.interfaces.first { $0.name == interface.name }?.addresses ?? []
      known += own.filter { AddressSet($0.network).contains(address) }.map {
        Decision(length: $0.network.length, interface: interface.name)
      }
      if own.isEmpty, interface.attached.contains(where: { topology.site.zones[$0].networks.contains(address) }) {
        known.append(Decision(length: 0, interface: interface.name))
      }
    }
    // Where the device has other routes as well, the static ones rule nothing out.
    let routes = bound.device.hasOtherRoutes ? [] : bound.device.routes
    for route in routes where route.network.length > 0 && AddressSet(route.network).contains(address) {
      if let interface = route.interface, !bound.interfaces.contains(where: { $0.name == interface }) { continue }
      known.append(
        Decision(
          length: route.network.length, interface: route.interface, gateway: route.gateway))
    }
    guard let length = known.map(\.length).max() else { return [] }
    // A route of higher distance counts as well: it is taken when the better one fails.
    return known.filter { $0.length == length }
  }

  /// Whether a packet that left by an interface may be handed to a neighbour: not when its next hop is another one, nor when
  /// its destination is on the wire already.
  private func isHanded(_ packet: Packet, from port: PortReference, to next: PortReference) -> Bool {
    let interface = topology[port]
    let isOnWire = interface.direct.contains { topology.site.zones[$0].networks.contains(packet.destination) }
    if isOnWire, !topology.devices[next.device].device.changesDestinations { return false }
    let gateways = bestRoutes(packet.destination, topology.devices[port.device])
      .filter { $0.interface == interface.name }.map(\.gateway)
    return gateways.isEmpty
      || gateways.contains { gateway in
        guard let gateway else { return true }
        let owners = interface.neighbours.filter { topology.owns(gateway, $0) }
        return owners.isEmpty || owners.contains(next)
      }
  }
}
