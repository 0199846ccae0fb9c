import PacketSets
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// Lists at interfaces, returns, switches, virtual routing tables, routes.
@Suite struct CiscoIOSForwardingTests {
  private func bound(_ binding: String, _ lists: String, at interface: String = office) -> String {
    "\(iosInterfaces)interface \(interface)\n \(binding)\n\(lists)"
  }

  @Test func inboundAndOutboundLists() throws {
    let inbound = try iosDevice(bound("ip access-group A in", "ip access-list extended A\n permit tcp any any eq 502"))
    #expect(try iosVerdict(inbound, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502)) == "permit")
    #expect(try iosVerdict(inbound, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 503)) == "deny")
    #expect(try iosVerdict(inbound, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 503)) == "permit")
    let outbound = try iosDevice(
      bound("ip access-group A out", "ip access-list extended A\n permit tcp any any eq 502", at: plant))
    #expect(try iosVerdict(outbound, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 503)) == "deny")
    #expect(try iosVerdict(outbound, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 503)) == "permit")
  }

  /// The classic trap: a list that is bound and not defined, or has remarks only, permits all packets ("IP Access List
  /// Overview", Access List Rules: "If an access list is referenced by a name, but the access list does not exist, all
  /// packets pass. An interface … with an empty access list applied to it permits all traffic").
  @Test(arguments: ["", "ip access-list extended A\n", "ip access-list extended A\n remark deny everything\n"])
  func missingAndEmptyListsPermitAll(list: String) throws {
    let reading = try readIOS(bound("ip access-group A in", list))
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502)) == "permit")
    if list.isEmpty { #expect(reading.issues.map(\.kind) == [.undefinedReference]) }
  }

  /// One list for each direction and protocol: the last `ip access-group` counts ("Access List Rules": "Only one access
  /// list per interface, per protocol, and per direction is allowed").
  @Test func lastBindingCounts() throws {
    let device = try iosDevice(
      bound(
        "ip access-group A in\n ip access-group B in",
        "ip access-list extended A\n permit ip any any\nip access-list extended B\n permit udp any any"))
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502)) == "deny")
    #expect(device.unboundLists.map { device.lists[$0].name } == ["A"])
  }

  /// IPv4 and IPv6 lists are bound apart, and each lets the other version pass.
  @Test func familiesAreApart() throws {
    let device = try iosDevice(
      bound("ipv6 traffic-filter V6 in", "ipv6 access-list V6\n permit tcp any any eq 443"))
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "2001:db8::1", "2001:db8:1::1", 443)) == "permit")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "2001:db8::1", "2001:db8:1::1", 80)) == "deny")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 80)) == "permit")
  }

  /// IOS lists keep no sessions: an answer needs an entry (`established`), and that lets no session begin.
  @Test func listsAreStateless() throws {
    let device = try iosDevice(
      bound("ip access-group A in", "ip access-list extended A\n permit tcp any any established"))
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.2", 443)
    #expect(!device.passesReplies)
    #expect(iosVerdict(device, plant, office, request) == "permit")
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "permit")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 443)) == "deny")
    let udp = try iosPacket(17, "10.0.0.5", "192.168.1.2", 53)
    #expect(iosVerdict(device, office, plant, answer(to: udp)) == "deny")
  }

  /// `ip inspect` opens lists for answers only; new sessions are the list's to decide (Cisco IOS Security Configuration
  /// Guide, "Configuring Context-Based Access Control").
  @Test(arguments: [(office, "out"), (plant, "in")])
  func inspectionOpensForAnswers(at interface: String, direction: String) throws {
    let device = try iosDevice(
      """
      \(iosInterfaces)ip inspect name FW tcp
      ip inspect name FW ftp
      interface \(interface)
       ip inspect FW \(direction)
      interface \(office)
       ip access-group DENY in
      ip access-list extended DENY
       deny ip any any
      """)
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.2", 443)
    #expect(iosVerdict(device, plant, office, request) == "permit")
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "permit")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 443)) == "deny")
    let udp = try iosPacket(17, "10.0.0.5", "192.168.1.2", 53)
    #expect(iosVerdict(device, office, plant, answer(to: udp)) == "open")
  }

  /// Reflexive lists: `reflect` entries fill, `evaluate` asks; only answers pass (Cisco IOS Security Configuration Guide,
  /// "Configuring IP Session Filtering (Reflexive Access Lists)").
  @Test func reflexiveLists() throws {
    let reading = try readIOS(
      """
      \(iosInterfaces)interface \(office)
       ip access-group OUT out
       ip access-group IN in
      ip access-list extended OUT
       permit tcp any any reflect SESSIONS timeout 120
       permit icmp any any
      ip access-list extended IN
       evaluate SESSIONS
       evaluate NOBODY
      """)
    let device = try #require(reading.devices.first)
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.2", 443)
    #expect(iosVerdict(device, plant, office, request) == "permit")
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "open")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 443)) == "deny")
    #expect(try iosVerdict(device, office, plant, answer(to: iosPacket(17, "10.0.0.5", "192.168.1.2", 53))) == "deny")
    #expect(reading.issues.map(\.message).filter { $0.contains("NOBODY") }.count == 1)
  }

  /// Lists that serve other purposes are neither filters nor without use.
  @Test func selectorsAreNotUnbound() throws {
    let device = try iosDevice(
      """
      \(iosInterfaces)access-list 10 permit 10.0.0.0 0.0.0.255
      access-list 11 permit 10.0.0.0 0.0.0.255
      access-list 12 permit 10.0.0.0 0.0.0.255
      access-list 13 permit 10.0.0.0 0.0.0.255
      access-list 14 permit 10.0.0.0 0.0.0.255
      ip access-list extended VPN
       permit ip any any
      ip access-list extended QOS
       permit ip any any
      ip access-list extended FORGOTTEN
       permit ip any any
      route-map R permit 10
       match ip address 10
      ip nat inside source list 11 interface \(office) overload
      snmp-server community xyz RO 12
      line vty 0 4
       access-class 13 in
      crypto map M 10 ipsec-isakmp
       match address VPN
      class-map match-any C
       match access-group name QOS
      """)
    #expect(device.unboundLists.map { device.lists[$0].name } == ["14", "FORGOTTEN"])
    #expect(device.forwardingLists.isEmpty)
  }

  // MARK: - Switches

  private let switched = """
    hostname sw1
    vlan 10
     name CELLS
    interface GigabitEthernet1/1
     switchport access vlan 10
     switchport mode access
    interface GigabitEthernet1/2
     switchport access vlan 10
    interface GigabitEthernet1/3
     switchport access vlan 20
    interface Vlan10
     ip address 10.0.10.1 255.255.255.0
     ip access-group CELL in
    interface Vlan20
     ip address 10.0.20.1 255.255.255.0
    ip access-list extended CELL
     permit tcp any any eq 443

    """

  /// A router list on a VLAN interface filters what is routed and not what is switched (Catalyst software configuration
  /// guides, "Configuring Network Security with ACLs", Router ACLs).
  @Test func routedInterfaceFiltersWhatIsRouted() throws {
    let device = try iosDevice(switched)
    let packet = try iosPacket(6, "10.0.10.5", "10.0.20.5", 80)
    #expect(iosVerdict(device, "Vlan10", "Vlan20", packet) == "deny")
    #expect(iosVerdict(device, "GigabitEthernet1/1", "GigabitEthernet1/3", packet) == "deny")
    #expect(iosVerdict(device, "GigabitEthernet1/1", "GigabitEthernet1/2", packet) == "permit")
    #expect(iosVerdict(device, "Vlan20", "Vlan10", packet) == "permit")
  }

  /// A port list filters what enters by its port; what enters by the VLAN may or may not have met it (same guide, Port
  /// ACLs).
  @Test func portListIsExactAtItsPort() throws {
    let device = try iosDevice(
      """
      \(switched)interface GigabitEthernet1/3
       ip access-group PORT in
      ip access-list extended PORT
       permit udp any any
      """)
    let packet = try iosPacket(6, "10.0.20.5", "10.0.10.5", 80)
    #expect(iosVerdict(device, "GigabitEthernet1/3", "Vlan10", packet) == "deny")
    #expect(iosVerdict(device, "Vlan20", "Vlan10", packet) == "open")
    #expect(try iosVerdict(device, "Vlan20", "Vlan10", iosPacket(17, "10.0.20.5", "10.0.10.5", 80)) == "permit")
  }

  /// A VLAN map acts on what its lists permit, for switched and routed packets, and drops the rest of that kind (Catalyst
  /// 4500 software configuration guide, "VLAN Map Configuration Guidelines").
  @Test func vlanMaps() throws {
    let device = try iosDevice(
      """
      \(switched)access-list 150 permit tcp any any eq 502
      access-list 151 deny tcp any any eq 80
      access-list 151 permit tcp any any
      vlan access-map M 20
       match ip address 151
       action forward
      vlan access-map M 10
       match ip address 150
       action drop
      vlan filter M vlan-list 10,30-40
      """)
    let (one, two) = ("GigabitEthernet1/1", "GigabitEthernet1/2")
    #expect(try iosVerdict(device, one, two, iosPacket(6, "10.0.10.5", "10.0.10.6", 502)) == "deny")
    #expect(try iosVerdict(device, one, two, iosPacket(6, "10.0.10.5", "10.0.10.6", 443)) == "permit")
    #expect(try iosVerdict(device, one, two, iosPacket(6, "10.0.10.5", "10.0.10.6", 80)) == "deny")
    #expect(try iosVerdict(device, one, two, iosPacket(17, "10.0.10.5", "10.0.10.6", 443)) == "deny")
    #expect(try iosVerdict(device, one, two, iosPacket(17, "2001:db8::1", "2001:db8::2", 443)) == "permit")
    #expect(try iosVerdict(device, "Vlan20", "Vlan10", iosPacket(6, "10.0.20.5", "10.0.10.6", 502)) == "deny")
  }

  // MARK: - Virtual routing tables and routes

  @Test func virtualRoutingTablesAreSeparate() throws {
    let text = """
      \(iosInterfaces)vrf definition CELL
       rd 65000:1
       route-target export 65000:1
       route-target import 65000:1
      interface GigabitEthernet0/2.30
       encapsulation dot1Q 30
       vrf forwarding CELL
       ip address 10.3.0.1 255.255.255.0

      """
    let device = try iosDevice(text)
    let packet = try iosPacket(6, "192.168.1.2", "10.3.0.5", 80)
    #expect(iosVerdict(device, office, "GigabitEthernet0/2.30", packet) == "deny")
    #expect(iosVerdict(device, office, plant, packet) == "permit")
    #expect(device.interfaces[2].vlan == 30)
    #expect(device.interfaces[2].parent == "GigabitEthernet0/2")
    let leaking = try readIOS(text + "ip route vrf CELL 0.0.0.0 0.0.0.0 192.168.1.9 global\n")
    #expect(iosVerdict(try #require(leaking.devices.first), office, "GigabitEthernet0/2.30", packet) == "open")
    #expect(leaking.ledger.isIncomplete)
  }

  /// A route target that another table exports, and a route by another table's interface, leak.
  @Test(arguments: [
    "vrf definition A\n route-target export 1:1\nvrf definition B\n route-target import 1:1\n",
    "ip route vrf B 10.0.0.0 255.255.255.0 \(plant)\n", "interface \(plant)\n ip vrf receive B\n",
  ])
  func leaksAreOpen(statement: String) throws {
    let reading = try readIOS(
      "\(iosInterfaces)interface Vlan30\n vrf forwarding B\n ip address 10.3.0.1 255.255.255.0\n\(statement)")
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, plant, "Vlan30", iosPacket(6, "10.0.0.5", "10.3.0.5", 80)) == "open")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func routes() throws {
    let reading = try readIOS(
      """
      \(iosInterfaces)ip route 0.0.0.0 0.0.0.0 192.168.1.254
      ip route 10.9.0.0 255.255.0.0 Gi0/0 10.0.0.7 150 name cells
      ip route 10.8.0.0 255.255.0.0 Null0
      ip route 10.7.0.0 255.255.0.0 172.16.0.1
      ipv6 route 2001:DB8::/32 GigabitEthernet0/1 FE80::1
      """)
    let routes = try #require(reading.devices.first).routes
    #expect(routes.map(\.network.description) == ["0.0.0.0/0", "10.9.0.0/16", "10.8.0.0/16", "2001:db8::/32"])
    #expect(routes.map(\.interface) == [office, plant, nil, office])
    #expect(routes.map(\.distance) == [1, 150, 1, 1])
    #expect(reading.ledger.gaps.count == 1)
  }
}
