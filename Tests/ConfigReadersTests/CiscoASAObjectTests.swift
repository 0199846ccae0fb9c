import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Objects, object groups and names.
@Suite struct CiscoASAObjectTests {
  private let objects = """
    names
    name 10.9.9.9 plc-9 description press line
    object network SERVER
     host 192.0.2.10
    object network CELL
     subnet 10.1.0.0 255.255.0.0
    object network POOL
     range 10.2.0.5 10.2.0.7
    object network V6
     subnet 2001:db8::/32
    object network NAMED
     host plc-9
    object service MODBUS
     service tcp source gt 1023 destination eq 502
    object service PING
     service icmp echo 0
    object-group network ALL
     description everything
     network-object host 10.0.0.1
     network-object 10.3.0.0 255.255.255.0
     network-object object POOL
     network-object 2001:db8:7::/48
     group-object INNER
    object-group network INNER
     network-object object SERVER
     network-object host plc-9
    object-group service WEB tcp
     port-object eq www
     port-object range 8080 8090
    object-group service BOTH tcp-udp
     port-object eq domain
    object-group service MIX
     service-object tcp destination eq 4840
     service-object udp source eq 2222 destination eq 2222
     service-object object MODBUS
     service-object icmp echo
     service-object esp
     group-object MORE
    object-group service MORE
     service-object tcp-udp destination eq 20000
    object-group protocol VPN
     protocol-object esp
     protocol-object 47
     protocol-object udp
    object-group icmp-type PINGS
     icmp-object echo
     icmp-object echo-reply

    """

  @Test(arguments: [
    ("permit ip object SERVER any", "192.0.2.10", true), ("permit ip object SERVER any", "192.0.2.11", false),
    ("permit ip object CELL any", "10.1.255.255", true), ("permit ip object POOL any", "10.2.0.7", true),
    ("permit ip object POOL any", "10.2.0.8", false), ("permit ip object NAMED any", "10.9.9.9", true),
    ("permit ip object-group ALL any", "192.0.2.10", true), ("permit ip object-group ALL any", "10.9.9.9", true),
    ("permit ip object-group ALL any", "10.3.0.77", true), ("permit ip object-group ALL any", "10.4.0.1", false),
    ("permit ip host plc-9 any", "10.9.9.9", true), ("permit ip plc-9 255.255.255.255 any", "10.9.9.9", true),
  ])
  func addresses(entry: String, source: String, permits: Bool) throws {
    let device = try asaDevice(objects + "access-list L extended \(entry)")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, source, "8.8.8.8", 1)) == (permits ? "permit" : "deny"))
  }

  /// Command reference, `object network`: an object has one value, a new one replaces it; groups add.
  @Test func redefinitionReplaces() throws {
    let device = try asaDevice(
      """
      object network A
       host 10.0.0.1
      object network A
       host 10.0.0.2
      access-list L extended permit ip object A any
      """)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.1", "8.8.8.8", 1)) == "deny")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.2", "8.8.8.8", 1)) == "permit")
  }

  @Test func ipv6Objects() throws {
    let device = try asaDevice(objects + "access-list L extended permit ip object V6 object-group ALL")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "2001:db8::1", "2001:db8:7::9", 1)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "2001:db8::1", "2001:db8:8::9", 1)) == "deny")
  }

  /// CLI book 2, "Objects for Access Control": a service group or object stands where the protocol stands; a group with
  /// a protocol of its own stands where ports stand.
  @Test(arguments: [
    ("permit tcp any any object-group WEB", 6, 8085, true), ("permit tcp any any object-group WEB", 6, 8091, false),
    ("permit udp any any object-group BOTH", 17, 53, true), ("permit object MODBUS any any", 6, 502, true),
    ("permit object-group MIX any any", 6, 4840, true), ("permit object-group MIX any any", 6, 502, true),
    ("permit object-group MIX any any", 17, 20000, true), ("permit object-group MIX any any", 50, 0, true),
    ("permit object-group MIX any any", 1, 8, true), ("permit object-group MIX any any", 1, 0, false),
    ("permit object-group MIX any any", 17, 2222, false), ("permit object PING any any", 1, 8, true),
    ("permit object-group VPN any any", 47, 0, true), ("permit object-group VPN any any", 6, 1, false),
    ("permit object-group VPN any any eq 500", 17, 500, true), ("permit icmp any any object-group PINGS", 1, 8, true),
    ("permit icmp any any object-group PINGS", 1, 3, false),
  ])
  func services(entry: String, proto: UInt8, port: UInt16, permits: Bool) throws {
    let device = try asaDevice(objects + "access-list L extended \(entry)")
    #expect(
      try asaVerdict(device, list: "L", asaPacket(proto, "8.8.4.4", "8.8.8.8", port)) == (permits ? "permit" : "deny"))
  }

  /// `object-group` after the source is a port group or the destination, by what the group is.
  @Test func groupAfterSource() throws {
    let device = try asaDevice(
      objects + """
        access-list L extended permit tcp object-group INNER object-group WEB object-group ALL object-group BOTH
        access-list M extended permit tcp object-group INNER object-group ALL object-group BOTH
        """)
    var packet = try asaPacket(6, "192.0.2.10", "10.0.0.1", 53)
    #expect(try asaVerdict(device, list: "L", packet) == "deny")
    packet.sourcePort = 80
    #expect(try asaVerdict(device, list: "L", packet) == "permit")
    packet.sourcePort = 81
    #expect(try asaVerdict(device, list: "M", packet) == "permit")
    #expect(device.lists[0].rules[0].objects.map(\.name) == ["INNER", "WEB", "ALL", "BOTH"])
  }

  @Test func undefinedObjects() throws {
    let reading = try readASA(
      objects + """
        access-list L extended permit ip object SERVR any
        access-list L extended permit tcp any any object-group NOPORTS
        """)
    let rules = try #require(reading.devices.first?.lists.first?.rules)
    #expect(rules.allSatisfy { !$0.match.isExact })
    #expect(reading.issues.map(\.kind) == [.undefinedReference, .undefinedReference])
    #expect(reading.issues[0].help.contains("did you mean `SERVER`"))
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, list: "L", asaPacket(17, "1.1.1.1", "2.2.2.2", 3)) == "open")
  }

  /// An FQDN is resolved while the device runs ("Objects for Access Control", network objects).
  @Test func fqdnIsBoundedBothWays() throws {
    let reading = try readASA(
      """
      object network CLOUD
       fqdn v4 historian.example.com
      access-list L extended deny ip any object CLOUD
      access-list L extended permit ip any any
      """)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "1.1.1.1", "2.2.2.2", 3)) == "open")
    #expect(reading.issues.map(\.kind) == [.dynamicObject])
  }

  @Test func unknownMemberWidensTheGroup() throws {
    let reading = try readASA(
      """
      object-group network G
       network-object host 10.0.0.1
       network-object frobnicate
      access-list L extended permit ip object-group G any
      """)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.1", "2.2.2.2", 3)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.2", "2.2.2.2", 3)) == "open")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func cyclesAreReported() throws {
    let reading = try readASA(
      """
      object-group network A
       network-object host 10.0.0.1
       group-object B
      object-group network B
       group-object A
      access-list L extended permit ip object-group A any
      """)
    #expect(reading.issues.contains { $0.message.contains("contains itself") })
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.1", "2.2.2.2", 3)) == "permit")
    #expect(try asaVerdict(device, list: "L", asaPacket(6, "10.0.0.3", "2.2.2.2", 3)) == "open")
  }

  /// Each level names the one below twice: 2^60 members if they were written out.
  @Test func doublingGroupsStaySmall() throws {
    var text = "object-group service G0\n service-object tcp destination eq 502\n"
    text += "object-group network N0\n network-object host 10.0.0.1\n"
    for i in 1...60 {
      text += "object-group service G\(i)\n group-object G\(i - 1)\n group-object G\(i - 1)\n"
      text += "object-group network N\(i)\n group-object N\(i - 1)\n group-object N\(i - 1)\n"
    }
    text += "access-list L extended permit object-group G60 object-group N60 any\n"
    let match = try #require(try asaDevice(text).lists[0].rules[0].match.upper.first)
    #expect(match.services.count == 1 && match.sources.v4.count == 1)
  }

  @Test func nestingTooDeepIsBounded() throws {
    var text = "object-group network N0\n network-object host 10.0.0.1\n"
    for i in 1...5000 { text += "object-group network N\(i)\n group-object N\(i - 1)\n" }
    text += "access-list L extended permit ip object-group N5000 any\n"
    let reading = try readASA(text)
    #expect(reading.devices[0].lists[0].rules[0].match.isExact == false)
    #expect(reading.issues.contains { $0.message.contains("deep") })
  }

  /// A member that is taken away again must not be denied for certain.
  @Test(arguments: [
    ("object-group network G\n network-object host 10.0.0.7\n no network-object host 10.0.0.7", "object-group G any"),
    (
      "object-group network H\n network-object host 10.0.0.7\n no network-object host 10.0.0.7\n"
        + "object-group network G\n group-object H", "object-group G any"
    ),
    ("object network G\n host 10.0.0.7\n no host 10.0.0.7", "object G any"),
  ])
  func aRemovedMemberIsNotCertain(group: String, ends: String) throws {
    let device = try asaDevice(
      asaInterfaces + group + "\naccess-list A extended deny ip \(ends)\naccess-list A extended permit ip any any\n"
        + "access-group A in interface inside\n")
    #expect(try asaVerdict(device, list: "A", asaPacket(6, "10.0.0.7", "192.0.2.1", 80)) == "open")
  }

  @Test func aRemovedServiceIsNotCertain() throws {
    let device = try asaDevice(
      asaInterfaces + "object-group service S tcp\n port-object eq 80\n no port-object eq 80\n"
        + "access-list A extended deny tcp any any object-group S\naccess-list A extended permit ip any any\n"
        + "access-group A in interface inside\n")
    #expect(try asaVerdict(device, list: "A", asaPacket(6, "10.0.0.7", "192.0.2.1", 80)) == "open")
  }
}
