import PacketSets
import RuleModel
import SourceText

/// The pipeline of forwarded packets.
///
/// NAT rules are looked up before security rules and carried out after them: security rules see the addresses and ports
/// that the client sent, and the zone that the packet will leave by (PAN-OS networking administrator's guide, "NAT
/// Policy Overview"; knowledge base, "Packet Flow Sequence in PAN-OS"). The egress interface of a question is the final
/// one, so the rules come before the translation here.
extension PANDevice {
  mutating func lowerForwarding() {
    var lists: [Int] = []
    lists += unzonedList()
    for layer in instance.layers {
      let rules = rules(of: layer)
      if rules.isEmpty { continue }
      lists.append(addList(layer.title, rules, tree.range(of: layer.rulebase)))
    }
    lists += intrazoneList()
    let source = instance.layers.first.map { tree.range(of: $0.rulebase) } ?? device.source
    device.pipeline = [Stage(.filter(lists: lists, fallback: interzoneDefault), name: "security rules", source: source)]
    let translations = translations()
    if !translations.isEmpty {
      device.pipeline.append(Stage(.translate(translations), name: "NAT rules", source: translations[0].range))
    }
    device.pipeline.append(Stage(.route, name: "forwarding table", source: device.source))
    noteForeignRules()
  }

  private mutating func addList(_ name: String, _ rules: [Rule], _ source: SourceRange) -> Int {
    let fallback = DefaultAction(.leave, .implicit("the next rules are asked"))
    device.lists.append(RuleList(name: name, rules: rules, fallback: fallback, source: source))
    return device.lists.count - 1
  }

  /// An interface forwards nothing before it belongs to a zone (PAN-OS networking administrator's guide, "Security
  /// Zones": an interface must be in a zone before it can process traffic).
  private mutating func unzonedList() -> [Int] {
    guard device.listsAllInterfaces, !zones.isEmpty else { return [] }
    let parents = Set(device.interfaces.filter { $0.platformZone != nil }.compactMap(\.parent))
    let unzoned = device.interfaces.filter {
      // Members of an aggregate and ports that only carry units have no zone of their own.
      $0.platformZone == nil && !$0.isManagementOnly
        && (!$0.addresses.isEmpty || $0.parent == nil && !parents.contains($0.name))
    }
    guard let first = unzoned.first else { return [] }
    let names = InterfaceMatch(unzoned.map(\.name))
    let rules = [true, false].enumerated().map { order, isIngress in
      var rule = Rule(
        order: order, name: "interface without a zone", match: .any, action: .deny(rejects: false),
        source: first.source)
      if isIngress { rule.ingress = names } else { rule.egress = names }
      rule.isExplicit = false
      return rule
    }
    return [addList("interfaces without a zone", rules, first.source)]
  }

  // MARK: Default rules

  /// The entry of a default rule that counts: a firewall's own, else its device groups', else the shared one (Panorama
  /// administrator's guide, "Device Group Policies").
  private func override(of name: String) -> Int? {
    for place in instance.defaults {
      if let node = tree.node(["default-security-rules", "rules", name], from: place) { return node }
    }
    return nil
  }

  /// `intrazone-default` allows traffic inside a zone and is not logged, unless it is overridden (PAN-OS
  /// administrator's guide, "Security Policy").
  private mutating func intrazoneList() -> [Int] {
    let override = override(of: "intrazone-default")
    let source = override.map { tree.range(of: $0) } ?? device.source
    var action = Action.permit
    switch override.flatMap({ tree.value("action", of: $0) }) {
    case nil, "allow": break
    case "deny", "drop": action = .deny(rejects: false)
    case "reset-client", "reset-server", "reset-both": action = .deny(rejects: true)
    default: action = .unknown
    }
    let rules = zoneOrder.enumerated().map { order, zone in
      var rule = Rule(
        order: order, name: "intrazone-default \(printable(zone))", match: .any, action: action,
        source: override == nil ? zones[zone]?.source ?? source : source)
      rule.ingress = InterfaceMatch(patterns([zone]))
      rule.egress = rule.ingress
      rule.isExplicit = override != nil
      rule.logging = override.map { defaultLogging($0) } ?? .off
      return rule
    }
    return rules.isEmpty ? [] : [addList("intrazone-default", rules, source)]
  }

  private func defaultLogging(_ node: Int) -> Logging {
    tree.isYes("log-end", of: node) || tree.isYes("log-start", of: node) ? .on : .off
  }

  /// `interzone-default` denies what no rule took (same guide).
  private var interzoneDefault: DefaultAction {
    guard let override = override(of: "interzone-default") else {
      return DefaultAction(
        .deny, .implicit("PAN-OS denies traffic between zones that no rule allows (interzone-default)"), logging: .off)
    }
    let action = tree.value("action", of: override)
    return DefaultAction(
      action == "allow" ? .permit : .deny, .configured(tree.range(of: override)), logging: defaultLogging(override))
  }

  // MARK: What is not in the file

  /// A firewall that Panorama manages has rules in two places, and each file shows one.
  private mutating func noteForeignRules() {
    if instance.serial != nil {
      notes.issue(
        .dynamicObject, instance.source,
        "Panorama's file does not hold the rules and interfaces that its firewalls have of their own",
        help: "check the merged configuration of each firewall too (`show config merged`)")
    }
    guard instance.serial == nil, !instance.layers.contains(where: { $0.isPushed }) else { return }
    for path in [["deviceconfig", "system", "panorama"], ["deviceconfig", "system", "panorama-server"]] {
      guard let node = setting(path) else { continue }
      notes.issue(
        .dynamicObject, tree.range(of: node),
        "the firewall is managed by Panorama, and the rules that Panorama gives it are not in this file",
        help: "export the merged configuration (`show config merged`)")
    }
  }
}
