extension BoxIndex {
  /// An upper bound of the share of `box` that records below `limit` cover, without looking at every one of them.
  ///
  /// Boxes whose range of a field lies inside that of `box` are summed up by size alone; the sum stops at `enough`.
  func coveredShare(of box: Box, below limit: UInt32, enough: Double) -> Double {
    guard !forests.isEmpty else { return 0 }
    var sum = 0.0
    addShare(0, box, box.volume, limit, enough, &sum)
    return sum
  }

  private func addShare(
    _ number: Int, _ box: Box, _ volume: Double, _ limit: UInt32, _ enough: Double, _ sum: inout Double
  ) {
    let forest = forests[number]
    let (low, high) = bounds(of: box, forest.field)
    let start = floor(forest, low)
    let last = floor(forest, high)
    if last > start {
      let before = start >= forest.nodes.lowerBound ? weights[start] : 0
      let inside = (weights[last] - before) / (Double(high - low) + 1)
      if sum + inside < enough {
        sum += inside
      } else {
        for index in start + 1...last where sum < enough { addNode(index, box, volume, limit, enough, &sum) }
      }
    }
    guard start >= forest.nodes.lowerBound else { return }
    var index = start
    while index >= 0, sum < enough {
      if nodes[index].high >= low { addNode(index, box, volume, limit, enough, &sum) }
      index = Int(nodes[index].parent)
    }
  }

  private func addNode(
    _ index: Int, _ box: Box, _ volume: Double, _ limit: UInt32, _ enough: Double, _ sum: inout Double
  ) {
    let node = nodes[index]
    guard node.least < limit else { return }
    if node.count == 0 { return addShare(Int(node.first), box, volume, limit, enough, &sum) }
    for place in Int(node.first)..<Int(node.first + node.count)
    where records[place].entry < limit && records[place].box.meets(box) {
      sum += records[place].box.commonVolume(box) / volume
    }
  }
}
