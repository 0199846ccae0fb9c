import RuleModel
import SourceText

/// What the reader has to say about the file: the ledger and remarks.
struct FortiNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  private let file: SourceFile

  init(_ file: SourceFile) {
    ledger = ReadingLedger(file)
    self.file = file
  }

  /// The 1-based line at which `range` begins.
  func line(of range: SourceRange) -> Int { file.lines.line(at: Int(range.start)) }

  /// What lies on the line at which `range` begins.
  func firstLine(of range: SourceRange) -> SourceRange { file.range(ofLine: line(of: range)) }

  mutating func gap(_ range: SourceRange, _ state: LineState, matters: Bool, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: matters, reason: reason))
  }

  mutating func issue(
    _ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String, matters: Bool = true
  ) {
    issues.append(
      ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: matters))
  }
}
