/// Asks one family's boxes what earlier and later entries of a sequence leave of an entry.
///
/// Every answer is exact. Instead of subtracting all overlapping entries, a search looks at a point of what is left, takes
/// the entry that holds the point and the largest part around it, subtracts that one, and goes on with the largest piece:
/// the cost follows the number of entries that matter and not of those that overlap.
///
/// - Note: A value of this type is not shared between tasks: contexts are interned while it works.
struct BoxSearch<Address: FixedWidthInteger & UnsignedInteger & Sendable> {
  typealias Box = PacketBox<Address>
  typealias Point = BoxPoint<Address>
  typealias Record = BoxRecord<Address>

  let index: BoxIndex<Address>
  /// The same boxes by source first; made for questions about everything that overlaps.
  private var sourceIndex: BoxIndex<Address>?
  let entries: ContiguousArray<SequenceEntry>
  /// Where in the index each entry's boxes stand: `places[starts[e]..<starts[e + 1]]`.
  private let starts: ContiguousArray<UInt32>
  private let places: ContiguousArray<UInt32>
  /// Records of `skip` entries.
  let skips: [Int]
  private(set) var contexts: ContextSets
  /// Pieces after which the decision diagram takes over.
  var pieceLimit = 20_000

  /// - Parameter isWeighed: whether shares will be asked about.
  init(
    _ boxes: ContiguousArray<Record>, entries: ContiguousArray<SequenceEntry>, contexts: ContextSets,
    isWeighed: Bool = false
  ) {
    let index = BoxIndex(boxes, isWeighed: isWeighed)
    self.index = index
    self.entries = entries
    self.contexts = contexts
    var starts = ContiguousArray<UInt32>(repeating: 0, count: entries.count + 2)
    for record in index.records where !record.flags.contains(.copy) { starts[Int(record.entry) + 2] += 1 }
    for entry in 2..<max(2, starts.count) { starts[entry] += starts[entry - 1] }
    var places = ContiguousArray<UInt32>(repeating: 0, count: Int(starts.last ?? 0))
    for (place, record) in index.records.enumerated() where !record.flags.contains(.copy) {
      places[Int(starts[Int(record.entry) + 1])] = UInt32(place)
      starts[Int(record.entry) + 1] += 1
    }
    self.starts = starts
    self.places = places
    skips = index.records.indices.filter {
      index.records[$0].outcome == .skip && !index.records[$0].flags.contains(.copy)
    }
  }

  /// The same search with contexts of its own, for another task.
  func with(_ contexts: ContextSets) -> BoxSearch {
    var copy = self
    copy.contexts = contexts
    return copy
  }

  /// The same search with a second index, so that boxes with one narrow side are looked up by it.
  func withSourceIndex(_ boxes: ContiguousArray<Record>) -> BoxSearch {
    var copy = self
    copy.sourceIndex = BoxIndex(boxes, fields: [.source, .destination, .target], isWeighed: true)
    return copy
  }

  /// The index that has fewer boxes to look at for a box.
  func index(for box: Box) -> BoxIndex<Address> {
    guard let sourceIndex, box.sourceHigh - box.sourceLow < box.destinationHigh - box.destinationLow else {
      return index
    }
    return sourceIndex
  }

  /// Places of an entry's boxes.
  func places(of entry: Int) -> ContiguousArray<UInt32>.SubSequence {
    places[Int(starts[entry])..<Int(starts[entry + 1])]
  }

  /// The boxes of one bound of an entry's match.
  func boxes(of entry: Int, _ bound: BoxFlags) -> [Box] {
    places(of: entry).compactMap {
      let record = index.records[Int($0)]
      return record.flags.contains(bound) ? record.box : nil
    }
  }

  // MARK: - What earlier entries leave

  /// What was found out about an entry.
  enum Reach {
    /// A packet at this point reaches the entry.
    case live(Point)
    /// No packet does.
    case dead
    /// Too many pieces; ask the diagram.
    case undecided
  }

  /// Which entries may take packets in a search.
  struct Selection {
    /// `BoxOutcome.mask`s.
    var mask: UInt8 = 7
    var excluded: Set<Int> = []

    func allows(_ record: Record) -> Bool {
      record.outcome.mask & mask != 0 && (excluded.isEmpty || !excluded.contains(Int(record.entry)))
    }
  }

  /// Whether some packet of the entry's upper bound is left by what earlier entries certainly take.
  func reach(_ entry: Int) -> Reach {
    var takers: [Int] = []
    return reach(boxes(of: entry, .upper), before: entry, Selection(), &takers)
  }

  /// Whether some packet of the boxes is left by what the selected entries before `entry` certainly take.
  ///
  /// - Parameter takers: gets the entries that took a part, some of them more than once.
  func reach(_ boxes: [Box], before entry: Int, _ selection: Selection, _ takers: inout [Int]) -> Reach {
    var stack = boxes
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      if steps > UInt64(pieceLimit) { return .undecided }
      let point = piece.point(UInt64(entry) << 24 &+ steps)
      guard let cover = cover(of: piece, at: point, before: entry, selection) else { return .live(point) }
      if !cover.isSplit { takers.append(Int(cover.entry)) }
      apply(cover, to: piece, &stack)
    }
    return .dead
  }

  /// How a piece goes on.
  struct Cover {
    /// What is cut away, or what divides the piece.
    var box: Box
    /// The entry that takes it.
    var entry: UInt32
    /// The piece lies on both sides of the box of a `skip`; each side is looked at for itself.
    var isSplit = false
    /// Nothing is left of the piece.
    var isWhole = false
  }

  func apply(_ cover: Cover, to piece: Box, _ stack: inout [Box]) {
    if cover.isWhole { return }
    let first = stack.count
    piece.subtract(cover.box, contexts, into: &stack)
    if cover.isSplit { stack.append(common(piece, cover.box)) } else { bringLargestLast(&stack, from: first) }
  }

  /// The common part, contexts included; the two must meet.
  func common(_ a: Box, _ b: Box) -> Box {
    var result = a.clipped(to: b)
    result.context = contexts.intersection(a.context, b.context)
    return result
  }

  private func bringLargestLast(_ stack: inout [Box], from first: Int) {
    guard stack.count - first > 1 else { return }
    var largest = first
    for index in first + 1..<stack.count where stack[index].volume > stack[largest].volume { largest = index }
    stack.swapAt(largest, stack.count - 1)
  }

  /// The entry that takes the point and as much as possible of the piece around it; nil when no earlier one takes it.
  func cover(
    of piece: Box, at point: Point, before entry: Int, _ selection: Selection = Selection()
  ) -> Cover? {
    if !skips.isEmpty { return coverBetweenSkips(of: piece, at: point, before: entry, selection) }
    var best = -1
    var bestVolume = 0.0
    var isWhole = false
    index.stab(point, below: UInt32(entry)) { place in
      let record = index.records[place]
      guard record.flags.contains(.lower), record.outcome.decides, meetsContext(record.box, piece),
        selection.allows(record)
      else { return true }
      if encloses(record.box, piece) {
        isWhole = true
        best = place
        return false
      }
      let volume = record.box.commonVolume(piece)
      if volume > bestVolume {
        best = place
        bestVolume = volume
      }
      return true
    }
    guard best >= 0 else { return nil }
    return Cover(box: index.records[best].box, entry: index.records[best].entry, isWhole: isWhole)
  }

  /// The same where `skip` entries may lead past entries that hold the point.
  private func coverBetweenSkips(
    of piece: Box, at point: Point, before entry: Int, _ selection: Selection
  ) -> Cover? {
    let holding = holders(of: point, piece, before: entry)
    let jumps = holding.filter { index.records[$0].outcome == .skip && index.records[$0].flags.contains(.upper) }
    var best: (place: Int, volume: Double)?
    for place in holding where isTaker(index.records[place], before: entry) {
      let record = index.records[place]
      guard selection.allows(record),
        !jumps.contains(where: { leadsPast($0, record.entry) && encloses(index.records[$0].box, piece) })
      else { continue }
      let volume = record.box.commonVolume(piece)
      if volume > best?.volume ?? 0 { best = (place, volume) }
    }
    guard let best else { return nil }
    let record = index.records[best.place]
    // A skip that leads past the taking entry for a part of the piece only: the parts are looked at one by one.
    let part = common(piece, record.box)
    for skip in skips where leadsPast(skip, record.entry) && index.records[skip].flags.contains(.upper) {
      let box = index.records[skip].box
      if box.meets(part), contexts.overlaps(box.context, part.context) {
        return Cover(box: box, entry: index.records[skip].entry, isSplit: true)
      }
    }
    return Cover(box: record.box, entry: record.entry, isWhole: encloses(record.box, piece))
  }

  /// Places of the records that hold a point of the piece.
  func holders(of point: Point, _ piece: Box, before entry: Int) -> [Int] {
    var holding: [Int] = []
    index.stab(point, below: UInt32(entry)) { place in
      if meetsContext(index.records[place].box, piece) { holding.append(place) }
      return true
    }
    return holding
  }

  /// Whether an earlier entry certainly keeps the packets of a box from `entry`.
  func isTaker(_ record: Record, before entry: Int) -> Bool {
    record.flags.contains(.lower)
      && (record.outcome.decides
        || (record.outcome == .skip && Int(entries[Int(record.entry)].skipEnd) > entry))
  }

  /// Whether the skip at `place` leaves out `entry`.
  func leadsPast(_ place: Int, _ entry: UInt32) -> Bool {
    let skip = index.records[place].entry
    return skip < entry && entry < entries[Int(skip)].skipEnd
  }

  /// Whether some context of the piece is in the box.
  @inline(__always)
  func meetsContext(_ box: Box, _ piece: Box) -> Bool {
    box.context == piece.context || contexts.overlaps(box.context, piece.context)
  }

  /// Whether the box holds the whole piece, contexts included.
  @inline(__always)
  func encloses(_ box: Box, _ piece: Box) -> Bool {
    box.encloses(piece) && (box.context == piece.context || contexts.isSubset(piece.context, of: box.context))
  }
}
