import PacketSets
import Reachability

/// Compares what sets and single packets say about a network, in both directions.
public struct NetworkAgreement {
  private let map: NetworkMap
  private let walk: NetworkWalk
  /// Packets that arrived somewhere, and packets that arrived nowhere.
  public private(set) var arrived = 0
  public private(set) var stopped = 0

  public init(_ map: NetworkMap) {
    self.map = map
    walk = NetworkWalk(map.topology)
  }

  /// Sends random packets from every zone; each disagreement in words.
  public mutating func compare(packets: Int, seed: UInt64) -> [String] {
    let topology = map.topology
    var random = RandomNetworkPackets(seed: seed, topology)
    let origins = topology.references.filter { !topology.entrances(of: $0).isEmpty }
    var disagreements: [String] = []
    for origin in origins {
      let flows = OriginFlows(map, from: origin)
      let sets = Reaching(flows)
      for _ in 0..<packets / origins.count + 1 {
        guard let packet = random.packet(from: origin) else { continue }
        disagreements += compare(packet, origin, flows.isAbridged, sets)
      }
    }
    return disagreements
  }

  private mutating func compare(
    _ packet: Packet, _ origin: ZoneReference, _ isAbridged: Bool, _ sets: Reaching
  ) -> [String] {
    let ways = walk.ways(of: packet, from: origin).filter { $0.arrival != nil }
    if ways.isEmpty { stopped += 1 } else { arrived += 1 }
    let single = Set(ways.compactMap { way in way.arrival.map { Reaching.Way(path: way.path, to: $0) } })
    let symbolic = sets.ways(of: packet)
    var wrong: [String] = []
    for way in single.subtracting(symbolic) where !isAbridged { wrong.append("\(packet): only the walk takes \(way)") }
    for way in symbolic.subtracting(single) { wrong.append("\(packet): only the sets take \(way)") }
    for way in ways where way.mayStop {
      let key = Reaching.Way(path: way.path, to: way.arrival!)
      if sets.isCertain(packet, key) { wrong.append("\(packet): the sets are too sure of \(key)") }
    }
    return wrong
  }
}

/// The packets, as their hosts send them, that arrive along each path.
private struct Reaching {
  struct Way: Hashable {
    var path: [Hop]
    var to: ZoneReference
  }
  private var upper: [Way: PacketSet] = [:]
  private var lower: [Way: PacketSet] = [:]

  init(_ flows: OriginFlows) {
    for flow in flows.flows where flow.branch.state == .new {
      let way = Way(path: flow.path, to: flow.to)
      let sent = flow.branch.asSent
      upper[way] = (upper[way] ?? flows.space.empty).union(sent.upper)
      lower[way] = (lower[way] ?? flows.space.empty).union(sent.lower)
    }
  }

  func ways(of packet: Packet) -> Set<Way> { Set(upper.filter { $0.value.contains(packet) }.keys) }
  func isCertain(_ packet: Packet, _ way: Way) -> Bool { lower[way]?.contains(packet) ?? false }
}
