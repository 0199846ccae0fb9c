import Findings
import PacketSets
import Reachability
import SitePolicy

extension Check {
  static let steppingStonesToSIS = Check(
    "SIS002", "stepping-stones-to-sis", .high, "Level 4, 5 or outside can reach a SIS zone by stepping stones.",
    work: .site { context in
      let origins = context.topology.references.filter {
        context.policy.selects(context.rule.from, $0, context.topology)
      }
      return try context.topology.references.filter {
        context.policy.selects(context.rule.to, $0, context.topology) && !origins.contains($0)
      }.compactMap { target in
        let found = context.chains(from: origins, to: target)
        if found.chains.isEmpty, found.isCut {
          return context.undecided(
            to: target, help: "name hosts instead of wide blocks; `bulkhead chains` shows single zones")
        }
        // One step is SIS001's.
        return try context.finding(
          found.chains.filter { $0.steps.count > 1 }, isCut: found.isCut,
          message: {
            "\($0.from) \($0.verb) reach \($0.to), a safety instrumented system, by stepping stones, in \($0.length)"
          },
          help: """
            break the chain where most of it hangs together: delete or narrow that rule, put a diode there, or end the \
            sessions on a jump host that records them (assets: `no-stepping-stone: jump-host`)
            """)
      }
    })
}

extension SiteContext {
  /// The minimal chains from each of some zones to a target; those that lead over another of the zones are left out, because
  /// it begins one of its own.
  func chains(from origins: [ZoneReference], to target: ZoneReference, in graph: StepGraph? = nil) -> (
    chains: [Chain], isCut: Bool
  ) {
    let graph = graph ?? steps
    let end = Foothold(zone: target, hosts: topology.networks(of: target))
    var result: [Chain] = []
    var isCut = false
    for origin in origins where !topology.networks(of: origin).isEmpty {
      let found = Chains(from: Foothold(zone: origin, hosts: topology.networks(of: origin)), to: end, in: graph)
      result += found.chains.filter { chain in
        !chain.steps.dropFirst().contains { origins.contains($0.from.zone) }
      }
      isCut = isCut || found.isCut
    }
    return (result, isCut)
  }
}
