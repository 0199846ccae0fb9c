import PacketSets
import SourceText

/// The rules of a list in order of evaluation: a collection of `Rule` that keeps the usual ones packed.
///
/// Reading an element makes a `Rule`; code that looks at every rule of a long list asks `plain(at:)` first.
public struct RuleTable: Sendable {
  @usableFromInline var rows: ContiguousArray<PlainRule> = []
  private var details: [Rule] = []
  /// How often each packed rule matched, `uncounted` where that is not known; empty while no rule has a counter.
  @usableFromInline var counters: ContiguousArray<UInt64> = []
  /// The service alternatives that packed rules refer to, each once.
  public private(set) var services = ServiceTable()
  /// What the names of packed rules begin with; a number follows.
  private var prefix: String
  /// The file that packed rules stand in.
  private var file: UInt32

  /// An empty table.
  ///
  /// - Parameters:
  ///   - prefix: what the names of most rules begin with, before a number.
  ///   - file: the file that most rules stand in.
  public init(prefix: String, file: UInt32) {
    self.prefix = prefix
    self.file = file
  }

  /// A table of some rules.
  public init(_ rules: some Sequence<Rule>) {
    self.init(prefix: "", file: 0)
    for rule in rules { append(rule) }
  }

  public mutating func reserveCapacity(_ count: Int) { rows.reserveCapacity(count) }

  /// Adds a rule at the end.
  public mutating func append(_ rule: Rule) {
    if rows.isEmpty { adopt(rule) }
    let row = row(for: rule, at: rows.count, reusing: nil)
    append(row, hits: row.flags.contains(.isDetailed) ? nil : rule.hits)
  }

  /// Adds a packed rule at the end; its name is the table's prefix and its number.
  @inlinable
  public mutating func append(_ rule: PlainRule) {
    rows.append(rule)
    if !counters.isEmpty { counters.append(Self.uncounted) }
  }

  /// Whether a packed rule may have the counter; the highest number stands for none.
  public static func keepsPacked(hits: UInt64?) -> Bool { hits != uncounted }

  /// Adds a packed rule that matched so often, if that is known; `keepsPacked(hits:)` must hold.
  public mutating func append(_ rule: PlainRule, hits: UInt64?) {
    append(rule)
    if let hits { count(hits, at: rows.count - 1) }
  }

  @usableFromInline static var uncounted: UInt64 { .max }

  private mutating func count(_ hits: UInt64?, at index: Int) {
    if counters.isEmpty {
      guard hits != nil else { return }
      counters.reserveCapacity(rows.capacity)
      counters.append(contentsOf: repeatElement(Self.uncounted, count: rows.count))
    }
    counters[index] = hits ?? Self.uncounted
  }

  /// Adds a place for a rule that is set later, before the table is read.
  public mutating func appendVacancy() { append(PlainRule(detail: Self.vacant)) }

  /// No place among `details`.
  private static let vacant = Int(UInt32.max)

  /// The place of service alternatives among `services`.
  public mutating func intern(_ alternatives: [Service]) -> UInt32 { services.intern(alternatives) }

  /// The place of a packed service among `services`.
  public mutating func intern(_ service: PlainService) -> UInt32 { services.intern(service) }

  /// The rule in packed form, if it takes packets of every session state; nil when it is one of the others.
  @inlinable @inline(__always)
  public func plain(at index: Int) -> PlainRule? {
    let row = rows[index]
    return row.flags.isDisjoint(with: .isNoPlainMatch) ? row : nil
  }

  /// The rule in packed form, whose `states` may be fewer than all; nil when it is one of the others.
  @inlinable @inline(__always)
  public func packed(at index: Int) -> PlainRule? {
    let row = rows[index]
    return row.flags.contains(.isDetailed) ? nil : row
  }

  /// Whether a packed rule takes the packet, compared field by field; nil for a rule that is not packed.
  public func packedRule(at index: Int, takes packet: Packet) -> Bool? {
    let row = rows[index]
    if row.flags.contains(.isDetailed) { return nil }
    if row.flags.contains(.isDisabled) { return false }
    if packet.source.family == .v4 {
      let (source, destination) = (packet.source.v4, packet.destination.v4)
      guard row.sourceLow <= source, source <= row.sourceHigh, row.destinationLow <= destination,
        destination <= row.destinationHigh
      else { return false }
    } else {
      guard row.flags.isSuperset(of: [.anySource, .anyDestination]) else { return false }
    }
    return row.states.contains(state: packet.state) && services[Int(row.service)].contains { $0.contains(packet) }
  }

  /// Whether the addresses of a packed rule leave room for a packet of `match`; nil for a rule that is not packed.
  public func packedRule(at index: Int, meetsAddressesOf match: PacketMatch) -> Bool? {
    let row = rows[index]
    if row.flags.contains(.isDetailed) { return nil }
    let isBoth = row.flags.isSuperset(of: [.anySource, .anyDestination])
    if isBoth, !match.sources.v6.isEmpty, !match.destinations.v6.isEmpty { return true }
    return match.sources.v4.overlaps(IntervalSet(row.sourceLow...row.sourceHigh))
      && match.destinations.v4.overlaps(IntervalSet(row.destinationLow...row.destinationHigh))
  }

  /// Whether a packed rule names every IPv4 address on a side, or every service; nil for a rule that is not packed.
  public func packedRuleIsWide(at index: Int) -> Bool? {
    let row = rows[index]
    if row.flags.contains(.isDetailed) { return nil }
    if row.flags.contains(.isDisabled) { return false }
    return (row.sourceLow == 0 && row.sourceHigh == .max) || (row.destinationLow == 0 && row.destinationHigh == .max)
      || services.plain(at: Int(row.service)).map { $0.kind == .any } ?? true
  }

  /// Where a rule stands, without making the rule.
  public func source(at index: Int) -> SourceRange {
    let row = rows[index]
    if row.flags.contains(.isDetailed) { return details[Int(row.service)].source }
    return SourceRange(file: file, start: row.start, end: row.start + UInt32(row.length))
  }

  /// What a rule does, without making the rule.
  public func action(at index: Int) -> Action {
    let row = rows[index]
    return row.flags.contains(.isDetailed) ? details[Int(row.service)].action : row.action
  }

  /// Takes over name and file of the first rule, which the others mostly share.
  private mutating func adopt(_ rule: Rule) {
    if prefix.isEmpty {
      prefix = String(rule.name.prefix(rule.name.utf8.count - rule.name.utf8.reversed().prefix { $0 &- 48 < 10 }.count))
    }
    if details.isEmpty { file = rule.source.file }
  }

  private mutating func row(for rule: Rule, at index: Int, reusing place: Int?) -> PlainRule {
    if let packed = packed(rule, at: index) { return packed }
    if let place {
      details[place] = rule
      return PlainRule(detail: place)
    }
    details.append(rule)
    return PlainRule(detail: details.count - 1)
  }

  private mutating func packed(_ rule: Rule, at index: Int) -> PlainRule? {
    guard rule.order == index, rule.isPlain, rule.source.file == file, let flags = rule.plainFlags,
      rule.name.hasPrefix(prefix), let number = Int(Substring(rule.name.utf8.dropFirst(prefix.utf8.count))),
      rule.name == prefix + String(number), let match = rule.match.upper.first, rule.match.upper.count == 1,
      match.function.isAny, let sources = match.sources.plainRange,
      let destinations = match.destinations.plainRange
    else { return nil }
    return PlainRule(
      sources: sources, destinations: destinations, service: intern(match.services), number: number, flags: flags,
      range: rule.source)
  }

  private func rule(at index: Int) -> Rule {
    let row = rows[index]
    if row.flags.contains(.isDetailed) { return details[Int(row.service)] }
    let match = PacketMatch(
      sources: row.sources, destinations: row.destinations, services: services[Int(row.service)], states: row.states)
    var rule = Rule(
      order: index, name: prefix + String(row.number), match: MatchBounds(match), action: row.action,
      source: SourceRange(file: file, start: row.start, end: row.start + UInt32(row.length)))
    rule.logging = row.logging
    if row.flags.contains(.isDisabled) { rule.state = .disabled }
    if !counters.isEmpty, counters[index] != Self.uncounted { rule.hits = counters[index] }
    return rule
  }
}

extension RuleTable: RandomAccessCollection, MutableCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { rows.count }

  public subscript(index: Int) -> Rule {
    get { rule(at: index) }
    set {
      let old = rows[index]
      let isReusable = old.flags.contains(.isDetailed) && old.service != Self.vacant
      rows[index] = row(for: newValue, at: index, reusing: isReusable ? Int(old.service) : nil)
      count(rows[index].flags.contains(.isDetailed) ? nil : newValue.hits, at: index)
    }
  }
}

extension RuleTable: Hashable {
  public static func == (a: RuleTable, b: RuleTable) -> Bool { a.elementsEqual(b) }
  public func hash(into hasher: inout Hasher) { hasher.combine(rows.count) }
}

extension RuleTable: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Rule...) { self.init(elements) }
}

extension Rule {
  /// Whether everything besides match and action is as a packed rule has it.
  fileprivate var isPlain: Bool {
    ingress == .any && egress == .any && match.isExact && comment == nil && profile == nil && objects.isEmpty
      && RuleTable.keepsPacked(hits: hits) && isExplicit
  }

  fileprivate var plainFlags: PlainRule.Flags? {
    var flags: PlainRule.Flags = []
    switch action {
    case .permit: flags.insert(.permits)
    case .deny(let rejects): if rejects { flags.insert(.rejects) }
    case .proceed, .jump, .goto, .leave, .unknown: return nil
    }
    switch logging {
    case .on: flags.insert(.isLogged)
    case .off: flags.insert(.isNotLogged)
    case .unknown: break
    }
    switch state {
    case .active: break
    case .disabled: flags.insert(.isDisabled)
    case .scheduled: return nil
    }
    guard let match = match.upper.first else { return nil }
    flags.insert(.onlyStates(match.states))
    if match.sources.isAll { flags.insert(.anySource) }
    if match.destinations.isAll { flags.insert(.anyDestination) }
    return flags
  }
}

extension AddressSet {
  /// The one IPv4 range of the set; all of it when the set is everything.
  fileprivate var plainRange: ClosedRange<UInt32>? {
    if isAll { return UInt32.min...UInt32.max }
    return v6.isEmpty && v4.intervals.count == 1 ? v4.intervals[0] : nil
  }
}
