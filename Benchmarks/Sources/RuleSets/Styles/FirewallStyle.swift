/// Lists with heavy overlap: wildcards and short prefixes on both sides, wide rules late, narrower variants of earlier
/// rules added behind them. What is covered is not planted; `ReferenceEvaluator` works it out.
struct FirewallStyle {
  let family: Family
  let plan: AddressPlan
  var random: SplitMix64
  private var regions: [Interval<UInt128>] = []
  private var subnets: [Interval<UInt128>] = []
  private var partners: [Interval<UInt128>] = []

  init(family: Family, seed: UInt64) {
    self.family = family
    plan = AddressPlan(family)
    random = SplitMix64(seed: seed ^ 0xF1F1)
  }

  /// Makes the list of `count` rules; the last one denies everything.
  mutating func make(count: Int) -> [ListRule] {
    func networks(_ count: Int, _ make: (inout SplitMix64) -> Interval<UInt128>) -> [Interval<UInt128>] {
      (0..<count).map { _ in make(&random) }
    }
    subnets = networks(max(64, count / 3)) { plan.subnet($0.below(256), $0.below(256)) }
    regions = networks(max(16, count / 50)) { random in
      family.prefix(random.pick(subnets).low, plan.subnetLength - random.pick([2, 4, 6, 8]))
    }
    partners = networks(max(32, count / 10)) { plan.outside(&$0) }
    var rules: [ListRule] = []
    while rules.count < count - 1 {
      let isLate = rules.count > count * 95 / 100
      let box =
        rules.count > 20 && random.chance(0.18) ? variant(of: random.pick(rules).box) : fresh(isLate: isLate)
      guard let box else { continue }
      rules.append(ListRule(permits: random.chance(0.82), box: box))
    }
    let all = Box(proto: Service.anyProtocol, source: family.any, destination: family.any)
    return rules + [ListRule(permits: false, box: all)]
  }

  /// A new rule; nil where it would be wide on both sides, or wide, early and for many services.
  private mutating func fresh(isLate: Bool) -> Box? {
    let service = Service.random(&random, family)
    let box = Box(service, source: side(isLate), destination: side(isLate))
    let wide = [box.source, box.destination].count { family.length($0) < plan.subnetLength - 8 }
    if wide == 2 { return nil }
    if wide == 1, !isLate, box.destinationPort == .all || random.chance(0.9) { return nil }
    return box
  }

  private mutating func side(_ isLate: Bool) -> Interval<UInt128> {
    let kind = random.unit()
    if kind < 0.1 { return family.any }
    if kind < 0.11 { return isLate ? plan.inside : family.any }
    if kind < 0.2 { return random.pickSkewed(regions) }
    if kind < 0.48 { return random.pickSkewed(subnets) }
    if kind < 0.62 { return random.pickSkewed(partners) }
    let network = kind < 0.9 ? random.pickSkewed(subnets) : random.pickSkewed(partners)
    return family.prefix(random.address(in: network), family.width)
  }

  /// An earlier rule again, narrower on one side or both, sometimes for a few ports more.
  private mutating func variant(of box: Box) -> Box? {
    var box = box
    let sides = random.unit()
    if sides < 0.6 { box.source = part(of: box.source) }
    if sides > 0.4 { box.destination = part(of: box.destination) }
    if box.proto.hasPorts, box.destinationPort.isSingle, random.chance(0.3) {
      box.destinationPort.high = box.destinationPort.low + UInt16(random.below(3))
    }
    return box
  }

  private mutating func part(of network: Interval<UInt128>) -> Interval<UInt128> {
    let length = family.length(network)
    guard length < family.width else { return network }
    // A part of everything should still be somewhere.
    guard length >= 8 else { return random.pick(subnets) }
    return family.prefix(random.address(in: network), random.within(length, family.width))
  }
}
