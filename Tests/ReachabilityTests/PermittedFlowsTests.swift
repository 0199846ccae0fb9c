import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// "What is permitted from here to there outside of the whitelist?", against brute force.
@Suite struct PermittedFlowsTests {
  private func match(_ generator: inout SeededGenerator, _ hosts: UInt32) -> PacketMatch {
    let low = UInt32.random(in: 0..<hosts, using: &generator)
    let port = UInt16.random(in: 0..<4, using: &generator)
    return PacketMatch(
      sources: AddressSet(v4: IntervalSet(low...UInt32.random(in: low..<hosts, using: &generator))),
      destinations: AddressSet(v4: IntervalSet(0...UInt32.random(in: 0..<2, using: &generator))),
      services: [
        Service(
          proto: IPProtocol.udp, destinationPorts: IntervalSet(port...UInt16.random(in: port..<4, using: &generator)))
      ])
  }

  @Test(arguments: 0..<6)
  func regionsAreWhatSinglePacketsSay(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let rules = (0..<7).map { _ -> (PacketMatch, Action) in
        (match(&generator, 8), Bool.random(using: &generator) ? .permit : .deny(rejects: false))
      }
      let whitelist = (0..<2).map { _ in match(&generator, 8) }
      let within = PacketMatch(
        sources: AddressSet(v4: IntervalSet(1...6)), destinations: AddressSet(v4: IntervalSet(0...1)))
      let found = permittedFlows(
        of: listDevice(rules), lists: [0], fallback: .deny, within: within, outside: whitelist)
      #expect(found.allSatisfy { $0.isCertain })
      for host in UInt32(0)..<9 {
        for target in UInt32(0)..<3 {
          for port in UInt16(0)..<5 {
            var packet = Packet(source: IPAddress(v4: host), destination: IPAddress(v4: target), proto: IPProtocol.udp)
            packet.destinationPort = port
            let first = rules.firstIndex { $0.0.contains(packet) }
            let isAsked = within.contains(packet) && !whitelist.contains { $0.contains(packet) }
            let isPermitted = isAsked && first.map { rules[$0].1 == .permit } ?? false
            let places = found.filter { $0.region.contains { $0.contains(packet) } }.map(\.place.rule)
            #expect(places == (isPermitted ? [first] : []), "seed \(seed): \(packet)")
          }
        }
      }
      #expect(found.allSatisfy { flow in flow.region.contains { $0.contains(flow.witness) } })
    }
  }

  @Test func whatIsOnlyPossibleIsSaidToBe() {
    let web = PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(80))])
    var device = listDevice([(web, .deny(rejects: false)), (web, .permit)])
    #expect(permittedFlows(of: device, lists: [0], fallback: .deny, within: .any, outside: []).isEmpty)
    let doubt = Uncertainty(range: SourceRange(file: 0, start: 0, end: 0), reason: "test")
    device.lists[0].rules[0].match = device.lists[0].rules[0].match.uncertain(doubt)
    let found = permittedFlows(of: device, lists: [0], fallback: .deny, within: .any, outside: [])
    #expect(found.map(\.place) == [ListPlace(list: 0, rule: 1)])
    #expect(found.map(\.isCertain) == [false])
  }
}
