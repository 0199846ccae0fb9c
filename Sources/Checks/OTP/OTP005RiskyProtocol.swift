import PacketSets
import Reachability

extension Check {
  static let riskyProtocol = Check(
    "OTP005", "risky-protocol", .medium, "A clear-text or high-risk IT protocol crosses into OT.",
    work: .site { context in
      let topology = context.topology
      return try riskyServices.flatMap { known in
        let service = PacketMatch(services: [known.service])
        // A rule for every service is RUL007's; here the rule must mean this protocol, or little else.
        return try context.violations(selecting: { from, to in
          guard let target = topology.zone(to), target.level.isOperational else { return false }
          return topology.zone(from).map { !$0.level.isOperational } ?? true
        }) { traffic, _ in traffic.sessions(of: [service]) }.filter { violation in
          context.rule(at: violation.place)?.match.upper.contains { !$0.services.contains(.any) } ?? true
        }.map { violation in
          var finding = try context.finding(
            violation, message: { "\($0.from) \($0.verb) use \(known.name) to \($0.to): \(known.risk ?? "")" },
            help: "use an encrypted, authenticated protocol to a host in the demilitarised zone instead")
          finding.subject = "\(known.name) \(finding.subject)"
          return finding
        }
      }
    })
}
