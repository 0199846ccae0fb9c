import PacketSets
import RuleModel

/// A translation on a way, and the packets that took it.
public struct AppliedTranslation {
  public var rule: TranslationRule
  /// The device on the path that translates.
  public var hop: Int
  /// The addresses of the interface that the packets leave by, which they may get.
  var egress: AddressSet
  /// As they were before the translation.
  public var before: PacketSet
}

/// Traffic that takes one way through the translations of the devices on a path.
public struct FlowBranch {
  /// The packets as they leave, both addresses as they are then.
  public var permitted: SetBounds
  /// The same packets, and perhaps others, with the sources that they were sent with; nil while no source was translated.
  private(set) var senders: SetBounds?
  /// The lower bound right behind the last translation; nil while no source was translated. The device may give a packet any
  /// of the sources that it has there, so the packet surely passes only if it does with all of them.
  private var choices: PacketSet?
  /// The translations on this branch, in order.
  public private(set) var translations: [AppliedTranslation] = []
  /// Which rules of which stage let what through, in end-to-end form.
  public var shares: [PermitShare] = []
  /// The state that the packets really have; in the sets they stand as new ones all the same.
  public var state: SessionState = .new

  public init(_ entering: PacketSet, state: SessionState = .new) {
    permitted = SetBounds(lower: entering, upper: entering)
    self.state = state
  }

  /// The packets in end-to-end form: sources as they were sent, everything else as it leaves.
  ///
  /// This is the form that conduits are written in: they name who sends, and who receives what.
  public var endToEnd: SetBounds { sent(permitted) }

  /// Packets of this branch in end-to-end form.
  func sent(_ packets: SetBounds) -> SetBounds {
    guard let senders, let choices else { return packets }
    let stopped = choices.subtracting(packets.lower).forgettingSource
    return SetBounds(
      lower: senders.lower.intersection(packets.lower.forgettingSource).subtracting(stopped),
      upper: senders.upper.intersection(packets.upper.forgettingSource))
  }

  /// The part of the branch that a translation takes, behind it.
  func translated(_ taken: SetBounds, by applied: AppliedTranslation) -> FlowBranch {
    let image = TranslationImage(rule: applied.rule, egress: applied.egress)
    var next = self
    // End-to-end forms keep their sources; destinations and ports they share with the packets.
    let sent = sent(taken)
    next.shares = shares.map { share in
      var share = share
      share.packets = image.destinations(
        of: SetBounds(
          lower: share.packets.lower.intersection(sent.lower), upper: share.packets.upper.intersection(sent.upper)))
      return share
    }
    next.permitted = image.sources(of: image.destinations(of: taken))
    if applied.rule.source != nil || senders != nil {
      next.senders = image.destinations(of: sent)
      next.choices = next.permitted.lower
    }
    next.translations.append(applied)
    return next
  }

  /// Whether a device on the path changes the destinations of the branch.
  func changesDestination(at hop: Int) -> Bool {
    translations.contains { $0.hop == hop && $0.rule.destination != nil }
  }

  /// The branch cut to some packets, as they leave.
  func cut(to packets: PacketSet) -> FlowBranch {
    var branch = self
    branch.permitted = permitted.intersection(packets)
    return branch
  }
}

/// Computes what a device lets through from one interface to another.
public struct DeviceFlow {
  public let device: Device
  public let space: PacketSpace
  /// The device's place on the path; shares and translations carry it.
  public let hop: Int
  private let evaluator: SymbolicEvaluator

  /// - Parameter cache: the device's rule sets, shared by the questions about its interface pairs.
  public init(ingress: String, egress: String, cache: RuleSetCache, hop: Int = 0) {
    device = cache.device
    space = cache.space
    self.hop = hop
    evaluator = SymbolicEvaluator(device: cache.device, ingress: ingress, egress: egress, cache: cache)
  }

  /// The packets of `entering` that are let through, branch by branch.
  public func forward(_ entering: PacketSet) -> [FlowBranch] { forward(FlowBranch(entering)) }

  /// What of a branch that comes from other devices is let through.
  public func forward(_ entering: FlowBranch) -> [FlowBranch] {
    run(0, entering).filter { !$0.permitted.upper.isEmpty }
  }

  private func run(_ index: Int, _ branch: FlowBranch) -> [FlowBranch] {
    guard index < device.pipeline.count, !branch.permitted.upper.isEmpty else { return [branch] }
    let stage = device.pipeline[index]
    guard stage.ingress.contains(evaluator.ingress), stage.egress.contains(evaluator.egress) else {
      return run(index + 1, branch)
    }
    switch stage.work {
    case .route: return run(index + 1, branch)
    case .filter(let lists, let fallback):
      return run(index + 1, filtered(branch, lists, fallback, index))
    case .translate(let rules):
      return translated(branch, rules, index).flatMap { run(index + 1, $0) }
    }
  }

  private func filtered(_ branch: FlowBranch, _ lists: [Int], _ fallback: DefaultAction, _ index: Int) -> FlowBranch {
    var result = branch
    var rest = branch.permitted
    let nothing = SetBounds(lower: space.empty, upper: space.empty)
    result.permitted = nothing
    var shares: [PermitShare] = []
    var denied = space.empty
    for list in lists {
      let flow = evaluator.flow(list: list, rest, stage: index)
      result.permitted = result.permitted.union(flow.permitted)
      denied = denied.union(flow.denied)
      shares += flow.shares
      rest = flow.fallThrough
    }
    if fallback.verdict == .permit, !rest.upper.isEmpty {
      result.permitted = result.permitted.union(rest)
      shares.append(PermitShare(list: nil, rule: nil, stage: index, packets: rest, hop: hop))
    } else {
      denied = denied.union(rest.upper)
    }
    // What nothing may deny passes, whichever of several permits takes it.
    if evaluator.cache.tracksDenials {
      result.permitted.lower = result.permitted.lower.union(branch.permitted.lower.subtracting(denied))
    }
    if device.passesReplies {
      let sessions = space.set(PacketMatch(states: .reply))
      let announced = space.set(PacketMatch(states: [.reply, .related]))
      result.permitted.lower = result.permitted.lower.union(branch.permitted.lower.intersection(sessions))
      result.permitted.upper = result.permitted.upper.union(branch.permitted.upper.intersection(announced))
    }
    result.shares += shares.map { share in
      var share = share
      share.hop = hop
      share.packets = branch.sent(share.packets)
      return share
    }
    return result
  }

  private func translated(_ branch: FlowBranch, _ rules: [TranslationRule], _ index: Int) -> [FlowBranch] {
    var results: [FlowBranch] = []
    var rest = branch.permitted
    for rule in rules
    where rule.ingress.contains(evaluator.ingress) && rule.egress.contains(evaluator.egress) && !rest.upper.isEmpty {
      let match = evaluator.cache.bounds(rule.match)
      let taken = SetBounds(
        lower: rest.lower.intersection(match.lower), upper: rest.upper.intersection(match.upper))
      if taken.upper.isEmpty { continue }
      rest = SetBounds(lower: rest.lower.subtracting(match.upper), upper: rest.upper.subtracting(match.lower))
      results.append(translated(branch, taken, rule))
    }
    var plain = branch
    plain.permitted = rest
    return results + [plain]
  }

  /// The part of a branch that a rule takes, behind the translation.
  private func translated(_ branch: FlowBranch, _ taken: SetBounds, _ rule: TranslationRule) -> FlowBranch {
    guard !rule.isExemption else {
      var next = branch
      next.permitted = taken
      return next
    }
    return branch.translated(
      taken, by: AppliedTranslation(rule: rule, hop: hop, egress: egressAddresses, before: taken.upper))
  }

  private var egressAddresses: AddressSet { device.addresses(ofInterface: evaluator.egress) }
}

extension Device {
  /// The addresses of an interface; empty when the configuration does not tell them.
  func addresses(ofInterface name: String) -> AddressSet {
    interfaces.first { $0.name == name }?.addresses.reduce(.empty) { $0.union(AddressSet($1.address)) } ?? .empty
  }
}
