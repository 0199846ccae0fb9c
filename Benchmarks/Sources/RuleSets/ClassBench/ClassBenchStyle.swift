/// Draws lists from a seed table, without duplicates.
struct ClassBenchStyle {
  let seed: SeedTable
  let family: Family
  var random: SplitMix64
  private var sources: AddressTree
  private var destinations: AddressTree

  init(_ seed: SeedTable, family: Family, count: Int, seed number: UInt64) {
    self.seed = seed
    self.family = family
    random = SplitMix64(seed: number ^ 0xCB00)
    // Doublings beyond a thousand rules, of which each tree gets its part as further branches.
    let doublings = Double(max(0, Int.bitWidth - (count / 1000).leadingZeroBitCount - 1))
    func tree(_ shape: SeedTable.TreeShape, _ random: inout SplitMix64) -> AddressTree {
      let branches = (0..<32).reduce(0) { sum, level in
        sum + (shape.levels.first { level < $0.upTo }?.branching ?? 0)
      }
      return AddressTree(shape, family: family, growth: 1 + shape.growth * doublings / branches, &random)
    }
    sources = tree(seed.sourceTree, &random)
    destinations = tree(seed.destinationTree, &random)
  }

  /// Makes the list; it is shorter than `count` when the seed's statistics hold no more different rules.
  mutating func make(count: Int) -> [ListRule] {
    var seen: Set<Box> = []
    var keyed: [(key: Double, rule: ListRule)] = []
    var tries = count * 40
    while keyed.count < count - 1, tries > 0 {
      tries -= 1
      let box = draw()
      guard seen.insert(box).inserted else { continue }
      // An early rule takes what narrower ones behind it would match, so few stand far from their place.
      let early = random.chance(seed.misplaced) ? 24 * random.unit() : 0
      let key = Double(box.spanBits) + 5 * random.unit() - early
      keyed.append((key, ListRule(permits: random.chance(seed.permits), box: box)))
    }
    // Narrow rules first, as administrators place exceptions; equal keys are as good as impossible.
    keyed.sort { $0.key < $1.key }
    let all = Box(proto: Service.anyProtocol, source: family.any, destination: family.any)
    return keyed.map(\.rule).filter { $0.box != all } + [ListRule(permits: false, box: all)]
  }

  private mutating func draw() -> Box {
    let share = random.pick(weighted: seed.protocols.map { ($0, $0.weight) })
    let number = share.number == 1 ? family.controlProtocol : share.number
    let classes = share.ports.draw(&random)
    let lengths = random.pick(
      weighted: (classes.destination.isWide ? seed.wideLengths : seed.narrowLengths).map { ($0, $0.weight) })
    let source = sources.draw(length: random.within(lengths.source.lowerBound, lengths.source.upperBound), &random)
    let destination = destinations.draw(
      length: random.within(lengths.destination.lowerBound, lengths.destination.upperBound), following: source.low,
      correlation: seed.correlation, &random)
    return Box(
      proto: number.map { Interval($0) } ?? Service.anyProtocol, source: source, destination: destination,
      sourcePort: ports(classes.source, seed.sourcePorts),
      destinationPort: ports(classes.destination, seed.destinationPorts))
  }

  private mutating func ports(_ kind: PortClass, _ popular: [UInt16]) -> Interval<UInt16> {
    switch kind {
    case .wildcard: return .all
    case .high: return Interval(1024, 65535)
    case .low: return Interval(0, 1023)
    case .exact:
      return Interval(
        random.chance(seed.rarePorts) ? UInt16(random.within(1, 20_000)) : random.pickSkewed(popular))
    case .range:
      if random.chance(seed.rarePorts) {
        let low = random.within(1024, 60_000)
        return Interval(UInt16(low), UInt16(low + random.within(1, 4000)))
      }
      let range = random.pick(seed.ranges)
      return Interval(range.0, range.1)
    }
  }
}
