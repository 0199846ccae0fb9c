import Findings
import PacketSets
import Reachability
import RuleModel

extension Check {
  static let portOnly = Check(
    "OTP002", "port-only", .medium,
    "An industrial protocol is permitted by port only, on a device that could inspect it.",
    work: .device { context in
      guard context.device.canInspectIndustrial else { return [] }
      let inspectable = industrialServices.filter { known in
        known.industrialProtocol.map { context.device.inspectableProtocols.contains($0) } ?? false
      }
      let industrial = context.space.set(inspectable.map { PacketMatch(services: [$0.service]) })
        .intersection(context.sessions)
      return try context.violations(selecting: { $0 != $1 }) { _ in industrial }.compactMap { violation in
        guard let rule = context.rule(at: violation.place), !isInspected(rule, violation, context) else { return nil }
        let unbound =
          rule.match.upper.contains { !$0.function.isAny }
          ? "the rule names the protocol as a whole" : "no profile is bound to the rule"
        let why = rule.profile.flatMap { context.device.profiles[$0].ineffectiveness } ?? unbound
        return try context.finding(
          violation,
          message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) by port only, by \(rule.name): \(why)" },
          help: "bind an application-control profile that tells the protocol's functions apart, in blocking mode")
      }
    })
}

/// Whether the rule or its profile tells apart the functions of every industrial protocol that the traffic can be.
private func isInspected(_ rule: Rule, _ violation: RuleViolation, _ context: DeviceContext) -> Bool {
  let profile = rule.profile.map { context.device.profiles[$0] }
  let inspected = profile.map { $0.mode == .enforcing ? $0.protocols : [] } ?? []
  return industrialServices.allSatisfy { known in
    guard let industrialProtocol = known.industrialProtocol, !inspected.contains(industrialProtocol),
      context.device.inspectableProtocols.contains(industrialProtocol),
      !rule.namesFunctions(of: industrialProtocol, known.service)
    else { return true }
    let traffic = context.space.set(PacketMatch(services: [known.service]))
    return violation.parts.allSatisfy { !$0.packets.upper.overlaps(traffic) }
  }
}

extension InspectionProfile {
  /// Why the profile blocks nothing; nil when it is enforcing, which leaves out single protocols only.
  var ineffectiveness: String {
    switch mode {
    case .enforcing: "profile \(name) does not look into this protocol"
    case .monitoring: "profile \(name) only reports"
    case .inert(let reason): "profile \(name) has no effect: \(reason)"
    }
  }
}

extension Rule {
  /// Whether the rule itself takes only some functions of the protocol on that service (App-IDs for single functions).
  fileprivate func namesFunctions(of industrialProtocol: IndustrialProtocol, _ service: Service) -> Bool {
    let taken = match.upper.filter { $0.services.contains { $0.overlaps(service) } }
      .reduce(IntervalSet<UInt16>.empty) { $0.union($1.function.functions) }
    return !functions(of: industrialProtocol).isSubset(of: taken)
  }
}
