import Findings
import PacketSets
import Reachability

extension Check {
  static let noDefaultDeny = Check(
    "SEG004", "no-default-deny", .high, "A boundary between levels has no explicit or implicit default deny.",
    work: .site { context in
      let topology = context.topology
      return try context.violationsOfEveryDevice(selecting: { from, to in
        guard context.policy.selects(context.rule, from, to, topology) else { return false }
        return topology.zone(from)?.level != topology.zone(to)?.level
      }) { traffic, flow, hop in
        // What no rule of the file surely permits in any stage passes, or may pass, only because of a default.
        let explicit = flow.branch.shares.filter { $0.hop == hop && context.isExplicit($0, flow) }
          .reduce(traffic.space.empty) { $0.union($1.packets.lower) }
        return traffic.sessions.subtracting(explicit)
      }.filter { violation in context.rule(at: violation.place)?.isExplicit != true }.map { violation in
        let name = context.name(of: violation.place)
        return try context.finding(
          violation,
          message: {
            "\($0.from) \($0.verb) reach \($0.to) because \(name) permits what no rule decides: \($0.traffic)"
          },
          help: "set the default to deny and permit what the conduits list by rules of their own")
      }
    })
}
