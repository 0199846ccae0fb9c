import PacketSets
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// Zones, forwardings and policies.
@Suite struct OpenWrtUCIZoneTests {
  /// User guide, Firewall configuration, Zones: the forward policy of a zone is for traffic between its own interfaces;
  /// between zones a forwarding is needed. The classic trap: `option forward ACCEPT` of `lan` opens nothing to `wan`.
  @Test func forwardOfAZoneIsForItsOwnInterfaces() throws {
    let router = try UCIRouter("")
    #expect(router.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .denies)
    #expect(router.verdict("10.0.0.5", "10.0.0.6", from: "br-lan", to: "br-lan") == .permits)
    let open = try UCIRouter("config forwarding\n\toption src 'lan'\n\toption dest 'wan'\n")
    #expect(open.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .permits)
    #expect(open.verdict("192.0.2.9", "10.0.0.5") == .denies)
    #expect(open.verdict("192.0.2.9", "10.0.0.5", state: .reply) == .permits)
  }

  /// The TAP variants of Teltonika ship `input ACCEPT` and `forward ACCEPT` as defaults (GPL SDK, firewall.config-tap100).
  @Test func defaultsDecideForWhatNoZoneHas() throws {
    let router = try UCIRouter(
      "", defaults: "config defaults\n\toption input 'ACCEPT'\n\toption output 'ACCEPT'\n\toption forward 'ACCEPT'\n")
    #expect(router.verdict("192.0.2.9", "10.0.0.5", from: "tun0") == .permits)
    // The zone's REJECT is for its own interfaces; the default accepts from zone to zone.
    #expect(router.verdict("192.0.2.9", "10.0.0.5") == .permits)
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, to: "") == .denies)
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, from: "tun0", to: "") == .permits)
  }

  /// fw4.uc, parse_defaults: without the section every policy is drop.
  @Test func withoutDefaultsEverythingIsDropped() throws {
    let router = try UCIRouter("", defaults: "")
    #expect(router.verdict("192.0.2.9", "10.0.0.5", from: "tun0") == .denies)
    let forward = try #require(router.device.lists.first { $0.name == "forward" })
    guard case .factory = forward.fallback.origin else { return #expect(Bool(false), "\(forward.fallback)") }
  }

  @Test func interfacesZonesAndRoutesComeFromTheNetworkFile() throws {
    let router = try UCIRouter("")
    let lan = try #require(router.device.interfaces.first { $0.name == "br-lan" })
    #expect(lan.platformZone == "lan" && lan.aliases == ["lan"] && lan.addresses[0].network == IPPrefix("10.0.0.0/24"))
    #expect(router.device.routes.map(\.network) == [IPPrefix("10.5.0.0/16")!])
    #expect(router.device.routes[0].interface == "br-lan" && router.device.listsAllInterfaces)
    #expect(router.gaps.isEmpty, "\(router.gaps)")
  }

  /// Without the network file a network stands for an interface of its own name.
  @Test func networksStandForThemselves() throws {
    let router = try UCIRouter("", network: "")
    #expect(router.verdict("10.0.0.5", "10.0.0.6", from: "lan", to: "lan") == .permits)
    #expect(router.device.interfaces.map(\.name).sorted() == ["lan", "wan"] && !router.device.listsAllInterfaces)
  }

  /// A zone that gets its networks while the device runs (Teltonika's WAN): an interface of the zone's name stands for it.
  @Test func aZoneWithoutNetworks() throws {
    let zones = "config zone\n\toption name 'wan'\n\toption input 'ACCEPT'\n\t%%WAN_NETWORK%%\n"
    let router = try UCIRouter("", zones: zones)
    #expect(router.verdict("192.0.2.9", "192.0.2.2", from: "wan", to: "") == .permits)
    #expect(router.reading.issues.map(\.kind) == [.dynamicObject])
    #expect(router.gaps.count == 1 && router.gaps[0].reason.contains("%%WAN_NETWORK%%"))
  }

  /// fw4.uc, parse_zone: devices with `+`, subnets with `!`.
  @Test func devicesAndSubnets() throws {
    let zones = """
      config zone
      \toption name 'plc'
      \tlist device 'eth2+'
      \tlist device '!eth29'
      \tlist subnet '10.7.0.0/24'
      \tlist subnet '!10.7.0.9'
      \toption input 'ACCEPT'

      """
    let router = try UCIRouter("", zones: zones)
    #expect(router.verdict("10.7.0.5", "10.0.0.1", from: "eth21", to: "") != .denies)
    #expect(router.verdict("10.7.0.9", "10.0.0.1", from: "eth21", to: "") == .denies)
    #expect(router.verdict("10.8.0.5", "10.0.0.1", from: "eth21", to: "") == .denies)
    #expect(router.verdict("10.7.0.5", "10.0.0.1", from: "eth3", to: "") == .denies)
  }

  @Test func logOfAZone() throws {
    let router = try UCIRouter(
      "", zones: UCIRouter.zones.replacing("option name 'wan'", with: "option name 'wan'\n\toption log '1'"))
    #expect(router.rule("reject from zone wan")?.logging == .on)
    #expect(router.rule("accept from zone lan")?.logging == .off)
  }

  @Test func aForwardingToNowhere() throws {
    let router = try UCIRouter("config forwarding\n\toption src 'lan'\n\toption dest 'dmz'\n")
    #expect(router.reading.issues.map(\.kind) == [.undefinedReference])
  }

  @Test func twoZonesOfOneName() throws {
    let router = try UCIRouter("config zone\n\toption name 'lan'\n\tlist device 'eth5'\n\toption input 'DROP'\n")
    #expect(router.gaps.count == 1)
    #expect(router.verdict("10.0.0.5", "10.0.0.1", from: "eth5", to: "") == .open)
  }
}

/// Rules.
@Suite struct OpenWrtUCIRuleTests {
  private func rule(_ lines: String...) -> String { "config rule\n" + lines.map { "\t\($0)\n" }.joined() }

  /// User guide, Rules: source alone is for the device, source and destination are forwarded; rules come before the
  /// zone's policy and before forwardings (firewall4, ruleset.uc).
  @Test func directionAndOrder() throws {
    let router = try UCIRouter(
      rule("option src wan", "option dest_port 22", "option proto tcp", "option target ACCEPT")
        + rule("option src lan", "option dest wan", "option src_ip 10.0.0.7", "option proto all", "option target DROP")
        + "config forwarding\n\toption src lan\n\toption dest wan\n")
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, to: "") == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 22) == .denies)
    #expect(router.verdict("10.0.0.7", "192.0.2.9", from: "br-lan", to: "eth1") == .denies)
    #expect(router.verdict("10.0.0.8", "192.0.2.9", from: "br-lan", to: "eth1") == .permits)
  }

  /// User guide, Rules: `proto` is `tcp udp` when it is not set; lists and words in one option are the same.
  @Test func protocolsAndPorts() throws {
    let router = try UCIRouter(
      rule("option src wan", "option dest lan", "option dest_port '502 1000-1010'", "option target ACCEPT")
        + rule(
          "option src wan", "option dest lan", "list proto 'icmp'", "list icmp_type 'echo-request'",
          "option target ACCEPT")
        + rule("option src wan", "option dest lan", "option proto '47'", "option target ACCEPT")
        + rule(
          "option src wan", "option dest lan", "option proto tcp", "option dest_port '!1-65000'", "option target ACCEPT"
        ))
    #expect(router.gaps.isEmpty, "\(router.gaps)")
    for proto: UInt8 in [6, 17] {
      #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: proto, port: 502) == .permits)
    }
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 1005) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 503) == .denies)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 65001) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 1, type: 8) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 1, type: 13) == .denies)
    #expect(router.verdict("2001:db8::1", "2001:db8::2", proto: 58, type: 128) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 47) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 132, port: 502) == .denies)
  }

  @Test func addressesAndFamilies() throws {
    let router = try UCIRouter(
      rule(
        "option src wan", "option dest lan", "list src_ip '192.0.2.0/24'", "list src_ip '!192.0.2.7'",
        "option proto all",
        "option target ACCEPT")
        + rule("option src wan", "option dest lan", "option family ipv6", "option proto all", "option target ACCEPT"))
    #expect(router.verdict("192.0.2.9", "10.0.0.5") == .permits)
    #expect(router.verdict("192.0.2.7", "10.0.0.5") == .denies)
    #expect(router.verdict("198.51.100.1", "10.0.0.5") == .denies)
    #expect(router.verdict("2001:db8::1", "2001:db8::2") == .permits)
  }

  /// Rules for `*` go before all zones; a rule without target only counts.
  @Test func anyZone() throws {
    let router = try UCIRouter(
      rule("option src '*'", "option dest '*'", "option dest_ip 10.0.0.66", "option proto all", "option target ACCEPT")
        + rule("option src '*'", "option dest '*'", "option proto all"))
    #expect(router.verdict("192.0.2.9", "10.0.0.66", from: "tun0") == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.67") == .denies)
  }

  @Test func disabledRulesStandInTheirList() throws {
    let router = try UCIRouter(
      rule(
        "option name Enable_SSH_WAN", "option src wan", "option dest_port 22", "option target ACCEPT",
        "option enabled '0'"))
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, to: "") == .denies)
    #expect(router.rule("rule Enable_SSH_WAN")?.state == .disabled)
    #expect(router.rule("rule Enable_SSH_WAN")?.comment == "Enable_SSH_WAN")
  }

  /// Each leaves the rule open both ways.
  @Test(arguments: [
    "option limit '10/sec'", "option start_time '08:00'", "option weekdays 'Mon Tue'", "option monthdays '1'",
    "option src_mac '00:11:22:33:44:55'", "option mark '0x1'", "option helper 'ftp'",
    "option extra '-m string --hex-string x'",
    "option dscp 'CS1'", "option ipset 'nowhere'", "option proto '!tcp'", "option src_ip 'somewhere'",
    "option dest_port 'modbus'", "option target 'ACCEPTABLE'", "option wibble '1'", "option family 'seven'",
    "option device '!eth0'", "option proto 'frob'",
  ])
  func openConditions(line: String) throws {
    for (target, rest) in [("ACCEPT", ""), ("DROP", "config forwarding\n\toption src wan\n\toption dest lan\n")] {
      let router = try UCIRouter(
        rule("option src wan", "option dest lan", "option proto tcp", "option target \(target)", line) + rest)
      if line.contains("proto '!tcp'") || line.contains("frob") {
        #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 47) != (target == "ACCEPT" ? .permits : .denies))
      } else {
        #expect(
          router.verdict("192.0.2.9", "10.0.0.5", port: 80) != (target == "ACCEPT" ? .permits : .denies), "\(line)")
      }
    }
  }

  /// A schedule shows in the rule's state.
  @Test func schedules() throws {
    let router = try UCIRouter(
      rule("option name Shift", "option src wan", "option start_time 08:00", "option target ACCEPT"))
    #expect(router.rule("rule Shift")?.state == .scheduled(name: "Shift"))
  }

  /// Teltonika wiki, Firewall traffic rules: evaluated from top to bottom. Numbers that contradict that leave it open.
  @Test func priorities() throws {
    func rules(_ first: Int, _ second: Int) -> String {
      rule("option src wan", "option dest lan", "option proto all", "option target DROP", "option priority '\(first)'")
        + rule(
          "option src wan", "option dest lan", "option proto all", "option target ACCEPT", "option priority '\(second)'"
        )
    }
    #expect(try UCIRouter(rules(1, 2)).verdict("192.0.2.9", "10.0.0.5") == .denies)
    let open = try UCIRouter(rules(2, 1))
    #expect(open.verdict("192.0.2.9", "10.0.0.5") == .open && open.gaps.count == 1)
  }

  @Test func ipsets() throws {
    let set = """
      config ipset
      \toption name 'plcs'
      \tlist match 'dest_ip'
      \tlist match 'dest_port'
      \tlist entry '10.0.0.5 502'
      \tlist entry '10.0.0.6 102'

      config ipset
      \toption name 'grows'
      \tlist match 'src_net'
      \toption timeout '600'


      """
    let router = try UCIRouter(
      set + rule("option src wan", "option dest lan", "option ipset plcs", "option target ACCEPT")
        + rule("option src wan", "option dest lan", "option ipset grows", "option proto icmp", "option target ACCEPT"))
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 502) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.6", port: 502) == .denies)
    #expect(router.verdict("192.0.2.9", "10.0.0.6", proto: 1, type: 8) == .open)
  }

  /// ICMPv6 packet-too-big: fw4 of 2022 takes code 0 only, later every code.
  @Test func codesThatReleasesDifferOn() throws {
    let router = try UCIRouter(
      rule(
        "option src wan", "option dest lan", "option proto icmp", "option family ipv6",
        "option icmp_type packet-too-big",
        "option target ACCEPT"))
    #expect(router.verdict("2001:db8::1", "2001:db8::2", proto: 58, type: 2) == .permits)
  }

  @Test func notrack() throws {
    let router = try UCIRouter(rule("option src wan", "option proto udp", "option target NOTRACK"))
    #expect(router.device.pipeline.count > 1)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 17, port: 9, state: .reply) == .open)
  }
}
