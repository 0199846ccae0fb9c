import RuleModel
import SourceText

/// What a reader has to say about a file: the account of its lines, and remarks.
struct ReaderNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  /// Messages that were given already; a name that is undefined in a thousand rules is one remark.
  private var given: Set<String> = []

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  mutating func gap(_ range: SourceRange, _ state: LineState, matters: Bool, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: matters, reason: reason))
  }

  /// Adds a remark unless the same message was given before.
  mutating func issue(
    _ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String, matters: Bool = true
  ) {
    guard given.insert(message).inserted else { return }
    issues.append(ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: matters))
  }
}
