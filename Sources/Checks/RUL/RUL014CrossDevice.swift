import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

extension Check {
  static let crossDevice = Check(
    "RUL014", "cross-device", .low,
    "A device permits what policy forbids and only another one stops, or twins of a high-availability pair differ.",
    work: .site { context in try leftToOthers(context) + context.twins.compactMap { twin($0, context) } })
}

/// What a rule lets through that must not pass, and that another device on every path stops.
private struct Leftover {
  var place: RulePlace
  var from: ZoneReference
  var to: ZoneReference
  var packets: PacketSet
  var hop: Hop
  /// Devices on the path that stop it.
  var stoppers: [String]
}

/// Rules that are safe only because of what another device denies; whoever changes that one does not know.
private func leftToOthers(_ context: SiteContext) throws -> [Finding] {
  var order: [RulePlace] = []
  var found: [RulePlace: [Leftover]] = [:]
  for traffic in context.traffic {
    for to in context.topology.references where to != traffic.flows.origin {
      guard let forbidden = context.forbidden(traffic, to) else { continue }
      for leftover in leftovers(traffic, to, forbidden, context) {
        if found[leftover.place] == nil { order.append(leftover.place) }
        found[leftover.place, default: []].append(leftover)
      }
    }
  }
  return try order.map { try finding(found[$0] ?? [], context) }
}

private func leftovers(
  _ traffic: ZoneTraffic, _ to: ZoneReference, _ forbidden: PacketSet, _ context: SiteContext
) -> [Leftover] {
  let topology = context.topology
  let from = traffic.flows.origin
  let arriving = traffic.flows.flows.filter { $0.to == to }.reduce(traffic.space.empty) {
    $0.union($1.branch.endToEnd.upper)
  }
  let there = traffic.space.set(PacketMatch(destinations: topology.networks(of: to)))
  let stopped = forbidden.intersection(there).subtracting(arriving)
  let entering = PacketMatch(
    sources: topology.networks(of: from), destinations: topology.networks(of: to), states: .new)
  return context.map.paths(from: from, to: to).paths.filter { $0.path.count > 1 }.flatMap { path in
    path.path.flatMap { hop -> [Leftover] in
      let flows = context.map.passing(entering, hop, in: traffic.space).filter { $0.translations.isEmpty }
      return flows.flatMap { branch in
        branch.shares.compactMap { share -> Leftover? in
          let packets = share.packets.upper.intersection(branch.permitted.upper).intersection(stopped)
          guard !packets.isEmpty, let list = share.list, let rule = share.rule,
            topology.devices[hop.device].device.lists[list].rules[rule].isExplicit
          else { return nil }
          let stoppers = path.path.filter { other in
            other.device != hop.device && context.stops(packets, other, entering, traffic)
          }.map { topology.devices[$0.device].device.label }
          guard !stoppers.isEmpty else { return nil }
          return Leftover(
            place: RulePlace(device: hop.device, stage: share.stage, list: list, rule: rule), from: from, to: to,
            packets: packets, hop: hop, stoppers: stoppers)
        }
      }
    }
  }
}

private func finding(_ leftovers: [Leftover], _ context: SiteContext) throws -> Finding {
  let worst = leftovers[0]
  let device = context.device(of: worst.place)
  let (from, to) = (context.topology.label(worst.from), context.topology.label(worst.to))
  let stoppers = worst.stoppers.joined(separator: " and ")
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
    message:
      "\(context.name(of: worst.place)) would let \(from) reach \(to), which only \(stoppers) \(worst.stoppers.count == 1 ? "stops" : "stop")",
    device: device.label, property: "\(from) -> \(to)", subject: context.subject(of: worst.place),
    location: context.location(of: worst.place),
    help: "narrow or delete the rule: the boundary must hold even when the other device is changed or replaced")
  if let packet = worst.packets.witness() {
    let verdict = ConcreteEvaluator(device: device, ingress: worst.hop.ingress, egress: worst.hop.egress).forward(
      packet)
    guard verdict.mayPermit else {
      throw CheckError.unconfirmedWitness(
        check: context.check.code, device: device.label, packet: packet.description,
        detail: "a packet that the rule should let through")
    }
    if verdict.mayDeny {
      finding.confidence = .possible
      finding.counts = context.rule.possibleCounts
    }
    finding.regions = worst.packets.forgettingFunctions.boxes(limit: 4).boxes.map(\.withoutFlags.description)
    finding.witness = Witness(
      packet: packet, from: from, to: to, path: context.name(of: [worst.hop]), steps: verdict.steps)
  }
  var others: [String] = []
  for other in leftovers.dropFirst() {
    let pair = "\(context.topology.label(other.from)) -> \(context.topology.label(other.to))"
    if pair != "\(from) -> \(to)", !others.contains(pair) { others.append(pair) }
  }
  if !others.isEmpty { finding.notes.append("also: " + others.joined(separator: "; ")) }
  return finding
}

extension SiteContext {
  /// What the policy rule that answers for a pair of zones forbids; nil where nothing is forbidden as a whole.
  fileprivate func forbidden(_ traffic: ZoneTraffic, _ to: ZoneReference) -> PacketSet? {
    let answering = policy.rules.first { rule in
      rule.expect == .nothing && policy.answers(rule, traffic.flows.origin, to, topology)
        && SiteRules.boundaryCodes.contains(rule.check)
    }
    return answering.map { _ in traffic.sessions }
  }

  /// Whether a device surely stops all of some packets.
  fileprivate func stops(_ packets: PacketSet, _ hop: Hop, _ entering: PacketMatch, _ traffic: ZoneTraffic) -> Bool {
    let passing = map.passing(entering, hop, in: traffic.space).reduce(traffic.space.empty) {
      $0.union($1.endToEnd.upper)
    }
    return !packets.overlaps(passing)
  }
}

/// A standby that decides otherwise than the device that it stands in for.
private func twin(_ twin: Twin, _ context: SiteContext) -> Finding? {
  let (standby, primary) = (twin.standby.label, twin.primary.label)
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: max(context.severity, .high), confidence: .certain,
    message: "", device: standby, property: "twin of \(primary)", subject: "twins differ", location: twin.entry.source,
    help: "bring both to the same rules, and let the pair synchronise")
  switch twin.comparison {
  case .equal: return nil
  case .unlike(let reason):
    finding.message = "\(standby) cannot be compared with \(primary), for which it stands in: \(reason)"
  case .differs(let differences):
    let first = differences[0]
    finding.message =
      "\(standby) decides otherwise than \(primary), for which it stands in: \(first.witness) is \(first.oldVerdict.word) "
      + "by \(primary) and \(first.newVerdict.word) by \(standby)"
    finding.regions = first.region.prefix(4).map(\.withoutFlags.description)
    if let place = first.new, let rule = place.rule {
      finding.location = twin.standby.lists[place.list].rules[rule].source
    }
  }
  return finding
}

extension RuleDifference.Verdict {
  fileprivate var word: String {
    switch self {
    case .permit: "permitted"
    case .deny: "denied"
    case .open: "perhaps permitted"
    }
  }
}
