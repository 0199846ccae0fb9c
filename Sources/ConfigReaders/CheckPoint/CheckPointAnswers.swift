import RuleModel
import SourceText

/// A layer of access rules, put together from the pages of its answers.
struct CheckPointLayer {
  var uid: String
  var name: String
  var range: SourceRange
  /// Rules in order, sections flattened.
  var rules: [DocumentNode] = []
  /// How many rules the server says that there are; nil when it does not say.
  var total: Int?
}

/// What a file of management API answers holds.
///
/// Each answer is one JSON value; a file may hold one, or any number of them in lists (`jq -s`), of any command.
struct CheckPointAnswers {
  /// Objects by identifier, those with more details winning.
  private(set) var objects: [String: DocumentNode] = [:]
  /// Identifiers by name, for answers without an objects dictionary.
  private var names: [String: String] = [:]
  private(set) var layers: [CheckPointLayer] = []
  private(set) var packages: [DocumentNode] = []
  private(set) var translations: [DocumentNode] = []
  /// Whether an answer about NAT was there, with or without rules.
  private(set) var hasTranslations = false
  /// Parts of answers that are not known.
  private(set) var unknown: [SourceRange] = []
  /// Parts that say something about filtering.
  private(set) var used: [SourceRange] = []

  private static let answerKeys: Set<String> = [
    "from", "iteration", "name", "objects", "objects-dictionary", "packages", "rulebase", "to", "total", "type", "uid",
  ]

  /// Takes in a value of the file: an answer, a list of answers, or answers by the name of their command.
  mutating func take(_ node: DocumentNode) {
    var open = [node]
    while let next = open.popLast() {
      switch next {
      case .list(let items, _): open += items.reversed()
      case .map(let entries, _):
        if isAnswer(next) {
          takeAnswer(next)
        } else if entries.contains(where: { isCommand($0.key) }) {
          open += entries.map(\.value).reversed()
        } else {
          unknown.append(next.range)
        }
      case .scalar(_, let range, _): unknown.append(range)
      }
    }
  }

  private func isCommand(_ key: String) -> Bool { key.hasPrefix("show-") }

  private func isAnswer(_ node: DocumentNode) -> Bool {
    node["rulebase"]?.items != nil || node["objects"]?.items != nil || node["packages"]?.items != nil
      || node["objects-dictionary"]?.items != nil
      || ["package", "access-layer"].contains(node["type"]?.text ?? "")
      || (node["uid"] != nil && node["type"] != nil)
  }

  private mutating func takeAnswer(_ node: DocumentNode) {
    for key in ["objects-dictionary", "objects"] {
      for object in node[key]?.items ?? [] { add(object) }
    }
    for package in node["packages"]?.items ?? [] { add(package: package) }
    if let type = node["type"]?.text, node["rulebase"] == nil {
      if type == "package" { add(package: node) } else { add(node) }
      return
    }
    if let rulebase = node["rulebase"]?.items { takeRules(rulebase, node) }
    for entry in node.entries ?? [] where !Self.answerKeys.contains(entry.key) { unknown.append(entry.range) }
  }

  private mutating func add(package: DocumentNode) {
    packages.append(package)
    used.append(package.range)
    for layer in package["access-layers"]?.items ?? [] { add(layer) }
  }

  private mutating func add(_ object: DocumentNode) {
    guard let uid = object["uid"]?.text else { return }
    used.append(object.range)
    // The dictionary of one answer may hold less than a list of objects does.
    if let known = objects[uid], (known.entries?.count ?? 0) >= (object.entries?.count ?? 0) { return }
    objects[uid] = object
    if let name = object["name"]?.text { names[name] = uid }
  }

  private mutating func takeRules(_ rulebase: [DocumentNode], _ answer: DocumentNode) {
    let rules = flattened(rulebase)
    let isTranslation =
      answer["name"] == nil
      || rulebase.contains { ["nat-rule", "nat-section"].contains($0["type"]?.text ?? "") }
    if isTranslation {
      hasTranslations = true
      translations += rules
      return
    }
    let uid = answer["uid"]?.text ?? answer["name"]?.text ?? ""
    let place = layers.firstIndex { $0.uid == uid } ?? layers.count
    if place == layers.count {
      layers.append(CheckPointLayer(uid: uid, name: answer["name"]?.text ?? uid, range: head(of: answer)))
    }
    layers[place].rules += rules
    layers[place].total = answer["total"]?.text.flatMap { Int($0) }
  }

  /// The rules of a rulebase, those of its sections included.
  private func flattened(_ rulebase: [DocumentNode]) -> [DocumentNode] {
    rulebase.flatMap { $0["rulebase"]?.items ?? [$0] }
  }

  /// The beginning of an answer, for messages about all of it.
  private func head(of answer: DocumentNode) -> SourceRange { answer.entry(named: "name")?.range ?? answer.range }

  // MARK: Objects

  /// The object that a value of a rule means: an identifier, a name, or the object itself.
  func object(_ node: DocumentNode) -> DocumentNode? {
    if let text = node.text { return objects[text] ?? names[text].flatMap { objects[$0] } }
    guard let uid = node["uid"]?.text else { return nil }
    return objects[uid] ?? node
  }

  /// The name for people of what a value means.
  func name(_ node: DocumentNode) -> String {
    printable(object(node)?["name"]?.text ?? node.text ?? node["name"]?.text ?? "?")
  }
}

/// Why the file is an answer of the management API.
@Sendable
func detectCheckPointManagement(_ file: SourceFile) -> String? {
  let head = file.text(0..<min(file.bytes.count, 65536))
  guard let first = head.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }), first == "{" || first == "[" else {
    return nil
  }
  // Keys that only this interface has, two of them together.
  let marks = [
    "\"access-rule\"", "\"objects-dictionary\"", "\"nat-rule\"", "\"nat-section\"", "\"access-layers\"",
    "\"domain-type\"",
    "\"SMC User\"", "\"Check Point Data\"", "\"installation-targets\"", "\"CpmiAnyObject\"",
  ].filter { head.contains($0) }
  return marks.count >= 2 ? "it holds \(marks[0]) and \(marks[1])" : nil
}
