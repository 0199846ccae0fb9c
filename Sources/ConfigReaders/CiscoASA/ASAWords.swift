import PacketSets
import SourceText

/// The words of one line, taken one after the other.
///
/// Words are byte ranges of the file; a `String` is made only for names and messages.
struct ASAWords {
  let bytes: [UInt8]
  /// The words of the line, in order.
  private(set) var ranges: [Range<Int>] = []
  /// The bytes of the line.
  private(set) var line = 0..<0
  /// Index of the word that is taken next.
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Takes up a line; what a pager left in front of it ("<--- More --->" and a carriage return) is no part of it.
  mutating func load(_ bounds: Range<Int>) {
    let bytes = self.bytes
    let span = bytes.span
    var start = bounds.lowerBound
    if begins(span, bounds, with: "<---"), let last = bytes[bounds].lastIndex(of: ASCII.carriageReturn) {
      start = last + 1
    }
    line = start..<bounds.upperBound
    position = 0
    ranges.removeAll(keepingCapacity: true)
    var offset = start
    while let word = takeWord(span, &offset, end: bounds.upperBound) { ranges.append(word) }
  }

  var isAtEnd: Bool { position >= ranges.count }

  /// Whether the line begins with a blank, as statements inside a block do.
  var isIndented: Bool { line.first.map { ASCII.isBlank(bytes[$0]) } ?? false }

  /// The word that is taken next.
  var next: Range<Int>? { position < ranges.count ? ranges[position] : nil }

  mutating func take() -> Range<Int>? {
    guard position < ranges.count else { return nil }
    position += 1
    return ranges[position - 1]
  }

  /// Whether the next word is `literal`.
  func isNext(_ literal: StaticString) -> Bool {
    position < ranges.count && matches(bytes.span, ranges[position], literal)
  }

  /// Takes the next word if it is `literal`.
  mutating func takes(_ literal: StaticString) -> Bool {
    guard isNext(literal) else { return false }
    position += 1
    return true
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The next word as text; nil at the end of the line.
  mutating func takeText() -> String? { take().map(text) }

  /// What is left of the line, as written.
  var rest: String {
    guard let next, let last = ranges.last else { return "" }
    return text(next.lowerBound..<last.upperBound)
  }

  /// The whole line without the blanks around it.
  var statement: String {
    guard let first = ranges.first, let last = ranges.last else { return "" }
    return text(first.lowerBound..<last.upperBound)
  }

  /// Takes the next word if it is a number that fits.
  mutating func takeNumber<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
    guard let next, let value = decimal(bytes.span, next).flatMap({ Number(exactly: $0) }) else { return nil }
    position += 1
    return value
  }

  /// A dotted quad, or the lone `0` that stands for 0.0.0.0 in commands.
  func quad(_ range: Range<Int>) -> UInt32? {
    if matches(bytes.span, range, "0") { return 0 }
    return dottedQuad(bytes.span, range)
  }
}

/// The IPv4 address that `range` consists of.
///
/// Leading zeros are refused as in `IPAddress.init`, since systems disagree on whether they are octal.
func dottedQuad(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
  guard (7...15).contains(range.count) else { return nil }
  var value: UInt32 = 0
  var octet: UInt32 = 0
  var digits = 0
  var dots = 0
  for i in range {
    let byte = bytes[i]
    if byte == UInt8(ascii: ".") {
      guard digits > 0, dots < 3 else { return nil }
      value = value << 8 | octet
      (octet, digits) = (0, 0)
      dots += 1
    } else {
      guard ASCII.isDigit(byte), digits < 3, digits == 0 || octet > 0 else { return nil }
      octet = octet * 10 + UInt32(byte &- 48)
      digits += 1
      guard octet < 256 else { return nil }
    }
  }
  return dots == 3 && digits > 0 ? value << 8 | octet : nil
}
