import PacketSets
import RuleModel
import SourceText

/// What a device may do with one packet; both flags are set when the bounds leave it open.
public struct PacketVerdict: Hashable, Sendable {
  public var mayPermit: Bool
  public var mayDeny: Bool
  /// What may come out on the other side, with addresses as translated; a handful of representatives of a pool.
  public var exits: [Packet] = []
  /// Those of `exits` whose destination a rule translated.
  public var redirected: [Packet] = []
  /// Whether the sources of `exits` are not known: a translation gives an address that is in no file.
  public var hasUnknownSource = false
  /// The rules that matched on the way, in order.
  public var trace: [TraceStep]

  /// The trace in words for people: what the file says, and defaults only where it says nothing.
  public var steps: [String] {
    let explicit = trace.filter(\.isExplicit)
    let saysWhy = explicit.contains { $0.effect.contains("permit") || $0.effect.contains("den") }
    return (saysWhy ? explicit : trace).map { "\($0.place): \($0.rule) \($0.effect)" }
  }

  /// Certainly let through.
  public var isPermitted: Bool { mayPermit && !mayDeny }
  /// Certainly stopped.
  public var isDenied: Bool { mayDeny && !mayPermit }
}

/// One rule, default or translation that took part in a packet's fate.
public struct TraceStep: Hashable, Sendable {
  /// The list or stage, as an engineer would name it.
  public var place: String
  /// The rule's name, or `default`.
  public var rule: String
  /// What it did: `permits`, `denies`, `may permit`, `translates to …`.
  public var effect: String
  public var range: SourceRange
  /// Whether a statement of the file did it, and not a default or a rule that the platform implies.
  public var isExplicit: Bool
}

/// Follows one packet rule by rule, without sets: the independent second opinion on every symbolic answer.
///
/// A match that is known only between bounds is followed both ways, so the verdict holds for every configuration that the
/// bounds allow.
public struct ConcreteEvaluator {
  let device: Device
  let ingress: String
  let egress: String

  /// - Parameters:
  ///   - ingress: name of the interface that the packet enters by.
  ///   - egress: name of the interface that it would leave by.
  public init(device: Device, ingress: String, egress: String) {
    self.device = device
    self.ingress = ingress
    self.egress = egress
  }

  /// The fate of a forwarded packet.
  ///
  /// - Parameters:
  ///   - hint: where a translation has a choice of destinations, this one is taken when it is among them.
  ///   - hasUnknownSource: the packet's source stands for any address, because a device before gave it one that is in no file.
  public func forward(_ packet: Packet, hint: IPAddress? = nil, hasUnknownSource: Bool = false) -> PacketVerdict {
    var walk = PacketWalk(evaluator: self, hint: hint)
    walk.hasUnknownSource = hasUnknownSource
    walk.run(device.pipeline[...], packet)
    return PacketVerdict(
      mayPermit: walk.mayPermit, mayDeny: walk.mayDeny, exits: walk.exits, redirected: walk.redirected,
      hasUnknownSource: walk.exitsUnknown,
      trace: walk.trace)
  }

  /// The fate of a packet that is addressed to the device itself.
  public func local(_ packet: Packet) -> PacketVerdict {
    var walk = PacketWalk(evaluator: self, hint: nil)
    walk.run(device.localPipeline[...], packet)
    return PacketVerdict(mayPermit: walk.mayPermit, mayDeny: walk.mayDeny, trace: walk.trace)
  }

  /// The rules that a packet meets in lists that are asked one after the other.
  ///
  /// - Parameter fallback: what happens to packets that no list decides; anything but permit counts as denied.
  public func trace(lists: [Int], _ packet: Packet, fallback: DefaultAction.Verdict = .deny) -> PacketVerdict {
    var walk = PacketWalk(evaluator: self, hint: nil)
    var outcome: ListOutcome = .fallThrough
    for list in lists {
      outcome.remove(.fallThrough)
      outcome.formUnion(walk.outcome(list: list, packet))
      if !outcome.contains(.fallThrough) { break }
    }
    if outcome.contains(.fallThrough) { outcome.insert(fallback == .permit ? .permit : .deny) }
    return PacketVerdict(
      mayPermit: outcome.contains(.permit), mayDeny: outcome.contains(.deny), trace: walk.trace)
  }

  /// The fate of a packet in one list alone, with the list's own default (`leave` counts as denied).
  public func evaluate(list: Int, _ packet: Packet) -> PacketVerdict {
    var walk = PacketWalk(evaluator: self, hint: nil)
    let outcome = walk.outcome(list: list, packet)
    return PacketVerdict(
      mayPermit: outcome.contains(.permit), mayDeny: outcome.contains(.deny) || outcome.contains(.fallThrough),
      trace: walk.trace)
  }
}

/// What can come out of a list.
private struct ListOutcome: OptionSet {
  let rawValue: UInt8
  static let permit = ListOutcome(rawValue: 1)
  static let deny = ListOutcome(rawValue: 2)
  static let fallThrough = ListOutcome(rawValue: 4)
}

/// How surely a rule matches a packet.
private enum MatchDegree { case no, possible, certain }

private struct PacketWalk {
  let evaluator: ConcreteEvaluator
  let hint: IPAddress?
  var mayPermit = false
  var mayDeny = false
  var trace: [TraceStep] = []
  var exits: [Packet] = []
  var redirected: [Packet] = []
  /// Whether a rule has translated the packet's destination at the stage that is run.
  private var isRedirected = false
  /// Whether the packet's source stands for any address at the stage that is run.
  var hasUnknownSource = false
  /// Whether that holds for one of `exits`.
  var exitsUnknown = false
  /// Lists that are being evaluated; a list that is reached from itself leaves everything open.
  private var active: Set<Int> = []

  init(evaluator: ConcreteEvaluator, hint: IPAddress?) {
    self.evaluator = evaluator
    self.hint = hint
  }

  var device: Device { evaluator.device }

  /// Applies the stages in order; every possible end is recorded in `mayPermit` and `mayDeny`.
  mutating func run(_ stages: ArraySlice<Stage>, _ packet: Packet) {
    guard let stage = stages.first else {
      mayPermit = true
      if !exits.contains(packet) { exits.append(packet) }
      if isRedirected, !redirected.contains(packet) { redirected.append(packet) }
      exitsUnknown = exitsUnknown || hasUnknownSource
      return
    }
    let rest = stages.dropFirst()
    guard stage.ingress.contains(evaluator.ingress), stage.egress.contains(evaluator.egress) else {
      return run(rest, packet)
    }
    switch stage.work {
    case .route: run(rest, packet)
    case .translate(let rules): translate(rules, packet, rest)
    case .filter(let lists, let fallback):
      if device.passesReplies, packet.state == .reply { return run(rest, packet) }
      let outcome = filter(lists, fallback, stage, packet)
      if outcome.contains(.deny) { mayDeny = true }
      if outcome.contains(.permit) { run(rest, packet) }
    }
  }

  private mutating func filter(
    _ lists: [Int], _ fallback: DefaultAction, _ stage: Stage, _ packet: Packet
  ) -> ListOutcome {
    var result: ListOutcome = []
    // A stateful device may let announced sessions pass before it asks the list.
    if device.passesReplies, packet.state == .related { result.insert(.permit) }
    for list in lists {
      let outcome = outcome(list: list, packet)
      result.formUnion(outcome.subtracting(.fallThrough))
      if !outcome.contains(.fallThrough) { return result }
    }
    let permits = fallback.verdict == .permit
    trace.append(
      TraceStep(
        place: stage.name, rule: "default", effect: permits ? "permits" : "denies", range: stage.source,
        isExplicit: false))
    return result.union(permits ? .permit : .deny)
  }

  /// What a list can do with a packet.
  mutating func outcome(list index: Int, _ packet: Packet) -> ListOutcome {
    guard active.insert(index).inserted else { return [.permit, .deny, .fallThrough] }
    defer { active.remove(index) }
    let list = device.lists[index]
    var result: ListOutcome = []
    for place in list.rules.indices {
      // Most rules are about other packets; those that are packed say so without being made.
      if !hasUnknownSource, list.rules.packedRule(at: place, takes: packet) == false { continue }
      let rule = list.rules[place]
      let degree = degree(of: rule, packet)
      if degree == .no { continue }
      let step = outcome(of: rule, packet, degree)
      record(rule, in: list, step, degree)
      result.formUnion(step.decided)
      if degree == .certain, !step.goesOn { return result }
    }
    switch list.fallback.verdict {
    case .permit: result.insert(.permit)
    case .deny: result.insert(.deny)
    case .leave: return result.union(.fallThrough)
    }
    trace.append(
      TraceStep(
        place: list.name, rule: "default", effect: list.fallback.verdict == .permit ? "permits" : "denies",
        range: list.source, isExplicit: false))
    return result
  }

  /// What a matching rule decides, and whether the next rule is asked too.
  private mutating func outcome(
    of rule: Rule, _ packet: Packet, _ degree: MatchDegree
  ) -> (decided: ListOutcome, goesOn: Bool) {
    switch rule.action {
    case .permit: return (inspected(rule, packet), false)
    case .deny: return (.deny, false)
    case .proceed: return ([], true)
    case .leave: return (.fallThrough, false)
    case .unknown: return ([.permit, .deny], true)
    case .jump(let target):
      let inner = outcome(list: target, packet)
      return (inner.subtracting(.fallThrough), inner.contains(.fallThrough))
    case .goto(let target): return (outcome(list: target, packet), false)
    }
  }

  /// A permitted packet goes through the rule's inspection profile.
  private func inspected(_ rule: Rule, _ packet: Packet) -> ListOutcome {
    guard let index = rule.profile, case let profile = device.profiles[index], profile.mode == .enforcing else {
      return .permit
    }
    if profile.blocked.lower.contains(where: { $0.contains(packet) }) { return .deny }
    return profile.blocked.upper.contains(where: { $0.contains(packet) }) ? [.permit, .deny] : .permit
  }

  private func degree(of rule: Rule, _ packet: Packet) -> MatchDegree {
    guard rule.state != .disabled, rule.ingress.contains(evaluator.ingress), rule.egress.contains(evaluator.egress)
    else { return .no }
    return degree(of: rule.match, packet)
  }

  private func degree(of match: MatchBounds, _ packet: Packet) -> MatchDegree {
    if hasUnknownSource { return degreeOfAnySource(match, packet) }
    guard match.upper.contains(where: { $0.contains(packet) }) else { return .no }
    return match.lower.contains { $0.contains(packet) } ? .certain : .possible
  }

  /// How surely a rule takes a packet whose source may be any of its family.
  private func degreeOfAnySource(_ match: MatchBounds, _ packet: Packet) -> MatchDegree {
    func takes(_ match: PacketMatch) -> Bool {
      var open = match
      open.sources = .all
      return open.contains(packet)
    }
    let mayMatch = match.upper.contains { one in
      let own = packet.source.family == .v4 ? !one.sources.v4.isEmpty : !one.sources.v6.isEmpty
      return own && takes(one)
    }
    guard mayMatch else { return .no }
    let taken = match.lower.filter { takes($0) }.reduce(AddressSet.empty) { $0.union($1.sources) }
    return (packet.source.family == .v4 ? taken.v4.isAll : taken.v6.isAll) ? .certain : .possible
  }

  private mutating func record(
    _ rule: Rule, in list: RuleList, _ step: (decided: ListOutcome, goesOn: Bool), _ degree: MatchDegree
  ) {
    let verb: String
    switch rule.action {
    case .permit: verb = step.decided == .deny ? "block" : "permit"
    case .deny: verb = "deny"
    case .unknown: verb = "permit or deny"
    // Log, mark, jump and return lines decide nothing themselves.
    case .proceed, .jump, .goto, .leave: return
    }
    let isOpen = degree == .possible || rule.action == .unknown || step.decided == [.permit, .deny]
    trace.append(
      TraceStep(
        place: list.name, rule: rule.name,
        effect: isOpen
          ? "may \(verb)" : verb == "deny" ? "denies" : verb == "block" ? "blocks by inspection" : "permits",
        range: rule.source, isExplicit: rule.isExplicit))
  }

  private mutating func translate(_ rules: [TranslationRule], _ packet: Packet, _ rest: ArraySlice<Stage>) {
    for rule in rules where rule.ingress.contains(evaluator.ingress) && rule.egress.contains(evaluator.egress) {
      let degree = degree(of: rule.match, packet)
      if degree == .no { continue }
      for translated in translations(of: packet, rule) {
        if translated != packet {
          trace.append(
            TraceStep(
              place: "translation", rule: rule.name, effect: "translates to \(translated)", range: rule.range,
              isExplicit: true))
        }
        let before = (hasUnknownSource, isRedirected)
        if rule.destination != nil { isRedirected = true }
        if let change = rule.source { hasUnknownSource = isUnknown(change) }
        run(rest, translated)
        (hasUnknownSource, isRedirected) = before
      }
      if degree == .certain { return }
    }
    run(rest, packet)
  }

  /// Whether a source is translated to an address that is in no file.
  private func isUnknown(_ change: AddressTranslation) -> Bool {
    switch change {
    case .unknown: true
    case .egressInterface: device.addresses(ofInterface: evaluator.egress).isEmpty
    // A prefix keeps the host's part, which is not known either.
    case .prefix: hasUnknownSource
    case .pool: false
    }
  }

  /// The packets that a translation can make of one packet.
  private func translations(of packet: Packet, _ rule: TranslationRule) -> [Packet] {
    var results = [packet]
    if let change = rule.destination {
      results = results.flatMap { original in
        addresses(original.destination, change).map {
          var changed = original
          changed.destination = $0
          return changed
        }
      }
    }
    if let change = rule.source {
      results = results.flatMap { original in
        addresses(original.source, change).map {
          var changed = original
          changed.source = $0
          return changed
        }
      }
    }
    if let port = rule.destinationPorts?.intervals.first?.lowerBound, IPProtocol.withPorts.contains(packet.proto) {
      for i in results.indices where !(rule.destinationPorts?.contains(results[i].destinationPort) ?? false) {
        results[i].destinationPort = port
      }
    }
    return results
  }

  private func addresses(_ address: IPAddress, _ change: AddressTranslation) -> [IPAddress] {
    switch change {
    case .prefix(let from, let to):
      guard from.base.family == address.family, to.base.family == address.family else { return [address] }
      return [IPAddress(family: address.family, value: to.base.value | (address.value ^ from.base.value))]
    case .pool(let pool):
      if let hint, pool.contains(hint), hint.family == address.family { return [hint] }
      let firsts =
        address.family == .v4
        ? pool.v4.intervals.map { IPAddress(v4: $0.lowerBound) }
        : pool.v6.intervals.map { IPAddress(v6: $0.lowerBound) }
      // A handful of representatives: the callers that need one particular target name it as the hint.
      return firsts.isEmpty ? [address] : Array(firsts.prefix(16))
    case .egressInterface:
      let own = device.interfaces.first { $0.name == evaluator.egress }?.addresses.first {
        $0.address.family == address.family
      }
      return [own?.address ?? address]
    case .unknown:
      return hint.map { $0.family == address.family ? [$0, address] : [address] } ?? [address]
    }
  }
}
