import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// A router read from UCI text, and packets sent through it.
private struct Router {
  let reading: Reading
  let device: Device

  /// `network` and `zones` of a small router with a LAN and a WAN, then `text`.
  init(
    _ text: String, defaults: String = Router.defaults, network: String = Router.network, zones: String = Router.zones
  )
    throws
  {
    try self.init(whole: network + defaults + zones + text)
  }

  init(whole: String) throws {
    reading = readOpenWrtUCI(try SourceFile(path: "router", bytes: Array(whole.utf8)))
    device = try #require(reading.devices.first)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  static let network = """
    config interface 'lan'
    \toption device 'br-lan'
    \toption proto 'static'
    \toption ipaddr '10.0.0.1'
    \toption netmask '255.255.255.0'

    config interface 'wan'
    \toption device 'eth1'
    \toption proto 'static'
    \tlist ipaddr '192.0.2.2/24'

    config route
    \toption interface 'lan'
    \toption target '10.5.0.0/16'
    \toption gateway '10.0.0.9'


    """
  static let defaults =
    "config defaults\n\toption input 'REJECT'\n\toption output 'ACCEPT'\n\toption forward 'REJECT'\n\n"
  static let zones = """
    config zone
    \toption name 'lan'
    \tlist network 'lan'
    \toption input 'ACCEPT'
    \toption output 'ACCEPT'
    \toption forward 'ACCEPT'

    config zone
    \toption name 'wan'
    \tlist network 'wan'
    \toption input 'REJECT'
    \toption output 'ACCEPT'
    \toption forward 'REJECT'


    """

  var gaps: [LedgerGap] { reading.ledger.gaps }

  func verdict(
    _ source: String, _ destination: String, proto: UInt8 = 6, port: UInt16 = 0, type: UInt8 = 0,
    state: SessionState = .new, from: String = "eth1", to: String = "br-lan"
  ) -> Outcome {
    var packet = Packet(source: IPAddress(source)!, destination: IPAddress(destination)!, proto: proto)
    if proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    packet.destinationPort = port
    packet.icmpType = type
    packet.state = state
    let evaluator = ConcreteEvaluator(device: device, ingress: from, egress: to)
    let verdict = to.isEmpty ? evaluator.local(packet) : evaluator.forward(packet)
    return verdict.isPermitted ? .permits : verdict.isDenied ? .denies : .open
  }

  func rule(_ name: String) -> Rule? { device.lists.lazy.flatMap(\.rules).first { $0.name == name } }
}

/// Zones, forwardings and policies.
@Suite struct OpenWrtUCIZoneTests {
  /// User guide, Firewall configuration, Zones: the forward policy of a zone is for traffic between its own interfaces;
  /// between zones a forwarding is needed. The classic trap: `option forward ACCEPT` of `lan` opens nothing to `wan`.
  @Test func forwardOfAZoneIsForItsOwnInterfaces() throws {
    let router = try Router("")
    #expect(router.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .denies)
    #expect(router.verdict("10.0.0.5", "10.0.0.6", from: "br-lan", to: "br-lan") == .permits)
    let open = try Router("config forwarding\n\toption src 'lan'\n\toption dest 'wan'\n")
    #expect(open.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .permits)
    #expect(open.verdict("192.0.2.9", "10.0.0.5") == .denies)
    #expect(open.verdict("192.0.2.9", "10.0.0.5", state: .reply) == .permits)
  }

  /// The TAP variants of Teltonika ship `input ACCEPT` and `forward ACCEPT` as defaults (GPL SDK, firewall.config-tap100).
  @Test func defaultsDecideForWhatNoZoneHas() throws {
    let router = try Router(
      "", defaults: "config defaults\n\toption input 'ACCEPT'\n\toption output 'ACCEPT'\n\toption forward 'ACCEPT'\n")
    #expect(router.verdict("192.0.2.9", "10.0.0.5", from: "tun0") == .permits)
    // The zone's REJECT is for its own interfaces; the default accepts from zone to zone.
    #expect(router.verdict("192.0.2.9", "10.0.0.5") == .permits)
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, to: "") == .denies)
    #expect(router.verdict("192.0.2.9", "192.0.2.2", port: 22, from: "tun0", to: "") == .permits)
  }

  /// fw4.uc, parse_defaults: without the section every policy is drop.
  @Test func withoutDefaultsEverythingIsDropped() throws {
    let router = try Router("", defaults: "")
    #expect(router.verdict("192.0.2.9", "10.0.0.5", from: "tun0") == .denies)
    let forward = try #require(router.device.lists.first { $0.name == "forward" })
    guard case .factory = forward.fallback.origin else { return #expect(Bool(false), "\(forward.fallback)") }
  }

  @Test func interfacesZonesAndRoutesComeFromTheNetworkFile() throws {
    let router = try Router("")
    let lan = try #require(router.device.interfaces.first { $0.name == "br-lan" })
    #expect(lan.platformZone == "lan" && lan.aliases == ["lan"] && lan.addresses[0].network == IPPrefix("10.0.0.0/24"))
    #expect(router.device.routes.map(\.network) == [IPPrefix("10.5.0.0/16")!])
    #expect(router.device.routes[0].interface == "br-lan" && router.device.listsAllInterfaces)
    #expect(router.gaps.isEmpty, "\(router.gaps)")
  }

  /// Without the network file a network stands for an interface of its own name.
  @Test func networksStandForThemselves() throws {
    let router = try Router("", network: "")
    #expect(router.verdict("10.0.0.5", "10.0.0.6", from: "lan", to: "lan") == .permits)
    #expect(router.device.interfaces.map(\.name).sorted() == ["lan", "wan"] && !router.device.listsAllInterfaces)
  }

  /// A zone that gets its networks while the device runs (Teltonika's WAN): an interface of the zone's name stands for it.
  @Test func aZoneWithoutNetworks() throws {
    let zones = "config zone\n\toption name 'wan'\n\toption input 'ACCEPT'\n\t%%WAN_NETWORK%%\n"
    let router = try Router("", zones: zones)
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
    let router = try Router("", zones: zones)
    #expect(router.verdict("10.7.0.5", "10.0.0.1", from: "eth21", to: "") != .denies)
    #expect(router.verdict("10.7.0.9", "10.0.0.1", from: "eth21", to: "") == .denies)
    #expect(router.verdict("10.8.0.5", "10.0.0.1", from: "eth21", to: "") == .denies)
    #expect(router.verdict("10.7.0.5", "10.0.0.1", from: "eth3", to: "") == .denies)
  }

  @Test func logOfAZone() throws {
    let router = try Router(
      "", zones: Router.zones.replacing("option name 'wan'", with: "option name 'wan'\n\toption log '1'"))
    #expect(router.rule("reject from zone wan")?.logging == .on)
    #expect(router.rule("accept from zone lan")?.logging == .off)
  }

  @Test func aForwardingToNowhere() throws {
    let router = try Router("config forwarding\n\toption src 'lan'\n\toption dest 'dmz'\n")
    #expect(router.reading.issues.map(\.kind) == [.undefinedReference])
  }

  @Test func twoZonesOfOneName() throws {
    let router = try Router("config zone\n\toption name 'lan'\n\tlist device 'eth5'\n\toption input 'DROP'\n")
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
    let router = try Router(
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
    let router = try Router(
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
    let router = try Router(
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
    let router = try Router(
      rule("option src '*'", "option dest '*'", "option dest_ip 10.0.0.66", "option proto all", "option target ACCEPT")
        + rule("option src '*'", "option dest '*'", "option proto all"))
    #expect(router.verdict("192.0.2.9", "10.0.0.66", from: "tun0") == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.67") == .denies)
  }

  @Test func disabledRulesStandInTheirList() throws {
    let router = try Router(
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
      let router = try Router(
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
    let router = try Router(
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
    #expect(try Router(rules(1, 2)).verdict("192.0.2.9", "10.0.0.5") == .denies)
    let open = try Router(rules(2, 1))
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
    let router = try Router(
      set + rule("option src wan", "option dest lan", "option ipset plcs", "option target ACCEPT")
        + rule("option src wan", "option dest lan", "option ipset grows", "option proto icmp", "option target ACCEPT"))
    #expect(router.verdict("192.0.2.9", "10.0.0.5", port: 502) == .permits)
    #expect(router.verdict("192.0.2.9", "10.0.0.6", port: 502) == .denies)
    #expect(router.verdict("192.0.2.9", "10.0.0.6", proto: 1, type: 8) == .open)
  }

  /// ICMPv6 packet-too-big: fw4 of 2022 takes code 0 only, later every code.
  @Test func codesThatReleasesDifferOn() throws {
    let router = try Router(
      rule(
        "option src wan", "option dest lan", "option proto icmp", "option family ipv6",
        "option icmp_type packet-too-big",
        "option target ACCEPT"))
    #expect(router.verdict("2001:db8::1", "2001:db8::2", proto: 58, type: 2) == .permits)
  }

  @Test func notrack() throws {
    let router = try Router(rule("option src wan", "option proto udp", "option target NOTRACK"))
    #expect(router.device.pipeline.count > 1)
    #expect(router.verdict("192.0.2.9", "10.0.0.5", proto: 17, port: 9, state: .reply) == .open)
  }
}

/// Redirects, masquerading, nat and includes.
@Suite struct OpenWrtUCITranslationTests {
  private static let masquerading = Router.zones.replacing(
    "option name 'wan'", with: "option name 'wan'\n\toption masq '1'")

  /// User guide, Redirects: destination translation, and the connection is let through (`ct status dnat`).
  @Test func redirects() throws {
    let router = try Router(
      "config redirect\n\toption src wan\n\toption dest lan\n\toption proto tcp\n\toption src_dport 8502\n\toption dest_ip 10.0.0.5\n\toption dest_port 502\n",
      zones: Self.masquerading)
    // Connections that came translated look like untranslated ones behind translation, so they are open, not certain.
    #expect(router.verdict("198.51.100.1", "192.0.2.2", port: 8502) == .open)
    #expect(router.verdict("198.51.100.1", "192.0.2.2", port: 8503) == .denies)
    #expect(router.verdict("198.51.100.1", "192.0.2.2", proto: 17, port: 8502) == .denies)
    // Reflection: hosts of the LAN reach it by the outer address too.
    #expect(router.verdict("10.0.0.8", "192.0.2.2", port: 8502, from: "br-lan") != .denies)
    let names = router.device.pipeline.flatMap { stage -> [String] in
      if case .translate(let rules) = stage.work { rules.map(\.name) } else { [] }
    }
    #expect(names.contains("redirect @redirect[0]") && names.contains("redirect @redirect[0] (reflection)"))
    #expect(names.contains("masquerading of zone wan"))
  }

  /// firewall4, zone-drop-invalid.uc: packets without a session do not leave a masquerading zone.
  @Test func invalidPacketsDoNotLeak() throws {
    let router = try Router("config forwarding\n\toption src lan\n\toption dest wan\n", zones: Self.masquerading)
    #expect(router.verdict("10.0.0.5", "192.0.2.9", state: .invalid, from: "br-lan", to: "eth1") == .denies)
    #expect(router.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .permits)
  }

  @Test func natSections() throws {
    let router = try Router(
      "config nat\n\toption src wan\n\toption src_ip 10.0.0.0/24\n\toption target SNAT\n\toption snat_ip 192.0.2.7\n"
        + "config nat\n\toption src '*'\n\toption device eth9\n\toption target MASQUERADE\n")
    let rules = router.device.pipeline.flatMap { stage -> [TranslationRule] in
      if case .translate(let rules) = stage.work { rules } else { [] }
    }
    #expect(rules.count == 2)
    #expect(
      rules.contains { $0.source == .pool(AddressSet(IPAddress("192.0.2.7")!)) && $0.egress.patterns == ["eth1"] })
    #expect(rules.contains { $0.source == .egressInterface && $0.egress.patterns == ["eth9"] })
  }

  /// A script may do anything to the rules.
  @Test func includesAreGaps() throws {
    let router = try Router("config include\n\toption path /etc/firewall.user\n")
    #expect(router.gaps.count == 1 && router.gaps[0].couldChangeVerdict)
    let off = try Router("config include\n\toption path /etc/firewall.user\n\toption enabled 0\n")
    #expect(off.gaps.isEmpty)
    let inside = try Router(
      "config include\n\toption type nftables\n\toption path /x.nft\n\toption position chain-pre\n\toption chain forward\n"
    )
    #expect(inside.verdict("192.0.2.9", "10.0.0.5") == .open)
  }
}

/// Files.
@Suite struct OpenWrtUCIFileTests {
  private func read(_ text: String) throws -> Reading {
    readOpenWrtUCI(try SourceFile(path: "firewall", bytes: Array(text.utf8)))
  }

  @Test func exportAndNoise() throws {
    let text =
      "root@Teltonika:~# uci export firewall\npackage firewall\n\n# a comment\n" + Router.defaults + Router.zones
      + "package dhcp\n\nconfig dnsmasq\n\toption domain 'lan'\n\toption secret 'x'\n\nroot@Teltonika:~#\n"
    let reading = try read(text.replacing("\n", with: "\r\n"))
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    #expect(reading.devices.first?.lists.contains { $0.name == "forward_lan" } == true)
  }

  @Test func jsonAndTextAreOneModel() throws {
    let json = """
      {"defaults": {"input": "REJECT", "output": "ACCEPT", "forward": "REJECT"},
       "zone": [{"name": "lan", "network": ["lan"], "input": "ACCEPT", "output": "ACCEPT", "forward": "ACCEPT"},
        {"name": "wan", "network": "wan", "input": "REJECT", "output": "ACCEPT", "forward": "REJECT",}],
       "rule": [{"name": "x", "src": "wan", "dest_port": 22, "target": "ACCEPT"}]}
      """
    let text =
      Router.defaults + Router.zones
      + "config rule\n\toption name x\n\toption src wan\n\toption dest_port 22\n\toption target ACCEPT\n"
    let (one, other) = (try read(json), try read(text))
    #expect(one.ledger.gaps.isEmpty && other.ledger.gaps.isEmpty, "\(one.ledger.gaps)")
    let (first, second) = (try #require(one.devices.first), try #require(other.devices.first))
    #expect(first.lists.map(\.name) == second.lists.map(\.name))
    for (list, twin) in zip(first.lists, second.lists) {
      #expect(list.rules.map(\.match.upper) == twin.rules.map(\.match.upper), "\(list.name)")
      #expect(list.rules.map(\.name) == twin.rules.map(\.name) && list.rules.map(\.action) == twin.rules.map(\.action))
    }
  }

  @Test(arguments: [
    "config zone\n" + String(repeating: "\toption a 'b'\n", count: 100_000),
    "config zone\n\toption name x\n" + (0..<50_000).map { "\toption o\($0) 'b'\n" }.joined(),
    "config defaults\n" + String(repeating: "config zone\n\toption name 'x'\n\tlist network 'y'\n", count: 10_000),
    "config zone\n\toption name x\n" + String(repeating: "\tlist device 'a+'\n", count: 10_000),
    "config zone\n\toption name x\n" + String(repeating: "\tlist subnet '::1/::ffff'\n", count: 10_000),
    "config rule\n\toption src '*'\n"
      + String(repeating: "\tlist src_ip '::1/::ffff'\n\tlist dest_ip '::1/::ffff'\n", count: 2000),
    "config zone\n\toption name 'unclosed\n", "config\noption\nlist\n", "option a b\n", "config zone 'a' 'b' 'c'\n",
    "config rule\n\toption src \0\u{1}\n", "config zone\n\toption name " + String(repeating: "x", count: 1_000_000),
    "{\"zone\": [" + String(repeating: "[", count: 100_000), "{\"zone\": [7, {\"name\": []}]}", "{\"rule\": {}",
    "config interface a\n\toption device '@b'\nconfig interface b\n\toption device '@a'\nconfig zone\n\toption name x\n\tlist network a\n",
  ])
  func hostileInput(text: String) throws {
    let reading = try read(text)
    #expect(reading.ledger.count(of: .unread) == 0)
    #expect(reading.ledger.isIncomplete || !reading.issues.isEmpty || reading.devices.count == 1)
  }

  @Test func samplesAreDetectedAndRead() throws {
    guard let shared = sharedFolder() else { return print("skipped: no sample configurations beside the package") }
    var count = 0
    for path in filesBelow("\(shared)/samples") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      // Lists of connection helpers stand beside the configurations.
      let isOwn = path.contains("/samples/openwrt-uci/") && !path.contains("uci_helpers")
      #expect((Platform.openWrtUCI.detect(file) != nil) == isOwn, "\(path)")
      guard isOwn else { continue }
      count += 1
      let reading = readOpenWrtUCI(file)
      let known = [
        "is not read", "raw iptables text", "%%WAN_NETWORK%%", "exclude each other", "attack_prevention", "unknown_",
      ]
      let open = reading.ledger.gaps.filter { gap in !known.contains { gap.reason.contains($0) } }
      #expect(open.isEmpty, "\(path): \(open)")
      #expect(reading.devices.count == 1, "\(path)")
    }
    print("read \(count) UCI samples")
  }
}
