import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Redirects, masquerading, nat and includes.
@Suite struct OpenWrtUCITranslationTests {
  private static let masquerading = UCIRouter.zones.replacing(
    "option name 'wan'", with: "option name 'wan'\n\toption masq '1'")

  /// User guide, Redirects: destination translation, and the connection is let through (`ct status dnat`).
  @Test func redirects() throws {
    let router = try UCIRouter(
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
    let router = try UCIRouter("config forwarding\n\toption src lan\n\toption dest wan\n", zones: Self.masquerading)
    #expect(router.verdict("10.0.0.5", "192.0.2.9", state: .invalid, from: "br-lan", to: "eth1") == .denies)
    #expect(router.verdict("10.0.0.5", "192.0.2.9", from: "br-lan", to: "eth1") == .permits)
  }

  @Test func natSections() throws {
    let router = try UCIRouter(
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
    let router = try UCIRouter("config include\n\toption path /etc/firewall.user\n")
    #expect(router.gaps.count == 1 && router.gaps[0].couldChangeVerdict)
    let off = try UCIRouter("config include\n\toption path /etc/firewall.user\n\toption enabled 0\n")
    #expect(off.gaps.isEmpty)
    let inside = try UCIRouter(
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
      "root@Teltonika:~# uci export firewall\npackage firewall\n\n# a comment\n" + UCIRouter.defaults + UCIRouter.zones
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
      UCIRouter.defaults + UCIRouter.zones
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
