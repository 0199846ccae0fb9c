import Findings
import PacketSets
import RuleModel

extension Check {
  static let permitAny = Check(
    "RUL006", "permit-any", .high, "A rule permits any service from anywhere to anywhere.",
    work: .lists { context in
      context.wideRules { list, rule in
        guard rule.permitsAny else { return nil }
        let isCertain = rule.permitsAny(rule.match.lower)
        return context.finding(
          list, wide: rule, isCertain: isCertain,
          message: "\(rule.name) \(isCertain ? "permits" : "may permit") everything from everywhere to everywhere",
          help: "replace it by rules for the hosts and services that are needed, and end the list with a logged deny")
      }
    })
}

extension Rule {
  /// Every address of a family, every service, new sessions included, as far as is known.
  var permitsAny: Bool { permitsAny(match.upper) }

  /// The same for one of the bounds of the match.
  func permitsAny(_ bound: [PacketMatch]) -> Bool {
    action == .permit && profile == nil
      && bound.contains { match in
        let isWide =
          (match.sources.v4.isAll && match.destinations.v4.isAll)
          || (match.sources.v6.isAll && match.destinations.v6.isAll)
        return isWide && match.services.contains(.any) && match.states.contains(.new) && match.function.isAny
      }
  }
}
