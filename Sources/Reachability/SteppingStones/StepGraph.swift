import PacketSets
import SitePolicy

/// Hosts in a zone that somebody holds.
public struct Foothold: Hashable, Sendable {
  public var zone: ZoneReference
  public var hosts: AddressSet

  public init(zone: ZoneReference, hosts: AddressSet) {
    self.zone = zone
    self.hosts = hosts
  }
}

/// How somebody gets from one host to the next.
public enum StepKind {
  /// By a session that a rule permits.
  case session(SessionEdge)
  /// Inside a zone, where nothing filters.
  case insideZone
  /// Over a host with addresses in both zones.
  case dualHomed(String)
  /// With what a diode carries; nothing comes back.
  case diode(String)
}

/// Which hosts can be taken over from which, one step at a time.
///
/// Whoever holds a host can use every session that the rules let it open; a server that accepts a session may be taken over
/// through it. Hosts that the site file calls no stepping stones (hardened, recorded) can be reached, and lead no further.
public final class StepGraph {
  public let map: NetworkMap
  /// Whether hosts of one zone reach each other; nothing filters between them.
  public let movesInsideZones: Bool
  /// Hosts that lead no further.
  public let barred: AddressSet
  private let diodes: [(name: String, from: Int, to: Int)]
  private let flows: [ZoneReference: OriginFlows]
  private var edges: [ZoneReference: [SessionEdge]] = [:]
  private let dualHomed: [Asset]
  private var known: [Foothold: [(kind: StepKind, to: Foothold)]] = [:]
  private var reached: [Foothold: [ZoneReference: AddressSet]] = [:]
  private var spreads: [Foothold: Spread] = [:]

  public var topology: SiteTopology { map.topology }

  /// - Parameters:
  ///   - flows: what each zone can send.
  ///   - barred: hosts that lead no further, besides those that the site file names.
  public init(_ map: NetworkMap, flows: [OriginFlows], barred: AddressSet = .empty, movesInsideZones: Bool = true) {
    self.map = map
    self.movesInsideZones = movesInsideZones
    let site = map.topology.site
    self.barred = site.assets.filter { $0.noSteppingStone != nil }.reduce(barred) { $0.union($1.addresses) }
    self.flows = Dictionary(flows.map { ($0.origin, $0) }) { first, _ in first }
    dualHomed = site.assets.filter { site.isDualHomed($0) }
    diodes = site.devices.compactMap { device in
      guard !device.isNoSteppingStone, let from = site.zones.firstIndex(where: { $0.name == device.from }),
        let to = site.zones.firstIndex(where: { $0.name == device.to })
      else { return nil }
      return (device.name, from, to)
    }
  }

  /// The sessions that hosts of a zone can open, rule by rule; worked out when first asked for.
  public func sessions(from zone: ZoneReference) -> [SessionEdge] {
    if let known = edges[zone] { return known }
    let found = flows[zone]?.sessionEdges() ?? []
    edges[zone] = found
    return found
  }

  /// Every next step from a foothold; worked out when first asked for.
  func steps(from foothold: Foothold) -> [(kind: StepKind, to: Foothold)] {
    if let known = known[foothold] { return known }
    let found = findSteps(from: foothold)
    known[foothold] = found
    return found
  }

  /// Every host that one session from a foothold leads to, by zone; worked out when first asked for.
  func targets(from foothold: Foothold) -> [ZoneReference: AddressSet] {
    if let known = reached[foothold] { return known }
    let found = steps(from: foothold).reduce(into: [ZoneReference: AddressSet]()) { hosts, step in
      guard case .session = step.kind else { return }
      hosts[step.to.zone] = (hosts[step.to.zone] ?? .empty).union(step.to.hosts)
    }
    reached[foothold] = found
    return found
  }

  /// Everything that can be reached from a foothold; worked out when first asked for.
  public func spread(from foothold: Foothold) -> Spread {
    if let known = spreads[foothold] { return known }
    let found = Spread(from: [foothold], in: self)
    spreads[foothold] = found
    return found
  }

  private func findSteps(from foothold: Foothold) -> [(kind: StepKind, to: Foothold)] {
    let hosts = foothold.hosts.subtracting(barred)
    guard !hosts.isEmpty else { return [] }
    var result: [(kind: StepKind, to: Foothold)] = sessions(from: foothold.zone).compactMap { edge in
      let taken = edge.destinations(from: hosts)
      return taken.isEmpty ? nil : (.session(edge), Foothold(zone: edge.to, hosts: taken))
    }
    guard case .zone(let index) = foothold.zone else { return result }
    let zone = topology.site.zones[index]
    if movesInsideZones, !zone.networks.isSubset(of: foothold.hosts) {
      result.append((.insideZone, Foothold(zone: foothold.zone, hosts: zone.networks)))
    }
    for asset in dualHomed where asset.addresses.overlaps(hosts) {
      for other in topology.site.zones.indices where other != index {
        let there = asset.addresses.intersection(topology.site.zones[other].networks)
        if !there.isEmpty { result.append((.dualHomed(asset.name), Foothold(zone: .zone(other), hosts: there))) }
      }
    }
    for diode in diodes where diode.from == index {
      result.append(
        (.diode(diode.name), Foothold(zone: .zone(diode.to), hosts: topology.site.zones[diode.to].networks)))
    }
    return result
  }
}
