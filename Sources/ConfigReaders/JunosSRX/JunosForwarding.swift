import PacketSets
import RuleModel
import SourceText

/// The pipeline of forwarded packets: input filter, static and destination NAT, route, policy, source NAT, output filter
/// ("Traffic Processing on Security Devices"; "NAT Overview": static and destination NAT before route and policy lookup,
/// source NAT behind them).
extension JunosSystem {
  mutating func lowerForwarding() {
    let translation = lowerTranslation()
    device.pipeline = inputStages
    if !translation.before.isEmpty { device.pipeline.append(stage(translation.before, "static and destination NAT")) }
    device.pipeline.append(Stage(.route, name: "routing table", source: device.source))
    device.pipeline.append(policyStage())
    if !translation.behind.isEmpty { device.pipeline.append(stage(translation.behind, "static and source NAT")) }
    device.pipeline += outputStages
  }

  private func stage(_ rules: [TranslationRule], _ name: String) -> Stage {
    Stage(.translate(rules), name: name, source: rules[0].range)
  }

  private mutating func policyStage() -> Stage {
    guard hasSecurity else { return routerStage() }
    var lists = packetModeList()
    lists += instanceList()
    lists += nullZoneList()
    lists += ipv6List()
    lists += policyLists()
    let source = policySection.map { tree.range($0) } ?? device.source
    return Stage(.filter(lists: lists, fallback: defaultPolicy()), name: "security policies", source: source)
  }

  /// "default-policy": deny-all is the default.
  private mutating func defaultPolicy() -> DefaultAction {
    guard let section = policySection, let node = tree.child(section, "default-policy") else {
      return DefaultAction(.deny, .factory("the default policy of SRX devices is deny-all"), logging: .off)
    }
    tree.markBelow(node, .used)
    switch tree.text(section, "default-policy") {
    case "permit-all": return DefaultAction(.permit, .configured(tree.range(node)), logging: .off)
    case "deny-all": return DefaultAction(.deny, .configured(tree.range(node)), logging: .off)
    default:
      notes.gap(
        tree.range(node), .notRecognised, matters: true, "the default policy cannot be read; it is taken as permit-all")
      return DefaultAction(.permit, .configured(tree.range(node)), logging: .off)
    }
  }

  /// Neither zones nor policies: a router forwards without asking anything, a firewall forwards nothing.
  private mutating func routerStage() -> Stage {
    let reason = dynamic(
      device.source, "the file has neither security zones nor policies; whether the device filters by policy is open")
    return openStage("no security policies", reason)
  }

  private mutating func openStage(_ name: String, _ reason: Uncertainty) -> Stage {
    let lists = openList(name, reason)
    return Stage(
      .filter(lists: lists, fallback: DefaultAction(.deny, .factory("the default policy of SRX devices is deny-all"))),
      name: name, source: reason.range)
  }

  private mutating func openList(_ name: String, _ reason: Uncertainty) -> [Int] {
    var rule = Rule(
      order: 0, name: name, match: MatchBounds.any.uncertain(reason), action: .unknown, source: reason.range)
    rule.isExplicit = false
    return [addList(name, [rule], leave("the policies follow"), reason.range)]
  }

  /// In packet mode nothing is checked against policies ("forwarding-options": family inet, mode packet-based).
  private mutating func packetModeList() -> [Int] {
    guard let security else { return [] }
    var result: [Int] = []
    for family in tree.children(of: ["forwarding-options", "family"], below: security) {
      guard let mode = tree.value(family, "mode") else { continue }
      guard tree.word(mode) == "packet-based", tree.word(family) != "iso" else {
        tree.markBelow(family, .used)
        continue
      }
      let reason = notModelled(family, "in packet mode packets pass without security policies")
      result += openList("packet mode", reason)
    }
    return result
  }

  private mutating func nullZoneList() -> [Int] {
    // A fragment without zones tells nothing about its interfaces.
    guard !zones.isEmpty else { return [] }
    var rules: [Rule] = []
    let strangers = interfacesWithoutZone
    guard !strangers.isEmpty else { return [] }
    let names = InterfaceMatch(strangers.map(\.name))
    for (direction, word) in [(\Rule.ingress, "from"), (\Rule.egress, "to")] {
      var rule = Rule(
        order: rules.count, name: "\(word) interfaces in no zone", match: .any, action: .deny(rejects: false),
        source: strangers[0].source)
      rule[keyPath: direction] = names
      rule.isExplicit = false
      rule.logging = .off
      rules.append(rule)
    }
    return [addList("null zone", rules, leave("the policies follow"), strangers[0].source)]
  }

  /// IPv6 is dropped until flow-based forwarding is switched on for it, on older releases ("forwarding-options": family
  /// inet6, mode drop); the file does not tell the default of its release.
  private mutating func ipv6List() -> [Int] {
    guard let security,
      device.interfaces.contains(where: { interface in
        interface.addresses.contains { $0.address.family == .v6 }
      })
    else { return [] }
    let mode = tree.find(["forwarding-options", "family", "inet6"], below: security).flatMap { tree.text($0, "mode") }
    if mode == "flow-based" || mode == "packet-based" { return [] }
    let match = MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6))
    var rule = Rule(
      order: 0, name: "IPv6 without flow mode", match: match, action: .deny(rejects: false), source: device.source)
    if mode == nil {
      let reason = "older releases drop IPv6 unless `forwarding-options family inet6 mode flow-based` is set"
      rule.match = match.uncertain(Uncertainty(range: device.source, reason: reason))
    }
    rule.isExplicit = false
    rule.logging = .off
    return [addList("IPv6 forwarding mode", [rule], leave("the policies follow"), device.source)]
  }

  // MARK: Routing instances

  /// Interfaces of different routing instances do not reach each other unless routes are shared between the instances
  /// ("Routing Instances Overview": each has its own tables and interfaces).
  private mutating func instanceList() -> [Int] {
    var rules: [Rule] = []
    for instance in tree.children(of: ["routing-instances"], below: own) {
      let members = tree.children(of: ["interface"], below: instance).map { logicalName($0) }
      guard !members.isEmpty else { continue }
      let inside = InterfaceMatch(members)
      let outside = InterfaceMatch(members, isNegated: true)
      for (ingress, egress) in [(inside, outside), (outside, inside)] {
        var rule = Rule(
          order: rules.count, name: "routing instance \(printable(tree.word(instance)))", match: .any,
          action: .deny(rejects: false), source: tree.range(instance))
        if let leak { rule.match = rule.match.uncertain(leak) }
        rule.ingress = ingress
        rule.egress = egress
        rule.isExplicit = false
        rule.logging = .off
        rules.append(rule)
      }
    }
    return rules.isEmpty
      ? [] : [addList("routing instances", rules, leave("the policies follow"), rules[0].source)]
  }
}

/// A statement that may carry packets from one routing instance into another.
func routeLeak(_ tree: StatementTree) -> Uncertainty? {
  let words: Set<String> = [
    "next-table", "rib-group", "rib-groups", "import-rib", "instance-import", "auto-export", "vrf-import", "vrf-target",
    "routing-instance",
  ]
  for node in 0..<tree.count where words.contains(tree.word(node)) {
    // `from routing-instance RI` of translation rules only asks where a packet came from.
    let above = tree.word(max(0, tree.parent(node)))
    if tree.word(node) == "routing-instance", above == "from" || above == "to" { continue }
    return Uncertainty(range: tree.range(node), reason: "routes may be shared between routing instances")
  }
  return nil
}
