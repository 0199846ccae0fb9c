import Findings
import PacketSets
import RuleModel

extension Check {
  static let permitAny = Check(
    "RUL006", "permit-any", .high, "A rule permits any service from anywhere to anywhere.",
    work: .lists { context in
      context.activeRules.filter { $0.rule.permitsAny }.map { list, rule in
        context.finding(
          list, rule, message: "\(rule.name) permits everything from everywhere to everywhere",
          help: "replace it by rules for the hosts and services that are needed, and end the list with a logged deny")
      }
    })
}

extension Rule {
  /// Every address of a family, every service, new sessions included.
  var permitsAny: Bool {
    action == .permit && profile == nil
      && match.upper.contains { match in
        let isWide =
          (match.sources.v4.isAll && match.destinations.v4.isAll)
          || (match.sources.v6.isAll && match.destinations.v6.isAll)
        return isWide && match.services.contains(.any) && match.states.contains(.new) && match.function.isAny
      }
  }
}
