import PacketSets
import RuleModel
import SourceText

/// Where Cisco says how zones work.
private let zoneRules =
  "\"Zone-Based Policy Firewalls\", Security Zones: nothing passes between zones, or between a zone and an interface of none, without a policy"

/// A direction between two zones.
private struct ZoneRoute: Hashable {
  var from: String
  var to: String
}

extension IOSReader {
  /// The stages of the zone-based firewall: one for each pair with a policy or with answers, and a denial of the rest.
  mutating func addZonePolicies() {
    let members = zoneMembers()
    guard !members.isEmpty else { return }
    noteTranslatedSources()
    noteOldSoftware()
    let policies = Dictionary(
      config.zonePairs.filter { $0.policy != nil }.map { (ZoneRoute(from: $0.from, to: $0.to), $0) },
      uniquingKeysWith: { first, _ in first })
    // Only zones that some pair joins, and a zone with itself, are looked at.
    var partners: [String: Set<String>] = [:]
    for pair in config.zonePairs {
      partners[pair.from, default: []].insert(pair.to)
      partners[pair.to, default: []].insert(pair.from)
    }
    let ports = switching.trunks
    for zone in members.keys.sorted() {
      var joined: [String] = []
      for other in (partners[zone] ?? []).union([zone]).sorted() {
        guard let interfaces = members[other], addPair(ZoneRoute(from: zone, to: other), policies, members) else {
          continue
        }
        joined += interfaces
      }
      deny("zone \(zone) to others", InterfaceMatch(members[zone]), InterfaceMatch(joined + ports, isNegated: true))
    }
    // Interfaces of no zone; with a default zone they are its members.
    let zoned = members.values.joined().sorted()
    deny("no zone to zones", InterfaceMatch(zoned + ports, isNegated: true), InterfaceMatch(zoned))
  }

  /// The interfaces of each zone, with the access ports behind them.
  private mutating func zoneMembers() -> [String: [String]] {
    var members: [String: [String]] = [:]
    for interface in config.interfaces {
      guard let zone = interface.zone else { continue }
      if config.zones[zone] == nil {
        undefined("zone", zone, at: interface.source, among: { $0.zones.keys.sorted() })
      }
      members[zone, default: []] += ports(of: interface.name)
    }
    if !members.isEmpty, config.zones["default"] != nil {
      let others = config.interfaces.filter { $0.zone == nil && !$0.isSwitchport }
      members["default", default: []] += others.flatMap { ports(of: $0.name) }
    }
    for pair in config.zonePairs {
      for zone in [pair.from, pair.to] where zone != "self" && config.zones[zone] == nil {
        undefined("zone", zone, at: pair.source, among: { $0.zones.keys.sorted() })
      }
    }
    return members
  }

  private mutating func deny(_ name: String, _ ingress: InterfaceMatch, _ egress: InterfaceMatch) {
    device.pipeline.append(
      Stage(
        .filter(lists: [], fallback: DefaultAction(.deny, .implicit(zoneRules), logging: .off)), name: name,
        source: config.zonePairs.first?.source ?? config.source, ingress: ingress, egress: egress))
  }

  /// Adds the stage from one zone to another; false when nothing passes.
  private mutating func addPair(
    _ route: ZoneRoute, _ policies: [ZoneRoute: IOSZonePair], _ members: [String: [String]]
  ) -> Bool {
    let (from, to) = (route.from, route.to)
    let pair = policies[route]
    let back = policies[ZoneRoute(from: to, to: from)]
    // Inside a zone everything passes unless a pair of the zone with itself has a policy.
    if from == to, pair == nil { return true }
    var lists: [Int] = []
    if let back, let returns = returns(of: back) { lists.append(returns) }
    if let pair, let policy = pair.policy { lists.append(policyList(policy, at: pair.source)) }
    guard !lists.isEmpty else { return false }
    device.pipeline.append(
      Stage(
        .filter(lists: lists, fallback: DefaultAction(.deny, .implicit(zoneRules), logging: .off)),
        name: "zone-pair \((pair ?? back)?.name ?? ""): \(from) to \(to)",
        source: (pair ?? back)?.source ?? config.source, ingress: InterfaceMatch(members[from]),
        egress: InterfaceMatch(members[to])))
    return true
  }

  /// What answers the sessions that a pair inspects; `pass` keeps no session (document 98628, "Zone-Based Policy Firewall
  /// Actions").
  private mutating func returns(of pair: IOSZonePair) -> Int? {
    guard let name = pair.policy, let policy = config.policyMaps[name] else { return nil }
    guard policy.classes.contains(where: { $0.work == .inspect }) else { return nil }
    let isMixed = policy.classes.contains { $0.work == .pass }
    let uncertainty = Uncertainty(
      range: pair.source,
      reason: isMixed
        ? "only sessions of inspected classes have answers that pass by themselves"
        : "connections that an inspected session announces pass as far as the application is inspected")
    var rule = Rule(
      order: 0, name: "answers to zone-pair \(pair.name)",
      match: MatchBounds(
        lower: isMixed ? [] : [PacketMatch(states: .reply)], upper: [PacketMatch(states: [.reply, .related])],
        uncertainties: [uncertainty]), action: .permit, source: pair.source)
    rule.isExplicit = false
    rule.logging = .off
    let label = "answers to zone-pair \(pair.name)"
    return helperLists[label] ?? addHelper(label, [rule])
  }

  // MARK: - Policies

  /// The list that a policy map stands for; made once.
  mutating func policyList(_ name: String, at range: SourceRange) -> Int {
    if let known = policyLists[name] { return known }
    let list = config.policyMaps[name].map { lower($0) } ?? missingPolicy(name, range)
    policyLists[name] = list
    return list
  }

  private mutating func missingPolicy(_ name: String, _ range: SourceRange) -> Int {
    undefined("policy map", name, at: range, among: { $0.policyMaps.keys.sorted() })
    var rule = Rule(
      order: 0, name: "policy-map \(name) (not defined)", match: .any, action: .unknown, source: range)
    rule.isExplicit = false
    device.lists.append(RuleList(name: "policy-map \(name)", rules: [rule], fallback: dropsRest, source: range))
    return device.lists.count - 1
  }

  private var dropsRest: DefaultAction {
    DefaultAction(
      .deny,
      .implicit("class-default drops without a message (document 98628, \"Zone-Based Policy Firewall Actions\")"),
      logging: .off)
  }

  private mutating func lower(_ policy: IOSPolicyMap) -> Int {
    var rules: [Rule] = []
    for item in policy.classes {
      let label = "policy-map \(policy.name) class \(item.classMap ?? "class-default")"
      let verdict = Verdict(action: action(of: item), logging: item.isLogged ? .on : .off, label: label)
      var match = MatchBounds.any
      if let narrowing = item.narrowing { match = match.uncertain(narrowing) }
      var rule = Rule(order: rules.count, name: label, match: match, action: verdict.action, source: item.source)
      rule.logging = verdict.logging
      if let name = item.classMap {
        rule.action = .jump(list: classList(name, verdict, at: item.source))
      }
      rules.append(rule)
    }
    device.lists.append(
      RuleList(name: "policy-map \(policy.name)", rules: rules, fallback: dropsRest, source: policy.source))
    return device.lists.count - 1
  }

  private func action(of item: IOSPolicyClass) -> Action {
    switch item.work {
    case .inspect, .pass: .permit
    case .drop: .deny(rejects: false)
    // Drop is the default action of `class-default`; of other classes that is not said so clearly.
    case nil: item.classMap == nil ? .deny(rejects: false) : .unknown
    }
  }

  /// IPv6 is inspected from 15.1(2)T on ("Zone-Based Policy Firewall IPv6 Support"); before, zones do not hold it up.
  private mutating func noteOldSoftware() {
    guard let version = config.version, version < (15, 2),
      let interface = config.interfaces.first(where: { $0.addresses.contains { $0.address.family == .v6 } })
    else { return }
    gap(
      at: interface.source, changes: true,
      "zone policies may not hold IPv6 in software before 15.1(2)T; they are taken to hold it")
  }

  /// Whether zone policies see the source before or after its translation depends on the release.
  private mutating func noteTranslatedSources() {
    let usesLists = config.classMaps.values.contains { classMap in
      classMap.matches.contains { if case .list = $0.subject { true } else { false } }
    }
    guard usesLists, let number = config.translations.first else { return }
    gap(
      at: file.range(ofLine: number), changes: true,
      "zone policies are taken to see sources before `ip nat inside source` changes them; releases may differ")
  }
}
