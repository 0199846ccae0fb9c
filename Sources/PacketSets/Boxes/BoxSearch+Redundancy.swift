/// Whether the packets that reach an entry would fare the same without it.
enum Redundancy {
  /// No packet of these boxes reaches the entry, or all would be decided the same.
  case same
  /// A packet at this point would be decided otherwise, or it is not certain how.
  case differs
  case undecided
}

extension BoxSearch {
  /// Whether removing an entry changes no verdict within its boxes of this family.
  ///
  /// - Parameter takers: gets the later entries that would decide instead; those of another outcome than `entry` never.
  func redundancy(of entry: Int, takers: inout Set<Int>) -> Redundancy {
    let outcome = entries[entry].outcome
    var stack = boxes(of: entry, .upper)
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      // There is no diagram for this question; a list that gets here is refused as too large.
      if steps > 100 * UInt64(pieceLimit) { return .undecided }
      let point = piece.point(UInt64(entry) << 24 &+ steps)
      if let cover = cover(of: piece, at: point, before: entry) {
        apply(cover, to: piece, &stack)
        continue
      }
      guard let next = following(piece, point, after: entry), next.outcome == outcome, next.flags.contains(.lower)
      else {
        return .differs
      }
      // What may come between the entry and the next one within the part that the two share.
      let part = common(piece, next.box)
      if let between = interference(part, after: entry, before: Int(next.entry), outcome) {
        if encloses(between, piece) {
          // The whole piece meets it: its point was not taken by it, so only a skip can be in the way.
          return .differs
        }
        piece.subtract(between, contexts, into: &stack)
        stack.append(common(piece, between))
        continue
      }
      takers.insert(Int(next.entry))
      piece.subtract(next.box, contexts, into: &stack)
    }
    return .same
  }

  /// The first later record that may take the point; skips are followed.
  func following(_ piece: Box, _ point: Point, after entry: Int) -> Record? {
    var first = -1
    var firstEntry = UInt32.max
    if skips.isEmpty {
      index.stab(point, above: entry, below: .max) { place in
        let record = index.records[place]
        if record.entry < firstEntry || (record.entry == firstEntry && record.flags.contains(.lower)),
          meetsContext(record.box, piece)
        {
          first = place
          firstEntry = record.entry
        }
        return true
      }
      return first < 0 ? nil : index.records[first]
    }
    var holding: [Record] = []
    index.stab(point, above: entry, below: .max) { place in
      if meetsContext(index.records[place].box, piece) { holding.append(index.records[place]) }
      return true
    }
    holding.sort {
      $0.entry != $1.entry ? $0.entry < $1.entry : $0.flags.contains(.lower) && !$1.flags.contains(.lower)
    }
    var from: UInt32 = 0
    for record in holding where record.entry >= from {
      guard record.outcome == .skip else { return record }
      guard record.flags.contains(.lower) else { return nil }
      from = max(from, entries[Int(record.entry)].skipEnd)
    }
    return nil
  }

  /// A box between two entries that could decide otherwise in `part`, or lead past the second.
  ///
  /// - Parameter dividing: whether a box that holds the whole part is of no interest.
  func interference(
    _ part: Box, after entry: Int, before next: Int, _ outcome: BoxOutcome, dividing: Bool = false
  ) -> Box? {
    var found: Box?
    let index = index(for: part)
    index.overlaps(part, above: entry, below: UInt32(next)) { place in
      let record = index.records[place]
      let isSame = record.outcome == outcome && record.flags.contains(.lower)
      guard !isSame, record.flags.contains(.upper), meetsContext(record.box, part),
        !dividing || !encloses(record.box, part)
      else { return true }
      found = record.box
      return false
    }
    return found
  }
}
