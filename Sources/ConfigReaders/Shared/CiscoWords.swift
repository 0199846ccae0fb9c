import PacketSets
import SourceText

/// The words of one line of a Cisco configuration, taken one after the other.
///
/// Words are byte ranges of the file; a `String` is made only for names and messages.
struct CiscoWords {
  let bytes: [UInt8]
  /// The words of the line, in order.
  private(set) var ranges: [Range<Int>] = []
  /// The bytes of the line.
  private(set) var line = 0..<0
  /// Index of the word that is taken next.
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Takes up a line; what a pager left in front of it is no part of it: "<--- More --->" and a carriage return (ASA),
  /// "--More--" and backspaces (IOS).
  mutating func load(_ bounds: Range<Int>) {
    let bytes = self.bytes
    let span = bytes.span
    var start = bounds.lowerBound
    if begins(span, bounds, with: "<---"), let last = bytes[bounds].lastIndex(of: ASCII.carriageReturn) {
      start = last + 1
    } else if begins(span, bounds, with: " --More--") || begins(span, bounds, with: "--More--"),
      let last = bytes[bounds].lastIndex(of: 0x08)
    {
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
