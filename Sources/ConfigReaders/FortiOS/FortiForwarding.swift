import PacketSets
import RuleModel
import SourceText

/// The pipeline of forwarded packets.
///
/// Policies that name virtual IPs match packets as clients send them, so the policies come before the translation here;
/// on the device the translation is looked up first and remembered with the packet, which comes to the same. With
/// central NAT policies see translated destinations, and the translation comes first.
extension FortiDomain {
  var usesCentralNAT: Bool { sectionValue("central-nat", in: "system settings") == "enable" }
  private var isTransparent: Bool { sectionValue("opmode", in: "system settings") == "transparent" }

  mutating func lowerForwarding() {
    noteModes()
    let policies = policies()
    var lists: [Int] = []
    lists += switchList()
    lists += applicationModeList()
    lists += [multicastList(isTransparent: isTransparent)]
    lists += proxyLists(policies)
    lists += sameInterfaceList()
    if !usesCentralNAT { lists += virtualIPLists(policies) }
    lists.append(policyList(policies))
    lists += intrazoneList()
    let filter = Stage(
      .filter(lists: lists, fallback: implicitDeny), name: "firewall policies",
      source: device.lists[lists.last ?? 0].source)
    let route = Stage(.route, name: "routing table", source: device.source)
    if usesCentralNAT {
      device.pipeline = [translationStage(centralDestinationRules(), "virtual IPs")]
      if !isTransparent { device.pipeline.append(route) }
      device.pipeline += [filter, translationStage(centralSourceRules(), "central SNAT")]
    } else {
      device.pipeline = [filter, translationStage(policyTranslations(policies), "virtual IPs and policy NAT")]
      if !isTransparent { device.pipeline.append(route) }
    }
    device.pipeline.removeAll { $0.work == .translate([]) }
  }

  private func translationStage(_ rules: [TranslationRule], _ name: String) -> Stage {
    Stage(.translate(rules), name: name, source: rules.first?.range ?? device.source)
  }

  /// Policy 0 (FortiOS administration guide, "Firewall policy": "If the parameters do not match any configured policies,
  /// the traffic is denied").
  private var implicitDeny: DefaultAction {
    let logging: Logging = sectionValue("fwpolicy-implicit-log", in: "log setting") == "enable" ? .on : .off
    return DefaultAction(
      .deny, .implicit("FortiOS denies what no firewall policy matches (implicit deny, policy 0)"), logging: logging)
  }

  private mutating func noteModes() {
    for name in ["asymroute", "asymroute6", "asymroute-icmp", "asymroute6-icmp"] {
      guard let setting = sectionSetting(name, in: "system settings"), setting.words == ["enable"] else { continue }
      notes.gap(
        setting.range, .notModelled, matters: true,
        "with asymmetric routing allowed, packets of sessions that the device never saw pass without a policy")
    }
    if let setting = sectionSetting("status", in: "system settings"), setting.words == ["disable"] {
      notes.gap(setting.range, .notModelled, matters: true, "the virtual domain is switched off; it is read as active")
    }
  }

  /// Adds a list to the device.
  mutating func addList(
    _ name: String, _ rules: [Rule], _ source: SourceRange, fallback: String = "the next list is asked"
  ) -> Int {
    device.lists.append(
      RuleList(name: name, rules: rules, fallback: DefaultAction(.leave, .implicit(fallback)), source: source))
    return device.lists.count - 1
  }

  private mutating func policyList(_ policies: [FortiPolicy]) -> Int {
    let paths = FortiPolicyTable.all.compactMap { tree.section($0.path, in: scope.own) }
    let source = paths.first.map { tree.nodes[$0].range } ?? device.source
    var rules: [Rule] = []
    rules.reserveCapacity(policies.count)
    for policy in policies {
      let isVirtualOnly = !policy.virtualIPs.isEmpty && policy.destinations == .empty
      if !usesCentralNAT, isVirtualOnly || tree.isEnabled("match-vip-only", of: policy.node) { continue }
      var destinations = policy.destinations
      if usesCentralNAT, !policy.virtualIPs.isEmpty {
        // Not possible on a device with central NAT; in a mixed-up file it may mean the mapped addresses.
        let reason = Uncertainty(range: policy.range, reason: "with central NAT a policy cannot name a virtual IP")
        destinations = AddressBounds(lower: .empty, upper: .all, uncertainties: [reason])
      }
      let match = MatchBounds(sources: policy.sources, destinations: destinations, services: policy.services)
      rules.append(policy.rule(match))
    }
    return addList("firewall policy", rules, source, fallback: "zones and the implicit deny follow")
  }

  /// Zones with `set intrazone allow`: asked after the policies (Fortinet technical tip "Information about policy
  /// matching order when the intrazone setting is used", ta-p/264457).
  private mutating func intrazoneList() -> [Int] {
    var rules: [Rule] = []
    for zone in zonesThatAllowInside() {
      var rule = Rule(
        order: rules.count, name: "zone \(printable(zone.name)) allows traffic inside", match: .any, action: .permit,
        source: zone.range)
      rule.ingress = InterfaceMatch(withPorts([zone.name] + zone.members))
      rule.egress = rule.ingress
      rule.isExplicit = false
      // A zone of one interface gets its accept policy from 7.4.4 on (technical tip "Block or allow intra-zone traffic",
      // ta-p/279733).
      if zone.members.count < 2, version?.isAtLeast(7, 4, 4) != true {
        rule.match = rule.match.uncertain(
          Uncertainty(range: zone.range, reason: "before FortiOS 7.4.4 a zone of one interface allows nothing inside"))
      }
      rules.append(rule)
    }
    return rules.isEmpty ? [] : [addList("system zone intrazone", rules, rules[0].source)]
  }

  /// What the ports of one switch send to each other meets no policy.
  private mutating func switchList() -> [Int] {
    let rules = switches.enumerated().map { order, bridge in
      var rule = Rule(
        order: order, name: "switch \(printable(bridge.name)) joins its ports", match: .any, action: .permit,
        source: bridge.range)
      rule.ingress = InterfaceMatch(withPorts([bridge.name]))
      rule.egress = rule.ingress
      rule.isExplicit = false
      return rule
    }
    return rules.isEmpty ? [] : [addList("ports of one switch", rules, rules[0].source)]
  }

  /// Packets that leave by the interface that they came in by may pass without a policy (`allow-traffic-redirect`).
  ///
  /// Enabled by default before 7.4.10, 7.6.5 and 8.0; certain only for sources in the interface's own network, for
  /// others it changed with releases (Fortinet technical tip "Traffic handled by FortiGate for packets with ingress &
  /// egress as same interface", ta-p/196651).
  private mutating func sameInterfaceList() -> [Int] {
    var rules: [Rule] = []
    let v4 = redirects("allow-traffic-redirect")
    let v6 = redirects("ipv6-allow-traffic-redirect")
    guard v4 != false || v6 != false else { return [] }
    let mapped = union(of: virtualIPs.map(\.mapped.upper) + [.empty])
    for interface in device.interfaces where !interface.isManagementOnly && !interface.isShutdown {
      let upper = AddressSet(v4: v4 == false ? .empty : .all, v6: v6 == false ? .empty : .all)
      let near = interface.networks
      let lower = AddressSet(v4: v4 == true ? near.v4 : .empty, v6: v6 == true ? near.v6 : .empty)
      let reason = Uncertainty(
        range: interface.source,
        reason: "traffic back out of its own interface may need no policy (`allow-traffic-redirect`)")
      var rule = Rule(
        order: rules.count, name: "same interface \(printable(interface.name))",
        match: MatchBounds(
          lower: [PacketMatch(sources: lower, destinations: mapped.complement)],
          upper: [PacketMatch(sources: upper, destinations: upper)], uncertainties: [reason]),
        action: .permit, source: interface.source)
      rule.ingress = InterfaceMatch([interface.name])
      rule.egress = rule.ingress
      rule.isExplicit = false
      rules.append(rule)
    }
    return rules.isEmpty ? [] : [addList("same-interface traffic (allow-traffic-redirect)", rules, rules[0].source)]
  }

  /// Whether the switch is on; nil when neither the file nor its release tells.
  private func redirects(_ name: String) -> Bool? {
    if let value = sectionValue(name, in: "system global") { return value == "enable" }
    guard let version else { return nil }
    let changed = (version.major, version.minor) == (7, 4) ? version.isAtLeast(7, 4, 10) : version.isAtLeast(7, 6, 5)
    return changed.map { !$0 }
  }

  /// In the policy-based NGFW mode security policies decide by application, which is not modelled: everything is open.
  private mutating func applicationModeList() -> [Int] {
    guard let setting = sectionSetting("ngfw-mode", in: "system settings"), setting.words == ["policy-based"] else {
      return []
    }
    notes.gap(
      setting.range, .notModelled, matters: true,
      "in the policy-based NGFW mode security policies decide by application; every flow is taken as possible")
    let reason = Uncertainty(range: setting.range, reason: "security policies decide by application")
    let rule = Rule(
      order: 0, name: "security policies", match: MatchBounds.any.uncertain(reason), action: .unknown,
      source: setting.range)
    return [addList("firewall security-policy", [rule], setting.range)]
  }
}
