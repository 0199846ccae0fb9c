import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let noAntiSpoofing = Check(
    "RUL015", "no-anti-spoofing", .low,
    "A boundary interface lets in packets whose source address belongs to a lower zone behind another interface.",
    work: .site { context in
      try context.topology.devices.indices.flatMap { index -> [Finding] in
        let probe = Probe(context, device: index)
        let doors = probe.doors
        // Where a forged address opens nothing new, one finding for the device is enough.
        let plain = doors.filter { !$0.isGain }
        let gaining = try doors.filter(\.isGain).map { try finding($0, probe) }
        return try gaining + (plain.isEmpty ? [] : [finding(plain, probe)])
      }
    })
}

/// An interface by which forged packets pass for certain.
private struct Door {
  var interface: BoundInterface
  /// Zones whose addresses can be forged there, as indices into the site's.
  var forged: [Int]
  var leaks: [Leak]
  /// Whether a forged address opens what the own one does not.
  var isGain: Bool { leaks.contains { !$0.gain.isEmpty } }
}

/// A way by which forged packets pass for certain.
private struct Leak {
  var egress: String
  var packets: PacketSet
  /// Those of them that no host behind the interface could send under an address of its own.
  var gain: PacketSet
  var shares: [PermitShare]
}

/// Sends forged packets to the interfaces of one device, in a packet space of its own.
private struct Probe {
  let context: SiteContext
  let index: Int
  let space = PacketSpace()
  var bound: BoundDevice { context.topology.devices[index] }
  var device: Device { bound.device }
  var zones: [Zone] { context.site.zones }

  init(_ context: SiteContext, device: Int) {
    self.context = context
    index = device
  }

  /// The interfaces that check no sources and let forged ones through.
  var doors: [Door] {
    let unchecked = Set(device.interfaces.filter { $0.checksSourceAddress == false }.map(\.name))
    return bound.interfaces.filter { unchecked.contains($0.name) }.compactMap { ingress in
      let inside = forgeable(at: ingress)
      let leaks = inside.isEmpty ? [] : leaks(at: ingress, inside)
      let forged = inside.filter { zone in
        let sources = space.set(PacketMatch(sources: zones[zone].networks))
        return leaks.contains { $0.packets.overlaps(sources) }
      }
      return leaks.isEmpty ? nil : Door(interface: ingress, forged: forged, leaks: leaks)
    }
  }

  /// Zones below the interface's own whose packets can only come by other interfaces.
  private func forgeable(at ingress: BoundInterface) -> [Int] {
    let outside = ingress.leadsOutside ? PurdueLevel.external : nil
    guard let highest = ingress.behind.map({ zones[$0].level }).max() ?? outside else { return [] }
    let elsewhere = bound.interfaces.filter { $0.name != ingress.name }.reduce(Set<Int>()) { $0.union($1.behind) }
    return elsewhere.subtracting(ingress.behind).filter { zones[$0].level < highest }.sorted()
  }

  /// What of the forged packets opens sessions to what lies behind each other interface, untranslated.
  private func leaks(at ingress: BoundInterface, _ inside: [Int]) -> [Leak] {
    let cache = RuleSetCache(device: device, space: space)
    let forged = AddressSet(unionOf: inside.map { zones[$0].networks })
    let own = networks(behind: ingress)
    return bound.interfaces.filter { $0.name != ingress.name }.flatMap { egress -> [Leak] in
      let flow = DeviceFlow(ingress: ingress.name, egress: egress.name, cache: cache)
      let target = networks(behind: egress)
      let genuine = flow.forward(openings(from: own, to: target)).reduce(space.empty) {
        $0.union($1.permitted.upper)
      }.replacingSource(with: .all)
      return flow.forward(openings(from: forged, to: target))
        .filter { $0.translations.isEmpty && !$0.permitted.lower.isEmpty }
        .map { branch in
          let packets = branch.permitted.lower
          return Leak(
            egress: egress.name, packets: packets, gain: packets.subtracting(genuine), shares: branch.shares)
        }
    }
  }

  private func networks(behind interface: BoundInterface) -> AddressSet {
    AddressSet(unionOf: bound.references(behind: interface).map { context.topology.networks(of: $0) })
  }

  /// Plain packets that open a session.
  private func openings(from sources: AddressSet, to destinations: AddressSet) -> PacketSet {
    var tcp = Service(proto: IPProtocol.tcp)
    tcp.tcpFlags = IntervalSet(Packet.syn)
    let others = Service(protocols: IntervalSet(IPProtocol.tcp).complement)
    return space.set(
      PacketMatch(
        sources: sources, destinations: destinations, services: [tcp, others], states: .new,
        function: FunctionMatch(functions: IntervalSet(IndustrialFunction.none.rawValue))))
  }
}

/// What a forged address gains at one interface.
private func finding(_ door: Door, _ probe: Probe) throws -> Finding {
  let safety = probe.space.set(
    PacketMatch(destinations: AddressSet(unionOf: probe.zones.filter(\.isSafety).map(\.networks))))
  let gaining = door.leaks.filter { !$0.gain.isEmpty }
  let worst = gaining.first { $0.gain.overlaps(safety) }
  let proof = try witness(
    worst.map { $0.gain.intersection(safety) } ?? gaining[0].gain, from: door.interface.name,
    to: (worst ?? gaining[0]).egress, probe)
  var finding = finding(
    [door], probe,
    message: """
      interface \(door.interface.name) lets in packets that claim to come from \(names(door.forged, probe)): nothing \
      checks sources there, and so hosts behind it reach \(proof.to) where their own addresses may not go
      """,
    property: "interface \(door.interface.name)")
  finding.severity = max(finding.severity, worst == nil ? .medium : .high)
  finding.witness = proof
  finding.related = related(gaining, probe)
  return finding
}

/// All interfaces of the device where a forged address passes along with every other one.
private func finding(_ doors: [Door], _ probe: Probe) throws -> Finding {
  let (first, leak) = (doors[0], doors[0].leaks[0])
  let all = doors.map(\.interface.name)
  let place = all.count == 1 ? "interface \(all[0]) lets" : "interfaces \(all.joined(separator: ", ")) let"
  let forged = Set(doors.flatMap(\.forged)).sorted()
  var finding = finding(
    doors, probe,
    message: """
      \(place) in packets that claim to come from \(names(forged, probe)): nothing checks sources there, and the rules \
      permit them
      """,
    property: "device")
  finding.witness = try witness(leak.packets, from: first.interface.name, to: leak.egress, probe)
  finding.related =
    doors.dropFirst().map { RelatedPlace(range: $0.interface.source, label: "nor here") }
    + related(doors.flatMap(\.leaks), probe)
  return finding
}

private func finding(_ doors: [Door], _ probe: Probe, message: String, property: String) -> Finding {
  var finding = Finding(
    code: probe.context.check.code, name: probe.context.check.name,
    severity: probe.context.rule.severity ?? probe.context.check.severity,
    confidence: .certain, message: message, device: probe.device.label, property: property,
    subject: "forged sources", location: doors[0].interface.source,
    help: """
      switch the reverse path check on for every interface, or deny the addresses of inner zones at the top of the incoming \
      list
      """)
  finding.consequence = doors.flatMap(\.forged).compactMap { probe.zones[$0].touched }.max()
  return finding
}

private func names(_ zones: [Int], _ probe: Probe) -> String {
  let names = zones.prefix(3).map { probe.context.topology.label(.zone($0)) }.joined(separator: ", ")
  return zones.count > 3 ? "\(names) and \(zones.count - 3) more zones" : names
}

/// A forged packet, confirmed by the packet-by-packet evaluator.
private func witness(
  _ packets: PacketSet, from ingress: String, to egress: String, _ probe: Probe
) throws -> Witness {
  let packet = packets.witness()
  let verdict = packet.map {
    ConcreteEvaluator(device: probe.device, ingress: ingress, egress: egress).forward($0)
  }
  guard let packet, let verdict, verdict.isPermitted else {
    throw CheckError.unconfirmedWitness(
      check: probe.context.check.code, device: probe.device.label, packet: packet?.description ?? "a forged packet",
      detail: verdict?.trace.map { "\($0.place): \($0.rule) \($0.effect)" }.joined(separator: "; ") ?? "none passes")
  }
  let target = probe.zones.indices.first { probe.zones[$0].networks.contains(packet.destination) }
  return Witness(
    packet: packet, from: "a forged source", to: probe.context.topology.label(target.map { .zone($0) } ?? .unzoned),
    path: "\(probe.device.label): \(ingress) -> \(egress)", steps: verdict.steps)
}

/// The rules, and the defaults of lists, that permit the forged packets.
private func related(_ leaks: [Leak], _ probe: Probe) -> [RelatedPlace] {
  var places: [RelatedPlace] = []
  for leak in leaks {
    for share in leak.shares where share.packets.lower.overlaps(leak.packets) {
      guard let index = share.list else { continue }
      let list = probe.device.lists[index]
      let rule = share.rule.map { list.rules[$0] }
      let name = rule?.name ?? "the default of \(list.name)"
      let place = RelatedPlace(range: rule?.source ?? list.source, label: "\(name) permits them")
      if !places.contains(place) { places.append(place) }
    }
  }
  return Array(places.prefix(6))
}
