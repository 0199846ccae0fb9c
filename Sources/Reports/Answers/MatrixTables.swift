import Findings
import SourceText

/// The matrix as CSV (RFC 4180): a row for each pair, the pairs with nothing included.
public func matrixCSV(_ report: MatrixReport) -> [UInt8] {
  var rows = [
    [
      "from", "from_level", "to", "to_level", "verdict", "open", "possible", "conduits", "unlisted", "unmet_conduits",
      "diodes",
    ]
  ]
  rows += report.cells.map { cell in
    let (from, to) = (report.zones[cell.from], report.zones[cell.to])
    return [
      from.name, from.level ?? "", to.name, to.level ?? "", cell.verdict, cell.open.joined(separator: "; "),
      cell.possible.joined(separator: "; "), cell.conduits.joined(separator: "; "),
      cell.unlisted.map { "\($0.traffic.joined(separator: "; ")) by \($0.rule.place)" }.joined(separator: "; "),
      cell.unmet.map(\.conduit).joined(separator: "; "), cell.diodes.joined(separator: "; "),
    ]
  }
  return Array(rows.map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined().utf8)
}

/// In quotes where it must be; a text that a spreadsheet would take for a formula gets an apostrophe.
private func csvField(_ text: String) -> String {
  var text = printable(text)
  if let first = text.first, "=+-@".contains(first) { text = "'" + text }
  guard text.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }) else { return text }
  return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

/// The matrix as Markdown: a table of services, then what does not fit the conduits.
public func matrixMarkdown(_ report: MatrixReport) -> String {
  var text =
    "# What each zone can open towards each other\n\nSite \(report.frame.site.markdown). Rows from, columns to.\n\n"
  let names = report.zones.map(\.label.markdown)
  text += "| from \\ to | " + names.joined(separator: " | ") + " |\n"
  text += "|---|" + names.map { _ in "---|" }.joined() + "\n"
  for row in report.zones.indices {
    let cells = report.zones.indices.map { column -> String in
      report.cell(from: row, to: column).map(markdown) ?? "–"
    }
    text += "| **\(names[row])** | " + cells.joined(separator: " | ") + " |\n"
  }
  let wide = report.cells.filter { !$0.unlisted.isEmpty }
  if !wide.isEmpty { text += "\n## More than the conduits list\n\n" }
  for cell in wide {
    for part in cell.unlisted {
      text += "- \(names[cell.from]) to \(names[cell.to]): \(part.isCertain ? "" : "perhaps ")"
      text += part.traffic.map(\.markdown).joined(separator: "; ")
      text += ", by \(part.rule.title.markdown) (\(part.rule.place.markdown))\n"
    }
  }
  let short = report.cells.filter { !$0.unmet.isEmpty }
  if !short.isEmpty { text += "\n## Less than a required conduit needs\n\n" }
  for cell in short {
    for part in cell.unmet {
      text += "- \(names[cell.from]) to \(names[cell.to]): \(part.conduit.markdown) "
      text += "\(part.isBlocked ? "is blocked" : "is not surely open") for "
      text += part.traffic.map(\.markdown).joined(separator: "; ") + "\n"
    }
  }
  return text + markdownEnd(report.frame)
}

private func markdown(_ cell: MatrixCell) -> String {
  var parts = cell.open.map(\.markdown) + cell.possible.map { "perhaps \($0.markdown)" }
  if !cell.diodes.isEmpty { parts.append("diode \(cell.diodes.joined(separator: ", ").markdown)") }
  if parts.count > 4 { parts = parts.prefix(4) + ["and \(parts.count - 4) more"] }
  let mark = (cell.unlisted.isEmpty ? "" : " **!**") + (cell.unmet.isEmpty ? "" : " **x**")
  return parts.joined(separator: "<br>") + mark
}

/// What the answer says nothing about, and what was not understood.
func markdownEnd(_ frame: AnswerFrame) -> String {
  let lines =
    frame.notCovered.map { "- not covered: \($0.markdown)\n" } + frame.gaps.map { "- not understood: \($0.markdown)\n" }
  return lines.isEmpty ? "" : "\n## How far to trust it\n\n" + lines.joined()
}
