import PacketSets
import RuleModel
import SourceText

/// Rules of `<filter><rule>`, which both products have.
extension PfReader {
  mutating func readRules() {
    if let section = root.element(named: "filter") { readLegacyRules(section) }
    readModelRules()
    sortRules()
  }

  private mutating func readLegacyRules(_ section: XMLElement) {
    markTags(section)
    var number = 0
    for element in section.elements {
      switch element.name {
      case "rule":
        number += 1
        if element.has("separator") || element.isVoid { use(element) } else { readLegacyRule(element, number) }
      // Lines between rules in the web interface, and switches that are read where they matter.
      case "separator", "bypassstaticroutes", "created", "updated": use(element)
      default:
        notes.gap(
          element.range, .notRecognised, matters: true, "`<\(printable(element.name))>` in the filter is not known")
      }
    }
  }

  /// Elements that say nothing about which packets a rule matches.
  private static let indifferent: Set<String> = [
    "descr", "log", "tracker", "created", "updated", "category", "categories", "associated-rule-id", "id", "seq",
    "tag", "nosync", "nopfsync", "disablereplyto", "reply-to", "allowopts", "defaultqueue", "ackqueue", "dnpipe",
    "pdnpipe", "set-prio", "set-prio-low", "vlanprioset", "statetimeout", "udp-first", "udp-multiple", "udp-single",
    "adaptivestart", "adaptiveend", "shaper1", "shaper2", "overload", "state-policy", "statepolicy",
    "max-src-conn-rates",
    "label", "sort_order", "prio_group",
  ]

  /// Elements that are read elsewhere.
  private static let understood: Set<String> = [
    "type", "interface", "ipprotocol", "protocol", "source", "destination", "disabled", "floating", "quick",
    "direction", "statetype", "sched", "gateway", "icmptype", "icmp6-type", "tcpflags1", "tcpflags2", "tcpflags_any",
  ]

  /// Conditions that are not in the model, and limits beyond which a rule no longer passes anything.
  static let conditions: [String: String] = [
    "tagged": "it asks for a tag that another rule sets", "os": "it asks for an operating system",
    "dscp": "it asks for a DSCP value", "tos": "it asks for a type of service", "prio": "it asks for a priority",
    "vlanprio": "it asks for a VLAN priority", "max": "it limits states", "max-src-nodes": "it limits sources",
    "max-src-states": "it limits states of a source", "max-src-conn": "it limits connections of a source",
    "max-src-conn-rate": "it limits the rate of connections", "l7container": "it looks into the payload",
    "divert-to": "packets go to a program first", "dnpipeschedule": "it holds at certain times",
  ]

  private mutating func readLegacyRule(_ element: XMLElement, _ number: Int) {
    use(element)
    var rule = PfRule(name: "filter rule \(number)", range: element.range)
    var parts = PfMatchParts(
      family: nil, proto: nil, source: endpoint(nil, in: element), destination: endpoint(nil, in: element),
      range: element.range)
    var open: [Uncertainty] = []
    for child in element.elements {
      switch child.name {
      case "ipprotocol": parts.family = child.text
      case "protocol": parts.proto = child.text
      case "source": parts.source = endpoint(child, in: element)
      case "destination": parts.destination = endpoint(child, in: element)
      case "icmptype": parts.icmpTypes = pfList(child.text)
      case "icmp6-type": parts.icmp6Types = pfList(child.text)
      case "tcpflags1": parts.flagsSet = pfList(child.text)
      case "tcpflags2": parts.flagsOf = pfList(child.text)
      case let name where Self.conditions[name] != nil:
        if !child.text.isEmpty, child.text != "none" {
          open.append(Uncertainty(range: child.range, reason: Self.conditions[name] ?? ""))
        }
      case let name where Self.understood.contains(name) || Self.indifferent.contains(name): break
      default: open.append(unknownElement(child))
      }
    }
    if element.has("tcpflags_any") { parts.flagsOf = [] }
    let matched = match(parts)
    rule.match = matched.match
    rule.sources = matched.sources
    rule.objects = matched.objects
    addAction(element, &rule)
    addPlace(element, &rule)
    addState(element, &rule, &open)
    if product == .pfsense, parts.source.isMissing || parts.destination.isMissing {
      open.append(
        self.open(element.range, "one end of the rule is empty; pfSense leaves such a rule out"))
    }
    for reason in open { rule.match = rule.match.uncertain(reason) }
    rule.comment = element.value("descr")
    rules.append(rule)
  }

  /// A tag that no device writes (`<dstport>`): what it was meant to say is not what the device does.
  private mutating func unknownElement(_ child: XMLElement) -> Uncertainty {
    open(
      child.range,
      "`<\(printable(child.name))>` is no part of a rule; \(product.title) passes over it, and the rule is wider than it looks",
      .notRecognised)
  }

  private mutating func addAction(_ element: XMLElement, _ rule: inout PfRule) {
    let type = element.value("type") ?? "pass"
    switch type {
    case "pass": rule.action = .permit
    case "block": rule.action = .deny(rejects: false)
    case "reject": rule.action = .deny(rejects: true)
    // Sets options of the packet and decides nothing (pfSense documentation, "Floating Rules": match).
    case "match": rule.action = .proceed
    default:
      _ = open(
        element.element(named: "type")?.range ?? element.range, "`\(printable(type))` is no action that is known",
        .notRecognised)
      rule.action = .unknown
    }
    switch product.flag(element.element(named: "log")) {
    case true?: rule.logging = .on
    case false?: rule.logging = .off
    case nil: rule.logging = .unknown
    }
  }

  /// Section, interfaces, direction and whether the first match decides.
  private mutating func addPlace(_ element: XMLElement, _ rule: inout PfRule) {
    let floating = element.element(named: "floating")
    let isFloating = floating != nil && floating?.text != "0"
    let names = pfList(element.value("interface") ?? "")
    addInterfaces(names, isFloating: isFloating, &rule)
    let quick = element.element(named: "quick")
    let direction = element.value("direction")?.lowercased()
    switch product {
    case .opnsense:
      // "all rules are quick by default except floating" (FilterRule.php); the direction is `in` when left out.
      rule.isQuick = quick.map { product.flag($0) ?? false } ?? !isFloating
      rule.directions = directions(direction ?? "in", element)
    case .pfsense:
      // Rules that do not float are quick and for incoming packets whatever they say (filter.inc).
      rule.isQuick = isFloating ? product.flag(quick) : true
      rule.directions = isFloating ? directions(direction ?? "any", element) : .incoming
    }
  }

  private mutating func directions(_ word: String, _ element: XMLElement) -> PfRule.Directions {
    switch word {
    case "in": return .incoming
    case "out": return .outgoing
    case "any": return [.incoming, .outgoing]
    default:
      _ = open(
        element.element(named: "direction")?.range ?? element.range,
        "`\(printable(word))` is no direction; taken as both", .notRecognised)
      return [.incoming, .outgoing]
    }
  }

  /// Resolves the interfaces that a rule names, groups included.
  mutating func addInterfaces(_ names: [String], isFloating: Bool, _ rule: inout PfRule) {
    if isFloating { rule.section = .floating }
    guard !names.isEmpty else {
      rule.interfaces = .any
      if !isFloating {
        _ = open(rule.range, "the rule names no interface; it is taken for all")
        rule.match = rule.match.uncertain(Uncertainty(range: rule.range, reason: "the rule names no interface"))
      }
      return
    }
    var members: [String] = []
    var possible: [String] = []
    var unknown: Uncertainty?
    for name in names {
      if let group = interfaces.groups[name] {
        if !isFloating, names.count == 1 {
          rule.section = .group
          rule.priority = group.sequence
        }
        members += group.members
        possible += group.possible
        ensureVirtual(name, rule.range)
      } else if interfaces[name] != nil {
        members.append(name)
      } else {
        unknown = notes.undefined("interface", name, rule.range, among: interfaces.names)
        members.append(name.replacingAny("+", with: "_"))
      }
    }
    rule.interfaces = InterfaceMatch(members)
    if !possible.isEmpty { rule.possibleInterfaces = InterfaceMatch(possible) }
    if product == .pfsense, !isFloating, names.count > 1 {
      let why = open(rule.range, "a rule that does not float has one interface; pfSense leaves this one out")
      rule.match = rule.match.uncertain(why)
    }
    // A floating rule of pfSense without a known interface is one for all of them (filter.inc).
    if unknown != nil, isFloating { rule.possibleInterfaces = .any }
  }

  /// Makes the interface that a tunnel's rule tab stands for.
  private mutating func ensureVirtual(_ name: String, _ range: SourceRange) {
    guard let group = interfaces.groups[name], group.members.contains(name) || name == "ipsec" else { return }
    let own = name == "ipsec" ? "enc0" : name
    if device.interfaces.contains(where: { $0.name == own }) { return }
    device.interfaces.append(Interface(name: own, source: range))
  }

  /// Whether the rule is in force, when, and what it does beside passing.
  private mutating func addState(_ element: XMLElement, _ rule: inout PfRule, _ open: inout [Uncertainty]) {
    let disabled = element.element(named: "disabled")
    switch product.flag(disabled) {
    case true?: rule.state = .disabled
    case false?: break
    case nil:
      open.append(
        self.open(disabled?.range ?? element.range, "whether the rule is switched off is not certain"))
    }
    addSchedule(element.element(named: "sched"), &rule, &open)
    addWay(element, &rule, &open)
  }

  mutating func addSchedule(_ element: XMLElement?, _ rule: inout PfRule, _ open: inout [Uncertainty]) {
    guard let element, !element.text.isEmpty else { return }
    let name = element.text
    if schedules.contains(name) {
      open.append(Uncertainty(range: element.range, reason: "it holds only at the times of `\(printable(name))`"))
    } else {
      open.append(notes.undefined("schedule", name, element.range, among: []))
    }
    if rule.state == .active { rule.state = .scheduled(name: name) }
  }

  /// A gateway sends packets another way than the routing table, and without states replies need a rule.
  mutating func addWay(_ element: XMLElement, _ rule: inout PfRule, _ open: inout [Uncertainty]) {
    guard rule.action == .permit else { return }
    if let gateway = element.element(named: "gateway"), !gateway.text.isEmpty, gateway.text != "default" {
      if rule.state != .disabled { device.hasOtherRoutes = true }
      open.append(
        Uncertainty(
          range: gateway.range,
          reason: "it sends packets to the gateway `\(printable(gateway.text))`, wherever their destination lies"))
    }
    if let state = element.element(named: "statetype"), state.text == "none" {
      open.append(
        self.open(state.range, "it keeps no state: replies need a rule of their own, which is not looked at"))
    }
  }

  /// `<source>` or `<destination>`.
  mutating func endpoint(_ element: XMLElement?, in parent: XMLElement) -> PfEndpoint {
    guard let element else {
      var missing = PfEndpoint(range: Self.startTag(of: parent))
      missing.isMissing = true
      return missing
    }
    var end = PfEndpoint(range: element.range)
    var hasAny = false
    for child in element.elements {
      switch child.name {
      case "any": hasAny = true
      case "network", "address": if !child.text.isEmpty { end.values += pfList(child.text) }
      case "port": end.port = child.text
      case "not": end.isNegated = product.flag(child) ?? (product == .opnsense && child.isVoid ? true : nil)
      default: end.problem = unknownElement(child)
      }
    }
    // `<any/>` wins over everything beside it, and cannot be negated (Rule.php, convertAddress).
    if hasAny {
      end.values = []
      end.isNegated = false
    } else if end.values.isEmpty {
      end.isMissing = true
      if !element.text.isEmpty { end.problem = unknownElement(element) }
    } else if end.values.contains("any") {
      end.values = []
      end.isNegated = false
    } else if end.values.count > 1 {
      end.problem = open(element.range, "several addresses stand where a release may take only one")
    }
    return end
  }
}
