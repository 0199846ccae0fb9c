import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

private let nowhere = SourceRange(file: 0, start: 0, end: 0)

/// A device with one list that denies by default.
func listDevice(_ rules: [(PacketMatch, Action)]) -> Device {
  var device = Device(name: "d", platform: "test", passesReplies: false, source: nowhere)
  let made = rules.enumerated().map { index, rule in
    Rule(order: index, name: "r\(index)", match: MatchBounds(rule.0), action: rule.1, source: nowhere)
  }
  device.lists = [
    RuleList(name: "l", rules: made, fallback: DefaultAction(.deny, .implicit("test")), source: nowhere)
  ]
  return device
}

/// What is said about small lists that people would write.
@Suite struct RuleAnomaliesTests {
  private let deny = Action.deny(rejects: false)

  private func tcp(_ prefix: String, _ ports: ClosedRange<UInt16>) -> PacketMatch {
    PacketMatch(
      sources: AddressSet(IPPrefix(prefix)!),
      destinations: AddressSet(IPPrefix("10.9.0.0/16")!),
      services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))])
  }

  private func place(_ rule: Int?, list: Int = 0) -> ListPlace { ListPlace(list: list, rule: rule) }

  private func covered(_ device: Device) throws -> [CoveredRule] { try ruleAnomalies(of: device).covered }

  @Test func aUnionOfRulesCovers() throws {
    let found = try covered(
      listDevice([
        (tcp("10.0.0.0/25", 0...1000), .permit), (tcp("192.168.0.0/16", 0...65535), .permit),
        (tcp("10.0.0.128/25", 0...1000), deny), (tcp("10.0.0.0/24", 80...90), .permit),
        (tcp("10.0.0.0/24", 80...1001), .permit),
      ]))
    #expect(found.map(\.place) == [place(3)])
    #expect(found[0].coveredBy == [place(2), place(0)])
    #expect(found[0].isOpposite)
  }

  @Test func theFewestRulesThatCoverAreNamed() throws {
    // Three rules cover the last one piece by piece, two do as well; the one in the middle is enough with the first.
    let found = try covered(
      listDevice([
        (tcp("10.0.0.0/25", 0...1000), deny), (tcp("10.0.0.128/26", 0...1000), deny),
        (tcp("10.0.0.192/26", 0...1000), deny), (tcp("10.0.0.128/25", 0...2000), deny),
        (tcp("10.0.0.0/24", 80...90), .permit),
      ]))
    // The fourth rule never decides these packets, so it explains nothing.
    #expect(found.first { $0.place == place(4) }?.coveredBy.sorted() == [place(0), place(1), place(2)])
    let wide = try covered(
      listDevice([
        (tcp("10.0.0.0/26", 0...1000), deny), (tcp("10.0.0.128/26", 0...1000), deny),
        (tcp("10.0.0.0/23", 0...2000), deny), (tcp("10.0.0.0/24", 80...90), .permit),
      ]))
    #expect(wide.first { $0.place == place(3) }?.coveredBy == [place(2)])
  }

  @Test func theBiggestRuleOfTheOtherActionComesFirst() throws {
    let found = try covered(
      listDevice([
        (tcp("10.0.0.0/26", 0...1000), .permit), (tcp("10.0.0.64/26", 0...1000), deny),
        (tcp("10.0.0.128/25", 0...1000), deny), (tcp("10.0.0.0/24", 80...90), .permit),
      ]))
    #expect(found.map(\.coveredBy) == [[place(2), place(1), place(0)]])
  }

  @Test func aRuleThatWantsTheSameIsNoShadow() throws {
    // An earlier deny takes a part, but a permit covers everything that the last rule permits.
    let found = try covered(
      listDevice([
        (tcp("10.0.0.0/28", 0...1000), deny), (tcp("10.0.0.0/23", 0...1000), .permit),
        (tcp("10.0.0.0/24", 80...90), .permit),
      ]))
    #expect(found.map(\.isOpposite) == [false])
    #expect(found.map(\.coveredBy) == [[place(1)]])
    // Here the permit decides nothing of it any more.
    let shadowed = try covered(
      listDevice([
        (tcp("10.0.0.0/24", 0...1000), deny), (tcp("10.0.0.0/23", 0...1000), .permit),
        (tcp("10.0.0.0/24", 80...90), .permit),
      ]))
    #expect(shadowed.map(\.isOpposite) == [true])
    #expect(shadowed.map(\.coveredBy) == [[place(0)]])
  }

  @Test func whatIsUncertainCoversNothing() throws {
    var device = listDevice([(tcp("10.0.0.0/8", 0...1000), .permit), (tcp("10.0.0.0/24", 80...90), .permit)])
    #expect(try covered(device).count == 1)
    let doubt = Uncertainty(range: nowhere, reason: "test")
    device.lists[0].rules[0].match = device.lists[0].rules[0].match.uncertain(doubt)
    #expect(try covered(device).isEmpty)
    device.lists[0].rules[0].match = MatchBounds(tcp("10.0.0.0/8", 0...1000))
    device.lists[0].rules[0].action = .unknown
    #expect(try covered(device).isEmpty)
    device.lists[0].rules[0].action = .permit
    device.lists[0].rules[0].state = .disabled
    #expect(try covered(device).isEmpty)
  }

  @Test func interfacesCount() throws {
    var device = listDevice([
      (tcp("10.0.0.0/8", 0...1000), .permit), (tcp("10.0.0.0/8", 0...1000), .permit),
      (tcp("10.0.0.0/24", 80...90), .permit),
    ])
    device.lists[0].rules[0].ingress = InterfaceMatch(["a"])
    device.lists[0].rules[1].ingress = InterfaceMatch(["b"])
    #expect(try covered(device).isEmpty)
    device.lists[0].rules[2].ingress = InterfaceMatch(["a", "b"])
    #expect(try covered(device).map(\.coveredBy) == [[place(0), place(1)]])
    // Rules for all interfaces that there are add up to "any".
    device.lists[0].rules[2].ingress = .any
    device.interfaces = ["a", "b"].map { Interface(name: $0, source: nowhere) }
    #expect(try covered(device).map(\.coveredBy) == [[place(0), place(1)]])
    device.listsAllInterfaces = false
    #expect(try covered(device).isEmpty)
  }

  @Test func negatedAndPatternInterfacesAreToldApart() throws {
    var device = listDevice([
      (tcp("10.0.0.0/8", 0...1000), .permit), (tcp("10.0.0.0/8", 0...1000), .permit),
      (tcp("10.0.0.0/24", 80...90), .permit),
    ])
    device.listsAllInterfaces = false
    device.lists[0].rules[0].ingress = InterfaceMatch(["eth+"])
    device.lists[0].rules[1].ingress = InterfaceMatch(["eth+"], isNegated: true)
    #expect(try covered(device).map(\.coveredBy) == [[place(0), place(1)]])
    device.lists[0].rules[1].ingress = InterfaceMatch(["eth0"], isNegated: true)
    #expect(try covered(device).map(\.coveredBy) == [[place(0), place(1)]])
    device.lists[0].rules[0].ingress = InterfaceMatch(["eth1"])
    #expect(try covered(device).isEmpty)
  }

  @Test func discontiguousMasksAreExact() throws {
    // Odd hosts of a network, even ones, then all.
    let odd = AddressSet(v4: 0x0A00_0001, mask: 0xFFFF_FF01)!
    let even = AddressSet(v4: 0x0A00_0000, mask: 0xFFFF_FF01)!
    let all = AddressSet(IPPrefix("10.0.0.0/24")!)
    let device = listDevice([
      (PacketMatch(sources: odd), .permit), (PacketMatch(sources: even), deny), (PacketMatch(sources: all), .permit),
    ])
    #expect(try covered(device).map(\.place) == [place(2)])
    #expect(try covered(listDevice([(PacketMatch(sources: odd), .permit), (PacketMatch(sources: all), deny)])).isEmpty)
  }

  @Test func chainsAreFollowed() throws {
    var device = listDevice([
      (tcp("10.0.0.0/24", 0...1000), .permit), (tcp("10.0.0.0/16", 0...1000), .jump(list: 1)),
      (tcp("10.0.0.0/16", 80...80), deny),
    ])
    func chain(_ name: String, _ rules: [(PacketMatch, Action)]) -> RuleList {
      var list = listDevice(rules).lists[0]
      list.name = name
      list.fallback = DefaultAction(.leave, .implicit("test"))
      return list
    }
    device.lists.append(
      chain("chain", [(tcp("10.0.0.0/28", 80...90), deny), (tcp("10.0.0.0/16", 0...1000), .permit)]))
    device.pipeline = [
      Stage(.filter(lists: [0], fallback: DefaultAction(.deny, .implicit("test"))), name: "s", source: nowhere)
    ]
    let found = try covered(device)
    // The deny in the chain is shadowed by a rule before the jump; the deny after the jump by a rule of the chain.
    #expect(found.map(\.place) == [place(2), place(0, list: 1)])
    #expect(found[0].coveredBy == [place(1, list: 1)])
    #expect(found[1].coveredBy == [place(0)])
    // A return leads past the rest of the chain, so that the rule after the jump is asked again.
    device.lists[1] = chain(
      "chain", [(tcp("10.0.0.0/8", 80...80), .leave), (tcp("10.0.0.0/16", 0...1000), .permit)])
    #expect(try covered(device).isEmpty)
    device.lists[1] = chain(
      "chain",
      [
        (tcp("10.0.0.0/8", 80...90), .leave), (tcp("10.0.0.0/16", 85...85), .permit),
        (tcp("10.0.0.0/16", 0...1000), .permit),
      ])
    #expect(try covered(device).map(\.place) == [place(1, list: 1)])
  }

  @Test func listsInSequenceAreOneSequence() throws {
    var device = listDevice([(tcp("10.0.0.0/8", 0...1000), deny)])
    device.lists[0].fallback = DefaultAction(.leave, .implicit("test"))
    var second = listDevice([(tcp("10.0.0.0/24", 80...90), .permit), (tcp("11.0.0.0/24", 80...90), .permit)]).lists[0]
    second.name = "global"
    device.lists.append(second)
    device.pipeline = [
      Stage(.filter(lists: [0, 1], fallback: DefaultAction(.deny, .implicit("test"))), name: "s", source: nowhere)
    ]
    #expect(try covered(device).map(\.place) == [place(0, list: 1)])
  }

  @Test func redundantGeneralCorrelatedAndPartlyShadowed() throws {
    let found = try ruleAnomalies(
      of: listDevice([
        (tcp("10.0.0.0/24", 80...80), .permit),  // redundant: the third permits the same
        (tcp("10.0.1.0/24", 80...80), deny),  // an exception from the third
        (tcp("10.0.0.0/16", 80...80), .permit),
        (tcp("10.0.0.0/17", 0...100), deny),  // shares port 80 with the third
        (tcp("10.9.0.0/17", 0...1000), deny), (tcp("10.9.128.0/18", 0...1000), deny),
        (tcp("10.9.192.0/19", 0...1000), deny), (tcp("10.9.224.0/20", 0...1000), deny),
        (tcp("10.9.0.0/16", 0...1000), .permit),  // a sixteenth is left
      ]))
    #expect(found.covered.isEmpty)
    #expect(found.redundant.map(\.place).contains(place(0)))
    #expect(!found.redundant.map(\.place).contains(place(1)))
    #expect(found.overlapping.first { $0.place == place(2) }?.inside == [place(1)])
    #expect(found.overlapping.first { $0.place == place(3) }?.across == [place(2)])
    #expect(found.partlyCovered.map(\.place) == [place(8)])
    #expect(found.partlyCovered.allSatisfy { abs($0.shareLeft.lowerBound - 0.0625) < 1e-9 })
    #expect(found.partlyCovered.allSatisfy { $0.shareLeft.lowerBound == $0.shareLeft.upperBound })
  }

  @Test func aRuleIsRedundantOnlyIfItIsSoUnderEveryDefault() throws {
    var device = listDevice([(tcp("10.0.0.0/24", 80...80), deny)])
    device.lists[0].fallback = DefaultAction(.leave, .implicit("test"))
    func stage(_ verdict: DefaultAction.Verdict) -> Stage {
      Stage(.filter(lists: [0], fallback: DefaultAction(verdict, .implicit("test"))), name: "s", source: nowhere)
    }
    device.pipeline = [stage(.deny)]
    #expect(try ruleAnomalies(of: device).redundant.count == 1)
    for order in [[stage(.deny), stage(.permit)], [stage(.permit), stage(.deny)]] {
      device.pipeline = order
      #expect(try ruleAnomalies(of: device).redundant.isEmpty)
    }
  }

  @Test func theDiagramGivesTheSameAnswer() throws {
    // Every host of a network for itself, then the network: so many pieces that the diagram takes over.
    var sequence = RuleSequence(contexts: RuleSequence.Contexts())
    for host in 0..<64 {
      _ = sequence.append(SequenceEntry(host == 7 ? .permit : .deny, isTested: true))
      sequence.add(PacketMatch(sources: AddressSet(IPAddress(v4: 0x0A00_0000 + UInt32(host)))), .both)
    }
    for size in [64, 65] {
      _ = sequence.append(SequenceEntry(.permit, isTested: true))
      sequence.add(
        PacketMatch(sources: AddressSet(v4: IntervalSet(0x0A00_0000...0x0A00_0000 + UInt32(size) - 1))), .both)
    }
    let usual = try anomalies(in: sequence, kinds: [])
    let diagram = try anomalies(in: sequence, kinds: [], pieceLimit: 10)
    #expect(usual.covered.map(\.entry) == [64])
    #expect(usual == diagram)
    #expect(usual.covered[0].covers.count == 64)
  }
}
