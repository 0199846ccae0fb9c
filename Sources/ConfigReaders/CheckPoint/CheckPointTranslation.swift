import PacketSets
import RuleModel
import SourceText

/// Lowers NAT rules, manual and automatic.
///
/// The access rules see packets as they came in, so translation follows them. Manual rules are exclusive, the first match
/// decides; of automatic rules one may translate the source and another the destination of the same connection (R81
/// Security Management Administration Guide, "Configuring the NAT Policy"). Hence a stage for each.
struct CheckPointTranslation {
  var objects: CheckPointObjects
  private var answers: CheckPointAnswers { objects.answers }

  private struct Entry {
    var node: DocumentNode
    var match: MatchBounds
    var destinations: AddressBounds
    var isAutomatic: Bool
    var translated: [String: DocumentNode]
  }

  private static let knownKeys: Set<String> = [
    "auto-generated", "comments", "domain", "enabled", "install-on", "meta-info", "method", "name",
    "original-destination",
    "original-service", "original-source", "rule-number", "translated-destination", "translated-service",
    "translated-source", "type", "uid",
  ]

  init(objects: CheckPointObjects) { self.objects = objects }

  mutating func stages(isExpected: Bool, _ source: SourceRange) -> [Stage] {
    if !answers.hasTranslations, isExpected {
      objects.notes.issue(
        .undefinedReference, source, "the package has a NAT policy, and its rules are not in this file",
        help: "add the answer of show-nat-rulebase")
    }
    var entries: [Entry] = []
    for node in answers.translations where node["enabled"]?.text != "false" { entries.append(entry(node)) }
    var destinations: [TranslationRule] = []
    var sources: [TranslationRule] = []
    // Destinations that earlier rules without a new destination may keep.
    var kept: [AddressSet] = []
    for entry in entries {
      if entry.translated["destination"] != nil || entry.translated["service"] != nil {
        var rule = rule(entry, destinations.count)
        rule.destination = destination(entry)
        if let service = entry.translated["service"] { rule.destinationPorts = ports(service) }
        if kept.contains(where: { $0.overlaps(entry.destinations.upper) }) {
          rule.match = rule.match.uncertain(
            Uncertainty(range: rule.range, reason: "an earlier NAT rule may take the packet and keep its destination"))
        }
        destinations.append(rule)
      } else if !entry.isAutomatic || entry.translated.isEmpty {
        kept = [union(of: kept + [entry.destinations.upper])]
      }
      if let target = entry.translated["source"] {
        var rule = rule(entry, sources.count)
        rule.source = self.source(target, isHidden: entry.node["method"]?.text == "hide")
        sources.append(rule)
      }
    }
    return [("NAT rules, destinations", destinations), ("NAT rules, sources", sources)].compactMap { name, rules in
      rules.isEmpty ? nil : Stage(.translate(rules), name: name, source: rules[0].range)
    }
  }

  private mutating func entry(_ node: DocumentNode) -> Entry {
    var open: [Uncertainty] = []
    for entry in node.entries ?? [] where !Self.knownKeys.contains(entry.key) {
      let reason = "the column `\(printable(entry.key))` of the NAT rule is not known"
      objects.notes.gap(entry.keyRange, .notRecognised, matters: true, reason)
      open.append(Uncertainty(range: entry.keyRange, reason: reason))
    }
    let names = (node["install-on"]?.items ?? []).map { answers.name($0) }
    if !names.isEmpty, !names.contains("Policy Targets"), !names.contains("All"), !names.contains("Any") {
      open.append(Uncertainty(range: node.range, reason: "the rule is installed on some gateways only"))
    }
    let sources = addresses("original-source", node)
    let destinations = addresses("original-destination", node)
    let services = node["original-service"].map { objects.serviceBounds([$0]) } ?? ServiceBounds([.any])
    var match = MatchBounds(sources: sources, destinations: destinations, services: services)
    for reason in limited(open) { match = match.uncertain(reason) }
    var translated: [String: DocumentNode] = [:]
    for side in ["source", "destination", "service"] {
      guard let value = node["translated-\(side)"], answers.name(value) != "Original" else { continue }
      translated[side] = value
    }
    // An automatic rule for traffic inside its own network translates to what it was.
    return Entry(
      node: node, match: match, destinations: destinations, isAutomatic: node["auto-generated"]?.text == "true",
      translated: translated)
  }

  private mutating func addresses(_ column: String, _ node: DocumentNode) -> AddressBounds {
    guard let value = node[column] else {
      return .unknown(Uncertainty(range: node.range, reason: "the NAT rule has no `\(column)`"))
    }
    return objects.addressBounds([value])
  }

  private func rule(_ entry: Entry, _ order: Int) -> TranslationRule {
    let number = entry.node["rule-number"]?.text ?? "\(order + 1)"
    let range = entry.node.entry(named: "rule-number")?.range ?? entry.node.range
    return TranslationRule(order: order, name: "NAT rule \(number)", match: entry.match, range: range)
  }

  /// Static: each address becomes the one at the same place, where both sides are one range of one length.
  private mutating func destination(_ entry: Entry) -> AddressTranslation? {
    guard let value = entry.translated["destination"] else { return nil }
    let target = objects.addressBounds([value])
    guard target.isExact, !target.upper.isEmpty else {
      return .unknown(
        target.uncertainties.first ?? Uncertainty(range: value.range, reason: "the new destination is not known"))
    }
    if entry.destinations.isExact, let from = onePrefix(entry.destinations.upper), let to = onePrefix(target.upper),
      from.length == to.length, from.base.family == to.base.family
    {
      return .prefix(from: from, to: to)
    }
    return .pool(target.upper)
  }

  private mutating func source(_ value: DocumentNode, isHidden: Bool) -> AddressTranslation {
    let target = objects.addressBounds([value])
    if target.isExact, !target.upper.isEmpty, !isHidden { return .pool(target.upper) }
    return .unknown(Uncertainty(range: value.range, reason: "connections are hidden behind an address of the gateway"))
  }

  private mutating func ports(_ value: DocumentNode) -> IntervalSet<UInt16> {
    let services = objects.serviceBounds([value])
    guard services.uncertainties.isEmpty, services.upper.count == 1 else { return .all }
    return services.upper[0].destinationPorts
  }

  /// The one prefix that a set is.
  private func onePrefix(_ set: AddressSet) -> IPPrefix? {
    guard set.v6.isEmpty, set.v4.intervals.count == 1, let range = set.v4.intervals.first else { return nil }
    let length = (range.lowerBound ^ range.upperBound).leadingZeroBitCount
    guard let prefix = IPPrefix(IPAddress(v4: range.lowerBound), length: length), AddressSet(prefix) == set else {
      return nil
    }
    return prefix
  }
}
