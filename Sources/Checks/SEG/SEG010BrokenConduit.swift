import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let brokenConduit = Check(
    "SEG010", "broken-conduit", .high,
    "A conduit that the plant needs cannot work: no path, denied on the way, or no enforcement point between the zones.",
    work: .site { context in
      try context.site.conduits.filter { $0.isRequired && $0.isInForce(context.today) }.flatMap { conduit in
        try problems(of: conduit, context)
      }
    })
}

private func problems(of conduit: Conduit, _ context: SiteContext) throws -> [Finding] {
  guard let from = zone(conduit.from, context), let to = zone(conduit.to, context) else { return [] }
  // A diode carries the conduit; whether it does so rightly is for the DIO checks.
  if context.diodes.contains(where: { $0.joins(from, to, context.site) }) { return [] }
  let candidates = context.map.paths(from: from, to: to, destinations: conduit.to.addresses)
  guard !candidates.paths.isEmpty else { return [unenforced(conduit, from, to, context)] }
  guard let traffic = context.traffic.first(where: { $0.flows.origin == from }) else { return [] }
  let needed = traffic.space.set(conduit.traffic).intersection(conduit.sessions(traffic))
  let paths = candidates.paths.map { path in
    path.path.compactMap { Stop(at: $0, of: needed, conduit, traffic, context.map) }
  }
  // Which of several paths packets take is not known, so one that stops them is at fault only if the others do as well.
  let isCertain = candidates.isComplete && paths.allSatisfy { stops in stops.contains(where: \.isCertain) }
  var seen: Set<Hop> = []
  return try paths.joined().filter { seen.insert($0.hop).inserted }.map { stop in
    try blocked(conduit, from, to, stop, isCertain: isCertain && stop.isCertain, context)
  }
}

/// What one device stops of a conduit's traffic.
private struct Stop {
  var hop: Hop
  /// What is stopped surely, if anything is, else what may be.
  var packets: PacketSet
  /// One of them.
  var packet: Packet
  var isCertain: Bool

  /// Nil when the device surely lets everything through.
  init?(at hop: Hop, of needed: PacketSet, _ conduit: Conduit, _ traffic: ZoneTraffic, _ map: NetworkMap) {
    let nothing = SetBounds(lower: traffic.space.empty, upper: traffic.space.empty)
    let permitted = map.passing(conduit.traffic, hop, in: traffic.space).reduce(nothing) { $0.union($1.endToEnd) }
    let perhaps = needed.subtracting(permitted.lower)
    let surely = needed.subtracting(permitted.upper)
    packets = surely.isEmpty ? perhaps : surely
    guard let packet = packets.witness() else { return nil }
    self.hop = hop
    self.packet = packet
    isCertain = !surely.isEmpty
  }
}

extension Conduit {
  /// The packets that open the conduit's sessions.
  package func sessions(_ traffic: ZoneTraffic) -> PacketSet {
    // A conduit for tcp/443 that names no functions does not need Modbus over it.
    let sessions = functions.isAny ? traffic.openings.intersection(traffic.usual) : traffic.sessions
    // Nobody sends from or to port 0 (RFC 6335, section 6: reserved), which some platforms always drop.
    var fromZero = Service(protocols: IPProtocol.withPorts)
    fromZero.sourcePorts = IntervalSet(0)
    var toZero = Service(protocols: IPProtocol.withPorts)
    toZero.destinationPorts = IntervalSet(0)
    return sessions.subtracting(traffic.space.set(PacketMatch(services: [fromZero, toZero])))
  }
}

private func unenforced(
  _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ context: SiteContext
) -> Finding {
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
    message: """
      conduit \(conduit.name) has no device of the site between \(context.topology.label(from)) and \
      \(context.topology.label(to)): either nothing filters it, or there is no path
      """,
    device: nil, property: "conduit \(conduit.name)", subject: "no enforcement point", location: conduit.source,
    help: "add the device that joins the two zones to the site file, or correct the conduit's ends")
  finding.consequence = [from, to].compactMap { context.topology.zone($0)?.touched }.max()
  return finding
}

private func zone(_ endpoint: Endpoint, _ context: SiteContext) -> ZoneReference? {
  guard let name = endpoint.zone else { return nil }
  return context.site.zones.firstIndex { $0.name == name }.map { .zone($0) }
}

/// The finding that a device stops part of the conduit's traffic, confirmed by a packet of it.
private func blocked(
  _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ stop: Stop, isCertain: Bool, _ context: SiteContext
) throws -> Finding {
  let device = context.topology.devices[stop.hop.device].device
  let packet = stop.packet
  let verdict = ConcreteEvaluator(device: device, ingress: stop.hop.ingress, egress: stop.hop.egress).forward(packet)
  let isConfirmed = isCertain ? verdict.isDenied : verdict.mayDeny
  // A translation on the way changes the destination, so the conduit's own packet need not be the one that enters.
  guard isConfirmed || device.changesDestinations else {
    throw CheckError.unconfirmedWitness(
      check: context.check.code, device: device.label, packet: packet.description,
      detail: "a required packet should be stopped")
  }
  let certain = isCertain && isConfirmed
  let last = verdict.trace.last { $0.effect.contains("den") || $0.effect.contains("block") }
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.severity,
    confidence: certain ? .certain : .possible,
    message: """
      conduit \(conduit.name) \(certain ? "is" : "may be") blocked by \(device.label): \
      \(last.map { "\($0.place), \($0.rule)" } ?? "no rule permits it")
      """,
    device: device.label, property: "conduit \(conduit.name)", subject: "blocked",
    location: last?.range ?? conduit.source,
    help: "permit exactly what the conduit lists, above the rule that stops it, or correct the conduit")
  finding.related = [RelatedPlace(range: conduit.source, label: "the conduit that is required")]
  finding.witness = Witness(
    packet: packet, from: context.topology.label(from), to: context.topology.label(to),
    path: context.name(of: [stop.hop]), steps: verdict.steps)
  finding.regions = stop.packets.boxes(limit: 4).boxes.map(\.withoutFlags.description)
  finding.consequence = [from, to].compactMap { context.topology.zone($0)?.touched }.max()
  finding.counts = certain || context.rule.possibleCounts
  if stop.isCertain, !certain {
    finding.notes.append("cannot tell: another path may let it through, and the routes do not tell which one is taken")
  }
  return finding
}

extension SiteDiode {
  /// Whether the diode leads from one zone to the other.
  package func joins(_ from: ZoneReference, _ to: ZoneReference, _ site: Site) -> Bool {
    guard case .zone(let from) = from, case .zone(let to) = to else { return false }
    return entry.from == site.zones[from].name && entry.to == site.zones[to].name
  }
}

extension SiteContext {
  /// The severity that policy gives, or the check's own.
  var severity: Severity { rule.severity ?? check.severity }
}
