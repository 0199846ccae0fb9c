import Findings
import Reachability
import RuleModel

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

  /// Findings about rules that decide on forwarded traffic, are written in the file, not disabled, and may name
  /// everything on some side.
  func wideRules(_ finding: (RuleList, Rule) -> Finding?) -> [Finding] {
    device.forwardingLists.flatMap { index -> [Finding] in
      let list = device.lists[index]
      return list.rules.indices.compactMap { place in
        if list.rules.packedRuleIsWide(at: place) == false { return nil }
        let rule = list.rules[place]
        return rule.isExplicit && rule.state != .disabled ? finding(list, rule) : nil
      }
    }
  }
}
