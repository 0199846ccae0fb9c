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
  guard let traffic = context.traffic.first(where: { $0.flows.origin == from }) else { return [] }
  let ways = ConduitWays(traffic, to: to, needed: conduit.traffic, sessions: conduit.sessions(traffic))
  guard !ways.paths.isEmpty else { return [unenforced(conduit, from, to, context)] }
  var findings =
    ways.isComplete && !ways.unreached.isEmpty ? [unreached(ways.unreached, conduit, from, to, context)] : []
  var seen: Set<Hop> = []
  findings += try ways.paths.flatMap(\.stops).filter { seen.insert($0.hop).inserted }.map { stop in
    try blocked(conduit, from, to, stop, isCertain: ways.isBlocked && stop.isCertain, context)
  }
  return findings + unanswered(conduit, traffic, to, ways, context)
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

/// Part of the conduit's destinations that no path leads to, because of the routes.
private func unreached(
  _ addresses: AddressSet, _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ context: SiteContext
) -> Finding {
  var finding = unenforced(conduit, from, to, context)
  finding.message = "conduit \(conduit.name): no route leads to \(addresses.summary(limit: 4))"
  finding.subject = "no route"
  finding.help = "correct the routes on the way, or the conduit's destination"
  return finding
}

/// Sessions that open and whose answers a device without state stops.
private func unanswered(
  _ conduit: Conduit, _ traffic: ZoneTraffic, _ to: ZoneReference, _ ways: ConduitWays, _ context: SiteContext
) -> [Finding] {
  // Of the protocols that a rule can name, TCP is the one that cannot do without answers.
  guard conduit.services.contains(where: { $0.protocols.contains(IPProtocol.tcp) }) else { return [] }
  let opening = PacketMatch(services: [Service(proto: IPProtocol.tcp)])
  let needed = traffic.space.set(conduit.traffic).intersection(conduit.sessions(traffic))
    .intersection(traffic.space.set(opening))
  var seen: Set<Hop> = []
  return ways.paths.filter(\.stops.isEmpty).compactMap { path -> Finding? in
    let flows = traffic.flows.flows.filter {
      $0.to == to && $0.path == path.path && $0.branch.state == .new && $0.branch.endToEnd.upper.overlaps(needed)
    }
    let stops = flows.map { context.map.hopThatStopsReplies(to: $0, opening: needed, in: traffic.space) }
    // Where one of several branches is answered, so may be the session.
    guard !stops.isEmpty, !stops.contains(nil), case let hop?? = stops.first, seen.insert(hop).inserted else {
      return nil
    }
    let device = context.topology.devices[hop.device].device
    let isCertain = ways.isComplete && ways.paths.count == 1
    var finding = unenforced(conduit, traffic.flows.origin, to, context)
    finding.confidence = isCertain ? .certain : .possible
    finding.counts = isCertain || context.rule.possibleCounts
    finding.device = device.label
    finding.subject = "no answers"
    finding.message =
      "conduit \(conduit.name) opens sessions, but \(device.label) keeps no state and no rule lets the answers back"
    finding.help = "permit the answers (established TCP from the conduit's destination), or filter with state"
    return finding
  }
}

private func zone(_ endpoint: Endpoint, _ context: SiteContext) -> ZoneReference? {
  guard let name = endpoint.zone else { return nil }
  return context.site.zones.firstIndex { $0.name == name }.map { .zone($0) }
}

/// The finding that a device stops part of the conduit's traffic, confirmed by a packet of it.
private func blocked(
  _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ stop: ConduitStop, isCertain: Bool,
  _ context: SiteContext
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
