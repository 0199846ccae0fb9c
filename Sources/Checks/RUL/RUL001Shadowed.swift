import Findings
import Reachability
import RuleModel

extension Check {
  static let shadowed = Check(
    "RUL001", "shadowed", .medium,
    "A rule can never match: it is shadowed by earlier rules with another action (one rule or a union).",
    work: .lists { context in
      try context.coveredRules { rule, covering in
        covering.contains { $0.action.isPermit != rule.action.isPermit }
      }.map { covered in
        let (rule, covering) = (covered.rule, covered.covering)
        let opposite = covering.filter { $0.action.isPermit != rule.action.isPermit }
        let verb = rule.action.isPermit ? "permit" : "deny"
        var finding = context.finding(
          covered.list, rule,
          message: """
            \(rule.name) can never \(verb): \(names(covering)) take\(covering.count == 1 ? "s" : "") everything that it \
            would match
            """,
          help: "move the rule above \(opposite[0].name), or delete whichever of the two is wrong")
        // A deny that does nothing is a hole; a permit that does nothing is an outage at most.
        if !rule.action.isPermit { finding.severity = max(finding.severity, .high) }
        finding.related = covering.map { RelatedPlace(range: $0.source, label: "shadows it: \($0.name)") }
        finding.witness = try context.witness(of: covered)
        return finding
      }
    })
}

extension Check {
  static let covered = Check(
    "RUL002", "covered", .low, "A rule can never match: earlier rules with the same action cover it.",
    work: .lists { context in
      try context.coveredRules { rule, covering in
        covering.allSatisfy { $0.action.isPermit == rule.action.isPermit }
      }.map { covered in
        let (rule, covering) = (covered.rule, covered.covering)
        var finding = context.finding(
          covered.list, rule,
          message: """
            \(rule.name) has no effect: \(names(covering)) already \(rule.action.isPermit ? "permit" : "den")\
            \(rule.action.isPermit ? (covering.count == 1 ? "s" : "") : (covering.count == 1 ? "ies" : "y")) the same
            """,
          help: "delete the rule, or narrow the earlier one if it is too wide")
        finding.related = covering.map { RelatedPlace(range: $0.source, label: "covers it: \($0.name)") }
        finding.witness = try context.witness(of: covered)
        return finding
      }
    })
}

private func names(_ rules: [Rule]) -> String {
  let shown = rules.prefix(3).map(\.name).joined(separator: ", ")
  return rules.count > 3 ? "\(shown) and \(rules.count - 3) more" : shown
}

extension Action {
  var isPermit: Bool { self == .permit }

  /// Whether the rule decides by itself.
  var decides: Bool {
    switch self {
    case .permit, .deny: true
    case .proceed, .jump, .goto, .leave, .unknown: false
    }
  }
}

extension ListContext {
  /// A finding about one rule.
  func finding(_ list: RuleList, _ rule: Rule, message: String, help: String) -> Finding {
    Finding(
      code: check.code, name: check.name, severity: self.rule.severity ?? check.severity, confidence: .certain,
      message: message, device: device.label, property: list.name, subject: rule.subject, location: rule.source,
      help: help)
  }

  /// A finding about how wide a permit is; possible when a part of its match is not known.
  func finding(_ list: RuleList, wide rule: Rule, isCertain: Bool, message: String, help: String) -> Finding {
    var finding = finding(list, rule, message: message, help: help)
    guard !isCertain else { return finding }
    // An object whose content is elsewhere is no "any": the run is incomplete, not violated, unless policy says so.
    finding.confidence = .possible
    finding.counts = self.rule.possibleCounts
    finding.notes = rule.match.uncertainties.map { "cannot tell: \($0.reason)" }
    finding.related = rule.match.uncertainties.prefix(6).map { RelatedPlace(range: $0.range, label: $0.reason) }
    return finding
  }

  /// The rules that decide on forwarded traffic: written in the file, not disabled.
  var activeRules: [(list: RuleList, rule: Rule)] {
    device.forwardingLists.flatMap { index in
      device.lists[index].rules.filter { $0.isExplicit && $0.state != .disabled }.map { (device.lists[index], $0) }
    }
  }
}
