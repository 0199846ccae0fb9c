import PacketSets
import RuleModel
import SourceText

/// An `add access-rule` statement.
struct GaiaEmbeddedRule {
  enum Table: String, CaseIterable {
    case outgoing
    case incoming = "incoming-internal-and-vpn"
  }
  var table: Table
  var pairs: GaiaEmbeddedPairs
  var range: SourceRange
  /// Place in the file.
  var order: Int

  static let keys: Set<String> = [
    "action", "app-and-service-negate", "application", "application-negate", "comment", "destination",
    "destination-negate", "destination-updatable-object", "disabled", "hours-range-enabled", "hours-range-from",
    "hours-range-to", "log", "name", "new-name", "position", "service", "service-negate", "source", "source-negate",
    "source-updatable-object", "type", "vpn",
  ]
}

extension GaiaEmbeddedReader {
  /// The appliance with both tables.
  ///
  /// The firewall policy has two tables: outgoing access to the internet, and incoming, internal and VPN traffic. Rules
  /// that an administrator made are exceptions to the default policy, which is Strict (everything is blocked), Standard
  /// (outgoing and internal traffic is allowed) or Off (everything is allowed, rules are not applied) (Quantum Spark
  /// Locally Managed Administration Guide, "Configuring the Firewall Access Policy and Blade"). Neither the default policy
  /// nor which interfaces lead to the internet can be read here, so which table decides is open.
  mutating func device() -> Device {
    let source = rules.first?.range ?? file.range(ofLine: 1)
    var device = Device(
      name: printable(hostname ?? baseName(file.path)), platform: "checkpoint-gaia-embedded", passesReplies: true,
      source: source)
    device.listsAllInterfaces = false
    device.inspectableProtocols = Set(IndustrialProtocol.allCases)
    let reason = Uncertainty(range: source, reason: "which of the two tables decides is not known")
    for table in GaiaEmbeddedRule.Table.allCases {
      let lowered = self.rules(of: table).enumerated().map { order, rule in self.rule(rule, order, reason) }
      if lowered.isEmpty { continue }
      device.lists.append(
        RuleList(
          name: "access rules \(table.rawValue)", rules: lowered,
          fallback: DefaultAction(.leave, .implicit("the default policy follows")), source: lowered[0].source))
    }
    device.lists.append(defaultPolicy(source))
    let fallback = DefaultAction(.deny, .implicit("the default policy decides"))
    let lists = Array(device.lists.indices)
    device.pipeline = [
      Stage(.filter(lists: lists, fallback: fallback), name: "access policy", source: source),
      Stage(.route, name: "routing table", source: source),
    ]
    device.localPipeline = [
      Stage(.filter(lists: [lists.count - 1], fallback: fallback), name: "traffic to the appliance", source: source)
    ]
    notes.issue(
      .undefinedReference, source,
      "interfaces, the default policy (Strict, Standard, Off) and generated rules are not read for this format",
      help: "every verdict about this appliance is open; check the default policy by hand")
    return device
  }

  /// Rules in the order of evaluation: an added rule takes the position that it names and pushes the others down.
  private func rules(of table: GaiaEmbeddedRule.Table) -> [GaiaEmbeddedRule] {
    let own = rules.filter { $0.table == table }
    func position(_ rule: GaiaEmbeddedRule) -> Int { rule.pairs.value("position").flatMap { Int($0) } ?? .max }
    return own.sorted { (position($0), $0.order) < (position($1), $1.order) }
  }

  private func defaultPolicy(_ source: SourceRange) -> RuleList {
    let reason = Uncertainty(range: source, reason: "the default policy of the appliance is not in the file")
    var rule = Rule(
      order: 0, name: "default policy", match: MatchBounds.any.uncertain(reason), action: .unknown, source: source)
    rule.isExplicit = false
    return RuleList(
      name: "default policy", rules: [rule], fallback: DefaultAction(.leave, .implicit("denied")), source: source)
  }

  private mutating func rule(_ statement: GaiaEmbeddedRule, _ order: Int, _ table: Uncertainty) -> Rule {
    let pairs = statement.pairs
    var open = [table]
    for (key, reason) in [
      ("application", "the rule asks for applications"), ("vpn", "the rule asks whether traffic is encrypted"),
    ] where pairs.value(key) != nil && pairs.value(key) != "clear-and-encrypted" {
      open.append(Uncertainty(range: statement.range, reason: reason))
    }
    for key in ["destination-updatable-object", "source-updatable-object"] where pairs.value(key) != nil {
      open.append(Uncertainty(range: statement.range, reason: "the addresses of updatable objects are not in the file"))
    }
    if !pairs.unknown.isEmpty {
      open.append(Uncertainty(range: statement.range, reason: "a word of the rule is not known"))
    }
    let number = pairs.value("position") ?? "\(order + 1)"
    let title = pairs.value("name").map { " (\(printable($0)))" } ?? ""
    var rule = Rule(
      order: order, name: "\(statement.table.rawValue) rule \(number)\(title)",
      match: MatchBounds(
        sources: addresses("source", pairs, statement.range),
        destinations: addresses("destination", pairs, statement.range),
        services: services(pairs, statement.range)),
      action: action(pairs, statement.range), source: statement.range)
    if pairs.value("hours-range-enabled") == "true" {
      rule.state = .scheduled(name: "hours range")
      open.append(Uncertainty(range: statement.range, reason: "the rule holds at certain hours"))
    }
    if pairs.value("disabled") == "true" { rule.state = .disabled }
    for reason in open { rule.match = rule.match.uncertain(reason) }
    rule.logging = pairs.value("log").map { $0 == "none" ? .off : .on } ?? .unknown
    rule.comment = pairs.value("comment").flatMap { $0.isEmpty ? nil : $0 }
    return rule
  }

  private mutating func action(_ pairs: GaiaEmbeddedPairs, _ range: SourceRange) -> Action {
    switch pairs.value("action") {
    case "accept": return .permit
    case "block", "block-inform": return .deny(rejects: false)
    case "ask", "inform": return .unknown
    default:
      notes.gap(range, .notRecognised, matters: true, "the action of the rule is not known")
      return .unknown
    }
  }

  /// Without a value the rule means any (export of a rule without destination).
  private mutating func addresses(
    _ key: String, _ pairs: GaiaEmbeddedPairs, _ range: SourceRange
  ) -> AddressBounds {
    let names = pairs.all(key).filter { !$0.isEmpty }
    let parts = names.map { name -> AddressBounds in
      if name.lowercased() == "any" { return AddressBounds(.all) }
      if let known = hosts[name] { return known }
      if let prefix = IPPrefix(name) { return AddressBounds(AddressSet(prefix)) }
      return .unknown(unread(name, range))
    }
    let bounds = parts.isEmpty ? AddressBounds(.all) : union(of: parts)
    return pairs.value("\(key)-negate") == "true" ? bounds.complement : bounds
  }

  private mutating func services(_ pairs: GaiaEmbeddedPairs, _ range: SourceRange) -> ServiceBounds {
    let names = pairs.all("service").filter { !$0.isEmpty }
    let parts = names.map { $0.lowercased() == "any" ? ServiceBounds([.any]) : .unknown(unread($0, range)) }
    let bounds = parts.isEmpty ? ServiceBounds([.any]) : union(parts)
    let isNegated = ["service-negate", "app-and-service-negate"].contains { pairs.value($0) == "true" }
    return isNegated ? bounds.complement : bounds
  }

  private mutating func unread(_ name: String, _ range: SourceRange) -> Uncertainty {
    let reason = "what `\(printable(name))` stands for is not read from this format"
    notes.issue(.undefinedReference, range, reason, help: "every verdict that depends on it is open")
    return Uncertainty(range: range, reason: reason)
  }
}
