import RuleModel
import SourceText

/// All that is wrong with a site file, pack, framework or inventory; never empty.
public struct SitePolicyErrors: Error, Sendable {
  /// In order of files and positions; at most a hundred a file.
  public let errors: [SourceError]
  /// Whether reading stopped because there were too many.
  public let isCut: Bool

  /// One line for each error, and one when there may be more.
  public var description: String {
    let lines = errors.map(\.description)
    return (isCut ? lines + ["… and perhaps more; correct these first"] : lines).joined(separator: "\n")
  }
}

/// Reads typed values out of one file's tree and collects everything that is wrong with it.
struct DocumentReader {
  let file: SourceFile
  private(set) var errors: [SourceError] = []
  /// Whether there are as many errors as anyone corrects in one go; nothing more is read then, so that a hostile file
  /// cannot make reading costly by being wrong everywhere.
  private(set) var isFull = false
  private static let errorLimit = 100

  init(file: SourceFile) { self.file = file }

  mutating func complain(_ range: SourceRange, _ message: String, help: String) {
    add(file.malformed(at: Int(range.start), message, help: help))
  }

  mutating func add(_ error: SourceError) {
    guard !isFull else { return }
    errors.append(error)
    if errors.count >= DocumentReader.errorLimit { isFull = true }
  }

  /// Takes over the errors of another file.
  mutating func add(_ other: DocumentReader) {
    errors += other.errors
    isFull = isFull || other.isFull
  }

  /// Takes over the errors of a file that was read by itself.
  mutating func add(_ other: SitePolicyErrors) {
    errors += other.errors
    isFull = isFull || other.isCut
  }

  /// - Throws: when anything was wrong.
  func finish() throws(SitePolicyErrors) {
    guard errors.isEmpty else {
      throw SitePolicyErrors(errors: errors.sorted { $0.place < $1.place }, isCut: isFull)
    }
  }

  /// `path:line:column` of a place in this file.
  func label(_ range: SourceRange) -> String {
    let place = file.position(at: Int(range.start))
    return "\(file.path):\(place.line):\(place.column)"
  }
}

extension SitePolicyErrors {
  init(_ error: SourceError) { self.init(errors: [error], isCut: false) }
}

extension SourceError {
  fileprivate var place: (String, SourcePosition) {
    switch self {
    case .tooLarge(let path, _, _): return (path, SourcePosition(line: 0, column: 0))
    case .malformed(let path, let position, _, _): return (path, position)
    }
  }
}

/// The entries of a map whose keys have been checked.
struct Fields {
  /// What the map describes, for messages: `zone 'control'`.
  let owner: String
  /// The map itself.
  let range: SourceRange
  let entries: [String: DocumentEntry]

  subscript(key: String) -> DocumentNode? { entries[key]?.value }
}

extension DocumentReader {
  /// The entries of a map, unknown, missing and empty keys complained about; nil when `node` is no map.
  ///
  /// A key without a value is refused: what looks like a restriction must not silently be none.
  mutating func fields(
    _ node: DocumentNode, _ owner: String, required: [String] = [], optional: [String] = []
  ) -> Fields? {
    guard !isFull else { return nil }
    guard let entries = node.entries else {
      complain(
        node.range, "\(owner) must be a map of keys, not a \(node.kindName)", help: keysHelp(required + optional))
      return nil
    }
    var known: [String: DocumentEntry] = [:]
    for entry in entries {
      if !required.contains(entry.key), !optional.contains(entry.key) {
        complain(
          entry.keyRange, "\(owner) has no key \(quoted(entry.key))",
          help: suggestion(entry.key, among: required + optional))
      } else if entry.value.isNull {
        complain(entry.keyRange, "\(quoted(entry.key)) has no value", help: "give it one or remove the key")
        known[entry.key] = entry
      } else {
        known[entry.key] = entry
      }
    }
    for key in required where known[key] == nil {
      complain(node.range, "\(owner) has no '\(key)'", help: "add the key '\(key)'")
    }
    return Fields(owner: owner, range: node.range, entries: known.filter { !$0.value.value.isNull })
  }

  /// The entries of a map from names to things.
  mutating func namedEntries(_ node: DocumentNode, _ owner: String) -> [DocumentEntry] {
    guard !isFull else { return [] }
    guard let entries = node.entries else {
      complain(
        node.range, "\(owner) must be a map from names to values, not a \(node.kindName)", help: "write 'name: …'")
      return []
    }
    return entries
  }

  /// The items of a list that is not empty.
  mutating func list(_ node: DocumentNode, _ key: String) -> [DocumentNode] {
    guard !isFull else { return [] }
    guard let items = node.items else {
      complain(node.range, "'\(key)' must be a list, not a \(node.kindName)", help: "write [one, two]")
      return []
    }
    if items.isEmpty { complain(node.range, "'\(key)' is an empty list", help: "name at least one, or remove the key") }
    return items
  }

  /// A scalar that is not empty.
  mutating func text(_ node: DocumentNode?, _ key: String) -> String? {
    guard let node else { return nil }
    guard let text = node.text else {
      complain(node.range, "'\(key)' must be a single value, not a \(node.kindName)", help: "write one value")
      return nil
    }
    guard !node.isNull, text.contains(where: { !$0.isWhitespace }) else {
      complain(node.range, "'\(key)' is empty", help: "give it a value")
      return nil
    }
    return text
  }

  /// A scalar that `parse` understands.
  mutating func value<Value>(
    _ node: DocumentNode?, _ key: String, _ parse: (String) throws(TextProblem) -> Value
  ) -> Value? {
    guard !isFull, let node, let text = text(node, key) else { return nil }
    do {
      return try parse(text)
    } catch {
      complain(node.range, error.message, help: error.help)
      return nil
    }
  }

  /// `true` or `false`; nil when the key is not there.
  mutating func flag(_ node: DocumentNode?, _ key: String) -> Bool? {
    value(node, key) { (text) throws(TextProblem) in
      switch text {
      case "true": return true
      case "false": return false
      default: throw TextProblem(message: "'\(key)' is \(quoted(text))", help: "write true or false")
      }
    }
  }

  /// A whole number in `range`; nil when the key is not there.
  mutating func number(_ node: DocumentNode?, _ key: String, in range: ClosedRange<Int>) -> Int? {
    value(node, key) { (text) throws(TextProblem) in
      guard let number = Int(text), range.contains(number) else {
        throw TextProblem(
          message: "'\(key)' is \(quoted(text))",
          help: "write a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  /// One of an enumeration's words.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ node: DocumentNode?, _ key: String) -> Choice?
  where Choice.RawValue == String {
    value(node, key) { (text) throws(TextProblem) in
      guard let choice = Choice(rawValue: text) else {
        throw TextProblem(
          message: "'\(key)' is \(quoted(text))", help: suggestion(text, among: Choice.allCases.map(\.rawValue)))
      }
      return choice
    }
  }

  /// Complains unless the schema version is 1, the only one there is.
  mutating func checkVersion(_ fields: Fields) {
    guard let node = fields["version"], let text = text(node, "version"), text != "1" else { return }
    complain(node.range, "version \(quoted(text)) is not known", help: "write 'version: 1'")
  }
}
