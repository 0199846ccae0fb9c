import SourceText

/// One statement of a FortiOS configuration: a verb and its words, quotes and escapes undone.
struct FortiStatement {
  var verb: String
  /// The words behind the verb.
  var words: [String]
  /// From the verb to the last word; more than one line when a quoted value holds line ends.
  var range: Range<Int>
  /// Whether the quotation marks do not pair up, so that the words are a guess.
  var isBroken: Bool
}

/// Turns bytes into statements.
///
/// Quoting follows the CLI chapter of the FortiOS administration guide ("CLI basics", special characters): words are
/// separated by blanks, `"…"` and `'…'` protect blanks, a backslash protects one byte. Exports wrap certificates and
/// long texts in one pair of double quotes over many lines.
struct FortiStatementScanner {
  private var position = 0
  private var names = FortiNameTable()
  /// Bytes searched in vain for a closing quote; hostile files must not make the search quadratic.
  private var wastedSearch = 0
  private static let searchBudget = 32 << 20

  /// The next statement, comment lines included (their verb is `#` and their only word the line); nil at the end.
  mutating func next(_ bytes: Span<UInt8>) -> FortiStatement? {
    skipSpace(bytes)
    guard position < bytes.count else { return nil }
    let start = position
    if bytes[position] == ASCII.hash {
      position = lineEnd(bytes, from: position)
      return FortiStatement(
        verb: "#", words: [names.name(bytes, start..<position)], range: start..<position, isBroken: false)
    }
    var isBroken = false
    var words: [String] = []
    var end = start
    while let word = takeWord(bytes, &isBroken) {
      words.append(word)
      end = position
      while position < bytes.count, isGap(bytes[position]) { position += 1 }
    }
    let verb = words.isEmpty ? "" : words.removeFirst()
    return FortiStatement(verb: verb, words: words, range: start..<max(end, start + 1), isBroken: isBroken)
  }

  private func isGap(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == 0x0C }

  private mutating func skipSpace(_ bytes: Span<UInt8>) {
    while position < bytes.count, isGap(bytes[position]) || bytes[position] == ASCII.lineFeed { position += 1 }
  }

  private func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != ASCII.lineFeed { end += 1 }
    while end > start, isGap(bytes[end - 1]) { end -= 1 }
    return end
  }

  /// Whether a word may end in front of `offset`.
  private func isWordEnd(_ bytes: Span<UInt8>, _ offset: Int) -> Bool {
    offset >= bytes.count || isGap(bytes[offset]) || bytes[offset] == ASCII.lineFeed
  }

  /// One word; nil at the end of the line. `position` ends up behind it.
  private mutating func takeWord(_ bytes: Span<UInt8>, _ isBroken: inout Bool) -> String? {
    guard !isWordEnd(bytes, position) else { return nil }
    // `""HTTPS" "HTTP"` occurs in edited exports: the first mark is one too many.
    if position + 2 < bytes.count, bytes[position] == ASCII.quote, bytes[position + 1] == ASCII.quote,
      !isWordEnd(bytes, position + 2)
    {
      isBroken = true
      position += 1
    }
    let start = position
    // Most words are bare, or one quoted piece without escapes: those need no copy of their bytes.
    var text: [UInt8]?
    while !isWordEnd(bytes, position) {
      let byte = bytes[position]
      let isApostrophe = byte == UInt8(ascii: "'") && position == start
      if byte == ASCII.quote || isApostrophe {
        let isPlainSoFar = position == start
        guard let piece = takeQuoted(bytes, byte, &isBroken) else {
          // No partner: the rest of the line is the value, or the apostrophe is a letter.
          text = (text ?? copy(bytes, start..<position)) + [byte]
          position += 1
          continue
        }
        if isPlainSoFar, isWordEnd(bytes, position), !contains(bytes, piece, ASCII.backslash) {
          return names.name(bytes, piece)
        }
        text = text ?? copy(bytes, start..<piece.lowerBound - 1)
        appendUnescaped(bytes, piece, &text)
      } else if byte == ASCII.backslash, position + 1 < bytes.count, bytes[position + 1] != ASCII.lineFeed {
        text = (text ?? copy(bytes, start..<position)) + [bytes[position + 1]]
        position += 2
      } else {
        text?.append(byte)
        position += 1
      }
    }
    guard let text else { return names.name(bytes, start..<position) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The inside of a quoted piece that begins at `position`, which ends up behind the closing mark.
  private mutating func takeQuoted(_ bytes: Span<UInt8>, _ mark: UInt8, _ isBroken: inout Bool) -> Range<Int>? {
    let inside = position + 1
    let firstLineEnd = lineEnd(bytes, from: inside)
    let maySpan = mark == ASCII.quote && wastedSearch < Self.searchBudget
    let limit = maySpan ? bytes.count : firstLineEnd
    var end = inside
    while end < limit, bytes[end] != mark { end += bytes[end] == ASCII.backslash ? 2 : 1 }
    let spansLines = end > firstLineEnd
    // A value over several lines ends at a blank; if not, its opening mark lacked a partner on its own line.
    if end < limit, !spansLines || isWordEnd(bytes, end + 1) {
      position = end + 1
      return inside..<end
    }
    if mark != ASCII.quote { return nil }
    wastedSearch += end - inside
    isBroken = true
    position = firstLineEnd
    return inside..<firstLineEnd
  }

  private func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, _ byte: UInt8) -> Bool {
    for i in range where bytes[i] == byte { return true }
    return false
  }

  private func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var result: [UInt8] = []
    for i in range { result.append(bytes[i]) }
    return result
  }

  private func appendUnescaped(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: inout [UInt8]?) {
    var i = range.lowerBound
    while i < range.upperBound {
      if bytes[i] == ASCII.backslash, i + 1 < range.upperBound { i += 1 }
      text?.append(bytes[i])
      i += 1
    }
  }
}

/// Gives every distinct name one `String`, so that a million lines do not make a million copies of `set`.
struct FortiNameTable {
  private var slots: [Int32] = Array(repeating: -1, count: 1024)
  private var names: [String] = []
  private var hashes: [UInt64] = []

  /// The text of `range`; ill-formed UTF-8 is repaired.
  mutating func name(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    // Long texts (certificates, banners) are not worth keeping.
    guard range.count <= 64 else { return decoded(bytes, range) }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for i in range { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01b3 }
    var slot = Int(truncatingIfNeeded: hash & UInt64(slots.count - 1))
    while case let index = Int(slots[slot]), index >= 0 {
      if hashes[index] == hash, equal(bytes, range, names[index]) { return names[index] }
      slot = (slot + 1) & (slots.count - 1)
    }
    let name = decoded(bytes, range)
    slots[slot] = Int32(names.count)
    names.append(name)
    hashes.append(hash)
    if names.count * 2 > slots.count { grow() }
    return name
  }

  private func decoded(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    for i in range { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
  }

  private func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: String) -> Bool {
    guard name.utf8.count == range.count else { return false }
    var i = range.lowerBound
    for byte in name.utf8 {
      if byte != bytes[i] { return false }
      i += 1
    }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for (index, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash & UInt64(slots.count - 1))
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index)
    }
  }
}
