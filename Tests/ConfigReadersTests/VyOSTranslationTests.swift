import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// NAT, interfaces, routes, management.
@Suite struct VyOSTranslationTests {
  private let shut = "set firewall ipv4 forward filter default-action drop\n"
  private let permit = """
    set firewall ipv4 forward filter rule 10 action accept
    set firewall ipv4 forward filter rule 10 destination address 10.0.2.5
    set firewall ipv4 forward filter rule 10 destination port 502
    set firewall ipv4 forward filter rule 10 protocol tcp

    """
  private let server = """
    set nat destination rule 10 inbound-interface name 'eth0'
    set nat destination rule 10 destination address '192.0.2.1'
    set nat destination rule 10 destination port '1502'
    set nat destination rule 10 protocol 'tcp'
    set nat destination rule 10 translation address '10.0.2.5'
    set nat destination rule 10 translation port '502'

    """

  private func trace(_ device: Device, _ wanted: String, from: String = "eth0", to: String = "eth1") throws -> [String]
  {
    ConcreteEvaluator(device: device, ingress: from, egress: to).forward(try packet(wanted)).trace.map(\.effect)
  }

  /// "NAT44": destination NAT comes before routing and the forward filter, which sees the real server; source NAT last.
  @Test func destinationNATComesFirst() throws {
    let device = try vyosDevice(vyosBase + shut + permit + server)
    #expect(try device.vyosFate("tcp 10.0.1.10 192.0.2.1 1502") == "permit")
    #expect(try device.vyosFate("tcp 10.0.1.10 192.0.2.1 502") == "deny")
    #expect(try device.vyosFate("tcp 10.0.3.10 192.0.2.1 1502", from: "eth2") == "deny")
    let old = server.replacing("inbound-interface name 'eth0'", with: "inbound-interface 'eth0'")
    #expect(try vyosDevice(vyosBase + shut + permit + old).vyosFate("tcp 10.0.1.10 192.0.2.1 1502") == "permit")
    let off = server + "set nat destination rule 10 disable\n"
    #expect(try vyosDevice(vyosBase + shut + permit + off).vyosFate("tcp 10.0.1.10 192.0.2.1 1502") == "deny")
  }

  /// Rules by number; `exclude` ends the search without a change.
  @Test func sourceNAT() throws {
    let text = """
      set nat source rule 100 outbound-interface name 'eth1'
      set nat source rule 100 source address '10.0.1.0/24'
      set nat source rule 100 translation address 'masquerade'
      set nat source rule 20 outbound-interface name 'eth1'
      set nat source rule 20 source address '10.0.1.77'
      set nat source rule 20 exclude
      set nat source rule 30 outbound-interface name 'eth1'
      set nat source rule 30 source address '10.0.1.78'
      set nat source rule 30 translation address '10.0.2.200-10.0.2.203'

      """
    let device = try vyosDevice(vyosBase + text)
    #expect(try trace(device, "tcp 10.0.1.10 10.0.2.5 502").contains { $0.contains("10.0.2.1:") })
    #expect(try !trace(device, "tcp 10.0.1.77 10.0.2.5 502").contains { $0.contains("translates") })
    #expect(try trace(device, "tcp 10.0.1.78 10.0.2.5 502").contains { $0.contains("10.0.2.200:") })
    #expect(try !trace(device, "tcp 10.0.1.10 10.0.3.5 502", to: "eth2").contains { $0.contains("translates") })
  }

  @Test func staticNATAndNAT66() throws {
    let text = """
      set nat static rule 10 destination address '192.0.2.9'
      set nat static rule 10 inbound-interface 'eth0'
      set nat static rule 10 translation address '10.0.2.9'
      set nat66 source rule 10 outbound-interface name 'eth1'
      set nat66 source rule 10 source prefix 'fd00:1::/64'
      set nat66 source rule 10 translation address '2001:db8:1::/64'

      """
    let device = try vyosDevice(vyosBase + text)
    #expect(try trace(device, "tcp 10.0.1.10 192.0.2.9 502").contains { $0.contains("10.0.2.9:502") })
    #expect(
      try trace(device, "tcp 10.0.2.9 10.0.1.10 502", from: "eth1", to: "eth0").contains { $0.contains("192.0.2.9:") })
    #expect(try trace(device, "udp fd00:1::5 2001:db8:9::1 53").contains { $0.contains("[2001:db8:1::5]") })
  }

  @Test func whatIsNotModelled() throws {
    for line in [
      "set nat64 source rule 10 source prefix 64:ff9b::/96", "set load-balancing wan rule 10 inbound-interface eth0",
      "set nat cgnat pool external A range 192.0.2.0/24", "set nat destination rule 10 protocol tcp",
      "set container name web port http source 80",
    ] {
      #expect(try readVyOS(vyosBase + line + "\n").ledger.isIncomplete, "\(line)")
    }
    let redirect = server.replacing("translation address '10.0.2.5'", with: "translation redirect port '502'")
    #expect(try vyosDevice(vyosBase + shut + permit + redirect).vyosFate("tcp 10.0.1.10 192.0.2.1 1502") != "permit")
  }

  @Test func interfacesAndRoutes() throws {
    let text = """
      set interfaces ethernet eth3 vif 30 address '10.3.0.1/24'
      set interfaces ethernet eth3 vif 30 description 'line 3'
      set interfaces ethernet eth3 vif-s 100 vif-c 20 address '10.9.0.1/24'
      set interfaces ethernet eth4 address 'dhcp'
      set interfaces ethernet eth5 disable
      set interfaces bridge br0 address '10.5.0.1/24'
      set interfaces bridge br0 member interface eth6
      set interfaces ethernet eth6 mtu 1500
      set interfaces loopback lo
      set protocols static route 0.0.0.0/0 next-hop 10.0.1.254
      set protocols static route 172.16.0.0/16 next-hop 10.0.2.254 distance 20
      set protocols static route 172.17.0.0/16 blackhole
      set protocols static route 172.18.0.0/16 interface eth2
      set protocols static interface-route 172.19.0.0/16 next-hop-interface eth1
      set protocols static route6 2001:db8::/32 next-hop 2001:db8:9::1 interface eth1
      set protocols static route 172.20.0.0/16 next-hop 203.0.113.1

      """
    let reading = try readVyOS(vyosBase + text)
    let device = try #require(reading.devices.first)
    let names = device.interfaces.map(\.name)
    #expect(
      names == ["eth0", "eth1", "eth2", "eth3", "eth3.30", "eth3.100", "eth3.100.20", "eth4", "eth5", "br0", "lo"])
    #expect(device.interfaces[4].vlan == 30 && device.interfaces[4].parent == "eth3")
    #expect(device.interfaces[4].aliases == ["line 3"] && device.interfaces[0].aliases == ["office"])
    #expect(device.interfaces.filter(\.isShutdown).map(\.name) == ["eth5"])
    #expect(device.interfaces.filter(\.isManagementOnly).map(\.name) == ["lo"])
    #expect(device.routes.map(\.interface) == ["eth4", "eth0", "eth1", nil, "eth2", "eth1", "eth1"])
    #expect(device.routes.map(\.distance) == [210, 1, 20, 1, 1, 1, 1].map { $0 })
    #expect(reading.ledger.gaps.map(\.couldChangeVerdict) == [false])
  }

  /// "SSH", "HTTP API", "SNMP": listen-address narrows a service to an interface.
  @Test func management() throws {
    let text = """
      set service ssh port '22'
      set service ssh listen-address '10.0.1.1'
      set service https allow-client address '10.0.1.0/24'
      set service snmp community public authorization 'ro'
      set service telnet

      """
    let device = try vyosDevice(vyosBase + text)
    let access = device.management.map { "\($0.service) \($0.interface ?? "all")\($0.isClearText ? " clear" : "")" }
    #expect(access == ["ssh eth0", "telnet all clear", "https all", "snmp all clear"])
    #expect(device.management[2].sources.description == "10.0.1.0/24")
    let input = "set firewall ipv4 input filter default-action drop\n"
    #expect(try vyosDevice(vyosBase + text + input).localFate("tcp 10.0.1.10 10.0.1.1 22", at: "eth0") == "deny")
    let old = "set firewall name L default-action drop\nset interfaces ethernet eth0 firewall local name L\n"
    #expect(try vyosDevice(vyosBase + old).localFate("tcp 10.0.1.10 10.0.1.1 22", at: "eth0") == "deny")
    #expect(try vyosDevice(vyosBase + old).localFate("tcp 10.0.2.10 10.0.2.1 22", at: "eth1") == "permit")
  }
}
