import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Interfaces, and traffic to the device itself.
@Suite struct JunosSRXLocalTests {
  private let zone = "set security zones security-zone"

  /// "Example: Controlling Inbound Traffic Based on Traffic Types": what an interface allows replaces what its zone allows.
  @Test func hostInboundTraffic() throws {
    let text = """
      \(zone) cell host-inbound-traffic system-services ssh
      \(zone) cell host-inbound-traffic protocols ospf
      \(zone) cell interfaces ge-0/0/2.0 host-inbound-traffic system-services ping

      """
    let device = try junosDevice(junosBase + text)
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 22", at: "ge-0/0/1.0") == "permit")
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 80", at: "ge-0/0/1.0") == "deny")
    #expect(try device.localFate("icmp 10.0.2.5 10.0.2.1 8", at: "ge-0/0/1.0") == "deny")
    #expect(try device.localFate("tcp 10.0.3.5 10.0.3.1 22", at: "ge-0/0/2.0") == "deny")
    #expect(try device.localFate("icmp 10.0.3.5 10.0.3.1 8", at: "ge-0/0/2.0") == "permit")
    #expect(try device.localFate("tcp 10.0.1.5 10.0.1.1 22", at: "ge-0/0/0.0") == "deny")
  }

  /// "system-services (Security Zones Host Inbound Traffic)": all, any-service, `except`.
  @Test func inboundWords() throws {
    func fate(_ words: [String], _ packet: String) throws -> String {
      let lines = words.map { "\(zone) cell host-inbound-traffic system-services \($0)\n" }.joined()
      return try junosDevice(junosBase + lines).localFate(packet, at: "ge-0/0/1.0")
    }
    #expect(try fate(["all"], "tcp 10.0.2.5 10.0.2.1 23") == "permit")
    #expect(try fate(["all"], "tcp 10.0.2.5 10.0.2.1 9999") == "open")
    #expect(try fate(["all", "telnet except"], "tcp 10.0.2.5 10.0.2.1 23") == "open")
    #expect(try fate(["any-service"], "tcp 10.0.2.5 10.0.2.1 9999") == "permit")
    #expect(try fate(["frobnicate"], "tcp 10.0.2.5 10.0.2.1 9999") == "open")
    #expect(
      try readJunos(junosBase + "\(zone) cell host-inbound-traffic system-services frobnicate\n").ledger.isIncomplete)
  }

  /// "Security Policies for Self Traffic": a policy to junos-host is asked in addition.
  @Test func policiesToTheDevice() throws {
    let inbound = "\(zone) cell host-inbound-traffic system-services any-service\n"
    let path = "set security policies from-zone cell to-zone junos-host policy p"
    let policy = """
      \(path) match source-address any
      \(path) match destination-address any
      \(path) match application junos-telnet
      \(path) then deny

      """
    let device = try junosDevice(junosBase + inbound + policy)
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 23", at: "ge-0/0/1.0") == "deny")
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 22", at: "ge-0/0/1.0") == "open")
    // Traffic that passes through does not meet it.
    #expect(device.forwardingLists.allSatisfy { !device.lists[$0].name.contains("junos-host") })
    let off = try junosDevice(
      junosBase + inbound + policy + "deactivate security policies from-zone cell to-zone junos-host\n")
    #expect(try off.localFate("tcp 10.0.2.5 10.0.2.1 23", at: "ge-0/0/1.0") == "permit")
    #expect(off.unboundLists.count == 1)
  }

  /// Whether global policies decide on traffic to the device is not documented.
  @Test func globalPoliciesLeaveTheDeviceOpen() throws {
    let inbound = "\(zone) cell host-inbound-traffic system-services ssh\n"
    let global = junosPolicy("g", source: "any", destination: "any", application: "any", then: "deny", in: "global")
    let device = try junosDevice(junosBase + inbound + global)
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 22", at: "ge-0/0/1.0") == "open")
    #expect(try device.localFate("tcp 10.0.2.5 10.0.2.1 23", at: "ge-0/0/1.0") == "deny")
  }

  /// "Example: Configuring a Stateless Firewall Filter to Protect … the Routing Engine": a filter at lo0 sees what is
  /// addressed to the device, at every interface.
  @Test func loopbackFilter() throws {
    let text = """
      \(zone) cell host-inbound-traffic system-services ssh
      set firewall family inet filter RE term a from source-address 10.0.2.77/32
      set firewall family inet filter RE term a then accept
      set interfaces lo0 unit 0 family inet filter input RE
      set security policies default-policy permit-all

      """
    let device = try junosDevice(junosBase + text)
    #expect(try device.localFate("tcp 10.0.2.77 10.0.2.1 22", at: "ge-0/0/1.0") == "permit")
    #expect(try device.localFate("tcp 10.0.2.78 10.0.2.1 22", at: "ge-0/0/1.0") == "deny")
    #expect(try device.junosFate("tcp 10.0.1.5 10.0.2.5 80") == "permit")
  }

  @Test func managementAccess() throws {
    let text = """
      set system services ssh root-login deny
      set system services telnet
      set system services web-management https interface ge-0/0/1.0
      set snmp community public authorization read-only
      \(zone) cell host-inbound-traffic system-services all
      \(zone) office host-inbound-traffic system-services https
      set interfaces fxp0 unit 0 family inet address 192.168.0.1/24

      """
    let device = try junosDevice(junosBase + text)
    let access = Set(device.management.map { "\($0.service) \($0.interface ?? "")\($0.isClearText ? " clear" : "")" })
    #expect(
      access.isSuperset(of: ["ssh ge-0/0/1.0", "telnet ge-0/0/2.0 clear", "https ge-0/0/1.0", "snmp ge-0/0/1.0 clear"]))
    #expect(access.contains("ssh fxp0.0") && access.contains("ping ge-0/0/2.0"))
    #expect(!access.contains("https ge-0/0/0.0") && !access.contains("ssh ge-0/0/0.0"))
    #expect(!device.management.contains { $0.service.contains("public") })
  }

  /// "Management Interface Overview": fxp0 is out of band; `disable` and `inactive:` switch off.
  @Test func interfaces() throws {
    let device = try junosDevice(
      """
      system { host-name x; }
      interfaces {
          ge-0/0/0 {
              description "to the plant";
              unit 7 {
                  vlan-id 70;
                  family inet {
                      address 10.7.0.1/24 { primary; }
                      address 10.8.0.1/24;
                  }
              }
          }
          inactive: ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/24; } } }
          ge-0/0/2 { disable; unit 0 { family inet { address 10.2.0.1/24; } } }
          ge-0/0/3 { unit 0 { family ethernet-switching { vlan { members line; } } } }
          ge-0/0/4 { unit 0 { family inet { dhcp; } } }
          fxp0 { unit 0 { family inet { address 192.168.0.1/24; } } }
          irb { unit 3 { family inet { address 10.3.0.1/24; } } }
      }
      vlans { line { vlan-id 30; l3-interface irb.3; } }
      security {
          zones {
              security-zone plant { interfaces { ge-0/0/0.7; irb.3; st0.1; } }
              functional-zone management { interfaces { ge-0/0/4.0; } }
          }
      }
      """)
    let names = device.interfaces.map(\.name)
    #expect(names == ["ge-0/0/0.7", "ge-0/0/1.0", "ge-0/0/2.0", "ge-0/0/4.0", "fxp0.0", "irb.3", "st0.1"])
    #expect(device.interfaces[0].addresses.map(\.network.description) == ["10.7.0.0/24", "10.8.0.0/24"])
    #expect(device.interfaces[0].aliases == ["to the plant"] && device.interfaces[0].vlan == 70)
    #expect(device.interfaces[0].platformZone == "plant")
    #expect(device.interfaces[5].aliases == ["line"] && device.interfaces[5].vlan == 30)
    #expect(device.interfaces.filter(\.isShutdown).map(\.name) == ["ge-0/0/1.0", "ge-0/0/2.0"])
    #expect(device.interfaces.filter(\.isManagementOnly).map(\.name) == ["ge-0/0/4.0", "fxp0.0"])
    #expect(device.routes.map(\.interface) == ["ge-0/0/4.0"])
  }

  /// "interface-range": its members inherit what it says.
  @Test func interfaceRanges() throws {
    let device = try junosDevice(
      """
      set interfaces interface-range line member-range ge-0/0/1 to ge-0/0/2
      set interfaces interface-range line member ge-0/0/5
      set interfaces interface-range line unit 0 family inet mtu 1400
      set interfaces ge-0/0/5 unit 0 family inet address 10.0.5.1/24
      set security zones security-zone z interfaces ge-0/0/1.0
      """)
    #expect(Set(device.interfaces.map(\.name)) == ["ge-0/0/1.0", "ge-0/0/2.0", "ge-0/0/5.0"])
  }
}
