import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// The leading zone pair of a finding, in words.
struct Crossing {
  var from: String
  var to: String
  /// The services in short.
  var traffic: String
  /// `can`, or `may` when only the upper bound says so.
  var verb: String
}

extension SiteContext {
  /// One finding for all the forbidden traffic that one rule lets through.
  ///
  /// The worst zone pair leads: safety systems first, then the lowest destination level, then the highest source level.
  ///
  /// - Parameters:
  ///   - message: says what is wrong, given the leading pair.
  ///   - help: the way out.
  func finding(
    _ violation: RuleViolation, message: (Crossing) -> String, help: String
  ) throws -> Finding {
    let certain = violation.isCertain
    let parts = violation.parts.filter { !certain || !$0.packets.lower.isEmpty }.sorted { isWorse($0, $1) }
    let worst = parts[0]
    let (cover, proof) = try shown(worst, certain: certain)
    let (from, to) = (topology.label(worst.flow.from), topology.label(worst.flow.to))
    let pair = "\(from) -> \(to)"
    var finding = Finding(
      code: check.code, name: check.name,
      severity: raised(rule.severity ?? check.severity, parts), confidence: certain ? .certain : .possible,
      message: message(Crossing(from: from, to: to, traffic: traffic(cover), verb: certain ? "can" : "may")),
      device: device(of: violation.place).label,
      property: zoneNames(worst.flow), subject: subject(of: violation.place), location: location(of: violation.place),
      help: help)
    finding.counts = certain || rule.possibleCounts
    finding.witness = proof
    finding.regions = cover.boxes.map(\.withoutFlags.description) + (cover.isComplete ? [] : ["and more"])
    finding.notes = otherPairs(parts, besides: pair)
    finding.related = related(violation, worst)
    finding.consequence = parts.flatMap { [topology.zone($0.flow.from), topology.zone($0.flow.to)] }
      .compactMap { $0?.touched }.max()
    if !certain { finding.notes += blame(violation) }
    return finding
  }

  /// The part's traffic for people, and a packet of it.
  private func shown(_ part: ViolationPart, certain: Bool) throws -> (cover: PacketCover, witness: Witness) {
    let packets = certain ? part.packets.lower : part.packets.upper
    let small = part.traffic.small
    let passage = SmallSpace.Passage(
      packets: packets, path: part.flow.path, to: part.flow.to, state: part.flow.branch.state, isCertain: certain)
    let isPlain = part.flow.branch.translations.isEmpty
    if isPlain, let known = small.known[passage] { return known }
    let copy = small.copy(of: packets)
    let result = (
      cover: readable(copy.set).boxes(limit: 8), witness: try witness(of: part, in: copy, severityOfDoubt: certain)
    )
    if isPlain { small.known[passage] = result }
    return result
  }

  /// The set without its functions, where packets without any function belong to it wherever others do.
  private func readable(_ set: PacketSet) -> PacketSet {
    let plain = set.space.set(PacketMatch(function: FunctionMatch(functions: IntervalSet(0))))
    let whole = set.forgettingFunctions
    return set.intersection(plain).forgettingFunctions == whole ? whole : set
  }

  private func isWorse(_ a: ViolationPart, _ b: ViolationPart) -> Bool { rank(a.flow) > rank(b.flow) }

  /// Larger is worse; ties are left in the order of the flows, which is fixed.
  private func rank(_ flow: PathFlow) -> Int {
    let to = topology.zone(flow.to)
    let from = topology.zone(flow.from)
    let safety = (to?.isSafety ?? false ? 2 : 0) + (from?.isSafety ?? false ? 1 : 0)
    return safety * 10_000 + (100 - (to?.level.tenths ?? 60)) * 100 + (from?.level.tenths ?? 61)
  }

  private func zoneNames(_ flow: PathFlow) -> String {
    "\(topology.zone(flow.from)?.name ?? "unzoned") -> \(topology.zone(flow.to)?.name ?? "unzoned")"
  }

  /// The services of a cover in a few words.
  private func traffic(_ cover: PacketCover) -> String {
    var names: [String] = []
    for service in cover.boxes.flatMap(\.withoutFlags.services) {
      let name = service.withoutDetail.description
      if !names.contains(name) { names.append(name) }
    }
    if names.contains("any") { return "any service" }
    if cover.boxes.flatMap(\.services).contains(where: { $0.protocols.count > 128 }) { return "nearly every service" }
    return names.count > 4 ? names.prefix(4).joined(separator: ", ") + " and more" : names.joined(separator: ", ")
  }

  private func otherPairs(_ parts: [ViolationPart], besides pair: String) -> [String] {
    var names: [String] = []
    for part in parts {
      let name = "\(topology.label(part.flow.from)) -> \(topology.label(part.flow.to))"
      if name != pair, !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? [] : ["also: " + names.joined(separator: "; ")]
  }

  /// The lines that leave a possible violation open.
  private func blame(_ violation: RuleViolation) -> [String] {
    if let state = violation.parts.first?.flow.branch.state,
      violation.parts.allSatisfy({ $0.flow.branch.state != .new })
    {
      return [
        """
        cannot tell: only packets of state \(state.name) pass, which open no session; but crafted ones do get through
        """
      ]
    }
    let uncertainties = rule(at: violation.place)?.match.uncertainties ?? []
    guard !uncertainties.isEmpty else {
      return ["cannot tell: an earlier rule or an inspection profile on the way is known only between bounds"]
    }
    return uncertainties.map { "cannot tell: \($0.reason)" }
  }

  /// What the rule came through, and the rules of the other devices on the worst path.
  private func related(_ violation: RuleViolation, _ worst: ViolationPart) -> [RelatedPlace] {
    let others = onTheWay(worst, besides: violation.place.device)
    guard let rule = rule(at: violation.place) else { return others }
    let objects = rule.objects.prefix(6).map { RelatedPlace(range: $0.range, label: "through \($0.name)") }
    return objects + rule.match.uncertainties.prefix(6).map { RelatedPlace(range: $0.range, label: $0.reason) } + others
  }

  private func onTheWay(_ part: ViolationPart, besides blamed: Int) -> [RelatedPlace] {
    var places: [RelatedPlace] = []
    for share in part.flow.branch.shares where isExplicit(share, part.flow) {
      let device = topology.devices[part.flow.path[share.hop].device].device
      guard part.flow.path[share.hop].device != blamed, let list = share.list, let rule = share.rule,
        share.packets.upper.overlaps(part.packets.upper)
      else { continue }
      let found = device.lists[list].rules[rule]
      let place = RelatedPlace(range: found.source, label: "lets it through as well: \(found.name) of \(device.label)")
      if found.action == .permit, !places.contains(place) { places.append(place) }
    }
    return Array(places.prefix(6))
  }

  /// The place's match and action in words that do not change with lines, order or comments.
  func subject(of place: RulePlace) -> String {
    guard let rule = rule(at: place) else {
      return place.list.map { "default of \(device(of: place).lists[$0].name)" } ?? "default of stage \(place.stage)"
    }
    return rule.subject
  }

  /// What touches a safety system is never below high.
  private func raised(_ severity: Severity, _ parts: [ViolationPart]) -> Severity {
    let touchesSafety = parts.contains {
      topology.zone($0.flow.from)?.touched == .safety || topology.zone($0.flow.to)?.touched == .safety
    }
    return touchesSafety ? max(severity, .high) : severity
  }
}

extension Zone {
  /// What a failure here costs: what the site says, safety for a safety system.
  package var touched: Consequence? { isSafety ? .safety : consequence }
}

extension Rule {
  /// Match and action in canonical words, for fingerprints.
  var subject: String {
    let matches = match.upper.map { match in
      let services = match.services.map(\.description).sorted().joined(separator: ",")
      return "\(match.sources) > \(match.destinations) \(services) \(match.states.rawValue) \(match.function)"
    }
    return "\(action) \(matches.sorted().joined(separator: " | "))"
  }
}

extension PacketMatch {
  /// The same for people: that TCP opens with a SYN goes without saying.
  package var withoutFlags: PacketMatch {
    var match = self
    var services: [Service] = []
    for service in match.services {
      var plain = service
      plain.tcpFlags = .all
      if !services.contains(plain) { services.append(plain) }
    }
    // Protocols that may do anything are one word together, and all of them are `any`.
    let open = services.filter { $0 == Service(protocols: $0.protocols) }
    let protocols = open.reduce(IntervalSet.empty) { $0.union($1.protocols) }
    if open.count > 1 {
      services = [Service(protocols: protocols)] + services.filter { !open.contains($0) }
    }
    match.services = services.contains(.any) ? [.any] : services
    return match
  }
}

extension Service {
  /// Protocol and destination, without the ports that clients use and without flags.
  package var withoutDetail: Service {
    var service = self
    service.sourcePorts = .all
    service.tcpFlags = .all
    return service
  }
}
