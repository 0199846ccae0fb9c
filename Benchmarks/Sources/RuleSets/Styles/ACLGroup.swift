/// The rules of one block of destinations.
struct ACLGroup {
  let block: Interval<UInt128>
  /// What opens the list, before every group.
  let head: [Box]
  private(set) var rules: [ACLStyle.Planned] = []

  init(block: Interval<UInt128>, head: [Box], rules: [ACLStyle.Planned] = []) {
    self.block = block
    self.head = head
    self.rules = rules
  }

  private var boxes: [Box] { rules.map(\.rule.box) }

  private func isCovered(_ box: Box, with more: [Box] = []) -> Bool { box.isCovered(by: head + boxes + more) }

  /// Adds live rules, fewer than `count` when the block has no room for more.
  mutating func fill(_ style: inout ACLStyle, upTo count: Int) {
    var tries = count * 20
    while rules.count < count, tries > 0 {
      tries -= 1
      let length = style.random.unit()
      let hosts = length < 0.62 ? 0 : length < 0.8 ? 4 : style.random.within(1, 3)
      let destination = style.family.prefix(style.random.address(in: block), style.family.width - hosts)
      let box = Box(.random(&style.random, style.family), source: style.source(), destination: destination)
      guard !isCovered(box) else { continue }
      rules.append(.init(rule: ListRule(permits: style.random.chance(0.87), box: box)))
    }
  }

  /// Adds one covered rule of a kind, for a union with the live rules that cover it.
  ///
  /// - Returns: how many live rules were added, at most `spare`; nil when the kind does not fit here.
  mutating func plant(_ kind: Anomaly, _ style: inout ACLStyle, spare: Int) -> Int? {
    let live = rules.indices.filter { rules[$0].anomaly == nil }
    guard !live.isEmpty else { return nil }
    for _ in 0..<12 {
      let base = rules[style.random.pick(live)].rule
      let added: Int?
      switch kind {
      case .duplicateSame: added = add(base.box, base.permits, kind)
      case .duplicateOpposite: added = add(base.box, !base.permits, kind)
      case .insideSame, .insideOpposite:
        added = narrowed(base.box, &style).flatMap { add($0, base.permits == (kind == .insideSame), kind) }
      case .union: added = plantUnion(base, &style, spare)
      }
      if let added { return added }
    }
    return nil
  }

  /// Appends a planted rule if it is covered indeed.
  private mutating func add(_ box: Box, _ permits: Bool, _ kind: Anomaly) -> Int? {
    guard isCovered(box) else { return nil }
    rules.append(.init(rule: ListRule(permits: permits, box: box), anomaly: kind))
    return 0
  }

  /// A proper part of a box: smaller in source, destination or port; nil when it is small already.
  private func narrowed(_ box: Box, _ style: inout ACLStyle) -> Box? {
    var choices: [WritableKeyPath<Box, Interval<UInt128>>?] = []
    if !box.source.isSingle { choices.append(\.source) }
    if !box.destination.isSingle { choices.append(\.destination) }
    if !box.destinationPort.isSingle, box.proto.hasPorts { choices.append(nil) }
    guard !choices.isEmpty else { return nil }
    var box = box
    if let side = style.random.pick(choices) {
      let network = box[keyPath: side]
      let length = style.random.within(style.family.length(network) + 1, style.family.width)
      box[keyPath: side] = style.family.prefix(style.random.address(in: network), length)
    } else {
      let ports = box.destinationPort
      box.destinationPort = Interval(UInt16(style.random.within(Int(ports.low), Int(ports.high))))
    }
    return box
  }

  /// Splits a network or a range of ports, adds the pieces as live rules, and then the whole.
  private mutating func plantUnion(_ base: ListRule, _ style: inout ACLStyle, _ spare: Int) -> Int? {
    let random = style.random.below(3)
    var whole = base.box
    var pieces: [Box] = []
    switch random {
    case 0:
      whole.destination = block
      pieces = halves(block, style.random.within(1, 2), style.family).map { piece in
        var box = whole
        box.destination = piece
        return box
      }
    case 1:
      let network = style.random.pick(style.clients)
      whole.source = network
      pieces = halves(network, style.random.within(1, 2), style.family).map { piece in
        var box = whole
        box.source = piece
        return box
      }
    default:
      guard whole.proto.hasPorts else { return nil }
      let low = UInt16(style.random.within(2000, 40_000))
      let high = low + UInt16(style.random.within(10, 200))
      let middle = low + (high - low) / 2
      // The two may share some ports.
      let overlap = UInt16(style.random.below(3))
      whole.destinationPort = Interval(low, high)
      pieces = [Interval(low, middle), Interval(middle + 1 - overlap, high)].map { ports in
        var box = whole
        box.destinationPort = ports
        return box
      }
    }
    guard pieces.count <= spare else { return nil }
    for index in pieces.indices where isCovered(pieces[index], with: Array(pieces[..<index])) { return nil }
    guard !(head + boxes).contains(where: { $0.contains(whole) }) else { return nil }
    rules += pieces.map { .init(rule: ListRule(permits: base.permits, box: $0)) }
    return add(whole, style.random.chance(0.5) == base.permits, .union).map { _ in pieces.count }
  }

  /// A network in two or four equal parts.
  private func halves(_ network: Interval<UInt128>, _ bits: Int, _ family: Family) -> [Interval<UInt128>] {
    let size = ((network.high - network.low) >> UInt128(bits)) + 1
    return (0..<UInt128(1 << bits)).map { family.prefix(network.low + $0 * size, family.length(network) + bits) }
  }
}
