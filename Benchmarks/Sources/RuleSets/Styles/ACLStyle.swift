/// Lists like those at the edge of a data centre or plant, with planted anomalies whose truth is known at any size.
///
/// Every group of rules owns a block of sixteen destinations that no other group touches. Groups meet only in the denies
/// that open the list and in the broad rules that close it, so whether a rule is covered is settled within its group, by
/// subtracting boxes. Accidental anomalies are refused, planted ones are verified.
struct ACLStyle {
  let family: Family
  let plan: AddressPlan
  var random: SplitMix64
  /// The part of the rules that is planted.
  let share: Double
  let head: [ListRule]
  /// Networks that sources are taken from.
  var clients: [Interval<UInt128>] = []

  /// A rule in the making.
  struct Planned {
    var rule: ListRule
    var anomaly: Anomaly?
  }

  init(family: Family, seed: UInt64, share: Double) {
    self.family = family
    self.share = share
    plan = AddressPlan(family)
    random = SplitMix64(seed: seed)
    head = Self.head(family)
  }

  /// Makes the list; it has exactly `count` rules (at least 40), and `share` of them are covered.
  mutating func make(count: Int) -> [Planned] {
    clients = (0..<max(64, min(20_000, count / 40))).map { _ in plan.clientSubnet(&random) }
    clients += (0..<max(16, min(5_000, count / 200))).map { _ in plan.outside(&random) }
    let tail = self.tail
    var plants = Int((Double(count) * share).rounded())
    var live = count - head.count - tail.count - plants
    var groups: [[Planned]] = []
    while live > 0 || plants > 0 {
      var group = ACLGroup(block: plan.block(groups.count), head: head.map(\.box))
      group.fill(&self, upTo: min(live, groupSize()))
      live -= group.rules.count
      let wanted = live > 0 ? min(plants, plantsFor(group.rules.count)) : plants
      for _ in 0..<wanted {
        // The kinds take turns, so that each is a fifth.
        guard let used = group.plant(Anomaly.allCases[plants % 5], &self, spare: live) else { continue }
        live -= used
        plants -= 1
      }
      if !group.rules.isEmpty {
        groups.append(group.rules)
      } else if let place = groups.indices.last {
        // No live rule is left to make: the plants that remain go to groups that are there.
        let place = random.below(place + 1)
        var old = ACLGroup(block: plan.block(place), head: head.map(\.box), rules: groups[place])
        if old.plant([.duplicateSame, .duplicateOpposite][plants % 2], &self, spare: 0) != nil { plants -= 1 }
        groups[place] = old.rules
      }
    }
    return head.map { Planned(rule: $0) } + interleaved(groups) + tail.map { Planned(rule: $0) }
  }

  /// Eight on average, the largest under sixty.
  private mutating func groupSize() -> Int {
    var size = 1
    while size < 60, random.chance(0.875) { size += 1 }
    return size
  }

  private mutating func plantsFor(_ rules: Int) -> Int {
    var plants = 0
    // A tenth more, or some would be left when the live rules are all made, too late for unions.
    for _ in 0..<rules where random.chance(1.1 * share / (1 - share)) { plants += 1 }
    return min(plants, 12)
  }

  /// Groups mostly in one piece, with some rules added later further down; the order within a group is kept.
  private mutating func interleaved(_ groups: [[Planned]]) -> [Planned] {
    var order = Array(groups.indices)
    for index in order.indices.reversed() { order.swapAt(index, random.below(index + 1)) }
    var keys: [(position: Double, group: Int, rule: Int)] = []
    for (place, group) in order.enumerated() {
      var position = Double(place) / Double(order.count)
      for rule in groups[group].indices {
        if random.chance(0.1) { position += (1 - position) * random.unit() }
        keys.append((position, group, rule))
      }
    }
    keys.sort { $0 < $1 }
    return keys.map { groups[$0.group][$0.rule] }
  }

  /// A rule's sources: everybody, inside, a site, a segment, a part of one, a host.
  mutating func source() -> Interval<UInt128> {
    let kind = random.unit()
    if kind < 0.14 { return family.any }
    if kind < 0.2 { return plan.inside }
    if kind < 0.32 { return plan.site(random.below(128)) }
    let network = random.pick(clients)
    if kind < 0.6 { return network }
    return family.prefix(random.address(in: network), kind < 0.68 ? family.width - random.within(2, 6) : family.width)
  }

  /// What no group names: addresses that are no one's, and ports that nobody may use.
  private static func head(_ family: Family) -> [ListRule] {
    let bogus: [(UInt128, Int)] =
      family == .v4
      ? [(0, 8), (127 << 24, 8), (0xA9FE << 16, 16), (224 << 24, 4), (240 << 24, 4)]
      : [(1, 128), (0xFEC0 << 112, 10), (0xFF00 << 112, 8), (0x2001_0DB8 << 96, 32), (0x3FFE << 112, 16)]
    var boxes = bogus.map { address, length in
      Box(proto: Service.anyProtocol, source: family.prefix(address, length), destination: family.any)
    }
    for port in [UInt16(23), 445, 135] {
      boxes.append(
        Box(proto: Service.tcp, source: family.any, destination: family.any, destinationPort: Interval(port)))
    }
    boxes.append(Box(proto: Service.udp, source: family.any, destination: family.any, destinationPort: Interval(1900)))
    return boxes.map { ListRule(permits: false, box: $0) }
  }

  /// Broad permits, and the deny that ends a list.
  private var tail: [ListRule] {
    let services: [(Interval<UInt16>, UInt16)] = [
      (Service.tcp, 443), (Service.tcp, 80), (Service.tcp, 53), (Service.udp, 53), (Service.udp, 123),
    ]
    var rules = services.map { proto, port in
      Box(proto: proto, source: plan.inside, destination: family.any, destinationPort: Interval(port))
    }
    rules.append(Box(proto: Interval(family.controlProtocol), source: plan.inside, destination: family.any))
    return rules.map { ListRule(permits: true, box: $0) }
      + [
        ListRule(
          permits: false, box: Box(proto: Service.anyProtocol, source: family.any, destination: family.any))
      ]
  }
}
