import PacketSets
import RuleModel

/// Two packet sets around the truth: `lower` lies inside it, `upper` around it.
public struct SetBounds: Hashable {
  public var lower: PacketSet
  public var upper: PacketSet

  public init(lower: PacketSet, upper: PacketSet) {
    self.lower = lower
    self.upper = upper
  }

  public func union(_ other: SetBounds) -> SetBounds {
    SetBounds(lower: lower.union(other.lower), upper: upper.union(other.upper))
  }

  /// Both bounds cut to `set`.
  public func intersection(_ set: PacketSet) -> SetBounds {
    SetBounds(lower: lower.intersection(set), upper: upper.intersection(set))
  }
}

/// The part of the permitted traffic that one rule lets through.
public struct PermitShare {
  /// Index into `Device.lists`; nil for a stage's own default.
  public var list: Int?
  /// Index into the list's rules; nil for the list's default.
  public var rule: Int?
  /// The stage, as index into `Device.pipeline`.
  public var stage: Int
  public var packets: SetBounds
  /// The device's place on the path.
  public var hop = 0
}

/// What a list does to the packets that reach it.
struct ListFlow {
  var permitted: SetBounds
  /// Packets that the list leaves undecided.
  var fallThrough: SetBounds
  /// Packets that the list may deny; empty unless the cache tracks them.
  var denied: PacketSet
  var shares: [PermitShare]
}

/// Evaluates rule lists on whole packet sets: which packets a list surely and possibly permits.
///
/// With first match, a packet is possibly permitted when a permit's upper bound takes it and no earlier rule surely
/// decides it; it is surely permitted when a permit's lower bound takes it and no earlier rule may decide it. A packet that a
/// permit may take and a later one surely does is permitted either way, which these two bounds of single rules do not show;
/// therefore what may be denied is kept as well.
struct SymbolicEvaluator {
  let device: Device
  let ingress: String
  let egress: String
  let cache: RuleSetCache

  private var space: PacketSpace { cache.space }
  private var nothing: SetBounds { SetBounds(lower: space.empty, upper: space.empty) }

  /// Runs the packets `reaching` through list `index`.
  func flow(list index: Int, _ reaching: SetBounds, stage: Int, active: Set<Int> = []) -> ListFlow {
    var result = ListFlow(permitted: nothing, fallThrough: nothing, denied: space.empty, shares: [])
    // A list that is reached from itself leaves everything open.
    guard !active.contains(index) else {
      let open = SetBounds(lower: space.empty, upper: reaching.upper)
      return ListFlow(permitted: open, fallThrough: open, denied: reaching.upper, shares: [])
    }
    let list = device.lists[index]
    var rest = reaching
    for place in list.rules.indices {
      if rest.upper.isEmpty { break }
      guard cache.mayOverlap(list: index, rule: place) else { continue }
      let rule = list.rules[place]
      guard rule.state != .disabled, rule.ingress.contains(ingress), rule.egress.contains(egress) else { continue }
      let match = cache.match(list: index, rule: place)
      let taken = SetBounds(
        lower: rest.lower.intersection(match.lower), upper: rest.upper.intersection(match.upper))
      if taken.upper.isEmpty { continue }
      apply(rule, place, list: index, taken, match, &rest, &result, stage: stage, active: active)
    }
    finish(list, index, rest, &result, stage)
    return result
  }

  private func apply(
    _ rule: Rule, _ place: Int, list index: Int, _ taken: SetBounds, _ match: SetBounds, _ rest: inout SetBounds,
    _ result: inout ListFlow, stage: Int, active: Set<Int>
  ) {
    let after = SetBounds(lower: rest.lower.subtracting(match.upper), upper: rest.upper.subtracting(match.lower))
    switch rule.action {
    case .proceed: break
    case .permit:
      let passing = inspected(taken, rule)
      permit(passing, index, place, &result, stage)
      if passing != taken { deny(taken.upper.subtracting(passing.lower), &result) }
      rest = after
    case .deny:
      deny(taken.upper, &result)
      rest = after
    case .leave:
      result.fallThrough = result.fallThrough.union(taken)
      rest = after
    case .unknown:
      permit(SetBounds(lower: space.empty, upper: taken.upper), index, place, &result, stage)
      deny(taken.upper, &result)
      rest.lower = after.lower
    case .jump(let target):
      let inner = flow(list: target, taken, stage: stage, active: active.union([index]))
      merge(inner, into: &result)
      rest = after.union(inner.fallThrough)
    case .goto(let target):
      let inner = flow(list: target, taken, stage: stage, active: active.union([index]))
      merge(inner, into: &result)
      result.fallThrough = result.fallThrough.union(inner.fallThrough)
      rest = after
    }
  }

  private func finish(_ list: RuleList, _ index: Int, _ rest: SetBounds, _ result: inout ListFlow, _ stage: Int) {
    switch list.fallback.verdict {
    case .permit: permit(rest, index, nil, &result, stage)
    case .deny: deny(rest.upper, &result)
    case .leave: result.fallThrough = result.fallThrough.union(rest)
    }
  }

  private func permit(
    _ packets: SetBounds, _ list: Int, _ rule: Int?, _ result: inout ListFlow, _ stage: Int
  ) {
    guard !packets.upper.isEmpty else { return }
    result.permitted = result.permitted.union(packets)
    result.shares.append(PermitShare(list: list, rule: rule, stage: stage, packets: packets))
  }

  private func deny(_ packets: PacketSet, _ result: inout ListFlow) {
    if cache.tracksDenials { result.denied = result.denied.union(packets) }
  }

  private func merge(_ inner: ListFlow, into result: inout ListFlow) {
    result.permitted = result.permitted.union(inner.permitted)
    result.denied = result.denied.union(inner.denied)
    result.shares += inner.shares
  }

  /// What is left of permitted packets behind the rule's inspection profile.
  private func inspected(_ packets: SetBounds, _ rule: Rule) -> SetBounds {
    guard let index = rule.profile, device.profiles[index].mode == .enforcing else { return packets }
    let blocked = cache.blocked(profile: index)
    return SetBounds(
      lower: packets.lower.subtracting(blocked.upper), upper: packets.upper.subtracting(blocked.lower))
  }
}

/// The packet sets of a device's rules, made once and only for rules that can touch the addresses in question.
public final class RuleSetCache {
  public let device: Device
  public let space: PacketSpace
  /// Rules whose addresses lie outside this are skipped; nil to look at every rule.
  private let focus: PacketMatch?
  /// Whether evaluators keep what may be denied, which only devices with open rules need.
  let tracksDenials: Bool
  /// The state of the packets in question; those of another state than new stand as new ones in the sets.
  private let state: SessionState
  private var matches: [Int: SetBounds] = [:]
  private var profiles: [Int: SetBounds] = [:]

  /// - Parameter focus: only rules whose addresses overlap it are looked at; it must hold every packet that is asked
  ///   about, after translation too. Nil looks at all.
  /// - Parameter state: with another state than new, the rules are read as they treat packets of that state, and the sets
  ///   hold these packets as if they were new.
  /// - Parameter tracksDenials: whether what may be denied is kept; false only for a device without `hasOpenRules`.
  public init(
    device: Device, space: PacketSpace, focus: PacketMatch? = nil, state: SessionState = .new,
    tracksDenials: Bool = true
  ) {
    self.device = device
    self.tracksDenials = tracksDenials
    self.space = space
    self.focus = focus
    self.state = state
  }

  func mayOverlap(list: Int, rule: Int) -> Bool {
    guard let focus else { return true }
    if let answer = device.lists[list].rules.packedRule(at: rule, meetsAddressesOf: focus) { return answer }
    return device.lists[list].rules[rule].match.upper.contains { $0.addressesOverlap(focus) }
  }

  func match(list: Int, rule: Int) -> SetBounds {
    // Lists hold far fewer than 2^32 rules, so the two indexes share one key.
    let key = list << 32 | rule
    if let known = matches[key] { return known }
    let made = bounds(device.lists[list].rules[rule].match)
    matches[key] = made
    return made
  }

  func blocked(profile: Int) -> SetBounds {
    if let known = profiles[profile] { return known }
    let made = bounds(device.profiles[profile].blocked)
    profiles[profile] = made
    return made
  }

  /// The packets that a match takes of those in question.
  func bounds(_ match: MatchBounds) -> SetBounds {
    guard state != .new else { return space.bounds(match) }
    func restated(_ matches: [PacketMatch]) -> PacketSet {
      space.set(
        matches.filter { $0.states.contains(state: state) }.map {
          var match = $0
          match.states = .all
          return match
        })
    }
    return SetBounds(lower: restated(match.lower), upper: restated(match.upper))
  }
}

extension PacketSpace {
  /// The packets that a match surely and possibly takes.
  public func bounds(_ match: MatchBounds) -> SetBounds {
    let upper = set(match.upper)
    return SetBounds(lower: match.isExact ? upper : set(match.lower), upper: upper)
  }
}

extension Device {
  /// Whether some rule or inspection is known only between two bounds. O(rules).
  public var hasOpenRules: Bool {
    profiles.contains { $0.mode == .enforcing && !$0.blocked.isExact }
      || lists.contains { list in
        list.rules.indices.contains { place in
          if list.rules.plain(at: place) != nil { return false }
          let rule = list.rules[place]
          return !rule.match.isExact || rule.action == .unknown
        }
      }
  }
}
