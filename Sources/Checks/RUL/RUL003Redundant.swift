import Findings
import Reachability
import RuleModel

extension Check {
  static let redundant = Check(
    "RUL003", "redundant", .low, "A rule is redundant: removing it changes no verdict.",
    work: .lists { context in
      context.anomalies.redundant.compactMap { redundant in
        guard let rule = context.rule(at: redundant.place), !rule.isFinalDeny else { return nil }
        let list = redundant.place.list
        let takers = redundant.takers
        var verb = rule.action.isPermit ? "permit" : "deny"
        if takers.count == 1 { verb = rule.action.isPermit ? "permits" : "denies" }
        var finding = context.finding(
          context.device.lists[list], rule,
          message: """
            \(rule.name) is redundant: without it, \(context.names(takers, seenFrom: list)) \(verb) the same packets
            """,
          help: "delete the rule, or narrow the later one if it is too wide")
        finding.related = context.related(takers, "decides the same later")
        if rule.logging == .on, takers.contains(where: { !context.logs($0) }) {
          finding.notes = ["the rule is logged and what takes over is not, as far as the file says"]
        }
        return finding
      }
    })
}

extension ListContext {
  fileprivate func logs(_ place: ListPlace) -> Bool {
    if let rule = rule(at: place) { return rule.logging == .on }
    return place.list >= 0 && device.lists[place.list].fallback.logging == .on
  }
}

extension Rule {
  /// A deny of everything, which repeats the default on purpose: it is there to be logged and seen.
  var isFinalDeny: Bool {
    guard case .deny = action else { return false }
    return match.upper.contains { match in
      let isWide =
        (match.sources.v4.isAll && match.destinations.v4.isAll)
        || (match.sources.v6.isAll && match.destinations.v6.isAll)
      return isWide && match.services.contains(.any) && match.function.isAny
    }
  }
}
