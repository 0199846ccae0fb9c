/// One family's part of an `EditableSequence`: the index as it was made last, what came since, and the remembered packets.
struct EditableFamily<Address: FixedWidthInteger & UnsignedInteger & Sendable> {
  private typealias Box = PacketBox<Address>
  private typealias Point = BoxPoint<Address>

  private var index = BoxIndex<Address>([])
  /// Which rule each entry of the index is; entries stand in the order that rules had then.
  private var ruleOfEntry: [Int] = []
  /// Entry of each rule in the index; -1 for rules that came later or have moved.
  private var entryOfRule: ContiguousArray<Int32> = []
  /// Boxes of rules that came since.
  private var overlay: [(rule: Int, boxes: [PacketBox<Address>])] = []
  /// Boxes of every rule that came; nil for numbers that have not come yet.
  private var boxes: [[PacketBox<Address>]?] = []
  /// A packet that reaches each rule; its destination stands in an array of its own, which is what an edit looks over.
  private var points: ContiguousArray<BoxPoint<Address>> = []
  private var destinations: ContiguousArray<Address> = []
  private var live: ContiguousArray<Bool> = []
  /// Who takes the packets of rules that are not reached, and the reverse.
  private var takers: [Int: Set<Int>] = [:]
  private var helps: [Int: Set<Int>] = [:]
  private let contexts = ContextSets(ingress: 1, egress: 1, tail: 1)
  /// Classes that all rules share; making them anew for each would be most of the work.
  private let blank = RuleSequence(contexts: RuleSequence.Contexts())
  private let family: KeyPath<RuleSequence, ContiguousArray<BoxRecord<Address>>>

  init(_ family: KeyPath<RuleSequence, ContiguousArray<BoxRecord<Address>>>) { self.family = family }

  func isLive(_ rule: Int) -> Bool { live[rule] }

  // MARK: - Rules

  /// Takes the rules in their present order; answers are kept.
  mutating func index(_ ordered: [(number: Int, rule: EditableSequence.Rule)], count: Int) {
    grow(to: count)
    overlay = []
    ruleOfEntry = ordered.map(\.number)
    for rule in entryOfRule.indices { entryOfRule[rule] = -1 }
    var records = ContiguousArray<BoxRecord<Address>>()
    for (entry, (number, rule)) in ordered.enumerated() {
      entryOfRule[number] = Int32(entry)
      for box in take(number, rule) {
        records.append(
          BoxRecord(box: box, outcome: rule.outcome, flags: [.lower, .upper], entry: UInt32(entry)))
      }
    }
    index = BoxIndex(records)
  }

  mutating func add(_ number: Int, _ rule: EditableSequence.Rule) {
    grow(to: number + 1)
    entryOfRule[number] = -1
    overlay.append((number, take(number, rule)))
  }

  mutating func forget(_ rule: Int) {
    overlay.removeAll { $0.rule == rule }
    entryOfRule[rule] = -1
    live[rule] = false
    release(rule)
    helps[rule] = nil
  }

  private mutating func grow(to count: Int) {
    let more = count - live.count
    guard more > 0 else { return }
    let none = BoxPoint<Address>(destination: 0, source: 0, target: 0, origin: 0, proto: 0, context: 0)
    boxes += Array(repeating: nil, count: more)
    points.append(contentsOf: repeatElement(none, count: more))
    destinations.append(contentsOf: repeatElement(0, count: more))
    live.append(contentsOf: repeatElement(false, count: more))
    entryOfRule.append(contentsOf: repeatElement(-1, count: more))
  }

  /// The boxes of a rule, worked out when it comes.
  private mutating func take(_ number: Int, _ rule: EditableSequence.Rule) -> [PacketBox<Address>] {
    if let known = boxes[number] { return known }
    var sequence = RuleSequence(sharing: blank)
    _ = sequence.append(SequenceEntry(rule.outcome, isTested: true))
    for match in rule.matches { sequence.add(match, .both) }
    let made = sequence[keyPath: family].map(\.box)
    boxes[number] = made
    return made
  }

  // MARK: - Answers

  /// Finds a packet that reaches the rule, or the rules that take all.
  mutating func judge(_ rule: Int, _ ranks: ContiguousArray<UInt32>) {
    release(rule)
    var stack = boxes[rule] ?? []
    var found: Set<Int> = []
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      let point = piece.point(UInt64(rule) << 24 &+ steps)
      guard let (taker, box, isWhole) = cover(of: piece, at: point, rule, ranks) else {
        points[rule] = point
        destinations[rule] = point.destination
        live[rule] = true
        return
      }
      found.insert(taker)
      if isWhole { continue }
      let first = stack.count
      piece.subtract(box, contexts, into: &stack)
      if let largest = stack[first...].indices.max(by: { stack[$0].volume < stack[$1].volume }) {
        stack.swapAt(largest, stack.count - 1)
      }
    }
    live[rule] = false
    takers[rule] = found
    for taker in found { helps[taker, default: []].insert(rule) }
  }

  private mutating func release(_ rule: Int) {
    for taker in takers[rule] ?? [] { helps[taker]?.remove(rule) }
    takers[rule] = nil
  }

  /// The earlier rule that holds the point and the most around it.
  private func cover(
    of piece: Box, at point: Point, _ rule: Int, _ ranks: ContiguousArray<UInt32>
  ) -> (rule: Int, box: PacketBox<Address>, isWhole: Bool)? {
    let rank = ranks[rule]
    var best: (rule: Int, box: PacketBox<Address>, isWhole: Bool)?
    var bestVolume = 0.0
    func offer(_ number: Int, _ box: Box) -> Bool {
      if box.encloses(piece) {
        best = (number, box, true)
        return false
      }
      let volume = box.commonVolume(piece)
      if volume > bestVolume {
        best = (number, box, false)
        bestVolume = volume
      }
      return true
    }
    let isOpen = index.stab(point, below: entryLimit(rule, rank, ranks)) { place in
      let record = index.records[place]
      let number = ruleOfEntry[Int(record.entry)]
      // An entry whose rule has gone, or has moved and stands in the overlay, is no more.
      guard entryOfRule[number] == Int32(record.entry) else { return true }
      return offer(number, record.box)
    }
    guard isOpen else { return best }
    for (number, boxes) in overlay where ranks[number] < rank {
      for box in boxes where box.holds(point) { if !offer(number, box) { return best } }
    }
    return best
  }

  /// Entries of the index below this one stand before the rule.
  private func entryLimit(_ rule: Int, _ rank: UInt32, _ ranks: ContiguousArray<UInt32>) -> UInt32 {
    if entryOfRule[rule] >= 0 { return UInt32(entryOfRule[rule]) }
    // Entries that are still there stand in the order of ranks; those that are gone say nothing, so the search for the
    // limit steps over them.
    var low = 0
    var high = ruleOfEntry.count
    while low < high {
      let middle = (low + high) / 2
      var probe = middle
      while probe < high, entryOfRule[ruleOfEntry[probe]] != Int32(probe) { probe += 1 }
      if probe < high, ranks[ruleOfEntry[probe]] < rank { low = probe + 1 } else { high = middle }
    }
    return UInt32(low)
  }

  /// Later rules whose remembered packet a rule takes.
  func taken(by rule: Int, _ ranks: ContiguousArray<UInt32>) -> [Int] {
    let rank = ranks[rule]
    var found: [Int] = []
    for box in boxes[rule] ?? [] {
      let (low, size) = (box.destinationLow, box.destinationHigh - box.destinationLow)
      for other in destinations.indices where destinations[other] &- low <= size {
        if live[other], ranks[other] > rank, other != rule, box.holds(points[other]) { found.append(other) }
      }
    }
    return found
  }

  /// Rules that a rule helps to cover.
  func helped(by rule: Int) -> [Int] { Array(helps[rule] ?? []) }
}
