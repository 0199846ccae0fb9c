import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Tables together: translation, the order of hooks, the two families, cut-off and hostile files, real exports.
@Suite struct IptablesTablesTests {
  // MARK: translation

  /// ext, DNAT and the order of hooks (netfilter_ipv4.h, nf_ip_hook_priorities: NAT_DST -100 before FILTER 0):
  /// FORWARD sees the translated destination.
  @Test func destinationTranslationComesBeforeTheFilter() throws {
    let gateway = try Gateway(
      forward: "-A FORWARD -d 172.16.2.34 -p tcp --dport 502 -j ACCEPT",
      other: """
        *nat
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -i ppp0 -p tcp -m tcp --dport 4081 -j DNAT --to-destination 172.16.2.34:502
        -A PREROUTING -p udp -j DNAT --to-destination 10.0.0.1-10.0.0.3
        COMMIT

        """)
    #expect(gateway.verdict("9.9.9.9", "198.51.100.1", port: 4081, from: "ppp0") == .permits)
    #expect(gateway.verdict("9.9.9.9", "198.51.100.1", port: 4081, from: "eth0") == .denies)
    #expect(gateway.verdict("9.9.9.9", "198.51.100.1", port: 502, from: "ppp0") == .denies)
    let rules = gateway.device.translations
    #expect(rules[0].destination == .pool(AddressSet(IPAddress("172.16.2.34")!)))
    #expect(rules[0].destinationPorts == IntervalSet(502))
    #expect(rules[1].destination == .pool(AddressSet(first: IPAddress("10.0.0.1")!, last: IPAddress("10.0.0.3")!)!))
  }

  /// ext, MASQUERADE, SNAT, NETMAP, REDIRECT.
  @Test func kindsOfTranslation() throws {
    let gateway = try Gateway(
      text: """
        *nat
        :PREROUTING ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        -A PREROUTING -d 10.1.0.0/16 -j NETMAP --to 192.168.0.0/16
        -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
        -A POSTROUTING -s 10.0.0.0/8 -d 10.0.0.0/8 -j ACCEPT
        -A POSTROUTING -s 10.0.0.0/8 -o ppp0 -j MASQUERADE
        -A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.7
        COMMIT
        """)
    let rules = gateway.device.translations
    #expect(rules[0].destination == .prefix(from: IPPrefix("10.1.0.0/16")!, to: IPPrefix("192.168.0.0/16")!))
    #expect(rules[1].destinationPorts == IntervalSet(8080))
    if case .unknown = rules[1].destination {} else { Issue.record("the gateway's own address is not known") }
    #expect(rules[2].isExemption)
    #expect(rules[3].source == .egressInterface && rules[3].egress == InterfaceMatch(["ppp0"]))
    #expect(rules[4].source == .pool(AddressSet(IPAddress("198.51.100.7")!)))
  }

  /// A user chain of the nat table is unfolded; RETURN at the end of all chains means "not translated".
  @Test func userChainsOfNat() throws {
    func nat(behindJump: String) -> String {
      """
      *nat
      :PREROUTING ACCEPT [0:0]
      :DOCKER - [0:0]
      -A PREROUTING -s 9.0.0.0/8 -j DOCKER
      \(behindJump)
      -A DOCKER -i docker0 -j RETURN
      -A DOCKER ! -i docker0 -p tcp --dport 5020 -j DNAT --to-destination 172.17.0.2:502
      COMMIT

      """
    }
    let gateway = try Gateway(
      forward: "-A FORWARD -d 172.17.0.2 -p tcp --dport 502 -j ACCEPT", other: nat(behindJump: ""))
    #expect(gateway.verdict("9.1.1.1", "10.0.0.1", port: 5020, from: "eth0") == .permits)
    #expect(gateway.verdict("9.1.1.1", "10.0.0.1", port: 5020, from: "docker0") == .denies)
    #expect(gateway.verdict("8.1.1.1", "10.0.0.1", port: 5020, from: "eth0") == .denies)
    // With a rule behind the jump, what RETURN sends back is not followed exactly: both ways stay possible.
    let open = try Gateway(
      forward: "-A FORWARD -d 172.17.0.2 -j ACCEPT",
      other: nat(behindJump: "-A PREROUTING -p udp -j DNAT --to-destination 1.1.1.1"))
    #expect(open.verdict("9.1.1.1", "10.0.0.1", port: 5020, from: "eth0") == .open)
  }

  /// Whether a destination is the gateway's own is not in the file: translated or not, both are possible.
  @Test func localAddressTypeLeavesTranslationOpen() throws {
    let gateway = try Gateway(
      forward: "-A FORWARD -d 172.17.0.2 -j ACCEPT",
      other: """
        *nat
        -A PREROUTING -m addrtype --dst-type LOCAL -j DNAT --to-destination 172.17.0.2
        COMMIT

        """)
    #expect(gateway.verdict("9.1.1.1", "10.0.0.1") == .open)
  }

  // MARK: order and the gateway itself

  /// nf_ip_hook_priorities: raw -300, mangle -150, filter 0, security 50.
  @Test func everyTableMayDrop() throws {
    let gateway = try Gateway(
      forward: "-A FORWARD -j ACCEPT",
      other: """
        *raw
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -s 10.0.0.1 -j DROP
        COMMIT
        *mangle
        :FORWARD ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        -A FORWARD -s 10.0.0.2 -j DROP
        -A FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu
        -A POSTROUTING -s 10.0.0.3 -j DROP
        COMMIT
        *security
        :FORWARD ACCEPT [0:0]
        -A FORWARD -s 10.0.0.4 -j DROP
        COMMIT

        """)
    for host in 1...4 { #expect(gateway.verdict("10.0.0.\(host)", "2.2.2.2") == .denies) }
    #expect(gateway.verdict("10.0.0.5", "2.2.2.2") == .permits)
    let names = gateway.device.pipeline.map(\.name)
    #expect(
      names == [
        "IPv6 is not in this file", "raw PREROUTING chain", "routing", "mangle FORWARD chain", "FORWARD chain",
        "security FORWARD chain", "mangle POSTROUTING chain",
      ])
  }

  /// nf_ip_hook_priorities: RAW -300 is before CONNTRACK -200, so state tests of the raw table see every packet as INVALID
  /// (xt_conntrack.c: a packet without connection is XT_CONNTRACK_STATE_INVALID); found by asking the kernel.
  @Test func theRawTableSeesNoStates() throws {
    func gateway(_ state: String) throws -> Gateway {
      try Gateway(
        forward: "-A FORWARD -j ACCEPT",
        other: "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m state \(state) -j DROP\nCOMMIT\n")
    }
    #expect(try gateway("--state NEW").verdict("10.0.0.1", "10.0.0.2") == .permits)
    #expect(try gateway("! --state NEW").verdict("10.0.0.1", "10.0.0.2") == .denies)
    #expect(try gateway("--state INVALID").verdict("10.0.0.1", "10.0.0.2") == .denies)
  }

  /// man, TABLES: INPUT is for packets destined to local sockets, FORWARD for packets routed through the box.
  @Test func inputIsForTheGatewayItself() throws {
    let gateway = try Gateway(
      text: "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -i lan -p tcp --dport 22 -j ACCEPT\nCOMMIT\n")
    let ssh = gateway.packet("10.0.0.1", "10.0.0.254", port: 22)
    #expect(gateway.local(ssh, from: "lan") == .permits)
    #expect(gateway.local(ssh, from: "wan") == .denies)
    #expect(gateway.verdict(ssh) == .permits)
  }

  // MARK: families

  /// Each family has tables of its own (man, NAME); a file of one says nothing about the other.
  @Test func theOtherFamilyIsOpen() throws {
    let gateway = try Gateway(forward: "-A FORWARD -s 10.0.0.0/8 -j ACCEPT")
    #expect(gateway.verdict("2001:db8::1", "2001:db8::2") == .open)
    let issue = try #require(gateway.reading.issues.first)
    #expect(issue.message.contains("IPv6") && !issue.couldChangeVerdict)
  }

  @Test func bothFamiliesInOneFile() throws {
    let gateway = try Gateway(
      text: """
        # Generated by iptables-save v1.8.9 on Mon Nov 23 22:18:43 2026
        *filter
        :FORWARD DROP [0:0]
        -A FORWARD -p tcp --dport 80 -j ACCEPT
        COMMIT
        # Generated by ip6tables-save v1.8.9 on Mon Nov 23 22:18:43 2026
        *filter
        :FORWARD ACCEPT [0:0]
        -A FORWARD -p tcp --dport 80 -j DROP
        COMMIT
        """)
    #expect(gateway.verdict("10.0.0.1", "10.0.0.2", port: 80) == .permits)
    #expect(gateway.verdict("10.0.0.1", "10.0.0.2", port: 81) == .denies)
    #expect(gateway.verdict("2001:db8::1", "2001:db8::2", port: 80) == .denies)
    #expect(gateway.verdict("2001:db8::1", "2001:db8::2", port: 81) == .permits)
    #expect(gateway.device.lists.contains { $0.name == "FORWARD (IPv6)" })
  }

  /// The header, an ICMPv6 match or an address tells the family; `-4` and `-6` (man) mark single rules.
  @Test func familyByContent() throws {
    let addressed = try Gateway(forward: "-A FORWARD -s fe80::/10 -j ACCEPT")
    #expect(addressed.verdict("fe80::1", "2001:db8::2") == .permits)
    #expect(addressed.verdict("10.0.0.1", "10.0.0.2") == .open)
    let typed = try Gateway(forward: "-A FORWARD -p icmpv6 -m icmp6 --icmpv6-type 128 -j ACCEPT")
    var ping = typed.packet("fe80::1", "2001:db8::2", proto: 58)
    ping.icmpType = 128
    #expect(typed.verdict(ping) == .permits)
    ping.icmpType = 129
    #expect(typed.verdict(ping) == .denies)
    let marked = try Gateway(forward: "-A FORWARD -s 10.0.0.1 -j ACCEPT\n-A FORWARD -6 -s fe80::/10 -j ACCEPT")
    #expect(marked.device.lists[0].rules[1].state == .disabled)
    let unclear = try Gateway(forward: "-A FORWARD -i eth0 -j ACCEPT")
    #expect(unclear.reading.issues.contains { $0.message.contains("read as IPv4") })
  }

  // MARK: files that are cut, doubled or foreign

  @Test func withoutCommitRulesMayBeMissing() throws {
    let gateway = try Gateway(text: "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.0.0.1 -j ACCEPT\n-A FORWARD -s 10.")
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2") == .permits)
    #expect(gateway.verdict("11.0.0.1", "2.2.2.2") == .open)
    #expect(gateway.reading.issues.contains { $0.kind == .truncated && $0.couldChangeVerdict })
  }

  /// man iptables-restore, -n: without it the previous contents of a table are flushed.
  @Test func aSecondCaptureReplacesTheFirst() throws {
    let gateway = try Gateway(
      text: """
        *filter
        :FORWARD ACCEPT [0:0]
        -A FORWARD -s 10.0.0.1 -j DROP
        COMMIT
        *filter
        :FORWARD DROP [0:0]
        -A FORWARD -s 10.0.0.2 -j ACCEPT
        COMMIT
        """)
    #expect(gateway.verdict("10.0.0.2", "2.2.2.2") == .permits)
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2") == .denies)
    #expect(gateway.reading.ledger.isIncomplete)
  }

  @Test func carriageReturnsPromptsAndForeignLines() throws {
    let gateway = try Gateway(
      text: "root@gw:~# iptables-save -c\r\n*filter\r\n:FORWARD DROP [0:0]\r\n-A FORWARD -s 10.0.0.1 -j ACCEPT\r\n"
        + "what is this\r\nCOMMIT\r\n")
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2") == .permits)
    let gaps = gateway.reading.ledger.gaps
    #expect(gaps.count == 1 && gaps[0].couldChangeVerdict)
    #expect(gateway.file.position(at: Int(gaps[0].range.start)).line == 5)
  }

  /// iptables-nft-save adds such a warning when rules exist that it does not show.
  @Test func hiddenLegacyRulesAreReported() throws {
    let gateway = try Gateway(
      text: "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n*filter\nCOMMIT\n")
    #expect(gateway.reading.ledger.isIncomplete)
  }

  @Test func commandLinesOfScripts() throws {
    let gateway = try Gateway(
      text: """
        IPT=iptables
        iptables -P FORWARD DROP
        iptables -t nat -A PREROUTING -p tcp --dport 81 \\
          -j DNAT --to-destination '10.0.0.1:80'
        /sbin/iptables -A FORWARD -d 10.0.0.1 -p tcp --dport 80 -j ACCEPT
        iptables -A FORWARD -s $PLANT -j ACCEPT
        """)
    #expect(gateway.verdict("9.9.9.9", "8.8.8.8", port: 81) == .permits)
    // The variable may hold any addresses, and the line may hold more than it shows.
    #expect(gateway.verdict("9.9.9.9", "8.8.8.8", port: 82) == .open)
    #expect(gateway.reading.ledger.isIncomplete)
  }

  // MARK: hostile

  @Test func loopsAndDepthAreCut() throws {
    let loop = try Gateway(
      forward: "-A FORWARD -j A\n-A A -j B\n-A B -j A\n-A B -s 10.0.0.1 -j ACCEPT", chains: ":A -\n:B -\n")
    #expect(loop.verdict("10.0.0.2", "2.2.2.2") == .open)
    #expect(loop.reading.ledger.isIncomplete)
    let chains = (0..<5000).map { ":C\($0) - [0:0]\n" }.joined()
    let jumps = (0..<4999).map { "-A C\($0) -j C\($0 + 1)\n" }.joined() + "-A C4999 -j ACCEPT"
    let deep = try Gateway(forward: "-A FORWARD -j C0\n" + jumps, chains: chains)
    #expect(deep.verdict("10.0.0.2", "2.2.2.2") == .open)
    let nat = try Gateway(text: "*nat\n:A -\n:B -\n-A PREROUTING -j A\n-A A -j B\n-A A -j B\n-A B -j A\nCOMMIT\n")
    #expect(nat.reading.ledger.isIncomplete)
  }

  /// Two chains of two jumps each double the rows with every level; the unfolding is capped.
  @Test func natUnfoldingIsCapped() throws {
    let levels = 40
    let chains = (0...levels).map { ":C\($0) -\n" }.joined()
    let jumps = (0..<levels).map { "-A C\($0) -j C\($0 + 1)\n-A C\($0) -j C\($0 + 1)\n" }.joined()
    let gateway = try Gateway(
      text: "*nat\n\(chains)-A PREROUTING -j C0\n\(jumps)-A C\(levels) -j DNAT --to-destination 10.0.0.1\nCOMMIT\n")
    #expect(gateway.device.translations.count < 30_000)
    #expect(gateway.reading.ledger.isIncomplete)
  }

  @Test(arguments: [
    "", "*", "*filter", "*filter\n:", "*filter\n-A", "*filter\n-A FORWARD -s", "*filter\n-A FORWARD -m", "[", "[1:",
    "*filter\n[99999999999999999999:1] -A FORWARD -j ACCEPT", "*filter\n-I FORWARD 99999999999999999999 -j ACCEPT",
    "*filter\n-A FORWARD \"never closed", "*filter\n-A FORWARD -p tcp --dport 99999 -j ACCEPT", "COMMIT\nCOMMIT\n",
    "*filter\n-A FORWARD ! ! ! -s ! ! 1.1.1.1 !\nCOMMIT", "*nat\n-A PREROUTING -j DNAT --to-destination [::\nCOMMIT",
    "*filter\n-A FORWARD -s 1.1.1.1/ -d /8 -p tcp --dport : -j ACCEPT\nCOMMIT", "*filter\n-A FORWARD --=x -j\nCOMMIT",
    "*filter\n-A FORWARD -s ,,, -j ACCEPT\nCOMMIT", "*filter\n\\\n\\\n\\", "*filter\n-A FORWARD -c\nCOMMIT\n",
  ])
  func malformedInput(_ text: String) throws {
    let file = try SourceFile(path: "x", bytes: Array(text.utf8))
    let reading = readIptablesSave(file)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  @Test func randomBytesAreRead() throws {
    var generator = SeededGenerator(seed: 11)
    let pieces = [
      "*filter\n", "-A FORWARD ", "-s ", "!", "10.0.0.1/", "\"", "\\", "\n", " ", "-m ", "-j ", "[", ":", "\u{0}",
    ]
    for _ in 0..<500 {
      let text = (0..<60).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      var bytes = Array(text.utf8)
      bytes.append(UInt8.random(in: 0...255, using: &generator))
      let reading = readIptablesSave(try SourceFile(path: "x", bytes: bytes))
      #expect(reading.ledger.count(of: .unread) == 0)
    }
  }

  // MARK: real files

  @Test func samplesAreReadWhole() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples/iptables-save") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      guard case .platform(let platform, _) = detectPlatform(file), platform.id == "iptables-save" else {
        Issue.record("\(path) is not detected")
        continue
      }
      let reading = platform.read(file)
      #expect(reading.ledger.count(of: .unread) == 0, "\(path)")
      let device = try #require(reading.devices.first)
      #expect(device.pipeline.count >= 3)
      // The syntax tests hold commands and matches that are meant to be refused.
      if !path.contains("syntax-tests") {
        #expect(reading.ledger.gaps.isEmpty, "\(path): \(reading.ledger.gaps.map(\.reason))")
      }
    }
  }

  /// The same rules before and after the kernel printed them back must be the same lists.
  @Test func kernelPrintoutEqualsTheHandWrittenRules() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let base = "\(shared)/samples/iptables-save/semantics-topoS_generated__imaginray_factory_network.iptables-save"
    func rules(_ path: String) throws -> RuleTable {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      return try #require(readIptablesSave(file).devices.first?.lists.first { $0.name == "FORWARD" }).rules
    }
    let (written, printed) = (try rules(base), try rules("\(base).by-linux-kernel"))
    #expect(written.count == 20 && written.count == printed.count)
    for (a, b) in zip(written, printed) {
      #expect(a.match.upper == b.match.upper && a.ingress == b.ingress && a.egress == b.egress && a.action == b.action)
    }
  }
}

extension Device {
  /// All translation rules of the forwarding pipeline, in order.
  var translations: [TranslationRule] {
    pipeline.flatMap { stage -> [TranslationRule] in
      guard case .translate(let rules) = stage.work else { return [] }
      return rules
    }
  }
}
