import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Entries of access lists, alone.
@Suite struct CiscoASAAccessListTests {
  /// Command reference, `access-list extended`: netmasks, not wildcards; first match; implicit deny.
  @Test func firstMatchDecides() throws {
    let device = try asaDevice(
      """
      access-list L extended deny tcp host 10.0.0.5 any4 eq ssh
      access-list L extended permit tcp 10.0.0.0 255.255.255.0 192.0.2.0 255.255.255.128 eq 22
      """)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.5", "192.0.2.1", 22)) == "deny")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.6", "192.0.2.127", 22)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.6", "192.0.2.128", 22)) == "deny")
    #expect(try asaVerdict(device, list: "L", asaPacket(17, "10.0.0.6", "192.0.2.1", 22)) == "deny")
    #expect(device.unboundLists == [0])
  }

  /// CLI book "Addresses, Protocols, and Ports": operators eq, neq, lt, gt, range and the port words.
  @Test(arguments: [
    ("eq www", [80], [81]), ("neq 80", [79, 81, 0, 65535], [80]), ("lt 1024", [0, 1023], [1024]),
    ("gt 1023", [1024, 65535], [1023]), ("range ftp-data ssh", [20, 22], [19, 23]), ("eq sqlnet", [1521], [1522]),
    ("eq citrix-ica", [1494], [1495]), ("eq https", [443], [444]), ("eq domain", [53], [54]),
  ])
  func portOperators(text: String, inside: [UInt16], outside: [UInt16]) throws {
    let device = try asaDevice("access-list L extended permit tcp any any \(text)")
    for port in inside {
      #expect(try asaVerdict(device, list: "L", asaPacket(6, "1.1.1.1", "2.2.2.2", port)) == "permit")
    }
    for port in outside {
      #expect(try asaVerdict(device, list: "L", asaPacket(6, "1.1.1.1", "2.2.2.2", port)) == "deny")
    }
    let source = try asaDevice("access-list L extended permit tcp any \(text) any")
    var packet = try asaPacket(6, "1.1.1.1", "2.2.2.2", 9)
    packet.sourcePort = try #require(inside.first)
    #expect(try asaVerdict(source, list: "L", packet) == "permit")
    packet.sourcePort = try #require(outside.first)
    #expect(try asaVerdict(source, list: "L", packet) == "deny")
  }

  /// CLI book "Addresses, Protocols, and Ports", ICMP Type Numbers; ICMPv6 has numbers of its own.
  @Test func icmpTypes() throws {
    let device = try asaDevice(
      """
      access-list L extended permit icmp any any echo
      access-list L extended permit icmp any any 3 4
      access-list L extended permit icmp6 any6 any6 echo-reply
      """)
    #expect(try asaVerdict(device, list: "L", asaPacket(1, "1.1.1.1", "2.2.2.2", 8)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(1, "1.1.1.1", "2.2.2.2", 0)) == "deny")
    var unreachable = try asaPacket(1, "1.1.1.1", "2.2.2.2", 3)
    #expect(try asaVerdict(device, list: "L", unreachable) == "deny")
    unreachable.icmpCode = 4
    #expect(try asaVerdict(device, list: "L", unreachable) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(58, "2001:db8::1", "2001:db8::2", 129)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(58, "2001:db8::1", "2001:db8::2", 0)) == "deny")
  }

  /// Upgrade to 9.0: unified lists; `any` is both versions, `any4` and `any6` one ("Access Rules", history).
  @Test func anyOfBothFamilies() throws {
    let device = try asaDevice(
      """
      access-list L extended deny ip any4 any4
      access-list L extended permit ip any 2001:db8:1::/48
      """)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "deny")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "2001:db8::1", "2001:db8:1::2", 1)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "2001:db8::1", "2001:db8:2::2", 1)) == "deny")
  }

  /// Command reference, `access-list extended`: `inactive` switches off, `time-range` limits, `log disable` silences;
  /// without `log`, message 106023 records denied packets only.
  @Test func options() throws {
    let reading = try readASA(
      """
      access-list L remark Historian pulls
      access-list L remark ticket 4711
      access-list L extended permit tcp any any eq 502 log warnings interval 600 inactive
      access-list L extended permit tcp any any eq 102 log disable time-range SHIFT
      access-list L extended permit tcp any any eq 44818 log
      access-list L extended deny ip any any
      access-list L extended permit udp any any log default
      """)
    let rules = try #require(reading.devices.first?.lists.first?.rules)
    #expect(rules.map(\.logging) == [.on, .off, .on, .on, .off])
    #expect(rules[0].state == .disabled)
    #expect(rules[0].comment == "Historian pulls\nticket 4711")
    #expect(rules[0].name == "access-list L line 3")
    #expect(rules[1].state == .scheduled(name: "SHIFT"))
    #expect(rules[1].match.lower.isEmpty && !rules[1].match.upper.isEmpty)
    #expect(rules[1].comment == nil)
    #expect(rules[2].match.isExact)
    #expect(!reading.ledger.isIncomplete)
  }

  /// Command reference, `access-list extended`: `line` puts an entry before the one of that number; remarks count.
  @Test func lineNumbersInsert() throws {
    let device = try asaDevice(
      """
      access-list L remark first
      access-list L extended permit ip any any
      access-list L line 2 extended deny tcp any any eq 23
      """)
    #expect(device.lists[0].rules.map(\.action) == [.deny(rejects: false), .permit])
    #expect(device.lists[0].rules.map(\.order) == [0, 1])
  }

  /// `show access-list`: counters, expanded entries indented; standard and webtype lists filter nothing.
  @Test func showOutputAndOtherLists() throws {
    let reading = try readASA(
      """
      access-list cached ACL log flows: total 0, denied 0 (deny-flow-max 4096)
      access-list alert-interval 300
      access-list L; 2 elements; name hash: 0x5bc5a2f8
      access-list L line 1 extended permit tcp object-group SRC any eq 502 (hitcnt=17) 0x8f5a2b1c
        access-list L line 1 extended permit tcp host 10.0.0.1 any eq 502 (hitcnt=17) 0x11112222
      access-list L line 2 extended deny ip any any (hitcnt=0) (inactive) 0x8f5a2b1d
      access-list STD remark split tunnel
      access-list STD standard permit host 10.0.0.1
      access-list WEB webtype permit url any
      object-group network SRC
       network-object host 10.0.0.1
      """)
    let device = try #require(reading.devices.first)
    #expect(device.lists.map(\.name) == ["L"])
    #expect(device.lists[0].rules.map(\.hits) == [17, 0])
    #expect(device.lists[0].rules.last?.state == .disabled)
    #expect(reading.ledger.states.allSatisfy { $0 != .unread })
    #expect(!reading.ledger.isIncomplete)
  }

  @Test func countersBesideTheConfiguration() throws {
    let device = try asaDevice(
      """
      access-list L extended permit tcp any any eq 502
      access-list L extended deny ip any any
      access-list L line 2 extended deny ip any any (hitcnt=9) 0x8f5a2b1d
      """)
    #expect(device.lists[0].rules.map(\.hits) == [nil, 9])
  }

  /// Cisco document 212321: `deny` and `trust` are final in LINA, `permit` hands the packet to Snort.
  @Test func threatDefense() throws {
    let reading = try readASA(
      """
      NGFW Version 7.4.2
      hostname ftd
      access-list CSM_FW_ACL_ remark rule-id 268435461: ACCESS POLICY: plant - Mandatory
      access-list CSM_FW_ACL_ remark rule-id 268435461: L4 RULE: block telnet
      access-list CSM_FW_ACL_ advanced deny tcp ifc IT any ifc OT any eq telnet rule-id 268435461 event-log flow-start
      access-list CSM_FW_ACL_ advanced trust tcp ifc IT 10.1.0.0 255.255.0.0 ifc OT any eq 4840 rule-id 268435462
      access-list CSM_FW_ACL_ advanced permit ip any any rule-id 268435463 event-log both
      access-group CSM_FW_ACL_ global
      """)
    let device = try #require(reading.devices.first)
    let rules = device.lists[0].rules
    #expect(rules[0].ingress == InterfaceMatch(["IT"]) && rules[0].egress == InterfaceMatch(["OT"]))
    #expect(rules[0].comment == "rule-id 268435461: L4 RULE: block telnet")
    #expect(rules.map(\.action) == [.deny(rejects: false), .permit, .unknown])
    #expect(rules[0].logging == .on && rules[2].logging == .on)
    #expect(!rules[2].match.isExact)
    #expect(reading.issues.contains { $0.couldChangeVerdict && $0.message.contains("Snort engine") })
  }

  /// What is not understood never vanishes: the rule stays, as wide as it may be, and the line is reported.
  @Test(arguments: [
    "permit tcp any any eq no-such-port", "permit tcp 10.0.0.0 255.255.255.0 any frobnicate 3",
    "frobnicate tcp any any", "permit quux any any", "permit tcp any", "deny", "permit tcp any any range 9 3",
  ])
  func unknownPartsWiden(text: String) throws {
    let reading = try readASA("hostname x\naccess-list L extended \(text)\naccess-list L extended permit ip any any")
    let rules = try #require(reading.devices.first?.lists.first?.rules)
    #expect(rules.count == 2)
    #expect(rules[0].match.lower.isEmpty && !rules[0].match.upper.isEmpty)
    let gap = try #require(reading.ledger.gaps.first)
    #expect(gap.couldChangeVerdict && reading.ledger.states[1] == .notRecognised)
    #expect(!text.hasPrefix("frob") || rules[0].action == .unknown)
  }

  /// The parts that were understood still narrow the upper bound.
  @Test func understoodPartsNarrow() throws {
    let device = try asaDevice("access-list L extended permit tcp host 10.0.0.9 any eq no-such-port")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.9", "2.2.2.2", 5)) == "open")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.8", "2.2.2.2", 5)) == "deny")
    #expect(try asaVerdict(device, list: "L", asaPacket(17, "10.0.0.9", "2.2.2.2", 5)) == "deny")
  }

  /// "Access Control Lists", identity and TrustSec entries: users and security groups are not in the packet.
  @Test func identitiesAreBounded() throws {
    let reading = try readASA(
      """
      access-list L extended permit ip user LOCAL\\operator any host 10.0.0.1
      access-list L extended permit ip security-group name HMI any security-group tag 7 any
      access-list L extended permit ip object-group-user OPS any any
      """)
    let rules = try #require(reading.devices.first?.lists.first?.rules)
    #expect(rules.allSatisfy { $0.match.lower.isEmpty && $0.action == .permit })
    #expect(reading.issues.count { $0.kind == .dynamicObject } == 4)
  }
}
