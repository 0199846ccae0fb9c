import PacketSets
import RuleModel
import SourceText

// Fields that are bit masks: TCP flags, session states, connection status.
extension NFTMatcher {
  /// The packets whose bits compare as the rule says.
  ///
  /// Without an operator a value or list means "one of these bits is set"; with `==` and `!=` and in sets the field is
  /// compared as a whole (nft(8), BITMASK TYPE; seen with `nft --debug=netlink`).
  mutating func bitField(
    _ selector: NFTSelector, _ mask: NFTExpression?, _ comparison: NFTComparison, _ value: NFTExpression,
    _ place: NFTResolver.Place
  ) -> [NFTCase] {
    let names: [String: UInt16]
    switch NFTField(selector) {
    case .tcpFlags: names = NFTNames.tcpFlagBits
    case .state: names = NFTNames.stateBits
    case .status: names = NFTNames.statusBits
    case .direction: return direction(comparison, value, place)
    default: return [open("`\(selector.text)` is no bit mask", place)]
    }
    guard let test = bitTest(mask, comparison, value, names, place) else {
      return [open("the value of `\(selector.text)` is not known", place)]
    }
    switch NFTField(selector) {
    case .tcpFlags:
      let matching = (UInt8.min...UInt8.max).filter { test(UInt16($0)) }
      guard !matching.isEmpty else { return [] }
      var service = Service(proto: IPProtocol.tcp)
      service.tcpFlags = IntervalSet(matching.map { $0...$0 })
      return [NFTCase(MatchBounds(PacketMatch(services: [service])))]
    case .state:
      var states: SessionStates = []
      for (bit, state) in Self.states where test(bit) { states.formUnion(state) }
      guard !states.isEmpty else { return [] }
      var result = NFTCase(MatchBounds(PacketMatch(states: states)))
      result.testsState = true
      return [result]
    default: return status(test, place)
    }
  }

  private static let states: [(UInt16, SessionStates)] = [
    (1, .invalid), (2, .reply), (4, .related), (8, .new), (64, .untracked),
  ]

  /// Whether a field of given bits matches; nil when a name is not known.
  private mutating func bitTest(
    _ mask: NFTExpression?, _ comparison: NFTComparison, _ value: NFTExpression, _ names: [String: UInt16],
    _ place: NFTResolver.Place
  ) -> ((UInt16) -> Bool)? {
    var kept = UInt16.max
    if let mask {
      guard let bits = bits(mask, names) else { return nil }
      kept = bits
    }
    switch resolver.resolved(value) {
    case .set, .named:
      guard let (elements, doubt) = resolver.elements(value, place), doubt == nil else { return nil }
      var members: Set<UInt16> = []
      for element in elements {
        guard let one = bits(element.key, names) else { return nil }
        members.insert(one)
      }
      switch comparison {
      case .equal, .implicit: return { members.contains($0 & kept) }
      case .unequal: return { !members.contains($0 & kept) }
      default: return nil
      }
    case let other:
      guard let wanted = bits(other, names) else { return nil }
      switch comparison {
      case .implicit: return mask == nil ? { $0 & wanted != 0 } : { $0 & kept == wanted }
      case .equal: return { $0 & kept == wanted }
      case .unequal: return { $0 & kept != wanted }
      case .noneSet: return { $0 & kept & wanted == 0 }
      default: return nil
      }
    }
  }

  /// Bits joined; nil when a name is not known.
  private func bits(_ value: NFTExpression, _ names: [String: UInt16]) -> UInt16? {
    switch resolver.resolved(value) {
    case .constant(let text): return names[text.lowercased()] ?? NFTNames.number(text).flatMap { UInt16(exactly: $0) }
    case .list(let parts):
      var all: UInt16 = 0
      for part in parts {
        guard let one = bits(part, names) else { return nil }
        all |= one
      }
      return all
    case .union(let first, let second):
      guard let one = bits(first, names), let other = bits(second, names) else { return nil }
      return one | other
    default: return nil
    }
  }

  /// `ct status`: what translation and answers have done to a connection is known between bounds only.
  private func status(_ test: (UInt16) -> Bool, _ place: NFTResolver.Place) -> [NFTCase] {
    let why = place.doubt("whether a connection is translated or answered is not modelled")
    // A connection without any of the bits that are looked at: the test is a negation.
    guard !test(0) else { return [NFTCase(MatchBounds.any.uncertain(why))] }
    var upper = [PacketMatch(states: [.reply, .related])]
    if let bits = NFTNames.statusBits["dnat"], test(bits) || test(bits | 8) {
      upper += (translated ?? [.any]).map { match in
        var match = match
        match.states = .new
        return match
      }
    }
    if let bits = NFTNames.statusBits["snat"], test(bits) || test(bits | 8) { upper.append(PacketMatch(states: .new)) }
    var result = NFTCase(MatchBounds(lower: [], upper: upper, uncertainties: [why]))
    result.testsState = true
    return [result]
  }

  /// A new packet travels in the original direction; of the others either may be true.
  private func direction(
    _ comparison: NFTComparison, _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    guard case .constant(let word) = resolver.resolved(value), ["original", "reply", "0", "1"].contains(word) else {
      return [open("the direction is not known", place)]
    }
    let isOriginal = (word == "original" || word == "0") != (comparison == .unequal)
    let why = place.doubt("the direction of packets of known connections is not modelled")
    let upper: SessionStates = isOriginal ? [.new, .reply, .related] : [.reply, .related]
    var result = NFTCase(
      MatchBounds(
        lower: isOriginal ? [PacketMatch(states: .new)] : [], upper: [PacketMatch(states: upper)],
        uncertainties: [why]))
    result.testsState = true
    return [result]
  }
}

// Several fields at once.
extension NFTMatcher {
  /// `ip saddr . tcp dport { 10.0.0.1 . 80, … }`.
  mutating func concatenation(
    _ keys: [NFTExpression], _ comparison: NFTComparison, _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    var base: [NFTCase] = [NFTCase(.any)]
    for key in keys {
      if case .selector(let selector) = key { base = both(base, dependency(of: selector), place.range) }
    }
    func anything(_ reason: String) -> [NFTCase] { base.map { $0.uncertain(place.doubt(reason)) } }
    guard comparison != .unequal, let (elements, doubt) = resolver.elements(value, place) else {
      if case .concatenation = resolver.resolved(value), comparison != .unequal {
        return tuple(keys, value, place) ?? anything("a tuple is not understood")
      }
      return anything("several fields at once are not compared exactly here")
    }
    if let doubt { return base.map { $0.uncertain(doubt) } }
    var cases: [NFTCase] = []
    for element in elements {
      guard let one = tuple(keys, element.key, place) else {
        return anything("an element of the set is not understood")
      }
      cases += one
    }
    return merged(cases)
  }

  private func dependency(of selector: NFTSelector) -> [NFTCase] {
    [NFTCase(MatchBounds(NFTField.dependency(selector)))]
  }

  /// The packets of one element; nil when it has not as many parts as the key.
  mutating func tuple(
    _ keys: [NFTExpression], _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase]? {
    if case .catchAll = value { return [NFTCase(.any)] }
    guard case .concatenation(let parts) = resolver.resolved(value), parts.count == keys.count else { return nil }
    var result: [NFTCase] = [NFTCase(.any)]
    for (key, part) in zip(keys, parts) { result = both(result, cases(key, .equal, part, place), place.range) }
    return result
  }

  /// Cases of equal interfaces in one.
  private func merged(_ cases: [NFTCase]) -> [NFTCase] {
    struct Interfaces: Hashable {
      var ingress: InterfaceMatch
      var egress: InterfaceMatch
    }
    var places: [Interfaces: Int] = [:]
    var groups: [[NFTCase]] = []
    for one in cases {
      let interfaces = Interfaces(ingress: one.ingress, egress: one.egress)
      if let place = places[interfaces] {
        groups[place].append(one)
      } else {
        places[interfaces] = groups.count
        groups.append([one])
      }
    }
    return groups.map { group in
      var result = group[0]
      let reasons = group.flatMap(\.bounds.uncertainties)
      let upper = group.flatMap(\.bounds.upper)
      result.bounds =
        reasons.isEmpty
        ? MatchBounds(upper)
        : MatchBounds(lower: group.flatMap(\.bounds.lower), upper: upper, uncertainties: reasons)
      result.testsState = group.contains { $0.testsState }
      return result
    }
  }
}
