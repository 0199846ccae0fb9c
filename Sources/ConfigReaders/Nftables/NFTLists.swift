import PacketSets
import RuleModel
import SourceText

/// Lowers chains to rule lists.
struct NFTListBuilder {
  var lowering: NFTLowering
  let tracking: NFTTracking
  var gaps: [LedgerGap] = []
  var issues: [ReadIssue] = []

  /// A chain and what its rules refer to.
  struct Chain {
    var table: Int
    var chain: NFTChain
    var place: Int
    var name: String
    var context: NFTContext
    /// Lists of the table's chains; nil for chains that become none.
    var lists: [Int?]
    var chainPlaces: (String) -> Int?
    var refusedJumps: Set<ChainJump>
    var isBase: (Int) -> Bool
  }

  mutating func list(_ chain: Chain, file: UInt32) -> RuleList {
    let fallback = Self.fallback(of: chain.chain)
    var rules = RuleTable(prefix: "\(chain.name) rule ", file: file)
    rules.reserveCapacity(chain.chain.rules.count)
    var logger: Rule?
    lowering.matcher.context = chain.context
    for (number, source) in chain.chain.rules.enumerated() {
      let lowered = lowering.lower(source, table: chain.table)
      note(source, lowered)
      append(source, lowered, number + 1, chain, fallback, &rules, &logger)
    }
    var result = RuleList(name: chain.name, rules: rules, fallback: fallback, source: chain.chain.source)
    if let logger, logger.match.isExact, logger.ingress == .any, logger.egress == .any,
      logger.match.upper == [family(chain)]
    {
      result.fallback.logging = .on
    }
    if chain.chain.isCutOff { result.rules.append(missingRules(result.rules.count, chain)) }
    return result
  }

  private func family(_ chain: Chain) -> PacketMatch {
    let addresses = lowering.matcher.resolver.ruleset.tables[chain.table].family.addresses
    return PacketMatch(sources: addresses, destinations: addresses)
  }

  /// The policy of a base chain, accept when it has none (nft(8), CHAINS); other chains end undecided.
  static func fallback(of chain: NFTChain) -> DefaultAction {
    guard let base = chain.base else {
      return DefaultAction(.leave, .implicit("a chain that ends returns to the one that jumped to it"), logging: .off)
    }
    guard let accepts = base.accepts else {
      return DefaultAction(.permit, .factory("a base chain without policy accepts (nft(8), CHAINS)"), logging: .off)
    }
    let origin = base.policyRange.map { DefaultOrigin.configured($0) } ?? .factory("the file sets no policy here")
    return DefaultAction(accepts ? .permit : .deny, origin, logging: .off)
  }

  private mutating func note(_ rule: NFTRule, _ lowered: NFTLowered) {
    for (state, reason) in lowered.gaps {
      gaps.append(LedgerGap(range: rule.range, state: state, couldChangeVerdict: true, reason: reason))
    }
  }

  private mutating func append(
    _ source: NFTRule, _ lowered: NFTLowered, _ number: Int, _ chain: Chain, _ fallback: DefaultAction,
    _ rules: inout RuleTable, _ logger: inout Rule?
  ) {
    let name = source.name ?? "\(chain.name) rule \(number)"
    let steps = lowered.steps.isEmpty ? [nothing] : lowered.steps
    for (part, step) in steps.enumerated() {
      var rule = Rule(
        order: rules.count, name: steps.count == 1 ? name : "\(name) part \(part + 1)",
        match: tracking.seen(step.condition, in: chain.context, range: source.range),
        action: action(step.act, source, chain, fallback), source: source.range)
      rule.ingress = step.condition.ingress
      rule.egress = step.condition.egress
      rule.comment = source.comment
      rule.hits = lowered.hits
      rule.isExplicit = !source.isImplied
      if lowered.isScheduled { rule.state = .scheduled(name: source.comment ?? name) }
      if source.isDisabled { rule.state = .disabled }
      rule.objects = lowered.sets.compactMap { set in
        lowering.matcher.resolver.ruleset.tables[chain.table].sets[set].map {
          ObjectReference(name: "@\(set)", range: $0.source)
        }
      }
      log(&rule, lowered, &logger)
      rules.append(rule)
    }
  }

  /// A rule that matches nothing still stands in its list, so that it can be reported.
  private var nothing: NFTLowered.Step {
    NFTLowered.Step(condition: NFTCase(.nothing), act: .verdict(.proceed))
  }

  /// A rule that only logs, right before a verdict on the same packets, is the verdict's logging.
  private func log(_ rule: inout Rule, _ lowered: NFTLowered, _ logger: inout Rule?) {
    if rule.action == .proceed {
      rule.logging = lowered.isLogged ? .on : .off
      if lowered.isLogged { logger = lowered.isOnlyRateLimited ? rule : nil }
      return
    }
    var isLogged = lowered.isLogged
    if let before = logger {
      isLogged =
        isLogged
        || before.match.upper == rule.match.upper && before.ingress == rule.ingress && before.egress == rule.egress
    }
    switch rule.action {
    case .permit, .deny: rule.logging = isLogged ? .on : .off
    default: rule.logging = isLogged ? .on : .unknown
    }
    logger = nil
  }

  /// The file ends in the chain: more rules may follow, of any kind.
  private func missingRules(_ order: Int, _ chain: Chain) -> Rule {
    let why = Uncertainty(range: chain.chain.source, reason: "the file ends in this chain, so rules may be missing")
    var rule = Rule(
      order: order, name: "\(chain.name): rules that may be missing",
      match: MatchBounds(family(chain)).uncertain(why), action: .unknown, source: chain.chain.source)
    rule.isExplicit = false
    return rule
  }

  private mutating func action(
    _ act: NFTAct, _ rule: NFTRule, _ chain: Chain, _ fallback: DefaultAction
  ) -> Action {
    switch act {
    case .unknown: return .unknown
    case .reject: return .deny(rejects: true)
    // A translation ends its chain as accept does.
    case .translate: return .permit
    case .verdict(.accept): return .permit
    case .verdict(.drop): return .deny(rejects: false)
    case .verdict(.queue): return .unknown
    case .verdict(.proceed): return .proceed
    case .verdict(.leave):
      // In a base chain it is the policy (nft(8), VERDICT STATEMENT).
      switch fallback.verdict {
      case .permit: return .permit
      case .deny: return .deny(rejects: false)
      case .leave: return .leave
      }
    case .verdict(.jump(let name)): return jump(name, isGoto: false, rule, chain)
    case .verdict(.goto(let name)): return jump(name, isGoto: true, rule, chain)
    }
  }

  private mutating func jump(_ name: String, isGoto: Bool, _ rule: NFTRule, _ chain: Chain) -> Action {
    guard let target = chain.chainPlaces(name) else {
      issues.append(
        ReadIssue(
          kind: .undefinedReference, range: rule.range, message: "no chain of the table is named `\(printable(name))`",
          help: "export the whole ruleset with `nft list ruleset`; the rule is taken as accept or drop",
          couldChangeVerdict: true))
      return .unknown
    }
    guard !chain.isBase(target), let list = chain.lists[target],
      !chain.refusedJumps.contains(ChainJump(chain: chain.place, target: target))
    else {
      gaps.append(
        LedgerGap(
          range: rule.range, state: .notModelled, couldChangeVerdict: true,
          reason:
            "the jump to `\(printable(name))` leads to a base chain, closes a loop or nests too deep; its effect is unknown"
        ))
      return .unknown
    }
    return isGoto ? .goto(list: list) : .jump(list: list)
  }
}

/// What tests of the session state see.
struct NFTTracking {
  /// Packets that rules may exempt from connection tracking.
  var exempt: [PacketMatch] = []

  /// The bounds of a case as a chain of that context sees them.
  func seen(_ condition: NFTCase, in context: NFTContext, range: SourceRange) -> MatchBounds {
    guard condition.testsState else { return condition.bounds }
    if context.contains(.beforeTracking) { return beforeTracking(condition.bounds, context, range) }
    let bounds = condition.bounds
    guard bounds.upper.contains(where: { match in exempt.contains { $0.addressesOverlap(match) } }) else {
      return bounds
    }
    let upper = bounds.upper.map { match in
      var match = match
      // A packet that the model calls new may in truth be untracked.
      if match.states.contains(.untracked) { match.states = .all }
      return match
    }
    let why = Uncertainty(range: range, reason: "a `notrack` rule may exempt the packets from tracking")
    return MatchBounds(lower: [], upper: upper, uncertainties: bounds.uncertainties + [why])
  }

  /// Before connection tracking every packet looks invalid (kernel, `nft_ct_get_eval`), unless a rule has exempted it.
  private func beforeTracking(_ bounds: MatchBounds, _ context: NFTContext, _ range: SourceRange) -> MatchBounds {
    func changed(_ matches: [PacketMatch]) -> [PacketMatch] {
      matches.filter { $0.states.contains(.invalid) }.map { match in
        var match = match
        match.states = .all
        return match
      }
    }
    guard exempt.isEmpty, !context.contains(.seesTracking) else {
      let upper = bounds.upper.map { match in
        var match = match
        match.states = .all
        return match
      }
      let why = Uncertainty(range: range, reason: "whether the packet is tracked here is not followed")
      return MatchBounds(lower: [], upper: upper, uncertainties: bounds.uncertainties + [why])
    }
    let upper = changed(bounds.upper)
    guard !bounds.isExact else { return MatchBounds(upper) }
    return MatchBounds(lower: changed(bounds.lower), upper: upper, uncertainties: bounds.uncertainties)
  }
}
