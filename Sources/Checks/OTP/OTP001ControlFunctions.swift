import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let controlFunctions = Check(
    "OTP001", "control-functions", .high,
    "Write, program, configure or mode-change functions of an industrial protocol are permitted across a level boundary.",
    work: .site { context in
      let control = industrialServices.flatMap { known in
        known.protocols.map {
          PacketMatch(services: [known.service], function: FunctionMatch(functions: $0.controlFunctions))
        }
      }
      // A conduit that names functions has decided the question; one that does not has not.
      let decided = context.site.conduits.filter { $0.isInForce(context.today) && !$0.functions.isAny }.map(\.traffic)
      return try context.violations(selecting: { context.crossesLevels($0, $1) }) { traffic, _ in
        traffic.sessions(of: control, except: decided)
      }.map {
        try context.finding(
          $0,
          message: { "\($0.from) \($0.verb) write to or program devices in \($0.to) over \($0.traffic)" },
          help: """
            inspect the protocol on this rule and let only reading functions pass; functions that are meant belong into a \
            conduit (`functions: {modbus: [read, write]}`), and the rule must keep out the others
            """)
      }
    })
}

extension SiteContext {
  /// Whether two zones are of different levels; the unzoned space differs from all.
  func crossesLevels(_ from: ZoneReference, _ to: ZoneReference) -> Bool {
    topology.zone(from)?.level != topology.zone(to)?.level
  }
}
