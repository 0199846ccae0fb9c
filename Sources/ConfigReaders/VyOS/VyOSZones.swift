import PacketSets
import RuleModel
import SourceText

/// Zones: `firewall zone` (1.4) and `zone-policy zone` (1.3).
///
/// What enters a zone is asked by where it comes from: inside a zone it passes unless `intra-zone-filtering` says otherwise,
/// a rule set stands for each zone that may send, and `default-action` (drop) takes the rest ("Zone Based Firewall", key
/// points). The rule sets are those of the packet's family, so a zone without `ipv6-name` drops IPv6.
extension VyOSSystem {
  mutating func lowerZones() {
    for path in [["firewall", "zone"], ["zone-policy", "zone"]] {
      for node in tree.children(of: path) {
        tree.mark(node, .used)
        var zone = VyOSZone(name: tree.word(node), node: node)
        for part in tree.children(node) {
          switch tree.word(part) {
          case "interface": zone.interfaces += names(part).map { pattern($0) }
          case "member":
            for kind in tree.children(part) {
              let words = names(kind)
              zone.interfaces +=
                tree.word(kind) == "vrf" ? words.flatMap { members(ofVRF: $0) } : words.map { pattern($0) }
            }
            tree.mark(part, .used)
          case "local-zone": zone.isLocal = true
          case "default-action", "default-log", "enable-default-log", "description", "intra-zone-filtering", "from",
            "default-firewall":
            tree.markBelow(part, .used)
          default: _ = notRecognised(part)
          }
          if tree.word(part) == "local-zone" { tree.markBelow(part, .used) }
        }
        zones.append(zone)
        let own = Set(zone.interfaces)
        for i in device.interfaces.indices where own.contains(device.interfaces[i].name) {
          device.interfaces[i].platformZone = zone.name
        }
      }
    }
  }

  mutating func zoneStages() -> [Stage] {
    guard let first = zones.first(where: { !$0.isLocal }) else { return [] }
    var lists = [statePolicy].compactMap { $0 }
    for zone in zones where !zone.isLocal { lists.append(zoneList(zone)) }
    lists.append(strangerList(first))
    let permit = DefaultAction(.permit, .implicit("zones filter what enters them, nothing else"))
    return [
      Stage(.filter(lists: lists, fallback: permit), name: "zones", source: tree.range(first.node))
    ]
  }

  /// What enters a zone.
  private mutating func zoneList(_ zone: VyOSZone) -> Int {
    let inside = InterfaceMatch([zone.name] + zone.interfaces)
    var rules = insideRules(zone, inside)
    for from in tree.children(of: ["from"], below: zone.node) {
      guard let source = zones.first(where: { $0.name == tree.word(from) }) else {
        _ = undefined("zone", tree.word(from), tree.range(from))
        continue
      }
      if source.isLocal { continue }
      rules += fromRules(from, InterfaceMatch([source.name] + source.interfaces), egress: inside)
    }
    rules.append(defaultRule(zone, egress: inside))
    return addZoneList("zone \(printable(zone.name))", rules, zone)
  }

  private mutating func addZoneList(_ name: String, _ rules: [Rule], _ zone: VyOSZone) -> Int {
    var rules = rules
    for i in rules.indices { rules[i].order = i }
    return addList(name, rules, leave("it enters another zone or none"), tree.range(zone.node))
  }

  private mutating func insideRules(_ zone: VyOSZone, _ inside: InterfaceMatch) -> [Rule] {
    let filtering = tree.child(zone.node, "intra-zone-filtering")
    var rules: [Rule] = []
    if let sets = filtering.flatMap({ tree.child($0, "firewall") }) { rules += jumpRules(sets, inside, inside) }
    var action: Action = .permit
    if rules.isEmpty, let filtering, let word = tree.text(filtering, "action") {
      action = word == "accept" ? .permit : .deny(rejects: false)
    }
    var rule = implied("inside zone \(printable(zone.name))", action, filtering ?? zone.node)
    rule.ingress = inside
    rule.egress = inside
    rules.append(rule)
    return rules
  }

  private func implied(_ name: String, _ action: Action, _ node: Int) -> Rule {
    var rule = Rule(order: 0, name: name, match: .any, action: action, source: tree.range(node))
    rule.isExplicit = false
    rule.logging = .off
    return rule
  }

  /// `from Y firewall name X`: the rule set, and what returns from it passes.
  private mutating func fromRules(_ from: Int, _ ingress: InterfaceMatch, egress: InterfaceMatch) -> [Rule] {
    for part in tree.children(from) where tree.word(part) != "firewall" { _ = notRecognised(part) }
    guard let sets = tree.child(from, "firewall") else { return [] }
    for part in tree.children(sets) where !["name", "ipv6-name"].contains(tree.word(part)) { _ = notRecognised(part) }
    var rules = jumpRules(sets, ingress, egress)
    for rule in rules {
      var rest = rule
      rest.name = "\(rule.name) returned"
      rest.action = .permit
      rest.isExplicit = false
      rules.append(rest)
    }
    return rules
  }

  private mutating func jumpRules(_ sets: Int, _ ingress: InterfaceMatch, _ egress: InterfaceMatch) -> [Rule] {
    var rules: [Rule] = []
    for (word, family) in [("name", IPFamily.v4), ("ipv6-name", .v6)] {
      guard let target = tree.value(sets, word) else { continue }
      let list = ruleSet(VyOSRuleSetKey(family: family, name: tree.word(target)), tree.range(target))
      var rule = Rule(
        order: 0, name: "\(word) \(printable(tree.word(target)))", match: MatchBounds(everything(family)),
        action: .jump(list: list), source: tree.range(target))
      rule.ingress = ingress
      rule.egress = egress
      rules.append(rule)
    }
    return rules
  }

  private mutating func defaultRule(_ zone: VyOSZone, egress: InterfaceMatch) -> Rule {
    var rules: [Rule] = []
    if let sets = tree.child(zone.node, "default-firewall") { rules = jumpRules(sets, .any, egress) }
    let word = tree.text(zone.node, "default-action") ?? "drop"
    let node = tree.value(zone.node, "default-action") ?? zone.node
    var rule = implied("default of zone \(printable(zone.name))", .deny(rejects: word == "reject"), node)
    if !["drop", "reject"].contains(word) || !rules.isEmpty {
      let reason = Uncertainty(range: tree.range(node), reason: "what the zone does by default is not known")
      notes.gap(tree.range(node), .notModelled, matters: true, reason.reason)
      rule.action = .unknown
      rule.match = MatchBounds.any.uncertain(reason)
    }
    rule.egress = egress
    let isLogged = ["default-log", "enable-default-log"].contains { tree.child(zone.node, $0) != nil }
    rule.logging = isLogged ? .on : .off
    return rule
  }

  /// From a zone to an interface in none: the documentation says that nothing passes, the rules that the device makes let it
  /// pass ("Zone Based Firewall", key points; `nftables-zone.j2`), so it is open.
  private mutating func strangerList(_ first: VyOSZone) -> Int {
    let all = zones.flatMap { [$0.name] + $0.interfaces }
    let reason = Uncertainty(
      range: tree.range(first.node),
      reason: "whether traffic passes from a zone to an interface in no zone is not settled")
    var rule = implied("from a zone to no zone", .deny(rejects: false), first.node)
    rule.match = MatchBounds.any.uncertain(reason)
    rule.ingress = InterfaceMatch(all)
    rule.egress = InterfaceMatch(all, isNegated: true)
    return addList("interfaces in no zone", [rule], leave("no zone is entered"), tree.range(first.node))
  }

  // MARK: The device itself

  /// The local zone: what is addressed to the device.
  mutating func localZoneStages() -> [Stage] {
    return zones.filter(\.isLocal).map { zone in
      var rules: [Rule] = []
      for from in tree.children(of: ["from"], below: zone.node) {
        guard let source = zones.first(where: { $0.name == tree.word(from) }) else {
          _ = undefined("zone", tree.word(from), tree.range(from))
          continue
        }
        rules += fromRules(from, InterfaceMatch([source.name] + source.interfaces), egress: .any)
      }
      rules.append(defaultRule(zone, egress: .any))
      let list = addZoneList("local zone \(printable(zone.name))", rules, zone)
      let permit = DefaultAction(.permit, .implicit("the zone's default comes last"))
      return Stage(
        .filter(lists: [statePolicy].compactMap { $0 } + [list], fallback: permit),
        name: "local zone \(printable(zone.name))", source: tree.range(zone.node))
    }
  }
}

/// A zone of the firewall.
struct VyOSZone {
  var name: String
  var node: Int
  var interfaces: [String] = []
  /// Whether it stands for the device itself.
  var isLocal = false
}
