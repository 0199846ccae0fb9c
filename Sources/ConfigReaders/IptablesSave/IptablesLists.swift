import PacketSets
import RuleModel
import SourceText

/// Lowers the chains of one table that filters (all but nat) to rule lists.
struct IptablesListBuilder {
  let read: IptablesReadTable
  /// Index that the table's first chain gets in `Device.lists`.
  let firstList: Int
  /// The packed rules of each chain, with places for the others.
  var packed: [RuleTable]
  /// What state tests of this table see.
  let tracking: ConnectionTracking
  /// Jumps, by target chain, that the kernel would refuse as loops or that nest too deep to follow.
  let refusedJumps: Set<ChainJump>
  var gaps: [LedgerGap] = []
  var issues: [ReadIssue] = []

  /// The lists of all chains, in order.
  mutating func lists() -> [RuleList] { read.table.chains.indices.map { list($0) } }

  private mutating func list(_ index: Int) -> RuleList {
    let chain = read.table.chains[index]
    let name = read.listName(chain.name)
    let fallback = fallback(of: chain)
    var rules = RuleTable(prefix: "", file: 0)
    swap(&rules, &packed[index])
    var logger: Rule?
    // Where the rules begin that stand behind the last one that is not plain.
    var next = 0
    for (order, interpreted) in read.chains[index].others {
      if order > next { decide(&rules, at: next, &logger) }
      next = order + 1
      let line = chain.line(at: order)
      var rule = lower(interpreted, line, chain: index, order: order, name: "\(name) rule \(order + 1)", fallback)
      if IptablesTargets.logging.contains(interpreted.target ?? "") {
        rule.logging = .on
        logger = interpreted.isOnlyRateLimited ? rule : nil
      } else if rule.action == .proceed {
        rule.logging = .off
      } else {
        rule.logging = isLogged(rule, by: logger) ? .on : logging(of: rule.action)
        logger = nil
      }
      rules[order] = rule
    }
    if next < rules.count { decide(&rules, at: next, &logger) }
    var result = RuleList(name: name, rules: rules, fallback: fallback, source: chain.source)
    if let logger, logger.match.upper == everything.upper, logger.ingress == .any, logger.egress == .any {
      result.fallback.logging = .on
    }
    if !read.table.isCommitted, !read.table.isScript { result.rules.append(missingRules(result.rules.count, name)) }
    return result
  }

  /// A plain rule decides, which ends what a LOG rule before it may log.
  private func decide(_ rules: inout RuleTable, at index: Int, _ logger: inout Rule?) {
    guard logger != nil else { return }
    if isLogged(rules[index], by: logger) { rules[index].logging = .on }
    logger = nil
  }

  private var everything: MatchBounds {
    MatchBounds(
      PacketMatch(sources: MaskedAddresses.all(read.family), destinations: MaskedAddresses.all(read.family)))
  }

  /// A LOG rule right before a verdict logs it when both take the same packets.
  private func isLogged(_ rule: Rule, by logger: Rule?) -> Bool {
    guard let logger else { return false }
    return logger.match.upper == rule.match.upper && logger.ingress == rule.ingress && logger.egress == rule.egress
  }

  private func logging(of action: Action) -> Logging {
    switch action {
    case .jump, .goto, .unknown: .unknown
    default: .off
    }
  }

  /// A table without COMMIT is cut off: more rules may follow, of any kind.
  private func missingRules(_ order: Int, _ name: String) -> Rule {
    let why = Uncertainty(range: read.table.source, reason: "the table has no COMMIT line, so rules may be missing")
    var rule = Rule(
      order: order, name: "\(name): rules that may be missing", match: everything.uncertain(why), action: .unknown,
      source: read.table.source)
    rule.isExplicit = false
    return rule
  }

  /// The policy of a built-in chain; user chains end undecided.
  private mutating func fallback(of chain: IptablesChain) -> DefaultAction {
    guard read.table.isBuiltIn(chain.name) else {
      return DefaultAction(.leave, .implicit("a user chain that ends returns to its caller"), logging: .off)
    }
    guard let (word, range) = chain.policy else {
      return DefaultAction(
        .permit, .factory("the kernel accepts what a chain without policy line does not decide"), logging: .off)
    }
    switch word {
    case "ACCEPT": return DefaultAction(.permit, .configured(range), logging: .off)
    case "DROP": return DefaultAction(.deny, .configured(range), logging: .off)
    default:
      gaps.append(
        LedgerGap(
          range: range, state: .notModelled, couldChangeVerdict: true,
          reason: "policy `\(printable(word))` is neither ACCEPT nor DROP; taken as ACCEPT"))
      return DefaultAction(.permit, .configured(range), logging: .off)
    }
  }

  private mutating func lower(
    _ read: IptablesRule, _ line: IptablesLine, chain: Int, order: Int, name: String, _ fallback: DefaultAction
  ) -> Rule {
    var rule = Rule(
      order: order, name: name, match: read.match(tracking),
      action: action(of: read, chain: chain, order: order, fallback), source: line.range)
    rule.ingress = read.ingress
    rule.egress = read.egress
    rule.comment = read.comment
    rule.hits = read.hits
    if !read.schedule.isEmpty { rule.state = .scheduled(name: read.schedule.joined(separator: " ")) }
    if read.isForOtherFamily { rule.state = .disabled }
    if let deletion = line.deletion {
      rule.match = rule.match.uncertain(
        Uncertainty(range: deletion, reason: "this later statement may have removed the rule"))
    }
    if let doubt = line.doubt {
      rule.match = everything.uncertain(Uncertainty(range: line.range, reason: doubt))
      rule.ingress = .any
      rule.egress = .any
      rule.action = .unknown
    }
    return rule
  }

  private mutating func action(
    of rule: IptablesRule, chain: Int, order: Int, _ fallback: DefaultAction
  ) -> Action {
    guard let target = rule.target else { return .proceed }
    switch target {
    case "ACCEPT": return .permit
    case "DROP": return .deny(rejects: false)
    case "REJECT": return .deny(rejects: true)
    case "RETURN":
      // In a built-in chain RETURN is the policy (iptables(8), section TARGETS).
      switch fallback.verdict {
      case .permit: return .permit
      case .deny: return .deny(rejects: false)
      case .leave: return .leave
      }
    case let name where read.table.index(of: name) != nil && !read.table.isBuiltIn(name):
      return jump(to: name, rule, chain: chain, order: order)
    case let name where IptablesTargets.passing.contains(name): return .proceed
    default: return unknownAction(target, rule)
    }
  }

  private mutating func jump(to name: String, _ rule: IptablesRule, chain: Int, order: Int) -> Action {
    guard let target = read.table.index(of: name) else { return .unknown }
    if refusedJumps.contains(ChainJump(chain: chain, target: target)) {
      gaps.append(
        LedgerGap(
          range: rule.range, state: .notModelled, couldChangeVerdict: true,
          reason: "the jump to `\(printable(name))` closes a loop of chains or nests too deep; its effect is unknown"))
      return .unknown
    }
    return rule.isGoto ? .goto(list: firstList + target) : .jump(list: firstList + target)
  }

  private mutating func unknownAction(_ target: String, _ rule: IptablesRule) -> Action {
    let name = printable(target)
    var reason = IptablesTargets.opaque[target].map { "`-j \(name)`: \($0)" }
    if reason == nil, IptablesTargets.translating.contains(target) {
      reason = "`-j \(name)` outside the nat table is refused by the kernel"
    }
    if reason == nil {
      let known = IptablesTargets.names.union(read.table.chains.map(\.name))
      let hint = nearest(to: target, among: known.sorted()).map { "; did you mean `\($0)`?" } ?? ""
      reason = "no chain or target `\(name)` is known\(hint)"
      issues.append(
        ReadIssue(
          kind: .undefinedReference, range: rule.range, message: "no chain or target is named `\(name)`\(hint)",
          help: "export the whole table with iptables-save; the rule is taken as permit or deny",
          couldChangeVerdict: true
        ))
    }
    gaps.append(
      LedgerGap(
        range: rule.range, state: .notModelled, couldChangeVerdict: true,
        reason: "\(reason ?? name); the rule may permit, deny or do nothing"))
    return .unknown
  }
}
