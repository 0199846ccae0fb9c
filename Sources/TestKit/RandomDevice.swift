import PacketSets
import RuleModel
import SourceText

/// A seeded generator, so that a failure can be repeated (SplitMix64, Steele et al., OOPSLA 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Devices with random lists: jumps, gotos, unknown actions, uncertain matches, inspection and translation, over so few
/// values that rules overlap often.
public struct RandomDevice {
  private var generator: SeededGenerator

  public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private static let nowhere = SourceRange(file: 0, start: 0, end: 0)
  private static let addresses: [AddressSet] = [
    .all, .allV4, AddressSet(IPPrefix("10.0.0.0/30")!), AddressSet(IPAddress("10.0.0.1")!),
    AddressSet(IPPrefix("10.0.0.2/31")!), AddressSet(IPPrefix("2001:db8::/126")!),
  ]

  /// A device with interfaces `in` and `out`.
  public mutating func make() -> Device {
    var device = Device(name: "random", platform: "test", passesReplies: flip(), source: Self.nowhere)
    device.interfaces = ["in", "out"].map { Interface(name: $0, source: Self.nowhere) }
    device.profiles = [
      InspectionProfile(
        name: "p", mode: .enforcing, blocked: bounds(), protocols: [.modbus], source: Self.nowhere)
    ]
    let count = Int.random(in: 1...4, using: &generator)
    // Lists may only lead to later ones, as chains of a kernel do; a test of its own covers cycles.
    device.lists = (0..<count).map { index in list(index, of: count) }
    device.pipeline = [stage(0)]
    if count > 1, flip() { device.pipeline.append(stage(1)) }
    if flip() {
      let place = Int.random(in: 0...device.pipeline.count, using: &generator)
      device.pipeline.insert(translationStage(), at: place)
    }
    return device
  }

  /// A random packet over the same values.
  public mutating func packet() -> Packet {
    let isV6 = Int.random(in: 0..<5, using: &generator) == 0
    func address(_ generator: inout SeededGenerator) -> IPAddress {
      let host = UInt128.random(in: 0...4, using: &generator)
      return isV6
        ? IPAddress(v6: IPAddress("2001:db8::")!.value + host) : IPAddress(v4: 0x0A00_0000 + UInt32(host))
    }
    var packet = Packet(
      source: address(&generator), destination: address(&generator),
      proto: [1, 6, 6, 17].randomElement(using: &generator)!)
    packet.state = [.new, .new, .reply, .related, .invalid].randomElement(using: &generator)!
    if IPProtocol.withPorts.contains(packet.proto) {
      packet.destinationPort = [80, 502, 503].randomElement(using: &generator)!
      packet.function = [.none, .modbus(code: 3), .modbus(code: 6)].randomElement(using: &generator)!
    }
    return packet
  }

  private mutating func flip() -> Bool { Bool.random(using: &generator) }

  private mutating func match() -> PacketMatch {
    var service = Service(protocols: [.all, IntervalSet(6), IntervalSet(17)].randomElement(using: &generator)!)
    service.destinationPorts = [.all, IntervalSet(502), IntervalSet(0...99)].randomElement(using: &generator)!
    let functions: [IntervalSet<UInt16>] = [.all, .all, functions(of: .modbus, .write)]
    return PacketMatch(
      sources: Self.addresses.randomElement(using: &generator)!,
      destinations: Self.addresses.randomElement(using: &generator)!, services: [service],
      states: [.all, .all, .new, [.reply, .related]].randomElement(using: &generator)!,
      function: FunctionMatch(functions: functions.randomElement(using: &generator)!))
  }

  /// Exact two times in three; else the lower bound is the part of the upper one that a second match leaves.
  private mutating func bounds() -> MatchBounds {
    let upper = match()
    if Int.random(in: 0..<3, using: &generator) > 0 { return MatchBounds(upper) }
    var lower = upper
    let narrowing = match()
    lower.sources = upper.sources.intersection(narrowing.sources)
    lower.destinations = upper.destinations.intersection(narrowing.destinations)
    return MatchBounds(
      lower: flip() ? [lower] : [], upper: [upper], uncertainties: [Uncertainty(range: Self.nowhere, reason: "random")])
  }

  private mutating func list(_ index: Int, of count: Int) -> RuleList {
    let rules = (0..<Int.random(in: 0...6, using: &generator)).map { order -> Rule in
      var actions: [Action] = [
        .permit, .permit, .deny(rejects: false), .deny(rejects: true), .proceed, .leave, .unknown,
      ]
      if index + 1 < count {
        actions += [.jump(list: index + 1), .goto(list: count - 1)]
      }
      var rule = Rule(
        order: order, name: "rule \(order)", match: bounds(), action: actions.randomElement(using: &generator)!,
        source: Self.nowhere)
      if Int.random(in: 0..<6, using: &generator) == 0 { rule.state = .disabled }
      if Int.random(in: 0..<4, using: &generator) == 0 { rule.profile = 0 }
      if Int.random(in: 0..<5, using: &generator) == 0 { rule.ingress = InterfaceMatch(["in"], isNegated: flip()) }
      return rule
    }
    let verdict: DefaultAction.Verdict = [.permit, .deny, .leave].randomElement(using: &generator)!
    return RuleList(
      name: "list \(index)", rules: rules, fallback: DefaultAction(verdict, .implicit("random")), source: Self.nowhere)
  }

  private mutating func stage(_ list: Int) -> Stage {
    Stage(
      .filter(lists: [list], fallback: DefaultAction(flip() ? .permit : .deny, .implicit("random"))), name: "filter",
      source: Self.nowhere)
  }

  private mutating func translationStage() -> Stage {
    let rules = (0..<2).map { order -> TranslationRule in
      var rule = TranslationRule(order: order, name: "nat \(order)", match: bounds(), range: Self.nowhere)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: rule.destination = .pool(AddressSet(IPAddress("10.0.0.3")!))
      case 1:
        rule.match = MatchBounds(PacketMatch(destinations: AddressSet(IPPrefix("10.0.0.0/31")!)))
        rule.destination = .prefix(from: IPPrefix("10.0.0.0/31")!, to: IPPrefix("10.0.0.2/31")!)
      case 2: rule.destinationPorts = IntervalSet(502)
      case 3: rule.source = .pool(AddressSet(IPAddress("10.0.0.2")!))
      case 4:
        rule.source = .pool(AddressSet(IPAddress("10.0.0.0")!).union(AddressSet(IPAddress("10.0.0.3")!)))
      case 5:
        rule.source = .pool(AddressSet(IPAddress("10.0.0.1")!))
        rule.destination = .pool(AddressSet(IPAddress("10.0.0.3")!))
      default: break
      }
      return rule
    }
    return Stage(.translate(rules), name: "nat", source: Self.nowhere)
  }
}
