import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let noAntiSpoofing = Check(
    "RUL015", "no-anti-spoofing", .low,
    "A boundary interface lets in packets whose source address belongs to a lower zone behind another interface.",
    work: .device { context in
      let unchecked = Set(context.device.interfaces.filter { $0.checksSourceAddress == false }.map(\.name))
      let doors = context.analysis.bound.interfaces.filter { unchecked.contains($0.name) }.compactMap {
        Door(at: $0, context)
      }
      // Where a forged address opens nothing new, one finding for the device is enough.
      let plain = doors.filter { !$0.isGain }
      let gaining = try doors.filter(\.isGain).map { try finding($0, context) }
      return try gaining + (plain.isEmpty ? [] : [finding(plain, context)])
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

  /// Nil when no zone can be forged there, or nothing passes.
  init?(at ingress: BoundInterface, _ context: DeviceContext) {
    let inside = forgeable(at: ingress, context)
    guard !inside.isEmpty else { return nil }
    let leaks = leaking(at: ingress, inside, context)
    guard !leaks.isEmpty else { return nil }
    interface = ingress
    self.leaks = leaks
    forged = inside.filter { index in
      let sources = context.space.set(PacketMatch(sources: context.site.zones[index].networks))
      return leaks.contains { $0.packets.overlaps(sources) }
    }
  }
}

/// A way by which forged packets pass for certain.
private struct Leak {
  var egress: String
  var packets: PacketSet
  /// Those of them that no host behind the interface could send under an address of its own.
  var gain: PacketSet
  var shares: [PermitShare]
}

/// Zones below the interface's own whose packets can only come by other interfaces.
private func forgeable(at ingress: BoundInterface, _ context: DeviceContext) -> [Int] {
  let zones = context.site.zones
  let outside = ingress.leadsOutside ? PurdueLevel.external : nil
  guard let highest = ingress.behind.map({ zones[$0].level }).max() ?? outside else { return [] }
  let elsewhere = context.analysis.bound.interfaces.filter { $0.name != ingress.name }
    .reduce(Set<Int>()) { $0.union($1.behind) }
  return elsewhere.subtracting(ingress.behind).filter { zones[$0].level < highest }.sorted()
}

/// What a forged address gains at one interface.
private func finding(_ door: Door, _ context: DeviceContext) throws -> Finding {
  let safety = context.space.set(
    PacketMatch(
      destinations: context.site.zones.filter(\.isSafety).reduce(.empty) { $0.union($1.networks) }))
  let gaining = door.leaks.filter { !$0.gain.isEmpty }
  let worst = gaining.first { $0.gain.overlaps(safety) }
  let proof = try witness(
    worst.map { $0.gain.intersection(safety) } ?? gaining[0].gain, from: door.interface.name,
    to: (worst ?? gaining[0]).egress, context)
  var finding = finding(
    [door], context,
    message: """
      interface \(door.interface.name) lets in packets that claim to come from \(names(door.forged, context)): nothing \
      checks sources there, and so hosts behind it reach \(proof.to) where their own addresses may not go
      """,
    property: "interface \(door.interface.name)")
  finding.severity = max(finding.severity, worst == nil ? .medium : .high)
  finding.witness = proof
  finding.related = related(gaining, context)
  return finding
}

/// All interfaces of the device where a forged address passes along with every other one.
private func finding(_ doors: [Door], _ context: DeviceContext) throws -> Finding {
  let (first, leak) = (doors[0], doors[0].leaks[0])
  let all = doors.map(\.interface.name)
  let place = all.count == 1 ? "interface \(all[0]) lets" : "interfaces \(all.joined(separator: ", ")) let"
  let forged = Set(doors.flatMap(\.forged)).sorted()
  var finding = finding(
    doors, context,
    message: """
      \(place) in packets that claim to come from \(names(forged, context)): nothing checks sources there, and the rules \
      permit them
      """,
    property: "device")
  finding.witness = try witness(leak.packets, from: first.interface.name, to: leak.egress, context)
  finding.related =
    doors.dropFirst().map { RelatedPlace(range: $0.interface.source, label: "nor here") }
    + related(doors.flatMap(\.leaks), context)
  return finding
}

private func finding(_ doors: [Door], _ context: DeviceContext, message: String, property: String) -> Finding {
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
    confidence: .certain, message: message, device: context.device.label, property: property,
    subject: "forged sources", location: doors[0].interface.source,
    help: """
      switch the reverse path check on for every interface, or deny the addresses of inner zones at the top of the incoming \
      list
      """)
  finding.consequence = doors.flatMap(\.forged).compactMap { context.site.zones[$0].touched }.max()
  return finding
}

private func names(_ zones: [Int], _ context: DeviceContext) -> String {
  let names = zones.prefix(3).map { context.topology.label(.zone($0)) }.joined(separator: ", ")
  return zones.count > 3 ? "\(names) and \(zones.count - 3) more zones" : names
}

/// A forged packet, confirmed by the packet-by-packet evaluator.
private func witness(
  _ packets: PacketSet, from ingress: String, to egress: String, _ context: DeviceContext
) throws -> Witness {
  let packet = packets.witness()
  let verdict = packet.map {
    ConcreteEvaluator(device: context.device, ingress: ingress, egress: egress).forward($0)
  }
  guard let packet, let verdict, verdict.isPermitted else {
    throw CheckError.unconfirmedWitness(
      check: context.check.code, device: context.device.label, packet: packet?.description ?? "a forged packet",
      detail: verdict?.trace.map { "\($0.place): \($0.rule) \($0.effect)" }.joined(separator: "; ") ?? "none passes")
  }
  let target = context.site.zones.indices.first { context.site.zones[$0].networks.contains(packet.destination) }
  return Witness(
    packet: packet, from: "a forged source", to: context.topology.label(target.map { .zone($0) } ?? .unzoned),
    path: "\(context.device.label): \(ingress) -> \(egress)", steps: verdict.steps)
}

/// What of the forged packets opens sessions to the zones behind each other interface, untranslated.
private func leaking(at ingress: BoundInterface, _ inside: [Int], _ context: DeviceContext) -> [Leak] {
  let sources = inside.reduce(AddressSet.empty) { $0.union(context.site.zones[$1].networks) }
  let bound = context.analysis.bound
  let translates = context.device.pipeline.contains { if case .translate = $0.work { true } else { false } }
  let cache = RuleSetCache(
    device: context.device, space: context.space, focus: translates ? nil : PacketMatch(sources: sources))
  return bound.interfaces.filter { $0.name != ingress.name }.flatMap { egress -> [Leak] in
    let destinations = bound.references(behind: egress).reduce(AddressSet.empty) {
      $0.union(context.topology.networks(of: $1))
    }
    let entering = context.space.set(PacketMatch(sources: sources, destinations: destinations, states: .new))
      .intersection(context.sessions)
    let genuine = context.analysis.flows.filter { $0.ingress == ingress.name && $0.egress == egress.name }
      .flatMap(\.branches).reduce(context.space.empty) { $0.union($1.permitted.upper) }.replacingSource(with: .all)
    return DeviceFlow(ingress: ingress.name, egress: egress.name, cache: cache).forward(entering)
      .filter { $0.translations.isEmpty && !$0.permitted.lower.isEmpty }
      .map { branch in
        let packets = branch.permitted.lower
        return Leak(
          egress: egress.name, packets: packets, gain: packets.subtracting(genuine), shares: branch.shares)
      }
  }
}

/// The rules that permit the forged packets.
private func related(_ leaks: [Leak], _ context: DeviceContext) -> [RelatedPlace] {
  var places: [RulePlace] = []
  for leak in leaks {
    for share in leak.shares where share.packets.lower.overlaps(leak.packets) {
      let place = RulePlace(stage: share.stage, list: share.list, rule: share.rule)
      if !places.contains(place) { places.append(place) }
    }
  }
  return places.prefix(6).map {
    RelatedPlace(range: context.location(of: $0), label: "\(context.name(of: $0)) permits them")
  }
}
