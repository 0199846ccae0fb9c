import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// Semantic differences against brute force: every packet of a small world.
@Suite struct RuleDifferenceTests {
  private static let nowhere = SourceRange(file: 0, start: 0, end: 0)

  private func device(_ rules: [(PacketMatch, Action)]) -> Device {
    var device = listDevice(rules)
    device.pipeline = [
      Stage(.filter(lists: [0], fallback: DefaultAction(.deny, .implicit("test"))), name: "s", source: Self.nowhere)
    ]
    return device
  }

  private func rule(_ generator: inout SeededGenerator) -> (PacketMatch, Action) {
    let low = UInt32.random(in: 0..<8, using: &generator)
    let high = UInt32.random(in: low..<8, using: &generator)
    let port = UInt16.random(in: 0..<4, using: &generator)
    let last = UInt16.random(in: port..<4, using: &generator)
    let match = PacketMatch(
      sources: AddressSet(v4: IntervalSet(low...high)), destinations: AddressSet(v4: IntervalSet(0)),
      services: [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(port...last))])
    return (match, Bool.random(using: &generator) ? .permit : .deny(rejects: false))
  }

  private func permits(_ rules: [(PacketMatch, Action)], _ packet: Packet) -> Bool {
    rules.first { $0.0.contains(packet) }?.1 == .permit
  }

  @Test(arguments: 0..<6)
  func agreesWithBruteForce(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let old = (0..<Int.random(in: 1...8, using: &generator)).map { _ in rule(&generator) }
      var new = old
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0...new.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: new.insert(rule(&generator), at: place)
        case 1 where place < new.count: new.remove(at: place)
        case 2 where place < new.count: new[place].1 = new[place].1 == .permit ? .deny(rejects: false) : .permit
        default: new.shuffle(using: &generator)
        }
      }
      let found = try ruleDifferences(from: device(old), to: device(new))
      for host in UInt32(0)..<9 {
        for port in UInt16(0)..<5 {
          var packet = Packet(source: IPAddress(v4: host), destination: IPAddress(v4: 0), proto: IPProtocol.udp)
          packet.destinationPort = port
          let regions = found.filter { $0.region.contains { $0.contains(packet) } }
          let (before, after) = (permits(old, packet), permits(new, packet))
          #expect(regions.count == (before == after ? 0 : 1), "seed \(seed): \(packet)")
          #expect(regions.allSatisfy { ($0.newVerdict == .permit) == after && ($0.oldVerdict == .permit) == before })
        }
      }
      #expect(found.allSatisfy { difference in difference.region.contains { $0.contains(difference.witness) } })
    }
  }

  @Test func whatChangesNothingIsNoDifference() throws {
    func tcp(_ prefix: String) -> PacketMatch { PacketMatch(sources: AddressSet(IPPrefix(prefix)!)) }
    let old = device([(tcp("10.0.0.0/24"), .permit), (tcp("10.0.0.0/25"), .permit), (tcp("10.1.0.0/24"), .permit)])
    let split = device([
      (tcp("10.1.0.0/24"), .permit), (tcp("10.0.0.128/25"), .permit), (tcp("10.0.0.0/25"), .permit),
    ])
    #expect(try ruleDifferences(from: old, to: split).isEmpty)
    let narrower = device([(tcp("10.1.0.0/24"), .permit), (tcp("10.0.0.128/25"), .permit)])
    let found = try ruleDifferences(from: old, to: narrower)
    #expect(found.map { $0.region.map(\.sources) } == [[AddressSet(IPPrefix("10.0.0.0/25")!)]])
    #expect(found.map(\.newVerdict) == [.deny])
  }

  @Test func aListThatIsBoundElsewhereIsNoEqualVersion() throws {
    let old = device([(PacketMatch(sources: AddressSet(IPPrefix("10.0.0.0/24")!)), .permit)])
    var new = old
    new.pipeline[0].ingress = InterfaceMatch(["outside"])
    #expect(throws: DifferenceError.self) { try ruleDifferences(from: old, to: new) }
    new = old
    new.routes = [
      Route(network: IPPrefix("10.0.0.0/8")!, interface: "outside", gateway: nil, distance: 1, source: Self.nowhere)
    ]
    #expect(throws: DifferenceError.self) { try ruleDifferences(from: old, to: new) }
  }

  /// Chains, returns, interfaces and states: what single packets show is in a region, and regions hold nothing else.
  @Test(arguments: 0..<4)
  func devicesAgree(seed: UInt64) throws {
    var random = RandomDevice(seed: seed)
    for _ in 0..<25 {
      let old = random.make()
      var new = old
      let list = Int(seed) % new.lists.count
      guard !new.lists[list].rules.isEmpty else { continue }
      new.lists[list].rules[0].state = .disabled
      let found = try ruleDifferences(from: old, to: new)
      for _ in 0..<60 {
        let packet = random.packet()
        for stage in old.pipeline {
          guard case .filter(let lists, let fallback) = stage.work else { continue }
          for ingress in ["in", "elsewhere"] {
            let before = ConcreteEvaluator(device: old, ingress: ingress, egress: "out").trace(lists: lists, packet)
            let after = ConcreteEvaluator(device: new, ingress: ingress, egress: "out").trace(lists: lists, packet)
            let isCertain = before.mayPermit != before.mayDeny && after.mayPermit != after.mayDeny
            // A packet that no list decides gets the default of the stage, which `trace` shows as denied.
            if isCertain, before.mayPermit != after.mayPermit, fallback.verdict == .deny {
              #expect(
                found.contains { $0.region.contains { $0.contains(Self.plain(packet)) } }, "seed \(seed): \(packet)")
            }
          }
        }
      }
    }
  }

  /// Regions leave states and functions free.
  private static func plain(_ packet: Packet) -> Packet {
    var packet = packet
    packet.state = .new
    packet.function = .none
    return packet
  }
}
