import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// Packet filter of HiSecOS. "RM GUI" is the reference manual GUI HiSecOS EAGLE20/30, release 3.0.
@Suite struct HiSecOSFilterTests {
  private let modbus = "hm2L3Proto=4 hm2L3TargetPort=502"

  @Test func `Rules act in order of priority, not of index`() throws {
    // RM GUI, "Packet Filter Overview": ascending order starting with priority 1.
    let text = hisecos(
      [l3Rule(1, action: 2), l3Rule(2, modbus, action: 1)], [l3Use(1, priority: 20), l3Use(2, priority: 10)])
    let reading = try readHiSecOS(text)
    #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(try verdict(device, plantPacket()) == "permit")
    #expect(try verdict(device, plantPacket(port: 80)) == "deny")
    let list = try #require(device.lists.first { $0.name == "packet filter 1/1 ingress" })
    #expect(list.rules.map(\.name) == ["rule 2", "rule 1"])
  }

  @Test func `What no rule matches is accepted by factory default`() throws {
    // RM GUI, "Packet Filter Global": Default Policy accept (default setting); HM2-FW-MIB hm2DefaultPolicy.
    let factory = try hisecosDevice(hisecos(policy: nil, [], []))
    #expect(try verdict(factory, plantPacket()) == "permit")
    guard case .factory = factory.lists[1].fallback.origin else {
      Issue.record("origin \(factory.lists[1].fallback.origin)")
      return
    }
    let accept = try hisecosDevice(hisecos(policy: 1, [], []))
    #expect(try verdict(accept, plantPacket()) == "permit")
    for policy in [2, 3] {
      let device = try hisecosDevice(hisecos(policy: policy, [], []))
      #expect(try verdict(device, plantPacket()) == "deny")
    }
  }

  @Test func `A permit that no interface uses permits nothing and is reported`() throws {
    // RM GUI, "Packet Filter": until a rule is assigned to a router interface, changes have no effect.
    let device = try hisecosDevice(
      hisecos([l3Rule(1, action: 1), l3Rule(2, modbus, action: 1)], [l3Use(2, priority: 1)]))
    #expect(try verdict(device, plantPacket(port: 80)) == "deny")
    #expect(device.unboundLists.map { device.lists[$0].rules.map(\.name) } == [["rule 1"]])
  }

  @Test func `Rules and assignments that are not active do nothing`() throws {
    // RFC 2579 RowStatus: active 1, notInService 2.
    let device = try hisecosDevice(
      hisecos(
        [l3Rule(1, action: 1, status: 2), l3Rule(2, action: 1)],
        [l3Use(1, priority: 1), l3Use(2, priority: 2, status: 2)]))
    #expect(try verdict(device, plantPacket()) == "deny")
    let list = try #require(device.lists.first { $0.name == "packet filter 1/1 ingress" })
    #expect(list.rules.map(\.state) == [.disabled, .disabled])
    #expect(device.unboundLists.isEmpty)
  }

  @Test func `The numbers of protocols are those of the MIB, not of IP`() throws {
    // HM2-FW-MIB hm2L3Proto: icmp 1, igmp 2, ipip 3, tcp 4, udp 5, esp 6, ah 7, icmpv6 8, any 9.
    let numbers: [(mib: Int, ip: UInt8)] = [(1, 1), (2, 2), (3, 4), (4, 6), (5, 17), (6, 50), (7, 51), (8, 58)]
    for (number, proto) in numbers {
      let device = try hisecosDevice(hisecos([l3Rule(1, "hm2L3Proto=\(number)", action: 1)], [l3Use(1, priority: 1)]))
      for other in numbers.map(\.ip) {
        #expect(try verdict(device, plantPacket(proto: other)) == (other == proto ? "permit" : "deny"))
      }
    }
    let any = try hisecosDevice(hisecos([l3Rule(1, "hm2L3Proto=9", action: 1)], [l3Use(1, priority: 1)]))
    #expect(try verdict(any, plantPacket(proto: 47)) == "permit")
  }

  @Test(arguments: [
    ("any", true, true), ("10.0.0.9", true, false), ("10.0.0.8/31", true, false), ("!10.0.0.9", false, true),
    ("!10.0.0.0/24", false, false), ("!10.1.0.0/24", true, true),
  ])
  func `Addresses are any, one, a network or all others`(_ text: String, _ nine: Bool, _ seven: Bool) throws {
    // RM GUI, "Packet Filter Rule": Source Address; `!` reverses the expression.
    let device = try hisecosDevice(
      hisecos([l3Rule(1, "hm2L3SourceAddress=\(text)", action: 1)], [l3Use(1, priority: 1)]))
    #expect(try verdict(device, plantPacket("10.0.0.9")) == (nine ? "permit" : "deny"))
    #expect(try verdict(device, plantPacket("10.0.0.7")) == (seven ? "permit" : "deny"))
  }

  @Test func `Ports are lists, ranges and all others`() throws {
    func ports(_ text: String) throws -> [UInt16] {
      let device = try hisecosDevice(
        hisecos([l3Rule(1, "hm2L3Proto=4 hm2L3TargetPort=\(text)", action: 1)], [l3Use(1, priority: 1)]))
      return try [79, 80, 443, 1000, 1500, 2000].filter { try verdict(device, plantPacket(port: $0)) == "permit" }
    }
    #expect(try ports("80,443") == [80, 443])
    #expect(try ports("80,1000-1500") == [80, 1000, 1500])
    #expect(try ports("!80") == [79, 443, 1000, 1500, 2000])
    let source = try hisecosDevice(
      hisecos([l3Rule(1, "hm2L3Proto=5 hm2L3SourcePort=123", action: 1)], [l3Use(1, priority: 1)]))
    #expect(try verdict(source, plantPacket(proto: 17, from: 123)) == "permit")
    #expect(try verdict(source, plantPacket(proto: 17, from: 124)) == "deny")
  }

  @Test func `What cannot be read leaves its rule open and is a gap`() throws {
    for column in ["hm2L3SourceAddress=plc", "hm2L3TargetPort=!80,443", "hm2L3Proto=17", "hm2L3RuleParams=ttl=4"] {
      for action in [1, 2] {
        let policy = action == 1 ? 2 : 1
        let reading = try readHiSecOS(
          hisecos(policy: policy, [l3Rule(1, column, action: action)], [l3Use(1, priority: 1)]))
        #expect(reading.ledger.isIncomplete)
        #expect(try verdict(#require(reading.devices.first), plantPacket()) == "open", "\(column) \(action)")
      }
    }
  }

  @Test func `A packet must pass the ingress and the egress rules`() throws {
    // RM GUI, "Action": accept according to the ingress rules; afterwards the egress rules before sending.
    let device = try hisecosDevice(
      hisecos(
        policy: 1,
        [l3Rule(1, modbus, action: 1), l3Rule(2, "hm2L3TargetAddress=10.20.0.6", action: 2), l3Rule(3, action: 3)],
        [l3Use(1, priority: 1), l3Use(3, priority: 2), l3Use(2, "1/2", priority: 1, direction: 2)]))
    #expect(try verdict(device, plantPacket()) == "permit")
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.20.0.6")) == "deny")
    #expect(try verdict(device, plantPacket(port: 80)) == "deny")
    // Direction both (3) is ingress and egress.
    let both = try hisecosDevice(
      hisecos(policy: 1, [l3Rule(1, action: 2)], [l3Use(1, "1/2", priority: 1, direction: 3)]))
    #expect(try verdict(both, plantPacket()) == "deny")
    #expect(try verdict(both, plantPacket("10.20.0.5", "10.0.0.9"), from: "1/2", to: "1/1") == "deny")
  }

  @Test func `Where a dropping default meets egress rules both readings of the manual are kept`() throws {
    // RM GUI, "Packet Filter": the standard rule applies "if no rule applies"; not said whether per direction.
    let device = try hisecosDevice(
      hisecos(
        [l3Rule(1, modbus, action: 1), l3Rule(2, "hm2L3Proto=4 hm2L3TargetPort=80", action: 1)],
        [l3Use(1, priority: 1), l3Use(2, "1/2", priority: 1, direction: 2)]))
    #expect(try verdict(device, plantPacket()) == "open")
    #expect(try verdict(device, plantPacket(port: 80)) == "open")
    #expect(try verdict(device, plantPacket(port: 81)) == "deny")
    // By an interface that no egress rule guards, the ingress rules alone decide.
    #expect(try verdict(device, plantPacket(), from: "1/1", to: "1/1") == "permit")
  }

  @Test func `Parameters narrow a rule or leave it open`() throws {
    // RM GUI, "Parameter": type, code, state, flags, mac, frags.
    func outcome(_ text: String, _ packet: Packet) throws -> String {
      try verdict(hisecosDevice(hisecos([l3Rule(1, text, action: 1)], [l3Use(1, priority: 1)])), packet)
    }
    let echo = "hm2L3Proto=1 hm2L3RuleParams=type=8,code=0"
    #expect(try outcome(echo, plantPacket(proto: 1, port: 8)) == "permit")
    #expect(try outcome(echo, plantPacket(proto: 1, port: 13)) == "deny")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=state=new|rel", plantPacket()) == "permit")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=state=rel", plantPacket()) == "deny")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=mac=de:ad:de:ad:be:ef", plantPacket()) == "open")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=flags=syn", plantPacket()) == "open")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=flags=fin", plantPacket()) == "deny")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=frags=true", plantPacket()) == "open")
    #expect(try outcome("hm2L3Proto=4 hm2L3RuleParams=none", plantPacket()) == "permit")
  }

  @Test func `Logging, description and rejection are read`() throws {
    let device = try hisecosDevice(
      hisecos(
        [l3Rule(1, "hm2L3Log=1 hm2L3Description=MOC-4711_historian", action: 1), l3Rule(2, "hm2L3Log=2", action: 3)],
        [l3Use(1, priority: 1), l3Use(2, priority: 2)]))
    let rules = try #require(device.lists.first { $0.name == "packet filter 1/1 ingress" }).rules
    #expect(rules[0].logging == .on && rules[0].comment == "MOC-4711 historian")
    #expect(rules[1].logging == .off && rules[1].action == .deny(rejects: true))
  }

  @Test func `Rules of equal priority have no known order`() throws {
    let reading = try readHiSecOS(
      hisecos([l3Rule(1, action: 1), l3Rule(2, action: 2)], [l3Use(1, priority: 5), l3Use(2, priority: 5)]))
    #expect(reading.ledger.isIncomplete)
    #expect(try verdict(#require(reading.devices.first), plantPacket()) == "open")
  }

  @Test func `Missing rules, repeated rules and unknown interfaces are said`() throws {
    let missing = try readHiSecOS(hisecos([], [l3Use(7, priority: 1)]))
    #expect(missing.issues.map(\.kind) == [.undefinedReference])
    #expect(try verdict(#require(missing.devices.first), plantPacket()) == "open")
    let repeated = try readHiSecOS(hisecos([l3Rule(1, action: 2), l3Rule(1, action: 1)], [l3Use(1, priority: 1)]))
    #expect(repeated.ledger.isIncomplete)
    #expect(try verdict(#require(repeated.devices.first), plantPacket()) == "open")
    let unknown = try readHiSecOS(hisecos([l3Rule(1, action: 1)], [l3Use(1, "7/7", priority: 1)]))
    #expect(unknown.issues.map(\.kind) == [.undefinedReference])
  }

  @Test func `An unknown column leaves its rule open`() throws {
    let reading = try readHiSecOS(
      hisecos([l3Rule(1, "hm2L3SourceNetwork=3", action: 1), l3Rule(2, action: 1)], [l3Use(1, priority: 1)]))
    #expect(reading.ledger.gaps.map(\.state) == [.notRecognised])
    #expect(try verdict(#require(reading.devices.first), plantPacket()) == "open")
  }

  @Test func `Learning mode may accept everything on its interfaces`() throws {
    // RM GUI, "Firewall Learning Mode": during the learning phase every data packet on the selected ports is accepted.
    func more(_ state: Int) -> String {
      mibScalars("hm2FLMObjects", "hm2FLMAdminState=\(state)")
        + mibTable("hm2FLMInterfaceEntry", ["hm2FLMInterfaceIndex=1/1 hm2FLMInterfaceRowStatus=1"])
    }
    let reading = try readHiSecOS(hisecos([], [], more: more(1)))
    let device = try #require(reading.devices.first)
    #expect(try verdict(device, plantPacket()) == "open")
    #expect(try verdict(device, plantPacket("10.20.0.5", "10.0.0.9"), from: "1/2", to: "1/1") == "deny")
    #expect(reading.issues.count == 1 && reading.ledger.isIncomplete)
    let off = try readHiSecOS(hisecos([], [], more: more(2)))
    #expect(off.issues.isEmpty && !off.ledger.isIncomplete)
  }

  @Test func `Changes that were not applied are said`() throws {
    // RM GUI, "Packet Filter Global": Uncommitted Changes present.
    let more = mibScalars("hm2L3RuleObjects", "hm2L3RulePendingActions=1 hm2L3CommitPendingActions=2 hm2L3RuleCount=0")
    let reading = try readHiSecOS(hisecos([], [], more: more))
    #expect(reading.issues.map(\.kind) == [.pendingChanges] && reading.ledger.gaps.isEmpty)
  }

  @Test func `Layer 2 rules may drop routed packets, and permit none`() throws {
    let rule = "hm2DynFwRuleIndex=1 hm2DynFwAction=2 hm2DynFwRowStatus=1"
    let use =
      "hm2DynFwIfmRuleIndex=1 hm2DynFwIfmDirection=1 hm2DynFwIfmPriority=1 hm2DynFwIfmInterface=1/1"
      + " hm2DynFwIfmRowStatus=1"
    let more = mibTable("hm2DynFwRuleEntry", [rule]) + mibTable("hm2DynFwRuleIfMappingEntry", [use])
    let reading = try readHiSecOS(hisecos([l3Rule(1, modbus, action: 1)], [l3Use(1, priority: 1)], more: more))
    #expect(reading.ledger.isIncomplete)
    let device = try #require(reading.devices.first)
    #expect(try verdict(device, plantPacket()) == "open")
    #expect(try verdict(device, plantPacket(port: 80)) == "deny")
  }

  @Test func `Access control lists come before the packet filter and may drop`() throws {
    // RM GUI, "Packet Filter": packet filters process data traffic after ACL processing.
    let lists = mib("HM2-PLATFORM-QOS-ACL-MIB", mibTable("hm2AgentAclEntry", ["hm2AgentAclIndex=1"]))
    let reading = try readHiSecOS(hisecos([l3Rule(1, modbus, action: 1)], [l3Use(1, priority: 1)], after: lists))
    #expect(reading.ledger.isIncomplete)
    let device = try #require(reading.devices.first)
    #expect(try verdict(device, plantPacket()) == "open")
    #expect(try verdict(device, plantPacket(port: 80)) == "deny")
  }
}
