import Findings
import PacketSets
import Reachability
import SitePolicy

extension Check {
  static let pastJumpHost = Check(
    "SEG014", "past-jump-host", .high,
    "Remote or vendor access reaches an OT zone without passing the declared jump host.",
    work: .site { context in
      guard let access = context.site.remoteAccess else { return [] }
      let hosts = access.jumpHosts.reduce(AddressSet.empty) { $0.union($1.addresses) }
      let found = context.chains(past: hosts, from: access)
      if found.chains.isEmpty, found.isCut,
        let target = context.topology.references.first(where: {
          context.policy.selects(context.rule.to, $0, context.topology)
        })
      {
        return [context.undecided(to: target, help: "name hosts instead of wide blocks in what remote users may open")]
      }
      // One rule that lets remote users in is one finding, wherever it leads.
      var order: [RulePlace] = []
      var byEntrance: [RulePlace: [Chain]] = [:]
      for chain in found.chains {
        guard let entrance = chain.steps.lazy.compactMap(\.place).first else { continue }
        if byEntrance[entrance] == nil { order.append(entrance) }
        byEntrance[entrance, default: []].append(chain)
      }
      return try order.compactMap { entrance in
        var finding = try context.finding(
          byEntrance[entrance] ?? [], isCut: found.isCut, at: entrance,
          message: { "\($0.from) \($0.verb) reach \($0.to) without passing the jump host, in \($0.length)" },
          help: "let remote users open sessions to the jump host only, and work from there")
        let zones = context.targets(of: byEntrance[entrance] ?? [])
        if zones.count > 1 { finding?.notes.append("it leads to: " + zones.joined(separator: "; ")) }
        return finding
      }
    })
}

extension SiteContext {
  /// Chains from the zones of remote users to the zones that the policy rule names, over anything but the jump hosts.
  fileprivate func chains(past hosts: AddressSet, from access: RemoteAccess) -> (chains: [Chain], isCut: Bool) {
    let origins = topology.references.filter { reference in
      topology.zone(reference).map { access.from.contains($0.name) } ?? false
    }
    let graph = StepGraph(map, flows: traffic.map(\.flows), barred: hosts)
    var result: (chains: [Chain], isCut: Bool) = ([], false)
    for target in topology.references where policy.selects(rule.to, target, topology) && !origins.contains(target) {
      let found = chains(from: origins, to: target, in: graph)
      result.isCut = result.isCut || found.isCut
      result.chains += found.chains.filter { chain in
        // The jump host itself is where they are meant to end, and what a conduit lists is somebody's decision.
        !(chain.steps.last?.to.hosts.isSubset(of: hosts) ?? true) && !(rule.expect == .listed && isListed(chain))
      }
    }
    return result
  }

  /// Whether conduits list all that the chain's first session can be.
  private func isListed(_ chain: Chain) -> Bool {
    for step in chain.steps {
      guard case .session(let edge) = step.kind else { continue }
      return traffic.first { $0.flows.origin == edge.from }.map { edge.sessions.upper.isSubset(of: $0.listed) } ?? false
    }
    return false
  }

  /// The zones where chains end, the lowest level first.
  fileprivate func targets(of chains: [Chain]) -> [String] {
    let zones = Set(chains.compactMap { $0.steps.last?.to.zone })
    return topology.references.filter { zones.contains($0) }
      .sorted { (topology.zone($0)?.level.tenths ?? 0) < (topology.zone($1)?.level.tenths ?? 0) }
      .map { topology.label($0) }
  }
}
