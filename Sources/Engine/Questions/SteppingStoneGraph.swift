import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

/// The stepping stones of a network, with the flows that they come from.
struct SteppingStoneGraph {
  let network: SiteNetwork
  let graph: StepGraph

  /// - Throws: `EngineError.tooLarge`.
  init(_ network: SiteNetwork) throws(EngineError) {
    self.network = network
    graph = StepGraph(network.map, flows: try allFlows(network.map))
  }

  /// The packet that opens a session of an edge, confirmed, given its end-to-end form.
  func confirmed(_ packet: Packet, _ edge: SessionEdge, certain: Bool) throws(EngineError) -> Packet {
    try network.confirmed(packet, edge.flow, certain: certain).sent
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
