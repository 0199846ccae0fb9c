import Checks
import Findings
import PacketSets
import Reachability
import SitePolicy

/// Everything that can follow when a host is taken over, wave by wave.
///
/// - Parameters:
///   - asset: an asset by name; or else
///   - host: an address.
/// - Throws: `EngineError.invalid` for names that do not exist, `.tooLarge`, `.contradiction`.
public func cascade(
  _ network: SiteNetwork, asset: String?, host: String?
) throws(EngineError) -> CascadeReport {
  let end = try network.end(asset ?? host ?? "", asset == nil ? "--host" : "--asset")
  let stones = try SteppingStoneGraph(network)
  return try Cascade(stones: stones, start: end).report()
}

private struct Cascade {
  let stones: SteppingStoneGraph
  let start: QuestionEnd

  private var network: SiteNetwork { stones.network }
  private var footholds: [Foothold] { start.parts.map { Foothold(zone: $0.zone, hosts: $0.addresses) } }

  func report() throws(EngineError) -> CascadeReport {
    let spread = Spread(from: footholds, in: stones.graph)
    var waves: [[CascadeReach]] = []
    for wave in spread.waves.dropFirst() {
      var reaches: [CascadeReach] = []
      for reference in network.orderedReferences + [.unzoned]
      where !reaches.contains(where: { $0.zone == network.title(reference) }) {
        if let hosts = wave[reference] { reaches.append(try reach(Foothold(zone: reference, hosts: hosts))) }
      }
      waves.append(reaches)
    }
    var remarks: [String] = []
    if start.addresses.isSubset(of: stones.graph.barred) {
      remarks.append("the site file says that nobody gets further from \(start.text) (no-stepping-stone)")
    }
    let own = start.parts.map { worst($0.zone, $0.addresses) }.compactMap { $0 }.max()
    let reached = waves.joined().compactMap(\.consequence).max()
    return CascadeReport(
      frame: network.frame, start: start.text, startZones: start.parts.map { network.title($0.zone) }, waves: waves,
      worst: [own, reached].compactMap { $0 }.max(), remarks: remarks, assumptions: stones.assumptions)
  }

  private func reach(_ foothold: Foothold) throws(EngineError) -> CascadeReach {
    let isWhole = foothold.hosts == network.topology.networks(of: foothold.zone)
    let assets = network.site.assets.filter { $0.addresses.overlaps(foothold.hosts) }
      .map { (name: $0.name, consequence: $0.consequence) }.enumerated()
      .sorted { a, b in
        let (one, other) = (rank(a.element.consequence), rank(b.element.consequence))
        return one != other ? one > other : a.offset < b.offset
      }.map(\.element)
    let text = isWhole ? "all of it" : foothold.hosts.summary(limit: 4)
    return CascadeReach(
      zone: network.title(foothold.zone), hosts: text, assets: assets,
      consequence: worst(foothold.zone, foothold.hosts), hop: try lastHop(to: foothold))
  }

  private func rank(_ consequence: Consequence?) -> Int {
    consequence.flatMap { Consequence.allCases.firstIndex(of: $0) } ?? -1
  }

  /// The worst that hosts of a zone can suffer.
  private func worst(_ reference: ZoneReference, _ hosts: AddressSet) -> Consequence? {
    let assets = network.site.assets.filter { $0.addresses.overlaps(hosts) }.compactMap(\.consequence)
    return (assets + [network.topology.zone(reference)?.touched].compactMap { $0 }).max()
  }

  /// The last hop of a shortest chain.
  private func lastHop(to target: Foothold) throws(EngineError) -> ChainHop? {
    var best: Chain?
    for foothold in footholds {
      let chain = Chains(from: foothold, to: target, in: stones.graph, limit: 1).chains.first
      if let chain, chain.steps.count < (best?.steps.count ?? .max) { best = chain }
    }
    guard let best else { return nil }
    return try stones.hops(best, to: target.hosts).last
  }
}
