import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// Which rules can never match, against brute force on the packets of a small world.
@Suite struct RuleCoverageTests {
  private static let nowhere = SourceRange(file: 0, start: 0, end: 0)

  private func device(_ rules: [(PacketMatch, Action)]) -> Device {
    var device = Device(name: "d", platform: "test", passesReplies: false, source: Self.nowhere)
    let made = rules.enumerated().map { index, rule in
      Rule(order: index, name: "r\(index)", match: MatchBounds(rule.0), action: rule.1, source: Self.nowhere)
    }
    device.lists = [
      RuleList(name: "l", rules: made, fallback: DefaultAction(.deny, .implicit("test")), source: Self.nowhere)
    ]
    return device
  }

  private func tcp(_ prefix: String, _ ports: ClosedRange<UInt16>) -> PacketMatch {
    PacketMatch(
      sources: AddressSet(IPPrefix(prefix)!),
      destinations: AddressSet(IPPrefix("10.9.0.0/16")!),
      services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))])
  }

  @Test func aUnionOfRulesCovers() throws {
    let device = device([
      (tcp("10.0.0.0/25", 0...1000), .permit), (tcp("192.168.0.0/16", 0...65535), .permit),
      (tcp("10.0.0.128/25", 0...1000), .deny(rejects: false)), (tcp("10.0.0.0/24", 80...90), .permit),
      (tcp("10.0.0.0/24", 80...1001), .permit),
    ])
    let coverage = try #require(ruleCoverage(of: device))
    #expect(coverage[0].covered == [CoveredRule(rule: 3, coveredBy: [0, 2])])
  }

  @Test func whatIsUncertainCoversNothing() throws {
    var device = device([(tcp("10.0.0.0/8", 0...1000), .permit), (tcp("10.0.0.0/24", 80...90), .permit)])
    let doubt = Uncertainty(range: Self.nowhere, reason: "test")
    device.lists[0].rules[0].match = device.lists[0].rules[0].match.uncertain(doubt)
    #expect(try #require(ruleCoverage(of: device))[0].covered.isEmpty)
    device.lists[0].rules[0].match = MatchBounds(tcp("10.0.0.0/8", 0...1000))
    device.lists[0].rules[0].action = .unknown
    #expect(try #require(ruleCoverage(of: device))[0].covered.isEmpty)
    device.lists[0].rules[0].action = .permit
    device.lists[0].rules[0].state = .disabled
    #expect(try #require(ruleCoverage(of: device))[0].covered.isEmpty)
  }

  @Test func interfacesCount() throws {
    var device = device([
      (tcp("10.0.0.0/8", 0...1000), .permit), (tcp("10.0.0.0/8", 0...1000), .permit),
      (tcp("10.0.0.0/24", 80...90), .permit),
    ])
    device.lists[0].rules[0].ingress = InterfaceMatch(["a"])
    device.lists[0].rules[1].ingress = InterfaceMatch(["b"])
    #expect(try #require(ruleCoverage(of: device))[0].covered.isEmpty)
    device.lists[0].rules[2].ingress = InterfaceMatch(["a", "b"])
    #expect(try #require(ruleCoverage(of: device))[0].covered == [CoveredRule(rule: 2, coveredBy: [0, 1])])
  }

  @Test(arguments: 0..<6)
  func agreesWithBruteForce(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<30 {
      let rules = (0..<8).map { _ -> (PacketMatch, Action) in
        let low = UInt32.random(in: 0..<6, using: &generator)
        let high = UInt32.random(in: low..<6, using: &generator)
        let port = UInt16.random(in: 0..<4, using: &generator)
        let last = UInt16.random(in: port..<4, using: &generator)
        let match = PacketMatch(
          sources: AddressSet(v4: IntervalSet(low...high)), destinations: AddressSet(v4: IntervalSet(0)),
          services: [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(port...last))])
        return (match, Bool.random(using: &generator) ? .permit : .deny(rejects: false))
      }
      let covered = try #require(ruleCoverage(of: device(rules)))[0].covered
      var expected: [Int] = []
      for index in rules.indices {
        var isReached = false
        for host in UInt32(0)..<6 {
          for port in UInt16(0)..<4 {
            var packet = Packet(source: IPAddress(v4: host), destination: IPAddress(v4: 0), proto: IPProtocol.udp)
            packet.destinationPort = port
            if rules.firstIndex(where: { $0.0.contains(packet) }) == index { isReached = true }
          }
        }
        if !isReached { expected.append(index) }
      }
      #expect(covered.map(\.rule) == expected)
    }
  }
}
