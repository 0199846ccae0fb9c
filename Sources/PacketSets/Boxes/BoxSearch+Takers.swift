extension BoxSearch {
  /// Whether an entry decides some packet of the boxes, that is, gets one that no earlier entry takes.
  ///
  /// - Returns: nil when the pieces outgrow the limit.
  func isTaker(_ entry: Int, of boxes: [Box]) -> Bool? {
    var takers: [Int] = []
    switch reach(effective(entry, within: boxes), before: entry, Selection(), &takers) {
    case .live: return true
    case .dead: return false
    case .undecided: return nil
    }
  }

  /// Places of the records that meet some of the boxes, by entry, each once.
  func overlapping(_ boxes: [Box], before entry: Int) -> [Int] {
    var places: [Int] = []
    for box in boxes {
      index.overlaps(box, below: UInt32(entry)) { place in
        if meetsContext(index.records[place].box, box) { places.append(place) }
        return true
      }
    }
    places.sort { a, b in
      let (x, y) = (index.records[a].entry, index.records[b].entry)
      return x != y ? x < y : a < b
    }
    var last = -1
    return places.filter { place in
      defer { last = place }
      return place != last
    }
  }

  /// The parts of an entry's certain boxes that it really gets within `boxes`, as far as skips before it go.
  func effective(_ taker: Int, within boxes: [Box]) -> [Box] {
    var parts: [Box] = []
    for place in places(of: taker) where index.records[Int(place)].flags.contains(.lower) {
      let own = index.records[Int(place)].box
      for box in boxes where own.meets(box) && contexts.overlaps(own.context, box.context) {
        parts.append(common(box, own))
      }
    }
    for skip in skips where leadsPast(skip, UInt32(taker)) && index.records[skip].flags.contains(.upper) {
      parts = subtract(index.records[skip].box, from: parts)
    }
    return parts
  }

  /// What is left of boxes without another.
  func subtract(_ box: Box, from boxes: [Box]) -> [Box] {
    var result: [Box] = []
    result.reserveCapacity(boxes.count)
    for piece in boxes {
      if box.meets(piece), contexts.overlaps(piece.context, box.context) {
        piece.subtract(box, contexts, into: &result)
      } else {
        result.append(piece)
      }
    }
    return result
  }

  /// Whether `covers` together hold every point of `boxes`; nil when the pieces outgrow a limit.
  func isCovered(_ boxes: [Box], by covers: [Box], limit: Int? = nil) -> Bool? {
    var stack = boxes.map { ($0, 0) }
    var steps = 0
    while let (piece, start) = stack.popLast() {
      steps += 1
      if steps > pieceLimit { return nil }
      guard
        let next = covers[start...].firstIndex(where: {
          $0.meets(piece) && contexts.overlaps($0.context, piece.context)
        })
      else { return false }
      var pieces: [Box] = []
      piece.subtract(covers[next], contexts, into: &pieces)
      for piece in pieces { stack.append((piece, next + 1)) }
    }
    return true
  }
}
