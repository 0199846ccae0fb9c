import RuleModel
import SourceText

/// What tells the texts of one platform with a statement tree from those of another.
struct StatementDialect: Sendable {
  /// Whether `;` ends a statement (Junos); else the end of the line does (VyOS).
  var endsWithSemicolon: Bool
  /// Whether `// …` is a comment.
  var hasSlashComments = false
  /// Whether a line outside all blocks is a prompt or other trace of how the file was captured.
  var isNoise: @Sendable (Span<UInt8>, Range<Int>) -> Bool
}

/// Reads both forms of a statement tree: blocks in braces, and lines that begin with `set` and the like.
///
/// Both may stand in one file. Nothing recurses, so nesting costs no stack; blocks and statements deeper than `depthLimit`
/// are a gap.
struct StatementParser {
  static let depthLimit = 128
  static let wordLimit = 96
  /// How far the end of a quoted value is looked for.
  private static let quoteLimit = 1 << 17
  private static let searchBudget = 64 << 20

  let file: SourceFile
  private let dialect: StatementDialect
  var tree: StatementTree
  var notes: ReaderNotes
  /// Whether any statement was found.
  private(set) var isEmpty = true
  var position = 0
  /// Open blocks, the root first; nil for one that is too deep.
  private var open: [Int?] = [StatementTree.root]
  var comment: String?
  /// Where `edit` has gone.
  var place: [String] = []
  private var wastedSearch = 0

  init(_ file: SourceFile, _ dialect: StatementDialect) {
    self.file = file
    self.dialect = dialect
    tree = StatementTree(file)
    notes = ReaderNotes(file)
    position = file.byteOrderMarkLength
  }

  /// Reads the whole file.
  mutating func parse() {
    let content = file.bytes
    let bytes = content.span
    while skipToStatement(bytes) {
      isEmpty = false
      statement(bytes)
      comment = nil
    }
    if open.count > 1 { noteCutOff() }
  }

  private mutating func noteCutOff() {
    for node in open.dropFirst() { if let node { tree.setCutOff(node) } }
    notes.issue(
      .truncated, file.range(ofLine: file.lines.count), "the configuration ends inside a block",
      help: "export it again; statements after the end are missing")
  }

  // MARK: Between statements

  /// Moves to the next statement; false at the end of the file.
  private mutating func skipToStatement(_ bytes: Span<UInt8>) -> Bool {
    while position < bytes.count {
      let byte = bytes[position]
      if isSpace(byte) || byte == ASCII.lineFeed {
        position += 1
      } else if byte == ASCII.hash || (dialect.hasSlashComments && starts(bytes, "//")) {
        lineComment(bytes)
      } else if starts(bytes, "/*") {
        blockComment(bytes)
      } else if starts(bytes, "---(more") {
        pager(bytes)
      } else if byte == UInt8(ascii: "}") {
        closeBlock()
      } else if byte == UInt8(ascii: ";"), dialect.endsWithSemicolon {
        position += 1
      } else if open.count == 1, isNoise(bytes) {
        continue
      } else {
        return true
      }
    }
    return false
  }

  private mutating func isNoise(_ bytes: Span<UInt8>) -> Bool {
    // Of a million lines nearly all begin so; a look at the whole line costs more than reading it.
    if starts(bytes, "set ") { return false }
    let end = lineEnd(bytes, from: position)
    guard dialect.isNoise(bytes, position..<end) else { return false }
    notes.ledger.mark(file.range(position, end), .irrelevant)
    position = end
    return true
  }

  private mutating func lineComment(_ bytes: Span<UInt8>) {
    let end = lineEnd(bytes, from: position)
    notes.ledger.mark(file.range(position, end), .irrelevant)
    position = end
  }

  private mutating func blockComment(_ bytes: Span<UInt8>) {
    let start = position
    position += 2
    while position < bytes.count, !starts(bytes, "*/") { position += 1 }
    let inside = start + 2..<max(start + 2, position)
    if position >= bytes.count {
      notes.gap(
        file.range(start, bytes.count), .notRecognised, matters: true,
        "the comment has no end; what it hides is not read")
      return
    }
    position += 2
    notes.ledger.mark(file.range(start, position), .irrelevant)
    let text = file.text(inside)
    comment = String(text.drop { $0 == " " || $0 == "\n" || $0 == "\r\n" }.reversed().drop { $0 == " " }.reversed())
  }

  /// `---(more 12%)---` and the blanks that wipe it out.
  private mutating func pager(_ bytes: Span<UInt8>) {
    let end = lineEnd(bytes, from: position)
    notes.ledger.mark(file.range(position, end), .irrelevant)
    position += 3
    while position < end, !starts(bytes, ")---") { position += 1 }
    position = min(position + 4, end)
  }

  private mutating func closeBlock() {
    notes.ledger.mark(file.range(position, position + 1), .irrelevant)
    if open.count > 1 {
      open.removeLast()
    } else {
      notes.gap(
        file.range(position, position + 1), .notRecognised, matters: true,
        "this brace closes no block; the file may lack its beginning")
    }
    position += 1
  }

  // MARK: Statements

  private mutating func statement(_ bytes: Span<UInt8>) {
    let start = position
    let mayBeCommand = open.count == 1
    var words: [String] = []
    /// Alternatives of `[ a b ]`, by place in `words`.
    var lists: [Int: [String]] = [:]
    var opensBlock = false
    var end = start
    while let next = peek(bytes) {
      if next == UInt8(ascii: "{") {
        position += 1
        opensBlock = true
        break
      }
      if dialect.endsWithSemicolon, next == UInt8(ascii: ";") {
        position += 1
        break
      }
      if next == UInt8(ascii: "}") { break }
      if next == UInt8(ascii: "["), dialect.endsWithSemicolon {
        lists[words.count] = list(bytes, inLine: false)
        words.append("")
      } else {
        words.append(word(bytes, inLine: false))
        if words.count == 1, mayBeCommand, let command = StatementCommand(rawValue: words[0]) {
          return run(command, bytes, start)
        }
      }
      end = position
    }
    finish(words, lists, file.range(start, max(end, start + 1)), opensBlock)
  }

  /// The next byte of the statement, comments and line ends passed over; nil where the statement ends.
  private mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == ASCII.lineFeed, !dialect.endsWithSemicolon { return nil }
      if isSpace(byte) || byte == ASCII.lineFeed {
        position += 1
      } else if dialect.endsWithSemicolon, byte == ASCII.hash {
        lineComment(bytes)
      } else if starts(bytes, "/*") {
        blockComment(bytes)
      } else if starts(bytes, "---(more") {
        pager(bytes)
      } else {
        return byte
      }
    }
    return nil
  }

  private mutating func finish(
    _ words: [String], _ lists: [Int: [String]], _ range: SourceRange, _ opensBlock: Bool
  ) {
    var words = words
    var lists = lists
    var isInactive = false
    // `inactive: policy P {`; `protect:` forbids changes and means nothing here.
    while let first = words.first, first == "inactive:" || first == "protect:" {
      if first == "inactive:" { isInactive = true }
      words.removeFirst()
      lists = Dictionary(uniqueKeysWithValues: lists.map { ($0.key - 1, $0.value) })
    }
    guard let parent = open[open.count - 1] else {
      notes.ledger.mark(range, .notRecognised)
      if opensBlock { open.append(nil) }
      return
    }
    guard words.count <= Self.wordLimit, open.count <= Self.depthLimit, !words.isEmpty else {
      notes.gap(range, .notRecognised, matters: true, "the statement is nested too deep or too long to be one")
      if opensBlock { open.append(nil) }
      return
    }
    var last: Int?
    for path in paths(words, lists) {
      let node = tree.insert(path, below: parent, range)
      if isInactive { tree.setInactive(node, true) }
      if let comment { tree.setComment(node, comment) }
      last = node
    }
    if opensBlock { open.append(last) }
  }

  /// The paths that a statement with lists stands for.
  func paths(_ words: [String], _ lists: [Int: [String]]) -> [[String]] {
    guard let (place, choices) = lists.min(by: { $0.key < $1.key }) else { return [words] }
    // Lists are the last word of a statement; more than one would multiply.
    return choices.isEmpty
      ? [Array(words[..<place])]
      : choices.map { choice in
        var path = words
        path[place] = choice
        return path.filter { !$0.isEmpty }
      }
  }

  // MARK: Words

  /// `[ a b ]`
  mutating func list(_ bytes: Span<UInt8>, inLine: Bool) -> [String] {
    position += 1
    var result: [String] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "]") {
        position += 1
        return result
      }
      if byte == ASCII.lineFeed, inLine { return result }
      if byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") { return result }
      if isSpace(byte) || byte == ASCII.lineFeed {
        position += 1
      } else {
        result.append(word(bytes, inLine: inLine, inList: true))
      }
    }
    return result
  }

  /// One word, quotes undone; `position` ends up behind it and always moves.
  mutating func word(_ bytes: Span<UInt8>, inLine: Bool, inList: Bool = false) -> String {
    let start = position
    if bytes[position] == ASCII.quote || bytes[position] == UInt8(ascii: "'"), let quoted = quotedWord(bytes) {
      return quoted
    }
    position += 1
    while position < bytes.count, !endsWord(bytes[position], inLine: inLine, inList: inList) { position += 1 }
    return text(bytes, start..<position)
  }

  private func endsWord(_ byte: UInt8, inLine: Bool, inList: Bool) -> Bool {
    if isSpace(byte) || byte == ASCII.lineFeed { return true }
    if inList, byte == UInt8(ascii: "]") { return true }
    guard !inLine, dialect.endsWithSemicolon else { return false }
    return byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
  }

  /// What stands between quotes; nil when they have no partner, which is a gap.
  private mutating func quotedWord(_ bytes: Span<UInt8>) -> String? {
    let mark = bytes[position]
    let inside = position + 1
    let limit =
      wastedSearch < Self.searchBudget ? min(bytes.count, inside + Self.quoteLimit) : lineEnd(bytes, from: inside)
    var end = inside
    var hasEscapes = false
    while end < limit, bytes[end] != mark {
      if bytes[end] == ASCII.backslash, mark == ASCII.quote {
        hasEscapes = true
        end += 1
      }
      end += 1
    }
    guard end < limit else {
      wastedSearch += limit - inside
      notes.gap(
        file.range(position, lineEnd(bytes, from: position)), .notRecognised, matters: true,
        "the quotation marks of this line do not pair up")
      return nil
    }
    position = end + 1
    guard hasEscapes else { return text(bytes, inside..<end) }
    var content: [UInt8] = []
    var next = inside
    while next < end {
      if bytes[next] == ASCII.backslash, next + 1 < end { next += 1 }
      content.append(bytes[next])
      next += 1
    }
    return String(decoding: content, as: UTF8.self)
  }

  func isSpace(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == 0x0C }

  private func starts(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    return position + count <= bytes.count && matches(bytes, position..<position + count, literal)
  }

  private func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != ASCII.lineFeed { end += 1 }
    return end
  }
}
