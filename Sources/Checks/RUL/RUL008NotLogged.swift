import Findings
import PacketSets
import Reachability
import RuleModel

extension Check {
  static let notLogged = Check(
    "RUL008", "not-logged", .low, "A permit rule at a boundary is not logged, or the final deny is not.",
    work: .site { context in try permits(context) })

  static let denyNotLogged = Check(
    "RUL008", "not-logged", .low, "A permit rule at a boundary is not logged, or the final deny is not.",
    work: .device { context in denies(context) })
}

private func permits(_ context: SiteContext) throws -> [Finding] {
  try context.violationsOfEveryDevice(selecting: { context.crossesLevels($0, $1) }) { traffic, _, _ in
    traffic.sessions
  }.filter {
    context.rule(at: $0.place)?.logging == .off
  }.map { violation in
    try context.finding(
      violation,
      message: {
        "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) without a log, by \(context.name(of: violation.place))"
      },
      help: "switch logging on for this rule")
  }
}

private func denies(_ context: DeviceContext) -> [Finding] {
  context.device.forwardingLists.compactMap { index in
    let list = context.device.lists[index]
    guard list.fallback.verdict == .deny, list.fallback.logging == .off, !endsInLoggedDeny(list) else { return nil }
    return Finding(
      code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
      confidence: .certain, message: "what \(list.name) denies at its end is not logged", device: context.device.label,
      property: list.name, subject: "final deny", location: list.rules.last?.source ?? list.source,
      help: "end the list with an explicit, logged deny of everything")
  }
}

/// Whether logged denies of everything stand before the default, for each family that the list's rules are about.
private func endsInLoggedDeny(_ list: RuleList) -> Bool {
  let rules = list.rules.filter { $0.isExplicit && $0.state != .disabled }
  let matches = rules.flatMap(\.match.upper)
  let logged = rules.filter { if case .deny = $0.action { $0.logging != .off } else { false } }
    .flatMap(\.match.lower).filter { $0.services.contains(.any) && $0.states == .all }
  let isV4Done = logged.contains { $0.sources.v4.isAll && $0.destinations.v4.isAll }
  let isV6Done = logged.contains { $0.sources.v6.isAll && $0.destinations.v6.isAll }
  let namesV4 = matches.contains { !$0.sources.v4.isEmpty && !$0.destinations.v4.isEmpty }
  let namesV6 = matches.contains { !$0.sources.v6.isEmpty && !$0.destinations.v6.isEmpty }
  return (isV4Done || isV6Done) && (isV4Done || !namesV4) && (isV6Done || !namesV6)
}
