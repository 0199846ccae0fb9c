import PacketSets
import RuleModel
import SourceText

/// The way of a packet through the device.
///
/// Access lists of the switching chip, destination translation, ingress rules, egress rules, source translation (RM GUI
/// HiSecOS 3.0, figure "Processing sequence of the data packets in the device").
extension HiSecOSReader {
  mutating func lowerForwarding() {
    let hasEnforcers = container.mibs.contains { mib in
      mib.tables.contains { table in
        table.name.hasPrefix("hm2DPIProfile") || table.rows.contains { $0.text("hm2DPIProfileIndex") != nil }
      }
    }
    // EAGLE20 and EAGLE30 have enforcers for these two; those of the EAGLE40 are not published.
    if hasEnforcers { device.inspectableProtocols = [.modbus, .opcClassic] }
    let policy = defaultPolicy()
    noteAccessLists()
    noteLearning()
    lowerDestinationTranslation()
    device.pipeline.append(Stage(.route, name: "routing", source: device.source))
    lowerBridged(policy)
    lowerRouted(policy)
    lowerSourceTranslation()
  }

  /// accept 1, drop 2, reject 3; accept is the factory setting (HM2-FW-MIB, hm2DefaultPolicy).
  private mutating func defaultPolicy() -> DefaultAction {
    guard container.has("HM2-FW-MIB") else {
      return DefaultAction(.permit, .implicit("a device without packet filter lets everything through"))
    }
    let factory = "HiSecOS accepts what no rule matches unless hm2DefaultPolicy is changed"
    guard let value = container.scalar("hm2DefaultPolicy") else { return DefaultAction(.permit, .factory(factory)) }
    switch value.text {
    case "1": return DefaultAction(.permit, .configured(value.range))
    case "2", "3": return DefaultAction(.deny, .configured(value.range))
    default:
      gap(value.range, .notRecognised, "the default policy cannot be read; it is taken as accept")
      return DefaultAction(.permit, .factory(factory))
    }
  }

  // MARK: Packet filter of router interfaces

  private mutating func lowerRouted(_ policy: DefaultAction) {
    let table = HiSecOSRuleTable.routed
    let rules = rules(table)
    let assigned = assignments(table)
    var egress: [(interface: String, rules: [Rule])] = []
    for (name, rows) in assigned[.egress] ?? [] { egress.append((name, ordered(rows, rules))) }
    let later = policy.verdict == .deny ? laterRules(egress) : []
    var stages: [Stage] = []
    for (name, rows) in assigned[.ingress] ?? [] {
      let list = addList("\(table.title) \(name) ingress", learning(name) + ordered(rows, rules) + later, policy)
      stages.append(filter(list, policy, ingress: InterfaceMatch([name])))
    }
    stages.append(rest(Set((assigned[.ingress] ?? []).map(\.interface)), later, policy))
    for (name, own) in egress {
      let list = addList("\(table.title) \(name) egress", learning(name) + own + behindIngress(policy), policy)
      stages.append(filter(list, policy, egress: InterfaceMatch([name])))
    }
    device.pipeline += stages
    noteUnbound(table, rules, assigned)
  }

  private func filter(
    _ list: Int, _ policy: DefaultAction, ingress: InterfaceMatch = .any, egress: InterfaceMatch = .any
  ) -> Stage {
    Stage(
      .filter(lists: [list], fallback: policy), name: device.lists[list].name, source: device.lists[list].source,
      ingress: ingress, egress: egress)
  }

  /// What packets meet that enter by an interface without ingress rules.
  private mutating func rest(_ named: Set<String>, _ later: [Rule], _ policy: DefaultAction) -> Stage {
    let own = learned.subtracting(named).sorted().flatMap { name in
      learning(name).map { rule in
        var rule = rule
        rule.ingress = InterfaceMatch([name])
        return rule
      }
    }
    let title = named.isEmpty ? "packet filter" : "packet filter of other interfaces"
    let list = addList(title, own + later, policy)
    let others = named.isEmpty ? InterfaceMatch.any : InterfaceMatch(named.sorted(), isNegated: true)
    return filter(list, policy, ingress: others)
  }

  /// Under a denying default, egress rules may accept what no ingress rule matched: the default counts "if no rule
  /// applies" (RM GUI HiSecOS 3.0, "Packet Filter"). Whether it already counts behind the ingress rules is not said.
  private func laterRules(_ egress: [(interface: String, rules: [Rule])]) -> [Rule] {
    egress.compactMap { name, rules in
      let accepting = rules.filter { $0.state == .active && ($0.action == .permit || $0.action == .unknown) }
      guard let first = accepting.first else { return nil }
      // A device holds 2048 rules; beyond that the union is not worth its memory.
      let upper = accepting.count <= 2048 ? accepting.flatMap(\.match.upper) : [.any]
      let reason = Uncertainty(
        range: first.source, reason: "whether egress rules are asked where no ingress rule matched is not documented")
      var rule = Rule(
        order: 0, name: "what egress rules of \(name) accept",
        match: MatchBounds(lower: [], upper: upper, uncertainties: [reason]), action: .permit, source: first.source)
      rule.egress = InterfaceMatch([name])
      rule.isExplicit = false
      return rule
    }
  }

  /// Under a denying default, a packet that an ingress rule accepted may pass egress rules that do not match it.
  private func behindIngress(_ policy: DefaultAction) -> [Rule] {
    guard policy.verdict == .deny, case .configured(let range) = policy.origin else { return [] }
    let reason = Uncertainty(
      range: range, reason: "whether the default policy also stands behind egress rules is not documented")
    var rule = Rule(
      order: 0, name: "what ingress rules accepted",
      match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]), action: .permit, source: range)
    rule.isExplicit = false
    return [rule]
  }

  mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction) -> Int {
    var rules = rules
    for place in rules.indices { rules[place].order = place }
    var source = rules.first { $0.isExplicit }?.source ?? device.source
    if rules.isEmpty, case .configured(let range) = fallback.origin { source = range }
    device.lists.append(RuleList(name: name, rules: rules, fallback: fallback, source: source))
    return device.lists.count - 1
  }

  /// "Up to this step, changes have no effect": rules that no interface uses (same manual, "Packet Filter").
  private mutating func noteUnbound(
    _ table: HiSecOSRuleTable, _ rules: [Int: Rule],
    _ assigned: [HiSecOSDirection: [(interface: String, rules: [HiSecOSAssignment])]]
  ) {
    let used = Set(assigned.values.flatMap { $0.flatMap { $0.rules.compactMap(\.ruleIndex) } })
    let idle = rules.filter { !used.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
    guard !idle.isEmpty else { return }
    let none = DefaultAction(.leave, .implicit("rules without interface do nothing"))
    device.unboundLists.append(addList("\(table.title) rules without interface", idle, none))
  }

  // MARK: Learning mode

  /// While it learns, the device accepts "every data packet on the selected ports" (same manual, "Firewall Learning Mode");
  /// whether it is learning now is not in the file.
  private mutating func noteLearning() {
    guard let state = container.scalar("hm2FLMAdminState"), state.text == "1" else { return }
    let rows = container.rows("hm2FLMInterfaceEntry").filter { row in
      row.number("hm2FLMInterfaceRowStatus").map { isActive($0) } ?? true
    }
    let named = rows.compactMap { interface($0, "hm2FLMInterfaceIndex") }
    learned = Set(named.isEmpty ? device.interfaces.map(\.name) : named)
    gap(state.range, .notModelled, Self.learningReason)
    issue(.pendingChanges, state.range, Self.learningReason, help: "end the learning phase and switch the mode off")
  }

  private static let learningReason =
    "firewall learning mode is switched on: while it learns, every packet is accepted"

  private func learning(_ interface: String) -> [Rule] {
    guard learned.contains(interface), let state = container.scalar("hm2FLMAdminState") else { return [] }
    let reason = Uncertainty(range: state.range, reason: Self.learningReason)
    var rule = Rule(
      order: 0, name: "firewall learning mode",
      match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]), action: .permit, source: state.range)
    rule.isExplicit = false
    return [rule]
  }

  // MARK: What stands before the packet filter

  /// "Packet filters process data traffic after ACL processing" (same manual, "Packet Filter").
  private mutating func noteAccessLists() {
    guard let mib = container.mibs.first(where: { HiSecOSCatalog.isAccessList($0.name) && !$0.isEmpty }) else { return }
    let reason = Uncertainty(range: mib.range, reason: "access control lists may drop packets; they are not modelled")
    var rule = Rule(
      order: 0, name: "access control lists",
      match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]), action: .deny(rejects: false),
      source: mib.range)
    rule.isExplicit = false
    device.pipeline.append(preparatory("access control lists", [rule], mib.range))
  }

  private mutating func preparatory(_ name: String, _ rules: [Rule], _ range: SourceRange) -> Stage {
    let onward = DefaultAction(.permit, .implicit("what comes through here is still up to the packet filter"))
    let list = addList(name, rules, onward)
    var stage = Stage(.filter(lists: [list], fallback: onward), name: name, source: range)
    stage.isPreparatory = true
    return stage
  }

  /// Layer 2 rules are for frames that the device bridges; how they meet routed packets is not documented, so they may drop
  /// these, and never decide that one passes.
  private mutating func lowerBridged(_ policy: DefaultAction) {
    let table = HiSecOSRuleTable.bridged
    let rules = rules(table)
    let assigned = assignments(table)
    for (direction, entries) in assigned.sorted(by: { $0.key == .ingress && $1.key == .egress }) {
      for (name, rows) in entries {
        let own = ordered(rows, rules)
        guard own.contains(where: { $0.state == .active }), let first = own.first else { continue }
        let reason = unclear(first.source, "how layer 2 rules meet routed packets is not documented")
        var bounded = own.map { rule in
          var rule = rule
          rule.match = rule.match.uncertain(reason)
          return rule
        }
        if policy.verdict == .deny { bounded.append(deniedByDefault(reason)) }
        var stage = preparatory("\(table.title) \(name) \(direction)", bounded, first.source)
        switch direction {
        case .ingress: stage.ingress = InterfaceMatch([name])
        case .egress: stage.egress = InterfaceMatch([name])
        }
        device.pipeline.append(stage)
      }
    }
    noteUnbound(table, rules, assigned)
  }

  private func deniedByDefault(_ reason: Uncertainty) -> Rule {
    var rule = Rule(
      order: 0, name: "default policy", match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]),
      action: .deny(rejects: false), source: reason.range)
    rule.isExplicit = false
    return rule
  }
}
