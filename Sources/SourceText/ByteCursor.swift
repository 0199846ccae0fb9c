/// Names for the ASCII bytes that configuration formats are made of.
public enum ASCII {
  @inlinable public static var tab: UInt8 { UInt8(ascii: "\t") }
  @inlinable public static var lineFeed: UInt8 { UInt8(ascii: "\n") }
  @inlinable public static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
  @inlinable public static var space: UInt8 { UInt8(ascii: " ") }
  @inlinable public static var quote: UInt8 { UInt8(ascii: "\"") }
  @inlinable public static var backslash: UInt8 { UInt8(ascii: "\\") }
  @inlinable public static var hash: UInt8 { UInt8(ascii: "#") }
  @inlinable public static var exclamation: UInt8 { UInt8(ascii: "!") }
  @inlinable public static var colon: UInt8 { UInt8(ascii: ":") }

  /// Space or tab.
  @inlinable public static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
  /// 0 to 9.
  @inlinable public static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
  /// A letter's lower-case form, any other byte itself.
  @inlinable public static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
}

/// Moves `position` past spaces and tabs, not past `end`.
@inlinable
public func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) {
  while position < end, ASCII.isBlank(bytes[position]) { position += 1 }
}

/// Takes the next run of bytes that are neither space nor tab; nil when only blanks are left before `end`.
///
/// `position` ends up behind the word.
@inlinable
public func takeWord(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> Range<Int>? {
  skipBlanks(bytes, &position, end: end)
  guard position < end else { return nil }
  let start = position
  while position < end, !ASCII.isBlank(bytes[position]) { position += 1 }
  return start..<position
}

/// Whether the bytes of `range` are exactly `literal`.
@inlinable
public func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ literal: StaticString) -> Bool {
  guard range.count == literal.utf8CodeUnitCount else { return false }
  return literal.withUTF8Buffer { text in
    for i in 0..<text.count where text[i] != bytes[range.lowerBound + i] { return false }
    return true
  }
}

/// Whether the bytes of `range` begin with `literal`.
@inlinable
public func begins(_ bytes: Span<UInt8>, _ range: Range<Int>, with literal: StaticString) -> Bool {
  let count = literal.utf8CodeUnitCount
  return range.count >= count && matches(bytes, range.lowerBound..<range.lowerBound + count, literal)
}

/// The decimal number that `range` consists of; nil when it holds any other byte, is empty, or exceeds 64 bits.
@inlinable
public func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
  guard !range.isEmpty else { return nil }
  var value: UInt64 = 0
  for i in range {
    guard ASCII.isDigit(bytes[i]) else { return nil }
    let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
    let (sum, tooBigToo) = product.addingReportingOverflow(UInt64(bytes[i] &- 48))
    guard !tooBig, !tooBigToo else { return nil }
    value = sum
  }
  return value
}

/// Device text made safe to show: control and escape bytes become `·`, ill-formed UTF-8 is repaired.
///
/// Configurations come from strangers; a terminal escape in a rule's comment must not reach the terminal.
public func printable(_ text: String) -> String {
  if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x09: result += " "
    // C0, DEL, C1, and the bidirectional overrides that can reorder what a reader sees.
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: result += "·"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// The member of `choices` that `word` was probably meant to be: least edit distance, at most a third of its length (at least 2).
public func nearest(to word: String, among choices: some Sequence<String>) -> String? {
  let limit = max(2, word.utf8.count / 3)
  var best: (distance: Int, choice: String)?
  for choice in choices {
    let distance = editDistance(Array(word.lowercased().utf8), Array(choice.lowercased().utf8))
    if distance <= limit, distance < (best?.distance ?? .max) { best = (distance, choice) }
  }
  return best?.choice
}

/// Levenshtein distance; O(a·b).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  if a.isEmpty || b.isEmpty { return a.count + b.count }
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
