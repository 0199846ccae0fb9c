import Dispatch
import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import Synchronization

/// The stepping stones of a network, with the flows that they come from.
struct SteppingStoneGraph {
  let network: SiteNetwork
  let graph: StepGraph
  private let flows: [ZoneReference: OriginFlows]

  /// - Throws: `EngineError.tooLarge`.
  init(_ network: SiteNetwork) throws(EngineError) {
    self.network = network
    let all = try allFlows(network.map)
    flows = Dictionary(uniqueKeysWithValues: all.map { ($0.origin, $0) })
    graph = StepGraph(network.map, flows: all)
  }

  /// The packet that opens a session of an edge, confirmed, given its end-to-end form.
  func confirmed(_ packet: Packet, _ edge: SessionEdge, certain: Bool) throws(EngineError) -> Packet {
    let flow = flows[edge.from]?.flows.first {
      $0.to == edge.to && $0.path == edge.path && $0.branch.state == .new
        && (certain ? $0.branch.endToEnd.lower : $0.branch.endToEnd.upper).contains(packet)
    }
    guard let flow else { throw .contradiction("internal error: no flow has \(packet); please report this") }
    return try network.confirmed(packet, flow, certain: certain).sent
  }

  /// What every chain takes for granted.
  var assumptions: [String] {
    var lines = [
      "a server that accepts a session can be taken over through it, whatever the service",
      "sessions that a rule may permit count, also where the configuration leaves it open",
      "hosts of one zone reach each other",
    ]
    let barred = network.site.assets.filter { $0.noSteppingStone != nil }.map {
      "\($0.name) (\($0.noSteppingStone?.rawValue ?? ""))"
    }
    if !barred.isEmpty {
      lines.append("these hosts lead no further, as the site file says: \(barred.joined(separator: ", "))")
    }
    if network.site.devices.contains(where: { $0.from != nil && !$0.isNoSteppingStone }) {
      lines.append("what a diode carries can take over the receiving side, but nothing comes back")
    }
    return lines
  }
}

/// Hands a value over to the thread that asked for it; only one thread at a time uses it.
private struct Handed<Value>: @unchecked Sendable { let value: Value }

/// What each zone can send, worked out side by side: each has a packet space of its own.
private func allFlows(_ map: NetworkMap) throws(EngineError) -> [OriginFlows] {
  let references = map.topology.references
  let found = Mutex([Handed<OriginFlows>?](repeating: nil, count: references.count))
  DispatchQueue.concurrentPerform(iterations: references.count) { index in
    let flows = Handed(value: OriginFlows(map, from: references[index]))
    found.withLock { $0[index] = flows }
  }
  let flows = found.withLock { $0 }.compactMap { $0?.value }
  if let exhausted = flows.first(where: \.isExhausted) {
    throw .tooLarge(device: map.topology.label(exhausted.origin))
  }
  return flows
}

extension SiteNetwork {
  /// The same network with one rule, or one default, that no longer permits anything; nil when it cannot be switched off.
  func without(_ place: RulePlace) -> SiteNetwork? {
    var devices = topology.devices.map(\.device)
    guard devices[place.device].stop(place) else { return nil }
    let bound = devices.compactMap { device in
      site.devices.first { $0.name == device.name }.map { (device: device, entry: $0) }
    }
    guard bound.count == devices.count else { return nil }
    return SiteNetwork(
      site: site, map: NetworkMap(SiteTopology(site: site, devices: bound)), diodes: diodes, gaps: gaps,
      notCovered: notCovered, catalog: catalog)
  }
}

extension Device {
  /// Takes away what a rule or default permits; false when there is nothing to take away.
  fileprivate mutating func stop(_ place: RulePlace) -> Bool {
    guard let list = place.list else {
      guard pipeline.indices.contains(place.stage), case .filter(let lists, var fallback) = pipeline[place.stage].work,
        fallback.verdict == .permit
      else { return false }
      fallback.verdict = .deny
      pipeline[place.stage].work = .filter(lists: lists, fallback: fallback)
      return true
    }
    guard let rule = place.rule else {
      lists[list].fallback.verdict = .deny
      return true
    }
    var rules = Array(lists[list].rules)
    rules[rule].state = .disabled
    lists[list].rules = RuleTable(rules)
    return true
  }
}
