import PacketSets
import RuleModel
import SourceText

/// Takes the rules that can stop a packet out of a file, and the passes that can keep them from it.
struct SuricataReader {
  let file: SourceFile
  var ledger: ReadingLedger
  private var passes: [Rule] = []
  private var drops: [Rule] = []

  init(_ file: SourceFile) {
    self.file = file
    ledger = ReadingLedger(file)
  }

  /// Passes are asked before drops and rejects, whatever the order of lines (suricata.yaml, `action-order`, default `pass,
  /// drop, reject, alert`).
  func ordered() -> [Rule] {
    (passes + drops).enumerated().map { order, rule in
      var rule = rule
      rule.order = order
      return rule
    }
  }

  mutating func read() {
    var line = 1
    while line <= file.lines.count {
      var bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      let first = line
      // A backslash at the end of a line joins the next one (User Guide, Rules Format).
      while line < file.lines.count, endsWithBackslash(bounds) {
        line += 1
        bounds = bounds.lowerBound..<file.lines.bounds(ofLine: line, in: file.bytes).upperBound
      }
      line += 1
      take(bounds, lines: first..<line)
    }
  }

  private func endsWithBackslash(_ bounds: Range<Int>) -> Bool {
    file.bytes[bounds].last { $0 != ASCII.carriageReturn } == ASCII.backslash
  }

  private mutating func take(_ bounds: Range<Int>, lines: Range<Int>) {
    guard let first = file.bytes[bounds].first(where: { !ASCII.isBlank($0) && $0 != ASCII.carriageReturn }) else {
      return
    }
    if first == ASCII.hash { return ledger.mark(lines: lines, .irrelevant) }
    let range = file.range(bounds.lowerBound, bounds.upperBound)
    guard let text = SuricataRuleText(file.text(bounds)) else {
      return gap(range, "this is no rule; it should read `action protocol source port -> destination port (options)`")
    }
    switch text.action {
    case "alert", "config": ledger.mark(lines: lines, .irrelevant)
    case "pass", "drop", "reject", "rejectsrc", "rejectdst", "rejectboth":
      ledger.mark(lines: lines, .used)
      add(text, range)
    default: gap(range, "`\(printable(text.action))` is no action of Suricata")
    }
  }

  private mutating func gap(_ range: SourceRange, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: .notRecognised, couldChangeVerdict: true, reason: reason))
  }

  private mutating func add(_ text: SuricataRuleText, _ range: SourceRange) {
    let condition = SuricataCondition(text, range)
    for problem in condition.problems { gap(range, problem) }
    let name = "Suricata rule \(text.options.first { $0.name == "sid" }.map { printable($0.value) } ?? "without sid")"
    let isPass = text.action == "pass"
    // A pass that matches one message lets the rest of its session through unseen, so how far it reaches is open.
    let match =
      isPass
      ? MatchBounds(
        lower: [], upper: condition.headers,
        uncertainties: [Uncertainty(range: range, reason: "how much of a session a pass rule lets by is not modelled")])
      : condition.match
    var rule = Rule(
      order: 0, name: name, match: match, action: isPass ? .permit : .deny(rejects: text.action != "drop"),
      source: range)
    rule.comment = text.options.first { $0.name == "msg" }.map(\.value)
    rule.logging = isPass ? .off : .on
    if isPass { passes.append(rule) } else { drops.append(rule) }
  }
}
