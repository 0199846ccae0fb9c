/// Draws prefixes from a random binary tree, so that few or many addresses share few or many networks.
struct AddressTree {
  private struct Node {
    var children: (Int32, Int32) = (-1, -1)
    var prefersOne: Bool
    /// Probability of the rarer way; 0 where only one way is used.
    var rarer: Double
  }

  private let family: Family
  private let shape: SeedTable.TreeShape
  /// Factor on every branching probability.
  private let growth: Double
  private var nodes: [Node] = []

  init(_ shape: SeedTable.TreeShape, family: Family, growth: Double, _ random: inout SplitMix64) {
    self.shape = shape
    self.family = family
    self.growth = growth
    nodes.append(node(0, &random))
  }

  /// A prefix of an IPv4 length, stretched for IPv6.
  ///
  /// - Parameter following: an address that the first bits are taken from, each with the probability `correlation`.
  mutating func draw(
    length: Int, following other: UInt128? = nil, correlation: Double = 0, _ random: inout SplitMix64
  ) -> Interval<UInt128> {
    let length = stretched(length)
    var address: UInt128 = 0
    var place = 0
    var follows = other != nil
    for level in 0..<length {
      let shift = UInt128(family.width - 1 - level)
      let bit: Bool
      if follows, let other, random.chance(correlation) {
        bit = other >> shift & 1 == 1
      } else {
        follows = false
        bit = nodes[place].prefersOne != random.chance(nodes[place].rarer)
      }
      if bit { address |= 1 << shift }
      place = child(of: place, bit, level + 1, &random)
    }
    return family.prefix(address, length)
  }

  private mutating func child(of place: Int, _ bit: Bool, _ level: Int, _ random: inout SplitMix64) -> Int {
    let known = bit ? nodes[place].children.1 : nodes[place].children.0
    if known >= 0 { return Int(known) }
    nodes.append(node(level, &random))
    let made = Int32(nodes.count - 1)
    if bit { nodes[place].children.1 = made } else { nodes[place].children.0 = made }
    return Int(made)
  }

  private func node(_ level: Int, _ random: inout SplitMix64) -> Node {
    let level4 = family == .v4 ? level : level <= 64 ? level * 24 / 64 : 24 + (level - 64) / 8
    let entry = shape.levels.first { level4 < $0.upTo } ?? shape.levels[shape.levels.count - 1]
    // IPv6 has more levels to spread the same number of branches over.
    let stretch = family == .v4 ? 1 : level <= 64 ? 24.0 / 64 : 1.0 / 8
    let branches = random.chance(entry.branching * growth * stretch)
    return Node(prefersOne: random.chance(0.5), rarer: branches ? (1 - entry.skew) / (2 - entry.skew) : 0)
  }

  /// 0 to 24 become 0 to 64, 25 to 31 stay apart, 32 becomes 128.
  private func stretched(_ length: Int) -> Int {
    guard family == .v6 else { return length }
    return length <= 24 ? length * 64 / 24 : 64 + (length - 24) * 8
  }
}
