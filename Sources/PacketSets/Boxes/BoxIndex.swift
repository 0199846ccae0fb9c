/// A static index over the boxes of one family, field after field: destinations, sources, destination ports, or sources
/// first.
///
/// Address ranges are cut to prefixes, which either nest or lie apart, so sorting them makes a forest in which the
/// ancestors of a number are found by one binary search and a climb, and the ranges inside a range stand side by side. A
/// node with few boxes lists them; a crowded one has a forest of its own over the next field.
///
/// - Complexity: O(n log n) to build. Looking for the boxes that hold a point visits the boxes of the at most 33 × 33 × 17
///   nodes (IPv4) whose ranges hold it, in practice a handful.
struct BoxIndex<Address: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  typealias Box = PacketBox<Address>
  typealias Record = BoxRecord<Address>

  struct Node: Sendable {
    var low: Address
    var high: Address
    /// The smallest node around this one; -1 for none.
    var parent: Int32
    /// One past the last node inside this one.
    var end: UInt32
    /// First record, or the number of the forest when `count` is 0.
    var first: UInt32
    var count: UInt32
    /// The least and the greatest entry in this node, and the least one in the nodes inside as well.
    var least: UInt32
    var greatest: UInt32
    var leastInside: UInt32
    /// `BoxOutcome.mask`s in this node, and in it and the nodes inside.
    var masks: UInt8
    var masksInside: UInt8
  }

  struct Forest: Sendable {
    var nodes: Range<Int>
    var field: Field
  }

  enum Field: Sendable { case destination, source, target }

  private(set) var nodes: ContiguousArray<Node> = []
  private(set) var records: ContiguousArray<Record> = []
  private(set) var forests: ContiguousArray<Forest> = []
  /// For each node, the sum over the nodes before it and itself of its range's size times its records; within one forest
  /// the difference of two bounds how much of a range the boxes between them can cover.
  private(set) var weights: ContiguousArray<Double> = []

  private let isWeighed: Bool
  /// Boxes that have a place already, while the index is built.
  private var filed: ContiguousArray<UInt64> = []

  /// Nodes with more boxes get a forest over the next field.
  private static var crowd: Int { 16 }

  /// - Parameters:
  ///   - fields: the order in which fields are looked at.
  ///   - isWeighed: whether `coveredShare` will be asked.
  init(
    _ boxes: ContiguousArray<Record>, fields: [Field] = [.destination, .source, .target], isWeighed: Bool = false
  ) {
    self.isWeighed = isWeighed
    records.reserveCapacity(boxes.count)
    filed = ContiguousArray(repeating: 0, count: (boxes.count + 63) / 64)
    _ = build(Items(boxes, nil, fields[0]), boxes, fields[...])
    filed = []
  }

  var isEmpty: Bool { records.isEmpty }

  /// A range of a field and the box it is of.
  private struct Item {
    var low: Address
    var high: Address
    var box: UInt32
  }

  private struct Items {
    var list: ContiguousArray<Item> = []

    init(_ boxes: ContiguousArray<Record>, _ chosen: ArraySlice<UInt32>?, _ field: Field) {
      let count = chosen?.count ?? boxes.count
      list.reserveCapacity(count)
      func add(_ index: UInt32) {
        let box = boxes[Int(index)].box
        switch field {
        case .destination: addPrefixes(box.destinationLow, box.destinationHigh, index)
        case .source: addPrefixes(box.sourceLow, box.sourceHigh, index)
        case .target: addPrefixes(Address(box.targetLow), Address(box.targetHigh), index)
        }
      }
      if let chosen { chosen.forEach(add) } else { (0..<UInt32(boxes.count)).forEach(add) }
      list.sort { a, b in
        if a.low != b.low { return a.low < b.low }
        if a.high != b.high { return a.high > b.high }
        return a.box < b.box
      }
    }

    /// Cuts a range into the fewest aligned blocks.
    private mutating func addPrefixes(_ low: Address, _ high: Address, _ box: UInt32) {
      var start = low
      while true {
        // The largest block that begins at `start` and ends by `high`.
        let left = high - start
        var bits = min(start.trailingZeroBitCount, Address.bitWidth - (left &+ 1).leadingZeroBitCount - 1)
        if left == .max { bits = Address.bitWidth }
        let size = bits >= Address.bitWidth ? Address.max : (1 << Address(bits)) - 1
        list.append(Item(low: start, high: start + size, box: box))
        if start + size >= high { return }
        start += size + 1
      }
    }
  }

  /// Makes the forest of some boxes and all below it; returns its number.
  private mutating func build(_ items: Items, _ boxes: ContiguousArray<Record>, _ fields: ArraySlice<Field>) -> Int {
    let first = nodes.count
    let list = items.list
    // Nodes of one forest stand side by side; what is in them comes after. An array that grows by doubling would take
    // twice the memory at the moment when there is least left.
    if first == 0 { nodes.reserveCapacity(Self.ranges(in: list) * 9 / 8) }
    var start = 0
    while start < list.count {
      var end = start + 1
      while end < list.count, list[end].low == list[start].low, list[end].high == list[start].high { end += 1 }
      nodes.append(
        Node(
          low: list[start].low, high: list[start].high, parent: -1, end: 0, first: UInt32(start),
          count: UInt32(end - start), least: .max, greatest: 0, leastInside: .max, masks: 0, masksInside: 0))
      start = end
    }
    let range = first..<nodes.count
    let number = forests.count
    forests.append(Forest(nodes: range, field: fields[fields.startIndex]))
    link(range)
    let next = fields.dropFirst()
    for index in range {
      let members = Int(nodes[index].first)..<Int(nodes[index].first + nodes[index].count)
      summarize(index, members.lazy.map { boxes[Int(list[$0].box)] })
      if let field = next.first, members.count > Self.crowd {
        let chosen = members.map { list[$0].box }
        nodes[index].count = 0
        nodes[index].first = UInt32(build(Items(boxes, chosen[...], field), boxes, next))
      } else {
        nodes[index].first = UInt32(records.count)
        for place in members { file(list[place].box, boxes) }
      }
    }
    gather(range)
    return number
  }

  /// Puts a box into the leaf that is being filled.
  private mutating func file(_ box: UInt32, _ boxes: ContiguousArray<Record>) {
    records.append(boxes[Int(box)])
    let bit: UInt64 = 1 << UInt64(box % 64)
    if filed[Int(box / 64)] & bit != 0 { records[records.count - 1].flags.insert(.copy) }
    filed[Int(box / 64)] |= bit
  }

  private static func ranges(in list: ContiguousArray<Item>) -> Int {
    var count = 0
    for index in list.indices
    where index == 0 || list[index].low != list[index - 1].low || list[index].high != list[index - 1].high {
      count += 1
    }
    return count
  }

  /// Finds each node's parent and the end of its inside.
  private mutating func link(_ range: Range<Int>) {
    var open: [Int] = []
    for index in range {
      while let last = open.last, nodes[last].high < nodes[index].low {
        nodes[last].end = UInt32(index)
        open.removeLast()
      }
      nodes[index].parent = Int32(open.last ?? -1)
      open.append(index)
    }
    for index in open { nodes[index].end = UInt32(range.upperBound) }
    guard isWeighed else { return }
    if weights.count < nodes.count {
      if weights.isEmpty { weights.reserveCapacity(nodes.capacity) }
      weights.append(contentsOf: repeatElement(0, count: nodes.count - weights.count))
    }
    var sum = 0.0
    for index in range {
      sum += (Double(nodes[index].high - nodes[index].low) + 1) * Double(nodes[index].count)
      weights[index] = sum
    }
  }

  private mutating func summarize(_ index: Int, _ members: some Sequence<Record>) {
    for record in members {
      nodes[index].least = min(nodes[index].least, record.entry)
      nodes[index].greatest = max(nodes[index].greatest, record.entry)
      nodes[index].masks |= record.outcome.mask
    }
  }

  /// Sums up what is inside each node, from the last to the first.
  private mutating func gather(_ range: Range<Int>) {
    for index in range.reversed() {
      nodes[index].leastInside = min(nodes[index].leastInside, nodes[index].least)
      nodes[index].masksInside |= nodes[index].masks
      let parent = Int(nodes[index].parent)
      if parent >= 0 {
        nodes[parent].leastInside = min(nodes[parent].leastInside, nodes[index].leastInside)
        nodes[parent].masksInside |= nodes[index].masksInside
      }
    }
  }

  // MARK: - Looking

  /// The last node of a forest that begins at or before `value`; below the forest's first when there is none.
  @inline(__always)
  func floor(_ forest: Forest, _ value: Address) -> Int {
    var low = forest.nodes.lowerBound
    var high = forest.nodes.upperBound
    while low < high {
      let middle = (low + high) >> 1
      if nodes[middle].low <= value { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// Visits the records that hold `point` (contexts apart) among entries below `limit` and above `floor`.
  ///
  /// - Parameter visit: gets the record's place; returns false to end.
  /// - Returns: false when ended.
  @discardableResult
  func stab(
    _ point: BoxPoint<Address>, above: Int = -1, below limit: UInt32, _ visit: (Int) -> Bool
  ) -> Bool {
    guard !forests.isEmpty else { return true }
    return stab(0, point, above, limit, visit)
  }

  private func stab(
    _ number: Int, _ point: BoxPoint<Address>, _ above: Int, _ limit: UInt32, _ visit: (Int) -> Bool
  ) -> Bool {
    let forest = forests[number]
    let value: Address
    switch forest.field {
    case .destination: value = point.destination
    case .source: value = point.source
    case .target: value = Address(point.target)
    }
    var index = floor(forest, value)
    if index < forest.nodes.lowerBound { return true }
    while index >= 0 {
      let node = nodes[index]
      if node.high >= value, node.least < limit, Int(node.greatest) > above {
        if node.count == 0 {
          if !stab(Int(node.first), point, above, limit, visit) { return false }
        } else {
          for place in Int(node.first)..<Int(node.first + node.count)
          where records[place].entry < limit && Int(records[place].entry) > above
            && records[place].box.holds(point)
          {
            if !visit(place) { return false }
          }
        }
      }
      index = Int(node.parent)
    }
    return true
  }

  /// Visits the records that meet `box` (contexts apart) among entries between `above` and `limit` of some outcomes.
  ///
  /// A box that was cut into prefixes may be visited several times.
  /// - Parameters:
  ///   - mask: of `BoxOutcome.mask`s.
  ///   - visit: gets the record's place; returns false to end.
  /// - Returns: false when ended.
  @discardableResult
  func overlaps(
    _ box: Box, above: Int = -1, below limit: UInt32, mask: UInt8 = 7, _ visit: (Int) -> Bool
  ) -> Bool {
    guard !forests.isEmpty else { return true }
    return overlaps(0, box, above, limit, mask, visit)
  }

  private func overlaps(
    _ number: Int, _ box: Box, _ above: Int, _ limit: UInt32, _ mask: UInt8, _ visit: (Int) -> Bool
  ) -> Bool {
    let forest = forests[number]
    let (low, high) = bounds(of: box, forest.field)
    let start = floor(forest, low)
    if start >= forest.nodes.lowerBound {
      var index = start
      while index >= 0 {
        if nodes[index].high >= low, !visitNode(index, box, above, limit, mask, visit) { return false }
        index = Int(nodes[index].parent)
      }
    }
    var index = start + 1
    while index < forest.nodes.upperBound, nodes[index].low <= high {
      if nodes[index].leastInside >= limit || nodes[index].masksInside & mask == 0 {
        index = Int(nodes[index].end)
        continue
      }
      if !visitNode(index, box, above, limit, mask, visit) { return false }
      index += 1
    }
    return true
  }

  /// Visits the records whose addresses lie inside those of `box` and that meet it, as `overlaps` does.
  @discardableResult
  func insides(_ box: Box, below limit: UInt32, mask: UInt8, _ visit: (Int) -> Bool) -> Bool {
    guard !forests.isEmpty else { return true }
    return insides(0, box, limit, mask, visit)
  }

  private func insides(
    _ number: Int, _ box: Box, _ limit: UInt32, _ mask: UInt8, _ visit: (Int) -> Bool
  ) -> Bool {
    let forest = forests[number]
    let (low, high) = bounds(of: box, forest.field)
    var index = floor(forest, low)
    // The nodes that begin where the box does stand before this one; the widest of them first.
    while index >= forest.nodes.lowerBound, nodes[index].low == low { index -= 1 }
    index += 1
    while index < forest.nodes.upperBound, nodes[index].low <= high {
      if nodes[index].leastInside >= limit || nodes[index].masksInside & mask == 0 {
        index = Int(nodes[index].end)
        continue
      }
      let node = nodes[index]
      if node.least < limit, node.masks & mask != 0, node.high <= high {
        if node.count == 0 {
          if !insides(Int(node.first), box, limit, mask, visit) { return false }
        } else if !visitNode(index, box, -1, limit, mask, visit) {
          return false
        }
      }
      index += 1
    }
    return true
  }

  @inline(__always)
  private func visitNode(
    _ index: Int, _ box: Box, _ above: Int, _ limit: UInt32, _ mask: UInt8, _ visit: (Int) -> Bool
  ) -> Bool {
    let node = nodes[index]
    guard node.least < limit, Int(node.greatest) > above, node.masks & mask != 0 else { return true }
    if node.count == 0 { return overlaps(Int(node.first), box, above, limit, mask, visit) }
    for place in Int(node.first)..<Int(node.first + node.count)
    where records[place].entry < limit && Int(records[place].entry) > above
      && records[place].outcome.mask & mask != 0 && records[place].box.meets(box)
    {
      if !visit(place) { return false }
    }
    return true
  }

  @inline(__always)
  func bounds(of box: Box, _ field: Field) -> (Address, Address) {
    switch field {
    case .destination: (box.destinationLow, box.destinationHigh)
    case .source: (box.sourceLow, box.sourceHigh)
    case .target: (Address(box.targetLow), Address(box.targetHigh))
    }
  }
}
