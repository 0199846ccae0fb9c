import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

extension SiteContext {
  /// A finding about chains to one target, told by the shortest of them.
  ///
  /// - Parameters:
  ///   - place: where it stands; by default at the rule that most chains need, because taking that one away helps most.
  ///   - message: says what is wrong, given both ends and the number of steps.
  /// - Throws: `CheckError.unconfirmedWitness` when a step's session does not get through.
  func finding(
    _ chains: [Chain], isCut: Bool, at place: RulePlace? = nil, message: (ChainEnds) -> String, help: String
  ) throws -> Finding? {
    guard let shortest = chains.min(by: { $0.steps.count < $1.steps.count }), let first = shortest.steps.first,
      let last = shortest.steps.last
    else { return nil }
    let key = mostNeeded(in: chains, shortest)
    let place = place ?? key?.place
    let steps = try shortest.steps.enumerated().map { try told($0.element, number: $0.offset + 1) }
    let isCertain = shortest.isCertain
    let ends = ChainEnds(
      from: topology.label(first.from.zone), to: topology.label(last.to.zone), verb: isCertain ? "can" : "may",
      length: "\(steps.count) step\(steps.count == 1 ? "" : "s")")
    var finding = Finding(
      code: check.code, name: check.name, severity: rule.severity ?? check.severity,
      confidence: isCertain ? .certain : .possible, message: message(ends),
      device: place.map { device(of: $0).label }, property: "\(name(first.from.zone)) -> \(name(last.to.zone))",
      subject: shortest.steps.map { name($0.to.zone) }.joined(separator: ", "),
      location: place.map { location(of: $0) },
      help: help)
    finding.counts = isCertain || rule.possibleCounts
    finding.notes = steps.map(\.text) + whatIf(key, of: chains.count, isCut: isCut)
    finding.related = steps.compactMap(\.place)
    let shown = shortest.steps.first { $0.place != nil && $0.place == place } ?? shortest.steps.last { $0.place != nil }
    if let shown, case .session(let edge) = shown.kind {
      finding.witness = try example(edge, shown).witness
      finding.regions = readable(edge)
    }
    finding.consequence = topology.zone(last.to.zone)?.touched
    return finding
  }

  /// The finding that there are too many ways to follow, so that none was found and none is ruled out.
  func undecided(to target: ZoneReference, help: String) -> Finding {
    var finding = Finding(
      code: check.code, name: check.name, severity: rule.severity ?? check.severity, confidence: .possible,
      message:
        "cannot tell whether \(topology.label(target)) is reached by stepping stones: there are too many ways to follow",
      device: nil, property: name(target), subject: "too many ways", location: topology.zone(target)?.source, help: help
    )
    finding.counts = rule.possibleCounts
    finding.consequence = topology.zone(target)?.touched
    return finding
  }

  private func name(_ zone: ZoneReference) -> String { topology.zone(zone)?.name ?? "unzoned" }

  /// The rule that is part of most chains, and of how many; of several the one nearest to the target.
  private func mostNeeded(in chains: [Chain], _ shortest: Chain) -> (place: RulePlace, count: Int)? {
    let counts = chains.needs
    func rank(_ place: RulePlace) -> (Int, Int, SourceRange) {
      let step = shortest.steps.lastIndex { $0.place == place } ?? -1
      return (-counts[place]!, -step, location(of: place))
    }
    return counts.keys.min { rank($0) < rank($1) }.map { ($0, counts[$0]!) }
  }

  /// Counts only: without the rule, longer chains may be left, which `bulkhead chains` tries.
  private func whatIf(_ key: (place: RulePlace, count: Int)?, of total: Int, isCut: Bool) -> [String] {
    guard let key else { return [] }
    let all = isCut ? "at least \(total)" : "\(total)"
    let share =
      total == 1 && !isCut
      ? "the only minimal chain needs" : "\(key.count) of \(all) minimal chains \(key.count == 1 ? "needs" : "need")"
    return ["what if: \(share) \(name(of: key.place)) of \(device(of: key.place).label)"]
  }

  /// A step in words, and the place of its rule.
  private func told(_ step: ChainStep, number: Int) throws -> (text: String, place: RelatedPlace?) {
    let (from, to) = (topology.label(step.from.zone), topology.label(step.to.zone))
    switch step.kind {
    case .insideZone: return ("step \(number): to any other host of \(to); nothing filters inside a zone", nil)
    case .dualHomed(let asset): return ("step \(number): \(asset) has addresses in \(from) and in \(to)", nil)
    case .diode(let name): return ("step \(number): with what diode \(name) carries from \(from) to \(to)", nil)
    case .session(let edge):
      let packet = try example(edge, step).packet
      let rule = name(of: edge.place)
      let device = device(of: edge.place).label
      let text =
        "step \(number): \(host(packet.source, step.from.zone)) to \(host(packet.destination, step.to.zone)), "
        + "\(packet.serviceText), by \(rule) of \(device); a server that accepts sessions can be taken over"
      return (text, RelatedPlace(range: location(of: edge.place), label: "step \(number): \(rule) of \(device)"))
    }
  }

  /// A packet of the step, confirmed by the packet-by-packet evaluator.
  private func example(_ edge: SessionEdge, _ step: ChainStep) throws -> (packet: Packet, witness: Witness) {
    guard let found = step.example(edge, topology) else {
      throw CheckError.unconfirmedWitness(
        check: check.code, device: device(of: edge.place).label, packet: topology.label(edge.to),
        detail: "no packet takes this step")
    }
    let isCertain = edge.sessions.lower.contains(found)
    return (found, try witness(found, on: edge.flow, certain: isCertain))
  }

  /// What an edge carries, in a few lines.
  private func readable(_ edge: SessionEdge) -> [String] {
    let sessions = edge.sessions.lower.isEmpty ? edge.sessions.upper : edge.sessions.lower
    let cover = sessions.forgettingFunctions.boxes(limit: 4)
    return cover.boxes.map(\.withoutFlags.description) + (cover.isComplete ? [] : ["and more"])
  }

  /// `jump-1 (10.35.0.20)`, or the address alone.
  private func host(_ address: IPAddress, _ zone: ZoneReference) -> String {
    site.assets.first { $0.addresses.contains(address) && $0.addresses.v4.count + $0.addresses.v6.count <= 4 }
      .map { "\($0.name) (\(address))" } ?? "\(address) in \(topology.label(zone))"
  }
}

/// Both ends of a chain, in words.
struct ChainEnds {
  var from: String
  var to: String
  /// `can`, or `may` when only the upper bounds say so.
  var verb: String
  /// `4 steps`.
  var length: String
}

extension Chain {
  /// Whether every session on the way gets through for certain.
  var isCertain: Bool {
    steps.allSatisfy { step in
      if case .session(let edge) = step.kind { !edge.sessions.lower.isEmpty } else { true }
    }
  }
}

extension ChainStep {
  /// A packet of the step between hosts of the inventory where there are some.
  func example(_ edge: SessionEdge, _ topology: SiteTopology) -> Packet? {
    let space = edge.sessions.upper.space
    let meant = space.set(PacketMatch(sources: from.hosts, destinations: to.hosts))
    let certain = edge.sessions.lower.intersection(meant)
    let sessions = certain.isEmpty ? edge.sessions.upper.intersection(meant) : certain
    func assets(_ zone: ZoneReference) -> AddressSet {
      let name = topology.zone(zone)?.name
      return topology.site.assets.filter { $0.zone == name }.reduce(.empty) { $0.union($1.addresses) }
    }
    let (sources, destinations) = (assets(from.zone), assets(to.zone))
    return sessions.witness(
      preferring: (destinations.isEmpty ? [] : [PacketMatch(destinations: destinations)])
        + (sources.isEmpty ? [] : [PacketMatch(sources: sources)])
        + [443, 22, 3389, 502].map {
          PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet($0))])
        })
  }
}

extension Packet {
  /// `tcp/443`, or the protocol alone.
  var serviceText: String {
    let name = IPProtocol.name(proto)
    return IPProtocol.withPorts.contains(proto) ? "\(name)/\(destinationPort)" : name
  }
}
