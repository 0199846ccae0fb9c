import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// What a device does with forwarded packets: security levels, access groups, their order.
@Suite struct CiscoASAForwardingTests {
  private func packet(_ port: UInt16 = 443) throws -> Packet { try asaPacket(6, "10.0.0.9", "198.51.100.9", port) }

  /// CLI configuration guide, "Access Rules", Implicit Permits: unicast from a higher to a lower security interface.
  @Test func levelsAlone() throws {
    let device = try asaDevice(asaInterfaces)
    #expect(try asaVerdict(device, "inside", "outside", packet()) == "permit")
    #expect(try asaVerdict(device, "inside", "dmz", packet()) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", packet()) == "deny")
    #expect(try asaVerdict(device, "dmz", "inside", packet()) == "deny")
    #expect(try asaVerdict(device, "inside", "inside", packet()) == "deny")
    #expect(try asaVerdict(device, "inside", "outside", asaPacket(6, "2001:db8::1", "2001:db8::2", 1)) == "permit")
    #expect(try asaVerdict(device, "inside", "outside", asaPacket(17, "10.0.0.9", "239.1.1.1", 1)) == "open")
    #expect(device.passesReplies && !device.canInspectIndustrial)
    let rules = device.lists.filter { $0.name.hasPrefix("implicit rules") }.flatMap(\.rules)
    #expect(!rules.isEmpty && rules.allSatisfy { !$0.isExplicit })
  }

  /// The same, Inbound and Outbound Rules: a list on an interface replaces its implicit permit; other interfaces keep it.
  @Test func listReplacesLevels() throws {
    let device = try asaDevice(
      asaInterfaces + """
        access-list IN extended permit tcp any any eq 443
        access-group IN in interface inside
        """)
    #expect(try asaVerdict(device, "inside", "outside", packet()) == "permit")
    #expect(try asaVerdict(device, "inside", "outside", packet(80)) == "deny")
    #expect(try asaVerdict(device, "inside", "outside", asaPacket(6, "2001:db8::1", "2001:db8::2", 80)) == "deny")
    #expect(try asaVerdict(device, "dmz", "outside", packet(80)) == "permit")
    #expect(device.unboundLists.isEmpty)
    #expect(device.pipeline.contains { $0.name == "access-group IN in interface inside" })
  }

  /// "You can configure one access-group command per ACL type per interface" (ASA Series Firewall CLI Configuration Guide,
  /// "Configuring Access Rules"): a second command replaces the
  /// first, whose denials are then no more.
  @Test func secondBindingReplacesTheFirst() throws {
    let text =
      asaInterfaces + """
        access-list OLD extended deny ip any any
        access-list NEW extended permit tcp any any eq 443
        access-group OLD in interface outside
        access-group NEW in interface outside
        access-group OLD global
        access-group NEW global
        """
    let reading = try readASA(text)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, "outside", "inside", packet()) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", packet(80)) == "deny")
    #expect(try asaVerdict(device, "dmz", "inside", packet()) == "permit")
    #expect(device.unboundLists.map { device.lists[$0].name } == ["OLD"])
    // An export never shows both, so what the device really holds is to be looked at.
    #expect(reading.ledger.gaps.count == 2 && reading.ledger.gaps.allSatisfy(\.couldChangeVerdict))
  }

  /// The same for the two families of software before 9.0, which do not replace each other.
  @Test func listsOfBothFamiliesStandTogether() throws {
    let reading = try readASA(
      asaInterfaces.replacing("9.12(4)", with: "8.4(2)") + """
        access-list IN extended permit tcp any any eq 443
        ipv6 access-list IN6 permit tcp any any eq 443
        access-group IN in interface outside
        access-group IN6 in interface outside
        access-group IN in interface outside
        """)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, "outside", "inside", packet()) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", asaPacket(6, "2001:db8::1", "2001:db8::2", 443)) == "permit")
    #expect(reading.ledger.gaps.isEmpty)
  }

  /// The same, Implicit Deny: 1. interface access rule, 2. global access rule, 3. implicit deny.
  @Test func globalAfterInterface() throws {
    let device = try asaDevice(
      asaInterfaces + """
        access-list IN extended deny tcp any any eq 23
        access-list G extended permit tcp any any range 20 25
        access-group G global
        access-group IN in interface inside
        """)
    #expect(try asaVerdict(device, "inside", "outside", packet(23)) == "deny")
    #expect(try asaVerdict(device, "inside", "outside", packet(22)) == "permit")
    #expect(try asaVerdict(device, "inside", "outside", packet(80)) == "deny")
    #expect(try asaVerdict(device, "outside", "inside", packet(22)) == "permit")
    // The implicit deny comes after the global rule, in place of the implicit permit.
    #expect(try asaVerdict(device, "dmz", "outside", packet(80)) == "deny")
  }

  /// The same, Inbound and Outbound Rules: an outbound list is asked after what let the packet in.
  @Test func outboundList() throws {
    let device = try asaDevice(
      asaInterfaces + """
        access-list OUT extended permit tcp any any eq 443
        access-group OUT out interface outside
        """)
    #expect(try asaVerdict(device, "inside", "outside", packet()) == "permit")
    #expect(try asaVerdict(device, "inside", "outside", packet(80)) == "deny")
    #expect(try asaVerdict(device, "inside", "dmz", packet(80)) == "permit")
    #expect(try asaVerdict(device, "outside", "inside", packet()) == "deny")
  }

  private let twins = """
    interface Ethernet0
     nameif a
     security-level 50
    interface Ethernet1
     nameif b
     security-level 50

    """

  /// CLI configuration guide, "Completing Interface Configuration", Security Levels: with same-security-traffic there is
  /// an implicit permit between interfaces of one level, and through one interface with intra-interface.
  @Test func sameSecurityTraffic() throws {
    let none = try asaDevice(twins)
    #expect(try asaVerdict(none, "a", "b", packet()) == "deny")
    let both = try asaDevice(
      twins + "same-security-traffic permit inter-interface\nsame-security-traffic permit intra-interface")
    #expect(try asaVerdict(both, "a", "b", packet()) == "permit")
    #expect(try asaVerdict(both, "a", "a", packet()) == "permit")
    // Whether a list alone suffices is not documented, so neither answer is given.
    let list = try asaDevice(twins + "access-list L extended permit ip any any\naccess-group L in interface a")
    #expect(try asaVerdict(list, "a", "b", packet()) == "open")
  }

  /// Command reference, `nameif`: `inside` is 100 when nothing is set, every other name 0; `no security-level` is none.
  @Test func defaultLevels() throws {
    let device = try asaDevice(
      """
      interface Ethernet0
       nameif inside
      interface Ethernet1
       nameif other
       no security-level
      """)
    #expect(try asaVerdict(device, "inside", "other", packet()) == "permit")
    #expect(try asaVerdict(device, "other", "inside", packet()) == "deny")
  }

  /// Command reference, `management-only`: no through traffic, whatever the lists say.
  @Test func managementOnly() throws {
    let device = try asaDevice(
      asaInterfaces + """
        interface Management1/1
         management-only
         nameif mgmt
         security-level 100
        access-list L extended permit ip any any
        access-group L global
        """)
    #expect(try asaVerdict(device, "mgmt", "inside", packet()) == "deny")
    #expect(try asaVerdict(device, "inside", "mgmt", packet()) == "deny")
    #expect(device.interfaces.last?.isManagementOnly == true)
  }

  /// "Transparent or Routed Firewall Mode": bridge groups cannot communicate with each other in transparent mode.
  @Test func transparentBridgeGroups() throws {
    let text = """
      firewall transparent
      interface GigabitEthernet1/1
       bridge-group 1
       nameif outside1
       security-level 0
      interface GigabitEthernet1/2
       bridge-group 1
       nameif inside1
       security-level 100
      interface GigabitEthernet1/3
       bridge-group 2
       nameif outside2
       security-level 0
      interface BVI1
       ip address 10.5.0.1 255.255.255.0
      hardware-bypass GigabitEthernet 1/1-1/2
      """
    let reading = try readASA(text)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, "inside1", "outside1", packet()) == "permit")
    #expect(try asaVerdict(device, "outside1", "inside1", packet()) == "deny")
    #expect(try asaVerdict(device, "inside1", "outside2", packet()) == "deny")
    #expect(device.interfaces.map(\.parent) == ["BVI1", "BVI1", "BVI2"])
    let host = try #require(IPAddress("10.5.0.77"))
    #expect(device.interfaces[0].networks.contains(host))
    // ISA3000 hardware installation guide, "Hardware Bypass": traffic passes freely while there is no power.
    #expect(reading.ledger.gaps.map(\.couldChangeVerdict) == [false])
    let sticky = try readASA(text + " sticky")
    #expect(sticky.ledger.isIncomplete)
  }

  /// "Access Rules", Controlling Network Access: inbound the member's rules come first, then the bridge group's.
  @Test func routedBridgeGroup() throws {
    let reading = try readASA(
      """
      interface GigabitEthernet1/1
       nameif outside
       security-level 0
      interface GigabitEthernet1/2
       bridge-group 1
       nameif inside_1
       security-level 100
      interface BVI1
       nameif inside
       security-level 100
       ip address 192.168.1.1 255.255.255.0
      access-list M extended deny tcp any any eq 23
      access-list B extended permit tcp any any range 20 25
      access-group M in interface inside_1
      access-group B in interface inside
      """)
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, "inside_1", "outside", packet(23)) == "deny")
    #expect(try asaVerdict(device, "inside_1", "outside", packet(22)) == "permit")
    #expect(try asaVerdict(device, "inside_1", "outside", packet(80)) == "deny")
    #expect(reading.ledger.isIncomplete)
  }

  /// Software before 9.0: `access-list` is IPv4, `ipv6 access-list` IPv6, each bound by itself.
  @Test func separateIPv6Lists() throws {
    let text = asaInterfaces.replacing("ASA Version 9.12(4)", with: "ASA Version 8.4(7)")
    let four = try asaDevice(
      text + "access-list F extended permit tcp any any eq 22\naccess-group F in interface inside")
    let v6 = try asaPacket(6, "2001:db8::1", "2001:db8::2", 80)
    #expect(asaVerdict(four, "inside", "outside", v6) == "permit")
    #expect(try asaVerdict(four, "inside", "outside", packet(80)) == "deny")
    let both = try asaDevice(
      text + """
        access-list F extended permit tcp any any eq 22
        ipv6 access-list S permit tcp any any eq 443
        access-group F in interface inside
        access-group S in interface inside
        """)
    #expect(asaVerdict(both, "inside", "outside", v6) == "deny")
    #expect(try asaVerdict(both, "inside", "outside", asaPacket(6, "2001:db8::1", "2001:db8::2", 443)) == "permit")
    #expect(try asaVerdict(both, "inside", "outside", packet(443)) == "deny")
    #expect(try asaVerdict(both, "inside", "outside", packet(22)) == "permit")
  }

  @Test func undefinedListLeavesItOpen() throws {
    let reading = try readASA(asaInterfaces + "access-group NOPE in interface outside")
    let device = try #require(reading.devices.first)
    #expect(try asaVerdict(device, "outside", "inside", packet()) == "open")
    #expect(reading.issues.map(\.kind) == [.undefinedReference])
    #expect(device.unboundLists.isEmpty)
  }

  @Test func bindingToUnknownInterface() throws {
    let reading = try readASA(
      asaInterfaces + "access-list L extended permit ip any any\naccess-group L in interface outsid")
    #expect(reading.issues.map(\.kind) == [.undefinedReference])
    #expect(reading.issues[0].help.contains("outside"))
  }

  /// Command reference, `access-group`: a downloaded per-user list overrides the interface's.
  @Test func perUserOverride() throws {
    let reading = try readASA(
      asaInterfaces + "access-list L extended permit ip any any\naccess-group L in interface outside per-user-override")
    #expect(reading.ledger.isIncomplete)
  }

  /// Command reference, `sysopt connection permit-vpn`: on by default, decrypted packets bypass the lists.
  @Test func tunnelsBypassLists() throws {
    let text = asaInterfaces + "access-list VPN extended permit ip any any\ncrypto map M 1 match address VPN\n"
    #expect(try readASA(text).ledger.isIncomplete == false)
    #expect(try asaDevice(text).unboundLists.isEmpty)
    #expect(try readASA(text + "crypto map M interface outside\n").ledger.isIncomplete)
    #expect(try readASA(text + "webvpn\n enable outside\n").ledger.isIncomplete)
    let filtered = text + "crypto map M interface outside\nno sysopt connection permit-vpn\n"
    #expect(try readASA(filtered).ledger.isIncomplete == false)
  }

  /// Command reference, `ip address dhcp`: `setroute` takes the default route from the server.
  @Test(arguments: ["dhcp setroute", "pppoe setroute", "dhcp"])
  func defaultRouteFromTheProvider(address: String) throws {
    let text = asaInterfaces.replacing("198.51.100.1 255.255.255.0", with: address)
    let routes = try asaDevice(text).routes.map { "\($0.network) \($0.interface ?? "")" }
    #expect(routes == (address == "dhcp" ? [] : ["0.0.0.0/0 outside"]))
  }

  /// Command reference, `show running-config` of interfaces, routes and addresses.
  @Test func interfacesAndRoutes() throws {
    let device = try asaDevice(
      asaInterfaces + """
        interface GigabitEthernet1/4
         description spare
         shutdown
         nameif spare
         ipv6 address 2001:db8:5::1/64
        route outside 0.0.0.0 0.0.0.0 198.51.100.254 1
        route inside 10.50.0.0 255.255.0.0 10.0.0.254 20 track 1
        route Null0 192.168.0.0 255.255.0.0
        ipv6 route outside ::/0 2001:db8:5::fe
        """)
    #expect(device.interfaces.map(\.name) == ["outside", "inside", "dmz", "spare"])
    #expect(device.interfaces[2].vlan == 30 && device.interfaces[2].parent == "GigabitEthernet1/3")
    #expect(device.interfaces[3].isShutdown && device.interfaces[3].aliases == ["GigabitEthernet1/4", "spare"])
    #expect(device.routes.map(\.interface) == ["outside", "inside", nil, "outside"])
    #expect(device.routes.map { $0.network.description } == ["0.0.0.0/0", "10.50.0.0/16", "192.168.0.0/16", "::/0"])
    #expect(device.routes[1].distance == 20 && device.routes[3].gateway != nil)
  }
}
