/// Keys and values of a TOML document; what tables they build is not its business.
struct TOMLLexer {
  typealias Key = (text: String, range: SourceRange)
  var budget: DocumentBudget
  var position: Int
  let bytes: [UInt8]
  private var file: SourceFile { budget.file }

  init(budget: DocumentBudget) {
    self.budget = budget
    bytes = budget.file.bytes
    position = budget.file.byteOrderMarkLength
  }

  /// The next byte; nil at the end.
  var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipBlanks() {
    while let byte, ASCII.isBlank(byte) { position += 1 }
  }

  /// Passes blanks, comments and ends of lines; false at the end of the file.
  mutating func skipToStatement() throws(SourceError) -> Bool {
    while let byte {
      if ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn {
        position += 1
      } else if byte == ASCII.hash {
        while let byte = self.byte, byte != ASCII.lineFeed { position += 1 }
      } else {
        return true
      }
    }
    return false
  }

  mutating func take(_ wanted: UInt8, _ message: String, _ help: String) throws(SourceError) {
    skipBlanks()
    guard byte == wanted else { throw error(message, help) }
    position += 1
  }

  mutating func endOfLine() throws(SourceError) {
    skipBlanks()
    if let byte, byte != ASCII.hash, byte != ASCII.lineFeed, byte != ASCII.carriageReturn {
      throw error("the line must end here", "write one key or table a line, and texts in quotes")
    }
  }

  /// `a`, `a.b` or `"a b".c`; never empty.
  mutating func keyPath() throws(SourceError) -> [Key] {
    var path = [try key()]
    skipBlanks()
    while byte == UInt8(ascii: ".") {
      position += 1
      skipBlanks()
      guard path.count < budget.limits.depth else { throw error("the key has too many parts", "shorten it") }
      path.append(try key())
      skipBlanks()
    }
    return path
  }

  private mutating func key() throws(SourceError) -> Key {
    let start = position
    try budget.count(at: start)
    if byte == ASCII.quote || byte == UInt8(ascii: "'") {
      let text = try string()
      return (text, file.range(start, position))
    }
    while let byte, isBare(byte) { position += 1 }
    guard position > start else {
      throw error("a key must stand here", "keys are letters, digits, `_` and `-`, or a text in quotes")
    }
    return (file.text(start..<position), file.range(start, position))
  }

  private func isBare(_ byte: UInt8) -> Bool {
    ASCII.isDigit(byte) || ASCII.lowercased(byte) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  mutating func value() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.count(at: start)
    switch byte {
    case ASCII.quote, UInt8(ascii: "'"):
      let text = try string()
      return .scalar(text: text, range: file.range(start, position), style: .quoted)
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "{"): return try inlineTable()
    default:
      while let byte, isBare(byte) || [0x2B, 0x2E, 0x3A].contains(byte) || isDateSpace() { position += 1 }
      guard position > start else {
        throw error("no value begins here", "write a text in quotes, a number, true or false")
      }
      return .scalar(text: file.text(start..<position), range: file.range(start, position), style: .plain)
    }
  }

  /// The blank between date and time: `1979-05-27 07:32:00`.
  private func isDateSpace() -> Bool {
    position >= 10 && position + 1 < bytes.count && bytes[position] == ASCII.space && ASCII.isDigit(bytes[position + 1])
      && bytes[position - 3] == UInt8(ascii: "-") && bytes[position - 6] == UInt8(ascii: "-")
  }

  private mutating func list() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.enter(at: start)
    position += 1
    var items: [DocumentNode] = []
    while try skipToStatement(), byte != UInt8(ascii: "]") {
      items.append(try value())
      guard try skipToStatement(), byte == UInt8(ascii: ",") else { break }
      position += 1
    }
    try take(UInt8(ascii: "]"), "a comma or `]` must stand here", "the file may be cut off, or a bracket is missing")
    budget.leave()
    return .list(items, file.range(start, position))
  }

  private mutating func inlineTable() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.enter(at: start)
    position += 1
    var entries: [DocumentEntry] = []
    var seen = SeenKeys()
    skipBlanks()
    while byte != UInt8(ascii: "}") {
      let path = try keyPath()
      guard path.count == 1 else {
        throw file.malformed(
          at: Int(path[0].range.start), "a key with a dot inside `{...}` is not read", help: "write `{a = {b = 1}}`")
      }
      try seen.insert(path[0].text, at: Int(path[0].range.start), in: file)
      try take(UInt8(ascii: "="), "an equals sign must follow the key", "write key = value")
      skipBlanks()
      entries.append(DocumentEntry(key: path[0].text, keyRange: path[0].range, value: try value()))
      skipBlanks()
      guard byte == UInt8(ascii: ",") else { break }
      position += 1
      skipBlanks()
    }
    try take(UInt8(ascii: "}"), "a comma or `}` must stand here", "the file may be cut off, or a bracket is missing")
    budget.leave()
    return .map(entries, file.range(start, position))
  }

  func error(_ message: String, _ help: String) -> SourceError { file.malformed(at: position, message, help: help) }
}

// Strings.
extension TOMLLexer {
  /// A basic or literal string, of one line or several.
  private mutating func string() throws(SourceError) -> String {
    let start = position
    let quote = bytes[position]
    let isBlock = position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
    position += isBlock ? 3 : 1
    // A line break right behind the opening quotes is no part of the text.
    if isBlock, byte == ASCII.carriageReturn { position += 1 }
    if isBlock, byte == ASCII.lineFeed { position += 1 }
    var text: [UInt8] = []
    while let byte {
      if byte == ASCII.lineFeed, !isBlock { break }
      if byte == quote {
        if closes(quote, isBlock, &text) { return String(decoding: text, as: UTF8.self) }
      } else if byte == ASCII.backslash, quote == ASCII.quote {
        try escape(isBlock, &text)
      } else {
        text.append(byte)
        position += 1
      }
    }
    position = start
    throw error("the quote that opens here is never closed", "close it; the file may be cut off")
  }

  /// Passes the closing quotes; up to two quotes more may stand before those of a block and belong to its text.
  private mutating func closes(_ quote: UInt8, _ isBlock: Bool, _ text: inout [UInt8]) -> Bool {
    guard isBlock else {
      position += 1
      return true
    }
    var count = 0
    while count < 5, position + count < bytes.count, bytes[position + count] == quote { count += 1 }
    for _ in 0..<(count >= 3 ? count - 3 : count) { text.append(quote) }
    position += count
    return count >= 3
  }

  private mutating func escape(_ isBlock: Bool, _ text: inout [UInt8]) throws(SourceError) {
    let start = position
    position += 1
    let kind = byte ?? 0
    position += 1
    switch kind {
    case ASCII.quote, ASCII.backslash: text.append(kind)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      guard let scalar = scalar(digits: kind == UInt8(ascii: "u") ? 4 : 8) else { fallthrough }
      text.append(contentsOf: String(scalar).utf8)
    default:
      // A backslash at the end of a line of a block joins the lines.
      guard isBlock, [ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn].contains(kind) else {
        position = start
        throw error(
          "this escape is not one of TOML's", "use \\\" \\\\ \\b \\f \\n \\r \\t \\uHHHH or '...' without escapes")
      }
      while let byte, ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn { position += 1 }
    }
  }

  private mutating func scalar(digits: Int) -> Unicode.Scalar? {
    guard position + digits <= bytes.count, let value = UInt32(file.text(position..<position + digits), radix: 16),
      value != 0
    else { return nil }
    position += digits
    return Unicode.Scalar(value)
  }
}
