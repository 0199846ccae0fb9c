import RuleModel
import SourceText

/// What the reader has to say about the file, each remark once.
///
/// Several devices can come out of one file, and all of them meet the rules that they share.
struct PANNotes {
  private(set) var gaps: [LedgerGap] = []
  private(set) var issues: [ReadIssue] = []
  private var marks: [(range: SourceRange, state: LineState)] = []
  private var said: Set<String> = []

  mutating func mark(_ range: SourceRange, _ state: LineState) { marks.append((range, state)) }

  mutating func gap(_ range: SourceRange, _ state: LineState, matters: Bool, _ reason: String) {
    guard said.insert("\(range.start) \(reason)").inserted else { return }
    gaps.append(LedgerGap(range: range, state: state, couldChangeVerdict: matters, reason: reason))
  }

  mutating func issue(
    _ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String, matters: Bool = true
  ) {
    guard said.insert(message).inserted else { return }
    issues.append(
      ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: matters))
  }

  /// The account of the file's lines.
  func ledger(of file: SourceFile) -> ReadingLedger {
    var ledger = ReadingLedger(file)
    for mark in marks { ledger.mark(mark.range, mark.state) }
    for gap in gaps { ledger.gap(gap) }
    ledger.finish(file)
    return ledger
  }
}
