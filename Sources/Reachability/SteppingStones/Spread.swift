import PacketSets
import SitePolicy

/// Everything that can be reached from some hosts, step by step.
public struct Spread {
  /// Hosts that are newly reached with each number of steps, by zone; those of step 0 are where it begins.
  public private(set) var waves: [[ZoneReference: AddressSet]]
  /// All hosts that are reached, by zone.
  public private(set) var reached: [ZoneReference: AddressSet]

  /// - Complexity: every host is taken once; each step asks the sessions of the zones that have new hosts.
  public init(from start: [Foothold], in graph: StepGraph) {
    var first: [ZoneReference: AddressSet] = [:]
    for foothold in start {
      first[foothold.zone, default: .empty] = first[foothold.zone, default: .empty].union(foothold.hosts)
    }
    waves = [first]
    reached = first
    while let last = waves.last, !last.isEmpty {
      var next: [ZoneReference: AddressSet] = [:]
      for zone in graph.topology.references {
        guard let hosts = last[zone] else { continue }
        for step in graph.steps(from: Foothold(zone: zone, hosts: hosts)) {
          let new = step.to.hosts.subtracting(reached[step.to.zone] ?? .empty)
          if !new.isEmpty { next[step.to.zone] = (next[step.to.zone] ?? .empty).union(new) }
        }
      }
      for (zone, hosts) in next { reached[zone] = (reached[zone] ?? .empty).union(hosts) }
      waves.append(next)
    }
    waves.removeLast()
  }

  /// After how many steps some of the hosts are reached; nil when they never are.
  public func steps(to foothold: Foothold) -> Int? {
    waves.firstIndex { $0[foothold.zone]?.overlaps(foothold.hosts) ?? false }
  }
}
