import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Interfaces, bridges, translation, routes and the router itself.
@Suite struct RouterOSDeviceTests {
  private let modbus = "tcp 10.1.0.5 10.2.0.9 502"

  /// https://help.mikrotik.com/docs/display/ROS/Interface+Lists: `all`, `none`, `static` and `dynamic` are built in.
  @Test func interfaceLists() throws {
    let lists = """
      /interface list
      add name=OT
      add include=OT name=INNER
      /interface list member
      add interface=plant list=OT
      add interface=cell list=OT
      add disabled=yes interface=wan list=OT
      """
    func verdict(_ matcher: String, _ from: String) throws -> String {
      try RouterOSText(filter: "add action=drop chain=forward \(matcher)", more: lists).verdict(from, "cell", modbus)
    }
    #expect(try verdict("in-interface-list=OT", "plant") == "deny")
    #expect(try verdict("in-interface-list=OT", "wan") == "permit")
    #expect(try verdict("in-interface-list=!OT", "wan") == "deny")
    #expect(try verdict("in-interface-list=INNER", "plant") == "deny")
    #expect(try verdict("in-interface-list=all", "wan") == "deny")
    #expect(try verdict("in-interface-list=none", "wan") == "permit")
    #expect(try verdict("in-interface-list=!none", "wan") == "deny")
    #expect(try verdict("in-interface-list=dynamic", "wan") == "open")
    #expect(try verdict("in-interface-list=NOWHERE", "wan") == "open")
    #expect(try verdict("in-interface=plant out-interface=cell", "plant") == "deny")
    #expect(try verdict("in-interface=!plant", "plant") == "permit")
  }

  @Test func interfacesVLANsAndNames() throws {
    let more = """
      /interface vlan
      add interface=cell name=vlan20 vlan-id=20
      /interface ethernet
      set [ find default-name=ether5 ] comment=spare disabled=yes
      /system identity
      set name=plant-router
      /interface wireguard
      add listen-port=13231 name=wg1 private-key="S3CRET="
      """
    let device = try RouterOSText(more: more).device()
    #expect(device.name == "plant-router")
    let vlan = try #require(device.interfaces.first { $0.name == "vlan20" })
    #expect(vlan.vlan == 20 && vlan.parent == "cell")
    #expect(device.interfaces.first { $0.name == "ether5" }?.isShutdown == true)
    #expect(device.interfaces.first { $0.name == "plant" }?.aliases == ["ether2"])
    #expect(device.interfaces.contains { $0.name == "wg1" })
  }

  /// Frames between ports of one bridge meet no IP firewall unless `use-ip-firewall` is set (Bridging and Switching, "Bridge
  /// Settings"): the trap of a flat bridge behind a careful filter.
  @Test func portsOfABridge() throws {
    let bridge = """
      /interface bridge
      add name=lan
      /interface bridge port
      add bridge=lan interface=plant
      add bridge=lan interface=cell
      """
    let filter = "add action=drop chain=forward"
    #expect(try RouterOSText(filter: filter, more: bridge).verdict("plant", "cell", modbus) == "permit")
    #expect(
      try RouterOSText(filter: filter, more: bridge).verdict("plant", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "deny")
    for more in [
      "/interface bridge settings\nset use-ip-firewall=yes", "/interface bridge filter\nadd action=drop chain=forward",
    ] {
      #expect(try RouterOSText(filter: filter, more: bridge + "\n" + more).verdict("plant", "cell", modbus) == "open")
    }
    let filtered = bridge.replacing("add name=lan", with: "add name=lan vlan-filtering=yes")
    #expect(try RouterOSText(filter: filter, more: filtered).verdict("plant", "cell", modbus) == "open")
    // Packets that come in by a port come from the bridge; a port itself cannot be matched.
    let rule = "add action=drop chain=forward in-interface=lan"
    #expect(
      try RouterOSText(filter: rule, more: bridge).verdict("plant", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "deny")
    let slave = "add action=drop chain=forward in-interface=plant"
    #expect(
      try RouterOSText(filter: slave, more: bridge).verdict("plant", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "open")
  }

  @Test func slavesOfABond() throws {
    let bond = "/interface bonding\nadd name=trunk slaves=plant,ether9"
    let config = RouterOSText(filter: "add action=drop chain=forward in-interface=plant", more: bond)
    #expect(try config.verdict("plant", "cell", modbus) == "open")
    #expect(try config.device().interfaces.first { $0.name == "ether9" }?.parent == "trunk")
  }

  /// "Packets get routed by the hardware only if both source and destination ports have l3-hw-offloading=yes" (L3 Hardware
  /// Offloading); such packets never reach the firewall.
  @Test func routingInTheSwitchChip() throws {
    let more = "/interface ethernet switch\nset 0 l3-hw-offloading=yes"
    let config = RouterOSText(filter: "add action=drop chain=forward", more: more)
    #expect(try config.verdict("plant", "cell", modbus) == "open")
    #expect(try config.gaps().count == 1)
  }

  @Test func aRouterThatForwardsNothing() throws {
    #expect(try RouterOSText(more: "/ip settings\nset ip-forward=no").verdict("plant", "cell", modbus) == "deny")
  }

  // MARK: translation

  /// The filter sees translated destinations: dstnat comes before routing and forward (Packet Flow in RouterOS).
  @Test func destinationNAT() throws {
    let nat = """
      /ip firewall nat
      add action=masquerade chain=srcnat out-interface=wan
      add action=dst-nat chain=dstnat dst-address=203.0.113.2 dst-port=8502 protocol=tcp to-addresses=10.2.0.9 to-ports=502
      """
    let filter = """
      add action=accept chain=forward connection-nat-state=dstnat dst-address=10.2.0.9 dst-port=502 protocol=tcp
      add action=drop chain=forward in-interface=wan
      """
    let config = RouterOSText(filter: filter, more: nat)
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 203.0.113.2 8502") == "open")
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 203.0.113.2 8503") == "deny")
    let plain = RouterOSText(
      filter: "add action=accept chain=forward dst-address=10.2.0.9\nadd action=drop chain=forward in-interface=wan",
      more: nat)
    #expect(try plain.verdict("wan", "cell", "tcp 198.51.100.7 203.0.113.2 8502") == "permit")
  }

  /// The factory's last rule: new packets from outside pass only when a rule of the chain dstnat translated them.
  @Test func dropWhatIsNotTranslated() throws {
    let filter = "add action=drop chain=forward connection-nat-state=!dstnat connection-state=new in-interface=wan"
    #expect(try RouterOSText(filter: filter).verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "deny")
    let nat = "/ip firewall nat\nadd action=dst-nat chain=dstnat dst-port=80 protocol=tcp to-addresses=10.2.0.80"
    let config = RouterOSText(filter: filter, more: nat)
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "deny")
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.80 502") == "open")
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    let upnp = RouterOSText(filter: filter, more: "/ip upnp\nset enabled=yes")
    #expect(try upnp.verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "open")
    #expect(try upnp.gaps().count == 1)
  }

  /// netmap keeps the host's place (NAT, "netmap"); chains of nat jump as others do; redirect leads to the router.
  @Test func otherTranslations() throws {
    let nat = """
      /ip firewall nat
      add action=jump chain=dstnat in-interface=wan jump-target=in
      add action=netmap chain=in dst-address=203.0.113.32/28 to-addresses=10.2.0.32/28
      add action=redirect chain=in dst-port=53 protocol=udp to-ports=5353
      add action=levitate chain=in dst-port=99 protocol=tcp
      """
    let config = RouterOSText(
      filter: "add action=accept chain=forward dst-address=10.2.0.35\nadd action=drop chain=forward", more: nat)
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 203.0.113.35 502") == "permit")
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 203.0.113.36 502") == "deny")
    #expect(try config.gaps().count == 1)
  }

  // MARK: IPsec

  /// Without IPsec in the file no packet belongs to an IPsec policy, so the factory's rules for it pass nothing.
  @Test func ipsecPolicy() throws {
    let filter = "add action=accept chain=forward ipsec-policy=in,ipsec\nadd action=drop chain=forward"
    #expect(try RouterOSText(filter: filter).verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "deny")
    let used = RouterOSText(filter: filter, more: "/ip ipsec peer\nadd address=198.51.100.1/32 name=hq")
    #expect(try used.verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "open")
  }

  // MARK: routes

  /// Forms of RouterOS 6 (`type=blackhole`) and 7 (`blackhole`, `%interface`).
  @Test func routes() throws {
    let more = """
      /ip route
      add distance=1 gateway=203.0.113.1
      add dst-address=10.3.0.0/16 gateway=10.2.0.254
      add dst-address=10.4.0.0/16 gateway=10.2.0.254%plant
      add blackhole dst-address=10.5.0.0/16
      add distance=1 dst-address=10.6.0.0/16 type=blackhole
      add disabled=yes dst-address=10.7.0.0/16 gateway=plant
      add dst-address=10.8.0.0/16 gateway=plant routing-table=other
      /ip dhcp-client
      add interface=cell
      """
    let routes = try RouterOSText(more: more).device().routes.map { "\($0.network) \($0.interface ?? "drop")" }
    #expect(
      routes == [
        "0.0.0.0/0 wan", "10.3.0.0/16 cell", "10.4.0.0/16 plant", "10.5.0.0/16 drop", "10.6.0.0/16 drop",
        "0.0.0.0/0 cell",
      ])
  }

  // MARK: management

  /// https://help.mikrotik.com/docs/display/ROS/Services: all but www-ssl are on from the factory, and an export
  /// leaves out what the factory set.
  @Test func services() throws {
    let factory = try RouterOSText().device().management
    #expect(
      factory.map(\.service) == [
        "telnet", "ftp", "http", "ssh", "api", "winbox", "api-ssl", "mac-telnet", "mac-winbox",
      ])
    let more = """
      /ip service
      set telnet disabled=yes
      set ftp disabled=yes
      set www address=10.1.0.0/24 port=8080
      set api disabled=yes
      set api-ssl disabled=yes
      set www-ssl disabled=no
      /tool mac-server
      set allowed-interface-list=none
      /tool mac-server mac-winbox
      set allowed-interface-list=MGMT
      /interface list
      add name=MGMT
      /interface list member
      add interface=plant list=MGMT
      /snmp
      set enabled=yes
      """
    let access = try RouterOSText(more: more).device().management
    #expect(access.map(\.service) == ["http", "ssh", "https", "winbox", "snmp", "mac-winbox"])
    #expect(access[0].sources == AddressSet(try #require(IPPrefix("10.1.0.0/24"))))
    #expect(access[0].isClearText)
    #expect(access.last?.interface == "plant")
  }
}
