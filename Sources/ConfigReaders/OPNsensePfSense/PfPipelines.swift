import PacketSets
import RuleModel
import SourceText

/// What packets go through: translation of destinations and the rules for incoming packets at the first interface, the
/// routing table, the rules for outgoing packets and translation of sources at the second.
///
/// pf translates a source before it looks at outgoing packets; here that comes last, and rules for outgoing packets that
/// name a source are bounded where it may have been translated.
extension PfReader {
  mutating func lowerPipelines() {
    let incoming = addList("rules for incoming packets", list(.incoming), incomingDefault)
    let outgoing = addList("rules for outgoing packets", list(.outgoing), outgoingDefault)
    guard let switchedOff = root.descendant("system", "disablefilter"), product.mayBeSet(switchedOff) else {
      let destinations = Stage(
        .translate(translations.destinations), name: "NAT of destinations", source: device.source)
      let sources = Stage(.translate(translations.sources), name: "NAT of sources", source: device.source)
      let first = Stage(
        .filter(lists: passedByTranslation() + [incoming], fallback: incomingDefault), name: "incoming packets",
        source: device.source)
      let second = Stage(
        .filter(lists: [outgoing], fallback: outgoingDefault), name: "outgoing packets", source: device.source)
      device.pipeline = [
        destinations, first, Stage(.route, name: "routing table", source: device.source), second, sources,
      ].filter { $0.work != .translate([]) }
      device.localPipeline = [destinations, first].filter { $0.work != .translate([]) }
      return
    }
    lowerSwitchedOff(switchedOff, [incoming, outgoing])
  }

  /// "Disable all firewall (including NAT) features of this machine" (OPNsense documentation, Firewall settings).
  private mutating func lowerSwitchedOff(_ element: XMLElement, _ lists: [Int]) {
    let isCertain = product.flag(element) == true || (product == .opnsense && element.isVoid)
    let why = Uncertainty(range: element.range, reason: "the packet filter is switched off (`<disablefilter>`)")
    var match = MatchBounds.any
    if !isCertain { match = match.uncertain(why) }
    var rule = Rule(order: 0, name: "packet filter switched off", match: match, action: .permit, source: element.range)
    rule.logging = .off
    rule.isExplicit = false
    let open = addList(
      "packet filter switched off", [rule], DefaultAction(.leave, .configured(element.range), logging: .off))
    if isCertain { device.unboundLists = lists }
    let stage = Stage(
      .filter(
        lists: isCertain ? [open] : [open, lists[0]],
        fallback: DefaultAction(isCertain ? .permit : .deny, .configured(element.range), logging: .off)),
      name: "packet filter", source: element.range)
    device.pipeline = [stage, Stage(.route, name: "routing table", source: device.source)]
    device.localPipeline = [stage]
  }

  private mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction) -> Int {
    var numbered = rules
    for index in numbered.indices { numbered[index].order = index }
    device.lists.append(RuleList(name: name, rules: numbered, fallback: fallback, source: device.source))
    return device.lists.count - 1
  }

  private var incomingDefault: DefaultAction {
    DefaultAction(
      .deny, .implicit("\(product.title) blocks incoming packets that no rule matches (default deny rule)"),
      logging: root.element(named: "syslog")?.has("nologdefaultblock") ?? false ? .off : .on)
  }

  private var outgoingDefault: DefaultAction {
    DefaultAction(
      .permit, .implicit("\(product.title) passes outgoing packets (\"let out anything from firewall host itself\")"),
      logging: .off)
  }

  /// The rules of one direction so that the first match decides: with pf the last one does, unless a rule is quick.
  ///
  /// A quick rule ends the search, so the first one that matches wins over all others that match before it; without one
  /// the last of the others wins (pf.conf(5), "quick").
  private func list(_ direction: PfRule.Directions) -> [Rule] {
    let own = automaticRules(direction)
    let user = rules.filter { $0.directions.contains(direction) }
    var quick = own.quick
    var last: [Rule] = []
    for rule in user {
      let lowered = lower(rule, direction)
      switch rule.isQuick {
      case true?: quick += lowered
      case false?: last += lowered
      case nil:
        // In both places, certain in none.
        let open = lowered.map { rule in
          var open = rule
          open.match = rule.match.uncertain(
            Uncertainty(range: rule.source, reason: "whether the first or the last match decides is not certain"))
          return open
        }
        quick += open
        last += open
      }
    }
    if direction == .incoming { quick += staticRouteBypass() }
    return quick + last.reversed() + own.last.reversed()
  }

  private func lower(_ rule: PfRule, _ direction: PfRule.Directions) -> [Rule] {
    var lowered = Rule(order: 0, name: rule.name, match: rule.match, action: rule.action, source: rule.range)
    lowered.logging = rule.logging
    lowered.comment = rule.comment
    lowered.state = rule.state
    lowered.objects = rule.objects
    if rule.action == .proceed, rule.isQuick != false {
      // A quick match rule ends the search; what the rules before it decided holds.
      lowered.action = .unknown
    }
    if direction == .outgoing { lowered.match = afterTranslation(rule) }
    var result = [place(lowered, rule.interfaces, direction)]
    if let possible = rule.possibleInterfaces {
      var open = lowered
      open.match = lowered.match.uncertain(
        Uncertainty(range: rule.range, reason: "whether the rule is about this interface is not certain"))
      result.append(place(open, possible, direction))
    }
    return result
  }

  private func place(_ rule: Rule, _ interfaces: InterfaceMatch, _ direction: PfRule.Directions) -> Rule {
    var placed = rule
    if direction == .incoming { placed.ingress = interfaces } else { placed.egress = interfaces }
    return placed
  }

  /// The match of an outgoing rule, whose sources may have been translated by then.
  private func afterTranslation(_ rule: PfRule) -> MatchBounds {
    guard !rule.sources.lower.isAll else { return rule.match }
    let families = translations.families(on: rule.interfaces)
    guard rule.sources != AddressBounds(.all), families != .empty else { return rule.match }
    let why = Uncertainty(
      range: rule.range, reason: "outgoing packets are checked with the source that NAT gave them")
    // All of a family stays all of it.
    let v4 = families.v4.isEmpty || rule.sources.upper.v4.isAll && rule.sources.lower.v4.isAll
    let v6 = families.v6.isEmpty || rule.sources.upper.v6.isAll && rule.sources.lower.v6.isAll
    if v4 || rule.sources.upper.v4.isEmpty, v6 || rule.sources.upper.v6.isEmpty { return rule.match }
    let upper = rule.match.upper.map { match in
      var wide = match
      if !v4, !match.sources.v4.isEmpty { wide.sources.v4 = .all }
      if !v6, !match.sources.v6.isEmpty { wide.sources.v6 = .all }
      return wide
    }
    return MatchBounds(lower: [], upper: upper, uncertainties: rule.match.uncertainties + [why])
  }

  /// "Traffic that enters and leaves through the same interface will not be checked by the firewall" (OPNsense
  /// documentation, Firewall settings, "Static route filtering").
  private func staticRouteBypass() -> [Rule] {
    guard let flag = root.descendant("filter", "bypassstaticroutes"), product.mayBeSet(flag) else { return [] }
    return device.routes.filter { $0.network.length > 0 }.flatMap { route -> [Rule] in
      guard let key = route.interface, let interface = interfaces[key] else { return [] }
      let far = AddressBounds(AddressSet(route.network))
      return [(interface.networks, far), (far, interface.networks)].map { from, to in
        automatic(
          "automatic: static route of \(key)",
          MatchBounds(sources: from, destinations: to, services: ServiceBounds([.any])), .permit, flag.range,
          on: InterfaceMatch([key]))
      }
    }
  }

  /// Packets that a port forward passes without a rule ("Pass").
  ///
  /// The rules see translated addresses, so that packets which were sent to the target itself look the same.
  private mutating func passedByTranslation() -> [Int] {
    guard !translations.passed.isEmpty else { return [] }
    return [
      addList(
        "packets passed by port forwards", translations.passed,
        DefaultAction(.leave, .implicit("the rules are asked")))
    ]
  }
}
