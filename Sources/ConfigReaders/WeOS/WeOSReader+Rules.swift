import PacketSets
import RuleModel
import SourceText

/// A filter rule with the chain that it belongs to.
struct WeOSFilter {
  var rule: Rule
  var isInput: Bool
}

/// The words of `filter`, `nat` and `port-forward` as rules.
extension WeOSReader {
  /// Words with a value, and words without.
  private static let valued: Set<String> = [
    "in", "out", "src", "dst", "dport", "sport", "proto", "type", "to-dst", "new-dst",
  ]
  private static let flags: Set<String> = ["passive", "log", "addfilter", "allow", "deny", "proxy-arp"]

  /// The options of a statement; what is not known is a reason why nothing about the rule is certain.
  private mutating func options(_ line: CommandLine) -> (
    values: [String: String], flags: Set<String>, open: [Uncertainty]
  ) {
    let words = Self.withoutPosition(line.words)
    var values: [String: String] = [:]
    var flags: Set<String> = []
    var open: [Uncertainty] = []
    var next = 1
    while next < words.count {
      let word = words[next]
      if Self.flags.contains(word) {
        flags.insert(word)
      } else if Self.valued.contains(word), next + 1 < words.count, values[word] == nil {
        values[word] = words[next + 1]
        next += 1
      } else {
        open.append(condition(line, "`\(printable(String(word.prefix(60))))` is not known in `\(words[0])`"))
      }
      next += 1
    }
    return (values, flags, open)
  }

  private mutating func condition(_ line: CommandLine, _ reason: String) -> Uncertainty {
    notes.gap(line.range, .notRecognised, matters: true, reason)
    return Uncertainty(range: line.range, reason: reason)
  }

  // MARK: filter

  /// `filter [pos N] allow|deny [in IF] [out IF] [src A/L] [dst A/L] [dport R] [proto P] [passive] [log]` (31.3.3)
  mutating func filterRule(_ line: CommandLine, position: Int) -> WeOSFilter {
    var (values, flags, open) = options(line)
    let action: Action
    switch (flags.contains("allow"), flags.contains("deny")) {
    case (true, false): action = .permit
    case (false, true): action = .deny(rejects: false)
    default:
      action = .unknown
      open.append(condition(line, "the rule has neither `allow` nor `deny`"))
    }
    if let reason = firewall.filters.open { open.append(reason) }
    let bounds = MatchBounds(
      sources: addresses(values["src"], line), destinations: addresses(values["dst"], line),
      services: services(values, line))
    var rule = Rule(
      order: 0, name: "filter \(position)", match: bounds.uncertain(open), action: action, source: line.range)
    rule.ingress = interfaces(values["in"], line)
    rule.egress = interfaces(values["out"], line)
    rule.logging = flags.contains("log") ? .on : .off
    if flags.contains("passive") { rule.state = .disabled }
    // 31.2.7: without an outbound interface and a destination a rule is about traffic to the switch itself.
    return WeOSFilter(rule: rule, isInput: values["out"] == nil && values["dst"] == nil)
  }

  private mutating func interfaces(_ name: String?, _ line: CommandLine) -> InterfaceMatch {
    guard let name else { return .any }
    _ = interface(name, line.range)
    return InterfaceMatch([name])
  }

  private mutating func addresses(_ text: String?, _ line: CommandLine) -> AddressBounds {
    guard let text else { return AddressBounds(.allV4) }
    if text.lowercased() == "any" { return AddressBounds(.allV4) }
    guard let prefix = IPPrefix(text) else {
      return .unknown(condition(line, "`\(printable(String(text.prefix(60))))` is no address or network"))
    }
    return AddressBounds(AddressSet(prefix))
  }

  /// 31.2.7: a destination port is one of UDP and TCP, unless the rule names a protocol.
  private mutating func services(_ values: [String: String], _ line: CommandLine) -> ServiceBounds {
    var service = Service.any
    let hasPorts = values["dport"] != nil || values["sport"] != nil
    if hasPorts { service.protocols = IntervalSet([IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp]) }
    if let word = values["proto"], word.lowercased() != "any" {
      guard let protocols = ServiceNames.protocols(word.lowercased()) else {
        return .unknown(condition(line, "`\(printable(String(word.prefix(60))))` is no protocol that is known"))
      }
      service.protocols = hasPorts ? service.protocols.intersection(protocols) : protocols
    }
    for (key, path) in [("dport", \Service.destinationPorts), ("sport", \Service.sourcePorts)] {
      guard let word = values[key] else { continue }
      guard let ports = ports(word), !service.protocols.isEmpty else {
        return .unknown(condition(line, "`\(key) \(printable(String(word.prefix(60))))` is no port of that protocol"))
      }
      service[keyPath: path] = IntervalSet(ports)
    }
    return ServiceBounds([service])
  }

  private func ports(_ word: String) -> ClosedRange<UInt16>? {
    LiteralText.ports(String(word.map { $0 == ":" ? "-" : $0 }))
  }

  // MARK: nat

  /// What a `nat` statement does before routing, behind the filter, and what its `addfilter` lets pass.
  struct Translation {
    var before: [TranslationRule] = []
    var behind: [TranslationRule] = []
    var added: [Rule] = []
  }

  mutating func translation(_ line: CommandLine, position: Int) -> Translation {
    var (values, flags, open) = options(line)
    if flags.contains("passive") { return Translation() }
    if let reason = firewall.translations.open { open.append(reason) }
    switch values["type"] {
    case "napt" where values["out"] != nil: return napt(line, position, values, flags, open)
    case "1-to-1" where values["in"] != nil && values["dst"] != nil:
      return oneToOne(line, position, values, flags, open)
    default:
      let reason = condition(line, "this translation is not known; addresses may change in any way")
      var rule = TranslationRule(
        order: 0, name: "nat \(position)", match: MatchBounds.any.uncertain(reason), range: line.range)
      rule.source = .unknown(reason)
      rule.destination = .unknown(reason)
      let added = Rule.implied(
        "added by nat \(position)", MatchBounds.any.uncertain(reason), .permit, line.range)
      return Translation(before: [rule], added: [added])
    }
  }

  /// 31.1.4.1: the source becomes the address of the outbound interface, behind the forward filter.
  private mutating func napt(
    _ line: CommandLine, _ position: Int, _ values: [String: String], _ flags: Set<String>, _ open: [Uncertainty]
  ) -> Translation {
    let match = MatchBounds(
      sources: addresses(values["src"], line), destinations: addresses(values["dst"], line),
      services: ServiceBounds([.any]))
    var rule = TranslationRule(
      order: 0, name: "nat \(position) napt", match: match.uncertain(open), range: line.range)
    rule.ingress = interfaces(values["in"], line)
    rule.egress = interfaces(values["out"], line)
    rule.source = .egressInterface
    var result = Translation(behind: [rule])
    if flags.contains("addfilter") { result.added = [added(line, position, match, rule.ingress, rule.egress)] }
    return result
  }

  /// 31.1.4.2: the destination changes before routing and filtering, the source of what goes the other way behind them.
  private mutating func oneToOne(
    _ line: CommandLine, _ position: Int, _ values: [String: String], _ flags: Set<String>, _ open: [Uncertainty]
  ) -> Translation {
    let target = values["to-dst"] ?? values["new-dst"]
    let from = values["dst"].flatMap { IPPrefix($0) }
    let to = target.flatMap { IPPrefix($0) }
    let ingress = interfaces(values["in"], line)
    let match = MatchBounds(
      sources: addresses(values["src"], line), destinations: addresses(values["dst"], line),
      services: ServiceBounds([.any]))
    var forward = TranslationRule(
      order: 0, name: "nat \(position) 1-to-1", match: match.uncertain(open), range: line.range)
    forward.ingress = ingress
    guard let from, let to, from.length == to.length, from.base.family == to.base.family else {
      let reason = condition(line, "the networks of this translation cannot be read or differ in size")
      forward.destination = .unknown(reason)
      forward.match = forward.match.uncertain(reason)
      return Translation(before: [forward], added: [added(line, position, .any, ingress, .any)])
    }
    forward.destination = .prefix(from: from, to: to)
    var back = TranslationRule(
      order: 0, name: forward.name, match: MatchBounds(PacketMatch(sources: AddressSet(to))).uncertain(open),
      range: line.range)
    back.egress = ingress
    back.source = .prefix(from: to, to: from)
    var result = Translation(before: [forward], behind: [back])
    if flags.contains("addfilter") {
      let inner = MatchBounds(PacketMatch(sources: .allV4, destinations: AddressSet(to)))
      result.added = [
        added(line, position, inner, ingress, .any),
        added(line, position, MatchBounds(PacketMatch(sources: AddressSet(to))), .any, ingress),
      ]
    }
    return result
  }

  /// The rule that `addfilter` adds; its exact extent is not printed in the guide.
  private func added(
    _ line: CommandLine, _ position: Int, _ match: MatchBounds, _ ingress: InterfaceMatch, _ egress: InterfaceMatch
  ) -> Rule {
    let reason = Uncertainty(range: line.range, reason: "how much the rule added by `nat` lets pass is not documented")
    var rule = Rule.implied("added by nat \(position)", match.uncertain(reason), .permit, line.range)
    rule.ingress = ingress
    rule.egress = egress
    return rule
  }

  // MARK: port-forward

  /// `port-forward in IF:PORT dst ADDRESS[:PORT] …`: 31.1.2.3 says that it adds an allow rule; the page with its grammar was
  /// not to be had, so what it opens is an upper bound.
  mutating func portForward(_ line: CommandLine, position: Int) -> Translation {
    let reason = Uncertainty(range: line.range, reason: "what port forwarding opens is known only from above")
    notes.gap(line.range, .notModelled, matters: true, reason.reason)
    let words = line.words
    if words.contains("passive") { return Translation() }
    func value(_ key: String) -> String? {
      words.firstIndex(of: key).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }
    let ingress = value("in").map { interfaces(String($0.prefix { $0 != ":" }), line) } ?? .any
    let parts = value("dst")?.split(separator: ":", maxSplits: 1) ?? []
    let target = parts.first.flatMap { IPAddress($0) }
    let port = parts.count == 2 ? LiteralText.ports(parts[1]) : nil
    var rule = TranslationRule(
      order: 0, name: "port-forward \(position)", match: MatchBounds.any.uncertain(reason), range: line.range)
    rule.ingress = ingress
    rule.destination = target.map { .pool(AddressSet($0)) } ?? .unknown(reason)
    rule.destinationPorts = port.map { IntervalSet($0) }
    var service = Service.any
    if let port {
      service = Service(protocols: IPProtocol.withPorts)
      service.destinationPorts = IntervalSet(port)
    }
    let destinations = target.map { AddressSet($0) } ?? .allV4
    var allow = Rule.implied(
      "added by port-forward \(position)",
      MatchBounds(PacketMatch(sources: .allV4, destinations: destinations, services: [service])).uncertain(reason),
      .permit, line.range)
    allow.ingress = ingress
    return Translation(before: [rule], added: [allow])
  }
}
