import PacketSets
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// Access lists: syntax, order, wildcards, object groups.
@Suite struct CiscoIOSAccessListTests {
  /// First match, then the implicit deny; "IP Access List Overview", Access List Rules
  /// (https://www.cisco.com/en/US/docs/ios-xml/ios/sec_data_acl/configuration/15-2mt/sec-access-list-ov.html).
  @Test func firstMatchThenImplicitDeny() throws {
    let device = try iosDevice(
      """
      access-list 101 deny tcp host 10.0.0.9 any eq www
      access-list 101 permit tcp 10.0.0.0 0.0.0.255 any eq www 443
      """)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "10.0.0.9", "1.1.1.1", 80)) == "deny")
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "10.0.0.9", "1.1.1.1", 443)) == "permit")
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "10.0.0.8", "1.1.1.1", 80)) == "permit")
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "10.0.1.8", "1.1.1.1", 80)) == "deny")
    #expect(device.lists[0].rules.map(\.name) == ["access-list 101 line 1", "access-list 101 line 2"])
  }

  /// A standard list looks at the source and leaves out the wildcard of a host; Cisco IOS Security Command Reference,
  /// `access-list (IP standard)`.
  @Test func standardListLooksAtTheSource() throws {
    let device = try iosDevice(
      """
      access-list 10 permit 10.1.1.1
      access-list 10 permit 10.2.0.0, wildcard bits 0.0.255.255 (12 matches)
      access-list 10 deny   any log
      """)
    #expect(try iosVerdict(device, list: "10", iosPacket(17, "10.1.1.1", "9.9.9.9", 1)) == "permit")
    #expect(try iosVerdict(device, list: "10", iosPacket(17, "10.1.1.2", "9.9.9.9", 1)) == "deny")
    #expect(try iosVerdict(device, list: "10", iosPacket(6, "10.2.7.7", "9.9.9.9", 1)) == "permit")
    #expect(device.lists[0].rules[1].hits == 12)
    #expect(device.lists[0].rules[2].logging == .on)
    #expect(device.lists[0].rules[0].logging == .off)
  }

  /// Wildcard bits may stand in any pattern; Cisco document 23602, "Configure and Filter IP Access Lists", Masks.
  @Test func wildcardMayBeDiscontiguous() throws {
    let device = try iosDevice("access-list 1 permit 10.0.0.1 0.0.0.254\naccess-list 2 permit 10.0.0.0 0.255.0.255")
    #expect(try iosVerdict(device, list: "1", iosPacket(6, "10.0.0.77", "1.1.1.1")) == "permit")
    #expect(try iosVerdict(device, list: "1", iosPacket(6, "10.0.0.78", "1.1.1.1")) == "deny")
    #expect(try iosVerdict(device, list: "2", iosPacket(6, "10.9.0.78", "1.1.1.1")) == "permit")
    #expect(try iosVerdict(device, list: "2", iosPacket(6, "10.9.1.78", "1.1.1.1")) == "deny")
  }

  /// A wildcard with very many ranges is left open between its bounds, and said so.
  @Test func wildWildcardIsOpen() throws {
    let reading = try readIOS(
      "access-list 1 permit 10.0.0.0 0.85.85.85\naccess-list 2 permit 128.0.0.0 111.111.111.111")
    #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict && $0.reason.contains("wildcard") })
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "1", iosPacket(6, "10.1.1.1", "1.1.1.1")) == "permit")
    #expect(try iosVerdict(device, list: "2", iosPacket(6, "200.1.1.1", "1.1.1.1")) == "open")
  }

  /// Entries are tried by sequence number, whatever their place in the file; without a number they follow by ten ("IP
  /// Access List Entry Sequence Numbering").
  @Test func sequenceNumbersDecideTheOrder() throws {
    let device = try iosDevice(
      """
      ip access-list extended A
       20 permit ip any any
       10 deny tcp any any eq telnet
       permit udp any any
      """)
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 23)) == "deny")
    #expect(
      device.lists[0].rules.map(\.name) == [
        "access-list A sequence 10", "access-list A sequence 20", "access-list A sequence 30",
      ])
  }

  /// `resequence` numbers what is there; a later number then counts by the new ones ("IP Access List Entry Sequence
  /// Numbering", Resequencing).
  @Test func resequenceMovesLaterEntries() throws {
    let device = try iosDevice(
      """
      ip access-list extended A
       10 permit tcp any any
       20 permit udp any any
      ip access-list resequence A 100 100
      ip access-list extended A
       150 deny udp any any eq snmp
       50 deny tcp any any eq telnet
      """)
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 23)) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(17, "1.1.1.1", "2.2.2.2", 161)) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(17, "1.1.1.1", "2.2.2.2", 162)) == "permit")
  }

  /// `no 20` takes an entry out; a `no permit …` leaves all entries open; `no access-list` empties the list.
  @Test func noTakesEntriesOut() throws {
    let device = try iosDevice(
      """
      access-list 101 permit ip any any
      no access-list 101
      access-list 101 permit tcp any any
      ip access-list extended A
       10 deny tcp any any
       20 permit tcp any any
       no 10
      ip access-list extended B
       permit tcp any any
       no permit tcp any any
      """)
    #expect(try iosVerdict(device, list: "101", iosPacket(17, "1.1.1.1", "2.2.2.2", 1)) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "permit")
    #expect(try iosVerdict(device, list: "B", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "open")
    // The list may be empty now, and an empty list permits all packets.
    #expect(try iosVerdict(device, list: "B", iosPacket(17, "1.1.1.1", "2.2.2.2", 1)) == "open")
  }

  /// A number that is used twice leaves the second entry open.
  @Test func doubledSequenceIsOpen() throws {
    let reading = try readIOS("ip access-list extended A\n 10 permit tcp any any\n 10 permit udp any any")
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "permit")
    #expect(try iosVerdict(device, list: "A", iosPacket(17, "1.1.1.1", "2.2.2.2", 1)) == "open")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func remarksGoWithTheNextEntry() throws {
    let device = try iosDevice(
      """
      ip access-list extended A
       remark recipe download, MOC-17
       remark until 2027
       permit tcp any any eq 443 log
       deny ip any any
      """)
    #expect(device.lists[0].rules[0].comment == "recipe download, MOC-17\nuntil 2027")
    #expect(device.lists[0].rules[1].comment == nil)
  }

  /// All port operators; words differ from those of ASA (Cisco IOS Security Command Reference, `permit`).
  @Test func portOperators() throws {
    let device = try iosDevice(
      """
      ip access-list extended A
       permit udp any eq isakmp any eq non500-isakmp
       permit tcp any any range 1000 2000
       permit tcp any gt 65000 any lt 10
       permit tcp any any neq 1 cmd
      """)
    var packet = try iosPacket(17, "1.1.1.1", "2.2.2.2", 4500)
    packet.sourcePort = 500
    #expect(try iosVerdict(device, list: "A", packet) == "permit")
    packet.sourcePort = 501
    #expect(try iosVerdict(device, list: "A", packet) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 514)) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 515)) == "permit")
  }

  /// `established` is ACK or RST, so it never takes a packet that opens a session; plain flag words are any of them,
  /// `match-all` all (Cisco IOS Security Command Reference, `permit`; "ACL TCP Flags Filtering").
  @Test func tcpFlags() throws {
    let device = try iosDevice(
      """
      access-list 101 permit tcp any any established
      access-list 102 permit tcp any any syn fin
      access-list 103 permit tcp any any match-all +syn -ack
      access-list 104 permit tcp any any match-any +rst -syn
      """)
    var packet = try iosPacket(6, "1.1.1.1", "2.2.2.2", 1)
    func verdicts() throws -> [String] {
      try ["101", "102", "103", "104"].map { try iosVerdict(device, list: $0, packet) }
    }
    #expect(try verdicts() == ["deny", "permit", "permit", "deny"])
    packet.tcpFlags = 0x12
    #expect(try verdicts() == ["permit", "permit", "deny", "deny"])
    packet.tcpFlags = 0x10
    #expect(try verdicts() == ["permit", "deny", "deny", "permit"])
  }

  /// ICMP words may mean a code as well; in IPv6 lists `icmp` is ICMPv6 (RFC 792, RFC 4443).
  @Test func icmpMessages() throws {
    let device = try iosDevice(
      """
      access-list 101 permit icmp any any echo
      access-list 101 permit icmp any any port-unreachable
      access-list 101 permit icmp any any 11 0
      ipv6 access-list V6
       permit icmp any any echo-request
      """)
    #expect(try iosVerdict(device, list: "101", iosPacket(1, "1.1.1.1", "2.2.2.2", 8)) == "permit")
    var packet = try iosPacket(1, "1.1.1.1", "2.2.2.2", 3)
    #expect(try iosVerdict(device, list: "101", packet) == "deny")
    packet.icmpCode = 3
    #expect(try iosVerdict(device, list: "101", packet) == "permit")
    #expect(try iosVerdict(device, list: "V6", iosPacket(58, "2001:db8::1", "2001:db8::2", 128)) == "permit")
    #expect(try iosVerdict(device, list: "V6", iosPacket(58, "2001:db8::1", "2001:db8::2", 129)) == "deny")
  }

  /// An IPv6 list lets neighbour discovery pass before its implicit deny (Cisco IOS IPv6 Command Reference, `ipv6
  /// access-list`; Catalyst 3560 Command Reference, same command).
  @Test func ipv6ListsPassNeighborDiscovery() throws {
    let device = try iosDevice(
      """
      ipv6 access-list V6
       sequence 20 permit tcp 2001:DB8::/32 host 2001:DB8:1::5 eq 443
       deny udp any any log sequence 10
      """)
    #expect(try iosVerdict(device, list: "V6", iosPacket(6, "2001:db8::9", "2001:db8:1::5", 443)) == "permit")
    #expect(try iosVerdict(device, list: "V6", iosPacket(58, "fe80::1", "ff02::1", 136)) == "permit")
    #expect(try iosVerdict(device, list: "V6", iosPacket(58, "fe80::1", "ff02::1", 134)) == "deny")
    #expect(device.lists[0].rules.map(\.isExplicit) == [true, true, false, false])
    #expect(device.lists[0].rules[0].name == "access-list V6 sequence 10")
  }

  /// Conditions on parts of the header that packets do not have here, and on time, leave the entry open both ways.
  @Test(arguments: [
    "dscp ef", "ttl lt 5", "ttl range 1 5", "precedence critical", "option any-options", "time-range NIGHT", "tos 4",
  ])
  func headerConditionsAreOpen(condition: String) throws {
    let reading = try readIOS(
      "access-list 101 permit ip any any \(condition) log\naccess-list 102 deny ip any any \(condition)\naccess-list 102 permit ip any any"
    )
    #expect(reading.ledger.gaps.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "open")
    #expect(try iosVerdict(device, list: "102", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "open")
    #expect(device.lists[0].rules[0].logging == .on)
  }

  /// `fragments` applies to fragments behind the first only: as a deny it takes no whole packet, as a permit it may let
  /// pieces through (Cisco document 8014, "Access Control Lists and IP Fragments").
  @Test func fragmentsTakeNoWholePacket() throws {
    let device = try iosDevice(
      """
      access-list 101 deny ip any any fragments
      access-list 101 permit tcp any any
      access-list 102 permit ip any any fragments
      """)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "permit")
    #expect(try iosVerdict(device, list: "102", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "open")
  }

  /// What is not understood widens its entry and no other, and stands in the ledger.
  @Test func unknownOptionIsOpen() throws {
    let reading = try readIOS("access-list 101 deny tcp any any eq 80 wobble\naccess-list 101 permit tcp any any")
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "2.2.2.2", 80)) == "open")
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "2.2.2.2", 81)) == "permit")
    #expect(reading.ledger.gaps.map(\.state) == [.notRecognised])
  }

  // MARK: - Object groups

  /// Network groups have network masks, not wildcards; groups nest ("Object Groups for ACLs",
  /// https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/sec_data_zbf/configuration/xe-16-7/sec-data-zbf-xe-16-7-book/sec-zbf-ogacl.html).
  @Test func objectGroups() throws {
    let device = try iosDevice(
      """
      object-group network PLC
       description controllers
       host 10.0.0.5
       10.0.1.0 255.255.255.0
       range 10.0.2.1 10.0.2.9
      object-group network ALL-PLC
       group-object PLC
       10.0.3.0/24
      object-group service WEB
       tcp www
       tcp-udp source gt 1023 range 5000 5010
       icmp echo
      ip access-list extended A
       permit object-group WEB any object-group ALL-PLC
      """)
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "10.0.2.9", 80)) == "permit")
    #expect(try iosVerdict(device, list: "A", iosPacket(17, "1.1.1.1", "10.0.3.9", 5005)) == "permit")
    #expect(try iosVerdict(device, list: "A", iosPacket(17, "1.1.1.1", "10.0.3.9", 80)) == "deny")
    #expect(try iosVerdict(device, list: "A", iosPacket(1, "1.1.1.1", "10.0.1.9", 8)) == "permit")
    #expect(try iosVerdict(device, list: "A", iosPacket(6, "1.1.1.1", "10.0.4.9", 80)) == "deny")
    #expect(device.lists[0].rules[0].objects.map(\.name) == ["WEB", "ALL-PLC"])
  }

  @Test func brokenGroupsAreOpen() throws {
    let reading = try readIOS(
      """
      object-group network A
       group-object B
      object-group network B
       group-object A
       host 10.0.0.1
      ip access-list extended L
       permit ip object-group A any
       permit ip object-group NONE any
      """)
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "L", iosPacket(6, "9.9.9.9", "1.1.1.1", 1)) == "open")
    #expect(reading.issues.filter { $0.kind == .undefinedReference && $0.couldChangeVerdict }.count == 2)
  }

  /// A host name was resolved when it was typed; its address is not in the file.
  @Test func hostNamesAreOpen() throws {
    let reading = try readIOS("access-list 101 permit tcp any host historian.plant.example eq 443")
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "10.0.0.1", 443)) == "open")
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "10.0.0.1", 444)) == "deny")
    #expect(reading.issues.map(\.kind) == [.dynamicObject])
  }
}
