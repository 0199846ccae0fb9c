import Checks
import Findings
import PacketSets
import Reachability
import SitePolicy

extension SteppingStoneGraph {
  /// A chain with an example host at each hop, chosen from the target backwards so that the hosts fit together.
  ///
  /// - Throws: `EngineError.contradiction` when a packet is not confirmed.
  func hops(_ chain: Chain, to target: AddressSet) throws(EngineError) -> [ChainHop] {
    var wanted = target
    var hops: [ChainHop] = []
    for step in chain.steps.reversed() {
      let hop = try self.hop(step, to: wanted)
      wanted = AddressSet(hop.from.address)
      hops.append(hop)
    }
    return hops.reversed()
  }

  private func hop(_ step: ChainStep, to wanted: AddressSet) throws(EngineError) -> ChainHop {
    let held = step.from.hosts.subtracting(graph.barred)
    let reached = step.to.hosts.intersection(wanted)
    switch step.kind {
    case .session(let edge): return try session(edge, step, from: held, to: reached)
    case .insideZone:
      return plain(
        .insideZone, step, from: held, to: reached,
        assumes: "hosts of \(network.topology.label(step.to.zone)) reach each other")
    case .dualHomed(let name):
      let own = network.site.assets.first { $0.name == name }?.addresses ?? .empty
      return plain(
        .twoNetworks, step, from: held.intersection(own), to: reached,
        assumes: "whoever holds \(name) holds it in both networks")
    case .diode(let name):
      return plain(
        .diode, step, from: held, to: reached, assumes: "what diode \(name) carries can take over the receiving side")
    }
  }

  private func plain(
    _ kind: ChainHop.Kind, _ step: ChainStep, from: AddressSet, to: AddressSet, assumes: String
  ) -> ChainHop {
    ChainHop(
      kind: kind, fromZone: network.title(step.from.zone), toZone: network.title(step.to.zone),
      from: example(of: from, in: step.from.zone), to: example(of: to, in: step.to.zone), assumes: assumes)
  }

  private func session(
    _ edge: SessionEdge, _ step: ChainStep, from: AddressSet, to: AddressSet
  ) throws(EngineError) -> ChainHop {
    let space = edge.sessions.upper.space
    let both = edge.sessions.intersection(space.set(PacketMatch(sources: from, destinations: to)))
    let isCertain = !both.lower.isEmpty
    let set = isCertain ? both.lower : both.upper
    var preferred = network.preferences(from: edge.from, to: edge.to)
    let worst = worstHosts(in: to, edge.to)
    if !worst.isEmpty { preferred.insert(PacketMatch(destinations: worst), at: 0) }
    guard let packet = set.witness(preferring: preferred) else {
      throw .contradiction(
        "internal error: a hop to \(network.topology.label(edge.to)) has no packet; please report this")
    }
    let sent = try confirmed(packet, edge, certain: isCertain)
    let server = name(packet.destination)
    let service = ChainHop.service(of: packet)
    return ChainHop(
      kind: .session, fromZone: network.title(edge.from), toZone: network.title(edge.to), from: name(packet.source),
      to: server, service: service, rule: network.line(edge.place), path: network.hops(edge.path), packet: sent,
      isCertain: isCertain, assumes: "\(server.text) can be taken over through \(service)")
  }

  /// The host with its name in the inventory.
  func name(_ address: IPAddress) -> HostName {
    // A single host's entry says more than the network's that it lies in.
    let holders = network.site.assets.filter { $0.addresses.contains(address) }
    let closest = holders.min { size($0.addresses) < size($1.addresses) }
    return HostName(address: address, asset: closest?.name)
  }

  private func size(_ addresses: AddressSet) -> UInt128 { max(addresses.v4.count, addresses.v6.count) }

  /// A host that people know, if there is one; the worst to lose first.
  private func example(of hosts: AddressSet, in zone: ZoneReference) -> HostName {
    let worst = worstHosts(in: hosts, zone)
    let named = hosts.intersection(network.hosts(in: zone))
    let choice = !worst.isEmpty ? worst : !named.isEmpty ? named : hosts
    // A packet chooses a host that is neither the network's nor its broadcast address.
    let space = PacketSpace()
    let packet = space.set(PacketMatch(destinations: choice)).witness()
    return name(packet?.destination ?? choice.first ?? IPAddress(v4: 0))
  }

  /// The hosts with the worst consequence that the inventory names.
  private func worstHosts(in hosts: AddressSet, _ zone: ZoneReference) -> AddressSet {
    let assets = network.site.assets.filter { $0.consequence != nil && $0.addresses.overlaps(hosts) }
    guard let worst = assets.compactMap(\.consequence).max() else { return .empty }
    return assets.filter { $0.consequence == worst }.reduce(.empty) { $0.union($1.addresses.intersection(hosts)) }
  }
}

extension ChainHop {
  /// `tcp/3389`, `tcp/502, modbus function 5 (write)`.
  static func service(of packet: Packet) -> String {
    var service = Service(proto: packet.proto)
    if IPProtocol.withPorts.contains(packet.proto) {
      service.destinationPorts = IntervalSet(packet.destinationPort)
    }
    return packet.function == .none ? "\(service)" : "\(service), \(packet.function.description)"
  }
}
