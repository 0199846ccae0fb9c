import PacketSets
import RuleModel
import SourceText

/// Network address translation (HM2-NAT-MIB).
///
/// Destinations change before the packet filter, in the order 1:1, destination and double NAT; sources change behind it by
/// masquerading and double NAT (RM GUI HiSecOS 3.0, figure "Processing sequence of the data packets in the device").
extension HiSecOSReader {
  mutating func lowerDestinationTranslation() {
    var kinds = [oneToOne(), destinations(), double(ofSources: false)]
    separate(&kinds)
    addTranslation(kinds, "destination address modification")
  }

  mutating func lowerSourceTranslation() {
    var kinds = [masquerading(), double(ofSources: true)]
    separate(&kinds)
    addTranslation(kinds, "source address modification")
  }

  private mutating func addTranslation(_ kinds: [[TranslationRule]], _ name: String) {
    var rules = kinds.flatMap { $0 }
    guard let first = rules.first else { return }
    for place in rules.indices { rules[place].order = place }
    device.pipeline.append(Stage(.translate(rules), name: name, source: first.range))
  }

  /// Which kind comes first is read off a figure, so where two kinds meet neither is certain.
  private func separate(_ kinds: inout [[TranslationRule]]) {
    let matches = kinds.map { $0.flatMap(\.match.upper) }
    for kind in kinds.indices {
      let others = kinds.indices.filter { $0 != kind }.flatMap { matches[$0] }
      guard !others.isEmpty, let range = kinds[kind].first?.range else { continue }
      let reason = Uncertainty(range: range, reason: "rules of several kinds of address translation meet here")
      // Devices hold 255 rules of a kind; beyond that each pair is not worth its time.
      let isLong = others.count * kinds[kind].count > 1 << 20
      for place in kinds[kind].indices {
        let own = kinds[kind][place].match.upper
        if isLong || own.contains(where: { match in others.contains { $0.mayOverlap(match) } }) {
          kinds[kind][place].match = kinds[kind][place].match.uncertain(reason)
        }
      }
    }
  }

  // MARK: 1:1 NAT

  private mutating func oneToOne() -> [TranslationRule] {
    var rules: [(priority: Int, rule: TranslationRule)] = []
    for row in container.rows("hm21to1RuleEntry") where isInForce(row, "hm21to1RowStatus") {
      var rule = TranslationRule(
        order: 0, name: name(row, "hm21to1RuleIndex", "1:1 NAT"),
        match: MatchBounds(
          sources: AddressBounds(.all), destinations: addresses(row, "hm21to1TargetAddress"),
          services: ServiceBounds([.any])), range: row.range)
      rule.ingress = InterfaceMatch(interface(row, "hm21to1IngressIntf").map { [$0] })
      rule.destination = change(row, from: "hm21to1TargetAddress", to: "hm21to1NewTargetAddress")
      bound(&rule, row, table: "hm21to1RuleEntry", parameters: "hm21to1RuleParams")
      requireTarget(&rule, row, "hm21to1TargetAddress")
      if interface(row, "hm21to1EgressIntf") != nil {
        rule.match = rule.match.uncertain(
          Uncertainty(
            range: row.range("hm21to1EgressIntf"), reason: "what the egress interface of 1:1 NAT limits is not known"))
      }
      if let value = container.scalar("hm21to1PublicIntf"), !["", "0", "none"].contains(value.text) {
        rule.match = rule.match.uncertain(
          Uncertainty(range: value.range, reason: "what the public interface of 1:1 NAT limits is not known"))
      }
      rules.append((row.number("hm21to1Priority") ?? 0, rule))
    }
    return rules.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
      .map(\.element.rule)
  }

  // MARK: Destination NAT and masquerading

  private mutating func destinations() -> [TranslationRule] {
    assigned("hm2Dnat", "destination NAT") { reader, row in
      var rule = TranslationRule(
        order: 0, name: reader.name(row, "hm2DnatRuleIndex", "destination NAT"),
        match: reader.match(row, "hm2Dnat"), range: row.range)
      rule.destination = reader.change(row, from: "hm2DnatTargetAddress", to: "hm2DnatNewTargetAddress")
      reader.requireTarget(&rule, row, "hm2DnatTargetAddress")
      if let text = row.text("hm2DnatNewTargetPort"), !text.isEmpty, text != "any" {
        rule.destinationPorts = reader.ports(row, "hm2DnatNewTargetPort") ?? .all
        if rule.destinationPorts?.isAll == true {
          _ = reader.unclear(row.range("hm2DnatNewTargetPort"), "\(quoted(text)) is no port")
        }
      }
      return rule
    }
  }

  private mutating func masquerading() -> [TranslationRule] {
    assigned("hm2Masq", "masquerading NAT") { reader, row in
      var rule = TranslationRule(
        order: 0, name: reader.name(row, "hm2MasqRuleIndex", "masquerading NAT"), match: reader.match(row, "hm2Masq"),
        range: row.range)
      rule.source = .egressInterface
      if row.text("hm2MasqIpsecExempt") == "1" {
        rule.match = rule.match.uncertain(
          Uncertainty(range: row.range("hm2MasqIpsecExempt"), reason: "packets of IPsec tunnels are exempt"))
      }
      return rule
    }
  }

  /// The rules of a table that interfaces use, interface by interface in order of priority.
  private mutating func assigned(
    _ prefix: String, _ title: String, _ make: (inout HiSecOSReader, MibRow) -> TranslationRule
  ) -> [TranslationRule] {
    var made: [Int: TranslationRule] = [:]
    for row in container.rows("\(prefix)RuleEntry") where isInForce(row, "\(prefix)RowStatus") {
      guard let index = row.number("\(prefix)RuleIndex") else {
        gap(row.range, .notRecognised, "the rule of \(title) has no index")
        continue
      }
      var rule = make(&self, row)
      if made[index] != nil {
        rule.match = rule.match.uncertain(unclear(row.range, "the rule is in the table more than once"))
      }
      bound(&rule, row, table: "\(prefix)RuleEntry", parameters: nil)
      made[index] = rule
    }
    var result: [TranslationRule] = []
    let assignments = assignments(HiSecOSRuleTable(prefix: prefix, title: title))
    let own: HiSecOSDirection = prefix == "hm2Masq" ? .egress : .ingress
    for (direction, entries) in assignments.sorted(by: { $0.key == .ingress && $1.key == .egress }) {
      for (name, rows) in entries {
        for row in rows where row.isActive {
          guard var rule = row.ruleIndex.flatMap({ made[$0] }) else { continue }
          if direction == own {
            if own == .ingress { rule.ingress = InterfaceMatch([name]) } else { rule.egress = InterfaceMatch([name]) }
          } else {
            rule.match = rule.match.uncertain(
              Uncertainty(range: row.range, reason: "\(title) in this direction is not documented"))
          }
          result.append(rule)
        }
      }
    }
    return result
  }

  // MARK: Double NAT

  /// Both addresses change, each way; what the four addresses are to each other is not in the documentation at hand, so
  /// such a rule may act and may not.
  private mutating func double(ofSources: Bool) -> [TranslationRule] {
    var result: [TranslationRule] = []
    for row in container.rows("hm2DoubleNatRuleEntry") where isInForce(row, "hm2DonatRowStatus") {
      let reason = Uncertainty(range: row.range, reason: "double NAT is known only in outline")
      if !ofSources { gap(row.range, .notModelled, "double NAT is known only in outline: it may act and may not") }
      let pairs =
        ofSources
        ? [("LocalInternalIp", "LocalExternalIp"), ("RemoteExternalIp", "RemoteInternalIp")]
        : [("LocalExternalIp", "LocalInternalIp"), ("RemoteInternalIp", "RemoteExternalIp")]
      for (from, to) in pairs {
        let named = addresses(row, "hm2Donat\(from)")
        let match = MatchBounds(
          sources: ofSources ? named : AddressBounds(.all), destinations: ofSources ? AddressBounds(.all) : named,
          services: ServiceBounds([.any]))
        var rule = TranslationRule(
          order: 0, name: name(row, "hm2DonatRuleIndex", "double NAT"), match: match.uncertain(reason),
          range: row.range)
        let change = change(row, from: "hm2Donat\(from)", to: "hm2Donat\(to)")
        if ofSources { rule.source = change } else { rule.destination = change }
        result.append(rule)
      }
    }
    return result
  }

  // MARK: Common

  private func isInForce(_ row: MibRow, _ column: String) -> Bool { row.number(column).map { isActive($0) } ?? true }

  private func name(_ row: MibRow, _ column: String, _ title: String) -> String {
    row.number(column).map { "\(title) rule \($0)" } ?? "\(title) rule"
  }

  /// One address becomes one address, a network a network of the same size.
  private mutating func change(_ row: MibRow, from: String, to: String) -> AddressTranslation {
    let target = row.text(to) ?? ""
    guard let new = IPPrefix(target) else {
      return .unknown(unclear(row.range(to), "\(quoted(target)) is no address or network"))
    }
    if let old = row.text(from).flatMap({ IPPrefix($0) }), old.length == new.length, old.base.family == new.base.family
    {
      return .prefix(from: old, to: new)
    }
    return .pool(AddressSet(new))
  }

  /// The MIB has no default for the address that is translated.
  private mutating func requireTarget(_ rule: inout TranslationRule, _ row: MibRow, _ column: String) {
    guard (row.text(column) ?? "").isEmpty else { return }
    rule.match = rule.match.uncertain(unclear(row.range, "the rule does not say which address it translates"))
  }

  private mutating func bound(_ rule: inout TranslationRule, _ row: MibRow, table: String, parameters: String?) {
    if let strange = unknownColumn(row, of: table) { rule.match = rule.match.uncertain(strange) }
    if let parameters, let text = row.text(parameters), !text.isEmpty, text != "none" {
      rule.match = rule.match.uncertain(
        Uncertainty(range: row.range(parameters), reason: "the parameters of the rule are not modelled"))
    }
  }
}
