extension BoxSearch {
  /// Volume of some boxes, contexts counted by class.
  func volume(of boxes: [Box]) -> Double { boxes.reduce(0) { $0 + $1.volume * contexts.count($1.context) } }

  /// An upper bound of the share of the boxes that earlier entries take, by sizes alone.
  func takenAtMost(_ boxes: [Box], before entry: Int, enough: Double) -> Double {
    let all = volume(of: boxes)
    return boxes.reduce(0) { sum, box in
      let share = index(for: box).coveredShare(of: box, below: UInt32(entry), enough: enough)
      return sum + share * volume(of: [box]) / all
    }
  }

  /// How much of an entry's boxes no earlier entry certainly takes: two volumes around the truth, equal up to rounding
  /// where few cuts give it exactly. Nil when it is `enough` or more, which is decided exactly.
  func volumeLeft(of entry: Int, enough: Double) -> ClosedRange<Double>? {
    var exact = 0.0
    // What is certainly left of pieces that are mostly left; they are cut up only if it comes down to it.
    var atLeast = 0.0
    var deferred: [Box] = []
    var stack = boxes(of: entry, .upper)
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      if let cover = cover(of: piece, at: piece.point(UInt64(entry) << 24 &+ steps), before: entry) {
        apply(cover, to: piece, &stack)
        continue
      }
      let taken = index(for: piece).coveredShare(of: piece, below: UInt32(entry), enough: 0.5)
      if taken == 0 {
        exact += volume(of: [piece])
      } else if taken < 0.5 {
        atLeast += (1 - taken) * volume(of: [piece])
        deferred.append(piece)
      } else {
        cutOrCount(piece, entry, &stack, &exact)
      }
      if exact + atLeast >= enough { return nil }
    }
    return settle(deferred, entry, exact: exact, atLeast: exact + atLeast, enough)
  }

  /// Cuts up what was put off until the answer is certain and, within some cuts, exact.
  private func settle(
    _ deferred: [Box], _ entry: Int, exact: Double, atLeast: Double, _ enough: Double
  ) -> ClosedRange<Double>? {
    var (stack, exact, cuts) = (deferred, exact, 0)
    var open = volume(of: stack)
    while let piece = stack.popLast() {
      let isDecided = exact + open < enough
      if isDecided, cuts > 200 || exact + open - max(exact, atLeast) < 0.01 * enough {
        return max(exact, atLeast)...(exact + open)
      }
      cuts += 1
      open -= volume(of: [piece])
      let first = stack.count
      cutOrCount(piece, entry, &stack, &exact)
      open += volume(of: Array(stack[first...]))
      if exact >= enough { return nil }
    }
    return exact < enough ? exact...exact : nil
  }

  private func cutOrCount(_ piece: Box, _ entry: Int, _ stack: inout [Box], _ left: inout Double) {
    if let cover = usableCover(of: piece, before: entry) {
      apply(cover, to: piece, &stack)
    } else {
      left += volume(of: [piece])
    }
  }

  /// An earlier entry that takes a part of the piece, a large one if there is one; nil when none does.
  func usableCover(of piece: Box, before entry: Int) -> Cover? {
    var best: (record: Record, volume: Double)?
    var split: Record?
    var looked = 0
    let index = index(for: piece)
    index.overlaps(piece, below: UInt32(entry)) { place in
      let record = index.records[place]
      guard isTaker(record, before: entry), meetsContext(record.box, piece) else {
        return true
      }
      if !skips.isEmpty {
        let part = common(piece, record.box)
        for skip in skips where leadsPast(skip, record.entry) && self.index.records[skip].flags.contains(.upper) {
          let box = self.index.records[skip].box
          guard box.meets(part), contexts.overlaps(box.context, part.context) else { continue }
          if encloses(box, part) { return true }
          split = self.index.records[skip]
          return false
        }
      }
      let volume = record.box.commonVolume(piece)
      if volume > best?.volume ?? 0 { best = (record, volume) }
      looked += 1
      return looked < 64
    }
    if let best {
      return Cover(box: best.record.box, entry: best.record.entry, isWhole: encloses(best.record.box, piece))
    }
    return split.map { Cover(box: $0.box, entry: $0.entry, isSplit: true) }
  }
}
