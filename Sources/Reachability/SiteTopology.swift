import PacketSets
import RuleModel
import SitePolicy
import SourceText

/// A zone of the site, or all the address space that no zone holds.
public enum ZoneReference: Hashable, Sendable {
  /// Index into `Site.zones`.
  case zone(Int)
  case unzoned
}

/// An interface and what lies behind it.
public struct BoundInterface: Sendable {
  public var name: String
  /// Zones on the wire at this interface.
  public var attached: Set<Int>
  /// Zones that packets entering here can come from: the attached ones and those that other devices or static routes
  /// join to them.
  public var behind: Set<Int>
  /// Whether addresses of no zone (the internet) lie this way.
  public var leadsOutside: Bool
  /// Zones whose packets enter here without having passed another device of the site: the attached ones, and those that
  /// static routes place behind something unknown.
  public var direct: Set<Int>
  /// Whether packets from addresses of no zone enter here without having passed another device of the site.
  public var isEntrance: Bool
  /// Interfaces of other devices on the same wire.
  public var neighbours: [PortReference]
  /// Wired to another filtering device and not to a zone.
  public var isTransit: Bool
  public var source: SourceRange
}

/// An interface of a device of the site.
public struct PortReference: Hashable, Sendable, Comparable {
  /// Index into `SiteTopology.devices`.
  public var device: Int
  /// Index into `BoundDevice.interfaces`.
  public var port: Int

  public init(device: Int, port: Int) {
    self.device = device
    self.port = port
  }

  public static func < (a: PortReference, b: PortReference) -> Bool { (a.device, a.port) < (b.device, b.port) }
}

/// A device of the site with its interfaces bound to zones.
public struct BoundDevice: Sendable {
  public var device: Device
  /// Interfaces that forward: neither shut down nor for management only.
  public var interfaces: [BoundInterface]

  /// The zones behind an interface, the unzoned address space included where it leads outside; in a fixed order.
  public func references(behind interface: BoundInterface) -> [ZoneReference] {
    interface.behind.sorted().map { ZoneReference.zone($0) } + (interface.leadsOutside ? [.unzoned] : [])
  }
}

/// Which zones lie behind which interface, from the site file, interface addresses and static routes.
public struct SiteTopology: Sendable {
  public let site: Site
  public let devices: [BoundDevice]

  /// - Parameter devices: each with its entry in the site file; virtual instances share one entry.
  public init(site: Site, devices: [(device: Device, entry: DeviceEntry)]) {
    self.site = site
    let attachments = devices.map { Attachment(site: site, device: $0.device, entry: $0.entry) }
    let nodes = TransitNodes(attachments, links: site.links)
    self.devices = attachments.indices.map { index in
      bound(index, attachments, nodes, site)
    }
  }

  /// The address space that a reference stands for.
  public func networks(of reference: ZoneReference) -> AddressSet {
    switch reference {
    case .zone(let index): site.zones[index].networks
    case .unzoned: site.unzonedAddresses
    }
  }

  /// The zone itself; nil for the unzoned space.
  public func zone(_ reference: ZoneReference) -> Zone? {
    if case .zone(let index) = reference { site.zones[index] } else { nil }
  }

  /// `supervision (level 2)`, `safety (level 1, SIS)`, `addresses of no zone`.
  public func label(_ reference: ZoneReference) -> String {
    guard let zone = zone(reference) else { return "addresses of no zone" }
    let level = zone.level.isExternal ? "external" : "level \(zone.level)"
    return "\(zone.name) (\(level)\(zone.isSafety ? ", SIS" : ""))"
  }
}

/// The zones that an interface is wired to, before other devices are looked at.
private struct Attachment {
  struct Port {
    var interface: Interface
    var zones: Set<Int>
  }
  let device: Device
  let ports: [Port]

  init(site: Site, device: Device, entry: DeviceEntry) {
    self.device = device
    ports = device.interfaces.filter { !$0.isShutdown && !$0.isManagementOnly }.map { interface in
      let names = Set([interface.name] + interface.aliases)
      let declared = entry.interfaces.filter { names.contains($0.interface) }.flatMap(\.zones)
      var zones = Set(declared.compactMap { name in site.zones.firstIndex { $0.name == name } })
      if zones.isEmpty {
        let networks = interface.networks
        zones = Set(site.zones.indices.filter { site.zones[$0].networks.overlaps(networks) })
      }
      return Port(interface: interface, zones: zones)
    }
  }
}

/// Wires between filtering devices: shared networks that belong to no zone, links between virtual instances, and what the
/// site file says.
private struct TransitNodes {
  /// Names of the transit wires at each device and port.
  private(set) var names: [[Set<String>]] = []

  init(_ attachments: [Attachment], links: [Link]) {
    let raw = attachments.map { attachment in
      attachment.ports.map { port in
        (port.zones.isEmpty ? Self.names(of: port.interface, attachment.device) : [])
          + links.indices.filter { links[$0].joins(port.interface, of: attachment.device) }.map { "declared \($0)" }
      }
    }
    // A wire needs two ends.
    var ends: [String: Int] = [:]
    for name in raw.joined().joined() { ends[name, default: 0] += 1 }
    names = raw.map { ports in ports.map { Set($0.filter { ends[$0]! > 1 }) } }
  }

  private static func names(of interface: Interface, _ device: Device) -> [String] {
    var names = interface.addresses.map { "network \($0.network)" }
    if let link = interface.innerLink { names.append("link \(device.name) \(link)") }
    return names
  }
}

private func bound(_ index: Int, _ attachments: [Attachment], _ nodes: TransitNodes, _ site: Site) -> BoundDevice {
  let attachment = attachments[index]
  let joined = attachment.ports.indices.map { reachable(from: $0, of: index, attachments, nodes) }
  var behind = joined
  placeByRoutes(attachment, site, &behind)
  let interfaces = attachment.ports.indices.map { port -> BoundInterface in
    let interface = attachment.ports[port].interface
    let attached = attachment.ports[port].zones
    let upper = behind[port].contains { site.zones[$0].level >= .corporate }
    let defaults = attachment.device.routes.filter { $0.network.length == 0 && $0.interface == interface.name }
    let neighbours = neighbours(of: port, index, attachments, nodes)
    return BoundInterface(
      name: interface.name, attached: attached, behind: behind[port], leadsOutside: upper || !defaults.isEmpty,
      direct: attached.union(
        behind[port].subtracting(joined[port]).filter { zone in
          attachment.device.routes.contains { route in
            route.interface == interface.name && AddressSet(route.network).overlaps(site.zones[zone].networks)
              && !isHanded(route, to: neighbours, attachments)
          }
        }),
      isEntrance: attached.contains { site.zones[$0].level >= .corporate }
        || defaults.contains { leavesSite($0, by: neighbours, attachments) },
      neighbours: neighbours, isTransit: !nodes.names[index][port].isEmpty, source: interface.source)
  }
  return BoundDevice(device: attachment.device, interfaces: interfaces)
}

/// Interfaces of other devices that share a zone or a wire with this one.
private func neighbours(
  of port: Int, _ index: Int, _ attachments: [Attachment], _ nodes: TransitNodes
) -> [PortReference] {
  let zones = attachments[index].ports[port].zones
  let wires = nodes.names[index][port]
  return attachments.indices.filter { $0 != index }.flatMap { other in
    attachments[other].ports.indices.filter {
      !attachments[other].ports[$0].zones.isDisjoint(with: zones) || !nodes.names[other][$0].isDisjoint(with: wires)
    }.map { PortReference(device: other, port: $0) }
  }
}

/// Whether a route hands its packets to a known device, so that what lies behind is that one's to tell.
private func isHanded(_ route: Route, to neighbours: [PortReference], _ attachments: [Attachment]) -> Bool {
  neighbours.contains { neighbour in
    attachments[neighbour.device].ports[neighbour.port].interface.addresses.contains { $0.address == route.gateway }
  }
}

/// Whether a default route leads to something that is no device of the site.
private func leavesSite(_ route: Route, by neighbours: [PortReference], _ attachments: [Attachment]) -> Bool {
  if neighbours.isEmpty { return true }
  guard let gateway = route.gateway else { return false }
  // A neighbour whose addresses are not in its file may be the gateway.
  return neighbours.allSatisfy { neighbour in
    let own = attachments[neighbour.device].ports[neighbour.port].interface.addresses
    return !own.isEmpty && !own.contains { $0.address == gateway }
  }
}

/// Adds zones where the device's static routes send them.
///
/// A route into part of a zone always counts. A summary route, and the default route, count only for zones that nothing
/// else places, because they say as much about the zones beside the one that they are meant for.
private func placeByRoutes(_ attachment: Attachment, _ site: Site, _ behind: inout [Set<Int>]) {
  func add(_ isMeant: (Route, Zone) -> Bool, to zones: some Sequence<Int>) {
    for route in attachment.device.routes {
      guard let port = attachment.ports.firstIndex(where: { $0.interface.name == route.interface }) else { continue }
      behind[port].formUnion(zones.filter { isMeant(route, site.zones[$0]) })
    }
  }
  add({ AddressSet($0.network).isSubset(of: $1.networks) }, to: site.zones.indices)
  let summarised = Set(site.zones.indices).subtracting(behind.joined())
  add({ $0.network.length > 0 && AddressSet($0.network).overlaps($1.networks) }, to: summarised)
  let unplaced = Set(site.zones.indices).subtracting(behind.joined())
  add({ $0.network.length == 0 && AddressSet($0.network).overlaps($1.networks) }, to: unplaced)
}

/// The zones that a packet can come from without having passed device `index` before it enters at `port`.
private func reachable(
  from port: Int, of index: Int, _ attachments: [Attachment], _ nodes: TransitNodes
) -> Set<Int> {
  var zones = attachments[index].ports[port].zones
  var wires = nodes.names[index][port]
  var visited: Set<Int> = [index]
  var changed = true
  while changed {
    changed = false
    for other in attachments.indices where !visited.contains(other) {
      let ports = attachments[other].ports.indices
      let touches = ports.contains {
        !attachments[other].ports[$0].zones.isDisjoint(with: zones) || !nodes.names[other][$0].isDisjoint(with: wires)
      }
      guard touches else { continue }
      visited.insert(other)
      changed = true
      for port in ports {
        zones.formUnion(attachments[other].ports[port].zones)
        wires.formUnion(nodes.names[other][port])
      }
    }
  }
  return zones
}
