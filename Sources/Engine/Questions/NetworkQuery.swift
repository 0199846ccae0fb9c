import Checks
import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

/// A question: what gets from here to there.
public struct NetworkQuestion: Sendable {
  /// A zone, an asset, an address or a network.
  public var from: String
  public var to: String
  /// `tcp/502`; nil for any.
  public var service: String?
  /// `write`, `modbus 5`; nil for any or none.
  public var function: String?

  public init(from: String, to: String, service: String? = nil, function: String? = nil) {
    self.from = from
    self.to = to
    self.service = service
    self.function = function
  }
}

/// Everything that gets from one end to the other, path by path and rule by rule; where nothing does, what stops an example.
///
/// - Throws: `EngineError.invalid` for names that do not exist, `.tooLarge`, `.contradiction` when an example is not confirmed.
public func answer(
  _ question: NetworkQuestion, _ network: SiteNetwork, today: CalendarDate
) throws(EngineError) -> QueryReport {
  let from = try network.end(question.from, "--from")
  let to = try network.end(question.to, "--to")
  let service = try QuestionService(service: question.service, function: question.function)
  var report = QueryReport(
    frame: network.frame, from: from.text, to: to.text, service: service.text, answers: [], stops: [], remarks: [])
  for part in from.parts {
    // Where addresses are translated, any destination may become the one that is meant.
    let translates = network.topology.devices.contains { $0.device.changesDestinations }
    let flows = OriginFlows(network.map, from: part.zone, destinations: translates ? .all : to.addresses)
    let traffic = ZoneTraffic(flows, today: today)
    let query = Query(network: network, part: part, to: to, service: service, traffic: traffic)
    try query.answer(&report)
    query.remarkDiodes(&report)
    if flows.isExhausted { throw .tooLarge(device: network.topology.label(part.zone)) }
  }
  // An address that stands for another has been remarked upon; rules behind it see the other one.
  if report.answers.isEmpty, !report.isTranslated { explain(network, from, to, service, &report, today: today) }
  return report
}

/// Why nothing gets through.
private func explain(
  _ network: SiteNetwork, _ from: QuestionEnd, _ to: QuestionEnd, _ service: QuestionService,
  _ report: inout QueryReport,
  today: CalendarDate
) {
  for part in from.parts {
    // No flow is needed to say what stops a packet; destinations of no address keep it short.
    let traffic = ZoneTraffic(OriginFlows(network.map, from: part.zone, destinations: .empty), today: today)
    Query(network: network, part: part, to: to, service: service, traffic: traffic).explain(&report)
  }
}

/// What one zone sends, for one question.
private struct Query {
  let network: SiteNetwork
  let part: (zone: ZoneReference, addresses: AddressSet)
  let to: QuestionEnd
  let service: QuestionService
  let traffic: ZoneTraffic

  private var topology: SiteTopology { network.topology }

  private func wanted(_ destinations: AddressSet) -> PacketSet {
    traffic.space.set(
      PacketMatch(
        sources: part.addresses, destinations: destinations, services: [service.service], states: .new,
        function: service.function)
    ).intersection(traffic.sessions)
  }

  func answer(_ report: inout QueryReport) throws(EngineError) {
    let wanted = wanted(to.addresses)
    for flow in traffic.flows.flows {
      let packets = flow.branch.endToEnd.intersection(wanted)
      if packets.upper.isEmpty {
        remark(flow, &report)
        continue
      }
      for (place, part) in topology.blame(packets, flow) {
        report.answers.append(try answer(part, by: place, flow))
      }
    }
  }

  private func answer(_ packets: SetBounds, by place: RulePlace, _ flow: PathFlow) throws(EngineError) -> QueryAnswer {
    let isCertain = !packets.lower.isEmpty
    let set = isCertain ? packets.lower : packets.upper
    guard let example = set.witness(preferring: network.preferences(from: flow.from, to: flow.to)) else {
      throw .contradiction("internal error: no packet in a set that is not empty; please report this")
    }
    let pair = try network.confirmed(example, flow, certain: isCertain)
    let rule = network.line(place)
    return QueryAnswer(
      from: network.title(flow.from), to: network.title(flow.to), path: network.hops(flow.path), rule: rule,
      others: others(packets, flow, besides: place), certain: packets.lower.regions(limit: 64),
      possible: packets.upper.subtracting(packets.lower).regions(limit: 64),
      state: flow.branch.state == .new ? nil : flow.branch.state.name,
      translations: flow.branch.translations.map { network.line($0, flow.path) }, packet: pair.sent,
      arriving: pair.sent == pair.arriving ? nil : pair.arriving)
  }

  /// What the other devices on the path let it through by.
  private func others(_ packets: SetBounds, _ flow: PathFlow, besides place: RulePlace) -> [RuleLine] {
    var lines: [RuleLine] = []
    for hop in flow.path.indices where flow.path[hop].device != place.device {
      for (other, _) in topology.blame(packets, flow, hop: hop) {
        let line = network.line(other)
        if !lines.contains(line) { lines.append(line) }
      }
    }
    return lines
  }

  /// An address that stands for another is no end of anything: the question is then about what lies behind it.
  private func remark(_ flow: PathFlow, _ report: inout QueryReport) {
    guard let step = flow.branch.translations.first(where: { $0.rule.destination != nil }) else { return }
    let sent = flow.branch.asSent.upper.intersection(wanted(to.addresses))
    guard !sent.isEmpty else { return }
    let line = network.line(step, flow.path)
    report.isTranslated = true
    let target = flow.branch.endToEnd.upper.destinationAddresses.summary(limit: 3)
    let text =
      "packets to \(to.text) go on to \(target) in \(topology.label(flow.to)), by \(line.rule.title) (\(line.rule.place)): "
      + "\(line.change); ask for what lies there"
    if !report.remarks.contains(text) { report.remarks.append(text) }
  }

  /// What a diode carries is in no rule.
  func remarkDiodes(_ report: inout QueryReport) {
    for target in to.parts {
      for diode in network.diodes where diode.joins(part.zone, target.zone, network.site) {
        report.remarks.append(
          "diode \(diode.entry.name) leads from \(topology.label(part.zone)) to \(topology.label(target.zone)); what it carries "
            + "stands in its own file")
      }
    }
  }

  // MARK: nothing

  func explain(_ report: inout QueryReport) {
    for target in to.parts {
      if target.zone == part.zone {
        report.remarks.append(
          "both ends lie in \(topology.label(part.zone)): hosts of one zone reach each other, no device stands between")
        continue
      }
      let packets = wanted(target.addresses)
      if packets.isEmpty {
        report.remarks.append(
          "no packet is \(service.text) and goes from \(topology.label(part.zone)) to \(target.addresses.summary(limit: 2))"
        )
        continue
      }
      let candidates = network.map.paths(from: part.zone, to: target.zone, destinations: target.addresses, limit: 32)
      if candidates.paths.isEmpty {
        report.remarks.append(
          "no device of the site joins \(topology.label(part.zone)) and \(topology.label(target.zone)), or its routes lead elsewhere"
        )
      }
      for candidate in candidates.paths { report.stops.append(stop(packets, target, candidate)) }
      if !candidates.isComplete { report.remarks.append("there are more paths than the ones that are shown") }
    }
  }

  private func stop(
    _ packets: PacketSet, _ target: (zone: ZoneReference, addresses: AddressSet), _ candidate: CandidatePath
  ) -> QueryStop {
    let narrowed = packets.intersection(traffic.space.set(PacketMatch(destinations: candidate.destinations)))
    let set = narrowed.isEmpty ? packets : narrowed
    let preferred = network.preferences(from: part.zone, to: target.zone)
    // The set is not empty, so there is a packet.
    let packet = set.witness(preferring: preferred)!
    let steps = NetworkWalk(topology).follow(packet, along: candidate.path)
    var stop = QueryStop(
      from: network.title(part.zone), to: network.title(target.zone), path: network.hops(candidate.path),
      packet: packet,
      rule: nil, reason: "no rule stops it, but it is not sent this way: a route or a translation leads it elsewhere")
    guard let last = steps.last(where: \.verdict.isDenied) else { return stop }
    let device = topology.devices[last.hop.device].device
    stop.reason = "stopped by \(device.label)"
    if let step = last.verdict.stop {
      stop.rule = network.line(step, device)
      stop.reason = "\(step.reason): stopped by \(device.label)"
    }
    return stop
  }
}
