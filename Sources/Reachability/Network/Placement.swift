import PacketSets
import RuleModel
import SitePolicy
import SourceText

/// The zones that an interface is wired to, before other devices are looked at.
struct Attachment {
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
struct TransitNodes {
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

/// The devices with their interfaces bound to zones.
func placed(_ attachments: [Attachment], _ nodes: TransitNodes, _ site: Site) -> [BoundDevice] {
  var devices = attachments.indices.map { bound($0, attachments, nodes, site) }
  let open = attachments.indices.flatMap { routed($0, attachments, devices, site) }
  // What a known device is handed is its own to place; where nothing that it leads to does, it may lie right behind it.
  for port in open where port.owners.isEmpty { devices.place(port.zone, at: port.port) }
  for port in open where !port.owners.isEmpty && !devices.holds(port.zone, beyond: port.owners, not: port.port.device) {
    devices.place(port.zone, at: port.port)
  }
  return devices
}

/// What an interface shows by itself: zones on its wire, what other devices join to it, and its neighbours.
private func bound(_ index: Int, _ attachments: [Attachment], _ nodes: TransitNodes, _ site: Site) -> BoundDevice {
  let attachment = attachments[index]
  var behind = attachment.ports.indices.map { reachable(from: $0, of: index, attachments, nodes) }
  placeByRoutes(attachment, site, &behind)
  let interfaces = attachment.ports.indices.map { port -> BoundInterface in
    let interface = attachment.ports[port].interface
    let attached = attachment.ports[port].zones
    let upper = behind[port].contains { site.zones[$0].level >= .corporate }
    let hasDefault = attachment.device.routes.contains { $0.network.length == 0 && $0.interface == interface.name }
    return BoundInterface(
      name: interface.name, attached: attached, behind: behind[port], leadsOutside: upper || hasDefault,
      direct: attached, isEntrance: attached.contains { site.zones[$0].level >= .corporate },
      neighbours: neighbours(of: port, index, attachments, nodes), isTransit: !nodes.names[index][port].isEmpty,
      source: interface.source)
  }
  return BoundDevice(device: attachment.device, interfaces: interfaces)
}

/// A zone that only a route of a device places at one of its interfaces.
private struct RoutedZone {
  var zone: ZoneReference
  var port: PortReference
  /// The neighbours that the routes hand its packets to; empty when some route leads to nothing that is known.
  var owners: Set<Int>
}

private func routed(
  _ index: Int, _ attachments: [Attachment], _ devices: [BoundDevice], _ site: Site
) -> [RoutedZone] {
  let device = devices[index]
  return device.interfaces.indices.flatMap { port -> [RoutedZone] in
    let interface = device.interfaces[port]
    let place = PortReference(device: index, port: port)
    let routes = device.device.routes.filter { $0.interface == interface.name }
    func placement(_ zone: ZoneReference, _ routes: [Route]) -> RoutedZone? {
      guard !routes.isEmpty else { return nil }
      let handed = routes.map { owners(of: $0, interface.neighbours, attachments) }
      return RoutedZone(zone: zone, port: place, owners: handed.contains([]) ? [] : Set(handed.joined()))
    }
    let joined = devices.attachedZones(beyond: interface.neighbours, not: index)
    let zones = interface.behind.subtracting(interface.attached).subtracting(joined).sorted().compactMap { zone in
      placement(.zone(zone), routes.filter { AddressSet($0.network).overlaps(site.zones[zone].networks) })
    }
    return zones + [placement(.unzoned, routes.filter { $0.network.length == 0 })].compactMap { $0 }
  }
}

/// The neighbours that a route hands its packets to: those that own its next hop, or may (their addresses are in no file).
private func owners(of route: Route, _ neighbours: [PortReference], _ attachments: [Attachment]) -> Set<Int> {
  Set(
    neighbours.filter { neighbour in
      let own = attachments[neighbour.device].ports[neighbour.port].interface.addresses
      return own.isEmpty || own.contains { $0.address == route.gateway }
    }.map(\.device))
}

extension [BoundDevice] {
  fileprivate mutating func place(_ zone: ZoneReference, at port: PortReference) {
    switch zone {
    case .zone(let index): self[port.device].interfaces[port.port].direct.insert(index)
    case .unzoned: self[port.device].interfaces[port.port].isEntrance = true
    }
  }

  /// Whether some of these devices, or one that they lead to, has a zone at an interface.
  fileprivate func holds(_ zone: ZoneReference, beyond owners: Set<Int>, not excluded: Int) -> Bool {
    devices(from: owners, not: excluded).contains { device in
      self[device].interfaces.contains { interface in
        switch zone {
        case .zone(let index): interface.direct.contains(index)
        case .unzoned: interface.isEntrance
        }
      }
    }
  }

  /// The zones on the wires of the devices that an interface's neighbours lead to.
  fileprivate func attachedZones(beyond neighbours: [PortReference], not excluded: Int) -> Set<Int> {
    devices(from: Set(neighbours.map(\.device)), not: excluded).reduce(into: []) { zones, device in
      for interface in self[device].interfaces { zones.formUnion(interface.attached) }
    }
  }

  /// Some devices and all that they lead to without passing another one.
  func devices(from start: Set<Int>, not excluded: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = [Int](start)
    while let device = open.popLast() {
      guard device != excluded, found.insert(device).inserted else { continue }
      open += self[device].interfaces.flatMap(\.neighbours).map(\.device)
    }
    return found
  }
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

/// Adds zones where the device's static routes send them.
///
/// A specific route counts for the zones of which it decides a part. The default route counts only for zones that nothing
/// else places, because it says as much about the zones beside the one that it is meant for.
private func placeByRoutes(_ attachment: Attachment, _ site: Site, _ behind: inout [Set<Int>]) {
  let ports = attachment.ports.map { (name: $0.interface.name, attached: $0.zones) }
  let regions = EgressRegions(attachment.device, ports: ports, site: site)
  for port in ports.indices {
    let decided = regions.hops[port].filter { !$0.isConnected }.reduce(AddressSet.empty) { $0.union($1.destinations) }
    behind[port].formUnion(site.zones.indices.filter { site.zones[$0].networks.overlaps(decided) })
  }
  let unplaced = Set(site.zones.indices).subtracting(behind.joined())
  for route in attachment.device.routes where route.network.length == 0 {
    guard let port = ports.firstIndex(where: { $0.name == route.interface }) else { continue }
    behind[port].formUnion(unplaced.filter { AddressSet(route.network).overlaps(site.zones[$0].networks) })
  }
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
