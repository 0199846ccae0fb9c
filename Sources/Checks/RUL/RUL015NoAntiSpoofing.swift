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
      let bound = context.analysis.bound
      let unchecked = Set(context.device.interfaces.filter { $0.checksSourceAddress == false }.map(\.name))
      return try bound.interfaces.filter { unchecked.contains($0.name) }.compactMap { ingress in
        let inside = forgeable(at: ingress, context)
        return inside.isEmpty ? nil : try finding(at: ingress, inside, context)
      }
    })
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
  guard let highest = ingress.behind.map({ zones[$0].level }).max() else { return [] }
  let elsewhere = context.analysis.bound.interfaces.filter { $0.name != ingress.name }
    .reduce(Set<Int>()) { $0.union($1.behind) }
  return elsewhere.subtracting(ingress.behind).filter { zones[$0].level < highest }.sorted()
}

private func finding(at ingress: BoundInterface, _ inside: [Int], _ context: DeviceContext) throws -> Finding? {
  let leaks = leaks(at: ingress, inside, context)
  let gaining = leaks.filter { !$0.gain.isEmpty }
  guard let worst = gaining.first ?? leaks.first else { return nil }
  let proof = try witness(gaining.isEmpty ? worst.packets : worst.gain, from: ingress.name, to: worst.egress, context)
  let forged = inside.filter { index in
    let sources = context.space.set(PacketMatch(sources: context.site.zones[index].networks))
    return leaks.contains { $0.packets.overlaps(sources) }
  }
  let names = forged.prefix(3).map { context.topology.label(.zone($0)) }.joined(separator: ", ")
  let more = forged.count > 3 ? " and \(forged.count - 3) more zones" : ""
  let severity = context.rule.severity ?? context.check.severity
  let use =
    gaining.isEmpty
    ? "nothing checks sources there, and the rules permit them"
    : "nothing checks sources there, and so hosts behind it reach \(proof.to) where their own addresses may not go"
  var finding = Finding(
    code: context.check.code, name: context.check.name,
    severity: gaining.isEmpty ? severity : max(severity, .medium), confidence: .certain,
    message: "interface \(ingress.name) lets in packets that claim to come from \(names)\(more): \(use)",
    device: context.device.label, property: "interface \(ingress.name)", subject: "forged sources",
    location: ingress.source,
    help: """
      switch the reverse path check on for this interface, or deny the addresses of inner zones at the top of its incoming \
      list
      """)
  finding.witness = proof
  finding.related = related(gaining.isEmpty ? leaks : gaining, context)
  finding.consequence = forged.compactMap { context.site.zones[$0].touched }.max()
  return finding
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
private func leaks(at ingress: BoundInterface, _ inside: [Int], _ context: DeviceContext) -> [Leak] {
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
