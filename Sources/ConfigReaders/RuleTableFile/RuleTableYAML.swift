import SourceText

/// Takes a rule table out of YAML; `docs/formats/rule-table.md` documents the keys.
func ruleTable(yaml file: SourceFile, _ document: inout CheckedDocument) -> RuleTableText? {
  guard let root = document.parse() else { return nil }
  document.check(
    root,
    known: [
      "rule-table", "device", "stateful", "default", "interfaces", "routes", "other-routes", "groups", "services",
      "translate",
      "management",
      "rules",
    ], ignored: ["product", "owner", "comment"])
  var text = RuleTableText()
  if let version = root["rule-table"], version.text != "1" {
    document.unknown(version.range, "`rule-table` must be 1, the only version there is")
  }
  text.device = root["device"]?.text
  text.fallback = word(root["default"])
  text.stateful = word(root["stateful"])
  text.otherRoutes = word(root["other-routes"])
  if let node = root["interfaces"] { text.interfaces = interfaces(node, &document) }
  text.groups = names(root["groups"], &document)
  text.services = names(root["services"], &document)
  for node in document.maps(root["routes"], known: ["to", "via", "interface"]) {
    text.routes.append(
      RuleTableRoute(
        to: word(node["to"]), via: word(node["via"]), interface: word(node["interface"]), range: node.range))
  }
  let translationKeys: Set = [
    "in", "out", "source", "destination", "service", "to-source", "to-destination", "to-port",
  ]
  for node in document.maps(root["translate"], known: translationKeys) {
    text.translations.append(
      RuleTableTranslation(
        row: row(node, &document), toSource: word(node["to-source"]), toDestination: word(node["to-destination"]),
        toPort: word(node["to-port"])))
  }
  for node in document.maps(root["management"], known: ["service", "interface", "source"]) {
    text.management.append(
      RuleTableManagement(
        service: word(node["service"]), interface: word(node["interface"]), sources: document.words(node["source"]),
        range: node.range))
  }
  for node in document.maps(root["rules"], known: Set(RuleTableRow.columns)) { text.rows.append(row(node, &document)) }
  return text
}

extension CheckedDocument {
  /// The maps of a list, their keys checked; anything else in its place is a gap.
  fileprivate mutating func maps(_ node: DocumentNode?, known: Set<String>) -> [DocumentNode] {
    guard let node, !node.isNull else { return [] }
    guard let items = node.items else {
      unknown(node.range, "a list must stand here; write each entry as `- {...}`")
      return []
    }
    for item in items {
      if item.entries == nil { unknown(item.range, "an entry with keys must stand here, as `- {...}`") }
      check(item, known: known)
    }
    return items.filter { $0.entries != nil }
  }

  /// The texts of a list, or the one text; anything else in its place is a gap.
  fileprivate mutating func words(_ node: DocumentNode?) -> [RuleTableWord] {
    guard let node, !node.isNull else { return [] }
    var words: [RuleTableWord] = []
    for item in node.items ?? [node] {
      if let text = item.text {
        words.append(RuleTableWord(text: text, range: item.range))
      } else {
        unknown(item.range, "a text must stand here, not a \(item.kindName)")
      }
    }
    return words
  }
}

private func word(_ node: DocumentNode?) -> RuleTableWord? {
  node.flatMap { node in node.text.map { RuleTableWord(text: $0, range: node.range) } }
}

/// A rule's words; functions may be a map from protocol to functions, which is written `protocol:function` in CSV.
private func row(_ node: DocumentNode, _ document: inout CheckedDocument) -> RuleTableRow {
  var row = RuleTableRow(range: node.range)
  for entry in node.entries ?? [] where RuleTableRow.columns.contains(entry.key) {
    if entry.key == "functions", let protocols = entry.value.entries {
      document.ledger.mark(entry.range, .used)
      row.words[entry.key] = protocols.flatMap { part in
        document.words(part.value).map { RuleTableWord(text: "\(part.key):\($0.text)", range: $0.range) }
      }
    } else {
      row.words[entry.key] = document.words(entry.value)
    }
  }
  return row
}

/// `name: address` or `name: [address, …]`, or a bare list of names.
private func interfaces(
  _ node: DocumentNode, _ document: inout CheckedDocument
) -> [(name: RuleTableWord, addresses: [RuleTableWord])] {
  guard let entries = node.entries else { return document.words(node).map { ($0, []) } }
  return entries.map { entry in
    document.ledger.mark(entry.range, .used)
    return (RuleTableWord(text: entry.key, range: entry.keyRange), document.words(entry.value))
  }
}

private func names(_ node: DocumentNode?, _ document: inout CheckedDocument) -> [String: [RuleTableWord]] {
  if let node, node.entries == nil, !node.isNull {
    document.unknown(node.range, "names with their members must stand here, as `plcs: [10.10.0.5, 10.10.0.6]`")
  }
  var names: [String: [RuleTableWord]] = [:]
  for entry in node?.entries ?? [] {
    document.ledger.mark(entry.range, .used)
    names[entry.key] = document.words(entry.value)
  }
  return names
}
