import RuleModel
import SourceText

/// What a reader has to say about its file: the ledger and remarks.
struct ReaderNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  /// Names that were already reported as undefined, each with its kind.
  private var reported: Set<String> = []

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  mutating func mark(_ range: SourceRange, _ state: LineState) { ledger.mark(range, state) }

  mutating func gap(_ range: SourceRange, _ state: LineState, matters: Bool, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: matters, reason: reason))
  }

  mutating func issue(
    _ kind: ReadIssue.Kind, _ range: SourceRange, _ message: String, help: String, matters: Bool = true
  ) {
    issues.append(ReadIssue(kind: kind, range: range, message: message, help: help, couldChangeVerdict: matters))
  }

  /// Reports a name that nothing defines, once for each kind and name, and gives the reason for the bounds.
  mutating func undefined(
    _ kind: String, _ name: String, _ range: SourceRange, among known: @autoclosure () -> [String]
  ) -> Uncertainty {
    let shown = printable(name)
    if reported.insert("\(kind) \(name)").inserted {
      // Thousands of undefined names are one mistake, not thousands of spelling errors.
      let hint =
        reported.count > 50
        ? nil : nearest(to: String(name.prefix(100)), among: known()).map { "did you mean `\(printable($0))`?" }
      issue(
        .undefinedReference, range, "no \(kind) is named `\(shown)`",
        help: hint ?? "export the whole configuration; what the name stands for is taken as open")
    }
    return Uncertainty(range: range, reason: "no \(kind) is named `\(shown)`")
  }
}
