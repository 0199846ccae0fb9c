/// Both families' boxes of one sequence, and the questions about an entry as a whole.
struct SequenceSearch {
  let entries: ContiguousArray<SequenceEntry>
  private(set) var v4: BoxSearch<UInt32>
  private(set) var v6: BoxSearch<UInt128>

  /// - Parameter looksAround: whether questions about everything that overlaps an entry will be asked.
  init(_ sequence: consuming RuleSequence, looksAround: Bool) {
    entries = sequence.entries
    v4 = BoxSearch(
      sequence.v4, entries: sequence.entries, contexts: sequence.contexts, isWeighed: looksAround)
    v6 = BoxSearch(
      sequence.v6, entries: sequence.entries, contexts: sequence.contexts, isWeighed: looksAround)
    guard looksAround else { return }
    v4 = v4.withSourceIndex(sequence.v4)
    v6 = v6.withSourceIndex(sequence.v6)
  }

  /// The same search for another task.
  func copy() -> SequenceSearch {
    var copy = self
    let contexts = v4.contexts.copy()
    copy.v4 = v4.with(contexts)
    copy.v6 = v6.with(contexts)
    return copy
  }

  func setPieceLimit(_ limit: Int) -> SequenceSearch {
    var copy = self
    copy.v4.pieceLimit = limit
    copy.v6.pieceLimit = limit
    return copy
  }

  /// Whether a question about the entry has an answer worth a finding.
  func isTested(_ entry: Int) -> Bool {
    entries[entry].isTested && !(v4.places(of: entry).isEmpty && v6.places(of: entry).isEmpty)
  }

  // MARK: - Covered entries

  /// Whether some packet reaches an entry.
  ///
  /// - Throws: `SearchError.tooLarge`.
  func isLive(_ entry: Int) throws(SearchError) -> Bool {
    if try isLive(entry, v4) { return true }
    return try isLive(entry, v6)
  }

  private func isLive<Address>(_ entry: Int, _ search: BoxSearch<Address>) throws(SearchError) -> Bool {
    switch search.reach(entry) {
    case .live: return true
    case .dead: return false
    case .undecided:
      guard let answer = DiagramSearch(search).takers(of: search.boxes(of: entry, .upper), before: entry) else {
        throw .tooLarge
      }
      return answer.isLive
    }
  }

  /// The earlier entries that cover an entry that no packet reaches.
  func cover(of entry: Int) throws(SearchError) -> CoveredEntry {
    var cover = SmallestCover(self, of: entry)
    return try cover.find()
  }

  // MARK: - Entries that are live

  /// The later entries that would decide the same for every packet of an entry; nil when it is needed.
  ///
  /// - Throws: `SearchError.tooLarge`.
  func redundancy(of entry: Int) throws(SearchError) -> [Int]? {
    var takers: Set<Int> = []
    for answer in [v4.redundancy(of: entry, takers: &takers), v6.redundancy(of: entry, takers: &takers)] {
      switch answer {
      case .same: continue
      case .differs: return nil
      case .undecided: throw .tooLarge
      }
    }
    return takers.sorted()
  }

  /// Earlier opposite entries that overlap a live entry.
  func opposites(of entry: Int, limit: Int, isLive: (Int) -> Bool) -> OppositeEntries {
    var found = OppositeEntries()
    v4.opposites(of: entry, limit: limit, isLive: isLive, isInside: isInside(_:_:), into: &found)
    v6.opposites(of: entry, limit: limit, isLive: isLive, isInside: isInside(_:_:), into: &found)
    return found
  }

  /// Whether everything that `a` may match is certainly matched by `b`.
  private func isInside(_ a: Int, _ b: Int) -> Bool {
    v4.isCovered(v4.boxes(of: a, .upper), by: v4.boxes(of: b, .lower), limit: .max) == true
      && v6.isCovered(v6.boxes(of: a, .upper), by: v6.boxes(of: b, .lower), limit: .max) == true
  }

  /// The share of a live entry that earlier ones leave, when it is less than one of `parts` equal parts: between two bounds, which are equal
  /// where few cuts give it exactly.
  func shareLeft(of entry: Int, below parts: Int) -> ClosedRange<Double>? {
    let (first, second) = (v4.boxes(of: entry, .upper), v6.boxes(of: entry, .upper))
    // Families differ so much in size that each is judged for itself; the larger share counts.
    var most: ClosedRange<Double>?
    if !first.isEmpty {
      guard let left = share(v4, first, entry, parts) else { return nil }
      most = left
    }
    if !second.isEmpty {
      guard let left = share(v6, second, entry, parts) else { return nil }
      most = most.map { $0.upperBound < left.upperBound ? left : $0 } ?? left
    }
    return most
  }

  private func share<Address>(
    _ search: BoxSearch<Address>, _ boxes: [PacketBox<Address>], _ entry: Int, _ parts: Int
  ) -> ClosedRange<Double>? {
    let most = 1 - 1 / Double(parts)
    if search.takenAtMost(boxes, before: entry, enough: most) < most { return nil }
    let all = search.volume(of: boxes)
    // Dividing rounds once; a product with a rounded tenth would be off at the very border.
    guard let left = search.volumeLeft(of: entry, enough: all / Double(parts)) else { return nil }
    return left.lowerBound / all...left.upperBound / all
  }
}

/// Why a search ended without an answer.
public enum SearchError: Error, Sendable {
  /// Even the decision diagram outgrew its limit.
  case tooLarge
}

/// An entry that no packet reaches.
public struct CoveredEntry: Hashable, Sendable {
  public var entry: Int
  /// Earlier entries that together take all its packets, the fewest that do; the biggest of another verdict first.
  public var covers: [Int]
  /// Whether entries of another verdict are needed to cover it.
  public var isOpposite: Bool
}
