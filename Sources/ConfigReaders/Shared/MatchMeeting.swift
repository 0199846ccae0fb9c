import PacketSets
import RuleModel

extension InterfaceMatch {
  /// Interfaces that both describe; nil when there is none. When not exact, `both` holds too many.
  func meeting(_ other: InterfaceMatch) -> (both: InterfaceMatch, isExact: Bool)? {
    guard let mine = patterns else { return (other, true) }
    guard let theirs = other.patterns else { return (self, true) }
    if self == other { return (self, true) }
    switch (isNegated, other.isNegated) {
    case (true, true): return (InterfaceMatch(mine + theirs, isNegated: true), true)
    case (false, false): return Self.positive(mine, other) ?? Self.positive(theirs, self)
    case (false, true): return Self.positive(mine, other)
    case (true, false): return Self.positive(theirs, self)
    }
  }

  /// The interfaces of `names` that `other` contains. Patterns stay whole, which may be too many.
  private static func positive(_ names: [String], _ other: InterfaceMatch) -> (both: InterfaceMatch, isExact: Bool)? {
    let kept = names.filter { $0.hasSuffix("+") || other.contains($0) }
    guard !kept.isEmpty else { return nil }
    return (InterfaceMatch(kept), !kept.contains { $0.hasSuffix("+") })
  }
}

extension MatchBounds {
  /// Packets of both, from below and from above.
  func intersection(_ other: MatchBounds) -> MatchBounds {
    let reasons = uncertainties + other.uncertainties
    let both = product(upper, other.upper)
    guard !reasons.isEmpty else { return MatchBounds(both) }
    return MatchBounds(lower: product(lower, other.lower), upper: both, uncertainties: reasons)
  }
}

private func product(_ first: [PacketMatch], _ second: [PacketMatch]) -> [PacketMatch] {
  first.flatMap { one in
    second.compactMap { other in
      let services = one.services.flatMap { service in other.services.compactMap { service.intersection($0) } }
      let both = PacketMatch(
        sources: one.sources.intersection(other.sources),
        destinations: one.destinations.intersection(other.destinations),
        services: services, states: one.states.intersection(other.states))
      return both.mayMatch ? both : nil
    }
  }
}
