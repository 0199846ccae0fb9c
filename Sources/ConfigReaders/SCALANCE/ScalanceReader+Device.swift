import PacketSets
import RuleModel
import SourceText

/// Builds the device from what was read.
extension ScalanceReader {
  /// S615 WBM manual 3.5: packets that are no reply and match no rule are discarded.
  private static let fallback = DefaultAction(
    .deny, .implicit("SCALANCE S615 WBM manual, 3.5: frames without a matching firewall rule are discarded"))

  mutating func device() -> Device {
    explainServices()
    if let doubtful {
      for i in rules.indices.prefix(doubtful.count) {
        rules[i].rule.match = rules[i].rule.match.uncertain(doubtful.reason)
      }
    }
    let whole = file.range(0, file.bytes.count)
    // S615 WBM manual 3.5.2.1: the rule for the reply is added implicitly.
    var device = Device(name: name, platform: "scalance", passesReplies: true, source: whole)
    let listed = interfaces.contains { !$0.addresses.isEmpty }
    for connection in ScalanceVPN.allCases where vpn[connection] != nil {
      _ = interface(connection.rawValue, vpn[connection] ?? whole)
    }
    for i in interfaces.indices {
      if let alias = interfaces[i].vlan.flatMap({ vlanNames[String($0)] }) { interfaces[i].aliases.append(alias) }
    }
    device.interfaces = interfaces
    device.listsAllInterfaces = listed
    addRoutes(to: &device)
    let shared = openLists(in: &device) + automaticList(in: &device, isLocal: false)
    addForwarding(to: &device, shared)
    addLocal(to: &device, openLists(in: &device) + automaticList(in: &device, isLocal: true))
    return device
  }

  /// Lines of the firewall section that are not known: one that names a service of a rule is taken for its definition, whose
  /// content is not read; any other may permit or deny anything.
  private mutating func explainServices() {
    var defined: Set<String> = []
    var open: [CommandLine] = []
    for line in unknownFirewallLines {
      let isRule = line.words.contains { $0.lowercased().hasSuffix("rule") }
      if !isRule, let name = line.rest.first(where: { services[$0] != nil }) {
        defined.insert(name)
        notes.gap(
          line.range, .notModelled, matters: true,
          "how the CLI defines services is not published; what `\(printable(name))` stands for is open")
      } else {
        open.append(line)
        if line.first != "firewall", line.words.starts(with: ["no", "firewall"]) == false {
          notes.gap(
            line.range, .notRecognised, matters: true,
            "`\(withoutSecrets(printable(String(line.first.prefix(60)))))` is not known in the firewall section; it may permit or deny anything"
          )
        }
      }
    }
    unknownFirewallLines = open
    for (name, range) in services.sorted(by: { $0.value < $1.value }) where !defined.contains(name) {
      notes.issue(
        .undefinedReference, range, "the service `\(printable(name))` is not defined in this file",
        help: "describe the rules that use it in a rule table; the CLI's service statements cannot be read yet")
    }
  }

  private func addRoutes(to device: inout Device) {
    // VPN connections bring routes to what lies behind them (WBM manual 3.5.2, "SINEMA RC").
    device.hasOtherRoutes = hasOtherRoutes || !vpn.isEmpty
    for route in routes {
      let owner = device.interfaces.first { interface in
        interface.addresses.contains { AddressSet($0.network).contains(route.gateway) }
      }
      guard let owner else {
        if route.network.length > 0 { device.hasOtherRoutes = true }
        continue
      }
      device.routes.append(
        Route(
          network: route.network, interface: owner.name, gateway: route.gateway, distance: 1, source: route.source))
    }
  }

  private func leave(_ why: String) -> DefaultAction { DefaultAction(.leave, .implicit(why)) }

  /// What stands before all rules because it is open.
  private func openLists(in device: inout Device) -> [Int] {
    var rules: [Rule] = []
    if let range = firewallOff {
      rules.append(
        .implied(
          "firewall switched off",
          MatchBounds.any.uncertain(Uncertainty(range: range, reason: "`shutdown` may switch the firewall off")),
          .permit, range))
    }
    for line in unknownFirewallLines.prefix(1) {
      rules.append(
        .open("statements that are not known", Uncertainty(range: line.range, reason: "the statement is not known")))
    }
    rules.append(
      .open(
        "IPv6", Uncertainty(range: device.source, reason: "what the device does with IPv6 is not in the `ipv4` rules"),
        match: .anyV6))
    return [device.addList("what is open", rules, leave("the rules follow"), device.source)]
  }

  /// S615 WBM manual 3.5.2, "Automatic firewall rules": VPN connections may come with rules that let everything through in
  /// both directions, and a SINEMA RC connection opens HTTP, HTTPS, SSH and ping of the device.
  private func automaticList(in device: inout Device, isLocal: Bool) -> [Int] {
    var rules: [Rule] = []
    for connection in ScalanceVPN.allCases {
      guard let range = vpn[connection] else { continue }
      let reason = Uncertainty(
        range: range, reason: "\(connection.rawValue) may bring automatic firewall rules, which no line shows")
      let pattern = InterfaceMatch([connection.rawValue + "+"])
      var rule = Rule.implied(
        "automatic rules of \(connection.rawValue)", MatchBounds.any.uncertain(reason), .permit, range)
      rule.ingress = pattern
      rules.append(rule)
      guard !isLocal else { continue }
      rule.ingress = .any
      rule.egress = pattern
      rules.append(rule)
    }
    return rules.isEmpty
      ? [] : [device.addList("automatic rules", rules, leave("the rules follow"), rules[0].source)]
  }

  // MARK: Forwarding

  private mutating func addForwarding(to device: inout Device, _ shared: [Int]) {
    let forwarded = rules.compactMap { rule -> ScalanceRule? in
      var result = rule
      switch (rule.from, rule.to) {
      case (.device, _), (_, .device): return nil
      case (let from, let to):
        if case .interfaces(let match) = from { result.rule.ingress = match }
        if case .interfaces(let match) = to { result.rule.egress = match }
        return result
      }
    }
    let list = device.addList("ipv4rule", ordered(forwarded), leave("the rest is discarded"), device.source)
    if let range = translation {
      let reason = Uncertainty(range: range, reason: "address translation that is not understood")
      var rule = TranslationRule(
        order: 0, name: "address translation", match: MatchBounds.any.uncertain(reason), range: range)
      rule.source = .unknown(reason)
      rule.destination = .unknown(reason)
      device.pipeline.append(Stage(.translate([rule]), name: "address translation", source: range))
    }
    device.pipeline.append(Stage(.route, name: "routing", source: device.source))
    device.pipeline.append(
      Stage(.filter(lists: shared + [list], fallback: Self.fallback), name: "firewall", source: device.source))
  }

  /// The rules as the device asks them: by `prior`, ascending (WBM manual, "Precedence").
  ///
  /// Which of several rules of one priority is asked first is not documented, nor where one without a priority stands.
  /// Where that matters, a copy that only may match stands in front of all rules that the original may come before.
  private mutating func ordered(_ rules: [ScalanceRule]) -> [Rule] {
    let kinds = Set(rules.map { verdict($0.rule.action) })
    let unplaced = rules.filter { $0.priority == nil }
    let groups = Dictionary(grouping: rules.filter { $0.priority != nil }) { $0.priority ?? 0 }
    if !unplaced.isEmpty, rules.count > 1, kinds.count > 1 {
      notes.issue(
        .dynamicObject, unplaced[0].source,
        "some rules have no `prior`; where they stand in the order is not documented",
        help: "give each rule a priority of its own")
    }
    var result: [Rule] = []
    let moving = kinds.count > 1 ? (groups.isEmpty ? Array(unplaced.dropFirst()) : unplaced) : []
    result += copies(moving)
    for (priority, group) in groups.sorted(by: { $0.key < $1.key }) {
      if Set(group.map { verdict($0.rule.action) }).count > 1 {
        notes.issue(
          .dynamicObject, group[1].source,
          "several rules have priority \(priority); which of them is asked first is not documented",
          help: "give each rule a priority of its own")
        result += copies(Array(group.dropFirst())) + [group[0].rule] + group.dropFirst().map(later)
      } else {
        result += group.map(\.rule)
      }
    }
    return result + unplaced.prefix(unplaced.count - moving.count).map(\.rule) + moving.map(later)
  }

  private func verdict(_ action: Action) -> Int {
    switch action {
    case .permit: 0
    case .deny: 1
    default: 2
    }
  }

  private func copies(_ rules: [ScalanceRule]) -> [Rule] {
    rules.map { rule in
      var copy = rule.rule
      let reason = "the rule may stand before or behind others of the same or no priority"
      copy.match = copy.match.uncertain(Uncertainty(range: rule.source, reason: reason))
      return copy
    }
  }

  /// The original behind its copy, under a name of its own: whether it is ever reached is no question about the file.
  private func later(_ rule: ScalanceRule) -> Rule {
    var rule = rule.rule
    rule.name += " (if it comes later)"
    rule.isExplicit = false
    return rule
  }

  // MARK: The device itself

  private mutating func addLocal(to device: inout Device, _ shared: [Int]) {
    let local = rules.compactMap { rule -> ScalanceRule? in
      var result = rule
      switch (rule.from, rule.to) {
      // What the device itself sends filters nothing that passes it.
      case (.device, _), (_, .interfaces): return nil
      case (.interfaces(let match), _): result.rule.ingress = match
      case (.unknown, _): break
      }
      return result
    }
    let predefined = predefinedRules(device)
    // Whether predefined rules go before the rules of the user is not documented: they may, and at the end they do.
    let before = predefined.map { rule -> Rule in
      var copy = rule
      copy.match = copy.match.uncertain(
        Uncertainty(range: rule.source, reason: "the predefined rule may stand before or behind other rules"))
      copy.isExplicit = false
      return copy
    }
    let list = device.addList(
      "ipv4rule to Device", (local.isEmpty ? [] : before) + ordered(local) + predefined, leave("the rest is discarded"),
      device.source)
    device.localPipeline = [
      Stage(
        .filter(lists: shared + [list], fallback: Self.fallback), name: "access to the device", source: device.source)
    ]
    addManagement(to: &device)
  }

  private func predefinedRules(_ device: Device) -> [Rule] {
    var rules: [Rule] = []
    for (service, alternatives) in ScalanceServices.table.sorted(by: { $0.key < $1.key }) {
      let settings = predefined[service] ?? [:]
      for (interface, setting) in settings.sorted(by: { $0.value.source < $1.value.source }) where setting.isEnabled {
        var rule = Rule(
          order: 0, name: "prerule \(service)", match: match(alternatives, setting.source, service), action: .permit,
          source: setting.source)
        // `all-int` with later exceptions.
        rule.ingress =
          interface.isEmpty
          ? InterfaceMatch(settings.keys.filter { !$0.isEmpty }, isNegated: true) : InterfaceMatch([interface])
        rules.append(rule)
      }
      if settings[""] == nil { rules.append(unset(service, alternatives, settings, device.source)) }
    }
    return rules
  }

  /// A service on interfaces of which the file says nothing: its factory setting decides, which differs by interface and
  /// device (WBM manual 3.5.2, "Factory setting").
  private func unset(
    _ service: String, _ alternatives: [Service]?, _ settings: [String: ScalancePredefined], _ source: SourceRange
  ) -> Rule {
    let reason = Uncertainty(
      range: source, reason: "the file does not say whether the predefined service `\(service)` is open here")
    var rule = Rule.implied(
      "prerule \(service) as delivered", match(alternatives, source, service).uncertain(reason), .permit, source)
    rule.ingress = InterfaceMatch(Array(settings.keys).sorted(), isNegated: true)
    return rule
  }

  private func match(_ alternatives: [Service]?, _ range: SourceRange, _ service: String) -> MatchBounds {
    let services =
      alternatives.map { ServiceBounds($0) }
      ?? .unknown(Uncertainty(range: range, reason: "the ports of `\(service)` are not documented"))
    return MatchBounds(
      sources: AddressBounds(.allV4), destinations: AddressBounds(.allV4), services: services)
  }

  private func addManagement(to device: inout Device) {
    for (service, settings) in predefined.sorted(by: { $0.key < $1.key }) {
      guard let isClearText = ScalanceServices.management[service] else { continue }
      for (interface, setting) in settings.sorted(by: { $0.key < $1.key }) where setting.isEnabled {
        device.management.append(
          ManagementAccess(
            service: service, interface: interface.isEmpty || interface.hasSuffix("+") ? nil : interface,
            sources: .allV4, isClearText: isClearText && !(service == "snmp" && snmpIsV3Only), source: setting.source))
      }
    }
  }
}
