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
      let industrial = context.space.set(industrialServices.map { PacketMatch(services: [$0.service]) })
        .intersection(context.sessions)
      return try context.violations(selecting: { $0 != $1 }) { _ in industrial }.compactMap { violation in
        guard let rule = context.rule(at: violation.place), !isInspected(rule, violation, context) else { return nil }
        let why =
          rule.profile.flatMap { context.device.profiles[$0].ineffectiveness } ?? "no profile is bound to the rule"
        return try context.finding(
          violation,
          message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) by port only, by \(rule.name): \(why)" },
          help: "bind an application-control profile that tells the protocol's functions apart, in blocking mode")
      }
    })
}

/// Whether the rule's profile tells apart the functions of every industrial protocol that the traffic can be.
private func isInspected(_ rule: Rule, _ violation: RuleViolation, _ context: DeviceContext) -> Bool {
  guard let profile = rule.profile.map({ context.device.profiles[$0] }), profile.mode == .enforcing else {
    return false
  }
  return industrialServices.allSatisfy { known in
    guard let industrialProtocol = known.industrialProtocol, !profile.protocols.contains(industrialProtocol) else {
      return true
    }
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
