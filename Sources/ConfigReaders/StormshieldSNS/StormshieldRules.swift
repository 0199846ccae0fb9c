import PacketSets
import RuleModel
import SourceText

/// Filter rules.
extension StormshieldLowering {
  mutating func filterRule(_ text: StormshieldRuleText, _ number: Int, _ disturbances: [Uncertainty]) -> Rule {
    var open = disturbances + conditions(text)
    var rule = Rule(order: 0, name: "rule \(number)", match: match(text, &open), action: .unknown, source: text.range)
    rule.ingress = interfaceMatch(text, "srcif")
    rule.egress = interfaceMatch(text, "dstif")
    rule.comment = text["comment"].flatMap { $0.isEmpty ? nil : $0 } ?? text["rulename"]
    switch text["loglevel"]?.lowercased() {
    case "log", "minor", "major": rule.logging = .on
    case "none": rule.logging = .off
    default: break
    }
    if text["state"]?.lowercased() == "off" { rule.state = .disabled }
    if let schedule = text["schedule"], !schedule.isEmpty, schedule.lowercased() != "anytime" {
      if rule.state == .active { rule.state = .scheduled(name: schedule) }
      open.append(Uncertainty(range: text.range, reason: "a schedule limits the rule in time"))
    }
    rule.action = action(text, &open)
    if rule.action == .permit { rule.profile = profile(of: text) }
    if !open.isEmpty {
      rule.match = MatchBounds(lower: [], upper: rule.match.upper, uncertainties: rule.match.uncertainties + open)
    }
    return rule
  }

  /// User manual, "Filtering and NAT": pass with the explicit HTTP service, decrypt and log do not end the evaluation.
  private mutating func action(_ text: StormshieldRuleText, _ open: inout [Uncertainty]) -> Action {
    switch text["action"]?.lowercased() {
    case "pass":
      guard let service = text["fwservice"], !service.isEmpty else { return .permit }
      open.append(Uncertainty(range: text.range, reason: "the rule hands packets to a service of the firewall"))
      return .unknown
    case "block": return .deny(rejects: false)
    case "reset": return .deny(rejects: true)
    case "decrypt", "log": return .proceed
    case "deleg": return .leave
    case nil: return .unknown
    default:
      note(text.range, .notRecognised, "the action of the rule is not known")
      return .unknown
    }
  }

  /// Conditions that are not in the model, and words that are not known.
  private mutating func conditions(_ text: StormshieldRuleText) -> [Uncertainty] {
    var open: [Uncertainty] = []
    func add(_ reason: String) { open.append(Uncertainty(range: text.range, reason: reason)) }
    for word in text.unknown.prefix(3) {
      let reason = "the word `\(printable(String(word.prefix(40))))` of the rule is not known"
      note(text.range, .notRecognised, reason)
      add(reason)
    }
    func isSet(_ token: String, but plain: Set<String> = []) -> Bool {
      text[token].map { !$0.isEmpty && !plain.contains($0.lowercased()) } ?? false
    }
    if isSet("srcuser", but: ["any"]) || isSet("srcuserdomain") || isSet("srcusermethod") {
      add("the rule is for certain users")
    }
    if isSet("via", but: ["any"]) { add("the rule is for packets of a VPN or proxy") }
    for token in ["srcgeo", "dstgeo", "srciprep", "dstiprep", "srchostrep", "dsthostrep"] where isSet(token) {
      add("the rule depends on geography or reputation")
    }
    if isSet("tos") { add("the rule is for one type of service") }
    if isSet("route") {
      add("policy routing sends the packets elsewhere")
      if text["state"]?.lowercased() != "off" { device.hasOtherRoutes = true }
    }
    if isSet("rate") { add("the rule limits the rate of connections") }
    if isSet("inbound") { add("the rule waits for inbound sessions") }
    if isSet("enforceipsecforward", but: ["off"]) || isSet("enforceipsecreverse", but: ["off"]) {
      add("the rule demands IPsec")
    }
    if isSet("proto", but: ["auto", "none"]) { add("the rule is for one application protocol") }
    return open
  }

  func interfaceMatch(_ text: StormshieldRuleText, _ token: String) -> InterfaceMatch {
    guard let name = text[token], !name.isEmpty, name.lowercased() != "any" else { return .any }
    // Names of interfaces are written in either case.
    return InterfaceMatch([interfaceName(name)])
  }

  // MARK: The match

  mutating func match(_ text: StormshieldRuleText, _ open: inout [Uncertainty]) -> MatchBounds {
    let sources = targets(text, "srctarget", &open)
    let destinations = targets(text, "dsttarget", &open)
    return MatchBounds(sources: sources, destinations: destinations, services: services(text, &open))
  }

  /// Objects of one side; `!` turns one round.
  private mutating func targets(
    _ text: StormshieldRuleText, _ token: String, _ open: inout [Uncertainty]
  ) -> AddressBounds {
    let names = text.list(token)
    guard let first = names.first else {
      let reason = Uncertainty(
        range: text.range, reason: "the rule does not say \(token == "srctarget" ? "from" : "to") whom")
      open.append(reason)
      return .unknown(reason)
    }
    let isNegated = first.hasPrefix("!")
    let plain = names.map { $0.hasPrefix("!") ? String($0.dropFirst()) : $0 }
    let result = resolver.addresses(ofAny: plain, text.range)
    guard isNegated else {
      if names.contains(where: { $0.hasPrefix("!") }) { open.append(halfNegated(text.range)) }
      return result
    }
    // Whether `!` in front of a list takes in its later members is not documented.
    if names.count > 1 {
      open.append(halfNegated(text.range))
      return .unknown(halfNegated(text.range))
    }
    return result.complement
  }

  private func halfNegated(_ range: SourceRange) -> Uncertainty {
    Uncertainty(range: range, reason: "which members of the list `!` takes out is not documented")
  }

  // MARK: Services

  private mutating func services(_ text: StormshieldRuleText, _ open: inout [Uncertainty]) -> ServiceBounds {
    var limit = Service(protocols: .all)
    if let name = text["ipproto"]?.lowercased(), !name.isEmpty, name != "any" {
      if let number = stormshieldProtocol(name) {
        limit.protocols = IntervalSet(number)
      } else {
        let reason = "the protocol `\(printable(name))` is not known"
        note(text.range, .notRecognised, reason)
        open.append(Uncertainty(range: text.range, reason: reason))
      }
    }
    limit.icmpTypes = octets(text, "icmptype", &open)
    limit.icmpCodes = octets(text, "icmpcode", &open)
    var result = ServiceBounds([limit])
    result = both(result, ports(text, "dstport", &open), text.range)
    let sources = ports(text, "srcport", &open)
    return both(result, sources.turnedRound, text.range)
  }

  private func octets(
    _ text: StormshieldRuleText, _ token: String, _ open: inout [Uncertainty]
  ) -> IntervalSet<UInt8> {
    guard let word = text[token], !word.isEmpty, word.lowercased() != "any" else { return .all }
    if let number = UInt8(word) { return IntervalSet(number) }
    open.append(Uncertainty(range: text.range, reason: "the ICMP type or code is not a number"))
    return .all
  }

  /// The services of one side under its operator (`eq`, `ne`, `gt`, `lt`).
  private mutating func ports(
    _ text: StormshieldRuleText, _ token: String, _ open: inout [Uncertainty]
  ) -> ServiceBounds {
    let names = text.list(token)
    if names.isEmpty || names.contains(where: { $0.lowercased() == "any" }) { return ServiceBounds([.any]) }
    if let comparison = text[token + "op"]?.lowercased(), !comparison.isEmpty, comparison != "eq" {
      let reason = Uncertainty(
        range: text.range, reason: "ports compared by `\(printable(comparison))` are not modelled")
      open.append(reason)
      return .unknown(reason)
    }
    return resolver.services(ofAny: names, text.range)
  }

  private func both(_ one: ServiceBounds, _ other: ServiceBounds, _ range: SourceRange) -> ServiceBounds {
    // Groups on both sides multiply; beyond this the pairs are not worth their memory.
    if one.upper.count * other.upper.count > 1 << 16 {
      let reason = Uncertainty(range: range, reason: "too many pairs of source and destination ports")
      return ServiceBounds(lower: [], upper: one.upper, uncertainties: one.uncertainties + [reason])
    }
    func meet(_ a: [Service], _ b: [Service]) -> [Service] {
      a == [.any] ? b : a.flatMap { first in b.compactMap { first.intersection($0) } }
    }
    return ServiceBounds(
      lower: meet(one.lower, other.lower), upper: meet(one.upper, other.upper),
      uncertainties: one.uncertainties + other.uncertainties)
  }
}

extension ServiceBounds {
  /// The same with source ports in place of destination ports.
  fileprivate var turnedRound: ServiceBounds {
    func turn(_ services: [Service]) -> [Service] {
      services.map { service in
        var turned = service
        turned.sourcePorts = service.destinationPorts
        turned.destinationPorts = service.sourcePorts
        return turned
      }
    }
    return ServiceBounds(lower: turn(lower), upper: turn(upper), uncertainties: uncertainties)
  }
}
