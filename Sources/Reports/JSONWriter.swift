/// Writes JSON bytes with a fixed order of keys; the reports have the same bytes for the same run.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  /// Whether the next value in the open container needs a comma first, innermost last.
  private var needsComma: [Bool] = [false]
  private var isAfterKey = false

  public init() {}

  public mutating func object(_ content: (inout JSONWriter) -> Void) { container("{", "}", content) }

  public mutating func array(_ content: (inout JSONWriter) -> Void) { container("[", "]", content) }

  /// The key of the next value.
  public mutating func key(_ name: String) {
    separate()
    quoted(name)
    append(": ")
    isAfterKey = true
  }

  public mutating func string(_ value: String?) {
    separate()
    if let value { quoted(value) } else { append("null") }
  }

  public mutating func number(_ value: some FixedWidthInteger) {
    separate()
    append(String(value))
  }

  public mutating func bool(_ value: Bool) {
    separate()
    append(value ? "true" : "false")
  }

  /// A key with a text.
  public mutating func member(_ name: String, _ value: String?) {
    key(name)
    string(value)
  }

  /// A key with a number.
  public mutating func member(_ name: String, _ value: some FixedWidthInteger) {
    key(name)
    number(value)
  }

  /// A key with a truth value.
  public mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// A key with a list of texts.
  public mutating func member(_ name: String, _ values: [String]) {
    key(name)
    array { writer in
      for value in values { writer.string(value) }
    }
  }

  private mutating func container(_ open: String, _ close: String, _ content: (inout JSONWriter) -> Void) {
    separate()
    append(open)
    needsComma.append(false)
    content(&self)
    let hadContent = needsComma.removeLast()
    if hadContent { newLine() }
    append(close)
  }

  private mutating func separate() {
    if isAfterKey {
      isAfterKey = false
      return
    }
    guard needsComma.count > 1 else { return }
    if needsComma[needsComma.count - 1] { append(",") }
    needsComma[needsComma.count - 1] = true
    newLine()
  }

  private mutating func newLine() {
    bytes.append(10)
    for _ in 1..<max(needsComma.count, 1) { append("  ") }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Escapes what RFC 8259 section 7 demands, and for terminals DEL, the C1 controls and what reverses the direction.
  private mutating func quoted(_ text: String) {
    bytes.append(34)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 34: append("\\\"")
      case 92: append("\\\\")
      case 10: append("\\n")
      case 13: append("\\r")
      case 9: append("\\t")
      case 0..<32, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069:
        let hex = String(scalar.value, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
      default: bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
      }
    }
    bytes.append(34)
  }
}
