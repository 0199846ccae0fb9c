import PacketSets
import RuleModel
import SourceText

/// Lowers the nat chains of one hook to translation rules in one row: chains are unfolded where they are jumped to.
struct NFTTranslationBuilder {
  var lowering: NFTLowering
  let tracking: NFTTracking
  /// Translates destinations (prerouting) or sources (postrouting, input).
  let changesDestination: Bool
  private(set) var rules: [TranslationRule] = []
  private(set) var gaps: [LedgerGap] = []
  private var steps = 0
  /// The table whose sets the rules at hand refer to.
  private var table = 0

  /// How many rules unfolding may visit for one hook; beyond it the rest is one unknown translation.
  private static let stepLimit = 20_000

  init(_ lowering: NFTLowering, _ tracking: NFTTracking, changesDestination: Bool) {
    self.lowering = lowering
    self.tracking = tracking
    self.changesDestination = changesDestination
  }

  /// What holds for all packets that come to a chain by a row of jumps.
  private struct Caller {
    var condition = NFTCase(.any)
    /// Whether nothing is asked any more when the chain ends: an end of the chain then means "stays as it is".
    var endsTranslation: Bool
    /// Why packets that the chain exempts may be translated by a later chain.
    var laterChain: Uncertainty?
  }

  /// Adds the rules of a base chain.
  ///
  /// - Parameter isLast: whether no other nat chain of the hook follows, which would be asked about exempted packets too.
  mutating func add(_ chain: Int, table: Int, _ refusedJumps: Set<ChainJump>, isLast: Bool, context: NFTContext) {
    lowering.matcher.context = context
    self.table = table
    let range = lowering.matcher.resolver.ruleset.tables[table].chains[chain].source
    let later = Uncertainty(range: range, reason: "a later nat chain may translate packets that this one leaves alone")
    unfold(chain, table, refusedJumps, Caller(endsTranslation: true, laterChain: isLast ? nil : later))
  }

  private mutating func unfold(_ chain: Int, _ table: Int, _ refused: Set<ChainJump>, _ caller: Caller) {
    let content = lowering.matcher.resolver.ruleset.tables[table].chains[chain]
    // Why the rules from here on may be skipped by packets that they would match.
    var skip: Uncertainty?
    for (position, rule) in content.rules.enumerated() where !rule.isDisabled {
      steps += 1
      guard steps < Self.stepLimit else { return tooMany(rule.range) }
      let lowered = lowering.lower(rule, table: table)
      for (state, reason) in lowered.gaps {
        gaps.append(LedgerGap(range: rule.range, state: state, couldChangeVerdict: true, reason: reason))
      }
      let name = rule.name ?? "\(content.name) rule \(position + 1)"
      let isLastRule = position == content.rules.count - 1
      for step in lowered.steps {
        guard var here = caller.condition.meeting(step.condition, rule.range) else { continue }
        if let skip { here = here.uncertain(skip) }
        switch step.act {
        case .verdict(.accept), .verdict(.drop), .reject: exempt(rule, name, here, caller)
        case .verdict(.proceed): break
        case .verdict(.queue), .unknown: unknown(rule, name, here, "what the rule does to the packet is not known")
        case .verdict(.leave):
          if content.base != nil || caller.endsTranslation {
            exempt(rule, name, here, caller)
          } else {
            skip = Uncertainty(range: rule.range, reason: "packets that this rule sends back are not followed exactly")
          }
        case .verdict(.jump(let target)), .verdict(.goto(let target)):
          let isGoto = step.act == .verdict(.goto(target))
          let inner = Caller(
            condition: here, endsTranslation: caller.endsTranslation && (isLastRule || isGoto),
            laterChain: caller.laterChain)
          jump(rule, target, from: chain, table, refused, name, inner)
          if isGoto { skip = Uncertainty(range: rule.range, reason: "packets that go to another chain do not return") }
        case .translate(let translation): translate(translation, rule, name, here)
        }
      }
    }
    if content.isCutOff {
      unknown(
        NFTRule(range: content.source), "\(content.name): rules that may be missing", caller.condition,
        "the file ends in this chain")
    }
  }

  private mutating func jump(
    _ rule: NFTRule, _ target: String, from chain: Int, _ table: Int, _ refused: Set<ChainJump>, _ name: String,
    _ inner: Caller
  ) {
    let content = lowering.matcher.resolver.ruleset.tables[table]
    guard let next = content.chain(target), content.chains[next].base == nil,
      !refused.contains(ChainJump(chain: chain, target: next))
    else {
      let reason = "the jump to `\(printable(target))` leads nowhere, closes a loop or nests too deep"
      gaps.append(LedgerGap(range: rule.range, state: .notModelled, couldChangeVerdict: true, reason: reason))
      return unknown(rule, name, inner.condition, reason)
    }
    unfold(next, table, refused, inner)
  }

  private mutating func tooMany(_ range: SourceRange) {
    let why = "the nat chains unfold to more than \(Self.stepLimit) rules; the rest is not followed"
    guard gaps.last?.reason != why else { return }
    gaps.append(LedgerGap(range: range, state: .notModelled, couldChangeVerdict: true, reason: why))
    unknown(NFTRule(range: range), "nat rules beyond the limit", NFTCase(.any), why)
  }

  private mutating func exempt(_ rule: NFTRule, _ name: String, _ here: NFTCase, _ caller: Caller) {
    add(rule, name, caller.laterChain.map { here.uncertain($0) } ?? here) { _ in }
  }

  private mutating func unknown(_ rule: NFTRule, _ name: String, _ here: NFTCase, _ reason: String) {
    let why = Uncertainty(range: rule.range, reason: reason)
    let isDestination = changesDestination
    add(rule, name, here.uncertain(why)) {
      if isDestination { $0.destination = .unknown(why) } else { $0.source = .unknown(why) }
    }
  }

  private mutating func add(
    _ rule: NFTRule, _ name: String, _ here: NFTCase, _ change: (inout TranslationRule) -> Void
  ) {
    var match = tracking.seen(here, in: .seesTracking, range: rule.range)
    if match.upper.contains(where: { upper in tracking.exempt.contains { $0.addressesOverlap(upper) } }) {
      match = match.uncertain(
        Uncertainty(range: rule.range, reason: "packets that a `notrack` rule exempts are not translated"))
    }
    var result = TranslationRule(order: rules.count, name: name, match: match, range: rule.range)
    result.ingress = here.ingress
    result.egress = here.egress
    change(&result)
    rules.append(result)
  }
}

// What translations change.
extension NFTTranslationBuilder {
  private mutating func translate(_ translation: NFTTranslation, _ rule: NFTRule, _ name: String, _ here: NFTCase) {
    var here = here
    if let family = translation.family { here.bounds = here.bounds.intersection(Self.only(family)) }
    guard !here.bounds.upper.isEmpty else { return }
    switch translation.kind {
    case .masquerade where !changesDestination: add(rule, name, here) { $0.source = .egressInterface }
    case .snat where !changesDestination, .dnat where changesDestination: mapped(translation, rule, name, here)
    case .redirect where changesDestination:
      let why = Uncertainty(range: rule.range, reason: "the gateway's own address is not in this file")
      let ports = ports(translation, rule)
      add(rule, name, here) {
        $0.destination = .unknown(why)
        $0.destinationPorts = ports
      }
    default:
      let reason = "`\(translation.kind.rawValue)` has no place at this hook"
      gaps.append(LedgerGap(range: rule.range, state: .notModelled, couldChangeVerdict: true, reason: reason))
      unknown(rule, name, here, reason)
    }
  }

  private static func only(_ family: IPFamily) -> MatchBounds {
    let all = MaskedAddresses.all(family)
    return MatchBounds(PacketMatch(sources: all, destinations: all))
  }

  private mutating func mapped(_ translation: NFTTranslation, _ rule: NFTRule, _ name: String, _ here: NFTCase) {
    let isDestination = changesDestination
    let why = Uncertainty(range: rule.range, reason: "what the packets are translated to is not followed exactly")
    let isOpaque = translation.isOpaque || translation.yieldsTuples
    let change = isOpaque ? .unknown(why) : addresses(translation, why)
    let ports = isOpaque ? IntervalSet<UInt16>.all : self.ports(translation, rule)
    guard change != nil || ports != nil else {
      let reason = "the translation names no address and no port that are understood"
      gaps.append(LedgerGap(range: rule.range, state: .notRecognised, couldChangeVerdict: true, reason: reason))
      return unknown(rule, name, here, reason)
    }
    for taken in taken(translation, rule, here, change) {
      add(rule, name, taken) {
        if isDestination {
          $0.destination = change
          $0.destinationPorts = ports
        } else {
          $0.source = change
        }
      }
    }
  }

  /// The packets that a translation takes: those with a key in its map, and those of the new addresses' family.
  private mutating func taken(
    _ translation: NFTTranslation, _ rule: NFTRule, _ here: NFTCase, _ change: AddressTranslation?
  ) -> [NFTCase] {
    var cases = [here]
    if case .map(let key, let map) = translation.addresses {
      let place = NFTResolver.Place(table: table, range: rule.range)
      cases = lowering.matcher.both(cases, lowering.matcher.cases(key, .equal, map, place), rule.range)
    }
    guard case .pool(let pool) = change, pool.v4.isEmpty || pool.v6.isEmpty else { return cases }
    let only = NFTCase(Self.only(pool.v6.isEmpty ? .v4 : .v6))
    return cases.compactMap { $0.meeting(only, rule.range) }
  }

  /// The new addresses; nil when the packet keeps its own.
  private mutating func addresses(_ translation: NFTTranslation, _ why: Uncertainty) -> AddressTranslation? {
    guard let value = translation.addresses else { return nil }
    var values = [value]
    if case .map(_, let map) = value {
      guard case .set(let elements) = lowering.matcher.resolver.resolved(map) else { return .unknown(why) }
      values = elements.compactMap(\.value)
    }
    var all = AddressSet.empty
    for value in values {
      guard let one = constantAddresses(value) else { return .unknown(why) }
      all = all.union(one)
    }
    return all.isEmpty ? .unknown(why) : .pool(all)
  }

  private func constantAddresses(_ value: NFTExpression) -> AddressSet? {
    switch lowering.matcher.resolver.resolved(value) {
    case .constant(let text): return NFTNames.addresses(text, .v4) ?? NFTNames.addresses(text, .v6)
    case .prefix(.constant(let text), let length):
      return IPAddress(text).flatMap { IPPrefix($0, length: length) }.map { AddressSet($0) }
    case .range(.constant(let low), .constant(let high)):
      guard let first = IPAddress(low), let last = IPAddress(high) else { return nil }
      return AddressSet(first: first, last: last)
    default: return nil
    }
  }

  /// The new destination ports, any when they are not known; nil when the packet keeps its own.
  private mutating func ports(_ translation: NFTTranslation, _ rule: NFTRule) -> IntervalSet<UInt16>? {
    guard let value = translation.ports else { return nil }
    let numbers = lowering.matcher.resolver.numbers(
      value, "port", NFTResolver.Place(table: table, range: rule.range), NFTNames.port)
    return numbers.uncertainties.isEmpty ? numbers.upper : .all
  }
}
