import PacketSets
import SourceText

/// A token of nftables text.
struct NFTToken: Equatable {
  enum Kind: Equatable {
    case word, string, variable, symbol, newline, end
  }
  var kind: Kind
  /// Without quotes and `$`; for symbols the symbol.
  var text: String
  var start: Int
  var end: Int

  func `is`(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
  func isWord(_ word: String) -> Bool { kind == .word && text == word }
  /// Whether no statement goes on here.
  var endsStatement: Bool { kind == .newline || kind == .end || self.is(";") || self.is("}") }
}

/// Cuts nftables text into tokens, as nft's own scanner does as far as rules need it (nft(8), LEXICAL CONVENTIONS).
///
/// Single quotes and backslashes before braces, which shells need around commands, are passed over.
struct NFTLexer {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The token that begins at `position` or behind the blanks and comments there.
  func token(at position: Int) -> NFTToken {
    var start = position
    while start < bytes.count {
      let byte = bytes[start]
      if ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == UInt8(ascii: "'") || byte == 0x0C {
        start += 1
      } else if byte == ASCII.backslash {
        start += escapeLength(at: start)
      } else if byte == ASCII.hash {
        while start < bytes.count, bytes[start] != ASCII.lineFeed { start += 1 }
      } else {
        break
      }
    }
    guard start < bytes.count else { return NFTToken(kind: .end, text: "", start: bytes.count, end: bytes.count) }
    switch bytes[start] {
    case ASCII.lineFeed: return NFTToken(kind: .newline, text: "", start: start, end: start + 1)
    case ASCII.quote: return string(at: start)
    case UInt8(ascii: "$"):
      let end = identifierEnd(from: start + 1)
      return NFTToken(kind: .variable, text: text(start + 1, end), start: start, end: end)
    default: return symbol(at: start) ?? word(at: start)
    }
  }

  /// A backslash at a line's end joins the next line; before anything else it is passed over.
  private func escapeLength(at position: Int) -> Int {
    if position + 1 < bytes.count, bytes[position + 1] == ASCII.lineFeed { return 2 }
    if position + 2 < bytes.count, bytes[position + 1] == ASCII.carriageReturn, bytes[position + 2] == ASCII.lineFeed {
      return 3
    }
    return 1
  }

  /// Strings have no escapes and end with their line at the latest.
  private func string(at start: Int) -> NFTToken {
    var end = start + 1
    while end < bytes.count, bytes[end] != ASCII.quote, bytes[end] != ASCII.lineFeed { end += 1 }
    let isClosed = end < bytes.count && bytes[end] == ASCII.quote
    return NFTToken(kind: .string, text: text(start + 1, end), start: start, end: isClosed ? end + 1 : end)
  }

  private func symbol(at start: Int) -> NFTToken? {
    let next = start + 1 < bytes.count ? bytes[start + 1] : ASCII.space
    func made(_ length: Int) -> NFTToken {
      NFTToken(kind: .symbol, text: text(start, start + length), start: start, end: start + length)
    }
    switch bytes[start] {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "@"), UInt8(ascii: "&"),
      UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "+"):
      return made(1)
    case UInt8(ascii: "="), UInt8(ascii: "!"): return made(next == UInt8(ascii: "=") ? 2 : 1)
    case UInt8(ascii: "<"), UInt8(ascii: ">"): return made(next == UInt8(ascii: "=") || next == bytes[start] ? 2 : 1)
    // An IPv6 address may begin with two colons.
    case ASCII.colon: return next == ASCII.colon ? nil : made(1)
    case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "-"):
      return isWordByte(next) && next != ASCII.backslash ? nil : made(1)
    default: return nil
    }
  }

  /// Longer words are no addresses, so that no colon belongs to them.
  private static let addressLimit = 128

  private func word(at start: Int) -> NFTToken {
    var end = start
    var colon: Int?
    while end < bytes.count, isWordByte(bytes[end]) {
      if bytes[end] == ASCII.colon, colon == nil, end > start { colon = end }
      // Going on to the end of a long word again for each of its colons would be slow.
      if colon != nil, end - start > Self.addressLimit { break }
      end += 1
    }
    if let colon, !keepsColons(start, end) { end = colon }
    end = max(end, start + 1)
    return NFTToken(kind: .word, text: text(start, end), start: start, end: end)
  }

  /// Addresses hold colons; anywhere else a colon ends the word (`10.0.0.1:80`, `22:accept`).
  private func keepsColons(_ start: Int, _ end: Int) -> Bool {
    guard end - start < Self.addressLimit else { return false }
    let word = text(start, end)
    let isHardwareAddress = word.utf8.count == 17 && word.utf8.count { $0 == ASCII.colon } == 5
    return isHardwareAddress
      || word.split(separator: "-").allSatisfy { IPAddress($0.prefix { $0 != "/" })?.family == .v6 }
  }

  /// Names of variables hold no colon (`$server:502`).
  private func identifierEnd(from start: Int) -> Int {
    var end = start
    while end < bytes.count, isWordByte(bytes[end]), bytes[end] != ASCII.colon, bytes[end] != UInt8(ascii: "-") {
      end += 1
    }
    return end
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57, UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "-"), ASCII.colon, UInt8(ascii: "*"), UInt8(ascii: "~"),
      UInt8(ascii: "%"), UInt8(ascii: "?"), 0x80...:
      true
    default: false
    }
  }

  private func text(_ start: Int, _ end: Int) -> String {
    String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }
}
