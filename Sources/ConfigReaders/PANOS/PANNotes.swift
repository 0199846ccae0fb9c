import RuleModel
import SourceText

/// What the reader has to say about the file: the ledger and remarks, each once.
///
/// Several devices can come out of one file, and all of them meet the rules that they share.
struct PANNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  private var said: Set<String> = []

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  /// Notes about nothing, to be swapped for those of a file.
  init() { ledger = ReadingLedger(PANNotes.nothing) }

  private static let nothing = try! SourceFile(path: "", bytes: [])

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
