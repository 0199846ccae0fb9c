import Findings
import PacketSets
import Reachability

extension Check {
  static let notUnidirectional = Check(
    "SEG006", "not-unidirectional", .medium,
    "Level 2 to level 1 is not unidirectional: packets flow down, be it only the replies of upward sessions.",
    work: .site { context in
      let topology = context.topology
      // The upward sessions whose answers come down; sessions that are opened downward are SEG005's.
      return try context.violations(selecting: { from, to in
        context.policy.selects(context.rule, to, from, topology)
      }) { traffic, flow in
        let opens = flow.branch.permitted.upper.overlaps(traffic.openings)
        return opens && context.map.hopThatStopsReplies(to: flow, in: traffic.space) == nil
          ? traffic.sessions : traffic.space.empty
      }.map { violation in
        try context.finding(
          violation, message: { "answers to \($0.traffic) that \($0.from) \($0.verb) open to \($0.to) flow back down" },
          help: """
            use a protocol without answers over a stateless rule or, better, a data diode; if the plant accepts \
            answers at this boundary, switch this rule off in a policy pack of its own
            """)
      }
    })
}
