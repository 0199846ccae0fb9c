import Findings
import RuleModel
import SourceText

extension Check {
  static let notRecognised = Check(
    "CFG001", "not-recognised", .medium, "A statement was not recognised that could change a verdict.",
    work: .reading {
      $0.gaps(
        .notRecognised, "is not recognised",
        help: "check the spelling; if the device accepts it, report it as a gap of Bulkhead")
    })

  static let notModelled = Check(
    "CFG002", "not-modelled", .medium, "A statement was recognised but is not modelled, and could change a verdict.",
    work: .reading {
      $0.gaps(
        .notModelled, "is not taken into account",
        help: "judge this statement by hand; verdicts that it could change say `cannot tell`")
    })

  static let undefinedReference = Check(
    "CFG003", "undefined-reference", .medium, "A name is used that nothing in the file defines.",
    work: .reading { $0.issues(.undefinedReference) })

  static let dynamicObject = Check(
    "CFG004", "dynamic-object", .info, "An object's content is not in the file; it is bounded from both sides.",
    work: .reading { $0.issues(.dynamicObject) })

  static let truncated = Check(
    "CFG006", "truncated", .high, "The configuration is cut off or empty.",
    work: .reading { $0.issues(.truncated) })

  static let pendingChanges = Check(
    "CFG007", "pending-changes", .medium,
    "The file holds changes that are not in force, or more than one configuration.",
    work: .reading { $0.issues(.pendingChanges) })

  /// Raised by the engine, which meets files before there is a reading.
  static let platformUnknown = Check(
    "CFG005", "platform-unknown", .high, "The platform of a configuration is not recognised.",
    work: .reading { _ in [] })
}

extension ReadingContext {
  /// One finding for each distinct statement that was not (fully) understood.
  func gaps(_ state: LineState, _ verdict: String, help: String) -> [Finding] {
    var order: [String] = []
    var groups: [String: [LedgerGap]] = [:]
    for gap in reading.ledger.gaps where gap.state == state && gap.couldChangeVerdict {
      // The same statement a thousand times is one gap.
      let key = "\(firstWords(gap.range)) \(gap.reason)"
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(gap)
    }
    return order.compactMap { key in
      guard let group = groups[key], let first = group.first else { return nil }
      // Sixty characters are shown; a statement of many megabytes is not worth masking to its end.
      let bytes = Int(first.range.start)..<min(Int(first.range.end), Int(first.range.start) + 4096)
      let statement = printable(String(withoutSecrets(file.text(bytes)).prefix(60)))
      let times = group.count == 1 ? "" : " (\(group.count) times)"
      var finding = finding(
        first.range, subject: key, message: "`\(statement)` \(verdict)\(times): \(first.reason)", help: help)
      finding.related = group.dropFirst().prefix(3).map { RelatedPlace(range: $0.range, label: "also here") }
      return finding
    }
  }

  func issues(_ kind: ReadIssue.Kind) -> [Finding] {
    reading.issues.filter { $0.kind == kind }.map {
      finding($0.range, subject: $0.message, message: $0.message, help: $0.help)
    }
  }

  private func finding(_ range: SourceRange, subject: String, message: String, help: String) -> Finding {
    var finding = Finding(
      code: check.code, name: check.name, severity: rule.severity ?? check.severity, confidence: .certain,
      message: message, device: device, property: file.name, subject: subject, location: range, help: help)
    // What could not be read is no violation; the run is incomplete instead.
    finding.counts = false
    return finding
  }

  private func firstWords(_ range: SourceRange) -> String {
    file.text(range).split(maxSplits: 2, whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).prefix(2)
      .joined(separator: " ")
  }
}
