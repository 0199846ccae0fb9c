import Findings
import SourceText

/// The matrix for a terminal: a table of marks, then each pair that is not empty.
public func matrixText(_ report: MatrixReport, style: TextStyle) -> String {
  var writer = LineWriter(style: style)
  writer.line("what each zone can open towards each other: rows from, columns to", isHeading: true)
  table(report, &writer)
  writer.line()
  legend(report, &writer)
  for cell in report.cells where !cell.isEmpty {
    writer.line()
    write(cell, report, &writer)
  }
  writer.line()
  writer.end(report.frame)
  summary(report, &writer)
  return writer.text
}

/// In pieces that fit the width, each with all rows.
private func table(_ report: MatrixReport, _ writer: inout LineWriter) {
  let names = report.zones.enumerated().map { "\($0.offset + 1) \(printable($0.element.label))" }
  let first = min(names.map(\.count).max() ?? 0, 44)
  let width = 5
  let perPiece = max(1, (LineWriter.width - first - 1) / width)
  for start in stride(from: 0, to: report.zones.count, by: perPiece) {
    let columns = start..<min(start + perPiece, report.zones.count)
    writer.line()
    writer.line("".filled(first + 1) + columns.map { "\($0 + 1)".filled(width) }.joined().trimmed)
    for row in report.zones.indices {
      let marks = columns.map { (report.cell(from: row, to: $0)?.mark ?? "-").filled(width) }
      let name = names[row].count <= first ? names[row] : names[row].prefix(first - 1) + "…"
      writer.line((name.filled(first + 1) + marks.joined()).trimmed)
    }
  }
}

private func legend(_ report: MatrixReport, _ writer: inout LineWriter) {
  let marks = Set(report.cells.flatMap(\.mark))
  let meanings: [(Character, String)] = [
    ("o", "o open"), ("p", "p possibly open"), (".", ". nothing"), ("!", "! more than the conduits list"),
    ("?", "? perhaps more than the conduits list"), ("x", "x a required conduit is not surely open"),
    ("d", "d a diode leads there"),
  ]
  let known = meanings.filter { marks.contains($0.0) }.map(\.1)
  writer.line("marks: " + known.joined(separator: "; "))
}

private func write(_ cell: MatrixCell, _ report: MatrixReport, _ writer: inout LineWriter) {
  let (from, to) = (report.zones[cell.from], report.zones[cell.to])
  writer.line("\(cell.from + 1) \(from.label) -> \(cell.to + 1) \(to.label)  \(cell.mark)", isHeading: true)
  writer.fields("open", cell.open)
  writer.fields("possible", cell.possible)
  if !cell.conduits.isEmpty { writer.field("conduits", cell.conduits.joined(separator: ", ")) }
  if !cell.diodes.isEmpty { writer.field("diodes", cell.diodes.joined(separator: ", ")) }
  for part in cell.unlisted {
    let lead = part.isCertain ? "no conduit lists what" : "no conduit lists what perhaps"
    writer.field("!", "\(lead) \(part.rule.title) lets through (\(part.rule.place)):", label: 2)
    for traffic in part.traffic { writer.field("", traffic, indent: 4, label: 0) }
  }
  for part in cell.unmet {
    let verb = part.isBlocked ? "is blocked" : "is not surely open"
    writer.field("x", "required conduit \(part.conduit) \(verb):", label: 2)
    for traffic in part.traffic { writer.field("", traffic, indent: 4, label: 0) }
  }
}

private func summary(_ report: MatrixReport, _ writer: inout LineWriter) {
  let open = report.cells.count { !$0.open.isEmpty || !$0.possible.isEmpty }
  let wide = report.cells.count { !$0.unlisted.isEmpty }
  let short = report.cells.count { !$0.unmet.isEmpty }
  writer.line(
    "site \(report.frame.site): \(open) of \(report.cells.count) zone pairs open; \(wide) with more than the conduits list, "
      + "\(short) with less than a required conduit needs")
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
