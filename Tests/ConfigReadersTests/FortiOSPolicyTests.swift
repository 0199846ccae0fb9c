import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Policies, objects, zones and modes.
@Suite struct FortiOSPolicyTests {
  private let scadaToPLC = "tcp 10.0.1.10 10.0.2.5 502"

  /// FortiOS 7.2 administration guide, "Firewall policy": parameters are checked against the policies in order; without a
  /// match the traffic is denied. Order is the file's, not the numbers'.
  @Test func fileOrderDecidesAndTheEndDenies() throws {
    let device = try fortiDevice(fortiPolicies(fortiPolicy(9, "set action deny"), fortiPolicy(1)))
    #expect(try device.fate(scadaToPLC) == "deny")
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 503") == "deny")
    guard case .filter(_, let fallback) = device.pipeline.first?.work else {
      Issue.record("the first stage filters")
      return
    }
    #expect(fallback.verdict == .deny)
  }

  /// FortiOS CLI reference, `config firewall policy`: action deny, status enable, logtraffic utm by default.
  @Test func defaultsOfAPolicy() throws {
    let device = try fortiDevice(
      fortiPolicies(
        fortiPolicy(1, "unset action", "set send-deny-packet enable"), fortiPolicy(2, "set logtraffic all"),
        fortiPolicy(3, "set status disable"), fortiPolicy(4, "set utm-status enable")))
    let rules = try #require(device.list("firewall policy")?.rules)
    #expect(rules[0].action == .deny(rejects: true))
    #expect(rules.map(\.logging) == [.off, .on, .off, .unknown])
    #expect(rules[2].state == .disabled && rules[3].state == .active)
  }

  @Test func interfacesAnyAndZones() throws {
    let zones = "config system zone\nedit \"cell\"\nset interface \"port2\" \"port3\"\nnext\nend\n"
    let device = try fortiDevice(
      fortiPolicies(fortiPolicy(1, "set dstintf \"cell\"", "set dstaddr \"all\"")) + zones)
    #expect(try device.fate("tcp 10.0.1.10 10.0.3.5 502", to: "port3") == "permit")
    #expect(device.interfaces.map(\.platformZone) == [nil, "cell", "cell"])
    let any = try fortiDevice(fortiPolicies(fortiPolicy(1, "set srcintf \"any\"", "set srcaddr \"all\"")))
    #expect(try any.fate("tcp 10.0.3.10 10.0.2.5 502", from: "port3") == "permit")
  }

  /// Fortinet technical tip "Information about policy matching order when the intrazone setting is used" (ta-p/264457):
  /// explicit policies come before the zone's own permission; `deny` is the default of a zone.
  @Test func trafficInsideAZone() throws {
    func fate(_ intrazone: String, _ policy: String = "") throws -> String {
      let zone = "config system zone\nedit \"z\"\n\(intrazone)\nset interface \"port1\" \"port2\"\nnext\nend\n"
      return try fortiDevice(fortiPolicies(policy) + zone).fate("tcp 10.0.1.9 10.0.2.9 80")
    }
    #expect(try fate("") == "deny")
    #expect(try fate("set intrazone deny") == "deny")
    #expect(try fate("set intrazone allow") == "permit")
    let deny = fortiPolicy(
      9, "set srcintf any", "set dstintf any", "set srcaddr all", "set dstaddr all", "set service ALL", "unset action")
    #expect(try fate("set intrazone allow", deny) == "deny")
  }

  /// Fortinet technical tip ta-p/196651: on by default before 7.4.10, 7.6.5 and 8.0; certain for sources in the
  /// interface's own network.
  @Test func trafficBackOutOfItsInterface() throws {
    func fate(_ version: String, _ setting: String = "", source: String = "10.0.1.5") throws -> String {
      let text = fortiBase.replacing("7.4.11", with: version).replacing(
        "end\nconfig system interface", with: "\(setting)\nend\nconfig system interface")
      return try fortiDevice(text).fate("tcp \(source) 10.9.9.9 80", to: "port1")
    }
    #expect(try fate("7.4.11") == "deny")
    #expect(try fate("7.6.5") == "deny")
    #expect(try fate("7.4.9") == "permit")
    #expect(try fate("6.4.2") == "permit")
    #expect(try fate("7.0.17", source: "172.16.0.1") == "open")
    #expect(try fate("7.4.11", "set allow-traffic-redirect enable") == "permit")
    #expect(try fate("7.0.17", "set allow-traffic-redirect disable") == "deny")
    #expect(try fate("7.6") == "open")
  }

  @Test func negationOfSourcesDestinationsAndServices() throws {
    let device = try fortiDevice(
      fortiPolicies(
        fortiPolicy(
          1, "set srcaddr-negate enable", "set service \"modbus\" \"PING\"", "set service-negate enable")))
    #expect(try device.fate("tcp 10.0.1.11 10.0.2.5 80") == "permit")
    #expect(try device.fate("udp 10.0.1.11 10.0.2.5 502") == "permit")
    #expect(try device.fate("icmp 10.0.1.11 10.0.2.5 0") == "permit")
    #expect(try device.fate("gre 10.0.1.11 10.0.2.5") == "permit")
    #expect(try device.fate("tcp 10.0.1.11 10.0.2.5 502") == "deny")
    #expect(try device.fate("icmp 10.0.1.11 10.0.2.5 8") == "deny")
    #expect(try device.fate("tcp 10.0.1.10 10.0.2.5 80") == "deny")
  }

  @Test func addressTypes() throws {
    let objects = """
      config firewall address
          edit "range"
              set type iprange
              set start-ip 10.0.1.20
              set end-ip 10.0.1.22
          next
          edit "odd"
              set type wildcard
              set wildcard 10.0.1.1 255.255.255.1
          next
          edit "web"
              set type fqdn
              set fqdn "scada.example.com"
          next
          edit "own"
              set type interface-subnet
              set interface "port1"
          next
      end
      config firewall addrgrp
          edit "group"
              set member "own"
              set exclude enable
              set exclude-member "range"
          next
      end

      """
    func fate(_ name: String, _ source: String) throws -> String {
      try fortiDevice(objects + fortiPolicies(fortiPolicy(1, "set srcaddr \"\(name)\"")))
        .fate("tcp \(source) 10.0.2.5 502")
    }
    #expect(try fate("range", "10.0.1.22") == "permit")
    #expect(try fate("range", "10.0.1.23") == "deny")
    #expect(try fate("odd", "10.0.1.33") == "permit")
    #expect(try fate("odd", "10.0.1.34") == "deny")
    #expect(try fate("web", "10.0.1.10") == "open")
    #expect(try fate("own", "10.0.1.77") == "permit")
    #expect(try fate("group", "10.0.1.77") == "permit")
    #expect(try fate("group", "10.0.1.21") == "deny")
    #expect(try fate("all", "172.16.0.1") == "permit")
    #expect(try fate("nowhere", "10.0.1.10") == "open")
    let reading = try fortiOS(fortiPolicies(fortiPolicy(1, "set srcaddr \"scadaa\"")))
    #expect(reading.issues.contains { $0.kind == .undefinedReference && $0.message.contains("did you mean `scada`") })
  }

  /// FortiOS CLI reference, `config firewall service custom`: tcp-portrange `dst[-dst][:src[-src]]`.
  @Test func serviceTypes() throws {
    let objects = """
      config firewall service custom
          edit "s"
              set tcp-portrange 502-503 80:1024-2000
              set udp-portrange 47808
          next
          edit "proto"
              set protocol IP
              set protocol-number 47
          next
          edit "echo"
              set protocol ICMP
              set icmptype 8
          next
          edit "limited"
              set tcp-portrange 80
              set iprange 10.0.2.5
          next
      end
      config firewall service group
          edit "g"
              set member "s" "echo"
          next
      end

      """
    func fate(_ service: String, _ packet: String) throws -> String {
      try fortiDevice(objects + fortiPolicies(fortiPolicy(1, "set service \"\(service)\""))).fate(packet)
    }
    #expect(try fate("s", "tcp 10.0.1.10 10.0.2.5 503") == "permit")
    #expect(try fate("s", "tcp 10.0.1.10 10.0.2.5 80 1500") == "permit")
    #expect(try fate("s", "tcp 10.0.1.10 10.0.2.5 80 2001") == "deny")
    #expect(try fate("s", "udp 10.0.1.10 10.0.2.5 47808") == "permit")
    #expect(try fate("proto", "gre 10.0.1.10 10.0.2.5") == "permit")
    #expect(try fate("g", "icmp 10.0.1.10 10.0.2.5 8") == "permit")
    #expect(try fate("g", "icmp 10.0.1.10 10.0.2.5 0") == "deny")
    #expect(try fate("limited", "tcp 10.0.1.10 10.0.2.5 80") == "open")
  }

  /// Values as in the complete export fortios-xutils sample 0, l. 358 ff. (FortiOS 6.2.3).
  @Test(arguments: [
    ("ALL", "gre 10.0.1.10 10.0.2.5", "permit"), ("RDP", "tcp 10.0.1.10 10.0.2.5 3389", "permit"),
    ("PING", "icmp 10.0.1.10 10.0.2.5 8", "permit"), ("PING", "icmp 10.0.1.10 10.0.2.5 13", "deny"),
    ("Web Access", "udp 10.0.1.10 10.0.2.5 53", "permit"), ("ALL_TCP", "udp 10.0.1.10 10.0.2.5 53", "deny"),
    ("SMB", "tcp 10.0.1.10 10.0.2.5 445", "permit"), ("webproxy", "tcp 10.0.1.10 10.0.2.5 8080", "open"),
    ("RSH", "tcp 10.0.1.10 10.0.2.5 514 600", "permit"), ("RSH", "tcp 10.0.1.10 10.0.2.5 514 6000", "deny"),
  ])
  func factoryServices(service: String, packet: String, fate: String) throws {
    let device = try fortiDevice(fortiPolicies(fortiPolicy(1, "set service \"\(service)\"")))
    #expect(try device.fate(packet) == fate)
  }

  @Test func usersSchedulesAndInternetServicesAreOpen() throws {
    func fate(_ lines: String..., text: String = "") throws -> String {
      try fortiDevice(text + fortiPolicies(fortiPolicy(1, lines.joined(separator: "\n")))).fate(scadaToPLC)
    }
    #expect(try fate("set groups \"operators\"") == "open")
    #expect(try fate("set users \"anna\"") == "open")
    #expect(try fate("set internet-service enable", "set internet-service-name \"Google-DNS\"") == "open")
    let schedules = """
      config firewall schedule recurring
          edit "work"
              set day monday
          next
          edit "daily"
              set day sunday monday tuesday wednesday thursday friday saturday
          next
      end

      """
    #expect(try fate("set schedule \"work\"", text: schedules) == "open")
    #expect(try fate("set schedule \"daily\"", text: schedules) == "permit")
    #expect(try fate("unset schedule") == "permit")
    #expect(try fate("set action ipsec") == "open")
    // A mandatory attribute that is missing may mean anything.
    #expect(try fate("unset service") == "open")
  }

  /// FortiOS 7.0 administration guide, "Configuring multicast forwarding": multicast needs multicast policies.
  @Test func multicastNeedsItsOwnPolicy() throws {
    let open = fortiPolicy(1, "set srcaddr all", "set dstaddr all", "set service ALL")
    let none = try fortiDevice(fortiPolicies(open))
    #expect(try none.fate("udp 10.0.1.10 239.1.1.1 5000") == "deny")
    #expect(try none.fate("udp 10.0.1.10 10.1.1.1 5000") == "permit")
    let multicast = """
      config firewall multicast-address
          edit "video"
              set start-ip 239.1.1.1
              set end-ip 239.1.1.1
          next
      end
      config firewall multicast-policy
          edit 1
              set srcintf "port1"
              set dstintf "port2"
              set srcaddr "scada"
              set dstaddr "video"
          next
      end
      """
    let some = try fortiDevice(fortiPolicies(open) + multicast)
    #expect(try some.fate("udp 10.0.1.10 239.1.1.1 5000") == "permit")
    #expect(try some.fate("udp 10.0.1.10 239.1.1.2 5000") == "deny")
  }

  @Test func unifiedPoliciesKeepTheFamiliesApart() throws {
    let objects = "config firewall address6\nedit \"plc6\"\nset ip6 2001:db8:2::/64\nnext\nend\n"
    let device = try fortiDevice(
      objects + fortiPolicies(fortiPolicy(1, "set srcaddr all", "set srcaddr6 all", "set dstaddr6 \"plc6\"")))
    #expect(try device.fate("tcp 2001:db8:1::1 2001:db8:2::1 502") == "permit")
    #expect(try device.fate("tcp 2001:db8:1::1 2001:db8:3::1 502") == "deny")
    #expect(try device.fate(scadaToPLC) == "permit")
    let old = try fortiDevice(
      objects + fortiBase + "config firewall policy6\n"
        + fortiPolicy(1, "set srcaddr all", "set dstaddr \"plc6\"") + "end\n")
    #expect(try old.fate("tcp 2001:db8:1::1 2001:db8:2::1 502") == "permit")
    #expect(try old.fate(scadaToPLC) == "deny")
  }

  /// FortiOS administration guide, "Profile-based NGFW vs policy-based NGFW": security policies decide by application.
  @Test func policyBasedModeIsOpenAndSaid() throws {
    let reading = try fortiOS(
      fortiPolicies(fortiPolicy(1)) + "config system settings\nset ngfw-mode policy-based\nend\n")
    #expect(try reading.devices.first?.fate(scadaToPLC) == "open")
    #expect(try reading.devices.first?.fate("tcp 10.0.1.99 10.0.2.5 22") == "open")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func notModelledSectionsAreGapsOnlyWhenTheyHoldSomething() throws {
    for path in ["firewall security-policy", "router policy", "firewall access-proxy", "firewall acl"] {
      #expect(try fortiOS("config \(path)\nend\n").ledger.isIncomplete == false, "\(path)")
      let filled = try fortiOS("config \(path)\nedit 1\nset a b\nnext\nend\n")
      #expect(filled.ledger.gaps.map(\.state) == [.notModelled] && filled.ledger.isIncomplete, "\(path)")
    }
    let denial = try fortiOS(
      "config firewall DoS-policy\nedit 1\nconfig anomaly\nedit x\nset a b\nnext\nend\nnext\nend\n")
    #expect(!denial.ledger.isIncomplete && denial.ledger.gaps.count == 1)
    #expect(try fortiOS("config router ospf\nconfig redistribute \"rip\"\nend\nend\n").ledger.isIncomplete == false)
    #expect(try fortiOS("config router ospf\nconfig area\nedit 0.0.0.0\nnext\nend\nend\n").ledger.isIncomplete)
    #expect(try fortiOS("config firewall shaping-policy\nedit 1\nset x y\nnext\nend\n").ledger.isIncomplete == false)
  }
}
