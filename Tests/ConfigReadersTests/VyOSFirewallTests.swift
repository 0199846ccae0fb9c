import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// Rule sets, base chains, zones, in both dialects.
@Suite struct VyOSFirewallTests {
  private let modbus = "tcp 10.0.1.10 10.0.2.5 502"
  private let forward = "set firewall ipv4 forward filter"

  private func rule(_ path: String, _ number: Int, _ lines: String...) -> String {
    lines.map { "\(path) rule \(number) \($0)\n" }.joined()
  }

  /// The classic trap: "IPv4 Firewall Configuration": a base chain accepts unless `default-action` says otherwise, and IPv6
  /// has chains of its own.
  @Test func baseChainsAcceptByDefault() throws {
    let permit = rule(forward, 10, "action accept", "protocol tcp", "destination port 502")
    let open = try vyosDevice(vyosBase + permit)
    #expect(try open.vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "permit")
    let shut = try vyosDevice(vyosBase + permit + "\(forward) default-action drop\n")
    #expect(try shut.vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "deny")
    #expect(try shut.vyosFate(modbus) == "permit")
    #expect(try shut.vyosFate("udp 2001:db8::1 2001:db8:1::1 53") == "permit")
    #expect(try vyosDevice(vyosBase).vyosFate(modbus) == "permit")
    let both = "\(forward) default-action drop\nset firewall ipv6 forward filter default-action drop\n"
    #expect(try vyosDevice(vyosBase + both).vyosFate("udp 2001:db8::1 2001:db8:1::1 53") == "deny")
  }

  /// "Firewall Rules": numbers give the order, not the file.
  @Test func numbersGiveTheOrder() throws {
    let drop = rule(forward, 20, "action drop")
    let accept = rule(forward, 10, "action accept", "source address 10.0.1.10")
    #expect(try vyosDevice(vyosBase + drop + accept).vyosFate(modbus) == "permit")
    let late = rule(forward, 100, "action accept", "source address 10.0.1.10")
    #expect(try vyosDevice(vyosBase + drop + late).vyosFate(modbus) == "deny")
    let list = try #require(try vyosDevice(vyosBase + drop + late + accept).list("ipv4 forward filter"))
    #expect(list.rules.map(\.name) == ["rule 10", "rule 20", "rule 100"])
  }

  /// "Firewall Rules": disable, log, description; `delete` removes.
  @Test func disabledRulesAndLogging() throws {
    let text =
      rule(forward, 10, "action drop", "disable", "log", "description 'no longer used'")
      + rule(forward, 20, "action accept", "log enable") + rule(forward, 30, "action reject", "log disable")
      + "\(forward) default-action drop\n\(forward) default-log\n"
    let device = try vyosDevice(vyosBase + text)
    let list = try #require(device.list("ipv4 forward filter"))
    #expect(list.rules.map(\.state) == [.disabled, .active, .active])
    #expect(list.rules.map(\.logging) == [.on, .on, .off])
    #expect(list.rules.map(\.action) == [.deny(rejects: false), .permit, .deny(rejects: true)])
    #expect(list.rules[0].comment == "no longer used" && list.fallback.logging == .on)
    #expect(try device.vyosFate(modbus) == "permit")
    let deleted = text + "delete firewall ipv4 forward filter rule 20\ndelete firewall ipv4 forward filter rule 30\n"
    #expect(try vyosDevice(vyosBase + deleted).vyosFate(modbus) == "deny")
  }

  /// "IPv4 Firewall Configuration": a named set drops by default; `return` and the end of a set that says so go back.
  @Test func jumpsAndReturns() throws {
    let named = "set firewall ipv4 name CELL"
    let jump = rule(forward, 10, "action jump", "jump-target CELL", "inbound-interface name eth0")
    let text =
      jump + rule(named, 10, "action accept", "destination port 502", "protocol tcp")
      + rule(named, 20, "action return", "protocol udp")
    let device = try vyosDevice(vyosBase + text)
    #expect(try device.vyosFate(modbus) == "permit")
    #expect(try device.vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "deny")
    #expect(try device.vyosFate("udp 10.0.1.10 10.0.2.5 80") == "permit")
    #expect(try device.vyosFate("tcp 10.0.3.10 10.0.2.5 80", from: "eth2") == "permit")
    let back = try vyosDevice(vyosBase + text + "\(named) default-action return\n")
    #expect(try back.vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "permit")
    let onward =
      "\(named) default-action jump\n\(named) default-jump-target REST\nset firewall ipv4 name REST default-action accept\n"
    #expect(try vyosDevice(vyosBase + text + onward).vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "permit")
    #expect(try vyosDevice(vyosBase + text + onward).unboundLists.isEmpty)
    let missing = try readVyOS(vyosBase + rule(forward, 10, "action jump", "jump-target NOBODY"))
    #expect(missing.issues.map(\.kind) == [.undefinedReference])
    #expect(try #require(missing.devices.first).vyosFate(modbus) == "open")
    let loop = rule(named, 5, "action jump", "jump-target CELL")
    #expect(try vyosDevice(vyosBase + jump + loop).vyosFate(modbus) == "open")
  }

  /// `continue` and `offload` go on; queues and proxies may do anything.
  @Test func otherActions() throws {
    func fate(_ lines: String...) throws -> String {
      let text = lines.map { "\(forward) rule 10 \($0)\n" }.joined() + "\(forward) default-action drop\n"
      return try vyosDevice(vyosBase + text).vyosFate(modbus)
    }
    #expect(try fate("action continue") == "deny")
    #expect(try fate("action offload", "offload-target FT") == "deny")
    #expect(try fate("action queue") == "open")
    #expect(try fate("action synproxy") == "open")
    #expect(try fate("description x") == "open")
  }

  @Test func unboundRuleSets() throws {
    let device = try vyosDevice(vyosBase + rule("set firewall ipv4 name IDLE", 10, "action drop"))
    #expect(device.unboundLists.map { device.lists[$0].name } == ["name IDLE"])
    #expect(try device.vyosFate(modbus) == "permit")
  }

  // MARK: Conditions

  /// "Groups", "Matching criteria": addresses, ranges, masks, negation, groups with `include`, ports by name.
  @Test func addressesPortsAndGroups() throws {
    let text = """
      set firewall group address-group SCADA address '10.0.1.10'
      set firewall group address-group SCADA address '10.0.1.20-10.0.1.22'
      set firewall group network-group PLC network '10.0.2.0/24'
      set firewall group network-group ALL include 'PLC'
      set firewall group network-group ALL network '10.0.3.0/24'
      set firewall group port-group OT port '502'
      set firewall group port-group OT port '1000-1010'
      set firewall group port-group MORE include 'OT'
      set firewall group port-group MORE port 'https'
      \(forward) default-action drop

      """
    func fate(_ packet: String, _ lines: String...) throws -> String {
      let rule = (["action accept"] + lines).map { "\(forward) rule 10 \($0)\n" }.joined()
      return try vyosDevice(vyosBase + text + rule).vyosFate(packet)
    }
    let group = ["source group address-group SCADA", "destination group network-group ALL"].joined(
      separator: "\n\(forward) rule 10 ")
    #expect(try fate(modbus, group) == "permit")
    #expect(try fate("tcp 10.0.1.21 10.0.3.5 502", group) == "permit")
    #expect(try fate("tcp 10.0.1.11 10.0.3.5 502", group) == "deny")
    #expect(try fate(modbus, "source group address-group '!SCADA'") == "deny")
    #expect(try fate("tcp 10.0.1.11 10.0.2.5 502", "source group address-group '!SCADA'") == "permit")
    #expect(try fate(modbus, "source address '!10.0.1.10'") == "deny")
    #expect(try fate(modbus, "source address 10.0.1.0-10.0.1.20") == "permit")
    #expect(try fate(modbus, "source address 10.0.9.10", "source address-mask 255.255.0.255") == "permit")
    #expect(
      try fate("tcp 10.0.7.11 10.0.2.5 502", "source address 10.0.9.10", "source address-mask 255.255.0.255") == "deny")
    #expect(try fate(modbus, "protocol tcp", "destination group port-group MORE") == "permit")
    #expect(try fate("tcp 10.0.1.10 10.0.2.5 443", "protocol tcp", "destination group port-group MORE") == "permit")
    #expect(try fate("tcp 10.0.1.10 10.0.2.5 503", "protocol tcp", "destination group port-group MORE") == "deny")
    #expect(
      try fate("udp 10.0.1.10 10.0.2.5 53", "protocol tcp_udp", "destination port '22,domain,8000-8080'") == "permit")
    #expect(try fate(modbus, "protocol tcp", "destination port '!502'") == "deny")
    #expect(try fate(modbus, "protocol '!tcp'") == "deny")
    #expect(try fate("gre 10.0.1.10 10.0.2.5", "protocol '!tcp'") == "permit")
    #expect(try fate(modbus, "outbound-interface name 'eth*'") == "permit")
    #expect(try fate(modbus, "inbound-interface name '!eth0'") == "deny")
    #expect(try fate("icmp 10.0.1.10 10.0.2.5 8", "protocol icmp", "icmp type-name echo-request") == "permit")
    #expect(try fate("icmp 10.0.1.10 10.0.2.5 0", "protocol icmp", "icmp type 8") == "deny")
  }

  @Test func interfaceGroups() throws {
    let text = """
      set firewall group interface-group LAN interface eth0
      set firewall group interface-group ALL include LAN
      \(forward) default-action drop
      \(forward) rule 10 action accept
      \(forward) rule 10 inbound-interface group ALL

      """
    #expect(try vyosDevice(vyosBase + text).vyosFate(modbus) == "permit")
    #expect(try vyosDevice(vyosBase + text).vyosFate(modbus, from: "eth2") == "deny")
  }

  /// Both spellings of states and flags ("state", "tcp flags"; 1.3: `state established enable`, `flags SYN,!ACK`).
  @Test(arguments: [
    ["state established", "state related"], ["state established enable", "state related enable", "state new disable"],
  ])
  func states(lines: [String]) throws {
    let text = lines.map { "\(forward) rule 10 \($0)\n" }.joined()
    let device = try vyosDevice(vyosBase + "\(forward) default-action drop\n\(forward) rule 10 action accept\n" + text)
    #expect(try device.vyosFate(modbus) == "deny")
    var reply = try packet(modbus)
    reply.state = .reply
    let evaluator = ConcreteEvaluator(device: device, ingress: "eth0", egress: "eth1")
    #expect(evaluator.forward(reply).isPermitted)
    #expect(device.list("ipv4 forward filter")?.rules[0].match.isExact == true)
  }

  @Test(arguments: [["tcp flags syn", "tcp flags not ack"], ["tcp flags 'SYN,!ACK'"]])
  func flags(lines: [String]) throws {
    let text = (["protocol tcp", "action accept"] + lines).map { "\(forward) rule 10 \($0)\n" }.joined()
    let device = try vyosDevice(vyosBase + "\(forward) default-action drop\n" + text)
    #expect(try device.vyosFate(modbus) == "permit")
    var tcp = try packet(modbus)
    tcp.tcpFlags = 18
    #expect(ConcreteEvaluator(device: device, ingress: "eth0", egress: "eth1").forward(tcp).isDenied)
  }

  /// What the file does not tell leaves a rule open, a drop as well as an accept.
  @Test(arguments: [
    "limit rate 5/second", "recent count 3", "time weekdays Mon", "fragment match-frag", "source fqdn plc.example.com",
    "source geoip country-code de", "source group domain-group D", "source group dynamic-address-group D",
    "source mac-address 00:11:22:33:44:55", "source group mac-group M", "dscp 10", "connection-mark 1", "frobnicate 1",
    "source frobnicate 1", "source group frobnicate x", "protocol frobnicate", "source group address-group NOBODY",
    "source address 10.0.1", "tcp flags frobnicate", "icmp type-name frobnicate", "state frobnicate",
    "inbound-interface group NOBODY",
  ])
  func openConditions(line: String) throws {
    for (action, fallback) in [("accept", "drop"), ("drop", "accept")] {
      let text = "\(forward) default-action \(fallback)\n" + rule(forward, 10, "action \(action)", line)
      #expect(try vyosDevice(vyosBase + text).vyosFate(modbus) == "open", "\(action)")
    }
  }

  @Test func unknownStatementsAreGaps() throws {
    for line in [
      "\(forward) rule 10 frobnicate", "\(forward) frobnicate", "set firewall frobnicate", "set frobnicate",
      "set firewall zone Z frobnicate", "set firewall global-options frobnicate", "set nat frobnicate",
      "set nat source rule 1 frobnicate", "set firewall bridge forward filter default-action drop",
      "\(forward) default-action frobnicate", "set policy route PBR rule 10 set table 100",
    ] {
      #expect(try readVyOS(vyosBase + line + "\n").ledger.isIncomplete, "\(line)")
    }
    let known = try readVyOS(
      vyosBase + "set firewall flowtable FT interface eth0\nset firewall global-options all-ping enable\n")
    #expect(known.ledger.gaps.isEmpty)
  }

  @Test func groupsThatContainThemselves() throws {
    let text = """
      set firewall group network-group A include B
      set firewall group network-group B include A
      set firewall group port-group P include P
      set firewall group interface-group I include I
      \(forward) rule 10 action drop
      \(forward) rule 10 source group network-group A
      \(forward) rule 20 action drop
      \(forward) rule 20 protocol tcp
      \(forward) rule 20 source group port-group P
      \(forward) rule 30 action drop
      \(forward) rule 30 inbound-interface group I

      """
    #expect(try vyosDevice(vyosBase + text).vyosFate(modbus) == "open")
  }

  // MARK: State policy

  /// "Global Options", state-policy: asked before the rules of every hook.
  @Test(arguments: ["set firewall global-options state-policy", "set firewall state-policy"])
  func statePolicy(path: String) throws {
    let text = """
      \(path) established action 'accept'
      \(path) invalid action 'drop'
      \(forward) default-action drop

      """
    let device = try vyosDevice(vyosBase + text)
    var reply = try packet(modbus)
    reply.state = .reply
    let evaluator = ConcreteEvaluator(device: device, ingress: "eth0", egress: "eth1")
    #expect(evaluator.forward(reply).isPermitted)
    #expect(try device.vyosFate(modbus) == "deny")
    let open = try vyosDevice(vyosBase + text.replacing("default-action drop", with: "default-action accept"))
    var invalid = try packet(modbus)
    invalid.state = .invalid
    #expect(ConcreteEvaluator(device: open, ingress: "eth0", egress: "eth1").forward(invalid).isDenied)
  }

  // MARK: Zones

  private let zones = """
    set firewall zone OFFICE member interface 'eth0'
    set firewall zone CELL member interface 'eth1'
    set firewall zone CELL member interface 'eth2'
    set firewall zone CELL from OFFICE firewall name 'O2C'
    set firewall ipv4 name O2C rule 10 action 'accept'
    set firewall ipv4 name O2C rule 10 protocol 'tcp'
    set firewall ipv4 name O2C rule 10 destination port '502'

    """

  /// "Zone Based Firewall", key points: all traffic inside a zone is permitted, between zones policies decide, the default is
  /// drop.
  @Test func trafficBetweenZones() throws {
    let device = try vyosDevice(vyosBase + zones)
    #expect(try device.vyosFate(modbus) == "permit")
    #expect(try device.vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "deny")
    #expect(try device.vyosFate("tcp 10.0.2.5 10.0.1.10 80", from: "eth1", to: "eth0") == "deny")
    #expect(try device.vyosFate("tcp 10.0.2.5 10.0.3.10 80", from: "eth1", to: "eth2") == "permit")
    // IPv6 has no rule set here, so that the zone's default takes it.
    #expect(try device.vyosFate("udp 2001:db8::1 2001:db8:1::1 53") == "deny")
    #expect(device.interfaces.map(\.platformZone) == ["OFFICE", "CELL", "CELL"])
    #expect(device.unboundLists.isEmpty)
    let inside = "set firewall zone CELL intra-zone-filtering action drop\n"
    #expect(
      try vyosDevice(vyosBase + zones + inside).vyosFate("tcp 10.0.2.5 10.0.3.10 80", from: "eth1", to: "eth2")
        == "deny")
    let set = "set firewall zone CELL intra-zone-filtering firewall name O2C\n"
    let filtered = try vyosDevice(vyosBase + zones + set)
    #expect(try filtered.vyosFate("tcp 10.0.2.5 10.0.3.10 80", from: "eth1", to: "eth2") == "deny")
    #expect(try filtered.vyosFate("tcp 10.0.2.5 10.0.3.10 502", from: "eth1", to: "eth2") == "permit")
  }

  /// Into a zone from an interface in none: dropped. Out of a zone to none: the documentation and the rules that are made
  /// differ.
  @Test func interfacesInNoZone() throws {
    let text = zones.replacing("set firewall zone CELL member interface 'eth2'\n", with: "")
    let device = try vyosDevice(vyosBase + text)
    #expect(try device.vyosFate("tcp 10.0.3.10 10.0.2.5 502", from: "eth2", to: "eth1") == "deny")
    #expect(try device.vyosFate("tcp 10.0.1.10 10.0.3.5 502", to: "eth2") == "open")
  }

  /// A packet must pass the base chain and the zones, which come behind it (priorities 0 and 1).
  @Test func baseChainAndZones() throws {
    let text = zones + "\(forward) rule 10 action accept\n\(forward) default-action drop\n"
    #expect(try vyosDevice(vyosBase + text).vyosFate("tcp 10.0.1.10 10.0.2.5 80") == "deny")
    let drop = zones + "\(forward) rule 10 action drop\n"
    #expect(try vyosDevice(vyosBase + drop).vyosFate(modbus) == "deny")
  }

  @Test func localZone() throws {
    let text =
      zones + """
        set firewall zone LOCAL local-zone
        set firewall zone LOCAL from OFFICE firewall name 'O2L'
        set firewall ipv4 name O2L rule 10 action 'accept'
        set firewall ipv4 name O2L rule 10 protocol 'tcp'
        set firewall ipv4 name O2L rule 10 destination port '22'

        """
    let device = try vyosDevice(vyosBase + text)
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 22", at: "eth0") == "permit")
    #expect(try device.localFate("tcp 10.0.1.10 10.0.1.1 23", at: "eth0") == "deny")
    #expect(try device.localFate("tcp 10.0.2.10 10.0.2.1 22", at: "eth1") == "deny")
    #expect(try vyosDevice(vyosBase + zones).localFate("tcp 10.0.2.10 10.0.2.1 22", at: "eth1") == "permit")
  }

  // MARK: The old dialect

  /// VyOS 1.3, "Firewall": a rule set is bound to an interface and a direction; both directions must let a packet pass.
  @Test func ruleSetsAtInterfaces() throws {
    let text = """
      set firewall name IN default-action 'drop'
      set firewall name IN rule 10 action 'accept'
      set firewall name IN rule 10 protocol 'tcp'
      set firewall name OUT default-action 'accept'
      set firewall name OUT rule 10 action 'drop'
      set firewall name OUT rule 10 destination address '10.0.2.9'
      set interfaces ethernet eth0 firewall in name 'IN'
      set interfaces ethernet eth1 firewall out name 'OUT'

      """
    let device = try vyosDevice(vyosBase + text)
    #expect(try device.vyosFate(modbus) == "permit")
    #expect(try device.vyosFate("udp 10.0.1.10 10.0.2.5 502") == "deny")
    #expect(try device.vyosFate("tcp 10.0.1.10 10.0.2.9 502") == "deny")
    #expect(try device.vyosFate("udp 10.0.1.10 10.0.3.9 502", from: "eth2", to: "eth0") == "permit")
    #expect(device.unboundLists.isEmpty)
  }

  /// The same plant in both dialects: what 1.3 binds at interfaces, 1.4 jumps to, and what it accepts there, it returns from
  /// (vyos-1x, migration of `firewall` to version 11 and later).
  @Test func dialectsAgree() throws {
    let old = """
      set firewall name IN default-action 'drop'
      set firewall name IN rule 10 action 'accept'
      set firewall name IN rule 10 state established 'enable'
      set firewall name IN rule 20 action 'accept'
      set firewall name IN rule 20 source group address-group 'SCADA'
      set firewall name IN rule 20 protocol 'tcp'
      set firewall name IN rule 20 destination port '502'
      set firewall group address-group SCADA address '10.0.1.10'
      set interfaces ethernet eth0 firewall in name 'IN'

      """
    let new = """
      set firewall ipv4 name IN default-action 'drop'
      set firewall ipv4 name IN rule 10 action 'return'
      set firewall ipv4 name IN rule 10 state 'established'
      set firewall ipv4 name IN rule 20 action 'return'
      set firewall ipv4 name IN rule 20 source group address-group 'SCADA'
      set firewall ipv4 name IN rule 20 protocol 'tcp'
      set firewall ipv4 name IN rule 20 destination port '502'
      set firewall group address-group SCADA address '10.0.1.10'
      set firewall ipv4 forward filter rule 5 action 'jump'
      set firewall ipv4 forward filter rule 5 inbound-interface name 'eth0'
      set firewall ipv4 forward filter rule 5 jump-target 'IN'

      """
    let (one, other) = (try vyosDevice(vyosBase + old), try vyosDevice(vyosBase + new))
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<500 {
      var wanted = Packet(
        source: IPAddress(v4: 0x0A00_0100 + UInt32.random(in: 9...11, using: &generator)),
        destination: IPAddress(v4: 0x0A00_0200 + UInt32.random(in: 1...3, using: &generator)),
        proto: [6, 17, 47].randomElement(using: &generator) ?? 6)
      wanted.state = [.new, .reply, .related, .invalid].randomElement(using: &generator) ?? .new
      if wanted.proto != 47 { wanted.destinationPort = [501, 502].randomElement(using: &generator) ?? 502 }
      for (ingress, egress) in [("eth0", "eth1"), ("eth1", "eth0"), ("eth2", "eth1")] {
        let verdicts = [one, other].map {
          ConcreteEvaluator(device: $0, ingress: ingress, egress: egress).forward(wanted).isPermitted
        }
        #expect(verdicts[0] == verdicts[1], "\(ingress) \(egress) \(wanted)")
      }
    }
  }

  /// `zone-policy zone` and `firewall zone` are one model.
  @Test func zoneDialectsAgree() throws {
    let old = zones.replacing("set firewall zone", with: "set zone-policy zone").replacing(
      "member interface", with: "interface"
    )
    .replacing("firewall ipv4 name", with: "firewall name")
    #expect(textWithoutPlaces(try vyosDevice(vyosBase + zones)) == textWithoutPlaces(try vyosDevice(vyosBase + old)))
  }

  /// VRFs share routes in many ways.
  @Test func vrfsAreOpen() throws {
    let text = "set vrf name red table 100\nset interfaces ethernet eth0 vrf red\n"
    #expect(try vyosDevice(vyosBase + text).vyosFate(modbus) == "open")
  }

  /// Rules before connection tracking cannot know states.
  @Test func rawRules() throws {
    let raw = "set firewall ipv4 prerouting raw"
    let text = rule(raw, 10, "action drop", "source address 10.0.1.66") + rule(raw, 20, "action drop", "state invalid")
    let device = try vyosDevice(vyosBase + text)
    #expect(try device.vyosFate("tcp 10.0.1.66 10.0.2.5 502") == "deny")
    #expect(try device.vyosFate(modbus) == "open")
    #expect(device.pipeline[0].isPreparatory)
  }
}
