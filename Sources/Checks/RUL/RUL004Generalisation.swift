import Findings
import Reachability
import RuleModel

extension Check {
  static let generalisation = Check(
    "RUL004", "generalisation", .info, "A later, wider rule has another action than earlier rules inside it.",
    work: .lists { context in
      context.overlapping(\.inside).map { rule, list, inside in
        let does = rule.action.isPermit ? "permits" : "denies"
        var finding = context.finding(
          context.device.lists[list], rule,
          message:
            "\(rule.name) \(does) what surrounds \(context.names(inside, seenFrom: list)): they are exceptions from it",
          help: "keep the exceptions above the rule; if they are none, delete them or narrow the rule")
        finding.related = context.related(inside, "is an exception")
        return finding
      }
    })

  static let correlation = Check(
    "RUL005", "correlation", .info, "Two rules with different actions overlap, and order decides.",
    work: .lists { context in
      context.overlapping(\.across).map { rule, list, across in
        var finding = context.finding(
          context.device.lists[list], rule,
          message: """
            \(rule.name) and \(context.names(across, seenFrom: list)) overlap with different actions: order decides what \
            happens to the packets that they share
            """,
          help: "make the rules disjoint, or state in a comment which of them is meant to win")
        finding.related = context.related(across, "overlaps")
        return finding
      }
    })
}

extension ListContext {
  /// Rules with earlier opposite ones of one kind; a final deny is the default and no rule of its own.
  fileprivate func overlapping(
    _ kind: KeyPath<OverlappingRule, [ListPlace]>
  ) -> [(rule: Rule, list: Int, others: [ListPlace])] {
    anomalies.overlapping.compactMap { overlapping in
      let others = overlapping[keyPath: kind]
      guard !others.isEmpty, let rule = rule(at: overlapping.place), !rule.isFinalDeny else { return nil }
      return (rule, overlapping.place.list, others)
    }
  }
}
