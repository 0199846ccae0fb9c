import SourceText

/// A word of a command line or rule line with quotes and escapes resolved.
struct ShellWord {
  var text: String
  /// A quoted word is never an option.
  var isQuoted: Bool

  var isOption: Bool { !isQuoted && text.utf8.first == UInt8(ascii: "-") && text.utf8.count > 1 }
  var isNegation: Bool { !isQuoted && text == "!" }
}

/// Splits a line as iptables-restore and shells do: blanks separate, `"` quotes, and `\` escapes inside quotes.
///
/// Single quotes quote too, as in shell scripts only; a `\` at a line's end joins the next line.
func shellWords(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [ShellWord] {
  var words: [ShellWord] = []
  var position = range.lowerBound
  while position < range.upperBound {
    if isSeparator(bytes[position]) || isContinuation(bytes, position, end: range.upperBound) {
      position += 1
      continue
    }
    let start = position
    while position < range.upperBound, !isSeparator(bytes[position]), !isQuoteOrEscape(bytes[position]) {
      position += 1
    }
    if position == range.upperBound || isSeparator(bytes[position]) {
      words.append(ShellWord(text: text(bytes, start..<position), isQuoted: false))
    } else {
      position = start
      words.append(quotedWord(bytes, &position, end: range.upperBound))
    }
  }
  return words
}

/// Takes a word that holds quotes or escapes.
private func quotedWord(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> ShellWord {
  var content: [UInt8] = []
  var open: UInt8?
  var isQuoted = false
  while position < end {
    let byte = bytes[position]
    if let quote = open {
      if byte == quote {
        open = nil
      } else if byte == ASCII.backslash, quote == ASCII.quote, position + 1 < end {
        position += 1
        content.append(bytes[position])
      } else {
        content.append(byte)
      }
    } else if byte == ASCII.quote || byte == UInt8(ascii: "'") {
      open = byte
      isQuoted = true
    } else if isSeparator(byte) || isContinuation(bytes, position, end: end) {
      break
    } else {
      content.append(byte)
    }
    position += 1
  }
  return ShellWord(text: String(decoding: content, as: UTF8.self), isQuoted: isQuoted)
}

private func isSeparator(_ byte: UInt8) -> Bool {
  ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
}

private func isQuoteOrEscape(_ byte: UInt8) -> Bool {
  byte == ASCII.quote || byte == UInt8(ascii: "'") || byte == ASCII.backslash
}

private func isContinuation(_ bytes: Span<UInt8>, _ position: Int, end: Int) -> Bool {
  guard bytes[position] == ASCII.backslash else { return false }
  let next = position + 1
  return next >= end || bytes[next] == ASCII.lineFeed || bytes[next] == ASCII.carriageReturn
}

/// The text of a byte range, ill-formed UTF-8 repaired.
func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
  bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
}

/// The pieces of a word between separators, by bytes (splitting by characters costs several times as much).
func pieces(_ word: String, at separator: UInt8) -> [String] {
  guard word.utf8.contains(separator) else { return [word] }
  return word.utf8.split(separator: separator, omittingEmptySubsequences: false).map { String(Substring($0)) }
}
