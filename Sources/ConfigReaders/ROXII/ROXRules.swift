import PacketSets
import RuleModel
import SourceText

/// Rules, then policies (CLI User Guide 6.9.12: "policies … can be overridden by rules").
extension ROXReader {
  /// A rule or policy before it is spread over the members of its zones.
  struct Statement {
    enum Zone: Hashable {
      case all
      case named(String)
      /// Undefined or missing.
      case unknown
    }
    var source: Zone
    var destination: Zone
    var rule: Rule
    /// What the rule says of addresses apart from zones.
    var sources: AddressBounds
    var destinations: AddressBounds
    var services: ServiceBounds
    var open: [Uncertainty]
  }

  mutating func lowerLists(_ config: Int) {
    let rules = tree.children(of: ["fwrule"], below: config).compactMap { rule($0) }
    let policies = tree.children(of: ["fwpolicy"], below: config).map { policy($0) }
    let range = tree.range(config)
    let open = openRules
    _ = device.addList("what is open", open, leave("the rules follow"), range)
    _ = device.addList(
      "what is open to the device", open.filter { $0.egress == .any }, leave("the rules follow"), range)
    _ = device.addList("inside zones", insideZones(rules, policies), leave("the rules follow"), range)
    _ = device.addList(
      "rules", rules.filter { !isInside($0) }.flatMap { spread($0, isLocal: false) }, leave("the policies follow"),
      range)
    let rest = Rule.open(
      "no policy", Uncertainty(range: range, reason: "what happens where no policy matches is not documented"))
    _ = device.addList(
      "policies", policies.filter { !isInside($0) }.flatMap { spread($0, isLocal: false) } + [rest],
      leave("nothing follows"), range)
    _ = device.addList(
      "rules to the device", rules.flatMap { spread($0, isLocal: true) }, leave("the policies follow"), range)
    _ = device.addList(
      "policies to the device", policies.flatMap { spread($0, isLocal: true) } + [rest], leave("nothing follows"), range
    )
  }

  mutating func lowerPipelines(_ range: SourceRange) {
    let deny = DefaultAction(.deny, .implicit("a policy takes what no rule takes"))
    func number(_ rules: [TranslationRule]) -> [TranslationRule] {
      rules.enumerated().map { place, rule in
        var rule = rule
        rule.order = place
        return rule
      }
    }
    if !translationsBefore.isEmpty {
      device.pipeline.append(
        Stage(.translate(number(translationsBefore)), name: "destination NAT", source: translationsBefore[0].range))
    }
    device.pipeline.append(Stage(.route, name: "routing", source: device.source))
    let lists = device.lists
    func places(_ names: [String]) -> [Int] { names.compactMap { name in lists.firstIndex { $0.name == name } } }
    device.pipeline.append(
      Stage(
        .filter(lists: places(["what is open", "inside zones", "rules", "policies"]), fallback: deny), name: "firewall",
        source: range))
    if !translationsBehind.isEmpty {
      device.pipeline.append(
        Stage(.translate(number(translationsBehind)), name: "source NAT", source: translationsBehind[0].range))
    }
    device.localPipeline = [
      Stage(
        .filter(
          lists: places(["what is open to the device", "rules to the device", "policies to the device"]), fallback: deny
        ),
        name: "firewall", source: range)
    ]
  }

  // MARK: Zones

  private mutating func zone(_ name: String?, _ range: SourceRange, _ open: inout [Uncertainty]) -> Statement.Zone {
    guard let name, !name.isEmpty else {
      open.append(notModelled(range, "the entry does not name both zones; it may be about any"))
      return .unknown
    }
    if name.lowercased() == "all" { return .all }
    if zones[name] != nil { return .named(name) }
    open.append(undefined(name, range))
    return .unknown
  }

  private func isDevice(_ zone: Statement.Zone) -> Bool {
    if case .named(let name) = zone { return zones[name]?.isDevice ?? false }
    return false
  }

  /// Whether both zones are named and the same.
  private func isInside(_ statement: Statement) -> Bool {
    if case .named = statement.source { return statement.source == statement.destination }
    return false
  }

  private func members(_ zone: Statement.Zone) -> [ROXZone.Member?] {
    guard case .named(let name) = zone, let found = zones[name] else { return [nil] }
    return found.members.map { $0 }
  }

  /// Families that some zone is about; `all` means zones, not what no zone is about.
  private var families: AddressSet {
    zones.values.filter { !$0.isDevice }.reduce(.empty) { $0.union($1.family) }
  }

  /// Whether a statement is about packets for the device itself, or about those that it forwards.
  private func reaches(_ statement: Statement, isLocal: Bool) -> Bool {
    // What the device itself sends is nothing that passes it.
    if isDevice(statement.source) { return false }
    if case .named = statement.destination { return isDevice(statement.destination) == isLocal }
    return true
  }

  /// One rule for each pair of members of the two zones.
  private func spread(_ statement: Statement, isLocal: Bool) -> [Rule] {
    guard reaches(statement, isLocal: isLocal) else { return [] }
    var result: [Rule] = []
    for from in members(statement.source) {
      for to in isLocal ? [nil] : members(statement.destination) {
        var rule = statement.rule
        rule.ingress = from.map { InterfaceMatch($0.interfaces) } ?? .any
        rule.egress = to.map { InterfaceMatch($0.interfaces) } ?? .any
        let sources = intersection(statement.sources, from?.addresses ?? AddressBounds(families))
        let destinations = intersection(statement.destinations, to?.addresses ?? AddressBounds(families))
        rule.match = MatchBounds(sources: sources, destinations: destinations, services: statement.services)
          .uncertain(statement.open)
        result.append(rule)
      }
    }
    return result
  }

  private func intersection(_ a: AddressBounds, _ b: AddressBounds) -> AddressBounds {
    AddressBounds(
      lower: a.lower.intersection(b.lower), upper: a.upper.intersection(b.upper),
      uncertainties: a.uncertainties + b.uncertainties)
  }

  /// Connections from a zone to itself: accepted unless a rule or policy names the zone on both sides; `all` does not reach
  /// them (shorewall-policy(5), "Intra-zone policies are pre-defined"; shorewall-rules(5), SOURCE "all").
  private func insideZones(_ rules: [Statement], _ policies: [Statement]) -> [Rule] {
    var result: [Rule] = []
    let rules = Dictionary(grouping: rules.filter { isInside($0) }, by: \.source)
    let policies = Dictionary(grouping: policies.filter { isInside($0) }, by: \.source)
    for name in zoneNames {
      guard let zone = zones[name], !zone.isDevice, !zone.members.isEmpty else { continue }
      let own = Statement.Zone.named(name)
      for rule in rules[own] ?? [] { result += spread(rule, isLocal: false) }
      for policy in policies[own] ?? [] { result += spread(policy, isLocal: false) }
      if policies[own] == nil {
        let accept = Rule.implied("inside zone \(printable(name))", .any, .permit, zone.source)
        result += spread(
          Statement(
            source: own, destination: own, rule: accept, sources: AddressBounds(.all),
            destinations: AddressBounds(.all),
            services: ServiceBounds([.any]), open: []), isLocal: false)
      }
    }
    return result
  }

  // MARK: Policies

  private mutating func policy(_ entry: Int) -> Statement {
    let range = tree.range(entry)
    var (values, open) = settings(
      entry, known: ["action", "policy", "source-zone", "destination-zone", "log-level"])
    var rule = Rule(
      order: 0, name: "policy \(printable(tree.word(entry)))", match: .any,
      action: action(values["action"] ?? values["policy"], range, &open), source: range)
    rule.logging = logging(values["log-level"])
    rule.comment = values["description"]
    return Statement(
      source: zone(values["source-zone"], range, &open), destination: zone(values["destination-zone"], range, &open),
      rule: rule, sources: AddressBounds(.all), destinations: AddressBounds(.all), services: ServiceBounds([.any]),
      open: open)
  }

  private mutating func action(_ word: String?, _ range: SourceRange, _ open: inout [Uncertainty]) -> Action {
    switch word {
    case "accept": return .permit
    case "drop": return .deny(rejects: false)
    case "reject": return .deny(rejects: true)
    case "continue":
      open.append(notModelled(range, "`continue` hands the packet to the next zones, which is not followed"))
    case nil: open.append(notModelled(range, "the entry has no action"))
    default: open.append(notModelled(range, "the action is none that is known"))
    }
    return .unknown
  }

  /// "Log Level … Default: none" (ROX v2.2 User Guide, "Main Rule Settings form").
  private func logging(_ level: String?) -> Logging { level == nil || level == "none" ? .off : .on }

  // MARK: Rules

  private static let ruleSettings: Set<String> = [
    "action", "source-zone", "destination-zone", "source-zone-hosts", "destination-zone-hosts", "log-level", "protocol",
    "source-ports", "destination-ports", "original-destination",
  ]

  /// Nil for a rule that only translates.
  private mutating func rule(_ entry: Int) -> Statement? {
    let range = tree.range(entry)
    var (values, open) = settings(entry, known: Self.ruleSettings)
    // "Default: reject" (ROX v2.2 User Guide, "Main Rule Settings form").
    let word = values["action"] ?? "reject"
    let isDNAT = word == "dnat" || word == "dnat-"
    var rule = Rule(
      order: 0, name: "rule \(printable(tree.word(entry)))", match: .any,
      action: isDNAT ? .permit : word == "redirect" ? .unknown : action(word, range, &open), source: range)
    rule.logging = logging(values["log-level"])
    rule.comment = values["description"]
    var statement = Statement(
      source: zone(values["source-zone"], range, &open), destination: zone(values["destination-zone"], range, &open),
      rule: rule, sources: AddressBounds(.all), destinations: AddressBounds(.all),
      services: services(values, range, &open),
      open: [])
    if let text = values["source-zone-hosts"] { statement.sources = hostList(text, range) }
    if word == "redirect" {
      open.append(notModelled(range, "`redirect` sends packets to the device itself, which is not followed"))
      statement.destination = .unknown
      translate(statement, values, .unknown(open[open.count - 1]), nil, open)
    } else if isDNAT {
      dnat(&statement, values, range, &open)
      if word == "dnat-" { return nil }
    } else if let text = values["destination-zone-hosts"] {
      statement.destinations = hostList(text, range)
    }
    if !isDNAT, word != "redirect", let text = values["original-destination"], text.lowercased() != "none", text != "-"
    {
      open.append(Uncertainty(range: range, reason: "the rule asks for the destination before translation"))
    }
    statement.open = open
    return statement
  }

  /// The forwarded address stands in the destination zone's hosts, with the port behind a colon; the filter sees it
  /// (shorewall-rules(5), DNAT).
  private mutating func dnat(
    _ statement: inout Statement, _ values: [String: String], _ range: SourceRange, _ open: inout [Uncertainty]
  ) {
    var target = values["destination-zone-hosts"] ?? ""
    var port: IntervalSet<UInt16>?
    if let colon = target.lastIndex(of: ":"), target.firstIndex(of: ":") == colon {
      port = ServiceNames.ports(String(target[target.index(after: colon)...]))
      if port == nil { open.append(notModelled(range, "the port behind the address is not understood")) }
      target = String(target[..<colon])
    }
    let original = statement
    guard !target.isEmpty, case let addresses = hostList(target, range), addresses.isExact else {
      open.append(notModelled(range, "where this rule sends packets is not understood"))
      return translate(original, values, .unknown(open[open.count - 1]), port, open)
    }
    statement.destinations = addresses
    if let port {
      for i in statement.services.upper.indices { statement.services.upper[i].destinationPorts = port }
      for i in statement.services.lower.indices { statement.services.lower[i].destinationPorts = port }
    }
    translate(original, values, .pool(addresses.upper), port, open)
  }

  private mutating func translate(
    _ statement: Statement, _ values: [String: String], _ change: AddressTranslation, _ port: IntervalSet<UInt16>?,
    _ open: [Uncertainty]
  ) {
    var destinations = AddressBounds(.allV4)
    if let text = values["original-destination"], text != "-" {
      destinations = hostList(text, statement.rule.source)
    } else {
      // Any, or those of the device: that depends on a setting which ROX II does not show.
      let reason = "the rule does not say for which destination it is"
      destinations = AddressBounds(
        lower: .empty, upper: .allV4, uncertainties: [Uncertainty(range: statement.rule.source, reason: reason)])
    }
    for from in members(statement.source) {
      let sources = intersection(statement.sources, from?.addresses ?? AddressBounds(families))
      let match = MatchBounds(sources: sources, destinations: destinations, services: statement.services)
      var rule = TranslationRule(
        order: 0, name: statement.rule.name, match: match.uncertain(open), range: statement.rule.source)
      rule.ingress = from.map { InterfaceMatch($0.interfaces) } ?? .any
      rule.destination = change
      rule.destinationPorts = port
      translationsBefore.append(rule)
    }
  }

  // MARK: Protocols and ports

  private mutating func services(
    _ values: [String: String], _ range: SourceRange, _ open: inout [Uncertainty]
  ) -> ServiceBounds {
    var service = Service.any
    if let word = values["protocol"], word.lowercased() != "all", word != "-" {
      guard let protocols = ServiceNames.protocols(word.lowercased()) else {
        return .unknown(notModelled(range, "`\(printable(String(word.prefix(60))))` is no protocol that is known"))
      }
      service.protocols = protocols
    }
    for (key, path) in [
      ("source-ports", \Service.sourcePorts), ("destination-ports", \Service.destinationPorts),
    ] {
      guard let text = values[key], !["any", "all", "-", ""].contains(text.lowercased()) else { continue }
      if service.protocols == IntervalSet(IPProtocol.icmp), key == "destination-ports" {
        guard let type = UInt8(text) else {
          return .unknown(notModelled(range, "`\(printable(String(text.prefix(60))))` is no ICMP type"))
        }
        service.icmpTypes = IntervalSet(type)
        continue
      }
      guard let ports = portList(text), service.protocols.isSubset(of: IPProtocol.withPorts) else {
        return .unknown(
          notModelled(range, "`\(key) \(printable(String(text.prefix(60))))` is not understood with this protocol"))
      }
      service[keyPath: path] = ports
    }
    return ServiceBounds([service])
  }

  /// `80`, `http,https`, `1024:65535`; `!` in front excludes.
  private func portList(_ text: String) -> IntervalSet<UInt16>? {
    let isExcluded = text.hasPrefix("!")
    var result = IntervalSet<UInt16>.empty
    for piece in pieces(isExcluded ? String(text.dropFirst()) : text, at: UInt8(ascii: ",")) {
      let word = piece.filter { $0 != " " }
      guard let ports = ServiceNames.ports(word) ?? LiteralText.ports(word).map({ IntervalSet($0) }) else { return nil }
      result = result.union(ports)
    }
    return isExcluded ? result.complement : result
  }
}
