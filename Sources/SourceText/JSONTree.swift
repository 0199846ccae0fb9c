/// Reads one JSON document (RFC 8259), strictly: no comments, no trailing commas, no key twice.
///
/// Strings become quoted scalars; numbers, `true`, `false` and `null` plain ones, as written. A byte-order mark at the
/// start is passed over.
///
/// - Throws: `SourceError` with the place and what to do.
/// - Complexity: O(n) in the number of bytes.
public func parseJSON(_ file: SourceFile, limits: DocumentLimits = .standard) throws(SourceError) -> DocumentNode {
  var reader = JSONReader(budget: try DocumentBudget(file, limits))
  return try reader.document()
}

private struct JSONReader {
  var budget: DocumentBudget
  var position = 0
  var file: SourceFile { budget.file }
  let bytes: [UInt8]

  init(budget: DocumentBudget) {
    self.budget = budget
    bytes = budget.file.bytes
    position = budget.file.byteOrderMarkLength
  }

  /// The next byte; nil at the end.
  var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(SourceError) -> DocumentNode {
    skipSpace()
    guard byte != nil else { throw error("the document is empty", "write one JSON value") }
    let root = try value()
    skipSpace()
    guard byte == nil else { throw error("there is text behind the end of the JSON value", "remove it") }
    return root
  }

  mutating func value() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.count(at: start)
    switch byte {
    case UInt8(ascii: "{"): return try map()
    case UInt8(ascii: "["): return try list()
    case ASCII.quote:
      let text = try string()
      return .scalar(text: text, range: file.range(start, position), style: .quoted)
    default: return try bareWord()
    }
  }

  mutating func list() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.enter(at: start)
    position += 1
    var items: [DocumentNode] = []
    while try !closes(UInt8(ascii: "]"), afterFirst: !items.isEmpty) { items.append(try value()) }
    budget.leave()
    return .list(items, file.range(start, position))
  }

  mutating func map() throws(SourceError) -> DocumentNode {
    let start = position
    try budget.enter(at: start)
    position += 1
    var entries: [DocumentEntry] = []
    var seen = SeenKeys()
    while try !closes(UInt8(ascii: "}"), afterFirst: !entries.isEmpty) {
      let keyStart = position
      guard byte == ASCII.quote else { throw error("a key in quotes must stand here", "write \"key\": value") }
      let key = try string()
      let keyRange = file.range(keyStart, position)
      try seen.insert(key, at: keyStart, in: file)
      skipSpace()
      guard byte == ASCII.colon else { throw error("a colon must follow the key", "write \"key\": value") }
      position += 1
      skipSpace()
      entries.append(DocumentEntry(key: key, keyRange: keyRange, value: try value()))
    }
    budget.leave()
    return .map(entries, file.range(start, position))
  }

  /// Passes the comma before another member, or the closing bracket; true for the latter.
  mutating func closes(_ bracket: UInt8, afterFirst: Bool) throws(SourceError) -> Bool {
    skipSpace()
    if byte == bracket {
      position += 1
      return true
    }
    guard afterFirst else { return false }
    guard byte == UInt8(ascii: ",") else {
      let closing = Character(Unicode.Scalar(bracket))
      throw error(
        "a comma or '\(closing)' must stand here", "the file may be cut off, or a bracket or quote is missing")
    }
    position += 1
    skipSpace()
    return false
  }

  mutating func skipSpace() {
    while let byte, ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn { position += 1 }
  }

  func error(_ message: String, _ help: String) -> SourceError { file.malformed(at: position, message, help: help) }
}

// Scalars.
extension JSONReader {
  /// A number, `true`, `false` or `null`.
  mutating func bareWord() throws(SourceError) -> DocumentNode {
    let start = position
    while let byte, isWordByte(byte) { position += 1 }
    let text = file.text(start..<position)
    guard ["true", "false", "null"].contains(text) || isNumber(bytes[start..<position]) else {
      position = start
      throw error("no JSON value begins here", "write a text in quotes, a number, true, false, null, [...] or {...}")
    }
    return .scalar(text: text, range: file.range(start, position), style: .plain)
  }

  func isWordByte(_ byte: UInt8) -> Bool {
    ASCII.isDigit(byte) || (ASCII.lowercased(byte) &- 97 < 26) || [0x2B, 0x2D, 0x2E].contains(byte)
  }

  /// RFC 8259 section 6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
  func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
    var rest = word
    func digits() -> Int {
      let count = rest.prefix { ASCII.isDigit($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !(leadsWithZero && whole > 1) else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if let e = rest.first, ASCII.lowercased(e) == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// A text in quotes, escapes resolved; `position` stands at the opening quote and ends behind the closing one.
  mutating func string() throws(SourceError) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while let byte {
      switch byte {
      case ASCII.quote:
        position += 1
        return String(decoding: text, as: UTF8.self)
      case ASCII.backslash:
        try text.append(contentsOf: String(escape()).utf8)
      case 0..<0x20: throw error("a control character stands in a text", "write it as an escape such as \\n")
      default:
        text.append(byte)
        position += 1
      }
    }
    position = start
    throw error("the quote that opens here is never closed", "close it; the file may be cut off")
  }

  mutating func escape() throws(SourceError) -> Unicode.Scalar {
    let start = position
    position += 1
    let kind = byte
    position += 1
    switch kind {
    case ASCII.quote: return "\""
    case ASCII.backslash: return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): if let scalar = unicodeEscape() { return scalar }
    default: break
    }
    position = min(start, bytes.count)
    throw error("this escape is not one of JSON's", "use \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uHHHH (not \\u0000)")
  }

  /// Four hexadecimal digits, or two such escapes that form a surrogate pair; nil when they form no character.
  mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = hexQuad(), first != 0 else { return nil }
    guard first & 0xFC00 == 0xD800 else { return Unicode.Scalar(first) }
    guard position + 1 < bytes.count, bytes[position] == ASCII.backslash, bytes[position + 1] == UInt8(ascii: "u")
    else { return nil }
    position += 2
    guard let second = hexQuad(), second & 0xFC00 == 0xDC00 else { return nil }
    return Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF))
  }

  mutating func hexQuad() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
