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
  let search = ChainSearch(stones: stones)
  if from.isEmpty { starts = search.outerStarts() }
  if to.isEmpty { targets = search.crown() }
  guard !starts.isEmpty else {
    throw .invalid(["no zone of level 4 or above, and no way in from outside: name a start with --from"])
  }
  guard !targets.isEmpty else {
    throw .invalid(["no safety system, no level 0 or 1, no asset that costs production: name a target with --to"])
  }
  var found: [FoundPair] = []
  for start in starts {
    for target in targets where target.foothold.zone != start.foothold.zone {
      found.append(try search.pair(start, target))
    }
  }
  try tryWithout(network, &found)
  return ChainsReport(frame: network.frame, pairs: found.map(\.pair), assumptions: stones.assumptions)
}

/// Fills in what is left without the rules that most chains need. Chains that were no minimal ones may remain, and later rules
/// may permit what the rule permitted, so the network is followed anew: once for each rule, and one after the other, since the
/// sets of a network take room.
private func tryWithout(_ network: SiteNetwork, _ found: inout [FoundPair]) throws(EngineError) {
  var places: [RulePlace] = []
  for place in found.compactMap(\.place) where !places.contains(place) { places.append(place) }
  // Each takes as long as the answer so far, which is long where there are many rules.
  let rules = network.topology.devices.reduce(0) { $0 + $1.device.lists.reduce(0) { $0 + $1.rules.count } }
  for place in places.prefix(rules > 50_000 ? 0 : 16) {
    guard let other = network.without(place) else { continue }
    let stones = try SteppingStoneGraph(other)
    for index in found.indices where found[index].place == place {
      let steps = stones.graph.spread(from: found[index].start.foothold).steps(to: found[index].target.foothold)
      found[index].pair.weakest?.rest = steps.map { .hops($0) } ?? .nothing
    }
  }
}

/// The chains of a pair, and the place that most of them need.
private struct FoundPair {
  var start: ChainEnd
  var target: ChainEnd
  var pair: ChainPair
  var place: RulePlace?
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

  func pair(_ start: ChainEnd, _ target: ChainEnd) throws(EngineError) -> FoundPair {
    let chains = Chains(from: start.foothold, to: target.foothold, in: stones.graph)
    let shortest = try chains.chains.first.map { first throws(EngineError) in
      try stones.hops(first, to: target.foothold.hosts)
    }
    let weakest = weakest(chains)
    let pair = ChainPair(
      from: start.text, to: target.text, shortest: shortest ?? [], count: chains.chains.count, isCut: chains.isCut,
      weakest: weakest.map { WeakPoint(rule: network.line($0.place), breaks: $0.count, rest: .notTried) },
      assets: assets(start, target))
    return FoundPair(start: start, target: target, pair: pair, place: weakest?.place)
  }

  /// The place that most chains need.
  private func weakest(_ chains: Chains) -> (place: RulePlace, count: Int)? {
    // Of several the first in the order of the files, so that the answer is the same every time.
    chains.chains.needs.max { a, b in
      a.value != b.value ? a.value < b.value : network.rank(a.key) > network.rank(b.key)
    }.map { (place: $0.key, count: $0.value) }
  }

  /// The key assets among the targets, the nearest first; nothing where the target is one host.
  private func assets(_ start: ChainEnd, _ target: ChainEnd) -> [(name: String, hops: Int)] {
    guard let zone = network.topology.zone(target.foothold.zone) else { return [] }
    let spread = stones.graph.spread(from: start.foothold)
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
