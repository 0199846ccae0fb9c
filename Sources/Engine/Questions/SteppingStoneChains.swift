import Checks
import Findings
import PacketSets
import Reachability
import SitePolicy

/// Shortest chains of stepping stones, how many there are, and which rule most of them need.
///
/// - Parameters:
///   - from: where somebody begins: zones, assets, addresses; empty for level 4 and above, addresses of no zone, and the zones
///     of remote users.
///   - to: what is to be reached: zones, assets; empty for safety systems, levels 0 and 1, and assets whose loss costs
///     production or safety.
/// - Throws: `EngineError.invalid` for names that do not exist, `.tooLarge`, `.contradiction`.
public func steppingStoneChains(
  _ network: SiteNetwork, from: [String], to: [String]
) throws(EngineError) -> ChainsReport {
  var starts: [ChainEnd] = []
  for name in from { starts += ends(try network.end(name, "--from"), network) }
  var targets: [ChainEnd] = []
  for name in to { targets += ends(try network.end(name, "--to"), network) }
  let stones = try SteppingStoneGraph(network)
  var search = ChainSearch(stones: stones)
  if from.isEmpty { starts = search.outerStarts() }
  if to.isEmpty { targets = search.crown() }
  guard !starts.isEmpty else {
    throw .invalid(["no zone of level 4 or above, and no way in from outside: name a start with --from"])
  }
  guard !targets.isEmpty else {
    throw .invalid(["no safety system, no level 0 or 1, no asset that costs production: name a target with --to"])
  }
  var pairs: [ChainPair] = []
  for start in starts {
    for target in targets where target.foothold.zone != start.foothold.zone {
      pairs.append(try search.pair(start, target))
    }
  }
  return ChainsReport(frame: network.frame, pairs: pairs, assumptions: stones.assumptions)
}

/// Where chains begin or end.
struct ChainEnd {
  var text: String
  var foothold: Foothold
}

/// One end for each zone that holds some of the addresses.
private func ends(_ end: QuestionEnd, _ network: SiteNetwork) -> [ChainEnd] {
  end.parts.map { part in
    let label = network.topology.label(part.zone)
    let isWhole = part.addresses == network.topology.networks(of: part.zone)
    return ChainEnd(
      text: isWhole ? label : "\(end.text) in \(label)", foothold: Foothold(zone: part.zone, hosts: part.addresses))
  }
}

private struct ChainSearch {
  let stones: SteppingStoneGraph
  /// What is left without a rule: the network is followed anew, so each is tried once.
  private var tried: [RulePlace: SteppingStoneGraph] = [:]
  private static let tryLimit = 16

  init(stones: SteppingStoneGraph) { self.stones = stones }

  private var network: SiteNetwork { stones.network }

  private func whole(_ reference: ZoneReference) -> ChainEnd {
    ChainEnd(
      text: network.topology.label(reference),
      foothold: Foothold(zone: reference, hosts: network.topology.networks(of: reference)))
  }

  func outerStarts() -> [ChainEnd] {
    let remote = network.site.remoteAccess?.from ?? []
    return network.orderedReferences.filter { reference in
      guard let zone = network.topology.zone(reference) else {
        return !network.topology.entrances(of: reference).isEmpty
      }
      return zone.level >= .corporate || remote.contains(zone.name)
    }.map { whole($0) }
  }

  func crown() -> [ChainEnd] {
    let zones = network.orderedReferences.filter { reference in
      network.topology.zone(reference).map { $0.isSafety || $0.level <= .control } ?? false
    }
    let names = zones.compactMap { network.topology.zone($0)?.name }
    // Assets of these zones are told with their zones; those of another zone are one target together.
    let others = network.orderedReferences.compactMap { reference -> ChainEnd? in
      guard let zone = network.topology.zone(reference), !names.contains(zone.name) else { return nil }
      let hosts = keyAssets(zone).reduce(AddressSet.empty) { $0.union($1.addresses.intersection(zone.networks)) }
      guard !hosts.isEmpty else { return nil }
      return ChainEnd(
        text: "key assets of \(network.topology.label(reference))", foothold: Foothold(zone: reference, hosts: hosts))
    }
    return zones.map { whole($0) } + others
  }

  /// The assets with addresses in a zone whose loss costs production or safety.
  private func keyAssets(_ zone: Zone) -> [Asset] {
    network.site.assets.filter {
      ($0.consequence ?? .information) >= .production && $0.addresses.overlaps(zone.networks)
    }
  }

  mutating func pair(_ start: ChainEnd, _ target: ChainEnd) throws(EngineError) -> ChainPair {
    let chains = Chains(from: start.foothold, to: target.foothold, in: stones.graph)
    let shortest = try chains.chains.first.map { first throws(EngineError) in
      try stones.hops(first, to: target.foothold.hosts)
    }
    return ChainPair(
      from: start.text, to: target.text, shortest: shortest ?? [], count: chains.chains.count, isCut: chains.isCut,
      weakest: try weakest(chains, start, target), assets: assets(start, target))
  }

  /// The rule that most chains need, and what is left without it.
  private mutating func weakest(
    _ chains: Chains, _ start: ChainEnd, _ target: ChainEnd
  ) throws(EngineError) -> WeakPoint? {
    var counts: [RulePlace: Int] = [:]
    for chain in chains.chains { for place in chain.places { counts[place, default: 0] += 1 } }
    // Of several the first in the order of the files, so that the answer is the same every time.
    let best = counts.max { a, b in
      a.value != b.value ? a.value < b.value : network.rank(a.key) > network.rank(b.key)
    }
    guard let best else { return nil }
    return WeakPoint(
      rule: network.line(best.key), breaks: best.value, rest: try rest(without: best.key, start, target))
  }

  /// Chains that were no minimal ones may remain, and later rules may permit what the rule permitted: so it is tried out.
  private mutating func rest(
    without place: RulePlace, _ start: ChainEnd, _ target: ChainEnd
  ) throws(EngineError) -> WeakPoint.Rest {
    if tried[place] == nil {
      guard tried.count < Self.tryLimit, let other = network.without(place) else { return .notTried }
      tried[place] = try SteppingStoneGraph(other)
    }
    guard let other = tried[place] else { return .notTried }
    return Spread(from: [start.foothold], in: other.graph).steps(to: target.foothold).map { .hops($0) } ?? .nothing
  }

  /// The key assets among the targets, the nearest first; nothing where the target is one host.
  private func assets(_ start: ChainEnd, _ target: ChainEnd) -> [(name: String, hops: Int)] {
    guard let zone = network.topology.zone(target.foothold.zone) else { return [] }
    let spread = Spread(from: [start.foothold], in: stones.graph)
    let found = keyAssets(zone).compactMap { asset -> (name: String, hops: Int)? in
      let hosts = asset.addresses.intersection(target.foothold.hosts)
      guard !hosts.isEmpty, hosts != target.foothold.hosts else { return nil }
      return spread.steps(to: Foothold(zone: target.foothold.zone, hosts: hosts)).map { (asset.name, $0) }
    }
    return found.enumerated().sorted { ($0.element.hops, $0.offset) < ($1.element.hops, $1.offset) }.map(\.element)
  }
}

extension SiteNetwork {
  /// The order of rules: by device, list and place.
  fileprivate func rank(_ place: RulePlace) -> (Int, Int, Int, Int) {
    (place.device, place.stage, place.list ?? .max, place.rule ?? .max)
  }
}
