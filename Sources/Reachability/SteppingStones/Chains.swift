import PacketSets
import SitePolicy

/// One step of a chain: from hosts that are held to hosts that they reach.
public struct ChainStep {
  public var kind: StepKind
  public var from: Foothold
  public var to: Foothold

  /// The rule that the step needs; nil where nothing filters.
  public var place: RulePlace? { if case .session(let edge) = kind { edge.place } else { nil } }
}

/// A way from hosts to a target over stepping stones.
public struct Chain {
  public var steps: [ChainStep]

  /// The rules on the way, each once.
  public var places: Set<RulePlace> { Set(steps.compactMap(\.place)) }
}

extension [Chain] {
  /// How many of the chains need each rule.
  ///
  /// Without it those are gone; longer ones, which were no minimal chains while it was there, may be left.
  public var needs: [RulePlace: Int] {
    reduce(into: [:]) { counts, chain in
      for place in chain.places { counts[place, default: 0] += 1 }
    }
  }
}

/// The minimal chains to a target: no host on them could have been left out.
public struct Chains {
  /// Short ones first.
  public private(set) var chains: [Chain] = []
  /// Whether there may be more.
  public private(set) var isCut = false
  private let graph: StepGraph
  private let target: Foothold
  private let limit: Int
  private var visits = 0
  private static let visitLimit = 200_000
  /// Steps to the target from each zone, if any; zones that lead nowhere are not entered.
  private let distances: [ZoneReference: Int]

  /// - Parameter limit: how many chains at most.
  public init(from start: Foothold, to target: Foothold, in graph: StepGraph, limit: Int = 200) {
    self.graph = graph
    self.target = target
    self.limit = limit
    distances = zoneDistances(to: target, from: start, graph)
    // Iterative deepening: short chains come first, and a cut loses the long ones.
    let shortest = distances[start.zone] ?? 0
    for length in shortest...max(shortest, distances.count * 2) where distances[start.zone] != nil {
      if isCut { break }
      extend([], at: start, length: length)
    }
  }

  private mutating func extend(_ steps: [ChainStep], at foothold: Foothold, length: Int) {
    visits += 1
    isCut = isCut || chains.count >= limit || visits > Self.visitLimit
    guard steps.count < length, !isCut else { return }
    for step in graph.steps(from: foothold) {
      guard let distance = distances[step.to.zone], steps.count + 1 + distance <= length else { continue }
      guard isStraight(steps, foothold, step) else { continue }
      let taken = steps + [ChainStep(kind: step.kind, from: foothold, to: step.to)]
      if step.to.zone == target.zone, step.to.hosts.overlaps(target.hosts) {
        // A chain of this length only: shorter ones were found before.
        if taken.count == length { chains.append(Chain(steps: taken)) }
        continue
      }
      extend(taken, at: step.to, length: length)
    }
  }

  /// Whether a step makes no detour: its zone is new, and no earlier host could have gone there at once.
  private func isStraight(_ steps: [ChainStep], _ foothold: Foothold, _ next: (kind: StepKind, to: Foothold)) -> Bool {
    if case .insideZone = next.kind {
      // Only after coming in: whoever begins in a zone holds what it holds.
      if case .insideZone? = steps.last?.kind { return false }
      return true
    }
    let earlier = steps.map(\.from)
    if (earlier + [foothold]).contains(where: { $0.zone == next.to.zone }) { return false }
    return !earlier.contains { hosts in
      hosts.zone != foothold.zone
        && graph.targets(from: hosts)[next.to.zone]?.overlaps(next.to.hosts) ?? false
    }
  }
}

/// The fewest steps to the target from each zone that a spread reaches, as if every host could take every step of its zone.
private func zoneDistances(to target: Foothold, from start: Foothold, _ graph: StepGraph) -> [ZoneReference: Int] {
  var incoming: [ZoneReference: Set<ZoneReference>] = [:]
  for zone in graph.spread(from: start).reached.keys {
    for step in graph.steps(from: Foothold(zone: zone, hosts: graph.topology.networks(of: zone))) {
      incoming[step.to.zone, default: []].insert(zone)
    }
  }
  var distances = [target.zone: 0]
  var wave: Set = [target.zone]
  var length = 0
  while !wave.isEmpty {
    length += 1
    let next = wave.reduce(into: Set<ZoneReference>()) { $0.formUnion(incoming[$1] ?? []) }
      .filter { distances[$0] == nil }
    for zone in next { distances[zone] = length }
    wave = next
  }
  return distances
}
