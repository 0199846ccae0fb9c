import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// "Guide" is the RUGGEDCOM ROX II CLI User Guide, "v2.2" the ROX v2.2 User Guide.
@Suite struct ROXIITests {
  private func device(_ lines: String...) throws -> Device {
    let reading = try readROX(rox() + lines.map { "security firewall fwconfig plant \($0)\n" }.joined())
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    return try #require(reading.devices.first)
  }

  /// Junos has blocks of the same names; a firewall under `fwconfig` is none of its own.
  @Test func `Braces are told from those of Junos`() throws {
    let text =
      "security {\n  firewall {\n    enable;\n    fwconfig plant {\n      fwzone man {\n        type ipv4;\n      }\n    }\n  }\n}\n"
    guard case .platform(let platform, _) = detectPlatform(try SourceFile(path: "rox.cfg", bytes: Array(text.utf8)))
    else {
      Issue.record("not detected, or claimed by several")
      return
    }
    #expect(platform.id == "rox")
  }

  // MARK: In force or not

  /// Guide 6.9: the router examines messages "when the RUGGEDCOM ROX II firewall is enabled".
  @Test func `A firewall that is not enabled lets everything pass`() throws {
    let reading = try readROX(rox(roxReject, active: "security firewall active-config plant"))
    #expect(try roxFate(reading.devices[0]) == "permit")
    #expect(!reading.devices[0].unboundLists.isEmpty)
    #expect(try roxFate(readROX("hostname x\n").devices[0]) == "permit")
  }

  /// Of several firewalls one is in force; what is being worked on is not judged.
  @Test func `Only the firewall in force counts`() throws {
    let work = "security firewall work-config draft\nsecurity firewall fwconfig draft fwzone a\n"
    let reading = try readROX(rox(roxReject) + work)
    #expect(try roxFate(reading.devices[0]) == "deny" && reading.ledger.gaps.isEmpty)
    #expect(reading.issues.contains { $0.kind == .pendingChanges && $0.message.contains("`draft` is being worked on") })
    for active in ["security firewall enable", "security firewall enable\nsecurity firewall active-config draft"] {
      let open = try readROX(rox(roxReject, active: active))
      #expect(try roxFate(open.devices[0]) == "open" && open.issues.contains { $0.couldChangeVerdict })
    }
  }

  // MARK: Policies

  /// Guide 6.9.12, with its example: "the order of the policies is important".
  @Test func `The first policy for the zones decides`() throws {
    let three = try device(roxPolicy("1", "accept", "man", "cell"), roxPolicy("2", "drop", "cell", "all"), roxReject)
    #expect(try roxFate(three) == "permit")
    #expect(try roxFate(three, "tcp 10.2.0.9 10.1.0.5 80", "switch.0002", "switch.0001") == "deny")
    #expect(try roxFate(device(roxReject, roxPolicy("1", "accept", "man", "cell"))) == "deny")
    let list = try #require(three.list("policies"))
    #expect(list.rules[0].action == .permit && list.rules[1].action == .deny(rejects: false))
    #expect(list.rules[2].action == .deny(rejects: true))
    // What no policy takes is documented nowhere.
    #expect(try roxFate(device(roxPolicy("1", "accept", "cell", "man"))) == "open")
  }

  /// The trap. shorewall-roxPolicy(5), "Intra-zone policies are pre-defined": from a zone to itself everything is accepted, and
  /// `all` does not change that; only a policy that names the zone twice does.
  @Test func `Traffic inside a zone passes in spite of all`() throws {
    let inside = "tcp 10.2.0.9 10.3.0.9 502"
    #expect(try roxFate(device(roxReject), inside, "switch.0002", "switch.0003") == "permit")
    let rules = try device(roxRule("r", "action drop", "all", "all"), roxReject)
    #expect(try roxFate(rules, inside, "switch.0002", "switch.0003") == "permit")
    let named = try device(roxReject, roxPolicy("c", "drop", "cell", "cell"))
    #expect(try roxFate(named, inside, "switch.0002", "switch.0003") == "deny")
    let exception = try device(
      roxReject, roxPolicy("c", "drop", "cell", "cell"),
      roxRule("m", "action accept protocol tcp destination-ports 502", "cell", "cell"))
    #expect(try roxFate(exception, inside, "switch.0002", "switch.0003") == "permit")
  }

  // MARK: Rules

  /// Guide 6.9.12: policies can be overridden by rules; rules go by their order.
  @Test func `Rules go before policies`() throws {
    #expect(try roxFate(device(roxReject, roxRule("a", "action accept"))) == "permit")
    #expect(try roxFate(device(roxPolicy("1", "accept", "man", "cell"), roxRule("a", "action drop"))) == "deny")
    #expect(try roxFate(device(roxReject, roxRule("a", "action drop"), roxRule("b", "action accept"))) == "deny")
    let device = try device(roxReject, roxRule("a", "log-level info action accept description \"recipe download\""))
    let made = try #require(device.list("rules")).rules[0]
    #expect(made.comment == "recipe download" && made.logging == .on && made.name == "rule a")
  }

  /// v2.2, "Main Rule Settings form": the action's default is reject, the log level's none.
  @Test func `A rule without an action rejects`() throws {
    let device = try device(roxPolicy("1", "accept", "man", "cell"), roxRule("a", "protocol tcp"))
    let made = try #require(device.list("rules")).rules[0]
    #expect(made.action == .deny(rejects: true) && made.logging == .off)
  }

  @Test(arguments: [
    ("protocol tcp destination-ports 502", "tcp 10.1.0.5 10.2.0.9 502", "permit"),
    ("protocol tcp destination-ports 500,600:700", "tcp 10.1.0.5 10.2.0.9 650", "permit"),
    ("protocol tcp destination-ports !502", "tcp 10.1.0.5 10.2.0.9 502", "deny"),
    ("protocol udp destination-ports 502", "tcp 10.1.0.5 10.2.0.9 502", "deny"),
    ("protocol tcp destination-ports http", "tcp 10.1.0.5 10.2.0.9 80", "permit"),
    ("protocol tcp source-ports 49152", "tcp 10.1.0.5 10.2.0.9 80", "permit"),
    ("protocol icmp destination-ports 8", "icmp 10.1.0.5 10.2.0.9 8", "permit"),
    ("protocol all", "gre 10.1.0.5 10.2.0.9", "permit"),
    ("source-zone-hosts 10.1.0.5", "tcp 10.1.0.5 10.2.0.9 80", "permit"),
    ("source-zone-hosts 10.1.0.7,10.1.0.4/31", "tcp 10.1.0.5 10.2.0.9 80", "permit"),
    ("source-zone-hosts !10.1.0.5", "tcp 10.1.0.5 10.2.0.9 80", "deny"),
    ("source-zone-hosts 10.1.0.0/24,!10.1.0.5", "tcp 10.1.0.6 10.2.0.9 80", "permit"),
    ("destination-zone-hosts 10.2.0.1-10.2.0.8", "tcp 10.1.0.5 10.2.0.9 80", "deny"),
  ])
  func conditions(condition: String, packet: String, expected: String) throws {
    #expect(try roxFate(device(roxReject, roxRule("a", condition + " action accept")), packet) == expected)
  }

  @Test(arguments: [
    "action accept rate-limit 5", "action accept source-zone-hosts ~00-11", "action accept protocol frob",
    "action frob",
    "action accept destination-ports 502", "action continue", "action accept protocol tcp destination-ports x",
    "action redirect protocol tcp destination-ports 502",
  ])
  func `What is not understood is open`(text: String) throws {
    for lines in [
      [roxReject, roxRule("a", text)],
      [roxPolicy("1", "accept", "man", "cell"), roxRule("a", text.replacing("accept", with: "drop"))],
    ] {
      let reading = try readROX(rox(lines[0], lines[1]))
      #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict }, "\(text)")
      #expect(try roxFate(reading.devices[0]) == "open", "\(text)")
    }
  }

  @Test func `Zones that nothing defines are open`() throws {
    let reading = try readROX(rox(roxReject, roxRule("a", "action accept", "plant", "cell")))
    #expect(reading.issues.contains { $0.kind == .undefinedReference && $0.message.contains("`plant`") })
    #expect(try roxFate(reading.devices[0]) == "open")
    let statement = try readROX(rox(roxReject, "fwfrob x"))
    #expect(try roxFate(statement.devices[0]) == "open" && statement.ledger.isIncomplete)
  }

  // MARK: Zones

  /// v2.2, RX5000, 35.3.3, with its example: hosts put addresses behind one interface into zones.
  @Test func `Hosts divide an interface`() throws {
    let device = try device(
      "fwzone guests", "fwinterface switch.0004",
      "fwhost a zone predefined-zone cell interface switch.0004 ip-address 10.0.0.0/8",
      "fwhost b zone predefined-zone guests interface switch.0004 ip-address 192.168.0.0/24",
      roxPolicy("1", "accept", "man", "guests"),
      roxReject)
    #expect(try roxFate(device, "tcp 10.1.0.5 192.168.0.9 80", "switch.0001", "switch.0004") == "permit")
    #expect(try roxFate(device, "tcp 10.1.0.5 10.9.0.9 80", "switch.0001", "switch.0004") == "deny")
    #expect(try roxFate(device, "tcp 10.1.0.5 172.16.0.9 80", "switch.0001", "switch.0004") == "open")
    #expect(try roxFate(device, "tcp 10.2.0.9 10.9.0.9 80", "switch.0002", "switch.0004") == "permit")
  }

  @Test func `Interfaces without a zone and families without one are open`() throws {
    let device = try device(roxReject)
    #expect(try roxFate(device, "tcp 10.9.0.1 10.2.0.9 80", "te1-1-1", "switch.0002") == "open")
    #expect(try roxFate(device, "tcp fd00::1 fd00::2 80") == "open")
    let options = try readROX(rox(roxPolicy("1", "accept", "man", "cell"), "fwinterface switch.0001 norfc1918"))
    #expect(try roxFate(options.devices[0]) == "open" && options.ledger.gaps.map(\.state) == [.notModelled])
  }

  /// v2.2, RX5000, 35.3.4: "drop (ignore) all connection requests … to your firewall": the zone `fw` is the device itself.
  @Test func `The zone fw is the device itself`() throws {
    let device = try device(
      roxPolicy("1", "accept", "man", "fw"), roxRule("a", "action drop protocol tcp destination-ports 23", "man", "fw"),
      roxPolicy("2", "accept", "fw", "cell"), roxReject)
    #expect(try device.localFate("tcp 10.1.0.5 10.1.0.1 22", at: "switch.0001") == "permit")
    #expect(try device.localFate("tcp 10.1.0.5 10.1.0.1 23", at: "switch.0001") == "deny")
    #expect(try device.localFate("tcp 10.2.0.5 10.2.0.1 22", at: "switch.0002") == "deny")
    #expect(try roxFate(device) == "deny")
    #expect(device.passesReplies && device.name == "ridge-1" && device.routes.map(\.interface) == ["switch.0001"])
  }

  // MARK: Translation

  /// shorewall-rules(5), DNAT: translates and accepts; the server stands in the destination.
  @Test func `A dnat rule opens what it points to`() throws {
    let dnat =
      "action dnat protocol tcp destination-ports 8502 destination-zone-hosts 10.2.0.7:502 original-destination 10.1.0.1"
    let device = try device(roxReject, roxRule("a", dnat))
    #expect(try roxFate(device, "tcp 10.1.0.5 10.1.0.1 8502") == "permit")
    #expect(try roxFate(device, "tcp 10.1.0.5 10.2.0.7 502") == "permit")
    #expect(try roxFate(device, "tcp 10.1.0.5 10.1.0.1 8503") == "deny")
    // `dnat-` only translates.
    let only = try self.device(roxReject, roxRule("a", dnat.replacing("dnat ", with: "dnat- ")))
    #expect(try roxFate(only, "tcp 10.1.0.5 10.1.0.1 8502") == "deny")
  }

  /// Guide 6.9.1.3.
  @Test func `Masquerading and static NAT`() throws {
    let device = try device(
      roxReject, roxRule("a", "action accept destination-zone-hosts 10.2.0.7"),
      "fwmasq m out-interface switch.0001 source-hosts 10.2.0.0/24",
      "fwnat n external-address 10.1.0.77 external-interface switch.0001 internal-address 10.2.0.7")
    #expect(device.pipeline.count == 4)
    #expect(try roxFate(device, "tcp 10.1.0.5 10.1.0.77 80") == "permit")
    let open = try readROX(rox(roxReject, "fwnat n external-address x"))
    #expect(open.ledger.isIncomplete)
  }
}
