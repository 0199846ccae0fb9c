import PacketSets
import Reachability
import SitePolicy

/// What becomes of traffic that the plant needs, on every path that topology and routes allow.
package struct ConduitWays {
  /// For each path, what its devices stop.
  package var paths: [(path: [Hop], stops: [ConduitStop])]
  /// Whether `paths` are all there are.
  package var isComplete: Bool
  /// Destinations that no path leads to.
  package var unreached: AddressSet

  /// Whether everything surely gets through, whichever path is taken.
  package var isMet: Bool { isComplete && unreached.isEmpty && !paths.isEmpty && paths.allSatisfy(\.stops.isEmpty) }

  /// Whether something surely does not get through: no path leads there, or each one stops it.
  ///
  /// Which of several paths packets take is not known, so one that stops them is at fault only if the others do as well.
  package var isBlocked: Bool {
    isComplete && (!unreached.isEmpty || paths.allSatisfy { $0.stops.contains(where: \.isCertain) })
  }

  /// - Parameters:
  ///   - traffic: what the conduit's source zone can send.
  ///   - needed: the sessions that must get through, between hosts of that zone and of `to`.
  package init(_ traffic: ZoneTraffic, to: ZoneReference, needed: PacketMatch, sessions: PacketSet) {
    let map = traffic.flows.map
    let found = map.paths(from: traffic.flows.origin, to: to, destinations: needed.destinations)
    let packets = traffic.space.set(needed).intersection(sessions)
    isComplete = found.isComplete
    unreached = found.paths.reduce(needed.destinations) { $0.subtracting($1.destinations) }
    paths = found.paths.map { path in
      (path.path, path.path.compactMap { ConduitStop(at: $0, of: packets, needed, traffic) })
    }
  }
}

/// What one device stops of traffic that the plant needs.
package struct ConduitStop {
  package var hop: Hop
  /// What is stopped surely, if anything is, else what may be.
  package var packets: PacketSet
  /// One of them.
  package var packet: Packet
  package var isCertain: Bool

  /// Nil when the device surely lets everything through.
  fileprivate init?(at hop: Hop, of packets: PacketSet, _ needed: PacketMatch, _ traffic: ZoneTraffic) {
    let nothing = SetBounds(lower: traffic.space.empty, upper: traffic.space.empty)
    let permitted = traffic.flows.map.passing(needed, hop, in: traffic.space).reduce(nothing) {
      $0.union($1.endToEnd)
    }
    let surely = packets.subtracting(permitted.upper)
    self.packets = surely.isEmpty ? packets.subtracting(permitted.lower) : surely
    guard let packet = self.packets.witness() else { return nil }
    self.hop = hop
    self.packet = packet
    isCertain = !surely.isEmpty
  }
}

extension Conduit {
  /// The packets that open the conduit's sessions.
  package func sessions(_ traffic: ZoneTraffic) -> PacketSet {
    // A conduit for tcp/443 that names no functions does not need Modbus over it.
    let sessions = functions.isAny ? traffic.openings.intersection(traffic.usual) : traffic.sessions
    // Nobody sends from or to port 0 (RFC 6335, section 6: reserved), which some platforms always drop.
    var fromZero = Service(protocols: IPProtocol.withPorts)
    fromZero.sourcePorts = IntervalSet(0)
    var toZero = Service(protocols: IPProtocol.withPorts)
    toZero.destinationPorts = IntervalSet(0)
    return sessions.subtracting(traffic.space.set(PacketMatch(services: [fromZero, toZero])))
  }
}
