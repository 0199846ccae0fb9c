import PacketSets
import RuleModel
import SourceText

/// Rules of `<OPNsense><Firewall><Filter><rules>` ("Rules [new]", before that "Automation").
extension PfReader {
  mutating func readModelRules() {
    guard let section = firewallModel?.descendant("Filter", "rules") else { return }
    if let filter = firewallModel?.element(named: "Filter") { markTags(filter) }
    markTags(section)
    var number = 0
    for element in section.elements {
      number += 1
      readModelRule(element, number)
    }
  }

  private static let fields: Set<String> = [
    "enabled", "sequence", "action", "quick", "interfacenot", "interface", "direction", "ipprotocol", "protocol",
    "source_net", "source_not", "source_port", "destination_net", "destination_not", "destination_port", "gateway",
    "replyto", "disablereplyto", "log", "allowopts", "nosync", "nopfsync", "statetype", "state-policy", "statetimeout",
    "udp-first", "udp-multiple", "udp-single", "max-src-conn-rates", "overload", "adaptivestart", "adaptiveend",
    "set-prio", "set-prio-low", "tag", "tcpflags1", "tcpflags2", "tcpflags_any", "categories", "sched", "shaper1",
    "shaper2", "description", "icmptype", "icmp6type", "sort_order", "prio_group",
  ]

  private mutating func readModelRule(_ element: XMLElement, _ number: Int) {
    use(element)
    var rule = PfRule(name: "filter rule [new] \(number)", range: element.range)
    rule.isFromModel = true
    rule.sequence = element.value("sequence").flatMap { Int($0) } ?? 1
    var parts = modelParts(element)
    parts.icmpTypes = pfList(element.value("icmptype") ?? "")
    parts.icmp6Types = pfList(element.value("icmp6type") ?? "")
    if !isOn(element, "tcpflags_any") {
      parts.flagsSet = pfList(element.value("tcpflags1") ?? "")
      parts.flagsOf = pfList(element.value("tcpflags2") ?? "")
    }
    let matched = match(parts)
    rule.match = matched.match
    rule.sources = matched.sources
    rule.objects = matched.objects
    if element.value("enabled") == "0" { rule.state = .disabled }
    rule.isQuick = element.value("quick") != "0"
    rule.logging = isOn(element, "log") ? .on : .off
    rule.comment = element.value("description")
    addModelAction(element, &rule)
    addModelPlace(element, &rule)
    var open: [Uncertainty] = []
    for child in element.elements where !Self.fields.contains(child.name) {
      guard !child.text.isEmpty || !child.elements.isEmpty, child.text != "0" else { continue }
      if let reason = Self.conditions[child.name] {
        open.append(Uncertainty(range: child.range, reason: reason))
      } else {
        open.append(
          self.open(child.range, "`<\(printable(child.name))>` of a rule is not known", .notRecognised))
      }
    }
    addSchedule(element.element(named: "sched"), &rule, &open)
    addWay(element, &rule, &open)
    for reason in open { rule.match = rule.match.uncertain(reason) }
    rules.append(rule)
  }

  private func isOn(_ element: XMLElement, _ name: String) -> Bool {
    element.value(name).map { $0 != "0" } ?? false
  }

  private mutating func addModelAction(_ element: XMLElement, _ rule: inout PfRule) {
    switch element.value("action") ?? "pass" {
    case "pass": rule.action = .permit
    case "block": rule.action = .deny(rejects: false)
    case "reject": rule.action = .deny(rejects: true)
    case "match": rule.action = .proceed
    case let other:
      _ = open(
        element.element(named: "action")?.range ?? element.range, "`\(printable(other))` is no action that is known",
        .notRecognised)
      rule.action = .unknown
    }
  }

  /// "A single interface defined, it is an Interface Rule; a group interface defined, it is a Group Rule; any number of
  /// interfaces or one inverted interface defined, it is a Floating Rule" (OPNsense documentation, "Processing order").
  private mutating func addModelPlace(_ element: XMLElement, _ rule: inout PfRule) {
    let names = pfList(element.value("interface") ?? "")
    let isInverted = isOn(element, "interfacenot")
    addInterfaces(names, isFloating: names.count != 1 || isInverted, &rule)
    if isInverted, let patterns = rule.interfaces.patterns {
      rule.interfaces = InterfaceMatch(patterns, isNegated: true)
      rule.possibleInterfaces = nil
    }
    switch element.value("direction") ?? "in" {
    case "in": rule.directions = .incoming
    case "out": rule.directions = .outgoing
    case "any": rule.directions = [.incoming, .outgoing]
    default:
      _ = open(
        element.element(named: "direction")?.range ?? element.range, "the direction is not known; taken as both",
        .notRecognised)
      rule.directions = [.incoming, .outgoing]
    }
  }

  /// Protocol, addresses and ports as the models of filter and NAT rules name them.
  mutating func modelParts(_ element: XMLElement) -> PfMatchParts {
    PfMatchParts(
      family: element.value("ipprotocol") ?? "inet", proto: element.value("protocol"),
      source: modelEndpoint(element, "source"), destination: modelEndpoint(element, "destination"),
      range: element.range)
  }

  private func modelEndpoint(_ element: XMLElement, _ side: String) -> PfEndpoint {
    let net = element.element(named: "\(side)_net")
    var end = PfEndpoint(range: net?.range ?? Self.startTag(of: element))
    end.values = pfList(net?.text ?? "any")
    if end.values.contains("any") { end.values = [] }
    end.isNegated = !end.values.isEmpty && isOn(element, "\(side)_not")
    end.port = element.value("\(side)_port")
    return end
  }

  /// Puts the rules of both stores in the order in which the products load them: floating, groups, interfaces; in each
  /// section rules of the new store by their sequence, then the others as they stand (FilterRuleField.php,
  /// `sort_order`: new rules "precede legacy rules").
  mutating func sortRules() {
    let order = rules.indices.sorted { a, b in
      let (first, second) = (key(rules[a]), key(rules[b]))
      return first != second ? first.lexicographicallyPrecedes(second) : a < b
    }
    rules = order.map { rules[$0] }
  }

  private func key(_ rule: PfRule) -> [Int] {
    [rule.section.rawValue, rule.priority, rule.isFromModel ? 0 : 1, rule.isFromModel ? rule.sequence : 0]
  }
}
