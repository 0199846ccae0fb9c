import Dispatch

/// Kinds of anomalies that can be looked for.
public struct AnomalyKinds: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Entries that no packet reaches; always looked for, since the others build on it.
  public static let covered = AnomalyKinds([])
  public static let redundant = AnomalyKinds(rawValue: 1)
  public static let opposites = AnomalyKinds(rawValue: 2)
  public static let partlyCovered = AnomalyKinds(rawValue: 4)
  public static let all: AnomalyKinds = [.redundant, .opposites, .partlyCovered]
}

/// A live entry without which every verdict would be the same.
public struct RedundantEntry: Hashable, Sendable {
  public var entry: Int
  /// Later entries that would decide instead.
  public var takers: [Int]
}

/// A live entry that overlaps earlier live ones of the opposite verdict.
public struct OverlappingEntry: Hashable, Sendable {
  public var entry: Int
  /// The first of those that lie inside it (the entry generalises them), at most `SequenceAnomalies.shownOpposites`.
  public var inside: [Int]
  /// The first of those that lie across it (order decides), at most as many.
  public var across: [Int]
}

/// A live entry of which earlier ones leave less than a tenth.
public struct PartlyCoveredEntry: Hashable, Sendable {
  public var entry: Int
  /// Bounds above 0 and below 0.1; equal up to rounding where few cuts give the share exactly.
  public var shareLeft: ClosedRange<Double>
}

/// What was found in one sequence; every list is in the order of entries.
public struct SequenceAnomalies: Hashable, Sendable {
  public var covered: [CoveredEntry] = []
  public var redundant: [RedundantEntry] = []
  public var overlapping: [OverlappingEntry] = []
  public var partlyCovered: [PartlyCoveredEntry] = []

  public static let shownOpposites = 5
  /// A rule with less left than one of so many parts counts as partly covered.
  public static let shareParts = 10
}

/// Finds the anomalies of a sequence.
///
/// - Parameters:
///   - workers: how many tasks share the entries; the answer is the same for any number.
///   - pieceLimit: pieces of one entry after which the decision diagram takes over.
/// - Throws: `SearchError.tooLarge`.
/// - Complexity: O(n log n) to index n boxes; then for each entry a few looks at the boxes around one of its points, and
///   for covered entries one for each piece that its covers cut it into.
public func anomalies(
  in sequence: consuming RuleSequence, kinds: AnomalyKinds, workers: Int = 2, pieceLimit: Int = 20_000
) throws(SearchError) -> SequenceAnomalies {
  let search = SequenceSearch(sequence, looksAround: !kinds.isEmpty).setPieceLimit(pieceLimit)
  let tested = search.testedEntries
  let dead = try collect(tested, workers, search) { (entry, search) throws(SearchError) in
    try search.isLive(entry) ? nil : try search.cover(of: entry)
  }
  var result = SequenceAnomalies()
  result.covered = dead.sorted { $0.entry < $1.entry }
  if kinds.isEmpty { return result }
  let isDead = marks(dead.map(\.entry), of: search.entries.count)
  let live = tested.filter { !isDead[Int($0)] }
  let parts = try collect(live, workers, search) { (entry, search) throws(SearchError) in
    let part = try LivePart(entry, search, kinds) { !isDead[$0] }
    return part.isEmpty ? nil : part
  }
  for part in parts.sorted(by: { $0.entry < $1.entry }) {
    if let takers = part.redundancy { result.redundant.append(RedundantEntry(entry: part.entry, takers: takers)) }
    if let opposites = part.opposites {
      result.overlapping.append(
        OverlappingEntry(
          entry: part.entry, inside: opposites.inside.sorted(), across: opposites.across.sorted()))
    }
    if let share = part.shareLeft {
      result.partlyCovered.append(PartlyCoveredEntry(entry: part.entry, shareLeft: share))
    }
  }
  return result
}

private func marks(_ entries: [Int], of count: Int) -> ContiguousArray<Bool> {
  var marks = ContiguousArray(repeating: false, count: count)
  for entry in entries { marks[entry] = true }
  return marks
}

/// What was found about one live entry.
private struct LivePart: Sendable {
  var entry: Int
  var redundancy: [Int]?
  var opposites: OppositeEntries?
  var shareLeft: ClosedRange<Double>?

  init(
    _ entry: Int, _ search: SequenceSearch, _ kinds: AnomalyKinds, isLive: (Int) -> Bool
  ) throws(SearchError) {
    self.entry = entry
    // What a match may or may not be says nothing about the rule itself.
    guard search.isExact(entry) else { return }
    if kinds.contains(.redundant) { redundancy = try search.redundancy(of: entry) }
    if kinds.contains(.opposites) {
      let found = search.opposites(of: entry, limit: SequenceAnomalies.shownOpposites, isLive: isLive)
      if found != OppositeEntries() { opposites = found }
    }
    if kinds.contains(.partlyCovered) {
      shareLeft = search.shareLeft(of: entry, below: SequenceAnomalies.shareParts)
    }
  }

  var isEmpty: Bool { redundancy == nil && opposites == nil && shareLeft == nil }
}

extension SequenceSearch {
  /// Entries that questions are asked about, those of neighbouring addresses side by side: what one looks at, the next
  /// finds in the cache.
  var testedEntries: [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(entries.count)
    var seen = ContiguousArray(repeating: false, count: entries.count)
    func take(_ entry: UInt32) {
      if seen[Int(entry)] || !entries[Int(entry)].isTested { return }
      seen[Int(entry)] = true
      order.append(entry)
    }
    for record in v4.index.records { take(record.entry) }
    for record in v6.index.records { take(record.entry) }
    return order
  }

  /// Whether the entry's match is known exactly.
  func isExact(_ entry: Int) -> Bool {
    v4.places(of: entry).allSatisfy { v4.index.records[Int($0)].flags.isSuperset(of: [.lower, .upper]) }
      && v6.places(of: entry).allSatisfy { v6.index.records[Int($0)].flags.isSuperset(of: [.lower, .upper]) }
  }
}

/// Asks a question about many entries on several threads; answers come in any order.
private func collect<Answer: Sendable>(
  _ entries: [UInt32], _ workers: Int, _ search: SequenceSearch,
  _ question: @Sendable (Int, SequenceSearch) throws(SearchError) -> Answer?
) throws(SearchError) -> [Answer] {
  // Small batches, so that a few hard entries do not keep one worker busy while the others are done.
  let size = max(16, min(2_048, entries.count / (workers * 8) + 1))
  let batches = (entries.count + size - 1) / size
  if batches <= 1 || workers == 1 {
    var answers: [Answer] = []
    for entry in entries { if let answer = try question(Int(entry), search) { answers.append(answer) } }
    return answers
  }
  let shared = SharedAnswers<Answer>(batches: batches)
  let copies = (0..<workers).map { _ in UncheckedSearch(search.copy()) }
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    let search = copies[worker].search
    while let batch = shared.next() {
      var answers: [Answer] = []
      var failure: SearchError?
      for entry in entries[batch * size..<min(entries.count, (batch + 1) * size)] {
        do throws(SearchError) {
          if let answer = try question(Int(entry), search) { answers.append(answer) }
        } catch {
          failure = .tooLarge
          break
        }
      }
      shared.add(answers, failure)
    }
  }
  if let error = shared.error { throw error }
  return shared.answers
}
