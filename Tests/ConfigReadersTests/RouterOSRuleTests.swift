import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Rules of the firewall: https://help.mikrotik.com/docs/display/ROS/Firewall and its pages Filter, NAT, RAW,
/// Address-lists and "Common Firewall Matchers and Actions".
@Suite struct RouterOSRuleTests {
  private let modbus = "tcp 10.1.0.5 10.2.0.9 502"

  /// The classic trap: "If a packet has not matched any rule within the chain, then it is accepted" (Firewall, chains).
  @Test func everythingIsAcceptedByDefault() throws {
    let config = RouterOSText(filter: "add action=accept chain=forward dst-port=502 protocol=tcp")
    #expect(try config.verdict("plant", "cell", "tcp 10.1.0.5 10.2.0.9 22") == "permit")
    #expect(try config.local("plant", "tcp 10.1.0.5 10.1.0.1 22") == "permit")
    let list = try #require(try config.device().lists.first { $0.name == "forward" })
    #expect(list.fallback.verdict == .permit)
    if case .implicit = list.fallback.origin {} else { Issue.record("the default is implied") }
  }

  /// "Rules are taken from the chain in the order they are listed" (Firewall, chains); exports list them in that order.
  @Test func theFirstMatchDecides() throws {
    let filter = """
      add action=accept chain=forward dst-address=10.2.0.9 dst-port=502 protocol=tcp src-address=10.1.0.0/24
      add action=drop chain=forward
      """
    let config = RouterOSText(filter: filter)
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("plant", "cell", "tcp 10.1.0.5 10.2.0.9 503") == "deny")
    #expect(try config.verdict("plant", "cell", "tcp 10.3.0.5 10.2.0.9 502") == "deny")
    #expect(try config.local("plant", "tcp 10.1.0.5 10.1.0.1 22") == "permit")
  }

  /// `disabled=yes`; no `action` is accept (Common Firewall Matchers and Actions, "action").
  @Test func disabledRulesAndLeftOutActions() throws {
    let config = RouterOSText(
      filter:
        "add action=drop chain=forward disabled=yes\nadd chain=forward protocol=tcp\nadd action=reject chain=forward")
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("plant", "cell", "udp 10.1.0.5 10.2.0.9 161") == "deny")
    let rules = try #require(try config.device().lists.first { $0.name == "forward" }).rules
    #expect(rules.map(\.state) == [.disabled, .active, .active])
    #expect(rules[2].action == .deny(rejects: true))
  }

  /// `!` turns a matcher round; ports are lists of numbers and ranges.
  @Test func negationAndPorts() throws {
    func verdict(_ matchers: String, _ packet: String) throws -> String {
      try RouterOSText(filter: "add action=drop chain=forward \(matchers)").verdict("plant", "cell", packet)
    }
    #expect(try verdict("src-address=!10.1.0.0/24", modbus) == "permit")
    #expect(try verdict("src-address=!10.1.0.0/24", "tcp 10.7.0.5 10.2.0.9 502") == "deny")
    #expect(try verdict("dst-port=80,500-510 protocol=tcp", modbus) == "deny")
    #expect(try verdict("dst-port=!502 protocol=tcp", modbus) == "permit")
    #expect(try verdict("port=502 protocol=tcp", "tcp 10.1.0.5 10.2.0.9 40000 from 502") == "deny")
    #expect(try verdict("protocol=!tcp", modbus) == "permit")
    #expect(try verdict("dst-address=10.2.0.5-10.2.0.9", modbus) == "deny")
    #expect(try verdict("icmp-options=8:0-255 protocol=icmp", "icmp 10.1.0.5 10.2.0.9 8") == "deny")
    #expect(try verdict("icmp-options=8:0-255 protocol=icmp", "icmp 10.1.0.5 10.2.0.9 0") == "permit")
    #expect(try verdict("protocol=ipsec-esp", "esp 10.1.0.5 10.2.0.9") == "deny")
    #expect(try verdict("protocol=tcp tcp-flags=syn,!ack", modbus) == "deny")
    #expect(try verdict("protocol=tcp tcp-flags=fin", modbus) == "permit")
  }

  /// Without a rule for them, replies are packets as any other (Connection tracking).
  @Test func connectionStates() throws {
    let filter = """
      add action=accept chain=forward connection-state=established,related
      add action=drop chain=forward connection-state=invalid
      add action=accept chain=forward connection-state=new src-address=10.1.0.0/24
      add action=drop chain=forward
      """
    let config = RouterOSText(filter: filter)
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("cell", "plant", "tcp 10.2.0.9 10.1.0.5 40000") == "deny")
    #expect(try config.verdict("cell", "plant", "tcp 10.2.0.9 10.1.0.5 40000", .reply) == "permit")
    #expect(try config.verdict("plant", "cell", modbus, .invalid) == "deny")
    let negated = RouterOSText(filter: "add action=drop chain=forward connection-state=!established,related")
    #expect(try negated.verdict("plant", "cell", modbus) == "deny")
    #expect(try negated.verdict("plant", "cell", modbus, .reply) == "permit")
    let without = RouterOSText(
      filter: "add action=accept chain=forward src-address=10.1.0.0/24\nadd action=drop chain=forward")
    #expect(try without.verdict("cell", "plant", "tcp 10.2.0.9 10.1.0.5 40000", .reply) == "deny")
  }

  /// "Jump to the user-defined chain … return passes control back" (Common Firewall Matchers and Actions, "action").
  @Test func chainsJumpAndReturn() throws {
    let filter = """
      add action=jump chain=forward jump-target=to-cell out-interface=cell
      add action=drop chain=forward
      add action=return chain=to-cell src-address=10.1.0.66
      add action=accept chain=to-cell dst-port=502 protocol=tcp
      add action=accept chain=orphan
      """
    let config = RouterOSText(filter: filter)
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("plant", "cell", "tcp 10.1.0.66 10.2.0.9 502") == "deny")
    #expect(try config.verdict("plant", "wan", "tcp 10.1.0.5 198.51.100.9 502") == "deny")
    let device = try config.device()
    #expect(device.unboundLists.map { device.lists[$0].name } == ["orphan"])
  }

  /// In a built-in chain there is nothing to return to.
  @Test func returnFromABuiltInChain() throws {
    let config = RouterOSText(filter: "add action=return chain=forward protocol=tcp\nadd action=drop chain=forward")
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("plant", "cell", "udp 10.1.0.5 10.2.0.9 161") == "deny")
  }

  @Test func loopsOfChainsAndChainsWithoutRules() throws {
    let loop = RouterOSText(
      filter:
        "add action=jump chain=forward jump-target=a\nadd action=jump chain=a jump-target=b\nadd action=jump chain=b jump-target=a"
    )
    #expect(try loop.verdict("plant", "cell", modbus) == "open")
    #expect(try loop.gaps().count == 1)
    let empty = RouterOSText(filter: "add action=jump chain=forward jump-target=nowhere\nadd action=drop chain=forward")
    #expect(try empty.verdict("plant", "cell", modbus) == "deny")
    #expect(try empty.reading().issues.contains { $0.kind == .undefinedReference })
  }

  /// Log, passthrough and the actions on address lists go on to the next rule; tarpit lets nothing through.
  @Test func actionsThatDecideNothing() throws {
    for action in ["log", "passthrough", "add-src-to-address-list address-list=seen"] {
      let config = RouterOSText(filter: "add action=\(action) chain=forward\nadd action=drop chain=forward")
      #expect(try config.verdict("plant", "cell", modbus) == "deny")
    }
    let tarpit = RouterOSText(filter: "add action=tarpit chain=forward protocol=tcp")
    #expect(try tarpit.verdict("plant", "cell", modbus) == "deny")
    let unknown = RouterOSText(filter: "add action=teleport chain=forward\nadd action=drop chain=forward")
    #expect(try unknown.verdict("plant", "cell", modbus) == "open")
    #expect(try unknown.gaps().count == 1)
  }

  /// Later packets of a fasttracked connection meet no rule (Connection tracking, "FastTrack").
  @Test func fasttrackedConnections() throws {
    let filter = """
      add action=fasttrack-connection chain=forward connection-state=established,related hw-offload=yes
      add action=drop chain=forward
      """
    let config = RouterOSText(filter: filter)
    #expect(try config.verdict("cell", "plant", "tcp 10.2.0.9 10.1.0.5 40000", .reply) == "open")
    #expect(try config.verdict("plant", "cell", modbus) == "deny")
  }

  /// Matchers that the model does not hold leave an accept open and do not make a drop certain.
  @Test(arguments: [
    "layer7-protocol=x", "content=x", "limit=10,5:packet", "time=8h-17h,mon", "connection-mark=x",
    "src-mac-address=00:11:22:33:44:55",
    "dst-address-type=local", "psd=21,3s,3,1", "random=50", "hotspot=auth", "dscp=46", "nth=2,1", "packet-size=100-200",
  ]) func matchersThatAreNotInTheModel(matcher: String) throws {
    let accept = RouterOSText(filter: "add action=accept chain=forward \(matcher)\nadd action=drop chain=forward")
    #expect(try accept.verdict("plant", "cell", modbus) == "open")
    let drop = RouterOSText(filter: "add action=drop chain=forward \(matcher)")
    #expect(try drop.verdict("plant", "cell", modbus) == "open")
    #expect(try drop.gaps().isEmpty)
  }

  @Test func unknownMatchersAreGaps() throws {
    let config = RouterOSText(filter: "add action=accept chain=forward quantum-state=up\nadd action=drop chain=forward")
    #expect(try config.verdict("plant", "cell", modbus) == "open")
    #expect(try config.gaps().count == 1)
  }

  @Test func loggingCommentsAndSchedules() throws {
    let config = RouterOSText(
      filter:
        "add action=accept chain=forward comment=\"ticket 4711\" log=yes log-prefix=x\nadd action=drop chain=forward time=8h-17h,mon"
    )
    let rules = try #require(try config.device().lists.first { $0.name == "forward" }).rules
    #expect(rules[0].comment == "ticket 4711")
    #expect(rules[0].logging == .on)
    #expect(rules[1].logging == .off)
    #expect(rules[1].state == .scheduled(name: "8h-17h,mon"))
    #expect(rules.map(\.name) == ["forward rule 1", "forward rule 2"])
  }

  // MARK: address lists

  /// https://help.mikrotik.com/docs/display/ROS/Address-lists
  @Test func addressLists() throws {
    let lists = """
      /ip firewall address-list
      add address=10.1.0.0/25 list=hmi
      add address=10.1.0.200-10.1.0.209 list=hmi
      add address=10.1.0.222 disabled=yes list=hmi
      """
    let filter = "add action=accept chain=forward src-address-list=hmi\nadd action=drop chain=forward"
    let config = RouterOSText(filter: filter, more: lists)
    #expect(try config.verdict("plant", "cell", modbus) == "permit")
    #expect(try config.verdict("plant", "cell", "tcp 10.1.0.205 10.2.0.9 502") == "permit")
    #expect(try config.verdict("plant", "cell", "tcp 10.1.0.222 10.2.0.9 502") == "deny")
    let rules = try #require(try config.device().lists.first { $0.name == "forward" }).rules
    #expect(rules[0].objects.map(\.name) == ["hmi"])
    let negated = RouterOSText(filter: "add action=drop chain=forward src-address-list=!hmi", more: lists)
    #expect(try negated.verdict("plant", "cell", modbus) == "permit")
    #expect(try negated.verdict("plant", "cell", "tcp 10.1.0.222 10.2.0.9 502") == "deny")
  }

  /// Lists that rules fill, entries with a timeout, names, and lists that nothing defines.
  @Test func addressListsThatAreNotAllInTheFile() throws {
    let more = """
      /ip firewall address-list
      add address=10.1.0.5 list=known
      add address=plc.example.com list=names
      add address=10.1.0.6 list=known timeout=1d
      """
    func verdict(_ list: String, _ source: String, extra: String = "") throws -> String {
      try RouterOSText(
        filter: extra + "add action=accept chain=forward src-address-list=\(list)\nadd action=drop chain=forward",
        more: more
      ).verdict("plant", "cell", "tcp \(source) 10.2.0.9 502")
    }
    #expect(try verdict("known", "10.1.0.5") == "permit")
    #expect(try verdict("known", "10.1.0.6") == "open")
    #expect(try verdict("known", "10.1.0.7") == "deny")
    let fills = "add action=add-src-to-address-list address-list=known chain=input\n"
    #expect(try verdict("known", "10.1.0.7", extra: fills) == "open")
    #expect(try verdict("names", "10.1.0.7") == "open")
    #expect(try verdict("nowhere", "10.1.0.7") == "open")
  }

  // MARK: IPv6 and raw

  @Test func familiesHaveRulesOfTheirOwn() throws {
    let config = RouterOSText(
      filter: "add action=drop chain=forward",
      more: "/ipv6 firewall filter\nadd action=accept chain=forward protocol=tcp\nadd action=drop chain=forward")
    #expect(try config.verdict("plant", "cell", "tcp 2001:db8::5 2001:db8:2::9 502") == "permit")
    #expect(try config.verdict("plant", "cell", "udp 2001:db8::5 2001:db8:2::9 161") == "deny")
    #expect(try config.verdict("plant", "cell", modbus) == "deny")
    let off = RouterOSText(more: "/ipv6 settings\nset disable-ipv6=yes")
    #expect(try off.verdict("plant", "cell", "tcp 2001:db8::5 2001:db8:2::9 502") == "deny")
  }

  /// Raw comes before connection tracking and everything else (Packet Flow in RouterOS).
  @Test func rawDropsBeforeTheFilter() throws {
    let more =
      "/ip firewall raw\nadd action=drop chain=prerouting in-interface=wan\nadd action=notrack chain=prerouting src-address=10.9.0.0/16"
    let config = RouterOSText(filter: "add action=accept chain=forward", more: more)
    #expect(try config.verdict("wan", "cell", "tcp 198.51.100.7 10.2.0.9 502") == "deny")
    #expect(try config.local("wan", "tcp 198.51.100.7 203.0.113.2 22") == "deny")
    let states = RouterOSText(
      filter:
        "add action=drop chain=forward connection-state=new src-address=10.9.0.0/16\nadd action=drop chain=forward connection-state=new src-address=10.1.0.0/16",
      more: more)
    #expect(try states.verdict("plant", "cell", "tcp 10.9.0.5 10.2.0.9 161") == "open")
    #expect(try states.verdict("plant", "cell", modbus) == "deny")
  }

  /// Mangle has no action that drops (Mangle); what it marks for routing goes another way.
  @Test func mangleDecidesNothing() throws {
    let mark = "/ip firewall mangle\nadd action=mark-packet chain=forward new-packet-mark=x\n"
    #expect(
      try RouterOSText(filter: "add action=drop chain=forward", more: mark).verdict("plant", "cell", modbus) == "deny")
    #expect(try RouterOSText(more: mark).gaps().isEmpty)
    let route = "/ip firewall mangle\nadd action=mark-routing chain=prerouting new-routing-mark=x\n"
    #expect(try RouterOSText(more: route).gaps().count == 1)
  }

  // MARK: changes behind the rules

  /// `place-before` and `remove [ find ]` stand in scripts; other changes leave the rules before them open.
  @Test func commandsThatChangeRules() throws {
    let before = RouterOSText(
      filter: "add action=drop chain=forward\nadd action=accept chain=forward place-before=0 protocol=tcp")
    #expect(try before.verdict("plant", "cell", modbus) == "permit")
    let removed = RouterOSText(
      filter: "add action=drop chain=forward\nremove [ find ]\nadd action=accept chain=forward protocol=tcp")
    #expect(try removed.verdict("plant", "cell", "udp 10.1.0.5 10.2.0.9 161") == "permit")
    #expect(try removed.gaps().isEmpty)
    let changed = RouterOSText(filter: "add action=drop chain=forward\nset [ find action=drop ] disabled=yes")
    #expect(try changed.verdict("plant", "cell", modbus) == "open")
    #expect(try changed.gaps().count == 1)
  }
}
