import Dispatch
import Findings
import SourceText
import Synchronization

/// How the text report is drawn.
public struct TextStyle: Sendable {
  /// Whether to colour with ANSI escapes.
  public var isColoured: Bool

  public init(isColoured: Bool) { self.isColoured = isColoured }

  func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}

/// Writes findings as a compiler shows its errors: place, source line with carets, evidence, one line of help.
public func textReport(_ report: RunReport, style: TextStyle) -> String {
  var text = ""
  writeTextReport(report, style: style) { text += $0 }
  return text
}

/// Hands over the text report piece by piece, so that a report of very many findings need not fit into memory.
public func writeTextReport(_ report: RunReport, style: TextStyle, to write: (String) -> Void) {
  let count = report.findings.count
  // Two pieces at a time, on two cores; each is a text of a megabyte or so.
  let size = 1_000
  for start in stride(from: 0, to: count, by: 2 * size) {
    let texts = Mutex(["", ""])
    DispatchQueue.concurrentPerform(iterations: count - start > size ? 2 : 1) { half in
      var writer = TextWriter(report: report, style: style)
      let first = start + half * size
      for index in first..<min(first + size, count) { writer.write(report.findings[index]) }
      let text = writer.text
      texts.withLock { $0[half] = text }
    }
    texts.withLock { $0 }.forEach(write)
  }
  var writer = TextWriter(report: report, style: style)
  writer.writeSummary()
  write(writer.text)
}

private struct TextWriter {
  let report: RunReport
  let style: TextStyle
  var text = ""

  init(report: RunReport, style: TextStyle) {
    self.report = report
    self.style = style
  }

  private var catalog: SourceCatalog { report.catalog }

  mutating func line(_ line: String) { text += line + "\n" }

  mutating func write(_ finding: Finding) {
    let place = finding.location.map { printable(catalog.label(of: $0)) } ?? finding.device ?? report.site ?? "site"
    let mark = style.paint("\(finding.severity.rawValue)[\(finding.code)]", colour(finding.severity))
    let doubt = finding.confidence == .possible ? " (possible)" : ""
    line("\(place): \(mark)\(doubt): \(style.paint(printable(finding.message), "1"))")
    if let location = finding.location { excerpt(location) }
    for related in finding.related {
      line("  --> \(printable(catalog.label(of: related.range))): \(printable(related.label))")
      if related.label.hasPrefix("shadow") || related.label.hasPrefix("cover") { excerpt(related.range) }
    }
    write(finding.witness)
    regions(finding)
    for note in finding.notes { field("note", note) }
    if let consequence = finding.consequence { field("at risk", consequence.rawValue) }
    controls(finding)
    field("help", finding.help)
    line("")
  }

  private mutating func write(_ witness: Witness?) {
    guard let witness else { return }
    field("packet", witness.packet.description)
    if let translated = witness.translated { field("becomes", translated.description) }
    if !witness.from.isEmpty { field("zones", "\(witness.from) -> \(witness.to)") }
    field("path", witness.path)
    for step in witness.steps { field("by", step) }
  }

  /// More than one region, or one that says more than the packet does.
  private mutating func regions(_ finding: Finding) {
    for (index, region) in finding.regions.enumerated() { field(index == 0 ? "traffic" : "", region) }
  }

  /// The first framework's first control in full, further ones by number.
  private mutating func controls(_ finding: Finding) {
    guard let first = finding.controls.first else { return }
    var parts = ["\(first.framework) \(first.id) \(first.title)"]
    var seen = [first.framework: 1]
    for control in finding.controls.dropFirst() {
      let count = seen[control.framework, default: 0]
      seen[control.framework] = count + 1
      if control.framework == first.framework, count < 3 { parts.append(control.id) }
      if control.framework != first.framework, count == 0 { parts.append("\(control.framework) \(control.id)") }
    }
    field("control", parts.joined(separator: "; "))
  }

  private mutating func field(_ name: String, _ value: String) {
    let label = name + String(repeating: " ", count: max(0, 7 - name.count))
    line("  \(style.paint(label, "2")) \(printable(value))")
  }

  /// The source line with carets below the range; only the first line of a longer one.
  private mutating func excerpt(_ range: SourceRange) {
    let file = catalog.file(of: range)
    let position = catalog.position(of: range)
    let bounds = file.lines.bounds(ofLine: position.line, in: file.bytes)
    // Of a line of many megabytes only the beginning, up to what can be shown, is looked at: secrets are masked from left
    // to right, so what is cut off cannot change what stands before it.
    let end = min(bounds.upperBound, max(Int(range.start), bounds.lowerBound) + TextWriter.shownBytes)
    let source = printable(withoutSecrets(file.text(bounds.lowerBound..<end)))
    let number = String(position.line)
    let margin = String(repeating: " ", count: number.count)
    let length = width(printable(file.text(Int(range.start)..<min(Int(range.end), end))))
    let shown = clipped(source, from: position.column - 1, length: max(length, 1))
    line("  \(number) | \(shown.text)")
    let carets = repeated(Self.blanks, shown.offset) + repeated(Self.carets, shown.length)
    line("  \(margin) | \(style.paint(carets, "31"))")
  }

  private static let blanks = String(repeating: " ", count: 256)
  private static let carets = String(repeating: "^", count: 256)

  /// The first characters of a long text of one ASCII character; `String.init(repeating:count:)` appends one by one.
  private func repeated(_ text: String, _ count: Int) -> String {
    count <= text.utf8.count
      ? String(Substring(text.utf8.prefix(count))) : String(repeating: text.first.map(String.init) ?? "", count: count)
  }

  /// How many columns a text takes; counting bytes is enough where there is nothing but ASCII.
  private func width(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.count
  }

  /// More bytes behind the beginning of a range than a terminal's line can show.
  private static let shownBytes = 8192

  /// The part of a long line around the range, so that it fits a terminal.
  private func clipped(_ source: String, from start: Int, length: Int) -> (text: String, offset: Int, length: Int) {
    let width = 160
    let count = self.width(source)
    guard count > width else { return (source, min(start, count), length) }
    let characters = Array(source)
    let first = max(0, min(start - 20, characters.count - width))
    let piece = String(characters[first..<min(first + width, characters.count)])
    let lead = first > 0 ? "…" : ""
    let offset = start - first + lead.count
    return (lead + piece + "…", offset, max(1, min(length, width - offset)))
  }

  mutating func writeSummary() {
    for file in report.files where file.couldChangeVerdict > 0 {
      line(
        """
        \(printable(file.path)): read as \(file.platform ?? "unknown") (\(printable(file.reason))); \
        \(file.couldChangeVerdict) statement\(file.couldChangeVerdict == 1 ? "" : "s") that could change a verdict \
        not understood
        """)
    }
    for remark in report.notChecked { line("not checked: \(printable(remark))") }
    let site = report.site.map { "site \(printable($0)): " } ?? ""
    line(
      "\(site)\(report.tally) in \(report.files.count) file\(report.files.count == 1 ? "" : "s"), \(report.devices) "
        + "device\(report.devices == 1 ? "" : "s"); \(report.rules.count) policy rules applied")
    if let first = report.findings.first { line("`bulkhead explain \(first.code)` tells what a code means") }
  }

  private func colour(_ severity: Severity) -> String {
    switch severity {
    case .critical, .high: "1;31"
    case .medium: "1;33"
    case .low: "36"
    case .info: "2"
    }
  }
}
