/// Finds the fewest entries that take all packets of an entry that no packet reaches.
///
/// Only entries count that decide some packet of it: one that is itself never asked for these packets explains nothing.
/// Every cover must hold every point, so the search takes a point that is left and branches over the entries that hold
/// it: first one entry, then two, and so on (iterative deepening).
struct SmallestCover {
  private let search: SequenceSearch
  private let entry: Int
  private let v4: [PacketBox<UInt32>]
  private let v6: [PacketBox<UInt128>]
  private var decides: [Int: Bool] = [:]
  /// Looks at what is left after some choice; beyond it the cover is one of which nothing can be left out.
  private var budget = 2_000

  init(_ search: SequenceSearch, of entry: Int) {
    self.search = search
    self.entry = entry
    v4 = search.v4.boxes(of: entry, .upper)
    v6 = search.v6.boxes(of: entry, .upper)
  }

  /// The cover; entries of the same verdict alone if they suffice.
  mutating func find() throws(SearchError) -> CoveredEntry {
    let own: UInt8 = search.entries[entry].outcome.mask
    if let same = try cover(own) { return CoveredEntry(entry: entry, covers: smallest(same, own), isOpposite: false) }
    guard let any = try cover(7) else { throw .tooLarge }
    let covers = smallest(any, 7)
    let opposite = covers.filter { search.entries[$0].outcome.mask != own }
    // The biggest rule of the other action is what an engineer wants to see first.
    let sizes = Dictionary(uniqueKeysWithValues: opposite.map { ($0, size(of: $0)) })
    let ordered = opposite.sorted { a, b in
      let (x, y) = (sizes[a] ?? 0, sizes[b] ?? 0)
      return x != y ? x > y : a < b
    }
    return CoveredEntry(
      entry: entry, covers: ordered + covers.filter { !opposite.contains($0) }, isOpposite: !opposite.isEmpty)
  }

  /// Some deciding entries of the given verdicts that cover the entry; nil when they do not.
  private mutating func cover(_ mask: UInt8) throws(SearchError) -> [Int]? {
    guard let first = try cover(search.v4, v4, mask), let second = try cover(search.v6, v6, mask) else { return nil }
    return Set(first + second).sorted()
  }

  private mutating func cover<Address>(
    _ search: BoxSearch<Address>, _ boxes: [PacketBox<Address>], _ mask: UInt8
  ) throws(SearchError) -> [Int]? {
    var selection = BoxSearch<Address>.Selection(mask: mask)
    while true {
      var takers: [Int] = []
      switch search.reach(boxes, before: entry, selection, &takers) {
      case .live: return nil
      case .undecided:
        guard let answer = DiagramSearch(search).takers(of: boxes, before: entry) else { throw .tooLarge }
        let chosen = answer.takers.filter { search.entries[$0].outcome.mask & mask != 0 }
        if chosen.count == answer.takers.count { return chosen }
        return search.isCovered(boxes, by: chosen.flatMap { search.effective($0, within: boxes) }) == true
          ? chosen : nil
      case .dead:
        let idle = Set(takers).filter { !decides($0) }
        if idle.isEmpty { return Set(takers).sorted() }
        selection.excluded.formUnion(idle)
      }
    }
  }

  /// Whether an entry decides some packet of the covered one.
  private mutating func decides(_ taker: Int) -> Bool {
    if let known = decides[taker] { return known }
    // What cannot be told within the limits counts: the entry holds the packets in any case.
    let answer = (search.v4.isTaker(taker, of: v4) ?? true) || (search.v6.isTaker(taker, of: v6) ?? true)
    decides[taker] = answer
    return answer
  }

  private func size(of taker: Int) -> Double {
    search.v4.volume(of: search.v4.effective(taker, within: v4))
      + search.v6.volume(of: search.v6.effective(taker, within: v6))
  }

  // MARK: - The fewest

  private mutating func smallest(_ cover: [Int], _ mask: UInt8) -> [Int] {
    if cover.count < 2 { return cover }
    for size in 1..<cover.count where budget > 0 {
      if let found = choose(size, Remainder(v4: v4, v6: v6), [], mask) { return found.sorted() }
    }
    return budget > 0 ? cover : withoutSpare(cover)
  }

  private struct Remainder {
    var v4: [PacketBox<UInt32>]
    var v6: [PacketBox<UInt128>]
    var isEmpty: Bool { v4.isEmpty && v6.isEmpty }
  }

  private mutating func choose(_ count: Int, _ rest: Remainder, _ chosen: [Int], _ mask: UInt8) -> [Int]? {
    if rest.isEmpty { return chosen }
    budget -= 1
    guard count > 0, budget > 0 else { return nil }
    for candidate in candidates(rest, mask) where !chosen.contains(candidate) && decides(candidate) {
      let next = Remainder(
        v4: without(search.v4, rest.v4, candidate, v4), v6: without(search.v6, rest.v6, candidate, v6))
      if let found = choose(count - 1, next, chosen + [candidate], mask) { return found }
      if budget <= 0 { return nil }
    }
    return nil
  }

  /// Entries that hold a point of what is left; those that take most come first.
  private func candidates(_ rest: Remainder, _ mask: UInt8) -> [Int] {
    if let piece = rest.v4.max(by: { $0.volume < $1.volume }) { return candidates(search.v4, piece, mask) }
    if let piece = rest.v6.max(by: { $0.volume < $1.volume }) { return candidates(search.v6, piece, mask) }
    return []
  }

  private func candidates<Address>(
    _ search: BoxSearch<Address>, _ piece: PacketBox<Address>, _ mask: UInt8
  ) -> [Int] {
    let records = search.holders(of: piece.point(UInt64(entry)), piece, before: entry).map { search.index.records[$0] }
      .filter { search.isTaker($0, before: entry) && $0.outcome.mask & mask != 0 }
    return records.sorted { a, b in
      let (x, y) = (a.box.commonVolume(piece), b.box.commonVolume(piece))
      return x != y ? x > y : a.entry < b.entry
    }.map { Int($0.entry) }
  }

  private func without<Address>(
    _ search: BoxSearch<Address>, _ rest: [PacketBox<Address>], _ taker: Int, _ own: [PacketBox<Address>]
  ) -> [PacketBox<Address>] {
    search.effective(taker, within: own).reduce(rest) { search.subtract($1, from: $0) }
  }

  /// A cover of which no entry can be left out.
  private func withoutSpare(_ cover: [Int]) -> [Int] {
    var kept = cover
    for candidate in cover.reversed() where kept.count > 1 {
      let others = kept.filter { $0 != candidate }
      if isCovered(search.v4, v4, others), isCovered(search.v6, v6, others) { kept = others }
    }
    return kept
  }

  private func isCovered<Address>(
    _ search: BoxSearch<Address>, _ boxes: [PacketBox<Address>], _ takers: [Int]
  ) -> Bool {
    search.isCovered(boxes, by: takers.flatMap { search.effective($0, within: boxes) }) == true
  }
}
