import PacketSets
import RuleModel
import SitePolicy

/// Where a device sends what it forwards, by destination.
///
/// Connected networks and specific static routes decide, the longest first (RFC 1812, section 5.2.4.3). What only a
/// default route or nothing decides may go anywhere: a route that the device learns is in no file.
struct EgressRegions {
  /// For each interface, the destinations that may leave by it.
  private(set) var destinations: [AddressSet]
  /// For each interface, destinations that a route sends there, and the next hop when it names one.
  private(set) var hops: [[(destinations: AddressSet, gateway: IPAddress?)]]

  init(_ bound: BoundDevice, site: Site) {
    destinations = bound.interfaces.map { _ in .empty }
    hops = bound.interfaces.map { _ in [] }
    var decided = AddressSet.empty
    for rank in Self.ranks(bound, site) {
      // Routes of one rank share what none of a better rank takes.
      for step in rank {
        let region = step.networks.subtracting(decided)
        for port in step.ports where !region.isEmpty {
          destinations[port] = destinations[port].union(region)
          hops[port].append((region, step.gateway))
        }
      }
      for step in rank { decided = decided.union(step.networks) }
    }
    let open = decided.complement
    for port in destinations.indices { destinations[port] = destinations[port].union(open) }
  }

  /// One route, or the connected networks of one interface.
  private struct Step {
    var length: Int
    var distance: Int
    var networks: AddressSet
    /// Empty for a route that drops.
    var ports: [Int]
    var gateway: IPAddress?

    func isRanked(with other: Step) -> Bool { (length, distance) == (other.length, other.distance) }
  }

  /// All steps, the best first, those that are equally good together.
  private static func ranks(_ bound: BoundDevice, _ site: Site) -> [[Step]] {
    let interfaces = bound.interfaces.map { bound in bound.name }
    var steps: [Step] = []
    for (port, interface) in bound.interfaces.enumerated() {
      let own = bound.device.interfaces.first { $0.name == interface.name }?.addresses ?? []
      steps += own.map {
        Step(length: $0.network.length, distance: 0, networks: AddressSet($0.network), ports: [port])
      }
      // Without addresses in the file, the zones that the site file places here are the connected networks.
      if own.isEmpty {
        steps += interface.attached.sorted().map {
          Step(length: 0, distance: 0, networks: site.zones[$0].networks, ports: [port])
        }
      }
    }
    for route in bound.device.routes where route.network.length > 0 {
      let port = route.interface.flatMap { interfaces.firstIndex(of: $0) }
      // A route by an interface that does not forward says nothing about those that do.
      if route.interface != nil, port == nil { continue }
      steps.append(
        Step(
          length: route.network.length, distance: route.distance, networks: AddressSet(route.network),
          ports: port.map { [$0] } ?? [], gateway: route.gateway))
    }
    steps.sort { ($0.length, -$0.distance) > ($1.length, -$1.distance) }
    var ranks: [[Step]] = []
    for step in steps {
      if let last = ranks.last?.last, last.isRanked(with: step) {
        ranks[ranks.count - 1].append(step)
      } else {
        ranks.append([step])
      }
    }
    return ranks
  }
}
