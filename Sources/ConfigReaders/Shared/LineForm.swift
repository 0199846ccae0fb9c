import SourceText

/// Whether a line outside all blocks can tell that a file is in braces or made of commands: it is a comment, begins with one
/// of the words, or ends in `{` or `;`.
///
/// For detection, which looks at thousands of lines of files of other formats.
func tellsForm(_ file: SourceFile, _ bounds: Range<Int>, _ heads: [String]) -> Bool {
  let bytes = file.bytes.span
  var position = bounds.lowerBound
  guard let first = takeWord(bytes, &position, end: bounds.upperBound) else { return false }
  let head = bytes[first.lowerBound]
  if head == ASCII.hash || head == UInt8(ascii: "/") { return true }
  var end = bounds.upperBound
  while end > first.lowerBound, ASCII.isBlank(bytes[end - 1]) || bytes[end - 1] == ASCII.carriageReturn { end -= 1 }
  if bytes[end - 1] == UInt8(ascii: "{") || bytes[end - 1] == UInt8(ascii: ";") { return true }
  return heads.contains { word in
    word.utf8.count == first.count && zip(word.utf8, first).allSatisfy { $0 == bytes[$1] }
  }
}
