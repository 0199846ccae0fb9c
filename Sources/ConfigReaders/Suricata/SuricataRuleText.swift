import SourceText

/// A rule cut into its parts (User Guide, Rules Format).
struct SuricataRuleText {
  var action: String
  var proto: String
  var source: String
  var sourcePort: String
  var isBothWays: Bool
  var destination: String
  var destinationPort: String
  var options: [(name: String, value: String)]

  /// Nil when the text is no rule.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return nil }
    let words = Self.headerWords(bytes[..<open])
    guard words.count == 7, words[4] == "->" || words[4] == "<>" else { return nil }
    action = words[0]
    proto = words[1].lowercased()
    source = words[2]
    sourcePort = words[3]
    isBothWays = words[4] == "<>"
    destination = words[5]
    destinationPort = words[6]
    options = Self.options(bytes[(open + 1)..<close])
  }

  /// Words between blanks; a list in brackets is one word however it is spaced.
  private static func headerWords(_ bytes: ArraySlice<UInt8>) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    var depth = 0
    for byte in bytes {
      if byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "]") { depth -= 1 }
      let isBlank = ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
      if isBlank || byte == ASCII.backslash {
        if depth <= 0, !word.isEmpty {
          words.append(String(decoding: word, as: UTF8.self))
          word = []
        }
      } else {
        word.append(byte)
      }
    }
    if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }

  /// `name:value;` and `name;`; a semicolon inside quotes or behind a backslash ends nothing.
  private static func options(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)] {
    var options: [(name: String, value: String)] = []
    var current: [UInt8] = []
    var isQuoted = false
    var isEscaped = false
    for byte in bytes {
      if byte == UInt8(ascii: ";"), !isQuoted, !isEscaped {
        options.append(option(current))
        current = []
        continue
      }
      if byte == ASCII.quote, !isEscaped { isQuoted.toggle() }
      isEscaped = byte == ASCII.backslash && !isEscaped
      current.append(byte)
    }
    let last = option(current)
    if !last.name.isEmpty { options.append(last) }
    return options
  }

  private static func option(_ bytes: [UInt8]) -> (name: String, value: String) {
    let colon = bytes.firstIndex(of: ASCII.colon)
    let name = bytes[..<(colon ?? bytes.count)]
    let value = colon.map { bytes[($0 + 1)...] } ?? []
    return (trimmed(name), trimmed(value, quotes: true))
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>, quotes: Bool = false) -> String {
    func isEdge(_ byte: UInt8) -> Bool {
      ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || (quotes && byte == ASCII.quote)
        || byte == ASCII.backslash
    }
    var slice = bytes.drop(while: isEdge)
    while let last = slice.last, isEdge(last) { slice.removeLast() }
    return String(decoding: slice, as: UTF8.self)
  }
}
