import PacketSets
import RuleModel
import SitePolicy

/// Where a device sends what it forwards, by destination.
///
/// Connected networks and specific static routes decide, the longest first (RFC 1812, section 5.2.4.3). What only a
/// default route or nothing decides may go anywhere; so may what a static route decides where the device has other routes
/// than its file shows.
struct EgressRegions {
  /// For each interface, the destinations that may leave by it.
  private(set) var destinations: [AddressSet]
  /// For each interface, destinations that are sent there, and the next hop when a route names one.
  private(set) var hops: [[(destinations: AddressSet, gateway: IPAddress?, isConnected: Bool)]]

  /// - Parameter ports: the forwarding interfaces, each with the zones on its wire.
  init(_ device: Device, ports: [(name: String, attached: Set<Int>)], site: Site) {
    destinations = ports.map { _ in .empty }
    hops = ports.map { _ in [] }
    var taken = AddressSet.empty
    var decided = AddressSet.empty
    for rank in Self.ranks(device, ports, site) {
      // Routes of one rank share what none of a better rank takes.
      for step in rank {
        let region = step.networks.subtracting(taken)
        for port in step.ports where !region.isEmpty {
          destinations[port] = destinations[port].union(region)
          hops[port].append((region, step.gateway, step.isConnected))
        }
      }
      for step in rank {
        taken = taken.union(step.networks)
        if step.isConnected || !device.hasOtherRoutes { decided = decided.union(step.networks) }
      }
    }
    let open = decided.complement
    for port in destinations.indices { destinations[port] = destinations[port].union(open) }
  }

  /// One route, or the connected networks of one interface.
  private struct Step {
    var length: Int
    var networks: AddressSet
    /// Empty for a route that drops.
    var ports: [Int]
    var gateway: IPAddress?
    var isConnected = false

  }

  /// All steps, the best first, those that are equally good together.
  private static func ranks(
    _ device: Device, _ ports: [(name: String, attached: Set<Int>)], _ site: Site
  ) -> [[Step]] {
    var steps: [Step] = []
    for (port, interface) in ports.enumerated() {
      let own = device.interfaces.first { $0.name == interface.name }?.addresses ?? []
      steps += own.map {
        Step(
          length: $0.network.length, networks: AddressSet($0.network), ports: [port], isConnected: true)
      }
      // Without addresses in the file, the zones that the site file places here are the connected networks.
      if own.isEmpty {
        steps += interface.attached.sorted().map {
          Step(length: 0, networks: site.zones[$0].networks, ports: [port], isConnected: true)
        }
      }
    }
    for route in device.routes where route.network.length > 0 {
      let port = route.interface.flatMap { name in ports.firstIndex { $0.name == name } }
      // A route by an interface that does not forward says nothing about those that do.
      if route.interface != nil, port == nil { continue }
      steps.append(
        Step(
          length: route.network.length, networks: AddressSet(route.network),
          ports: port.map { [$0] } ?? [], gateway: route.gateway))
    }
    // The distance decides nothing: when the way of the better route fails, the other one is taken.
    steps.sort { $0.length > $1.length }
    var ranks: [[Step]] = []
    for step in steps {
      if let last = ranks.last?.last, last.length == step.length {
        ranks[ranks.count - 1].append(step)
      } else {
        ranks.append([step])
      }
    }
    return ranks
  }
}
