import PacketSets
import RuleModel
import SitePolicy

/// The sessions that one rule lets hosts of a zone open to hosts of another, along one path.
public struct SessionEdge {
  /// The flow that they are part of.
  public var flow: PathFlow
  /// The rule that lets them through, of the device that guards the target.
  public var place: RulePlace
  /// In end-to-end form.
  public var sessions: SetBounds
  /// Every source and destination of `sessions`.
  public var sources: AddressSet
  public var destinations: AddressSet

  public var from: ZoneReference { flow.from }
  public var to: ZoneReference { flow.to }
  public var path: [Hop] { flow.path }

  /// The hosts that some of `hosts` can open a session to. O(nodes of the sessions' addresses).
  func destinations(from hosts: AddressSet) -> AddressSet {
    if sources.isSubset(of: hosts) { return destinations }
    guard sources.overlaps(hosts) else { return .empty }
    let space = sessions.upper.space
    return sessions.upper.intersection(space.set(PacketMatch(sources: hosts))).destinationAddresses
  }
}

extension OriginFlows {
  /// The sessions by which a host can take part in another: everything that is opened, but for ICMP, which starts nothing.
  public func sessionEdges() -> [SessionEdge] {
    let noSession = space.set(PacketMatch(services: [Service(protocols: IPProtocol.withTypes)]))
    let starting = openings.subtracting(noSession)
    return flows.filter { $0.branch.state == .new }.flatMap { flow -> [SessionEdge] in
      let sessions = flow.branch.endToEnd.intersection(starting)
      guard !sessions.upper.isEmpty else { return [] }
      return topology.blame(sessions, flow).map { place, packets in
        SessionEdge(
          flow: flow, place: place, sessions: packets,
          sources: packets.upper.sourceAddresses, destinations: packets.upper.destinationAddresses)
      }
    }
  }
}
