import Findings
import Reachability
import RuleModel

extension Check {
  static let shadowed = Check(
    "RUL001", "shadowed", .medium,
    "A rule can never match: it is shadowed by earlier rules with another action (one rule or a union).",
    work: .lists { context in
      try context.coveredRules(isOpposite: true).map { covered, list, rule in
        let covers = covered.coveredBy
        let verb = rule.action.isPermit ? "permit" : "deny"
        let names = context.names(covers, seenFrom: covered.place.list)
        var finding = context.finding(
          list, rule,
          message: """
            \(rule.name) can never \(verb): \(names) take\(covers.count == 1 ? "s" : "") everything that it would match
            """,
          help: """
            move the rule above \(context.name(of: covers[0], seenFrom: covered.place.list)), or delete whichever of the \
            two is wrong
            """)
        // A deny that does nothing is a hole; a permit that does nothing is an outage at most.
        if !rule.action.isPermit { finding.severity = max(finding.severity, .high) }
        finding.related = context.related(covers, "shadows it")
        finding.witness = try context.witness(of: covered, rule)
        return finding
      }
    })
}
