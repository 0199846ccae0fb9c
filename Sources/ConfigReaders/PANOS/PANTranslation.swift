import PacketSets
import RuleModel
import SourceText

/// A NAT rule with its names resolved.
private struct PANTranslation {
  var node: Int
  var scope: Int
  var from: [String]?
  var to: [String]?
  var match: MatchBounds
  var destinations: AddressBounds
  var changesDestination: Bool
}

/// Address translation.
///
/// The first rule that matches the packet as it came in decides, from top to bottom; its destination zone is the one
/// that the untranslated destination is routed to (PAN-OS networking administrator's guide, "NAT Policy Overview").
extension PANDevice {
  /// Pairs of rules that are compared with each other; beyond, translations are left open.
  private static let comparisons = 2_000_000

  mutating func translations() -> [TranslationRule] {
    var parsed: [PANTranslation] = []
    for layer in instance.layers {
      let scope = scope(layer.scopes)
      for node in tree.children(of: tree.node(["nat", "rules"], from: layer.rulebase))
      where !tree.isYes("disabled", of: node) {
        if let rule = parse(node, scope) { parsed.append(rule) }
      }
    }
    let isLong = parsed.count * parsed.count > Self.comparisons
    var result: [TranslationRule] = []
    for (place, rule) in parsed.enumerated() {
      let clash = isLong ? rule.node : clash(of: place, parsed)
      result += lower(rule, clash, order: result.count)
    }
    return result
  }

  private mutating func parse(_ node: Int, _ scope: Int) -> PANTranslation? {
    let range = tree.range(of: node)
    var open: [Uncertainty] = []
    for attribute in tree.children(of: node) where !Self.translationAttributes.contains(tree.name(of: attribute)) {
      let reason = "the attribute `\(printable(tree.name(of: attribute)))` of the NAT rule is not known"
      notes.gap(tree.range(of: attribute), .notRecognised, matters: true, reason)
      open.append(Uncertainty(range: tree.range(of: attribute), reason: reason))
    }
    if let kind = tree.value("nat-type", of: node), kind != "ipv4" {
      notes.gap(range, .notModelled, matters: true, "translation between or of IPv6 addresses is not modelled")
      open.append(Uncertainty(range: range, reason: "the rule translates IPv6 addresses"))
    }
    if tree.child("active-active-device-binding", of: node) != nil {
      open.append(Uncertainty(range: range, reason: "the rule belongs to one device of a cluster"))
    }
    if let interface = tree.value("to-interface", of: node), interface != "any" {
      open.append(Uncertainty(range: range, reason: "the rule asks for the interface before translation"))
    }
    func bounds(_ name: String) -> AddressBounds {
      addressBounds(name, of: node, scope) ?? .unknown(Uncertainty(range: range, reason: "the rule has no `\(name)`"))
    }
    let sources = bounds("source")
    let destinations = bounds("destination")
    var services = ServiceBounds([.any])
    if let use = tree.child("service", of: node), let name = tree.value(of: use) {
      services = service(name, tree.range(of: use), scope)
    }
    var match = MatchBounds(sources: sources, destinations: destinations, services: services)
    for reason in limited(open) { match = match.uncertain(reason) }
    let from = zones(named: "from", node, &match)
    let to = zones(named: "to", node, &match)
    let changes = ["destination-translation", "dynamic-destination-translation"].contains {
      tree.child($0, of: node) != nil
    }
    return PANTranslation(
      node: node, scope: scope, from: from, to: to, match: match,
      destinations: destinations, changesDestination: changes)
  }

  private static let translationAttributes: Set<String> = [
    "active-active-device-binding", "description", "destination", "destination-translation", "disabled",
    "dynamic-destination-translation", "from", "group-tag", "nat-type", "service", "source", "source-translation",
    "tag",
    "target", "to", "to-interface",
  ]

  /// Zones that an attribute names; nil for any, and for names that nothing defines.
  private mutating func zones(named attribute: String, _ node: Int, _ match: inout MatchBounds) -> [String]? {
    let members = tree.children(of: tree.child(attribute, of: node))
    let words = members.map { tree.name(of: $0) }
    if words.isEmpty || words.contains("any") { return nil }
    for member in members where zones[tree.name(of: member)] == nil {
      match = match.uncertain(undefined("zone", tree.name(of: member), tree.range(of: member)))
      return nil
    }
    return words
  }

  private func overlap(_ a: [String]?, _ b: [String]?) -> Bool {
    guard let a, let b else { return true }
    return a.contains { b.contains($0) }
  }

  /// Another rule that may take packets of this one because of the zone before translation, which the final egress
  /// interface does not tell: an earlier one for a rule that changes destinations, a later one for the others.
  private func clash(of place: Int, _ rules: [PANTranslation]) -> Int? {
    let rule = rules[place]
    let others = rule.changesDestination ? rules[..<place] : rules[(place + 1)...]
    return others.first { other in
      other.changesDestination != rule.changesDestination && overlap(other.from, rule.from)
        && (other.changesDestination ? rule.to : other.to) != nil
        && other.destinations.upper.overlaps(rule.destinations.upper)
    }?.node
  }

  private mutating func lower(_ rule: PANTranslation, _ clash: Int?, order: Int) -> [TranslationRule] {
    let range = tree.range(of: rule.node)
    var result = TranslationRule(
      order: order, name: "NAT rule \(printable(tree.name(of: rule.node)))", match: rule.match, range: range)
    result.ingress = InterfaceMatch(rule.from.map { patterns($0) })
    result.source = sourceTranslation(rule)
    if rule.changesDestination {
      lowerDestination(rule, &result)
      if let to = rule.to, zones(towards: rule.destinations.upper) != Set(to) {
        result.match = result.match.uncertain(
          Uncertainty(range: range, reason: "the zone of the untranslated destination is not certain"))
      }
    } else {
      result.egress = InterfaceMatch(rule.to.map { patterns($0) })
    }
    if let clash {
      result.match = result.match.uncertain(
        Uncertainty(
          range: tree.range(of: clash),
          reason: "which of two NAT rules takes a packet depends on the zone before translation"))
    }
    return [result] + backward(rule, order: order + 1)
  }

  /// Names and literals as addresses.
  private mutating func addresses(_ node: Int, _ scope: Int) -> AddressBounds {
    union(of: tree.children(of: node).map { address(tree.name(of: $0), tree.range(of: $0), scope, depth: 0) })
  }

  private mutating func lowerDestination(_ rule: PANTranslation, _ result: inout TranslationRule) {
    let node =
      tree.child("destination-translation", of: rule.node)
      ?? tree.child("dynamic-destination-translation", of: rule.node)
    guard let node, let target = tree.child("translated-address", of: node) else {
      result.destination = .unknown(Uncertainty(range: result.range, reason: "the new destination is not known"))
      return
    }
    let scope = rule.scope
    let addresses = addresses(target, scope)
    guard addresses.isExact, !addresses.upper.isEmpty else {
      result.destination = .unknown(
        addresses.uncertainties.first
          ?? Uncertainty(range: tree.range(of: target), reason: "the new destination is not known"))
      return
    }
    result.destination = mapping(from: rule.destinations, to: addresses.upper)
    if let port = tree.value("translated-port", of: node) {
      result.destinationPorts = UInt16(port).map { IntervalSet($0) } ?? .all
    }
  }

  /// One-to-one where both sides are prefixes of one length, else any of the new addresses.
  private func mapping(from old: AddressBounds, to new: AddressSet) -> AddressTranslation {
    if old.isExact, let from = prefix(old.upper), let to = prefix(new), from.length == to.length,
      from.base.family == to.base.family
    {
      return .prefix(from: from, to: to)
    }
    return .pool(new)
  }

  /// The one prefix that a set is.
  private func prefix(_ set: AddressSet) -> IPPrefix? {
    guard set.v6.isEmpty, set.v4.intervals.count == 1, let range = set.v4.intervals.first else { return nil }
    let length = (range.lowerBound ^ range.upperBound).leadingZeroBitCount
    guard let prefix = IPPrefix(IPAddress(v4: range.lowerBound), length: length), AddressSet(prefix) == set else {
      return nil
    }
    return prefix
  }

  private mutating func sourceTranslation(_ rule: PANTranslation) -> AddressTranslation? {
    guard let node = tree.child("source-translation", of: rule.node) else { return nil }
    let range = tree.range(of: node)
    for kind in tree.children(of: node) {
      if tree.child("interface-address", of: kind) != nil { return .egressInterface }
      guard let target = tree.child("translated-address", of: kind) else { continue }
      let addresses = addresses(target, rule.scope)
      if addresses.isExact, !addresses.upper.isEmpty { return .pool(addresses.upper) }
      return .unknown(
        addresses.uncertainties.first ?? Uncertainty(range: range, reason: "the new source is not known"))
    }
    return .unknown(Uncertainty(range: range, reason: "the new source is not known"))
  }

  /// A bidirectional static translation also translates destinations the other way (PAN-OS web interface help, "NAT
  /// Translated Packet Tab", bi-directional).
  private mutating func backward(_ rule: PANTranslation, order: Int) -> [TranslationRule] {
    guard let fixed = tree.node(["source-translation", "static-ip"], from: rule.node),
      tree.isYes("bi-directional", of: fixed), let target = tree.child("translated-address", of: fixed),
      let sources = addressBounds("source", of: rule.node, rule.scope)
    else { return [] }
    let range = tree.range(of: fixed)
    let outside = addresses(target, rule.scope)
    let reason = Uncertainty(
      range: range, reason: "where the reverse of a bidirectional translation applies is not certain")
    var result = TranslationRule(
      order: order, name: "NAT rule \(printable(tree.name(of: rule.node))), reverse",
      match: MatchBounds(PacketMatch(destinations: outside.upper)).uncertain(reason), range: range)
    result.destination =
      sources.isExact && !sources.upper.isEmpty ? mapping(from: outside, to: sources.upper) : .unknown(reason)
    return [result]
  }
}
