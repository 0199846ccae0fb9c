import PacketSets
import RuleModel
import SourceText

/// Firewall filters and where interfaces use them.
///
/// A filter decides term by term; what no term decides is discarded ("How Standard Firewall Filters Evaluate Packets"). It
/// sees the packets of its family alone. A list of filters (`input-list`) is one filter of all their terms
/// ("Multiple Firewall Filters Applied as a List").
extension JunosSystem {
  private static let families: [String: IPFamily] = ["inet": .v4, "inet6": .v6]

  /// Filters of both families that packets pass at one place.
  private struct Binding {
    var interface: String
    var family: IPFamily
    var names: [String]
    var node: Int
  }

  mutating func lowerFilters() {
    guard let section = tree.child(own, "firewall") else { return }
    for part in tree.children(section) {
      switch tree.word(part) {
      // Without a family a filter is one for IPv4.
      case "filter": for filter in tree.children(part) { lowerFilter(filter, .v4) }
      case "family": for family in tree.children(part) { lowerFamily(family) }
      case "policer", "three-color-policer", "hierarchical-policer", "interface-set", "prefix-action",
        "load-balance-group",
        "tunnel-end-point", "atm-policer", "template":
        tree.markBelow(part, .used)
      case "apply-groups", "apply-groups-except": tree.markBelow(part, .irrelevant)
      default: _ = notRecognised(part)
      }
    }
  }

  private mutating func lowerFamily(_ family: Int) {
    tree.mark(family, .used)
    let name = tree.word(family)
    for part in tree.children(family) {
      let kind = tree.word(part)
      if let known = Self.families[name], kind == "filter" {
        for filter in tree.children(part) { lowerFilter(filter, known) }
      } else if ["mpls", "ccc", "vpls", "ethernet-switching", "bridge", "any", "evpn"].contains(name)
        || ["service-filter", "simple-filter", "dialer-filter", "fast-update-filter", "prefix-action", "template"]
          .contains(kind)
      {
        // Such filters can only drop what passes otherwise.
        tree.markBelow(part, .used)
        notes.gap(
          tree.range(part), .notModelled, matters: true,
          "filters `\(printable(name)) \(printable(kind))` are not modelled; they can only drop more")
      } else if kind == "apply-groups" || kind == "apply-groups-except" {
        tree.markBelow(part, .irrelevant)
      } else {
        _ = notRecognised(part)
      }
    }
  }

  private mutating func lowerFilter(_ node: Int, _ family: IPFamily) {
    let name = tree.word(node)
    let key = JunosFilterKey(family: family, name: name)
    guard filters[key] == nil else { return }
    let rules = terms(of: node, family, in: [key])
    filters[key] = addList(listName(key), rules, implicitDiscard, tree.range(node))
  }

  private func listName(_ key: JunosFilterKey) -> String {
    (key.family == .v6 ? "inet6 " : "") + printable(key.name)
  }

  private var implicitDiscard: DefaultAction {
    DefaultAction(.deny, .implicit("a firewall filter discards what no term decides"), logging: .off)
  }

  private mutating func terms(of node: Int, _ family: IPFamily, in filters: [JunosFilterKey]) -> [Rule] {
    tree.mark(node, .used)
    var rules: [Rule] = []
    for part in tree.allChildren(node) {
      switch tree.word(part) {
      case "term":
        tree.mark(part, .used)
        for term in tree.allChildren(part) { rules.append(termRule(term, rules.count, family)) }
      case "interface-specific", "accounting-profile", "physical-interface-filter", "instance-shared", "enhanced-mode",
        "fast-lookup-filter", "interface-shared", "apply-groups", "apply-groups-except", "description":
        tree.markBelow(part, .irrelevant)
      default:
        if tree.isInactive(part) { continue }
        let reason = notRecognised(part)
        rules.append(openRule("filter \(quoted(node))", rules.count, reason, family))
      }
    }
    if tree.isCutOff(node) { rules.append(openRule("terms that may follow", rules.count, cutOff(node), family)) }
    return rules
  }

  private mutating func termRule(_ term: Int, _ order: Int, _ family: IPFamily) -> Rule {
    tree.mark(term, .used)
    var open: [Uncertainty] = []
    var match = JunosFilterMatch(family)
    var action: Action = .permit
    var logging = Logging.off
    for part in tree.children(term) {
      tree.mark(part, .used)
      switch tree.word(part) {
      case "from": for condition in tree.children(part) { read(condition, &match, &open) }
      case "then": (action, logging) = termAction(part, &open)
      case "description", "apply-groups", "apply-groups-except": tree.markBelow(part, .used)
      case "filter":
        open.append(notModelled(part, "a filter inside a term is not followed; the term may accept or discard"))
        action = .unknown
      default: open.append(notRecognised(part))
      }
    }
    if tree.isCutOff(term) { open.append(cutOff(term)) }
    var rule = Rule(
      order: order, name: "term \(printable(tree.word(term)))", match: match.bounds(open), action: action,
      source: tree.range(term))
    rule.ingress = match.ingress
    rule.logging = logging
    rule.comment = tree.text(term, "description") ?? tree.comment(term)
    if tree.isInactive(term) { rule.state = .disabled }
    return rule
  }

  /// Without a terminating action a term accepts ("Firewall Filter Terminating Actions").
  private mutating func termAction(_ node: Int, _ open: inout [Uncertainty]) -> (Action, Logging) {
    var action: Action = .permit
    var logging = Logging.off
    for part in tree.children(node) {
      let word = tree.word(part)
      tree.markBelow(part, .used)
      switch word {
      case "accept": action = .permit
      case "discard": action = .deny(rejects: false)
      case "reject": action = .deny(rejects: true)
      case "next": action = .proceed
      case "log", "syslog": logging = .on
      case "count", "forwarding-class", "loss-priority", "sample", "port-mirror", "port-mirror-instance", "dscp",
        "traffic-class", "service-accounting", "service-accounting-deferred", "packet-mode", "analyzer", "apply-groups":
        if word == "packet-mode" {
          notes.gap(
            tree.range(part), .notModelled, matters: true, "packets of this term pass without security policies")
        }
      case "policer", "three-color-policer", "hierarchical-policer", "prefix-action":
        open.append(Uncertainty(range: tree.range(part), reason: "a policer may drop what exceeds its rate"))
      case "routing-instance", "next-ip", "next-ip6", "next-interface", "topology", "logical-system":
        if !tree.isInactive(tree.parent(node)) { device.hasOtherRoutes = true }
        notes.gap(
          tree.range(part), .notModelled, matters: true, "the term chooses another route, which is not followed")
      default:
        open.append(notRecognised(part))
        action = .unknown
      }
    }
    return (action, logging)
  }

  // MARK: Where filters are used

  var inputStages: [Stage] { mutating get { bindings("input").compactMap { stage($0, isInput: true) } } }

  var outputStages: [Stage] { mutating get { bindings("output").compactMap { stage($0, isInput: false) } } }

  /// Filters of the loopback interface, which guard the device itself.
  var loopbackStages: [Stage] {
    mutating get {
      bindings("input", ofLoopback: true).compactMap { binding in
        var stage = stage(binding, isInput: true)
        stage?.ingress = .any
        return stage
      }
    }
  }

  private func bindings(_ direction: String, ofLoopback: Bool = false) -> [Binding] {
    var result: [Binding] = []
    for physical in tree.children(of: ["interfaces"], below: own)
    where (tree.word(physical) == "lo0") == ofLoopback && tree.word(physical) != "interface-range" {
      for unit in tree.children(of: ["unit"], below: physical) {
        for (word, family) in [("inet", IPFamily.v4), ("inet6", .v6)] {
          guard let filter = tree.find(["family", word, "filter"], below: unit) else { continue }
          let name = "\(tree.word(physical)).\(tree.word(unit))"
          if let binding = binding(filter, direction, name, family) { result.append(binding) }
        }
      }
    }
    return result
  }

  /// One filter or a list of them; of both the one that was set last counts.
  private func binding(_ filter: Int, _ direction: String, _ interface: String, _ family: IPFamily) -> Binding? {
    let list = tree.child(filter, "\(direction)-list")
    if let single = tree.value(filter, direction), list == nil || tree.isNewer(single, than: list ?? 0) {
      return Binding(interface: interface, family: family, names: [tree.word(single)], node: single)
    }
    guard let list else { return nil }
    return Binding(
      interface: interface, family: family, names: tree.children(list).map { tree.word($0) }, node: list)
  }

  private mutating func stage(_ binding: Binding, isInput: Bool) -> Stage? {
    guard let list = list(for: binding) else { return nil }
    let direction = isInput ? "input" : "output"
    let interface = InterfaceMatch([binding.interface])
    let permit = DefaultAction(.permit, .implicit("a filter sees the packets of its family alone"))
    return Stage(
      .filter(lists: [passList(beside: binding.family), list], fallback: permit),
      name: "filter \(direction) of \(binding.interface)", source: tree.range(binding.node),
      ingress: isInput ? interface : .any, egress: isInput ? .any : interface)
  }

  private mutating func list(for binding: Binding) -> Int? {
    let keys = binding.names.map { JunosFilterKey(family: binding.family, name: $0) }
    boundFilters.formUnion(keys)
    let missing = keys.filter { filters[$0] == nil }
    if missing.isEmpty, keys.count == 1 { return filters[keys[0]] }
    let name = binding.names.map { printable($0) }.joined(separator: ", ")
    let prefix = binding.family == .v6 ? "inet6 " : ""
    let full = missing.isEmpty ? "\(prefix)list of \(name)" : "\(prefix)\(name) (not defined)"
    if let known = device.lists.firstIndex(where: { $0.name == full }) { return known }
    var rules: [Rule] = []
    for key in keys {
      if let list = filters[key] {
        for rule in device.lists[list].rules {
          var rule = rule
          rule.order = rules.count
          rules.append(rule)
        }
      } else {
        let reason = undefined("firewall filter", key.name, tree.range(binding.node))
        rules.append(openRule("filter `\(printable(key.name))`", rules.count, reason, key.family))
      }
    }
    return addList(full, rules, implicitDiscard, tree.range(binding.node))
  }
}
