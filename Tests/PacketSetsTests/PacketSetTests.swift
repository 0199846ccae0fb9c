import PacketSets
import TestKit
import Testing

/// Brute force: the set algebra against plain sets of packets over a small domain.
@Suite struct PacketSetTests {
  /// Packets that differ in every field, few enough to try all of them.
  static let domain: [Packet] = {
    var packets: [Packet] = []
    let v4 = [0, 1, 0x0A00_0000, 0xFFFF_FFFF].map { IPAddress(v4: $0) }
    let v6 = [0, 1, UInt128.max].map { IPAddress(v6: $0) }
    for addresses in [v4, v6] {
      for source in addresses {
        for destination in addresses {
          for proto in [UInt8(1), 6, 17, 47, 58] {
            var packet = Packet(source: source, destination: destination, proto: proto)
            packets.append(packet)
            packet.state = .reply
            packets.append(packet)
            packet.state = .untracked
            packets.append(packet)
            packet.state = .new
            if proto == 6 || proto == 17 {
              packet.destinationPort = 502
              packet.sourcePort = 65535
              packets.append(packet)
              packet.function = .modbus(code: 5)
              packets.append(packet)
              packet.unit = 7
              packet.register = 100
              packets.append(packet)
            } else if proto != 47 {
              packet.icmpType = 8
              packets.append(packet)
              packet.icmpCode = 3
              packets.append(packet)
            }
            if proto == 6 {
              packet.tcpFlags = Packet.syn
              packets.append(packet)
            }
          }
        }
      }
    }
    return packets
  }()

  static func randomMatch(_ generator: inout SeededGenerator) -> PacketMatch {
    func pick<T>(_ choices: [T]) -> T { choices.randomElement(using: &generator)! }
    let addresses: [AddressSet] = [
      .all, .allV4, .allV6, AddressSet(IPAddress("10.0.0.0")!), AddressSet(IPPrefix("0.0.0.0/31")!),
      AddressSet(IPPrefix("::/127")!).union(AddressSet(IPPrefix("10.0.0.0/8")!)), .empty,
    ]
    func service() -> Service {
      let protocols: [IntervalSet<UInt8>] = [.all, IntervalSet(6), IntervalSet([6...6, 17...17]), IntervalSet(1...50)]
      var service = Service(protocols: pick(protocols))
      service.destinationPorts = pick([.all, .all, IntervalSet(502), IntervalSet(0...501)])
      service.sourcePorts = pick([.all, .all, IntervalSet(65535)])
      service.icmpTypes = pick([.all, .all, IntervalSet(8), IntervalSet(0)])
      service.icmpCodes = pick([.all, .all, IntervalSet(3)])
      service.tcpFlags = pick([.all, .all, IntervalSet(Packet.syn)])
      return service
    }
    var function = FunctionMatch(
      functions: pick([.all, .all, IntervalSet(0), functions(of: .modbus), functions(of: .modbus, .write)]))
    function.units = pick([.all, .all, IntervalSet(7)])
    function.registers = pick([.all, .all, IntervalSet(0...99)])
    return PacketMatch(
      sources: pick(addresses), destinations: pick(addresses),
      services: (0..<Int.random(in: 1...2, using: &generator)).map { _ in service() },
      states: pick([.all, .all, .new, [.reply, .untracked], .all.subtracting(.untracked)]), function: function)
  }

  @Test func matchesAndSetsAgreeOnEveryPacket() {
    var generator = SeededGenerator(seed: 2)
    let space = PacketSpace()
    for _ in 0..<300 {
      let match = Self.randomMatch(&generator)
      let set = space.set(match)
      for packet in Self.domain where set.contains(packet) != match.contains(packet) {
        Issue.record("\(packet) in \(match)")
      }
    }
  }

  @Test func algebraEqualsBruteForce() {
    var generator = SeededGenerator(seed: 3)
    let space = PacketSpace()
    func members(_ set: PacketSet) -> Set<Packet> { Set(Self.domain.filter { set.contains($0) }) }
    for _ in 0..<100 {
      let a = space.set([Self.randomMatch(&generator), Self.randomMatch(&generator)])
      let b = space.set([Self.randomMatch(&generator), Self.randomMatch(&generator)])
      let (plainA, plainB) = (members(a), members(b))
      #expect(members(a.union(b)) == plainA.union(plainB))
      #expect(members(a.intersection(b)) == plainA.intersection(plainB))
      #expect(members(a.subtracting(b)) == plainA.subtracting(plainB))
    }
  }

  @Test func lawsHold() {
    var generator = SeededGenerator(seed: 4)
    let space = PacketSpace()
    for _ in 0..<100 {
      let sets = (0..<3).map { _ in space.set([Self.randomMatch(&generator), Self.randomMatch(&generator)]) }
      let (a, b, c) = (sets[0], sets[1], sets[2])
      #expect(a.union(b) == b.union(a))
      #expect(a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c)))
      #expect(a.union(b).complement == a.complement.intersection(b.complement))
      #expect(a.complement.complement == a)
      #expect(a.subtracting(b) == a.intersection(b.complement))
      #expect(a.union(a.complement).isAll)
      #expect(a.intersection(a.complement).isEmpty)
      #expect(a.isSubset(of: b) == (a.union(b) == b))
      // Inclusion and exclusion.
      #expect(a.count + b.count == a.union(b).count + a.intersection(b).count)
    }
  }

  @Test func countIsExactOnSinglePackets() {
    let space = PacketSpace()
    var union = space.empty
    var seen = Set<Packet>()
    for packet in Self.domain.prefix(200) {
      let set = space.set(packet)
      #expect(set.count == PacketCount(1), "\(packet)")
      #expect(set.witness() == packet)
      union = union.union(set)
      seen.insert(packet)
    }
    #expect(union.count == PacketCount(UInt64(seen.count)))
  }

  @Test func boxesCoverExactly() {
    var generator = SeededGenerator(seed: 5)
    let space = PacketSpace()
    for _ in 0..<60 {
      let set = space.set([Self.randomMatch(&generator), Self.randomMatch(&generator)])
      let cover = set.boxes(limit: 10_000)
      #expect(cover.isComplete)
      #expect(space.set(cover.boxes) == set)
      #expect(cover.boxes.isEmpty == set.isEmpty)
    }
  }

  @Test func aProductIsOneBox() {
    let space = PacketSpace()
    let match = PacketMatch(
      sources: AddressSet(IPPrefix("10.0.0.0/24")!).union(AddressSet(IPPrefix("10.2.0.0/16")!)),
      destinations: AddressSet(IPAddress("10.20.0.5")!),
      services: [Service(proto: 6, destinationPorts: IntervalSet([502...502, 80...81]))])
    let cover = space.set(match).boxes()
    #expect(cover.boxes == [match])
  }

  @Test func witnessesBelongAndArePreferred() throws {
    var generator = SeededGenerator(seed: 6)
    let space = PacketSpace()
    for _ in 0..<200 {
      let match = Self.randomMatch(&generator)
      let set = space.set(match)
      guard let witness = set.witness() else {
        #expect(set.isEmpty)
        continue
      }
      #expect(set.contains(witness))
      #expect(match.contains(witness))
    }
    let usual = try #require(space.all.witness())
    #expect(usual.description == "tcp 0.0.0.10:49152 -> 0.0.0.10:0")
  }

  @Test func translationsMoveAddresses() throws {
    let space = PacketSpace()
    let original = space.set(
      PacketMatch(
        destinations: AddressSet(IPPrefix("192.0.2.0/30")!),
        services: [Service(proto: 6, destinationPorts: IntervalSet(80))]))
    let moved = try #require(original.movingDestination(from: IPPrefix("192.0.2.0/30")!, to: IPPrefix("10.0.0.4/30")!))
    #expect(
      moved.boxes().boxes.first?.destinations == AddressSet(IPPrefix("10.0.0.4/30")!))
    #expect(original.movingDestination(from: IPPrefix("192.0.2.0/30")!, to: IPPrefix("10.0.0.0/24")!) == nil)
    let pooled = original.replacingDestination(with: AddressSet(IPAddress("10.9.9.9")!))
    #expect(pooled.boxes().boxes.first?.destinations == AddressSet(IPAddress("10.9.9.9")!))
    let ports = original.replacingDestinationPort(with: IntervalSet(8080))
    #expect(ports.boxes().boxes.first?.services.first?.destinationPorts == IntervalSet(8080))
  }

  @Test func aSpaceThatGaveUpSaysSo() {
    var generator = SeededGenerator(seed: 7)
    let space = PacketSpace(nodeLimit: 500)
    for _ in 0..<50 { _ = space.set(Self.randomMatch(&generator)) }
    #expect(space.isExhausted)
  }
}

@Suite struct CornerTests {
  @Test func cornersAreMatched() {
    var generator = SeededGenerator(seed: 8)
    let space = PacketSpace()
    var found = 0
    for _ in 0..<300 {
      let match = PacketSetTests.randomMatch(&generator)
      for corner in match.corners {
        found += 1
        #expect(match.contains(corner))
        #expect(space.set(match).contains(corner))
      }
    }
    #expect(found > 100)
  }

  @Test func overlapOfProductsIsNeverMissed() {
    var generator = SeededGenerator(seed: 9)
    let space = PacketSpace()
    for _ in 0..<500 {
      let (a, b) = (PacketSetTests.randomMatch(&generator), PacketSetTests.randomMatch(&generator))
      if space.set(a).overlaps(space.set(b)) { #expect(a.mayOverlap(b)) }
    }
  }
}
