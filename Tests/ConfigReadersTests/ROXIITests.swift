import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Reads text as a ROX II configuration.
func readROX(_ text: String) throws -> Reading {
  let file = try SourceFile(path: "rox.cfg", bytes: Array(text.utf8))
  let reading = try #require(Platform.named("rox")).read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

/// One firewall as command lines of a script: zones `man` (switch.0001) and `cell` (switch.0002, switch.0003); lines of the
/// firewall follow, each below `security firewall fwconfig plant`.
func rox(_ lines: String..., active: String = "security firewall enable\nsecurity firewall active-config plant")
  -> String
{
  let zones = [
    "fwzone fw type firewall", "fwzone man type ipv4", "fwzone cell",
    "fwinterface switch.0001 zone predefined-zone man", "fwinterface switch.0002 zone predefined-zone cell",
    "fwinterface switch.0003 zone predefined-zone cell",
  ]
  return """
    admin system-name ridge-1
    ip switch.0001 ipv4 address 10.1.0.1/24
    ip switch.0002 ipv4 address 10.2.0.1/24
    ip switch.0003 ipv4 address 10.3.0.1/24
    routing ipv4 route 0.0.0.0/0 via 10.1.0.254
    \(active)
    \((zones + lines).map { "security firewall fwconfig plant \($0)" }.joined(separator: "\n"))

    """
}

/// "Guide" is the RUGGEDCOM ROX II CLI User Guide, "v2.2" the ROX v2.2 User Guide.
@Suite struct ROXIITests {
  private func device(_ lines: String...) throws -> Device {
    let reading = try readROX(rox() + lines.map { "security firewall fwconfig plant \($0)\n" }.joined())
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    return try #require(reading.devices.first)
  }

  private func fate(
    _ device: Device, _ packet: String = "tcp 10.1.0.5 10.2.0.9 502", _ from: String = "switch.0001",
    _ to: String = "switch.0002"
  ) throws -> String {
    try device.fate(packet, from: from, to: to)
  }

  private let reject =
    "fwpolicy last action reject source-zone predefined-zone all destination-zone predefined-zone all"

  private func policy(_ name: String, _ action: String, _ from: String, _ to: String) -> String {
    "fwpolicy \(name) action \(action) source-zone predefined-zone \(from) destination-zone predefined-zone \(to)"
  }

  private func rule(_ name: String, _ rest: String, _ from: String = "man", _ to: String = "cell") -> String {
    "fwrule \(name) source-zone predefined-zone \(from) destination-zone predefined-zone \(to) \(rest)"
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
    let reading = try readROX(rox(reject, active: "security firewall active-config plant"))
    #expect(try fate(reading.devices[0]) == "permit")
    #expect(!reading.devices[0].unboundLists.isEmpty)
    #expect(try fate(readROX("hostname x\n").devices[0]) == "permit")
  }

  /// Of several firewalls one is in force; what is being worked on is not judged.
  @Test func `Only the firewall in force counts`() throws {
    let work = "security firewall work-config draft\nsecurity firewall fwconfig draft fwzone a\n"
    let reading = try readROX(rox(reject) + work)
    #expect(try fate(reading.devices[0]) == "deny" && reading.ledger.gaps.isEmpty)
    #expect(reading.issues.contains { $0.kind == .pendingChanges && $0.message.contains("`draft` is being worked on") })
    for active in ["security firewall enable", "security firewall enable\nsecurity firewall active-config draft"] {
      let open = try readROX(rox(reject, active: active))
      #expect(try fate(open.devices[0]) == "open" && open.issues.contains { $0.couldChangeVerdict })
    }
  }

  // MARK: Policies

  /// Guide 6.9.12, with its example: "the order of the policies is important".
  @Test func `The first policy for the zones decides`() throws {
    let three = try device(policy("1", "accept", "man", "cell"), policy("2", "drop", "cell", "all"), reject)
    #expect(try fate(three) == "permit")
    #expect(try fate(three, "tcp 10.2.0.9 10.1.0.5 80", "switch.0002", "switch.0001") == "deny")
    #expect(try fate(device(reject, policy("1", "accept", "man", "cell"))) == "deny")
    let list = try #require(three.list("policies"))
    #expect(list.rules[0].action == .permit && list.rules[1].action == .deny(rejects: false))
    #expect(list.rules[2].action == .deny(rejects: true))
    // What no policy takes is documented nowhere.
    #expect(try fate(device(policy("1", "accept", "cell", "man"))) == "open")
  }

  /// The trap. shorewall-policy(5), "Intra-zone policies are pre-defined": from a zone to itself everything is accepted, and
  /// `all` does not change that; only a policy that names the zone twice does.
  @Test func `Traffic inside a zone passes in spite of all`() throws {
    let inside = "tcp 10.2.0.9 10.3.0.9 502"
    #expect(try fate(device(reject), inside, "switch.0002", "switch.0003") == "permit")
    let rules = try device(rule("r", "action drop", "all", "all"), reject)
    #expect(try fate(rules, inside, "switch.0002", "switch.0003") == "permit")
    let named = try device(reject, policy("c", "drop", "cell", "cell"))
    #expect(try fate(named, inside, "switch.0002", "switch.0003") == "deny")
    let exception = try device(
      reject, policy("c", "drop", "cell", "cell"),
      rule("m", "action accept protocol tcp destination-ports 502", "cell", "cell"))
    #expect(try fate(exception, inside, "switch.0002", "switch.0003") == "permit")
  }

  // MARK: Rules

  /// Guide 6.9.12: policies can be overridden by rules; rules go by their order.
  @Test func `Rules go before policies`() throws {
    #expect(try fate(device(reject, rule("a", "action accept"))) == "permit")
    #expect(try fate(device(policy("1", "accept", "man", "cell"), rule("a", "action drop"))) == "deny")
    #expect(try fate(device(reject, rule("a", "action drop"), rule("b", "action accept"))) == "deny")
    let device = try device(reject, rule("a", "log-level info action accept description \"recipe download\""))
    let made = try #require(device.list("rules")).rules[0]
    #expect(made.comment == "recipe download" && made.logging == .on && made.name == "rule a")
  }

  /// v2.2, "Main Rule Settings form": the action's default is reject, the log level's none.
  @Test func `A rule without an action rejects`() throws {
    let device = try device(policy("1", "accept", "man", "cell"), rule("a", "protocol tcp"))
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
    #expect(try fate(device(reject, rule("a", condition + " action accept")), packet) == expected)
  }

  @Test(arguments: [
    "action accept rate-limit 5", "action accept source-zone-hosts ~00-11", "action accept protocol frob",
    "action frob",
    "action accept destination-ports 502", "action continue", "action accept protocol tcp destination-ports x",
    "action redirect protocol tcp destination-ports 502",
  ])
  func `What is not understood is open`(text: String) throws {
    for lines in [
      [reject, rule("a", text)],
      [policy("1", "accept", "man", "cell"), rule("a", text.replacing("accept", with: "drop"))],
    ] {
      let reading = try readROX(rox(lines[0], lines[1]))
      #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict }, "\(text)")
      #expect(try fate(reading.devices[0]) == "open", "\(text)")
    }
  }

  @Test func `Zones that nothing defines are open`() throws {
    let reading = try readROX(rox(reject, rule("a", "action accept", "plant", "cell")))
    #expect(reading.issues.contains { $0.kind == .undefinedReference && $0.message.contains("`plant`") })
    #expect(try fate(reading.devices[0]) == "open")
    let statement = try readROX(rox(reject, "fwfrob x"))
    #expect(try fate(statement.devices[0]) == "open" && statement.ledger.isIncomplete)
  }

  // MARK: Zones

  /// v2.2, RX5000, 35.3.3, with its example: hosts put addresses behind one interface into zones.
  @Test func `Hosts divide an interface`() throws {
    let device = try device(
      "fwzone guests", "fwinterface switch.0004",
      "fwhost a zone predefined-zone cell interface switch.0004 ip-address 10.0.0.0/8",
      "fwhost b zone predefined-zone guests interface switch.0004 ip-address 192.168.0.0/24",
      policy("1", "accept", "man", "guests"),
      reject)
    #expect(try fate(device, "tcp 10.1.0.5 192.168.0.9 80", "switch.0001", "switch.0004") == "permit")
    #expect(try fate(device, "tcp 10.1.0.5 10.9.0.9 80", "switch.0001", "switch.0004") == "deny")
    #expect(try fate(device, "tcp 10.1.0.5 172.16.0.9 80", "switch.0001", "switch.0004") == "open")
    #expect(try fate(device, "tcp 10.2.0.9 10.9.0.9 80", "switch.0002", "switch.0004") == "permit")
  }

  @Test func `Interfaces without a zone and families without one are open`() throws {
    let device = try device(reject)
    #expect(try fate(device, "tcp 10.9.0.1 10.2.0.9 80", "te1-1-1", "switch.0002") == "open")
    #expect(try fate(device, "tcp fd00::1 fd00::2 80") == "open")
    let options = try readROX(rox(policy("1", "accept", "man", "cell"), "fwinterface switch.0001 norfc1918"))
    #expect(try fate(options.devices[0]) == "open" && options.ledger.gaps.map(\.state) == [.notModelled])
  }

  /// v2.2, RX5000, 35.3.4: "drop (ignore) all connection requests … to your firewall": the zone `fw` is the device itself.
  @Test func `The zone fw is the device itself`() throws {
    let device = try device(
      policy("1", "accept", "man", "fw"), rule("a", "action drop protocol tcp destination-ports 23", "man", "fw"),
      policy("2", "accept", "fw", "cell"), reject)
    #expect(try device.localFate("tcp 10.1.0.5 10.1.0.1 22", at: "switch.0001") == "permit")
    #expect(try device.localFate("tcp 10.1.0.5 10.1.0.1 23", at: "switch.0001") == "deny")
    #expect(try device.localFate("tcp 10.2.0.5 10.2.0.1 22", at: "switch.0002") == "deny")
    #expect(try fate(device) == "deny")
    #expect(device.passesReplies && device.name == "ridge-1" && device.routes.map(\.interface) == ["switch.0001"])
  }

  // MARK: Translation

  /// shorewall-rules(5), DNAT: translates and accepts; the server stands in the destination.
  @Test func `A dnat rule opens what it points to`() throws {
    let dnat =
      "action dnat protocol tcp destination-ports 8502 destination-zone-hosts 10.2.0.7:502 original-destination 10.1.0.1"
    let device = try device(reject, rule("a", dnat))
    #expect(try fate(device, "tcp 10.1.0.5 10.1.0.1 8502") == "permit")
    #expect(try fate(device, "tcp 10.1.0.5 10.2.0.7 502") == "permit")
    #expect(try fate(device, "tcp 10.1.0.5 10.1.0.1 8503") == "deny")
    // `dnat-` only translates.
    let only = try self.device(reject, rule("a", dnat.replacing("dnat ", with: "dnat- ")))
    #expect(try fate(only, "tcp 10.1.0.5 10.1.0.1 8502") == "deny")
  }

  /// Guide 6.9.1.3.
  @Test func `Masquerading and static NAT`() throws {
    let device = try device(
      reject, rule("a", "action accept destination-zone-hosts 10.2.0.7"),
      "fwmasq m out-interface switch.0001 source-hosts 10.2.0.0/24",
      "fwnat n external-address 10.1.0.77 external-interface switch.0001 internal-address 10.2.0.7")
    #expect(device.pipeline.count == 4)
    #expect(try fate(device, "tcp 10.1.0.5 10.1.0.77 80") == "permit")
    let open = try readROX(rox(reject, "fwnat n external-address x"))
    #expect(open.ledger.isIncomplete)
  }

  // MARK: Forms

  private let indented = """
    ridge# show running-config
    admin
     system-name ridge-1
    !
    ip switch.0001
     ipv4
      address 10.1.0.1/24
     !
    !
    ip switch.0002
     ipv4
      address 10.2.0.1/24
     !
    !
    security
     firewall
      enable
      active-config plant
      fwconfig plant
       fwzone fw
        type firewall
       !
       fwzone man
       !
       fwzone cell
       !
       fwinterface switch.0001
        zone predefined-zone man
       !
       fwinterface switch.0002
        zone predefined-zone cell
       !
       fwpolicy last
        source-zone predefined-zone all
        destination-zone predefined-zone all
        action reject
       !
       fwrule modbus
        action accept
        source-zone predefined-zone man
        source-zone-hosts 10.1.0.5
        destination-zone predefined-zone cell
        protocol tcp
        destination-ports 502
        log-level info
       !
      !
     !
    !
    ridge#
    """

  private var paths: [String] {
    [
      "admin system-name ridge-1", "ip switch.0001 ipv4 address 10.1.0.1/24", "ip switch.0002 ipv4 address 10.2.0.1/24",
      "security firewall enable", "security firewall active-config plant",
    ]
      + [
        "fwzone fw type firewall", "fwzone man", "fwzone cell", "fwinterface switch.0001 zone predefined-zone man",
        "fwinterface switch.0002 zone predefined-zone cell", "fwpolicy last source-zone predefined-zone all",
        "fwpolicy last destination-zone predefined-zone all", "fwpolicy last action reject",
        "fwrule modbus action accept",
        "fwrule modbus source-zone predefined-zone man", "fwrule modbus source-zone-hosts 10.1.0.5",
        "fwrule modbus destination-zone predefined-zone cell", "fwrule modbus protocol tcp",
        "fwrule modbus destination-ports 502", "fwrule modbus log-level info",
      ].map { "security firewall fwconfig plant \($0)" }
  }

  private let script = """
    config
    admin system-name ridge-1
    ip switch.0001 ipv4 address 10.1.0.1/24
    ip switch.0002 ipv4 address 10.2.0.1/24
    security firewall enable
    security firewall active-config plant
    security firewall fwconfig plant
    fwzone fw type firewall
    fwzone man
    fwzone cell
    fwinterface switch.0001 zone predefined-zone man
    fwinterface switch.0002 zone predefined-zone cell
    fwpolicy last
    source-zone predefined-zone all
    destination-zone predefined-zone all
    action accept
    action reject
    exit
    fwrule old action drop
    no fwrule old
    fwrule modbus
    action accept
    source-zone predefined-zone man
    source-zone-hosts 10.1.0.5
    destination-zone predefined-zone cell
    protocol tcp
    destination-ports 502
    log-level info
    commit
    """

  private let xml = """
    <?xml version="1.0" encoding="UTF-8"?>
    <config xmlns="http://tail-f.com/ns/config/1.0">
      <!-- saved -->
      <admin xmlns="http://ruggedcom.com/ns/rmf_admin">
        <system-name>ridge-1</system-name>
      </admin>
      <ip xmlns="http://ruggedcom.com/ns/rmf_ip">
        <ifname>switch.0001</ifname>
        <ipv4><address><ipaddress>10.1.0.1/24</ipaddress></address></ipv4>
      </ip>
      <ip xmlns="http://ruggedcom.com/ns/rmf_ip">
        <ifname>switch.0002</ifname>
        <ipv4>
          <address>
            <ipaddress>10.2.0.1/24</ipaddress>
          </address>
        </ipv4>
      </ip>
      <security xmlns="http://ruggedcom.com/ns/rmf_security">
        <firewall>
          <enable/>
          <active-config>plant</active-config>
          <fwconfig>
            <name>plant</name>
            <fwzone><name>fw</name><type>firewall</type></fwzone>
            <fwzone><name>man</name></fwzone>
            <fwzone><name>cell</name></fwzone>
            <fwinterface>
              <ifname>switch.0001</ifname>
              <zone><predefined-zone>man</predefined-zone></zone>
            </fwinterface>
            <fwinterface>
              <ifname>switch.0002</ifname>
              <zone><predefined-zone>cell</predefined-zone></zone>
            </fwinterface>
            <fwpolicy>
              <name>last</name>
              <source-zone><predefined-zone>all</predefined-zone></source-zone>
              <destination-zone><predefined-zone>all</predefined-zone></destination-zone>
              <action>reject</action>
            </fwpolicy>
            <fwrule>
              <name>modbus</name>
              <action>accept</action>
              <source-zone>
                <predefined-zone>man</predefined-zone>
              </source-zone>
              <source-zone-hosts>10.1.0.5</source-zone-hosts>
              <destination-zone><predefined-zone>cell</predefined-zone></destination-zone>
              <protocol>tcp</protocol>
              <destination-ports>502</destination-ports>
              <log-level>info</log-level>
            </fwrule>
          </fwconfig>
        </firewall>
      </security>
    </config>
    """

  /// `a { b { c x; } }` of paths, one statement each.
  private func braces() -> String {
    paths.map { path in
      let words = path.split(separator: " ").map(String.init)
      let blocks = words.dropLast(2)
      return blocks.map { "\($0) {\n" }.joined() + words.suffix(2).joined(separator: " ") + ";\n"
        + String(repeating: "}\n", count: blocks.count)
    }.joined()
  }

  @Test func `All forms of one configuration give the same device`() throws {
    let forms = [
      indented, script, xml, braces(), paths.joined(separator: "\n"), paths.map { "set \($0)" }.joined(separator: "\n"),
      indented.replacing("\n", with: "\r\n"), xml.replacing("\n", with: "\r\n"),
    ]
    let readings = try forms.map { try readROX($0 + "\n") }
    for (form, reading) in zip(forms, readings) {
      #expect(reading.ledger.gaps.isEmpty, "\(form.prefix(20)): \(reading.ledger.gaps)")
      #expect(reading.issues.isEmpty && reading.devices.count == 1)
      #expect(textWithoutPlaces(reading.devices[0]) == textWithoutPlaces(readings[0].devices[0]), "\(form.prefix(20))")
      #expect(
        try fate(reading.devices[0]) == "permit" && fate(reading.devices[0], "tcp 10.1.0.6 10.2.0.9 502") == "deny")
    }
  }

  // MARK: Files

  @Test func detection() throws {
    let platform = try #require(Platform.named("rox"))
    func claims(_ text: String) throws -> Bool {
      platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
    }
    for text in [indented, script, xml, braces(), paths.joined(separator: "\n")] { #expect(try claims(text)) }
    #expect(
      try !claims("") && !claims("fwconfig") && !claims("myfwconfig fwzones\n")
        && !claims("<fwconfiguration><fwzonex/>"))
    for text in [indented, script, xml, paths.map { "set \($0)" }.joined(separator: "\n")] {
      guard case .platform(let found, _) = detectPlatform(try SourceFile(path: "x", bytes: Array(text.utf8))) else {
        Issue.record("\(text.prefix(30)) is not told apart")
        continue
      }
      #expect(found.id == "rox")
    }
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      #expect(platform.detect(try SourceFile(path: path, bytes: try #require(readBytes(path)))) == nil, "\(path)")
    }
  }

  @Test func truncatedFile() throws {
    let cut = try readROX(String(braces().dropLast(30)))
    #expect(cut.issues.contains { $0.kind == .truncated })
    #expect(try readROX(String(xml.dropLast(60))).ledger.isIncomplete)
  }

  @Test func secretsStayInTheFile() throws {
    let reading = try readROX(
      rox("fwrule a password Hunter2Hunter2", "fwfrob secret Hunter2Hunter2") + "frob password Hunter2\n")
    #expect(!(reading.ledger.gaps.map(\.reason) + reading.issues.map(\.message)).joined().contains("Hunter2"))
  }

  @Test(arguments: [
    "", "\n", "\u{0}", "security", "security firewall", "security firewall fwconfig", "no", "no security",
    "exit\nend\ntop",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule",
    "fwrule x\nfwrule y",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule r source-zone",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule r action dnat destination-zone-hosts :",
    "<", "<config>", "<config/>", "<fwconfig><fwzone/></fwconfig>", "<a><b></a>", "security {", "set",
    "set security firewall",
    "ip x ipv4 address y", "routing ipv4 route x via y", " security\n  firewall\n enable",
  ])
  func hostileText(text: String) throws {
    let platform = try #require(Platform.named("rox"))
    for end in 0...text.utf8.count {
      let file = try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end)))
      _ = platform.detect(file)
      #expect(platform.read(file).ledger.count(of: .unread) == 0)
    }
  }

  @Test func hostileSize() throws {
    var many = ""
    for i in 0..<10_000 { many += "security firewall fwconfig plant \(rule("r\(i)", "action accept"))\n" }
    #expect(try readROX(rox(reject) + many).devices[0].list("rules")?.rules.count == 10_000)
    var deep = "security\n"
    for level in 1..<400 { deep += String(repeating: " ", count: level) + "firewall\n" }
    #expect(try readROX(String(repeating: deep, count: 20)).ledger.isIncomplete)
    #expect(try readROX("security " + String(repeating: "{ a ", count: 100_000)).ledger.isIncomplete)
    #expect(try readROX(String(repeating: "<a>", count: 100_000)).ledger.isIncomplete)
    #expect(
      try readROX(rox(reject) + String(repeating: "security firewall enable\n", count: 50_000)).ledger.gaps.isEmpty)
    let bytes = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let junk = try SourceFile(path: "junk", bytes: Array(rox(reject).utf8) + bytes)
    #expect(try #require(Platform.named("rox")).read(junk).ledger.isIncomplete)
  }
}
