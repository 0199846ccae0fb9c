import PacketSets
import RuleModel

/// A rule of a device: list and place in it.
public struct ListPlace: Hashable, Sendable, Comparable {
  /// Index into `Device.lists`.
  public var list: Int
  /// Index into the list's rules; nil for what happens to packets that no rule decided.
  public var rule: Int?

  public init(list: Int, rule: Int?) {
    self.list = list
    self.rule = rule
  }

  public static func < (a: ListPlace, b: ListPlace) -> Bool {
    (a.list, a.rule ?? .max) < (b.list, b.rule ?? .max)
  }
}

/// Lists that are asked one after the other, with all lists that they lead to, as one sequence of rules.
///
/// A jump becomes the rules of the chain, each cut to what jumps there; a return skips the rest of its chain; a goto skips
/// the rest of the calling chain when the other one ends.
struct ListFlattener {
  private let device: Device
  private let ingress: InterfaceClasses
  private let egress: InterfaceClasses
  private var sequence: RuleSequence?
  private var contexts = RuleSequence.Contexts()
  /// Where an entry comes from.
  struct Origin {
    /// -1 for a stage's default.
    var list: Int32
    private var place: UInt32

    init(list: Int32, rule: UInt32, isTested: Bool) {
      self.list = list
      place = rule == noRule ? noRule : rule << 1 | (isTested ? 1 : 0)
    }

    /// `noRule` for a default.
    var rule: UInt32 { place == noRule ? noRule : place >> 1 }
    var isTested: Bool { place != noRule && place & 1 == 1 }
  }
  typealias Origins = ContiguousArray<Origin>
  private(set) var origins: Origins = []
  /// Entries that may still be made of chains; beyond it a jump is left open and its chain looked at by itself.
  private var budget: Int
  /// Entries in front of those that have an origin.
  private var base = 0
  /// Chains that were not followed.
  private(set) var unfollowed: Set<Int> = []

  init(_ device: Device, ingress: InterfaceClasses, egress: InterfaceClasses) {
    self.device = device
    self.ingress = ingress
    self.egress = egress
    budget = 20 * device.lists.reduce(0) { $0 + $1.rules.count } + 10_000
  }

  static let noRule = UInt32.max

  /// Makes the sequence of some lists.
  ///
  /// - Parameter fallback: what happens to packets that no list decides; nil when that is not known.
  mutating func flatten(_ lists: [Int], fallback: DefaultAction.Verdict?) -> RuleSequence {
    let contexts = contexts(of: lists, fallback: fallback)
    return fill(
      RuleSequence(contexts: contexts, ingressClasses: ingress.count, egressClasses: egress.count), lists,
      fallback: fallback)
  }

  /// The first round: what the rules look at besides addresses, protocol and ports.
  mutating func contexts(of lists: [Int], fallback: DefaultAction.Verdict?) -> RuleSequence.Contexts {
    let all = budget
    contexts = RuleSequence.Contexts()
    run(lists, fallback)
    budget = all
    return contexts
  }

  /// The second round: fills a sequence.
  ///
  /// - Parameter first: how many entries it has already, which have no origin.
  mutating func fill(
    _ empty: consuming RuleSequence, _ lists: [Int], fallback: DefaultAction.Verdict?, behind first: Int = 0
  ) -> RuleSequence {
    let count = lists.reduce(0) { $0 + device.lists[$1].rules.count } + 2
    let all = budget
    var filled = empty
    filled.reserveCapacity(count)
    sequence = filled
    base = first
    filled = RuleSequence(contexts: contexts)
    origins = []
    origins.reserveCapacity(count)
    run(lists, fallback)
    budget = all
    defer { sequence = nil }
    return sequence.take() ?? filled
  }

  private mutating func run(_ lists: [Int], _ fallback: DefaultAction.Verdict?) {
    for list in lists { add(list: list, Condition(), active: []) }
    guard let fallback, fallback != .leave else { return }
    entry(fallback == .permit ? .permit : .deny, (-1, Self.noRule), isTested: false)
    bounds(.any, Condition())
  }

  /// What leads to a list: the packets that certainly and possibly get there.
  private struct Condition {
    var upper: [PacketMatch] = [.any]
    var lower: [PacketMatch] = [.any]
    var ingress: ContextSets.Bits?
    var egress: ContextSets.Bits?
    var isAlways = true
  }

  private mutating func add(list index: Int, _ condition: Condition, active: Set<Int>) {
    let list = device.lists[index]
    var skips: [Int] = []
    for place in list.rules.indices {
      if condition.isAlways, let row = list.rules.packed(at: place) {
        addPlain(row, list, index, place)
      } else {
        let rule = list.rules[place]
        if rule.state == .disabled || cut(condition, to: rule).upper.isEmpty { continue }
        add(rule, at: (Int32(index), UInt32(place)), condition, &skips, active: active.union([index]))
      }
    }
    if list.fallback.verdict != .leave {
      entry(list.fallback.verdict == .permit ? .permit : .deny, (Int32(index), Self.noRule), isTested: false)
      bounds(.any, condition)
    }
    for skip in skips { sequence?.end(skip: skip + base, at: origins.count + base) }
  }

  private mutating func addPlain(_ row: PlainRule, _ list: RuleList, _ index: Int, _ place: Int) {
    if row.flags.contains(.isDisabled) { return }
    let states = row.states
    guard sequence != nil else { return contexts.collect(states) }
    let service = list.rules.services.plain(at: Int(row.service))
    if let service, service.ranges == nil { return }
    entry(
      row.flags.contains(.permits) ? .permit : .deny, (Int32(index), UInt32(place)), isTested: true,
      opensSessions: states.contains(.new))
    if let ranges = service?.ranges {
      let isAny = row.flags.isSuperset(of: [.anySource, .anyDestination])
      sequence?.addPlain(
        sources: row.sourceLow...row.sourceHigh, destinations: row.destinationLow...row.destinationHigh, ranges,
        states: states, isBothFamilies: isAny)
    } else {
      sequence?.add(list.rules[place].match.upper[0], .both)
    }
  }

  private mutating func add(
    _ rule: Rule, at origin: (Int32, UInt32), _ condition: Condition, _ skips: inout [Int], active: Set<Int>
  ) {
    switch rule.action {
    case .proceed: return
    case .permit:
      entry(
        rule.profile.map { .inspected($0) } ?? .permit, origin, isTested: rule.isExplicit,
        opensSessions: rule.opensSessions)
      bounds(rule, condition)
    case .deny:
      entry(.deny, origin, isTested: rule.isExplicit, opensSessions: rule.opensSessions)
      bounds(rule, condition)
    case .unknown:
      entry(.open, origin, isTested: false)
      bounds(rule, condition, isPossibleOnly: true)
    case .leave: skip(rule, origin, condition, &skips)
    case .jump(let target), .goto(let target):
      follow(rule, to: target, at: origin, condition, active: active)
      if case .goto = rule.action { skip(rule, origin, condition, &skips) }
    }
  }

  private mutating func skip(
    _ rule: Rule, _ origin: (Int32, UInt32), _ condition: Condition, _ skips: inout [Int]
  ) {
    entry(.skip, origin, isTested: false)
    skips.append(origins.count - 1)
    bounds(rule, condition)
  }

  private mutating func follow(
    _ rule: Rule, to target: Int, at origin: (Int32, UInt32), _ condition: Condition, active: Set<Int>
  ) {
    let inner = cut(condition, to: rule)
    budget -= device.lists[target].rules.count
    guard !active.contains(target), budget > 0 else {
      unfollowed.insert(target)
      entry(.open, origin, isTested: false)
      return bounds(rule, condition, isPossibleOnly: true)
    }
    add(list: target, inner, active: active)
  }

  /// The packets of a condition that a rule takes.
  private func cut(_ condition: Condition, to rule: Rule) -> Condition {
    var result = condition
    result.upper = condition.upper.flatMap { one in rule.match.upper.compactMap { one.intersection($0) } }
    result.lower = condition.lower.flatMap { one in rule.match.lower.compactMap { one.intersection($0) } }
    result.ingress = Self.both(condition.ingress, ingress[rule.ingress])
    result.egress = Self.both(condition.egress, egress[rule.egress])
    result.isAlways =
      condition.isAlways && rule.match.isExact && rule.match.upper == [.any] && rule.ingress == .any
      && rule.egress == .any
    return result
  }

  private static func both(_ a: ContextSets.Bits?, _ b: ContextSets.Bits?) -> ContextSets.Bits? {
    guard let a else { return b }
    guard let b else { return a }
    return zip(a, b).map { $0 & $1 }
  }

  // MARK: - Entries

  private mutating func entry(
    _ outcome: BoxOutcome, _ origin: (Int32, UInt32), isTested: Bool, opensSessions: Bool = true
  ) {
    origins.append(Origin(list: origin.0, rule: origin.1, isTested: isTested))
    _ = sequence?.append(SequenceEntry(outcome, isTested: isTested, isCompared: opensSessions))
  }

  private mutating func bounds(_ rule: Rule, _ condition: Condition, isPossibleOnly: Bool = false) {
    let part = cut(condition, to: rule)
    if part.upper == part.lower, !isPossibleOnly {
      for match in part.upper { add(match, .both, part) }
    } else {
      for match in part.upper { add(match, .upper, part) }
      for match in part.lower where !isPossibleOnly { add(match, .lower, part) }
    }
  }

  private mutating func bounds(_ match: PacketMatch, _ condition: Condition) {
    if condition.upper == condition.lower {
      for one in condition.upper { add(one, .both, condition) }
    } else {
      for one in condition.upper { add(one, .upper, condition) }
      for one in condition.lower { add(one, .lower, condition) }
    }
  }

  private mutating func add(_ match: PacketMatch, _ bound: RuleSequence.Bound, _ condition: Condition) {
    if sequence == nil {
      contexts.collect(match)
    } else {
      sequence?.add(match, bound, ingress: condition.ingress, egress: condition.egress)
    }
  }
}

extension Rule {
  /// Whether the rule may take packets that open sessions.
  fileprivate var opensSessions: Bool { match.upper.contains { $0.states.contains(.new) } }
}

extension PlainService {
  /// The box of the service; nil when no packet can match it (ports of a protocol that has none).
  fileprivate var ranges: RuleSequence.PlainRanges? {
    let all: ClosedRange<UInt16> = 0...UInt16.max
    switch kind {
    case .any: return .init(protocols: 0...UInt8.max, targets: all, origins: all)
    case .ports:
      let isFree = firstLow...firstHigh == all && secondLow...secondHigh == all
      guard isFree || IPProtocol.withPorts.contains(proto) else { return nil }
      return .init(protocols: proto...proto, targets: secondLow...secondHigh, origins: firstLow...firstHigh)
    case .types:
      guard IPProtocol.withTypes.contains(proto) else { return nil }
      func stretched(_ low: UInt16, _ high: UInt16) -> ClosedRange<UInt16> { low...(high == 255 ? .max : high) }
      return .init(
        protocols: proto...proto, targets: stretched(firstLow, firstHigh), origins: stretched(secondLow, secondHigh))
    }
  }
}
