import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Interfaces, virtual domains, routes, management and translation.
@Suite struct FortiOSDeviceTests {
  @Test func interfacesWithAllTheirAddresses() throws {
    let device = try fortiDevice(
      """
      config system interface
          edit "port1"
              set ip 10.0.1.1 255.255.255.0
              set alias "SCADA"
              set secondary-IP enable
              config secondaryip
                  edit 1
                      set ip 10.0.9.1 255.255.255.0
                  next
              end
              config ipv6
                  set ip6-address 2001:db8::1/64
              end
          next
          edit "cell"
              set interface "port1"
              set vlanid 20
              set status down
          next
          edit "mgmt"
              set dedicated-to management
          next
          edit "agg"
              set type aggregate
              set member "port1"
          next
      end
      """)
    let port = device.interfaces[0]
    #expect(port.aliases == ["SCADA"])
    #expect(port.addresses.map(\.network.description) == ["10.0.1.0/24", "10.0.9.0/24", "2001:db8::/64"])
    #expect(port.parent == "agg")
    #expect(
      device.interfaces[1].vlan == 20 && device.interfaces[1].isShutdown && device.interfaces[1].parent == "port1")
    #expect(device.interfaces[2].isManagementOnly)
  }

  /// FortiOS administration guide, "Virtual Domains": every VDOM has interfaces, policies and routes of its own.
  @Test func virtualDomainsAreDevices() throws {
    let reading = try fortiOS(
      """
      config vdom
      edit root
      next
      edit cell
      next
      edit spare
      next
      end
      config global
      config system global
          set hostname "fw"
      end
      config system interface
          edit "port1"
              set vdom "root"
              set ip 10.0.1.1/24
          next
          edit "link0"
              set vdom "root"
              set type vdom-link
          next
          edit "link1"
              set vdom "cell"
              set type vdom-link
          next
      end
      end
      config vdom
      edit root
      config firewall policy
          edit 1
              set srcintf "port1"
              set dstintf "link0"
              set srcaddr "all"
              set dstaddr "all"
              set service "ALL"
              set action accept
          next
      end
      end
      config vdom
      edit cell
      config firewall address
          edit "all"
              set subnet 10.0.0.0 255.0.0.0
          next
      end
      config firewall policy
          edit 1
              set srcintf "link1"
              set dstintf "link1"
              set srcaddr "all"
              set dstaddr "all"
              set service "HTTP"
              set action accept
          next
      end
      end
      """)
    #expect(reading.devices.map(\.label) == ["fw/root", "fw/cell"])
    #expect(reading.devices.map { $0.interfaces.map(\.name) } == [["port1", "link0"], ["link1"]])
    #expect(reading.devices.map { $0.interfaces.last?.innerLink } == ["link", "link"])
    #expect(try reading.devices[0].fate("tcp 10.0.1.5 172.16.0.1 22", to: "link0") == "permit")
    #expect(!reading.ledger.isIncomplete)
    #expect(
      reading.devices[1].list("firewall policy")?.rules.first?.match.upper.first?.sources.description == "10.0.0.0/8")
  }

  @Test func staticRoutes() throws {
    let reading = try fortiOS(
      fortiBase + """
        config router static
            edit 1
                set gateway 10.0.1.254
                set device "port1"
            next
            edit 2
                set dst 10.7.0.0 255.255.0.0
                set distance 5
                set device "port2"
            next
            edit 3
                set dstaddr "plc"
                set blackhole enable
            next
            edit 4
                set dst 10.8.0.0/16
                set device "port2"
                set status disable
            next
        end
        """)
    let routes = try #require(reading.devices.first?.routes)
    #expect(routes.map(\.network.description) == ["0.0.0.0/0", "10.7.0.0/16", "10.0.2.0/24"])
    #expect(routes.map(\.interface) == ["port1", "port2", nil])
    #expect(routes.map(\.distance) == [10, 5, 10])
    #expect(routes[0].gateway == IPAddress("10.0.1.254"))
    #expect(!reading.ledger.isIncomplete)
    #expect(
      try fortiOS("config router static\nedit 1\nset internet-service 1\nset device a\nnext\nend\n").ledger.isIncomplete
    )
  }

  @Test func addressSetsAsPrefixes() throws {
    let reading = try fortiOS(
      fortiBase + """
        config firewall address
            edit "range"
                set type iprange
                set start-ip 10.0.0.1
                set end-ip 10.0.0.6
            next
        end
        config router static
            edit 1
                set dstaddr "range"
                set device "port1"
            next
        end
        """)
    #expect(
      reading.devices.first?.routes.map(\.network.description)
        == ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"])
  }

  /// FortiOS 7.6 administration guide, "Local-in policy"; technical tips ta-p/426227 and ta-p/366248 (deny by default).
  @Test func localTraffic() throws {
    let device = try fortiDevice(
      """
      config system global
          set admin-sport 8443
      end
      config system interface
          edit "port1"
              set ip 10.0.1.1 255.255.255.0
              set allowaccess ping https ssh telnet
          next
          edit "port2"
              set ip 10.0.2.1 255.255.255.0
          next
      end
      config system admin
          edit "admin"
              set trusthost1 10.0.1.0 255.255.255.0
          next
      end
      config firewall local-in-policy
          edit 1
              set intf "port1"
              set srcaddr "all"
              set dstaddr "all"
              set service "SSH"
              set schedule "always"
          next
      end
      """)
    #expect(try device.localFate("tcp 10.0.1.9 10.0.1.1 8443") == "permit")
    #expect(try device.localFate("tcp 10.0.7.9 10.0.1.1 8443") == "deny")
    #expect(try device.localFate("tcp 10.0.1.9 10.0.1.1 22") == "deny")
    #expect(try device.localFate("tcp 10.0.1.9 10.0.2.1 8443", at: "port2") == "deny")
    #expect(try device.localFate("udp 10.0.1.9 10.0.1.1 500") == "open")
    #expect(device.management.map(\.service) == ["ping", "https", "ssh", "telnet"])
    #expect(device.management.map(\.isClearText) == [false, false, false, true])
    #expect(device.management[1].sources.description == "10.0.1.0/24")
  }

  // MARK: Virtual IPs

  private let virtualIP = """
    config firewall vip
        edit "plc-vip"
            set extip 10.0.1.200
            set mappedip "10.0.2.50"
            set extintf "port1"
            set portforward enable
            set extport 1502
            set mappedport 502
        next
    end

    """
  private let toVIP = "tcp 10.0.1.10 10.0.1.200 1502"

  private func device(version: String = "7.4.11", _ policies: String...) throws -> Device {
    try fortiDevice((fortiPolicies(policies.joined()) + virtualIP).replacing("7.4.11", with: version))
  }

  /// Technical tip ta-p/192456: a policy on plain addresses, `all` included, does not match traffic for a virtual IP; the
  /// policy that names it does, and its services are the translated ones (ta-p/355966).
  @Test func policiesForVirtualIPsComeFirst() throws {
    let accept = fortiPolicy(2, "set dstaddr \"plc-vip\"")
    let denyAll = fortiPolicy(1, "set dstaddr all", "set srcaddr all", "set service ALL", "set action deny")
    #expect(try device(accept).fate(toVIP) == "permit")
    #expect(try device(version: "7.0.12", denyAll, accept).fate(toVIP) == "permit")
    // Since 7.2.4 `match-vip` is on for deny policies.
    #expect(try device(version: "7.2.4", denyAll, accept).fate(toVIP) == "deny")
    #expect(try device(version: "7.2.3", denyAll, accept).fate(toVIP) == "open")
    let matching = denyAll.replacing("set action deny", with: "set action deny\nset match-vip enable")
    #expect(try device(version: "7.0.12", matching, accept).fate(toVIP) == "deny")
    let ignoring = denyAll.replacing("set action deny", with: "set action deny\nset match-vip disable")
    #expect(try device(ignoring, accept).fate(toVIP) == "permit")
  }

  @Test func whatNoPolicyForTheVirtualIPTakesIsOpenAtMost() throws {
    let other = fortiPolicy(2, "set dstaddr \"plc-vip\"", "set service HTTP")
    let acceptAll = fortiPolicy(3, "set dstaddr all", "set service ALL")
    #expect(try device(other).fate(toVIP) == "deny")
    #expect(try device(other, acceptAll).fate(toVIP) == "open")
    #expect(try device(other, acceptAll).fate("tcp 10.0.1.10 10.0.1.200 80") == "permit")
    // A virtual IP that no policy names does nothing (FortiOS 5.0 handbook, "Exception to policy order (VIPs)").
    #expect(try device(acceptAll).fate(toVIP) == "permit")
  }

  @Test func virtualIPsTranslateAddressAndPort() throws {
    let device = try device(fortiPolicy(2, "set dstaddr \"plc-vip\""))
    let rules = device.pipeline.flatMap { stage in
      if case .translate(let rules) = stage.work { rules } else { [TranslationRule]() }
    }
    let first = try #require(rules.first)
    #expect(first.destinationPorts == IntervalSet(502))
    let address = try #require(IPPrefix("10.0.2.50"))
    #expect(first.destination == .prefix(from: try #require(IPPrefix("10.0.1.200")), to: address))
    #expect(
      first.match.lower.contains {
        $0.contains((try? packet(toVIP)) ?? Packet(source: address.base, destination: address.base, proto: 0))
      })
  }

  /// Technical tip ta-p/350101: of overlapping virtual IPs the winner depends on release and order.
  @Test func overlappingVirtualIPsAreOpen() throws {
    let rival = virtualIP.replacing("plc-vip", with: "rival").replacing(
      "set extport 1502", with: "set extport 1500-1510")
    let policies = fortiPolicies(fortiPolicy(1, "set dstaddr \"plc-vip\""), fortiPolicy(2, "set dstaddr \"rival\""))
    #expect(try fortiDevice(policies + virtualIP).fate(toVIP) == "permit")
    #expect(try fortiDevice(policies + virtualIP + rival).fate(toVIP) == "open")
    let crowd =
      "config firewall vip\n"
      + (0..<3000).map {
        "edit v\($0)\nset extip 10.0.1.100-10.0.1.220\nset mappedip 10.0.2.50\nset extintf any\nnext\n"
      }.joined() + "end\n"
    let uses = (0..<3000).map { fortiPolicy($0, "set dstaddr v\($0)") }.joined()
    #expect(try fortiDevice(fortiPolicies(uses) + crowd).fate("tcp 10.0.1.10 10.0.1.150 502") == "open")
  }

  /// FortiOS 7.2 administration guide, "Central DNAT" and "Central SNAT".
  @Test func centralTranslation() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1)) + virtualIP + """
        config system settings
            set central-nat enable
        end
        config firewall ippool
            edit "pool"
                set startip 10.0.2.200
                set endip 10.0.2.201
            next
        end
        config firewall central-snat-map
            edit 1
                set srcintf "port1"
                set dstintf "port2"
                set orig-addr "scada"
                set dst-addr "all"
                set nat-ippool "pool"
            next
        end
        """)
    #expect(device.pipeline.map(\.name) == ["virtual IPs", "routing table", "firewall policies", "central SNAT"])
    // The policy sees 10.0.2.50:502.
    #expect(try device.fate(toVIP) == "permit")
    guard case .translate(let rules) = device.pipeline[3].work else {
      Issue.record("the last stage translates")
      return
    }
    let pool = try #require(AddressSet(first: IPAddress(v4: 0x0A00_02C8), last: IPAddress(v4: 0x0A00_02C9)))
    #expect(rules.first?.source == .pool(pool))
  }

  @Test func policyTranslationOfSources() throws {
    let device = try device(fortiPolicy(1, "set dstaddr \"scada\""), fortiPolicy(2, "set nat enable"), fortiPolicy(3))
    guard case .translate(let rules) = device.pipeline[1].work else {
      Issue.record("the second stage translates")
      return
    }
    #expect(rules.map(\.name) == ["policy 1", "policy 2"])
    #expect(rules[0].isExemption && rules[1].source == .egressInterface)
    #expect(device.pipeline.count == 3)
  }

  @Test func transparentModeHasNoRoutes() throws {
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1)) + "config system settings\nset opmode transparent\nend\n")
    #expect(!device.pipeline.contains { $0.work == .route })
  }

  /// FortiOS 7.6 administration guide, "Software switch": `intra-switch-policy` is implicit unless set, and then traffic
  /// between the members is allowed without a policy; "Hardware switch": ports exchange frames in hardware.
  @Test func portsOfOneSwitchMeetNoPolicy() throws {
    func device(_ definition: String) throws -> Device {
      try fortiDevice(
        """
        config system interface
            edit "wan"
            next
            edit "lan"
            next
        end
        \(definition)
        \(fortiPolicies(fortiPolicy(1, "set srcintf \"lan\"", "set dstintf \"wan\"")))
        """)
    }
    let software = "config system switch-interface\nedit lan\nset member port1 port2\nEXTRA\nnext\nend"
    let hardware =
      "config system virtual-switch\nedit lan\nconfig port\nedit port1\nnext\nedit port2\nnext\nend\nnext\nend"
    let explicit = software.replacing("EXTRA", with: "set intra-switch-policy explicit")
    let cases = [(software.replacing("EXTRA", with: ""), "permit"), (hardware, "permit"), (explicit, "deny")]
    for (definition, expected) in cases {
      let device = try device(definition)
      #expect(try device.fate("tcp 10.0.1.5 10.0.1.9 502") == expected, "\(definition)")
      #expect(try device.fate("tcp 10.0.1.5 10.0.1.9 502", from: "port1", to: "lan") == expected)
      #expect(try device.fate("tcp 10.0.1.5 10.0.9.9 502", from: "wan", to: "port1") == "deny")
      // A policy on the switch takes what enters by its ports.
      #expect(try device.fate("tcp 10.0.1.10 10.0.2.9 502", from: "port2", to: "wan") == "permit")
    }
  }

  /// FortiOS CLI reference, `config system interface`: `defaultgw` is enabled unless set otherwise.
  @Test func defaultRouteFromTheProvider() throws {
    func routes(_ extra: String) throws -> [String] {
      try fortiDevice("config system interface\nedit wan\nset mode dhcp\n\(extra)\nnext\nend").routes.map {
        "\($0.network) \($0.interface ?? "") \($0.distance)"
      }
    }
    #expect(try routes("") == ["0.0.0.0/0 wan 5"])
    #expect(try routes("set defaultgw disable") == [])
    #expect(try routes("set status down") == [])
  }
}
