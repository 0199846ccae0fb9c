import PacketSets
import RuleModel

/// Traffic that takes one way through a device's translations.
public struct FlowBranch {
  /// The packets as they leave the filters: destination translated, source as it entered.
  public var permitted: SetBounds
  /// The packets that take this branch, as they entered.
  public var entered: PacketSet
  /// The translations on this branch, in order.
  public var translations: [TranslationRule]
  /// Which rules of which stage let what through.
  public var shares: [PermitShare]
  /// The state that the packets really have; in the sets they stand as new ones all the same.
  public var state: SessionState = .new
}

/// Computes what a device lets through from one interface to another.
public struct DeviceFlow {
  public let device: Device
  public let space: PacketSpace
  private let evaluator: SymbolicEvaluator

  /// - Parameter cache: the device's rule sets, shared by the questions about its interface pairs.
  public init(ingress: String, egress: String, cache: RuleSetCache) {
    device = cache.device
    space = cache.space
    evaluator = SymbolicEvaluator(device: cache.device, ingress: ingress, egress: egress, cache: cache)
  }

  /// The packets of `entering` that are let through, branch by branch.
  public func forward(_ entering: PacketSet) -> [FlowBranch] {
    let start = FlowBranch(
      permitted: SetBounds(lower: entering, upper: entering), entered: entering, translations: [], shares: [])
    return run(0, start).filter { !$0.permitted.upper.isEmpty }
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
      shares.append(PermitShare(list: nil, rule: nil, stage: index, packets: rest))
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
    result.shares += shares
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
      var next = branch
      // Only the first translation is undone for the witness; a second one on a destination does not occur.
      if branch.translations.isEmpty { next.entered = taken.upper }
      let filtersFollow = filtersFollow(index)
      next.permitted = image(of: taken, rule, filtersFollow: filtersFollow)
      // What earlier rules let through is known by its new addresses from here on.
      next.shares = branch.shares.map { share in
        var share = share
        share.packets = SetBounds(
          lower: share.packets.lower.intersection(taken.lower), upper: share.packets.upper.intersection(taken.upper))
        share.packets = image(of: share.packets, rule, filtersFollow: filtersFollow)
        return share
      }
      if !rule.isExemption { next.translations.append(rule) }
      results.append(next)
    }
    var plain = branch
    plain.permitted = rest
    return results + [plain]
  }

  /// Whether a filter stage comes behind stage `index`; only then does a changed source matter here.
  private func filtersFollow(_ index: Int) -> Bool {
    device.pipeline[(index + 1)...].contains { if case .filter = $0.work { true } else { false } }
  }

  private func image(of taken: SetBounds, _ rule: TranslationRule, filtersFollow: Bool) -> SetBounds {
    var result = taken
    if let change = rule.destination {
      result = changed(
        result, change, prefix: { $0.movingDestination(from: $1, to: $2) },
        pool: { $0.replacingDestination(with: $1) })
    }
    if filtersFollow, let change = rule.source {
      result = changed(
        result, change, prefix: { $0.movingSource(from: $1, to: $2) }, pool: { $0.replacingSource(with: $1) })
    }
    if let ports = rule.destinationPorts {
      result.upper = result.upper.replacingDestinationPort(with: ports)
      result.lower =
        ports.count == 1 ? result.lower.replacingDestinationPort(with: ports) : space.empty
    }
    return result
  }

  private func changed(
    _ packets: SetBounds, _ change: AddressTranslation,
    prefix: (PacketSet, IPPrefix, IPPrefix) -> PacketSet?, pool: (PacketSet, AddressSet) -> PacketSet
  ) -> SetBounds {
    switch change {
    case .prefix(let from, let to):
      // Readers make prefixes of equal length; anything else leaves the target open.
      guard let upper = prefix(packets.upper, from, to), let lower = prefix(packets.lower, from, to) else {
        return SetBounds(lower: space.empty, upper: pool(packets.upper, AddressSet(to)))
      }
      return SetBounds(lower: lower, upper: upper)
    case .pool(let addresses):
      // Which address of a larger pool a packet gets is the device's choice, so none of them is certain.
      let isOne = addresses.v4.count + addresses.v6.count == 1
      return SetBounds(
        lower: isOne ? pool(packets.lower, addresses) : space.empty, upper: pool(packets.upper, addresses))
    case .egressInterface:
      let own = device.interfaces.first { $0.name == evaluator.egress }?.addresses.map(\.address) ?? []
      let addresses = own.reduce(AddressSet.empty) { $0.union(AddressSet($1)) }
      return own.isEmpty
        ? SetBounds(lower: space.empty, upper: pool(packets.upper, .all))
        : SetBounds(lower: pool(packets.lower, addresses), upper: pool(packets.upper, addresses))
    case .unknown:
      return SetBounds(lower: space.empty, upper: pool(packets.upper, .all))
    }
  }
}
