import SourceText

/// One line of a device's command line, as exports and captured sessions hold it: its words, without the prompt in front.
struct CommandLine {
  var range: SourceRange
  /// Quotes undone; never empty.
  var words: [String]

  var first: String { words[0] }
  /// All but the first word.
  var rest: ArraySlice<String> { words.dropFirst() }

  /// Whether the line begins with these words.
  func begins(with start: String...) -> Bool { words.starts(with: start) }
}

/// How far a line is indented; a tab counts as eight blanks.
func indentation(_ file: SourceFile, _ number: Int) -> Int {
  var depth = 0
  for byte in file.bytes[file.lines.bounds(ofLine: number, in: file.bytes)].prefix(200) {
    guard ASCII.isBlank(byte) else { break }
    depth += byte == ASCII.tab ? 8 : 1
  }
  return depth
}

/// Longer lines are no command of any device that is read this way.
private let lengthLimit = 4096

/// The command of a line; nil for blank lines, comments (`!`, `#`) and traces of the capture, which are marked, and for
/// lines too long to be one, which are gaps.
func commandLine(_ file: SourceFile, _ number: Int, _ ledger: inout ReadingLedger) -> CommandLine? {
  let bytes = file.bytes.span
  var bounds = file.lines.bounds(ofLine: number, in: file.bytes)
  if number == 1 { bounds = min(bounds.lowerBound + file.byteOrderMarkLength, bounds.upperBound)..<bounds.upperBound }
  let start = commandStart(bytes, bounds)
  guard start < bounds.upperBound else {
    ledger.mark(line: number, .irrelevant)
    return nil
  }
  guard bounds.upperBound - start <= lengthLimit else {
    ledger.gap(
      LedgerGap(
        range: file.range(ofLine: number), state: .notRecognised, couldChangeVerdict: true,
        reason: "the line is longer than any command"))
    return nil
  }
  let words = shellWords(bytes, start..<bounds.upperBound).map(\.text)
  guard !words.isEmpty else {
    ledger.mark(line: number, .irrelevant)
    return nil
  }
  return CommandLine(range: file.range(ofLine: number), words: words)
}

/// Where the command begins; the end of the line when there is none.
func commandStart(_ bytes: Span<UInt8>, _ bounds: Range<Int>) -> Int {
  var start = bounds.lowerBound
  skipResidue(bytes, &start, bounds.upperBound)
  guard start < bounds.upperBound else { return start }
  if bytes[start] == ASCII.hash || bytes[start] == ASCII.exclamation { return bounds.upperBound }
  for text in captureTexts where begins(bytes, start..<bounds.upperBound, with: text) { return bounds.upperBound }
  start = promptEnd(bytes, start, bounds.upperBound)
  skipBlanks(bytes, &start, end: bounds.upperBound)
  return start
}

/// What devices say between a command and its answer.
private let captureTexts: [StaticString] = [
  "Building configuration", "Current configuration", "Press Ctrl-C", "Press any key", "Last configuration change",
]

/// Moves past blanks, control bytes, and what a pager leaves behind (`--More--` and the bytes that wipe it out).
private func skipResidue(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) {
  while position < end {
    if bytes[position] == 0x1B, position + 1 < end, bytes[position + 1] == UInt8(ascii: "[") {
      position += 2
      while position < end, bytes[position] < 0x40 { position += 1 }
      position += 1
    } else if bytes[position] == ASCII.space || bytes[position] == 0x08 || (9...13).contains(bytes[position]) {
      position += 1
    } else if begins(bytes, position..<end, with: "--More--") || begins(bytes, position..<end, with: "-- more --") {
      position += bytes[position + 2] == ASCII.space ? 10 : 8
    } else {
      break
    }
  }
  position = min(position, end)
}

/// The position behind `name#`, `name(config)#`, `user@name>` or `name:/config/#>`; the start when no prompt stands there.
private func promptEnd(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
  guard ASCII.lowercased(bytes[start]) &- 97 < 26 else { return start }
  var position = start
  let limit = min(end, start + 120)
  while position < limit, !ASCII.isBlank(bytes[position]) {
    if isPromptMark(bytes[position]) {
      while position < end, isPromptMark(bytes[position]) { position += 1 }
      return position
    }
    position += 1
  }
  return start
}

private func isPromptMark(_ byte: UInt8) -> Bool { byte == ASCII.hash || byte == UInt8(ascii: ">") }
