import PacketSets
import RuleModel
import SourceText

/// A security rule's zones: products of ingress and egress, one for each rule of the model.
private struct PANZonePair {
  var ingress: InterfaceMatch
  var egress: InterfaceMatch
}

/// Security rules.
extension PANDevice {
  /// Attributes that say nothing about which packets a rule takes, or that are read by name.
  private static let knownAttributes: Set<String> = [
    "action", "application", "category", "description", "destination", "destination-hip", "disabled", "from",
    "group-tag", "hip-profiles", "icmp-unreachable", "log-end", "log-setting", "log-start", "negate-destination",
    "negate-source", "option", "profile-setting", "qos", "rule-type", "saas-tenant-list", "saas-user-list", "schedule",
    "service", "source", "source-hip", "source-imei", "source-imsi", "source-nw-slice", "source-user", "tag",
    "target", "to",
  ]
  /// Conditions beside addresses and services; `any` for those that are not used.
  private static let conditions: [(name: String, reason: String)] = [
    ("category", "the rule asks for URL categories"),
    ("destination-hip", "the rule asks about the state of the destination host"),
    ("hip-profiles", "the rule asks about the state of the source host"),
    ("saas-tenant-list", "the rule asks for cloud tenants"),
    ("saas-user-list", "the rule asks for cloud users"),
    ("source-hip", "the rule asks about the state of the source host"),
    ("source-imei", "the rule asks for mobile devices"),
    ("source-imsi", "the rule asks for mobile subscribers"),
    ("source-nw-slice", "the rule asks for a network slice"),
    ("source-user", "the rule asks who the user is"),
  ]

  /// The rules of one layer in order, each as one or more rules of the model.
  mutating func rules(of layer: PANInstance.Layer) -> [Rule] {
    let scope = scope(layer.scopes)
    var result: [Rule] = []
    for node in tree.children(of: tree.node(["security", "rules"], from: layer.rulebase)) {
      result += rules(node, scope, order: result.count)
    }
    return result
  }

  private mutating func rules(_ node: Int, _ scope: Int, order: Int) -> [Rule] {
    var open = unknownAttributes(of: node)
    guard isTargeted(node, &open) else { return [] }
    let action = action(node, &open)
    let match = match(node, scope, isPermit: action == .permit, &open)
    let pairs = zonePairs(node, &open)
    var state = RuleState.active
    if let schedule = tree.child("schedule", of: node), let name = tree.value(of: schedule) {
      state = .scheduled(name: name)
      open.append(
        Uncertainty(
          range: tree.range(of: schedule), reason: "schedule `\(printable(name))` limits the rule in time"))
    }
    if tree.isYes("disabled", of: node) { state = .disabled }
    return pairs.enumerated().map { offset, pair in
      var rule = Rule(
        order: order + offset, name: "rule \(printable(tree.name(of: node)))", match: match, action: action,
        source: tree.range(of: node))
      for reason in limited(open) { rule.match = rule.match.uncertain(reason) }
      rule.ingress = pair.ingress
      rule.egress = pair.egress
      rule.state = state
      rule.logging = logging(node)
      rule.comment = tree.value("description", of: node)
      rule.objects = references(node, scope)
      return rule
    }
  }

  private mutating func unknownAttributes(of node: Int) -> [Uncertainty] {
    var open: [Uncertainty] = []
    for attribute in tree.children(of: node) where !Self.knownAttributes.contains(tree.name(of: attribute)) {
      let range = tree.range(of: attribute)
      let reason = "the attribute `\(printable(tree.name(of: attribute)))` of the rule is not known"
      notes.gap(range, .notRecognised, matters: true, reason)
      open.append(Uncertainty(range: range, reason: reason))
    }
    return open
  }

  /// Whether a rule that Panorama pushes reaches this firewall (`target`).
  private func isTargeted(_ node: Int, _ open: inout [Uncertainty]) -> Bool {
    guard let target = tree.child("target", of: node) else { return true }
    let devices = tree.children(of: tree.child("devices", of: target))
    let isNegated = tree.isYes("negate", of: target)
    if !tree.children(of: tree.child("tags", of: target)).isEmpty {
      open.append(
        Uncertainty(range: tree.range(of: target), reason: "the rule is meant for firewalls with certain tags"))
      return true
    }
    if devices.isEmpty { return true }
    guard let serial = instance.serial else {
      open.append(Uncertainty(range: tree.range(of: target), reason: "the rule is meant for certain firewalls"))
      return true
    }
    return devices.contains { tree.name(of: $0) == serial } != isNegated
  }

  private mutating func action(_ node: Int, _ open: inout [Uncertainty]) -> Action {
    switch tree.value("action", of: node) {
    case "allow": return .permit
    case "deny", "drop": return .deny(rejects: tree.isYes("icmp-unreachable", of: node))
    case "reset-client", "reset-server", "reset-both": return .deny(rejects: true)
    case let other:
      let range = tree.range(of: tree.child("action", of: node) ?? node)
      let reason = other == nil ? "the rule has no `action`" : "the action `\(printable(other ?? ""))` is not known"
      if !tree.isYes("disabled", of: node) {
        notes.gap(range, .notModelled, matters: true, "\(reason); it is taken to permit or deny")
      }
      open.append(Uncertainty(range: range, reason: reason))
      return .unknown
    }
  }

  // MARK: Match

  private mutating func match(
    _ node: Int, _ scope: Int, isPermit: Bool, _ open: inout [Uncertainty]
  ) -> MatchBounds {
    let sources = addresses("source", node, scope, &open)
    let destinations = addresses("destination", node, scope, &open)
    for (name, reason) in Self.conditions {
      guard let attribute = tree.child(name, of: node) else { continue }
      let words = tree.children(of: attribute).map { tree.name(of: $0) }
      if words.isEmpty || words.contains("any") { continue }
      open.append(Uncertainty(range: tree.range(of: attribute), reason: reason))
    }
    var traffic = traffic(of: node, scope, isPermit: isPermit)
    if traffic == nil {
      for name in ["service", "application"] where tree.words(name, of: node).isEmpty { missing(name, node, &open) }
      traffic = PANTraffic(lower: [], upper: [([.any], .all)], uncertainties: [])
    }
    return bounds(sources, destinations, traffic!)
  }

  private func bounds(
    _ sources: AddressBounds, _ destinations: AddressBounds, _ traffic: PANTraffic
  ) -> MatchBounds {
    func matches(
      _ sources: AddressSet, _ destinations: AddressSet,
      _ alternatives: [(services: [Service], functions: IntervalSet<UInt16>)]
    ) -> [PacketMatch] {
      alternatives.map {
        PacketMatch(
          sources: sources, destinations: destinations, services: $0.services,
          function: FunctionMatch(functions: $0.functions))
      }
    }
    let upper = matches(sources.upper, destinations.upper, traffic.upper)
    let reasons = sources.uncertainties + destinations.uncertainties + traffic.uncertainties
    if reasons.isEmpty { return MatchBounds(upper) }
    return MatchBounds(
      lower: matches(sources.lower, destinations.lower, traffic.lower), upper: upper,
      uncertainties: limited(reasons))
  }

  private mutating func addresses(
    _ name: String, _ node: Int, _ scope: Int, _ open: inout [Uncertainty]
  ) -> AddressBounds {
    guard let bounds = addressBounds(name, of: node, scope) else {
      missing(name, node, &open)
      return AddressBounds(.all)
    }
    return tree.isYes("negate-\(name)", of: node) ? bounds.complement : bounds
  }

  /// A mandatory attribute that the rule does not have: the rule may match anything or nothing.
  private mutating func missing(_ name: String, _ node: Int, _ open: inout [Uncertainty]) {
    let range = tree.range(of: node)
    if !tree.isYes("disabled", of: node) {
      notes.gap(
        range, .notModelled, matters: true, "the rule has no `\(name)`; it is taken to match anything or nothing")
    }
    open.append(Uncertainty(range: range, reason: "the rule has no `\(name)`"))
  }

  // MARK: Zones

  /// Universal rules take traffic inside and between their zones, intrazone rules only inside each, interzone rules
  /// only between different ones (PAN-OS web interface help, "Building Blocks in a Security Policy Rule", rule type).
  private mutating func zonePairs(_ node: Int, _ open: inout [Uncertainty]) -> [PANZonePair] {
    let type = tree.value("rule-type", of: node) ?? "universal"
    let from = zones("from", node, &open)
    if type == "intrazone" {
      return (from ?? zoneOrder).map {
        let match = InterfaceMatch(patterns([$0]))
        return PANZonePair(ingress: match, egress: match)
      }
    }
    let to = zones("to", node, &open)
    if type == "interzone" {
      return (from ?? zoneOrder).map { zone in
        let ingress = InterfaceMatch(patterns([zone]))
        guard let to else {
          return PANZonePair(ingress: ingress, egress: InterfaceMatch(patterns([zone]), isNegated: true))
        }
        return PANZonePair(ingress: ingress, egress: InterfaceMatch(patterns(to.filter { $0 != zone })))
      }
    }
    if type != "universal" {
      open.append(Uncertainty(range: tree.range(of: node), reason: "the rule type is not known"))
    }
    return [
      PANZonePair(
        ingress: InterfaceMatch(from.map { patterns($0) }), egress: InterfaceMatch(to.map { patterns($0) }))
    ]
  }

  /// Zones that an attribute names; nil for any.
  private mutating func zones(_ name: String, _ node: Int, _ open: inout [Uncertainty]) -> [String]? {
    let members = tree.children(of: tree.child(name, of: node))
    if members.isEmpty {
      missing(name, node, &open)
      return nil
    }
    var result: [String] = []
    for member in members {
      let zone = tree.name(of: member)
      if zone == "any" { return nil }
      if zone == "multicast" {
        open.append(Uncertainty(range: tree.range(of: member), reason: "the zone `multicast` is not modelled"))
        return nil
      }
      if zones[zone] == nil {
        guard !tree.isYes("disabled", of: node) else { continue }
        open.append(undefined("zone", zone, tree.range(of: member)))
        return nil
      }
      result.append(zone)
    }
    return result
  }

  /// Names of interfaces that stand for some zones.
  func patterns(_ names: [String]) -> [String] { names.flatMap { zonePatterns[$0] ?? [] } }

  // MARK: What else a rule says

  /// Sessions are recorded at their end unless a rule says otherwise (same section, "Log Setting").
  private func logging(_ node: Int) -> Logging {
    if tree.isYes("log-start", of: node) { return .on }
    return tree.value("log-end", of: node) == "no" ? .off : .on
  }

  private func references(_ node: Int, _ scope: Int) -> [ObjectReference] {
    var result: [ObjectReference] = []
    func add(_ attribute: String, _ lists: [String]) {
      for word in tree.words(attribute, of: node) where word != "any" {
        guard let object = lists.compactMap({ object(word, in: $0, scope) }).first else { continue }
        result.append(ObjectReference(name: word, range: tree.range(of: object)))
      }
    }
    add("source", ["address", "address-group", "external-list", "region"])
    add("destination", ["address", "address-group", "external-list", "region"])
    add("service", ["service", "service-group"])
    add("application", ["application-group", "application-filter", "application"])
    return result
  }

  /// A rule that tells the device to take certain traffic for a certain application, whatever it carries.
  func activeOverride() -> SourceRange? {
    for layer in instance.layers {
      for rule in tree.children(of: tree.node(["application-override", "rules"], from: layer.rulebase))
      where !tree.isYes("disabled", of: rule) {
        return tree.range(of: rule)
      }
    }
    return nil
  }
}
