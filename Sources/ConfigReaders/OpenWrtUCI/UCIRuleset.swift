import PacketSets
import RuleModel
import SourceText

/// Puts the chains together as fw4 loads them (firewall4, ruleset.uc).
extension UCIFirewall {
  func ruleset() -> NFTRuleset {
    var result = NFTRuleset()
    let start = sections.first?.head ?? file.range(0, 0)
    let table = result.table(.inet, "fw4", start)
    for (name, set) in sets { result.tables[table].sets[name] = set.content }
    func chain(_ name: String, _ source: SourceRange, _ base: NFTBase?, _ rules: [NFTRule]) {
      let place = result.tables[table].addChain(name, source)
      result.tables[table].chains[place].base = base
      result.tables[table].chains[place].set(
        (chains["\(name) before"] ?? []) + rules + (chains["\(name) behind"] ?? []))
    }
    chain("input", start, base(.input, 0, policy: "input"), input())
    chain("forward", start, base(.forward, 0, policy: "forward"), forward())
    chain("output", start, base(.output, 0, policy: "output"), chains["output"] ?? [])
    if defaults.limitsSYN { chain("syn_flood", start, nil, floodRules()) }
    for zone in zones {
      let head = zone.section.head
      chain("input_\(zone.name)", head, nil, filter(zone, "input", zone.input))
      chain("forward_\(zone.name)", head, nil, filter(zone, "forward", zone.forward))
      for verdict in UCIValues.policies where zone.verdictsTo.contains(verdict) {
        chain("\(verdict)_to_\(zone.name)", head, nil, verdicts(zone, verdict, isEgress: true))
      }
      chain("\(zone.input)_from_\(zone.name)", head, nil, verdicts(zone, zone.input, isEgress: false))
      if zone.translatesDestinations { chain("dstnat_\(zone.name)", head, nil, chains["dstnat_\(zone.name)"] ?? []) }
      if zone.translatesSources { chain("srcnat_\(zone.name)", head, nil, sourceRules(zone)) }
      if let rules = chains["notrack_\(zone.name)"] { chain("notrack_\(zone.name)", head, nil, rules) }
    }
    let before = zones.filter { chains["notrack_\($0.name)"] != nil }
    chain("raw_prerouting", start, base(.prerouting, -300), before.flatMap { untracked($0) })
    chain(
      "dstnat", start, base(.prerouting, -100, kind: .nat),
      zones.filter(\.translatesDestinations).flatMap { jumps($0, "dstnat") })
    chain(
      "srcnat", start, base(.postrouting, 100, kind: .nat),
      (chains["srcnat"] ?? []) + zones.filter(\.translatesSources).flatMap { jumps($0, "srcnat", isEgress: true) })
    return result
  }

  /// A base chain; `reject` as a policy is drop behind a rule that rejects.
  private func base(
    _ hook: NFTBase.Hook, _ priority: Int, policy: String? = nil, kind: NFTBase.Kind = .filter
  ) -> NFTBase {
    var base = NFTBase(kind: kind, hook: hook, priority: priority)
    switch policy {
    case "input": base.accepts = defaults.input == "accept"
    case "forward": base.accepts = defaults.forward == "accept"
    case "output": base.accepts = defaults.output == "accept"
    default: base.accepts = true
    }
    base.policyRange = policy.flatMap { defaults.ranges[$0] }
    return base
  }

  private func implied(_ name: String, _ range: SourceRange, _ statements: [NFTStatement]) -> NFTRule {
    var rule = NFTRule(range: range, statements: statements)
    rule.name = name
    rule.isImplied = true
    return rule
  }

  /// fw4 accepts packets of known connections before it asks anything else.
  private func known() -> [NFTRule] {
    let range = sections.first?.head ?? file.range(0, 0)
    var elements = ["established", "related"].map {
      NFTElement(key: .constant($0), value: .verdict(.accept))
    }
    if defaults.dropsInvalid { elements.append(NFTElement(key: .constant("invalid"), value: .verdict(.drop))) }
    return [
      implied("known connections", range, [.verdictMap(.field("ct", "state"), .set(elements))])
    ]
  }

  private func input() -> [NFTRule] {
    let range = sections.first?.head ?? file.range(0, 0)
    var rules = [
      implied(
        "loopback", range, [.match(.field("meta", "iifname"), .equal, .constant("lo")), .verdict(.accept)])
    ]
    rules += known()
    if defaults.limitsSYN {
      let flags = NFTExpression.list(["fin", "syn", "rst", "ack"].map { .constant($0) })
      rules.append(
        implied(
          "SYN rate limit", range,
          [.match(.masked(.field("tcp", "flags"), flags), .equal, .constant("syn")), .verdict(.jump("syn_flood"))]))
    }
    rules += chains["input"] ?? []
    rules += zones.flatMap { jumps($0, "input") }
    if defaults.input == "reject" {
      rules.append(implied("rejected by default", defaults.ranges["input"] ?? range, [.reject]))
    }
    return rules
  }

  private func floodRules() -> [NFTRule] {
    let range = sections.first?.head ?? file.range(0, 0)
    return [
      implied("SYN below the limit", range, [.rate(NFTReasons.rate), .verdict(.leave)]),
      implied("SYN above the limit", range, [.verdict(.drop)]),
    ]
  }

  private func forward() -> [NFTRule] {
    let range = sections.first?.head ?? file.range(0, 0)
    var rules = known() + (chains["forward"] ?? []) + zones.flatMap { jumps($0, "forward") }
    if defaults.forward == "reject" {
      rules.append(implied("rejected by default", defaults.ranges["forward"] ?? range, [.reject]))
    }
    return rules
  }

  /// Jumps to a zone's chain for packets that come from the zone, or go to it.
  private func jumps(_ zone: UCIZone, _ direction: String, isEgress: Bool = false) -> [NFTRule] {
    zone.memberships.map { membership in
      var rule = implied(
        "\(isEgress ? "to" : "from") zone \(zone.name)", zone.section.range,
        Self.tests(membership, isEgress: isEgress) + [.verdict(.jump("\(direction)_\(zone.name)"))])
      rule.doubt = zone.doubt
      return rule
    }
  }

  /// Packets of the loopback device are exempted where they are sent, the others where they come in.
  private func untracked(_ zone: UCIZone) -> [NFTRule] {
    jumps(zone, "notrack").filter { rule in
      !rule.statements.contains(.match(.field("meta", "iifname"), .equal, .values([.constant("lo")])))
    }
  }

  /// The rules of a zone, then what its policy says for packets that stay in the zone or are for the device.
  private func filter(_ zone: UCIZone, _ direction: String, _ policy: String) -> [NFTRule] {
    var rules = chains["\(direction)_\(zone.name)"] ?? []
    if zone.translatesDestinations {
      rules.append(
        implied(
          "redirected connections", zone.section.range,
          [.match(.field("ct", "status"), .implicit, .constant("dnat")), .verdict(.accept)]))
    }
    let target = "\(policy)_\(direction == "input" ? "from" : "to")_\(zone.name)"
    rules.append(
      implied("\(direction) policy of zone \(zone.name)", zone.section.range(of: direction), [.verdict(.jump(target))]))
    return rules
  }

  /// What happens to packets from or to a zone.
  private func verdicts(_ zone: UCIZone, _ verdict: String, isEgress: Bool) -> [NFTRule] {
    zone.memberships.flatMap { membership -> [NFTRule] in
      let tests = Self.tests(membership, isEgress: isEgress)
      let log: [NFTStatement] = zone.logs && verdict != "accept" ? [.log] : []
      var rules: [NFTRule] = []
      if isEgress, verdict == "accept" { rules += leaks(zone, tests) }
      rules.append(
        implied(
          "\(verdict) \(isEgress ? "to" : "from") zone \(zone.name)", zone.section.range,
          tests + log + [Self.verdict(verdict)]))
      return rules
    }
  }

  /// Packets without a session must not leave a masquerading zone untranslated (firewall4, zone-drop-invalid.uc).
  private func leaks(_ zone: UCIZone, _ tests: [NFTStatement]) -> [NFTRule] {
    guard !zone.allowsInvalid, zone.isMasqueraded.v4 || zone.isMasqueraded.v6 else { return [] }
    var only: [NFTStatement] = []
    if !zone.isMasqueraded.v6 { only = [.family(.v4)] }
    if !zone.isMasqueraded.v4 { only = [.family(.v6)] }
    return [
      implied(
        "invalid packets to zone \(zone.name)", zone.section.range,
        only + tests + [
          .match(.field("ct", "state"), .implicit, .constant("invalid")), .verdict(.drop),
        ])
    ]
  }

  private func sourceRules(_ zone: UCIZone) -> [NFTRule] {
    var rules = chains["srcnat_\(zone.name)"] ?? []
    for (family, isMasqueraded) in [(IPFamily.v4, zone.isMasqueraded.v4), (.v6, zone.isMasqueraded.v6)]
    where isMasqueraded {
      for (from, to) in UCIConditions.pairs(zone.masqueradedSources, zone.masqueradedDestinations, family) {
        let header = family == .v4 ? "ip" : "ip6"
        rules.append(
          implied(
            "masquerading of zone \(zone.name)", zone.section.range(of: family == .v4 ? "masq" : "masq6"),
            [.family(family)] + from.statements(NFTSelector(header, "saddr"))
              + to.statements(NFTSelector(header, "daddr")) + [.translate(NFTTranslation(kind: .masquerade))]))
      }
    }
    return rules
  }
}
