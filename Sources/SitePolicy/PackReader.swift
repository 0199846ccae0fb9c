import Findings
import RuleModel
import SourceText

/// Reads and validates a policy pack.
///
/// - Parameters:
///   - knownChecks: the codes of all checks, each with the settings that it understands.
///   - zones: the site's zones, for packs that name some; nil where no site is at hand, and then none may be named.
/// - Throws: every error of the file, not just the first.
public func loadPack(
  _ file: SourceFile, knownChecks: [String: Set<String>], zones: [Zone]? = nil
) throws(SitePolicyErrors) -> PolicyPack {
  let root: DocumentNode
  do {
    root = try parseYAML(file)
  } catch {
    throw SitePolicyErrors(error)
  }
  var reader = PackReader(
    document: DocumentReader(file: file), knownChecks: knownChecks, codes: knownChecks.keys.sorted(),
    zones: Set((zones ?? []).map(\.name)))
  let pack = reader.pack(root)
  try reader.document.finish()
  return pack
}

private struct PackReader {
  var document: DocumentReader
  let knownChecks: [String: Set<String>]
  let codes: [String]
  let zones: Set<String>

  mutating func pack(_ root: DocumentNode) -> PolicyPack {
    var pack = PolicyPack(name: "", title: "", rules: [], source: root.range)
    guard let fields = document.fields(root, "the pack", required: ["version", "pack", "title", "rules"])
    else { return pack }
    document.checkVersion(fields)
    pack.name = document.text(fields["pack"], "pack") ?? ""
    pack.title = document.text(fields["title"], "title") ?? ""
    var first: [String: SourceRange] = [:]
    for item in fields["rules"].map({ document.list($0, "rules") }) ?? [] {
      guard let rule = rule(item) else { continue }
      if let earlier = first.updateValue(rule.source, forKey: rule.id) {
        document.complain(
          rule.source, "the rule \(quoted(rule.id)) is given twice, first at \(document.label(earlier))",
          help: "rename one of the two; overriding works from one pack to a later one")
      }
      pack.rules.append(rule)
    }
    return pack
  }

  private mutating func rule(_ node: DocumentNode) -> PolicyRule? {
    guard
      let fields = document.fields(
        node, "a rule", required: ["id", "check"],
        optional: ["title", "from", "to", "expect", "severity", "possible-counts", "settings", "enabled"])
    else { return nil }
    let id = document.text(fields["id"], "id")
    let check = checkCode(fields["check"])
    let rule = PolicyRule(
      id: id ?? "", check: check ?? "", title: document.text(fields["title"], "title") ?? id ?? "",
      from: fields["from"].flatMap { selector($0, "from") }, to: fields["to"].flatMap { selector($0, "to") },
      expect: document.choice(fields["expect"], "expect"), severity: document.choice(fields["severity"], "severity"),
      possibleCounts: document.flag(fields["possible-counts"], "possible-counts") ?? false,
      settings: fields["settings"].map { settings($0, check: check) } ?? [:],
      isEnabled: document.flag(fields["enabled"], "enabled") ?? true, source: node.range,
      givenKeys: Set(fields.entries.keys))
    return id == nil ? nil : rule
  }

  private mutating func checkCode(_ node: DocumentNode?) -> String? {
    let (known, codes) = (knownChecks, codes)
    return document.value(node, "check") { (text) throws(TextProblem) in
      guard known[text] != nil else {
        throw TextProblem(message: "there is no check \(quoted(text))", help: suggestion(text, among: codes))
      }
      return text
    }
  }

  private mutating func selector(_ node: DocumentNode, _ key: String) -> ZoneSelector? {
    guard let fields = document.fields(node, "'\(key)'", optional: ["levels", "sis", "zones", "unzoned"])
    else { return nil }
    var selector = ZoneSelector(
      sis: document.flag(fields["sis"], "sis"), includesUnzoned: document.flag(fields["unzoned"], "unzoned") ?? false)
    if let node = fields["levels"] {
      selector.levels = Set(
        document.list(node, "levels").compactMap { document.value($0, "levels", parseLevel) })
    }
    if let node = fields["zones"] {
      let names = zones
      let named = document.list(node, "zones").compactMap {
        document.value($0, "zones") { (text) throws(TextProblem) in
          guard names.contains(text) else {
            throw TextProblem(
              message: "there is no zone \(quoted(text))", help: suggestion(text, among: names.sorted()))
          }
          return text
        }
      }
      selector.zones = Set(named)
    }
    return selector
  }

  private mutating func settings(_ node: DocumentNode, check: String?) -> [String: Setting] {
    let known = check.flatMap { knownChecks[$0] }
    var settings: [String: Setting] = [:]
    for entry in document.namedEntries(node, "'settings'") {
      if let known, let check, !known.contains(entry.key) {
        document.complain(
          entry.keyRange, "the check \(check) has no setting \(quoted(entry.key))",
          help: suggestion(entry.key, among: known.sorted()))
        continue
      }
      settings[entry.key] = setting(entry)
    }
    return settings
  }

  /// YAML's other words for true and false are refused: taken as text, they would silently set nothing.
  private mutating func setting(_ entry: DocumentEntry) -> Setting? {
    guard let text = document.text(entry.value, entry.key) else { return nil }
    guard case .scalar(_, _, .plain) = entry.value else { return .text(text) }
    if let number = Int(text) { return .number(number) }
    switch text.lowercased() {
    case "true" where text == "true": return .flag(true)
    case "false" where text == "false": return .flag(false)
    case "true", "false", "yes", "no", "on", "off":
      document.complain(entry.value.range, "'\(entry.key)' is \(quoted(text))", help: "write true or false")
      return nil
    default: return .text(text)
    }
  }
}

/// A Purdue level as YAML files write it.
func parseLevel(_ text: String) throws(TextProblem) -> PurdueLevel {
  guard let level = PurdueLevel(text) else {
    throw TextProblem(message: "\(quoted(text)) is no Purdue level", help: "write 0, 1, 2, 3, 3.5, 4, 5 or external")
  }
  return level
}
