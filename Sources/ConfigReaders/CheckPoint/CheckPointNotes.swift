import RuleModel
import SourceText

/// What a reader has to say about the file: the ledger and remarks, each once.
struct CheckPointNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  private var said: Set<String> = []

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  mutating func gap(_ range: SourceRange, _ state: LineState, matters: Bool, _ reason: String) {
    guard said.insert("\(range.start) \(reason)").inserted else { return }
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: matters, reason: reason))
  }

  mutating func issue(
    _ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String, matters: Bool = true
  ) {
    guard said.insert(message).inserted else { return }
    issues.append(
      ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: matters))
  }
}
