import RuleModel
import SourceText

/// What a reader has to say about a file: the account of its lines, and remarks.
struct ReaderNotes {
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  /// Messages that were given already; a name that is undefined in a thousand rules is one remark.
  private var given: Set<String> = []

  init(_ file: SourceFile) { ledger = ReadingLedger(file) }

  mutating func mark(_ range: SourceRange, _ state: LineState) { ledger.mark(range, state) }

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

  /// Reports a name that nothing defines, once for each kind and name, and gives the reason for the bounds.
  mutating func undefined(
    _ kind: String, _ name: String, _ range: SourceRange, among known: @autoclosure () -> [String]
  ) -> Uncertainty {
    let message = "no \(kind) is named `\(printable(name))`"
    if !given.contains(message) {
      // Thousands of undefined names are one mistake, not thousands of spelling errors.
      let near = given.count > 50 ? nil : nearest(to: String(name.prefix(100)), among: known())
      issue(
        .undefinedReference, range, message,
        help: near.map { "did you mean `\(printable($0))`?" }
          ?? "export the whole configuration; what the name stands for is taken as open")
    }
    return Uncertainty(range: range, reason: message)
  }
}
