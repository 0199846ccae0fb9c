import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Packing rules loses nothing.
@Suite struct RuleTableTests {
  private static func range(_ index: Int) -> SourceRange {
    SourceRange(file: 3, start: UInt32(index * 100), end: UInt32(index * 100 + 80))
  }

  private func rule(_ index: Int, _ match: PacketMatch, _ action: Action) -> Rule {
    Rule(
      order: index, name: "list line \(index + 1)", match: MatchBounds(match), action: action, source: Self.range(index)
    )
  }

  private var plain: [Rule] {
    let host = AddressSet(IPAddress("10.0.0.1")!)
    let net = AddressSet(IPPrefix("10.1.0.0/16")!)
    let web = Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(80...90))
    var rules = [
      rule(0, PacketMatch(sources: host, destinations: net, services: [web]), .permit),
      rule(1, PacketMatch(), .deny(rejects: true)),
      rule(2, PacketMatch(sources: .allV4, destinations: host, services: [web, .any]), .deny(rejects: false)),
    ]
    rules[0].logging = .on
    rules[1].logging = .off
    rules[2].state = .disabled
    return rules
  }

  @Test func plainRulesComeBackAsTheyWere() {
    let table = RuleTable(plain)
    #expect(Array(table) == plain)
    #expect(table.indices.allSatisfy { table.plain(at: $0) != nil })
    #expect(table.indices.map { table.source(at: $0) } == plain.map(\.source))
    #expect(table.indices.map { table.action(at: $0) } == plain.map(\.action))
  }

  @Test func rulesThatAreNotPlainComeBackAsTheyWere() {
    let base = plain[0]
    var changed = Array(repeating: base, count: 12)
    for index in changed.indices {
      changed[index].order = index
      changed[index].name = "list line \(index + 1)"
    }
    changed[1].comment = "why"
    changed[2].ingress = InterfaceMatch(["eth0"])
    changed[3].hits = .max
    changed[4].objects = [ObjectReference(name: "o", range: Self.range(9))]
    changed[5].match = base.match.uncertain(Uncertainty(range: Self.range(9), reason: "test"))
    changed[6].match = MatchBounds([base.match.upper[0], .any])
    changed[7].action = .jump(list: 2)
    changed[8].isExplicit = false
    changed[9].name = "list line 007"
    changed[10].order = 99
    changed[11].source.file = 8
    let table = RuleTable(changed)
    #expect(Array(table) == changed)
    #expect(table.plain(at: 0) != nil)
    #expect((1..<12).allSatisfy { table.plain(at: $0) == nil })
  }

  @Test func sessionStatesArePacked() {
    var rules = plain
    rules[0].match = MatchBounds(PacketMatch(states: [.reply, .related]))
    rules[1].match = MatchBounds(PacketMatch(states: .new))
    let table = RuleTable(rules)
    #expect(Array(table) == rules)
    #expect(table.indices.map { table.packed(at: $0)?.states } == [[.reply, .related], .new, .all])
    // Whoever does not look at states must not take these for rules of all packets.
    #expect(table.indices.map { table.plain(at: $0) != nil } == [false, false, true])
  }

  @Test func countersStandBesidePackedRules() {
    var rules = plain
    rules[1].hits = 0
    rules[2].hits = 12
    var table = RuleTable(rules)
    #expect(Array(table) == rules)
    #expect(table.indices.allSatisfy { table.plain(at: $0) != nil })
    rules[1].hits = nil
    rules[0].hits = 3
    for index in rules.indices { table[index] = rules[index] }
    #expect(Array(table) == rules)
    rules[2].comment = "why"
    table[2] = rules[2]
    table.appendVacancy()
    rules.append(rules[0])
    rules[3].order = 3
    rules[3].name = "list line 4"
    table[3] = rules[3]
    #expect(Array(table) == rules)
  }

  @Test func vacanciesAreFilledLater() {
    let rules = plain
    var table = RuleTable(prefix: "list line ", file: 3)
    for _ in rules { table.appendVacancy() }
    table[1] = rules[1]
    table[0] = rules[0]
    var last = rules[2]
    last.comment = "why"
    table[2] = last
    #expect(Array(table) == [rules[0], rules[1], last])
    #expect(table.plain(at: 0) != nil && table.plain(at: 1) != nil)
  }

  @Test func servicesComeBackAsTheyWere() {
    var echo = Service(proto: IPProtocol.icmp)
    echo.icmpTypes = IntervalSet(8)
    echo.icmpCodes = IntervalSet(0)
    var syn = Service(proto: IPProtocol.tcp)
    syn.tcpFlags = IntervalSet(2)
    var odd = Service(proto: IPProtocol.icmp, destinationPorts: IntervalSet(8))
    let ports = IntervalSet<UInt16>([80...80, 443...443])
    var services: [[Service]] = [
      [.any], [Service(proto: IPProtocol.tcp)], [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(53))],
      [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(22), sourcePorts: IntervalSet(1024...65535))],
      [echo], [syn], [odd], [Service(proto: IPProtocol.tcp, destinationPorts: ports)], [], [.any, echo],
      [Service(protocols: IPProtocol.withPorts)],
    ]
    odd.icmpTypes = IntervalSet(8)
    services.append([odd])
    services += (0..<200).map { [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(UInt16($0)))] }
    var table = RuleTable(prefix: "", file: 0)
    let places = services.map { table.intern($0) }
    #expect(Set(places).count == services.count)
    #expect(services.map { table.intern($0) } == places)
    #expect(places.map { table.services[Int($0)] } == services)
    #expect(table.services.plain(at: Int(places[0])) == .any && table.services.plain(at: Int(places[5])) == nil)
  }

  @Test func aRuleCanBeReplaced() {
    var table = RuleTable(plain)
    table[1].comment = "now with a reason"
    #expect(table[1].comment == "now with a reason")
    #expect(table.plain(at: 1) == nil)
    table[1].comment = nil
    #expect(Array(table) == plain)
  }
}
