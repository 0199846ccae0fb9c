import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Reads text as a SCALANCE configuration.
func readScalance(_ text: String) throws -> Reading {
  let file = try SourceFile(path: "s615.cfg", bytes: Array(text.utf8))
  let reading = try #require(Platform.named("scalance")).read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

/// Two VLANs; lines of the firewall section follow.
func scalance(_ firewall: String...) -> String {
  """
  configure terminal
  system name cell-7
  base bridge-mode dot1q-vlan
  vlan 1
  name INT
  ports () untagged (fa 0/1,0/2)
  exit
  interface vlan 1
  no ip address
  ip address 10.1.0.1 255.255.255.0
  exit
  interface vlan 2
  ip address 10.2.0.1 / 24
  exit
  ip route 0.0.0.0 0.0.0.0 10.2.0.254
  firewall
  no shutdown
  \(firewall.joined(separator: "\n"))
  end
  write startup-config

  """
}

/// "CLI" is PH_SCALANCE-S615-CLI_76 as transcribed by the repository siemens-scalance-manager (docs/VERIFICATION.md),
/// "WBM" the S615 manual C79000-G8976-C388-08.
@Suite struct SCALANCETests {
  private let accept = "ipv4rule from vlan 1 to vlan 2 srcip 10.1.0.5 dstip 0.0.0.0/0 action acc service all prior 5"

  private func device(_ firewall: String...) throws -> Device {
    try #require(readScalance(scalance(firewall.joined(separator: "\n"))).devices.first)
  }

  private func fate(_ device: Device, _ source: String = "10.1.0.5", _ from: String = "vlan 1", _ to: String = "vlan 2")
    throws -> String
  {
    try device.fate("tcp \(source) 10.2.0.9 502", from: from, to: to)
  }

  // MARK: Order

  /// The trap. WBM, "IP rules", Precedence: "in ascending order starting with 0", whatever the order of lines.
  @Test func `Rules are asked by priority, not by line`() throws {
    let drop = "ipv4rule from vlan 1 to vlan 2 srcip 10.1.0.0/24 dstip 0.0.0.0/0 action drop service all"
    #expect(try fate(device(accept, "\(drop) prior 4")) == "deny")
    #expect(try fate(device(accept, "\(drop) prior 6")) == "permit")
    #expect(try fate(device("\(drop) prior 100", accept)) == "permit")
    let reading = try readScalance(scalance(accept, "\(drop) prior 6"))
    #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty, "\(reading.ledger.gaps)")
  }

  /// Neither manual says which of two rules of one priority goes first.
  @Test func `Rules of one priority and rules of none may come in any order`() throws {
    let drop = "ipv4rule from vlan 1 to vlan 2 srcip 10.1.0.0/24 dstip 0.0.0.0/0 action drop service all"
    for text in [scalance(accept, "\(drop) prior 5"), scalance("\(drop) prior 5", accept), scalance(accept, drop)] {
      let reading = try readScalance(text)
      #expect(try fate(reading.devices[0]) == "open")
      #expect(try fate(reading.devices[0], "10.1.0.6") == "deny")
      #expect(reading.issues.contains { $0.couldChangeVerdict && $0.message.contains("not documented") })
    }
    // Where all decide the same, the order does not matter.
    let same = try readScalance(scalance(accept, accept))
    #expect(try fate(same.devices[0]) == "permit" && same.issues.isEmpty)
  }

  // MARK: Rules

  /// WBM 3.5.3 (p. 47): frames that are no reply are discarded without a matching firewall rule.
  @Test func `What no rule permits is dropped, replies pass`() throws {
    let device = try device(accept)
    #expect(try fate(device, "10.1.0.6") == "deny")
    #expect(try fate(device, "10.1.0.5", "vlan 2", "vlan 1") == "deny")
    // WBM 3.5.2.1: one rule for the query is enough, the second is added implicitly.
    #expect(device.passesReplies)
    #expect(device.name == "cell-7" && device.routes.map(\.interface) == ["vlan 2"])
    #expect(device.interfaces.map(\.name) == ["vlan 1", "vlan 2"])
    #expect(device.interfaces[0].aliases == ["vlan1", "INT"])
    #expect(device.interfaces[1].networks == AddressSet(try #require(IPPrefix("10.2.0.0/24"))))
  }

  /// CLI 12.3.4.31: keywords, actions, log levels, ranges; the optional ones in any order.
  @Test func `Keywords may come in any order`() throws {
    let device = try device(
      "ipv4rule from vlan 1 to vlan 2 dstip 10.2.0.1-10.2.0.9 srcip 10.1.0.5 comment \"to action prior\" prior 3 log war service all action rej",
      "ipv4rule from vlan 2 to vlan 1 srcip 10.2.0.1 - 10.2.0.9 dstip 10.1.0.0/24 action acc log no prior 4")
    let rules = try #require(device.list("ipv4rule")).rules
    #expect(rules[0].comment == "to action prior" && rules[0].logging == .on)
    #expect(rules[0].action == .deny(rejects: true) && rules[1].logging == .off)
    #expect(rules[0].match.isExact && rules[1].match.isExact)
    #expect(try device.fate("tcp 10.2.0.9 10.1.0.1 80", from: "vlan 2", to: "vlan 1") == "permit")
    #expect(try device.fate("tcp 10.2.0.10 10.1.0.1 80", from: "vlan 2", to: "vlan 1") == "deny")
  }

  /// CLI 12.3.4.1: interfaces that rules can name; VPN types with a number or for all connections.
  @Test(arguments: [
    ("IPsec 3", "IPsec 3", "permit"), ("IPsec 3", "IPsec 4", "open"), ("IPsec", "IPsec 4", "permit"),
    ("IPsecall", "IPsec 4", "permit"), ("IPsec all", "IPsec", "permit"), ("OpenVPNall", "OpenVPN 1", "permit"),
    ("SinemaRC", "SinemaRC", "permit"), ("ppp 2", "ppp 2", "permit"), ("vlan2", "vlan 2", "permit"),
  ])
  func interfaces(written: String, interface: String, expected: String) throws {
    let device = try device(
      "ipv4rule from \(written) to vlan 1 srcip 0.0.0.0/0 dstip 0.0.0.0/0 action acc prior 0")
    #expect(try device.fate("tcp 10.9.0.1 10.1.0.9 102", from: interface, to: "vlan 1") == expected)
  }

  /// WBM 3.5.2 (p. 44), "Automatic firewall rules": tunnels may come with rules for both directions.
  @Test func `Tunnels may bring rules of their own`() throws {
    let text =
      scalance(accept) + "configure terminal\nipsec\nconnection name plant\nloc-subnet 10.1.0.0/24\nexit\nend\n"
    let reading = try readScalance(text)
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    #expect(try fate(reading.devices[0], "10.9.0.1", "IPsec", "vlan 1") == "open")
    #expect(try fate(reading.devices[0], "10.1.0.6", "vlan 1", "IPsec") == "open")
    #expect(try fate(reading.devices[0], "10.1.0.6") == "deny")
  }

  // MARK: What is open

  /// The service statements of the CLI are in no public part of the manual.
  @Test func `A service is open, whether something names it or not`() throws {
    let rule = "ipv4rule from vlan 1 to vlan 2 srcip 0.0.0.0/0 dstip 0.0.0.0/0 action acc service modbus prior 1"
    let undefined = try readScalance(scalance(rule))
    #expect(try fate(undefined.devices[0]) == "open")
    #expect(undefined.issues.contains { $0.kind == .undefinedReference && $0.message.contains("modbus") })
    let named = try readScalance(scalance("service name modbus tcp dst 502", rule))
    #expect(try fate(named.devices[0]) == "open")
    #expect(named.ledger.gaps.map(\.state) == [.notModelled] && named.issues.isEmpty)
    // A rule for another pair of interfaces is not touched by it.
    #expect(try fate(named.devices[0], "10.2.0.5", "vlan 2", "vlan 1") == "deny")
  }

  @Test func `Statements of the firewall section that are not known leave everything open`() throws {
    for line in [
      "frobnicate", "ipv6rule from vlan 1 to vlan 2", "ipv4rule-set x", "macrule a",
      "prerule xyz ipv4 int vlan 1 enabled",
    ] {
      let reading = try readScalance(scalance(accept, line))
      #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict }, "\(line)")
      #expect(try fate(reading.devices[0], "10.1.0.6") == "open", "\(line)")
    }
  }

  /// `shutdown` switches other functions of the device off (CLI 12.4.3.18); of the firewall it is not documented.
  @Test func `A firewall that may be off passes everything, perhaps`() throws {
    let reading = try readScalance(scalance(accept, "shutdown"))
    #expect(try fate(reading.devices[0], "10.1.0.6") == "open" && reading.ledger.isIncomplete)
    #expect(try fate(device(accept, "shutdown", "no shutdown"), "10.1.0.6") == "deny")
  }

  @Test(arguments: [
    ("action acc", "action allow"), ("prior 5", "prior 500"), ("srcip 10.1.0.5", "srcip *"), ("dstip 0.0.0.0/0", ""),
    ("from vlan 1", "from wan 1"), ("service all", "sevice all"),
  ])
  func `A rule that is not understood is open`(old: String, new: String) throws {
    let rule = accept.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    #expect(rule != accept)
    let reading = try readScalance(scalance(rule))
    #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict })
    #expect(try fate(reading.devices[0]) == "open")
  }

  /// Nor does a deny become certain by what is not understood.
  @Test func `A deny that is not understood denies nothing for certain`() throws {
    let drop = "ipv4rule from vlan 1 to vlan 2 srcip plc dstip 0.0.0.0/0 action drop prior 1"
    #expect(try fate(device(drop, accept)) == "open")
  }

  /// CLI 12.3.4.32.
  @Test func `Rules are removed`() throws {
    #expect(try fate(device(accept, "no ipv4rule all")) == "deny")
    #expect(try fate(device("no ipv4rule all", accept)) == "permit")
    #expect(try fate(device("no ipv4rule idx 3", accept)) == "permit")
    let reading = try readScalance(scalance(accept, "no ipv4rule idx 1"))
    #expect(try fate(reading.devices[0]) == "open" && reading.ledger.isIncomplete)
  }

  /// WBM 3.5.3 has masquerading, NAPT, source NAT and NETMAP; how the CLI writes them is not published.
  @Test func `Address translation is open`() throws {
    let reading = try readScalance(scalance(accept) + "interface vlan 2\nip nat masquerading\nend\n")
    #expect(reading.ledger.gaps.contains { $0.reason.contains("translation") && $0.couldChangeVerdict })
    #expect(reading.devices[0].pipeline.count == 3)
  }

  @Test func `IPv6 is open`() throws {
    #expect(try device(accept).fate("tcp fd00::1 fd00::2 80", from: "vlan 1", to: "vlan 2") == "open")
  }

  // MARK: The device itself

  /// CLI 12.3.4.57 to 12.3.4.66: `prerule SERVICE ipv4 {int TYPE NUMBER | all-int} {enabled | disabled}`.
  @Test func `Predefined rules open services of the device`() throws {
    let device = try device(
      "prerule https ipv4 int vlan 1 enabled", "prerule https ipv4 int vlan 2 disabled",
      "prerule cloudconnector ipv4 all-int disabled", "prerule tcpevent ipv4 all-int disabled",
      "prerule systime ipv4 all-int disabled", "prerule telnet ipv4 all-int disabled",
      "prerule snmp ipv4 all-int enabled", "prerule snmp ipv4 int vlan 2 disabled")
    func local(_ packet: String, _ interface: String) throws -> String {
      try device.localFate("\(packet)", at: interface)
    }
    #expect(try local("tcp 10.1.0.5 10.1.0.1 443", "vlan 1") == "permit")
    #expect(try local("tcp 10.2.0.5 10.2.0.1 443", "vlan 2") == "deny")
    #expect(try local("tcp 10.1.0.5 10.1.0.1 23", "vlan 1") == "deny")
    #expect(try local("udp 10.1.0.5 10.1.0.1 161", "vlan 1") == "permit")
    #expect(try local("udp 10.2.0.5 10.2.0.1 161", "vlan 2") == "deny")
    // WBM 3.5.2, "Factory setting": what the file does not set is as delivered, which it does not say.
    #expect(try local("tcp 10.2.0.5 10.2.0.1 22", "vlan 2") == "open")
    #expect(device.management.map(\.service) == ["https", "snmp"])
    #expect(device.management.map(\.isClearText) == [false, true])
    #expect(device.management.map(\.interface) == ["vlan 1", nil])
  }

  /// WBM 3.5.2, "Communication directions": `Device` is the device itself.
  @Test func `Rules to the device do not forward`() throws {
    let device = try device(
      "ipv4rule from vlan 2 to Device srcip 10.2.0.5 dstip 0.0.0.0/0 action acc prior 0",
      "ipv4rule from Device to vlan 2 srcip 0.0.0.0/0 dstip 0.0.0.0/0 action acc prior 1")
    #expect(try device.localFate("tcp 10.2.0.5 10.2.0.1 9999", at: "vlan 2") == "permit")
    #expect(try device.localFate("tcp 10.2.0.6 10.2.0.1 9999", at: "vlan 2") == "open")  // tcpevent as delivered
    #expect(try device.localFate("gre 10.2.0.6 10.2.0.1", at: "vlan 2") == "open")
    #expect(try fate(device, "10.2.0.5", "vlan 2", "vlan 1") == "deny")
    #expect(try fate(device, "10.1.0.5") == "deny")
  }

  // MARK: Files

  @Test func detection() throws {
    let platform = try #require(Platform.named("scalance"))
    func claims(_ text: String) throws -> Bool {
      platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
    }
    #expect(try claims(scalance(accept)))
    #expect(try claims("cli(config-fwl)#  ipv4rule from vlan 1 to Device srcip 1.1.1.1 dstip 0.0.0.0/0 action acc\r\n"))
    #expect(try claims("firewall\r\n prerule ssh ipv4 int vlan 1 enabled\r\n"))
    #expect(try !claims(scalance()) && !claims("") && !claims("prerule a b\nipv4rule\n"))
  }

  @Test func `No sample of another format is claimed`() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(Platform.named("scalance")?.detect(file) == nil, "\(path)")
    }
  }

  @Test func captureNoise() throws {
    let reading = try readScalance(
      "!RANCID-CONTENT-TYPE: scalance\r\ncli#show running-config\r\nBuilding configuration...\r\n!\r\nfirewall\r\n  no shutdown\r\n--More--\u{8}\u{8}  \(accept)\r\n  exit\r\n!\r\nsnmpagent\r\nuser-account admin password <removed> role admin\r\ncli# exit\r\n"
    )
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    #expect(try fate(reading.devices[0]) == "permit")
  }

  /// A section that no `exit` ends swallows nothing of the next.
  @Test func `Sections end where the indentation or an exclamation mark says so`() throws {
    for text in [
      "ntp\n  ntp server id 1 ipv4 10.0.0.1\nfrobnicate\n", "ntp\nntp server id 1 ipv4 10.0.0.1\n!\nfrobnicate\n",
    ] {
      #expect(try readScalance(text).ledger.gaps.map(\.state) == [.notRecognised])
    }
  }

  @Test func secretsStayInTheFile() throws {
    let reading = try readScalance("firewall\npassword Hunter2Hunter2\nend\nsecretword auth psk Hunter2Hunter2\n")
    #expect(!(reading.ledger.gaps.map(\.reason) + reading.issues.map(\.message)).joined().contains("Hunter2"))
  }

  @Test(arguments: [
    "", "\n", "\u{0}\u{0}", "ipv4rule", "ipv4rule from", "ipv4rule from to", "ipv4rule from vlan to", "no",
    "no ipv4rule",
    "no ipv4rule idx", "no ipv4rule idx 99999999999999999999", "prerule", "prerule ssh ipv4 int enabled",
    "interface", "interface vlan 99999999", "vlan", "ip", "ip route", "ip address", "exit\nexit", "end", "firewall\n\"",
    "ipv4rule from vlan 1 to vlan 2 srcip 10.0.0.9-10.0.0.1 dstip 1/2/3 action acc prior -1 comment",
    "base bridge-mode dot1d-bridge", "\u{1b}[31m", "\u{1b}[", "--More--",
  ])
  func hostileText(text: String) throws {
    let platform = try #require(Platform.named("scalance"))
    for end in 0...text.utf8.count {
      let file = try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end)))
      _ = platform.detect(file)
      #expect(platform.read(file).ledger.count(of: .unread) == 0)
    }
  }

  @Test func hostileSize() throws {
    let same = scalance(Array(repeating: accept, count: 100_000).joined(separator: "\n"))
    let reading = try readScalance(same)
    #expect(reading.devices[0].lists.map(\.rules.count).max() == 100_000 && reading.ledger.gaps.isEmpty)
    let removals = scalance(accept, String(repeating: "no ipv4rule idx 1\n", count: 50_000))
    #expect(try readScalance(removals).ledger.gaps.count == 50_000)
    let mixed = (0..<20_000).map { "\(accept.replacing("acc", with: $0 % 2 == 0 ? "acc" : "drop"))" }
    #expect(
      try readScalance(scalance(mixed.joined(separator: "\n"))).devices[0].lists.map(\.rules.count).max() == 39_999)
    #expect(try readScalance(String(repeating: "x", count: 1 << 20)).ledger.isIncomplete)
    let bytes = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let junk = try SourceFile(path: "junk", bytes: Array(scalance(accept).utf8) + bytes)
    #expect(try #require(Platform.named("scalance")).read(junk).ledger.isIncomplete)
  }

  /// A rule whose place is open stands in the list twice; only one of the two is the rule of the file.
  @Test func `A rule with an open place is tested once`() throws {
    let text = """
      configure terminal
      firewall
      ipv4rule from vlan 1 to vlan 2 srcip 0.0.0.0/0 dstip 10.84.90.0/24 action drop service all prior 10
      ipv4rule from vlan 1 to vlan 2 srcip 10.83.10.77 dstip 10.84.90.0/24 action acc service all
      exit
      end

      """
    let platform = try #require(Platform.named("scalance"))
    let device = try #require(platform.read(SourceFile(path: "s615.cli", bytes: Array(text.utf8))).devices.first)
    let rules = try #require(device.lists.first { $0.name == "ipv4rule" }).rules
    #expect(rules.indices.map { rules[$0].name } == ["ipv4rule 2", "ipv4rule 1", "ipv4rule 2 (if it comes later)"])
    #expect(rules.indices.map { rules[$0].isExplicit } == [true, true, false])
  }

}
