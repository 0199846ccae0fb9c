import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// Anomalies against brute force: every packet of a small world, rule by rule.
@Suite struct AnomalyBruteForceTests {
  /// A rule over six hosts, two destinations and four ports.
  private struct SmallRule {
    var source: ClosedRange<UInt32>
    var destination: ClosedRange<UInt32>
    var ports: ClosedRange<UInt16>
    var permits: Bool

    init(_ generator: inout SeededGenerator) {
      func range<Value: FixedWidthInteger>(_ end: Value, _ generator: inout SeededGenerator) -> ClosedRange<Value> {
        let low = Value.random(in: 0..<end, using: &generator)
        return low...Value.random(in: low..<end, using: &generator)
      }
      source = range(6, &generator)
      destination = range(2, &generator)
      ports = range(4, &generator)
      permits = Bool.random(using: &generator)
    }

    var match: PacketMatch {
      PacketMatch(
        sources: AddressSet(v4: IntervalSet(source)), destinations: AddressSet(v4: IntervalSet(destination)),
        services: [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports))])
    }

    /// The 48 packets of the world as bits.
    var bits: UInt64 {
      var bits: UInt64 = 0
      for a in source { for b in destination { for c in ports { bits |= 1 << UInt64(a * 8 + b * 4 + UInt32(c)) } } }
      return bits
    }
  }

  private struct Expected {
    var covered: [Int: Bool] = [:]
    var smallest: [Int: Int] = [:]
    var redundant: [Int] = []
    var inside: [Int] = []
    var across: [Int] = []
    var partly: [Int: Double] = [:]
  }

  private func expected(_ rules: [SmallRule]) -> Expected {
    var result = Expected()
    let bits = rules.map(\.bits)
    var own: [UInt64] = []
    for (index, rule) in rules.enumerated() {
      let before = bits[..<index].reduce(0, |)
      own.append(bits[index] & ~before)
      guard own[index] == 0 else { continue }
      let takers = (0..<index).filter { own[$0] & bits[index] != 0 }
      let same = takers.filter { rules[$0].permits == rule.permits }
      let isSame = bits[index] & ~same.reduce(0) { $0 | bits[$1] } == 0
      result.covered[index] = !isSame
      result.smallest[index] = fewest(isSame ? same : takers, bits[index], bits)
    }
    for (index, rule) in rules.enumerated() where own[index] != 0 {
      var left = own[index]
      var isNeeded = false
      for later in rules.indices.dropFirst(index + 1) {
        if left & bits[later] != 0, rules[later].permits != rule.permits { isNeeded = true }
        left &= ~bits[later]
      }
      if !isNeeded, left == 0 || !rule.permits { result.redundant.append(index) }
      let others = (0..<index).filter {
        own[$0] != 0 && rules[$0].permits != rule.permits && bits[$0] & bits[index] != 0
      }
      if others.contains(where: { bits[$0] & ~bits[index] == 0 }) { result.inside.append(index) }
      if others.contains(where: { bits[$0] & ~bits[index] != 0 }) { result.across.append(index) }
      let (kept, all) = (own[index].nonzeroBitCount, bits[index].nonzeroBitCount)
      if kept * 10 < all { result.partly[index] = Double(kept) / Double(all) }
    }
    return result
  }

  /// The size of the smallest selection that covers the bits.
  private func fewest(_ takers: [Int], _ target: UInt64, _ bits: [UInt64]) -> Int {
    (0..<(1 << takers.count)).filter { choice in
      let union = takers.indices.reduce(UInt64(0)) { choice >> $1 & 1 == 1 ? $0 | bits[takers[$1]] : $0 }
      return target & ~union == 0
    }.map { $0.nonzeroBitCount }.min() ?? 0
  }

  /// 10,000 lists.
  @Test(arguments: 0..<10)
  func smallListsAgree(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      let count = Int.random(in: 2...8, using: &generator)
      let rules = (0..<count).map { _ in SmallRule(&generator) }
      var sequence = RuleSequence(contexts: RuleSequence.Contexts())
      for rule in rules {
        _ = sequence.append(SequenceEntry(rule.permits ? .permit : .deny, isTested: true))
        sequence.add(rule.match, .both)
      }
      _ = sequence.append(SequenceEntry(.deny, isTested: false))
      sequence.add(.any, .both)
      let found = try anomalies(in: sequence, kinds: .all, workers: 1)
      let truth = expected(rules)
      #expect(found.covered.map(\.entry) == truth.covered.keys.sorted())
      for covered in found.covered {
        #expect(covered.isOpposite == truth.covered[covered.entry])
        #expect(covered.covers.count == truth.smallest[covered.entry])
      }
      #expect(found.redundant.map(\.entry) == truth.redundant)
      #expect(found.overlapping.filter { !$0.inside.isEmpty }.map(\.entry) == truth.inside)
      #expect(found.overlapping.filter { !$0.across.isEmpty }.map(\.entry) == truth.across)
      #expect(found.partlyCovered.map(\.entry) == truth.partly.keys.sorted())
      for partly in found.partlyCovered {
        #expect(abs(partly.shareLeft.lowerBound - (truth.partly[partly.entry] ?? 1)) < 1e-9)
      }
    }
  }

  /// Devices with chains, returns, gotos, interfaces, states, functions, unknown actions and uncertain matches.
  @Test(arguments: 0..<6)
  func devicesAgree(seed: UInt64) throws {
    var random = RandomDevice(seed: seed)
    let packets = Self.world
    for _ in 0..<12 {
      let device = random.make()
      let found = try ruleAnomalies(of: device)
      var reached: Set<ListPlace> = []
      for stage in device.pipeline {
        guard case .filter(let lists, _) = stage.work else { continue }
        for ingress in ["in", "other"] {
          let evaluator = ConcreteEvaluator(device: device, ingress: ingress, egress: "out")
          for packet in packets {
            for step in evaluator.trace(lists: lists, packet).trace {
              guard let list = device.lists.firstIndex(where: { $0.name == step.place }),
                let rule = device.lists[list].rules.firstIndex(where: { $0.name == step.rule })
              else { continue }
              reached.insert(ListPlace(list: list, rule: rule))
            }
          }
        }
      }
      let covered = Set(found.covered.map(\.place))
      #expect(covered.isDisjoint(with: reached), "seed \(seed)")
      // Lists that a stage asks directly: every rule that nothing reaches is found.
      for stage in device.pipeline {
        guard case .filter(let lists, _) = stage.work else { continue }
        for rule in device.lists[lists[0]].rules.indices {
          let place = ListPlace(list: lists[0], rule: rule)
          let made = device.lists[lists[0]].rules[rule]
          guard made.action == .permit || made.action == .deny(rejects: true) || made.action == .deny(rejects: false),
            made.state != .disabled, made.match.upper.contains(where: \.mayMatch)
          else { continue }
          #expect(covered.contains(place) == !reached.contains(place), "seed \(seed) \(made.name)")
        }
      }
      // What is called redundant may go: every packet fares the same.
      for redundant in found.redundant.prefix(3) {
        var without = device
        without.lists[redundant.place.list].rules[redundant.place.rule!].state = .disabled
        for ingress in ["in", "other"] {
          let before = ConcreteEvaluator(device: device, ingress: ingress, egress: "out")
          let after = ConcreteEvaluator(device: without, ingress: ingress, egress: "out")
          for packet in packets {
            let (a, b) = (before.forward(packet), after.forward(packet))
            #expect(a.mayPermit == b.mayPermit && a.mayDeny == b.mayDeny, "seed \(seed): \(packet)")
          }
        }
      }
    }
  }

  /// One packet of each kind that `RandomDevice` tells apart.
  private static let world: [Packet] = {
    let v4 = [0x0A00_0000, 0x0A00_0001, 0x0A00_0002, 0x0A00_0003, 0x0B00_0000].map { IPAddress(v4: UInt32($0)) }
    let v6 = [IPAddress("2001:db8::1")!, IPAddress("2001:db9::")!]
    var packets: [Packet] = []
    for addresses in [v4, v6] {
      for source in addresses {
        for destination in addresses {
          for proto: UInt8 in [1, 6, 17] {
            for port: UInt16 in proto == 1 ? [0] : [80, 502, 600] {
              for function: IndustrialFunction in proto == 1 ? [.none] : [.none, .modbus(code: 3), .modbus(code: 6)] {
                for state: SessionState in [.new, .reply, .invalid] {
                  var packet = Packet(source: source, destination: destination, proto: proto)
                  packet.destinationPort = port
                  packet.function = function
                  packet.state = state
                  packets.append(packet)
                }
              }
            }
          }
        }
      }
    }
    return packets
  }()
}
