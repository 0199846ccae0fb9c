/// Which entries of two versions of a sequence are the same and in the same order.
///
/// The versions are walked side by side, small edits stepped over; from where they differ for longer, equal entries are
/// matched in the order of their occurrence, and of the matches a longest run that keeps the order stays. All others count
/// as changed, moved ones on both sides. A packet that lies in no changed entry meets the same entries in
/// the same order in both versions.
struct SequenceAlignment {
  /// Entries without a counterpart.
  private(set) var changedOld: [Int] = []
  private(set) var changedNew: [Int] = []

  /// - Complexity: O(n log n).
  init(_ old: RuleSequence, _ new: RuleSequence) {
    let (oldKeys, newKeys) = (old.keys, new.keys)
    // Equal ends need no search, and most edits are small.
    var start = 0
    while start < min(oldKeys.count, newKeys.count), oldKeys[start] == newKeys[start] { start += 1 }
    var (oldEnd, newEnd) = (oldKeys.count, newKeys.count)
    while oldEnd > start, newEnd > start, oldKeys[oldEnd - 1] == newKeys[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    var (i, j) = (start, start)
    while i < oldEnd, j < newEnd {
      if oldKeys[i] == newKeys[j] {
        i += 1
        j += 1
        continue
      }
      guard let (more, moreNew) = Self.resumption(oldKeys[i..<oldEnd], newKeys[j..<newEnd]) else { break }
      changedOld += i..<i + more
      changedNew += j..<j + moreNew
      i += more
      j += moreNew
    }
    match(oldKeys, i..<oldEnd, newKeys, j..<newEnd)
  }

  /// How many entries to step over on each side until three in a row are equal again; nil when that is not near.
  ///
  /// Any pairing in order is a right one, so the first that is found will do; it spares hashing every rule of two long
  /// versions with few edits.
  private static func resumption(_ old: ArraySlice<EntryKey>, _ new: ArraySlice<EntryKey>) -> (Int, Int)? {
    for distance in 1...32 {
      for step in 0...distance {
        let (a, b) = (old.startIndex + step, new.startIndex + distance - step)
        guard a + 2 < old.endIndex, b + 2 < new.endIndex else { continue }
        if old[a] == new[b], old[a + 1] == new[b + 1], old[a + 2] == new[b + 2] { return (step, distance - step) }
      }
    }
    return nil
  }

  /// Pairs equal entries wherever they stand, as far as order allows.
  private mutating func match(
    _ oldKeys: [EntryKey], _ old: Range<Int>, _ newKeys: [EntryKey], _ new: Range<Int>
  ) {
    var places: [EntryKey: [Int]] = [:]
    for index in old.reversed() { places[oldKeys[index], default: []].append(index) }
    var pairs: [(old: Int, new: Int)] = []
    for index in new {
      if let place = places[newKeys[index]]?.popLast() { pairs.append((place, index)) }
    }
    let kept = Self.longestRun(pairs.map(\.old))
    let keptOld = Set(kept.map { pairs[$0].old })
    let keptNew = Set(kept.map { pairs[$0].new })
    changedOld += old.filter { !keptOld.contains($0) }
    changedNew += new.filter { !keptNew.contains($0) }
  }

  /// Places of a longest increasing run (patience sorting).
  private static func longestRun(_ values: [Int]) -> [Int] {
    var tails: [Int] = []
    var before = [Int](repeating: -1, count: values.count)
    for (place, value) in values.enumerated() {
      var low = 0
      var high = tails.count
      while low < high {
        let middle = (low + high) / 2
        if values[tails[middle]] < value { low = middle + 1 } else { high = middle }
      }
      if low > 0 { before[place] = tails[low - 1] }
      if low == tails.count { tails.append(place) } else { tails[low] = place }
    }
    var run: [Int] = []
    var place = tails.last ?? -1
    while place >= 0 {
      run.append(place)
      place = before[place]
    }
    return run.reversed()
  }
}

/// What an entry says: outcome, boxes and bounds.
struct EntryKey: Hashable {
  var outcome: BoxOutcome
  /// How far a `skip` leads.
  var skipLength: UInt32
  /// Two independent hashes of the boxes, 128 bits together.
  var first: UInt64 = 0xCBF2_9CE4_8422_2325
  var second: UInt64 = 0x9E37_79B9_7F4A_7C15

  fileprivate mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0x0000_0100_0000_01B3
    first ^= first >> 29
    second = (second &+ word) &* 0xBF58_476D_1CE4_E5B9
    second ^= second >> 31
  }

  fileprivate mutating func add<Address>(_ record: BoxRecord<Address>) {
    let box = record.box
    for value in [box.destinationLow, box.destinationHigh, box.sourceLow, box.sourceHigh] {
      add(UInt64(truncatingIfNeeded: value))
      if Address.bitWidth > 64 { add(UInt64(truncatingIfNeeded: value >> 64)) }
    }
    add(
      UInt64(box.targetLow) << 48 | UInt64(box.targetHigh) << 32 | UInt64(box.originLow) << 16 | UInt64(box.originHigh))
    add(
      UInt64(box.context) << 32 | UInt64(box.protoLow) << 24 | UInt64(box.protoHigh) << 16
        | UInt64(record.flags.rawValue))
  }
}

extension RuleSequence {
  /// One key for each entry.
  var keys: [EntryKey] {
    var keys = entries.enumerated().map { index, entry in
      EntryKey(
        outcome: entry.outcome,
        skipLength: entry.outcome == .skip ? entry.skipEnd - min(entry.skipEnd, UInt32(index)) : 0)
    }
    for record in v4 { keys[Int(record.entry)].add(record) }
    for record in v6 {
      keys[Int(record.entry)].add(6)
      keys[Int(record.entry)].add(record)
    }
    return keys
  }
}
