import PacketSets
import RuleModel
import SourceText

/// Lowers the access rules of layers to rule lists.
struct CheckPointRules {
  var objects: CheckPointObjects
  /// The gateway that the rules are lowered for; nil when the file names none.
  var gateway: String?
  /// Index of each inline layer's list.
  let lists: [String: Int]

  private static let knownKeys: Set<String> = [
    "action", "action-settings", "comments", "content", "content-direction", "content-negate", "custom-fields",
    "destination", "destination-negate", "domain", "enabled", "hits", "inline-layer", "install-on", "meta-info", "name",
    "rule-number", "service", "service-negate", "service-resource", "source", "source-negate", "time", "track", "type",
    "uid",
    "user-check", "vpn", "vpn-directional",
  ]

  /// The rules of a layer in order.
  mutating func rules(of layer: CheckPointLayer) -> [Rule] {
    var result: [Rule] = []
    for node in layer.rules {
      if node["type"]?.text == "place-holder" { continue }
      result.append(rule(node, layer, order: result.count))
    }
    return result
  }

  private mutating func rule(_ node: DocumentNode, _ layer: CheckPointLayer, order: Int) -> Rule {
    var open = unknownKeys(node)
    let number = node["rule-number"]?.text ?? "\(order + 1)"
    let title = node["name"]?.text.flatMap { $0.isEmpty ? nil : " (\(printable($0)))" } ?? ""
    let action = action(node, &open)
    let match = match(node, &open)
    var rule = Rule(
      order: order, name: "\(printable(layer.name)) rule \(number)\(title)", match: match, action: action,
      source: place(of: node))
    readConditions(node, &rule, &open)
    readTargets(node, &open)
    if node["enabled"]?.text == "false" { rule.state = .disabled }
    for reason in limited(open) { rule.match = rule.match.uncertain(reason) }
    rule.logging = logging(node)
    rule.comment = node["comments"]?.text.flatMap { $0.isEmpty ? nil : $0 }
    rule.objects = references(node)
    rule.hits = node["hits"]?["value"]?.text.flatMap { UInt64($0) }
    return rule
  }

  /// A rule's name and number; the rule itself fills a page.
  private func place(of node: DocumentNode) -> SourceRange {
    (node.entry(named: "name") ?? node.entry(named: "rule-number") ?? node.entry(named: "uid"))?.range ?? node.range
  }

  private mutating func unknownKeys(_ node: DocumentNode) -> [Uncertainty] {
    var open: [Uncertainty] = []
    for entry in node.entries ?? [] where !Self.knownKeys.contains(entry.key) {
      let reason = "the column `\(printable(entry.key))` of the rule is not known"
      objects.notes.gap(entry.keyRange, .notRecognised, matters: true, reason)
      open.append(Uncertainty(range: entry.keyRange, reason: reason))
    }
    return open
  }

  /// Actions by their names in the objects dictionary (API reference, `add access-rule`: action).
  private mutating func action(_ node: DocumentNode, _ open: inout [Uncertainty]) -> Action {
    let range = node.entry(named: "action")?.range ?? place(of: node)
    switch node["action"].map({ objects.answers.name($0) }) {
    case "Accept", "Inform": return .permit
    case "Drop": return .deny(rejects: false)
    case "Reject": return .deny(rejects: true)
    case "Ask", "User Auth", "Client Auth":
      open.append(Uncertainty(range: range, reason: "the user is asked before the rule permits"))
      return .unknown
    case "Apply Layer", "Inner Layer":
      // Whoever matches the parent rule is decided on in the inline layer, its cleanup included.
      if let layer = node["inline-layer"].flatMap({ objects.answers.object($0)?["uid"]?.text ?? $0.text }),
        let list = lists[layer]
      {
        return .goto(list: list)
      }
      objects.notes.issue(
        .undefinedReference, range, "the inline layer of this rule is not in this file",
        help: "add the answer of show-access-rulebase for this layer")
      open.append(Uncertainty(range: range, reason: "the inline layer is not in this file"))
      return .unknown
    default:
      objects.notes.gap(range, .notRecognised, matters: true, "the action of the rule is not known")
      return .unknown
    }
  }

  // MARK: Columns

  private mutating func match(_ node: DocumentNode, _ open: inout [Uncertainty]) -> MatchBounds {
    let sources = addresses("source", node, &open)
    let destinations = addresses("destination", node, &open)
    guard let items = node["service"]?.items, !items.isEmpty else {
      missing("service", node, &open)
      return MatchBounds(sources: sources, destinations: destinations, services: ServiceBounds([.any]))
    }
    let services = objects.serviceBounds(items)
    let isNegated = node["service-negate"]?.text == "true"
    return MatchBounds(
      sources: sources, destinations: destinations, services: isNegated ? services.complement : services)
  }

  private mutating func addresses(
    _ column: String, _ node: DocumentNode, _ open: inout [Uncertainty]
  ) -> AddressBounds {
    guard let items = node[column]?.items, !items.isEmpty else {
      missing(column, node, &open)
      return AddressBounds(.all)
    }
    let bounds = objects.addressBounds(items)
    return node["\(column)-negate"]?.text == "true" ? bounds.complement : bounds
  }

  private mutating func missing(_ column: String, _ node: DocumentNode, _ open: inout [Uncertainty]) {
    let range = place(of: node)
    objects.notes.gap(
      range, .notModelled, matters: true, "the rule has no `\(column)`; it is taken to match anything or nothing")
    open.append(Uncertainty(range: range, reason: "the rule has no `\(column)`"))
  }

  /// Whether a column holds nothing but Any.
  private func isAny(_ node: DocumentNode) -> Bool {
    (node.items ?? [node]).allSatisfy {
      objects.answers.object($0)?["type"]?.text == "CpmiAnyObject" || $0.text == "Any"
    }
  }

  private func readConditions(_ node: DocumentNode, _ rule: inout Rule, _ open: inout [Uncertainty]) {
    let columns = [
      ("vpn", "the rule asks for a VPN"), ("content", "the rule asks what packets carry"),
      ("time", "the rule holds at certain times"), ("vpn-directional", "the rule asks for a VPN"),
      ("service-resource", "the rule asks for a resource"),
    ]
    for (column, reason) in columns {
      guard let entry = node.entry(named: column), !entry.value.isNull, !isAny(entry.value) else { continue }
      if entry.value.text == "" { continue }
      open.append(Uncertainty(range: entry.range, reason: reason))
      if column == "time" {
        rule.state = .scheduled(
          name: (entry.value.items ?? [entry.value]).map { objects.answers.name($0) }.joined(separator: ", "))
      }
    }
    if let entry = node["action-settings"]?.entry(named: "enable-identity-captive-portal"), entry.value.text == "true" {
      open.append(Uncertainty(range: entry.range, reason: "users may have to log in first"))
    }
  }

  /// `install-on`: all targets of the policy, or some gateways.
  private func readTargets(_ node: DocumentNode, _ open: inout [Uncertainty]) {
    guard let entry = node.entry(named: "install-on"), let targets = entry.value.items, !targets.isEmpty else { return }
    let names = targets.map { objects.answers.name($0) }
    if names.contains("Policy Targets") || isAny(entry.value) { return }
    if let gateway, names.contains(gateway) { return }
    open.append(Uncertainty(range: entry.range, reason: "the rule is installed on some gateways only"))
  }

  private func logging(_ node: DocumentNode) -> Logging {
    guard let track = node["track"]?["type"] ?? node["track"] else { return .unknown }
    return objects.answers.name(track) == "None" ? .off : .on
  }

  private func references(_ node: DocumentNode) -> [ObjectReference] {
    ["source", "destination", "service"].flatMap { column in
      (node[column]?.items ?? []).compactMap { value -> ObjectReference? in
        guard let object = objects.answers.object(value), object["type"]?.text != "CpmiAnyObject",
          let name = object.entry(named: "name")
        else { return nil }
        return ObjectReference(name: name.value.text ?? "", range: name.range)
      }
    }
  }
}
