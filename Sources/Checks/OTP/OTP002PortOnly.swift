import Findings
import PacketSets
import Reachability
import RuleModel

extension Check {
  static let portOnly = Check(
    "OTP002", "port-only", .medium,
    "An industrial protocol is permitted by port only, on a device that could inspect it.",
    work: .site { context in
      guard context.topology.devices.contains(where: { $0.device.canInspectIndustrial }) else { return [] }
      let industrial = industrialServices.filter { $0.industrialProtocol != nil }.map {
        PacketMatch(services: [$0.service])
      }
      return try context.violationsOfEveryDevice(selecting: { $0 != $1 }) { traffic, flow, hop in
        let device = context.topology.devices[flow.path[hop].device].device
        return device.canInspectIndustrial ? traffic.sessions(of: industrial) : traffic.space.empty
      }.compactMap { violation in
        let device = context.device(of: violation.place)
        guard let rule = context.rule(at: violation.place), !isInspected(rule, violation, device) else { return nil }
        let unbound =
          rule.match.upper.contains { !$0.function.isAny }
          ? "the rule names the protocol as a whole" : "no profile is bound to the rule"
        let why = rule.profile.flatMap { device.profiles[$0].ineffectiveness } ?? unbound
        return try context.finding(
          violation,
          message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) by port only, by \(rule.name): \(why)" },
          help: "bind an application-control profile that tells the protocol's functions apart, in blocking mode")
      }
    })
}

/// Whether the rule or its profile tells apart the functions of every industrial protocol that the traffic can be.
private func isInspected(_ rule: Rule, _ violation: RuleViolation, _ device: Device) -> Bool {
  let profile = rule.profile.map { device.profiles[$0] }
  let inspected = profile.map { $0.mode == .enforcing ? $0.protocols : [] } ?? []
  return industrialServices.allSatisfy { known in
    guard let industrialProtocol = known.industrialProtocol, !inspected.contains(industrialProtocol),
      device.inspectableProtocols.contains(industrialProtocol),
      !rule.namesFunctions(of: industrialProtocol, known.service)
    else { return true }
    let service = PacketMatch(services: [known.service])
    return violation.parts.allSatisfy { !$0.packets.upper.overlaps($0.traffic.space.set(service)) }
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
