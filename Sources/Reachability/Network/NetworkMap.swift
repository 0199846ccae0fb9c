import PacketSets
import RuleModel
import SitePolicy

/// The devices of a site as a graph: which interface a packet can leave by, and where it arrives then.
public struct NetworkMap: Sendable {
  public let topology: SiteTopology
  let egress: [EgressRegions]
  /// For each device and interface, the destinations that can lie beyond it.
  let beyond: [[AddressSet]]

  public init(_ topology: SiteTopology) {
    self.topology = topology
    egress = topology.devices.map { bound in
      let ports = bound.interfaces.map { (name: $0.name, attached: $0.attached) }
      return EgressRegions(bound.device, ports: ports, site: topology.site)
    }
    let translating = topology.devices.map { $0.device.changesDestinations }
    beyond = topology.devices.indices.map { index in
      topology.devices[index].interfaces.indices.map { port in
        let start = PortReference(device: index, port: port)
        // Where some device changes destinations, any address may stand for one that lies there.
        if translating[index] || topology.devices(beyond: start).contains(where: { translating[$0] }) { return .all }
        return topology.references(beyond: start).reduce(.empty) { $0.union(topology.networks(of: $1)) }
      }
    }
  }

  /// Where packets that leave by an interface can enter another device, with the destinations that are handed to it.
  func next(behind port: PortReference) -> [(port: PortReference, destinations: AddressSet)] {
    let interface = topology[port]
    let hops = topology.devices[port.device].device.hasOtherRoutes ? [] : egress[port.device].hops[port.port]
    let onWire = interface.direct.reduce(AddressSet.empty) { $0.union(topology.site.zones[$1].networks) }
    return interface.neighbours.compactMap { neighbour in
      var handedElsewhere = AddressSet.empty
      var handedHere = AddressSet.empty
      for (region, gateway, _) in hops {
        let owners = gateway.map { gateway in interface.neighbours.filter { topology.owns(gateway, $0) } } ?? []
        if owners.isEmpty || owners.contains(neighbour) {
          handedHere = handedHere.union(region)
        } else {
          handedElsewhere = handedElsewhere.union(region)
        }
      }
      var destinations = handedElsewhere.subtracting(handedHere).complement
      // What is on the wire already is not handed to another device, unless that device stands in for others.
      if !topology.devices[neighbour.device].device.changesDestinations {
        destinations = destinations.subtracting(onWire)
      }
      return destinations.isEmpty ? nil : (neighbour, destinations)
    }
  }
}

extension SiteTopology {
  subscript(port: PortReference) -> BoundInterface { devices[port.device].interfaces[port.port] }

  /// The interfaces by which packets of a zone enter their first device; in a fixed order.
  public func entrances(of reference: ZoneReference) -> [PortReference] {
    devices.indices.flatMap { index in
      devices[index].interfaces.indices.map { PortReference(device: index, port: $0) }
    }.filter { arrives(reference, at: $0) }
  }

  /// The interfaces that a packet which entered by one of them can leave by.
  ///
  /// A packet goes back out where it came from when its destination was translated to a host on that wire, and only then.
  func egresses(of port: PortReference) -> [Int] {
    let device = devices[port.device]
    return device.interfaces.indices.filter {
      $0 != port.port || (device.device.changesDestinations && device.device.sendsBack)
    }
  }

  /// Whether hosts of a zone are on the wire of an interface, or behind something unknown there.
  func arrives(_ reference: ZoneReference, at port: PortReference) -> Bool {
    switch reference {
    case .zone(let index): self[port].direct.contains(index)
    case .unzoned: self[port].isEntrance
    }
  }

  /// Whether an address is one of an interface's own.
  func owns(_ address: IPAddress, _ port: PortReference) -> Bool {
    devices[port.device].device.addresses(ofInterface: self[port].name).contains(address)
  }

  /// Every zone in order, and the unzoned address space.
  public var references: [ZoneReference] { site.zones.indices.map { .zone($0) } + [.unzoned] }

  /// The devices that can be reached by an interface without coming back through its device.
  func devices(beyond start: PortReference) -> Set<Int> {
    devices.devices(from: Set(self[start].neighbours.map(\.device)), not: start.device)
  }

  /// Everything that can lie beyond an interface: what the device itself knows, and what the devices there know.
  func references(beyond start: PortReference) -> Set<ZoneReference> {
    var found = Set(devices[start.device].references(behind: self[start]))
    for interface in [self[start]] + devices(beyond: start).flatMap({ devices[$0].interfaces }) {
      found.formUnion(interface.direct.map { .zone($0) })
      if interface.isEntrance { found.insert(.unzoned) }
    }
    return found
  }
}

extension Device {
  /// Whether some rule changes destinations.
  public var changesDestinations: Bool {
    pipeline.contains { stage in
      if case .translate(let rules) = stage.work {
        rules.contains { $0.destination != nil }
      } else {
        false
      }
    }
  }

  /// Whether a filter comes behind a translation of sources.
  var filtersTranslatedSources: Bool {
    let first = pipeline.firstIndex {
      if case .translate(let rules) = $0.work { rules.contains { $0.source != nil } } else { false }
    }
    guard let first else { return false }
    return pipeline[first...].contains { if case .filter = $0.work { true } else { false } }
  }

  /// The states without a session that some rule treats otherwise than new packets.
  var statesApartFromNew: Set<SessionState> {
    Set(
      [SessionState.invalid, .untracked].filter { state in
        lists.contains { list in
          list.rules.indices.contains { place in
            if list.rules.plain(at: place) != nil { return false }
            return list.rules[place].match.upper.contains {
              $0.states.contains(state: state) != $0.states.contains(state: .new)
            }
          }
        }
      })
  }
}
