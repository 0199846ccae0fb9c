import Findings
import SourceText

/// Lines of at most 100 columns with a hanging indent; everything is made safe to show.
struct LineWriter {
  static let width = 100
  let style: TextStyle
  private(set) var text = ""

  init(style: TextStyle) { self.style = style }

  /// A line as it is, in bold when it is a heading.
  mutating func line(_ line: String = "", isHeading: Bool = false) {
    for (index, piece) in wrapped(printable(line), width: Self.width, hanging: 2).enumerated() {
      text += (isHeading ? style.paint(piece, "1") : piece) + "\n"
      _ = index
    }
  }

  /// `  name     value`, the value wrapped below itself.
  mutating func field(_ name: String, _ value: String, indent: Int = 2, label: Int = 9) {
    let head = String(repeating: " ", count: indent) + name + String(repeating: " ", count: max(1, label - name.count))
    let pieces = wrapped(printable(value), width: Self.width - head.count, hanging: 0)
    for (index, piece) in pieces.enumerated() {
      let lead = index == 0 ? style.paint(head, "2") : String(repeating: " ", count: head.count)
      text += trimmed(lead + piece) + "\n"
    }
  }

  /// Fields of one name: it stands before the first value only.
  mutating func fields(_ name: String, _ values: [String], indent: Int = 2, label: Int = 9) {
    for (index, value) in values.enumerated() { field(index == 0 ? name : "", value, indent: indent, label: label) }
  }

  /// What the answer says nothing about, and what was not understood.
  mutating func end(_ frame: AnswerFrame) {
    for remark in frame.notCovered { line("not covered: \(remark)") }
    for gap in frame.gaps { line("not understood: \(gap)") }
  }

  private func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

/// The text in lines of at most `width` columns, broken at blanks; words that are longer stand alone.
func wrapped(_ text: String, width: Int, hanging: Int) -> [String] {
  guard text.count > width else { return [text] }
  var lines: [String] = []
  // Blanks at the beginning belong to the first word.
  let lead = text.prefix { $0 == " " }
  var line = String(lead)
  var isEmpty = true
  for word in text.dropFirst(lead.count).split(separator: " ", omittingEmptySubsequences: false) {
    if !isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = String(repeating: " ", count: lead.count + hanging) + word
    } else {
      line += (isEmpty ? "" : " ") + word
    }
    isEmpty = false
  }
  return lines + [line]
}

extension String {
  /// The text with blanks behind it, up to a width.
  func filled(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// Safe in a cell of a Markdown table, also where the text holds marks of Markdown or HTML.
  var markdown: String {
    var result = ""
    for character in printable(self) {
      switch character {
      case "|", "*", "_", "`", "[", "]", "<", ">", "\\", "#": result += "\\\(character)"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
