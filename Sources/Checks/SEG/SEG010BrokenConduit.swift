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
  var findings: [Finding] = []
  var isEnforced = false
  for analysis in context.analyses {
    let crossings = analysis.crossings(from: from, to: to)
    if crossings.isEmpty { continue }
    isEnforced = true
    findings += try blocked(conduit, from, to, context.device(analysis), crossings).map { [$0] } ?? []
  }
  if !isEnforced {
    var finding = Finding(
      code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
      message: """
        conduit \(conduit.name) has no device of the site between \(context.topology.label(from)) and \
        \(context.topology.label(to)): either nothing filters it, or there is no path
        """,
      device: nil, property: "conduit \(conduit.name)", subject: "no enforcement point", location: conduit.source,
      help: "add the device that joins the two zones to the site file, or correct the conduit's ends")
    finding.consequence = [from, to].compactMap { context.topology.zone($0)?.touched }.max()
    findings.append(finding)
  }
  return findings
}

private func zone(_ endpoint: Endpoint, _ context: SiteContext) -> ZoneReference? {
  guard let name = endpoint.zone else { return nil }
  return context.site.zones.firstIndex { $0.name == name }.map { .zone($0) }
}

extension DeviceAnalysis {
  /// The pairs of interfaces that lie between two zones.
  func crossings(from: ZoneReference, to: ZoneReference) -> [(ingress: String, egress: String)] {
    bound.interfaces.flatMap { ingress in
      bound.interfaces.filter { $0.name != ingress.name }.compactMap { egress in
        guard bound.references(behind: ingress).contains(from), bound.references(behind: egress).contains(to) else {
          return nil
        }
        return (ingress.name, egress.name)
      }
    }
  }
}

/// A finding when the device surely or possibly stops part of the conduit's traffic.
private func blocked(
  _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ context: DeviceContext,
  _ crossings: [(ingress: String, egress: String)]
) throws -> Finding? {
  // A conduit for tcp/443 that names no functions does not need Modbus over it.
  let sessions =
    conduit.functions.isAny ? context.analysis.openings.intersection(context.usual) : context.sessions
  // Nobody sends from or to port 0 (RFC 6335, section 6: reserved), which some platforms always drop.
  var fromZero = Service(protocols: IPProtocol.withPorts)
  fromZero.sourcePorts = IntervalSet(0)
  var toZero = Service(protocols: IPProtocol.withPorts)
  toZero.destinationPorts = IntervalSet(0)
  let needed = context.space.set(conduit.traffic).intersection(sessions)
    .subtracting(context.space.set(PacketMatch(services: [fromZero, toZero])))
  let nothing = SetBounds(lower: context.space.empty, upper: context.space.empty)
  let permitted = context.analysis.flows.filter { $0.from == from && $0.to == to }.flatMap(\.branches)
    .reduce(nothing) { $0.union($1.permitted) }
  let surelyBlocked = needed.subtracting(permitted.upper)
  let perhapsBlocked = needed.subtracting(permitted.lower)
  guard !perhapsBlocked.isEmpty else { return nil }
  let certain = !surelyBlocked.isEmpty
  let missing = certain ? surelyBlocked : perhapsBlocked
  guard let packet = missing.witness(), let crossing = crossings.first else { return nil }
  let evaluator = ConcreteEvaluator(device: context.device, ingress: crossing.ingress, egress: crossing.egress)
  let verdict = evaluator.forward(packet)
  let isConfirmed = certain ? verdict.isDenied : verdict.mayDeny
  // A translation on the way changes the destination, so the conduit's own packet need not be the one that enters.
  guard isConfirmed || context.device.translatesDestinations else {
    throw CheckError.unconfirmedWitness(
      check: context.check.code, device: context.device.label, packet: packet.description,
      detail: "a required packet should be stopped")
  }
  return finding(conduit, from, to, context, crossing, packet, verdict, missing, certain: certain && isConfirmed)
}

private func finding(
  _ conduit: Conduit, _ from: ZoneReference, _ to: ZoneReference, _ context: DeviceContext,
  _ crossing: (ingress: String, egress: String), _ packet: Packet, _ verdict: PacketVerdict, _ missing: PacketSet,
  certain: Bool
) -> Finding {
  let last = verdict.trace.last { $0.effect.contains("den") || $0.effect.contains("block") }
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
    confidence: certain ? .certain : .possible,
    message: """
      conduit \(conduit.name) \(certain ? "is" : "may be") blocked by \(context.device.label): \
      \(last.map { "\($0.place), \($0.rule)" } ?? "no rule permits it")
      """,
    device: context.device.label, property: "conduit \(conduit.name)", subject: "blocked",
    location: last?.range ?? conduit.source,
    help: "permit exactly what the conduit lists, above the rule that stops it, or correct the conduit")
  finding.related = [RelatedPlace(range: conduit.source, label: "the conduit that is required")]
  finding.witness = Witness(
    packet: packet, from: context.topology.label(from), to: context.topology.label(to),
    path: "\(context.device.label): \(crossing.ingress) -> \(crossing.egress)",
    steps: verdict.steps)
  finding.regions = missing.boxes(limit: 4).boxes.map(\.withoutFlags.description)
  finding.consequence = [from, to].compactMap { context.topology.zone($0)?.touched }.max()
  finding.counts = certain || context.rule.possibleCounts
  return finding
}

extension Device {
  /// Whether some rule changes destinations.
  var translatesDestinations: Bool {
    pipeline.contains { stage in
      if case .translate(let rules) = stage.work { rules.contains { $0.destination != nil } } else { false }
    }
  }
}

extension SiteDiode {
  /// Whether the diode leads from one zone to the other.
  func joins(_ from: ZoneReference, _ to: ZoneReference, _ site: Site) -> Bool {
    guard case .zone(let from) = from, case .zone(let to) = to else { return false }
    return entry.from == site.zones[from].name && entry.to == site.zones[to].name
  }
}

extension SiteContext {
  /// The severity that policy gives, or the check's own.
  var severity: Severity { rule.severity ?? check.severity }
}
