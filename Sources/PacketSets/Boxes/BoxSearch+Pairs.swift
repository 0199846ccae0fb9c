/// How a later entry stands to earlier ones that decide the opposite.
struct OppositeEntries: Hashable, Sendable {
  /// Earlier entries whose packets all lie inside the later one's: exceptions from it.
  var inside: Set<Int> = []
  /// Earlier entries that share packets with it and have others as well.
  var across: Set<Int> = []
}

extension BoxSearch {
  /// Collects earlier entries of the opposite verdict that overlap an entry, at most `limit` of each kind.
  ///
  /// - Parameters:
  ///   - isLive: whether an entry can match at all.
  ///   - isInside: whether all boxes of the first entry lie in those of the second.
  func opposites(
    of entry: Int, limit: Int, isLive: (Int) -> Bool, isInside: (Int, Int) -> Bool, into found: inout OppositeEntries
  ) {
    guard entries[entry].isCompared else { return }
    let mask: UInt8 = entries[entry].outcome.isPermit ? 2 : 1
    for box in boxes(of: entry, .lower) {
      let index = index(for: box)
      var known = found
      func take(_ place: Int) {
        let record = index.records[place]
        let other = Int(record.entry)
        guard record.flags.contains(.lower), entries[other].isCompared, meetsContext(record.box, box), isLive(other),
          !known.inside.contains(other), !known.across.contains(other)
        else { return }
        // Entries of one box need no search.
        let isSimple = places(of: other).count == 1 && (encloses(box, record.box) || places(of: entry).count == 1)
        if isSimple ? encloses(box, record.box) : isInside(other, entry) {
          if known.inside.count < limit { known.inside.insert(other) }
        } else if known.across.count < limit {
          known.across.insert(other)
        }
      }
      index.overlaps(box, below: UInt32(entry), mask: mask) { place in
        take(place)
        return known.across.count < limit
      }
      index.insides(box, below: UInt32(entry), mask: mask) { place in
        take(place)
        return known.inside.count < limit
      }
      found = known
    }
  }
}
