/// A rule sequence under edit: keeps up which rules no packet reaches while rules come, go and move.
///
/// Of every rule that is reached a packet is remembered that does, and of every other one the rules that take its packets.
/// A new rule concerns only later rules whose packet it takes; a rule that goes concerns only those that it helped to cover.
/// Rules keep the number that they got when they came.
///
/// - Complexity: an edit costs one pass over the remembered packets (a comparison each) and a search for each rule that it
///   concerns. Every `overlayLimit` edits the index is made anew, O(n log n).
public struct EditableSequence {
  /// A rule: what it does, and the products that it matches.
  public struct Rule: Sendable {
    public var outcome: BoxOutcome
    public var matches: [PacketMatch]

    public init(_ outcome: BoxOutcome, _ matches: [PacketMatch]) {
      self.outcome = outcome
      self.matches = matches
    }
  }

  private var rules: [Rule]
  /// Rule numbers in order.
  public private(set) var order: [Int]
  /// The place of each rule in the order; `gone` for rules that are no more.
  private var ranks: ContiguousArray<UInt32>
  private var v4: EditableFamily<UInt32>
  private var v6: EditableFamily<UInt128>
  private var edits = 0
  private static let gone = UInt32.max
  private static let overlayLimit = 256

  /// - Parameter rules: in order; numbered from 0. Contexts besides addresses, protocol and ports are not told apart here,
  ///   so their matches must leave session states, flags and functions free.
  public init(_ rules: [Rule]) {
    self.rules = rules
    order = Array(rules.indices)
    ranks = ContiguousArray(rules.indices.map { UInt32($0) })
    v4 = EditableFamily(\.v4)
    v6 = EditableFamily(\.v6)
    index()
    for rule in order { judge(rule) }
  }

  /// Numbers of the rules that no packet reaches, in order.
  public var covered: [Int] { order.filter { isCovered($0) } }

  /// Whether no packet reaches a rule.
  public func isCovered(_ rule: Int) -> Bool { !v4.isLive(rule) && !v6.isLive(rule) }

  /// Puts a rule before the one that stands at `place`; returns its number and the rules whose answer changed.
  public mutating func insert(_ rule: Rule, at place: Int) -> (rule: Int, changed: [Int]) {
    let number = rules.count
    rules.append(rule)
    ranks.append(Self.gone)
    stand(number, at: place)
    return (number, settle(after: number))
  }

  /// Takes a rule out; returns the rules whose answer changed.
  public mutating func remove(_ rule: Int) -> [Int] {
    let before = concernedByRemoval(of: rule)
    takeOut(rule)
    return rejudge(before)
  }

  /// Moves a rule to another place, counted without it; returns the rules whose answer changed.
  public mutating func move(_ rule: Int, to place: Int) -> [Int] {
    let wasCovered = isCovered(rule)
    let before = concernedByRemoval(of: rule)
    takeOut(rule)
    let first = rejudge(before)
    stand(rule, at: place)
    // What changed with the rule away and again with it back is as before.
    var changed = Set(first).symmetricDifference(settle(after: rule)).subtracting([rule])
    if isCovered(rule) != wasCovered { changed.insert(rule) }
    return changed.sorted()
  }

  // MARK: - Order

  private mutating func stand(_ rule: Int, at place: Int) {
    order.insert(rule, at: place)
    for index in place..<order.count { ranks[order[index]] = UInt32(index) }
    v4.add(rule, rules[rule])
    v6.add(rule, rules[rule])
    edits += 1
    if edits >= Self.overlayLimit { index() }
  }

  private mutating func takeOut(_ rule: Int) {
    let place = Int(ranks[rule])
    order.remove(at: place)
    for index in place..<order.count { ranks[order[index]] = UInt32(index) }
    ranks[rule] = Self.gone
    v4.forget(rule)
    v6.forget(rule)
  }

  /// Makes the indexes anew from the rules as they stand.
  private mutating func index() {
    v4.index(order.map { ($0, rules[$0]) }, count: rules.count)
    v6.index(order.map { ($0, rules[$0]) }, count: rules.count)
    edits = 0
  }

  // MARK: - Answers

  private mutating func judge(_ rule: Int) {
    v4.judge(rule, ranks)
    v6.judge(rule, ranks)
  }

  /// Judges a new rule, and later ones whose packet it takes.
  private mutating func settle(after rule: Int) -> [Int] {
    judge(rule)
    let concerned = Set(v4.taken(by: rule, ranks) + v6.taken(by: rule, ranks)).sorted()
    return rejudge(concerned) + (isCovered(rule) ? [rule] : [])
  }

  private func concernedByRemoval(of rule: Int) -> [Int] {
    Set(v4.helped(by: rule) + v6.helped(by: rule)).filter { ranks[$0] != Self.gone }.sorted()
  }

  private mutating func rejudge(_ concerned: [Int]) -> [Int] {
    concerned.filter { rule in
      let before = isCovered(rule)
      judge(rule)
      return isCovered(rule) != before
    }
  }
}
