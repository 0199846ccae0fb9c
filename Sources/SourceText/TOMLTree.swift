/// Reads one TOML document (TOML 1.0.0, https://toml.io/en/v1.0.0) into the same tree as YAML and JSON.
///
/// Strings become quoted scalars; numbers, booleans and dates plain ones, as written and not looked into. The range of a
/// table is that of its header and its keys up to the last one.
///
/// - Throws: `SourceError` with the place and what to do.
/// - Complexity: O(n) in the number of bytes.
public func parseTOML(_ file: SourceFile, limits: DocumentLimits = .standard) throws(SourceError) -> DocumentNode {
  var reader = TOMLReader(lexer: TOMLLexer(budget: try DocumentBudget(file, limits)))
  return try reader.document()
}

/// Tables by index, since a header may come back to a table that was begun long before.
private struct TOMLTable {
  enum Value {
    case leaf(DocumentNode)
    case table(Int)
    /// Index into the reader's `lists`.
    case tables(Int)
  }
  var keys: [(text: String, range: SourceRange)] = []
  var values: [String: Value] = [:]
  var range: SourceRange
  /// Whether a header or a dotted key wrote it out, so that no header may do so again.
  var isDefined = false
}

private struct TOMLReader {
  var lexer: TOMLLexer
  private var tables: [TOMLTable]
  /// The elements of every list of tables, as indexes into `tables`.
  private var lists: [[Int]] = []
  private var file: SourceFile { lexer.budget.file }

  init(lexer: TOMLLexer) {
    self.lexer = lexer
    tables = [TOMLTable(range: lexer.budget.file.range(0, 0), isDefined: true)]
  }

  mutating func document() throws(SourceError) -> DocumentNode {
    var current = 0
    while try lexer.skipToStatement() {
      if lexer.byte == UInt8(ascii: "[") {
        current = try header()
      } else {
        let path = try lexer.keyPath()
        try lexer.take(UInt8(ascii: "="), "an equals sign must follow the key", "write key = value")
        lexer.skipBlanks()
        let value = try lexer.value()
        var table = current
        for key in path.dropLast() { table = try child(of: table, key, byHeader: false) }
        try set(path[path.count - 1], .leaf(value), in: table, upTo: value.range)
        tables[current].range = tables[current].range.union(value.range)
      }
      try lexer.endOfLine()
    }
    return try node(0)
  }

  /// `[a.b]` or `[[a.b]]`; gives the table that the next keys belong to.
  private mutating func header() throws(SourceError) -> Int {
    let start = lexer.position
    lexer.position += 1
    let isArray = lexer.byte == UInt8(ascii: "[")
    if isArray { lexer.position += 1 }
    lexer.skipBlanks()
    let path = try lexer.keyPath()
    for _ in 0..<(isArray ? 2 : 1) {
      try lexer.take(UInt8(ascii: "]"), "a `]` must close the table's name", "write [name] or [[name]]")
    }
    var table = 0
    for key in path.dropLast() { table = try child(of: table, key, byHeader: true) }
    let last = path[path.count - 1]
    let range = file.range(start, lexer.position)
    if isArray { return try element(of: table, last, range) }
    table = try child(of: table, last, byHeader: true)
    guard !tables[table].isDefined else {
      throw file.malformed(
        at: start, "the table '\(printable(last.text))' is written twice",
        help: "join the two, or use [[...]] for a list")
    }
    tables[table].isDefined = true
    tables[table].range = range
    return table
  }

  /// One more element of a list of tables.
  private mutating func element(of table: Int, _ key: TOMLLexer.Key, _ range: SourceRange) throws(SourceError) -> Int {
    try lexer.budget.count(at: Int(range.start))
    tables.append(TOMLTable(range: range, isDefined: true))
    switch tables[table].values[key.text] {
    case nil:
      lists.append([tables.count - 1])
      try set(key, .tables(lists.count - 1), in: table, upTo: range)
    case .tables(let list)?: lists[list].append(tables.count - 1)
    default:
      throw file.malformed(at: Int(key.range.start), "this key already has a value", help: "rename one of the two")
    }
    return tables.count - 1
  }

  /// The table of that key, made when it is missing; of a list of tables its last element.
  private mutating func child(
    of table: Int, _ key: TOMLLexer.Key, byHeader: Bool
  ) throws(SourceError) -> Int {
    switch tables[table].values[key.text] {
    case nil:
      try lexer.budget.count(at: Int(key.range.start))
      tables.append(TOMLTable(range: key.range, isDefined: !byHeader))
      try set(key, .table(tables.count - 1), in: table, upTo: key.range)
      return tables.count - 1
    case .table(let index)?: return index
    case .tables(let list)? where byHeader: return lists[list][lists[list].count - 1]
    default:
      throw file.malformed(at: Int(key.range.start), "this key already has a value", help: "rename one of the two")
    }
  }

  private mutating func set(
    _ key: TOMLLexer.Key, _ value: TOMLTable.Value, in table: Int, upTo end: SourceRange
  ) throws(SourceError) {
    guard tables[table].values.updateValue(value, forKey: key.text) == nil else {
      throw file.malformed(
        at: Int(key.range.start), "the key '\(printable(key.text))' is given twice",
        help: "remove or rename one of the two")
    }
    tables[table].keys.append((key.text, key.range))
    tables[table].range = tables[table].range.union(end)
  }

  private mutating func node(_ table: Int) throws(SourceError) -> DocumentNode {
    try lexer.budget.enter(at: Int(tables[table].range.start))
    var entries: [DocumentEntry] = []
    for (key, range) in tables[table].keys {
      let value: DocumentNode
      switch tables[table].values[key]! {
      case .leaf(let leaf): value = leaf
      case .table(let index): value = try node(index)
      case .tables(let list):
        var items: [DocumentNode] = []
        for element in lists[list] { items.append(try node(element)) }
        value = .list(items, items.dropFirst().reduce(items[0].range) { $0.union($1.range) })
      }
      entries.append(DocumentEntry(key: key, keyRange: range, value: value))
    }
    lexer.budget.leave()
    return .map(entries, tables[table].range)
  }
}
