import PacketSets
import RuleModel
import SourceText

/// Named rule sets, base chains and the global state policy.
extension VyOSSystem {
  /// Finds and lowers all named rule sets; those that nothing binds are read all the same.
  mutating func lowerRuleSets() {
    let places: [([String], IPFamily)] = [
      (["firewall", "name"], .v4), (["firewall", "ipv6-name"], .v6), (["firewall", "ipv4", "name"], .v4),
      (["firewall", "ipv6", "name"], .v6),
    ]
    for (path, family) in places {
      for node in tree.children(of: path) {
        let key = VyOSRuleSetKey(family: family, name: tree.word(node))
        guard ruleSets[key] == nil else { continue }
        // The place is kept before rules are read, since they may jump to sets that come later.
        ruleSets[key] = addList(key.label, [], leave("not read yet"), tree.range(node))
        definitions.append((key, node))
      }
    }
    for (key, node) in definitions {
      guard let index = ruleSets[key] else { continue }
      let rules = self.rules(node, key.family)
      device.lists[index].rules = RuleTable(rules)
      setFallback(index, node, key.family, factory: "drop", "a rule set drops what no rule decides")
    }
  }

  /// The list of a name; an open one when the name is not defined.
  mutating func ruleSet(_ key: VyOSRuleSetKey, _ use: SourceRange) -> Int {
    boundRuleSets.insert(key)
    if let known = ruleSets[key] { return known }
    let reason = undefined("firewall \(key.family == .v4 ? "name" : "ipv6-name")", key.name, use)
    let list = addList(
      "\(key.label) (not defined)", [openRule("not defined", 0, reason, key.family)],
      DefaultAction(.deny, .factory("a rule set drops what no rule decides")), use)
    ruleSets[key] = list
    return list
  }

  /// Rules by number, not in the order of the file ("Firewall": rules are processed by number, ascending).
  mutating func rules(_ node: Int, _ family: IPFamily) -> [Rule] {
    tree.mark(node, .used)
    var rules: [Rule] = []
    for rule in numbered(node) { rules.append(firewallRule(rule, rules.count, family)) }
    for part in tree.children(node) {
      switch tree.word(part) {
      case "rule": tree.mark(part, .used)
      case "description", "default-action", "default-log", "enable-default-log", "default-jump-target":
        tree.markBelow(part, .used)
      default: rules.append(openRule("\(quoted(part))", rules.count, notRecognised(part), family))
      }
    }
    if tree.isCutOff(node) { rules.append(openRule("rules that may follow", rules.count, cutOff(node), family)) }
    return rules
  }

  /// What happens to packets that no rule decides, by `default-action`.
  mutating func setFallback(_ list: Int, _ node: Int, _ family: IPFamily, factory: String, _ why: String) {
    let value = tree.value(node, "default-action")
    let isLogged = ["default-log", "enable-default-log"].contains { tree.child(node, $0) != nil }
    let origin = value.map { DefaultOrigin.configured(tree.range($0)) } ?? .factory(why)
    let verdict: DefaultAction.Verdict
    switch value.map({ tree.word($0) }) ?? factory {
    case "accept": verdict = .permit
    case "drop", "reject": verdict = .deny
    case "return", "continue": verdict = .leave
    case "jump":
      verdict = .leave
      addDefaultJump(list, node, family)
    case let other:
      notes.gap(
        tree.range(value ?? node), .notRecognised, matters: true,
        "the default action `\(printable(other))` is not known; it may do anything")
      let reason = Uncertainty(range: tree.range(value ?? node), reason: "the default action is not known")
      device.lists[list].rules.append(openRule("default", device.lists[list].rules.count, reason, family))
      verdict = .leave
    }
    device.lists[list].fallback = DefaultAction(verdict, origin, logging: isLogged ? .on : .off)
  }

  private mutating func addDefaultJump(_ list: Int, _ node: Int, _ family: IPFamily) {
    guard let target = tree.value(node, "default-jump-target") else { return }
    let next = ruleSet(VyOSRuleSetKey(family: family, name: tree.word(target)), tree.range(target))
    device.lists[list].rules.append(
      Rule(
        order: device.lists[list].rules.count, name: "default-jump-target", match: MatchBounds(everything(family)),
        action: .jump(list: next), source: tree.range(target)))
  }

  /// A base chain (`forward filter`, `input filter`, `prerouting raw`); nil when the file has none.
  mutating func baseChain(_ hook: String, _ priority: String, _ family: IPFamily) -> Int? {
    let word = family == .v4 ? "ipv4" : "ipv6"
    guard let node = tree.find(["firewall", word, hook, priority]) else { return nil }
    let list = addList("\(word) \(hook) \(priority)", [], leave("not read yet"), tree.range(node))
    let rules = self.rules(node, family)
    device.lists[list].rules = RuleTable(rules)
    setFallback(list, node, family, factory: "accept", "a base chain accepts what no rule decides")
    // A base chain has no caller: what leaves it is accepted.
    if device.lists[list].fallback.verdict == .leave {
      device.lists[list].fallback = DefaultAction(.permit, device.lists[list].fallback.origin)
    }
    return list
  }

  // MARK: State policy

  /// `firewall state-policy` (1.3) or `firewall global-options state-policy`: asked before the rules of every hook.
  mutating func lowerStatePolicy() {
    let places = [["firewall", "state-policy"], ["firewall", "global-options", "state-policy"]]
    guard let node = places.compactMap({ tree.find($0) }).first else { return }
    var rules: [Rule] = []
    for part in tree.children(node) {
      guard let states = Self.states[tree.word(part)], let word = tree.text(part, "action") else {
        if tree.word(part) == "offload" {
          tree.markBelow(part, .irrelevant)
        } else if Self.states[tree.word(part)] == nil {
          rules.append(openRule("state policy", rules.count, notRecognised(part), .v4))
        }
        tree.markBelow(part, .used)
        continue
      }
      tree.markBelow(part, .used)
      let action: Action = word == "accept" ? .permit : .deny(rejects: word == "reject")
      var rule = Rule(
        order: rules.count, name: "state policy \(tree.word(part))", match: MatchBounds(PacketMatch(states: states)),
        action: action, source: tree.range(part))
      rule.logging = tree.child(part, "log") != nil && tree.text(part, "log") != "disable" ? .on : .off
      rules.append(rule)
    }
    tree.mark(node, .used)
    if !rules.isEmpty { statePolicy = addList("state-policy", rules, leave("the rules follow"), tree.range(node)) }
  }

  /// A stage that asks the state policy, then lists of one family; the other family passes.
  mutating func familyStage(
    _ list: Int, _ family: IPFamily, name: String, _ source: SourceRange, ingress: InterfaceMatch = .any,
    egress: InterfaceMatch = .any, asksStates: Bool = true
  ) -> Stage {
    var lists = asksStates ? [statePolicy].compactMap { $0 } : []
    lists += [passList(beside: family), list]
    let permit = DefaultAction(.permit, .implicit("what returns from a rule set without a verdict is accepted"))
    return Stage(
      .filter(lists: lists, fallback: permit), name: name, source: source, ingress: ingress, egress: egress)
  }
}
