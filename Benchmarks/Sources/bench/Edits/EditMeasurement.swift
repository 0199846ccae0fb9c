import PacketSets
import Reachability
import RuleModel

/// Single edits of a long list in this process, each with the answer which rules are covered now.
struct EditMeasurement {
  enum Edit: String, CaseIterable {
    case insert, remove, move
  }

  private var seconds: [Edit: [Double]] = [:]
  /// Rules whose answer an edit changed, summed up.
  private var changed = 0
  /// The slowest edit and what it was.
  private var worst = (seconds: 0.0, name: "")
  private var full: StepTime
  private var start: StepTime
  private let rules: Int
  private let agrees: Bool

  /// Takes some rules out beforehand, which are put in again at random places; removes and moves take any rule.
  init(path: String, format: String, edits: Int) throws {
    let device = try device(path, format: format)
    full = try timed { try ruleAnomalies(of: device, kinds: .covered) }.1
    guard let list = device.lists.max(by: { $0.rules.count < $1.rules.count }), list.rules.count > edits else {
      throw BenchError("\(path) has no list of more than \(edits) rules")
    }
    let all = list.rules.map { rule in
      EditableSequence.Rule(rule.action == .permit ? .permit : .deny, rule.match.upper)
    }
    var random = Shuffle(state: 7)
    // Which rules are held back for inserting.
    var isHeld = Array(repeating: false, count: all.count)
    var held: [EditableSequence.Rule] = []
    while held.count < (edits + 2) / 3 {
      let place = random.below(all.count)
      if isHeld[place] { continue }
      isHeld[place] = true
      held.append(all[place])
    }
    var known = all.indices.filter { !isHeld[$0] }.map { all[$0] }
    rules = known.count
    let (made, time) = try timed { EditableSequence(known) }
    start = time
    var sequence = made
    for number in 0..<edits {
      let edit = Edit.allCases[number % 3]
      let place = random.below(sequence.order.count)
      let target = random.below(sequence.order.count)
      let rule = sequence.order[place]
      let begin = now()
      switch edit {
      case .insert: changed += sequence.insert(held[number / 3], at: place).changed.count
      case .remove: changed += sequence.remove(rule).count
      case .move: changed += sequence.move(rule, to: target).count
      }
      let time = now() - begin
      seconds[edit, default: []].append(time)
      if time > worst.seconds { worst = (time, "\(edit) number \(number + 1), at place \(place)") }
      if edit == .insert { known.append(held[number / 3]) }
    }
    agrees = try sequence.covered == Self.covered(sequence.order, known)
  }

  /// The covered rules by a new search, which does not know of the edits.
  private static func covered(_ order: [Int], _ rules: [EditableSequence.Rule]) throws -> [Int] {
    var sequence = RuleSequence(contexts: RuleSequence.Contexts())
    for number in order {
      _ = sequence.append(SequenceEntry(rules[number].outcome, isTested: true))
      for match in rules[number].matches { sequence.add(match, .both) }
    }
    return try anomalies(in: sequence, kinds: .covered).covered.map { order[$0.entry] }
  }

  func report() {
    print(
      "\(rules) rules; one analysis \(milliseconds(full.wall)) ms, edits made ready in \(milliseconds(start.wall)) ms,",
      "\(changed) answers changed, answer after the last edit",
      agrees ? "as of a new search" : "NOT THAT OF A NEW SEARCH")
    let columns = [
      ("edit", 8), ("edits", 6), ("median ms", 10), ("p99 ms", 8), ("worst ms", 9), ("mean ms", 8), ("> 10 ms", 7),
      ("full/median", 12),
    ]
    printCells(columns.map(\.0), columns.map { (title: $0, width: $1) })
    let rows = Edit.allCases.map { ($0.rawValue, seconds[$0] ?? []) } + [("all", seconds.values.flatMap { $0 })]
    for (name, times) in rows where !times.isEmpty {
      let sorted = times.sorted()
      let median = sorted[sorted.count / 2]
      let cells = [
        name, "\(sorted.count)", fixed(median * 1000, 3), fixed(sorted[sorted.count * 99 / 100] * 1000, 3),
        fixed(sorted[sorted.count - 1] * 1000, 1), fixed(sorted.reduce(0, +) / Double(sorted.count) * 1000, 3),
        "\(sorted.count { $0 > 0.01 })", fixed(full.wall / median, 0),
      ]
      printCells(cells, columns.map { (title: $0, width: $1) })
    }
    print("slowest: \(worst.name)")
  }
}

/// Random numbers that are the same everywhere (splitmix64).
private struct Shuffle {
  var state: UInt64

  mutating func below(_ count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ z >> 31) % UInt64(count))
  }
}
