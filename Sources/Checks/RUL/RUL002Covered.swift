import Findings
import Reachability
import RuleModel

extension Check {
  static let covered = Check(
    "RUL002", "covered", .low, "A rule can never match: earlier rules with the same action cover it.",
    work: .lists { context in
      try context.coveredRules(isOpposite: false).map { covered, list, rule in
        let covers = covered.coveredBy
        let verb =
          rule.action.isPermit ? (covers.count == 1 ? "permits" : "permit") : covers.count == 1 ? "denies" : "deny"
        let names = context.names(covers, seenFrom: covered.place.list)
        var finding = context.finding(
          list, rule, message: "\(rule.name) has no effect: \(names) already \(verb) the same",
          help: "delete the rule, or narrow the earlier one if it is too wide")
        finding.related = context.related(covers, "covers it")
        finding.witness = try context.witness(of: covered, rule)
        return finding
      }
    })
}
