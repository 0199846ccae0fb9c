import PacketSets
import RuleModel

/// A rule that can never match, because earlier rules of its list take all that it could.
public struct CoveredRule: Hashable, Sendable {
  /// Index into the list's rules.
  public var rule: Int
  /// Earlier rules that together cover it, in list order; leaving one out would uncover part of it.
  public var coveredBy: [Int]

  public init(rule: Int, coveredBy: [Int]) {
    self.rule = rule
    self.coveredBy = coveredBy
  }
}

/// What earlier rules of one list take from later ones, exactly.
public struct RuleCoverage: Hashable, Sendable {
  /// Index into `Device.lists`.
  public var list: Int
  /// Rules that never match, in list order.
  public var covered: [CoveredRule]
}

/// Finds the rules of every list that can never match, be it because of one earlier rule or of several together.
///
/// A rule counts as covered when its *upper* bound lies inside the *lower* bounds of earlier deciding rules, so the answer
/// holds whatever the unknown parts are. Rules that the platform implies and disabled rules are not reported.
///
/// - Complexity: one comparison of address ranges for each pair of rules whose destinations share a /24 network or are
///   wider; set operations only where they overlap.
/// - Returns: one answer for each list, or nil when the sets outgrew their space.
public func ruleCoverage(of device: Device) -> [RuleCoverage]? {
  let space = PacketSpace()
  let cache = RuleSetCache(device: device, space: space)
  let coverage = device.lists.indices.map { list in
    var search = CoverageSearch(device: device, list: list, space: space, cache: cache)
    return RuleCoverage(list: list, covered: search.run())
  }
  return space.isExhausted ? nil : coverage
}

private struct CoverageSearch {
  let device: Device
  let list: Int
  let space: PacketSpace
  let cache: RuleSetCache
  /// What each rule can touch, as ranges; for the quick look.
  private var extents: [MatchExtent]
  private let index: ExtentIndex
  private var decided: [Int: PacketSet] = [:]

  init(device: Device, list: Int, space: PacketSpace, cache: RuleSetCache) {
    self.device = device
    self.list = list
    self.space = space
    self.cache = cache
    extents = device.lists[list].rules.map { MatchExtent($0.match.upper) }
    index = ExtentIndex(extents)
  }

  private var rules: RuleTable { device.lists[list].rules }

  mutating func run() -> [CoveredRule] {
    let rules = self.rules
    return rules.indices.compactMap { index in
      guard rules[index].isExplicit, rules[index].state != .disabled, !rules[index].match.upper.isEmpty else {
        return nil
      }
      return coverage(of: index).map { CoveredRule(rule: index, coveredBy: $0) }
    }
  }

  /// The earlier rules that cover a rule on every pair of interfaces that it applies to; nil when something is left.
  private mutating func coverage(of index: Int) -> [Int]? {
    let rule = device.lists[list].rules[index]
    var covering: Set<Int> = []
    for ingress in names(rule.ingress) {
      for egress in names(rule.egress) {
        guard let part = coverage(of: index, ingress, egress) else { return nil }
        covering.formUnion(part)
      }
    }
    return covering.sorted()
  }

  /// The single interfaces that a match names; nil stands for the match as a whole.
  private func names(_ match: InterfaceMatch) -> [String?] {
    guard let patterns = match.patterns, !match.isNegated else { return [nil] }
    return patterns.allSatisfy { !$0.hasSuffix("+") } ? patterns.map { $0 } : [nil]
  }

  private mutating func coverage(of index: Int, _ ingress: String?, _ egress: String?) -> [Int]? {
    let rule = device.lists[list].rules[index]
    let candidates = near(index).filter { earlier in
      let other = device.lists[list].rules[earlier]
      return other.state != .disabled && covers(other.ingress, rule.ingress, ingress)
        && covers(other.egress, rule.egress, egress) && mayOverlap(other, rule)
    }
    guard !hasFreeCorner(rule, candidates) else { return nil }
    var rest: PacketSet?
    var taking: [Int] = []
    for earlier in candidates {
      guard let decides = decided(by: earlier) else { continue }
      let before = rest ?? cache.match(list: list, rule: index).upper
      let after = before.subtracting(decides)
      if after != before { taking.append(earlier) }
      if after.isEmpty { return needed(taking, index) }
      rest = after
    }
    return nil
  }

  /// Earlier rules whose extents overlap a rule's, in list order.
  private func near(_ rule: Int) -> [Int] {
    let own = extents[rule]
    guard let bucket = own.bucket else { return (0..<rule).filter { extents[$0].overlaps(own) } }
    let narrow = (index.buckets[bucket] ?? []).prefix { $0 < rule }.filter { extents[$0].overlaps(own) }
    let wide = index.wide.prefix { $0 < rule }.filter { extents[$0].overlaps(own) }
    return (narrow + wide).sorted()
  }

  /// Whether some packet of the rule is taken by no candidate at all, which is a proof without any set.
  private func hasFreeCorner(_ rule: Rule, _ candidates: [Int]) -> Bool {
    rule.match.upper.contains { match in
      match.corners.contains { corner in
        !candidates.contains { device.lists[list].rules[$0].match.upper.contains { $0.contains(corner) } }
      }
    }
  }

  private func mayOverlap(_ a: Rule, _ b: Rule) -> Bool {
    a.match.upper.contains { match in b.match.upper.contains { match.mayOverlap($0) } }
  }

  /// Leaves out, latest first, every rule without which the others still cover.
  private mutating func needed(_ taking: [Int], _ index: Int) -> [Int] {
    var kept = taking
    for candidate in taking.reversed() where kept.count > 1 {
      let others = kept.filter { $0 != candidate }
      var rest = cache.match(list: list, rule: index).upper
      for other in others {
        if let decides = decided(by: other) { rest = rest.subtracting(decides) }
      }
      if rest.isEmpty { kept = others }
    }
    return kept
  }

  /// The packets that a rule certainly keeps from later rules; nil when none.
  private mutating func decided(by index: Int) -> PacketSet? {
    if let known = decided[index] { return known }
    let rule = device.lists[list].rules[index]
    let lower = cache.match(list: list, rule: index).lower
    let result: PacketSet
    switch rule.action {
    case .proceed, .unknown: return nil
    case .permit, .deny, .leave, .goto: result = lower
    case .jump(let target):
      let evaluator = SymbolicEvaluator(device: device, ingress: "", egress: "", cache: cache)
      // Rules of the chain that look at interfaces may or may not apply; only a chain without them decides for sure.
      let chain = device.lists[target].rules
      let plain = chain.allSatisfy { $0.ingress == .any && $0.egress == .any && !isJump($0.action) }
      guard plain else { return nil }
      let flow = evaluator.flow(list: target, SetBounds(lower: lower, upper: lower), stage: 0)
      result = lower.subtracting(flow.fallThrough.upper)
    }
    decided[index] = result
    return result
  }

  private func isJump(_ action: Action) -> Bool {
    switch action {
    case .jump, .goto: true
    default: false
    }
  }

  /// Whether `wide` applies to the named interface, or to all that `narrow` applies to.
  private func covers(_ wide: InterfaceMatch, _ narrow: InterfaceMatch, _ name: String?) -> Bool {
    if wide == .any || wide == narrow { return true }
    return name.map { wide.contains($0) } ?? false
  }
}

/// Rules by the /24 network that holds all of their IPv4 destinations, so that most rules are never compared.
private struct ExtentIndex {
  /// Ascending rule indexes.
  private(set) var buckets: [UInt32: [Int]] = [:]
  /// Rules that lie in no single bucket, ascending.
  private(set) var wide: [Int] = []

  init(_ extents: [MatchExtent]) {
    for (rule, extent) in extents.enumerated() {
      if let bucket = extent.bucket { buckets[bucket, default: []].append(rule) } else { wide.append(rule) }
    }
  }
}

/// The smallest ranges around a match's IPv4 addresses and destination ports, for a quick look at many rules.
///
/// A match with IPv6 counts as overlapping with every other such match.
private struct MatchExtent {
  private var sourceLow = UInt32.max
  private var sourceHigh = UInt32.min
  private var destinationLow = UInt32.max
  private var destinationHigh = UInt32.min
  private var portLow = UInt16.max
  private var portHigh = UInt16.min
  private var hasV6 = false

  init(_ matches: [PacketMatch]) {
    for match in matches {
      hasV6 = hasV6 || (!match.sources.v6.isEmpty && !match.destinations.v6.isEmpty)
      if let first = match.sources.v4.intervals.first, let last = match.sources.v4.intervals.last {
        sourceLow = min(sourceLow, first.lowerBound)
        sourceHigh = max(sourceHigh, last.upperBound)
      }
      if let first = match.destinations.v4.intervals.first, let last = match.destinations.v4.intervals.last {
        destinationLow = min(destinationLow, first.lowerBound)
        destinationHigh = max(destinationHigh, last.upperBound)
      }
      for service in match.services {
        guard let first = service.destinationPorts.intervals.first, let last = service.destinationPorts.intervals.last
        else { continue }
        portLow = min(portLow, first.lowerBound)
        portHigh = max(portHigh, last.upperBound)
      }
    }
  }

  /// The /24 network that holds all destinations; nil when there is none, or IPv6 takes part.
  var bucket: UInt32? {
    !hasV6 && destinationLow <= destinationHigh && destinationLow >> 8 == destinationHigh >> 8
      ? destinationLow >> 8 : nil
  }

  /// Never wrongly false: a service that says nothing about ports spans all of them.
  func overlaps(_ other: MatchExtent) -> Bool {
    guard portLow <= other.portHigh, other.portLow <= portHigh else { return false }
    return (hasV6 && other.hasV6)
      || (destinationLow <= other.destinationHigh && other.destinationLow <= destinationHigh
        && sourceLow <= other.sourceHigh && other.sourceLow <= sourceHigh)
  }
}
