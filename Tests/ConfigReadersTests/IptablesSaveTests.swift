import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Rules of iptables, one by one. "man" is iptables(8), "ext" iptables-extensions(8), both of version 1.8.9.
@Suite struct IptablesSaveTests {
  // MARK: addresses

  /// man, -s: mask as length or netmask; `!` inverts; several addresses separated by commas.
  @Test func addressesAndMasks() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -s 10.0.0.0/8 -d 192.168.1.0/255.255.255.0 -j ACCEPT
        -A FORWARD ! -s 172.16.0.0/12 -d 10.9.9.9 -j ACCEPT
        -A FORWARD -s 172.16.0.1,172.16.0.2 -d 10.8.8.8 -j ACCEPT
        -A FORWARD -s 172.16/12 -d 10.7.0.7/255.255.0.255 -j ACCEPT
        """)
    #expect(gateway.verdict("10.1.1.1", "192.168.1.7") == .permits)
    #expect(gateway.verdict("10.1.1.1", "192.168.2.7") == .denies)
    #expect(gateway.verdict("8.8.8.8", "10.9.9.9") == .permits)
    #expect(gateway.verdict("172.16.0.9", "10.9.9.9") == .denies)
    #expect(gateway.verdict("172.16.0.2", "10.8.8.8") == .permits)
    #expect(gateway.verdict("172.16.0.3", "10.8.8.8") == .denies)
    // A discontiguous mask, and `172.16` short for `172.16.0.0`.
    #expect(gateway.verdict("172.17.0.3", "10.7.255.7") == .permits)
    #expect(gateway.verdict("172.17.0.3", "10.7.255.8") == .denies)
  }

  /// Before version 1.4.3 `!` stood behind the option (release notes of 1.4.3, "intrapositioned negation").
  @Test func negationBehindTheOption() throws {
    let gateway = try Gateway(forward: "-A FORWARD -s ! 10.0.0.0/8 -p tcp --dport ! 80 -j ACCEPT")
    #expect(gateway.verdict("11.0.0.1", "1.1.1.1", port: 81) == .permits)
    #expect(gateway.verdict("10.0.0.1", "1.1.1.1", port: 81) == .denies)
    #expect(gateway.verdict("11.0.0.1", "1.1.1.1", port: 80) == .denies)
  }

  /// ext, iprange.
  @Test func addressRanges() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -m iprange --src-range 10.0.0.5-10.0.0.9 ! --dst-range 10.1.0.0-10.1.255.255 -j ACCEPT
        """)
    #expect(gateway.verdict("10.0.0.9", "10.2.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.10", "10.2.0.1") == .denies)
    #expect(gateway.verdict("10.0.0.9", "10.1.0.1") == .denies)
  }

  // MARK: interfaces

  /// man, -i: a name that ends in `+` stands for all that begin so; `!` inverts.
  @Test func interfaces() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -i eth+ -o tun0 -j ACCEPT
        -A FORWARD ! -i eth1 -o eth9 -j ACCEPT
        """)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", from: "eth7", to: "tun0") == .permits)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", from: "wlan0", to: "tun0") == .denies)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", from: "eth1", to: "eth9") == .denies)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", from: "eth2", to: "eth9") == .permits)
    #expect(gateway.device.interfaces.map(\.name) == ["tun0", "eth1", "eth9"])
  }

  // MARK: services

  /// man, -p; ext, tcp, udp, multiport.
  @Test func portsAndProtocols() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -p tcp -m tcp --dport 502:505 -j ACCEPT
        -A FORWARD -p udp -m udp --sport 67 --dport :68 -j ACCEPT
        -A FORWARD -p tcp -m multiport --dports http,8000:8080,443 -j ACCEPT
        -A FORWARD -p udp -m multiport --ports 161,162 -j ACCEPT
        -A FORWARD -p sctp --dport 2905 -j ACCEPT
        -A FORWARD -p tcp -m multiport ! --dports 1:10000 -j ACCEPT
        -A FORWARD -p 47 -j ACCEPT
        """)
    func tcp(_ port: UInt16) -> Outcome { gateway.verdict("1.1.1.1", "2.2.2.2", port: port) }
    #expect(tcp(502) == .permits && tcp(505) == .permits && tcp(506) == .denies)
    #expect(tcp(80) == .permits && tcp(8040) == .permits && tcp(81) == .denies)
    #expect(tcp(10_001) == .permits)
    func udp(_ source: UInt16, _ port: UInt16) -> Outcome {
      gateway.verdict("1.1.1.1", "2.2.2.2", proto: 17, port: port, sourcePort: source)
    }
    #expect(udp(67, 0) == .permits && udp(67, 69) == .denies && udp(66, 0) == .denies)
    #expect(udp(161, 9) == .permits && udp(9, 162) == .permits && udp(9, 163) == .denies)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", proto: 132, port: 2905) == .permits)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", proto: 47) == .permits)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", proto: 50) == .denies)
  }

  /// man, -p: `!` inverts the test; `all` is every protocol.
  @Test func negatedProtocol() throws {
    let gateway = try Gateway(forward: "-A FORWARD ! -p tcp -j ACCEPT\n-A FORWARD -p all -s 9.9.9.9 -j ACCEPT")
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", proto: 17) == .permits)
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2", proto: 6) == .denies)
    #expect(gateway.verdict("9.9.9.9", "2.2.2.2", proto: 6) == .permits)
  }

  /// ext, icmp: type, type/code, or a name that `iptables -p icmp -h` lists.
  @Test func icmpTypes() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT
        -A FORWARD -p icmp --icmp-type fragmentation-needed -j ACCEPT
        -A FORWARD -s 9.9.9.9 -p icmp ! --icmp-type 3/1 -j ACCEPT
        """)
    func icmp(_ type: UInt8, _ code: UInt8, from: String = "1.1.1.1") -> Outcome {
      var packet = gateway.packet(from, "2.2.2.2", proto: 1)
      packet.icmpType = type
      packet.icmpCode = code
      return gateway.verdict(packet)
    }
    #expect(icmp(8, 0) == .permits && icmp(0, 0) == .denies)
    #expect(icmp(3, 4) == .permits && icmp(3, 3) == .denies)
    #expect(icmp(3, 1, from: "9.9.9.9") == .denies && icmp(3, 2, from: "9.9.9.9") == .permits)
    #expect(icmp(5, 1, from: "9.9.9.9") == .permits)
  }

  /// ext, tcp: `--syn` is `--tcp-flags SYN,RST,ACK,FIN SYN`; the second list names those that must be set.
  @Test func tcpFlags() throws {
    let gateway = try Gateway(
      forward: "-A FORWARD -p tcp --syn -j ACCEPT\n-A FORWARD -p tcp --tcp-flags ALL NONE -j ACCEPT")
    func flags(_ flags: UInt8) -> Outcome {
      var packet = gateway.packet("1.1.1.1", "2.2.2.2", port: 80)
      packet.tcpFlags = flags
      return gateway.verdict(packet)
    }
    #expect(flags(2) == .permits && flags(2 | 8) == .permits && flags(18) == .denies)
    #expect(flags(0) == .permits && flags(64) == .permits && flags(16) == .denies)
  }

  // MARK: states

  /// ext, conntrack: NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED; the filter is stateful only by such rules.
  @Test func connectionStates() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -p tcp --dport 502 -m state --state NEW -j ACCEPT
        -A FORWARD -p udp -m conntrack ! --ctstate NEW,INVALID -j ACCEPT
        """)
    #expect(!gateway.device.passesReplies)
    func state(_ state: SessionState, proto: UInt8 = 6) -> Outcome {
      var packet = gateway.packet("1.1.1.1", "2.2.2.2", proto: proto, port: 502)
      packet.state = state
      return gateway.verdict(packet)
    }
    #expect(state(.new) == .permits && state(.reply) == .permits && state(.related) == .permits)
    #expect(state(.invalid) == .denies && state(.untracked) == .denies)
    #expect(state(.untracked, proto: 17) == .permits && state(.invalid, proto: 17) == .denies)
  }

  /// ext, conntrack: DNAT is a virtual state of tracked connections, so whether it holds is not known.
  @Test func virtualStatesAreOpen() throws {
    let gateway = try Gateway(forward: "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT")
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2") == .open)
    var packet = gateway.packet("1.1.1.1", "2.2.2.2")
    packet.state = .invalid
    #expect(gateway.verdict(packet) == .denies)
  }

  /// ext, CT --notrack: no connection tracking, so `--ctstate NEW` does not match and UNTRACKED does.
  @Test func exemptionFromTrackingOpensStates() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -m conntrack --ctstate NEW -d 10.0.0.1 -j ACCEPT
        -A FORWARD -m conntrack --ctstate NEW -d 10.0.0.2 -j ACCEPT
        -A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT
        """,
      other: "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.0.0.1 -j CT --notrack\nCOMMIT\n")
    #expect(gateway.verdict("1.1.1.1", "10.0.0.1") == .open)
    #expect(gateway.verdict("1.1.1.1", "10.0.0.2") == .permits)
    #expect(gateway.verdict("1.1.1.1", "10.0.0.3") == .open)
  }

  // MARK: chains

  /// man, TARGETS: RETURN resumes at the caller's next rule; in a built-in chain it is the policy. man, -g: no return here.
  @Test func jumpGotoReturn() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -s 10.0.0.1 -j INNER
        -A FORWARD -s 10.0.0.2 -g INNER
        -A FORWARD -s 10.0.0.3 -j RETURN
        -A FORWARD -d 2.2.2.2 -j ACCEPT
        -A INNER -p udp -j ACCEPT
        -A INNER -p tcp --dport 99 -j RETURN
        -A INNER -p tcp --dport 98 -j REJECT --reject-with tcp-reset
        """, chains: ":INNER - [0:0]\n")
    #expect(gateway.verdict("10.0.0.1", "3.3.3.3", proto: 17) == .permits)
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2", port: 99) == .permits)
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2", port: 98) == .denies)
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2", port: 97) == .permits)
    // The end of a chain reached by goto is the end of the built-in chain: its policy, here DROP.
    #expect(gateway.verdict("10.0.0.2", "2.2.2.2", port: 97) == .denies)
    #expect(gateway.verdict("10.0.0.3", "2.2.2.2", port: 97) == .denies)
    let forward = try #require(gateway.device.lists.first { $0.name == "FORWARD" })
    #expect(forward.rules.map(\.name).first == "FORWARD rule 1")
    #expect(forward.fallback.verdict == .deny)
  }

  /// man, -I: inserts at the given number, at the head (1) without one.
  @Test func insertionReverses() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -s 10.0.0.3 -j ACCEPT
        -I FORWARD -s 10.0.0.2 -j ACCEPT
        -I FORWARD -s 10.0.0.1 -j ACCEPT
        -I FORWARD 3 -s 10.0.0.9 -j ACCEPT
        --insert FORWARD 5 -s 10.0.0.4 -j ACCEPT
        """)
    let forward = try #require(gateway.device.lists.first { $0.name == "FORWARD" })
    let sources = forward.rules.compactMap { $0.match.upper.first?.sources.first?.description }
    #expect(sources == ["10.0.0.1", "10.0.0.2", "10.0.0.9", "10.0.0.3", "10.0.0.4"])
  }

  /// man, TARGETS: the policy is for packets that no rule of a built-in chain decides.
  @Test func policiesAndDefaults() throws {
    let accepting = try Gateway(text: "*filter\n:FORWARD ACCEPT [1:2]\nCOMMIT\n")
    #expect(accepting.verdict("1.1.1.1", "2.2.2.2") == .permits)
    let stage = try #require(accepting.device.pipeline.last)
    guard case .filter(_, let fallback) = stage.work, case .configured(let range) = fallback.origin else {
      Issue.record("the policy line is the origin")
      return
    }
    #expect(accepting.file.position(at: Int(range.start)).line == 2)
    // No filter table at all: the kernel's own default.
    let absent = try Gateway(text: "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")
    #expect(absent.verdict("1.1.1.1", "2.2.2.2") == .permits)
    guard case .filter(_, let missing)? = absent.device.pipeline.last?.work, case .factory = missing.origin else {
      Issue.record("the kernel's default is the origin")
      return
    }
  }

  @Test func countersAndComments() throws {
    let gateway = try Gateway(
      forward: #"[12:3400] -A FORWARD -p tcp --dport 502 -m comment --comment "MES \"write\" path" -j ACCEPT"#)
    let rule = try #require(gateway.device.lists.first { $0.name == "FORWARD" }?.rules.first)
    #expect(rule.hits == 12)
    #expect(rule.comment == #"MES "write" path"#)
  }

  /// A LOG rule is no verdict (ext, LOG: a non-terminating target); before a verdict of the same match it is its log.
  @Test func logBeforeVerdict() throws {
    let gateway = try Gateway(
      forward: """
        -A FORWARD -s 10.0.0.1 -j LOG --log-prefix "x -j ACCEPT "
        -A FORWARD -s 10.0.0.1 -j DROP
        -A FORWARD -s 10.0.0.2 -m limit --limit 3/min -j NFLOG --nflog-group 2
        -A FORWARD -s 10.0.0.2 -j ACCEPT
        -A FORWARD -s 10.0.0.3 -j LOG
        -A FORWARD -s 10.0.0.4 -j ACCEPT
        -A FORWARD -j LOG
        """)
    let forward = try #require(gateway.device.lists.first { $0.name == "FORWARD" })
    #expect(forward.rules.map(\.logging) == [.on, .on, .on, .on, .on, .off, .on])
    #expect(forward.rules[0].action == .proceed)
    #expect(forward.fallback.logging == .on)
    #expect(gateway.verdict("10.0.0.4", "2.2.2.2") == .permits)
  }

  // MARK: bounded

  /// Matches that depend on what the file does not tell leave the verdict open, inside the rule's other conditions only.
  @Test(arguments: [
    "-m limit --limit 5/sec", "-m set --match-set plc dst", "-m mac --mac-source 00:11:22:33:44:55",
    "-m mark --mark 0x1/0xff", "-m recent --rcheck --seconds 60 --name x --rsource",
    "-m addrtype --dst-type LOCAL", "-m owner --uid-owner 0", "-m string --algo bm --string \"-j DROP\"",
    "-m u32 --u32 \"0>>22&0x3C@12>>26&0x3C@7&0xFF=6\"", "-m physdev --physdev-in eth1", "-m time --timestart 08:00",
    "-m policy --dir in --pol ipsec", "-m statistic --mode random --probability 0.5", "-m length --length 0:100",
    "-m frobnicate --frob 7 --really", "-m tcp --frob 7", "-s plc.example.com", "-p tcp --dport no-such-port",
    "--ctstate NEW",
  ])
  func openMatches(_ match: String) throws {
    let gateway = try Gateway(forward: "-A FORWARD -d 10.0.0.1 -p tcp \(match) -j ACCEPT")
    #expect(gateway.verdict("1.1.1.1", "10.0.0.1", port: 502) == .open)
    #expect(gateway.verdict("1.1.1.1", "10.0.0.2", port: 502) == .denies)
    #expect(gateway.verdict("1.1.1.1", "10.0.0.1", proto: 17) == .denies)
  }

  /// ext, recent: `--set` always succeeds.
  @Test func recentSetAlwaysMatches() throws {
    let gateway = try Gateway(forward: "-A FORWARD -p tcp -m recent --set --name X --rsource -j ACCEPT")
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2") == .permits)
  }

  @Test func unknownMatchLeavesGapAndUncertainRule() throws {
    let gateway = try Gateway(forward: "-A FORWARD -s 10.0.0.1 -m frobnicate --frob 7 -j ACCEPT")
    let rule = try #require(gateway.device.lists.first { $0.name == "FORWARD" }?.rules.first)
    #expect(!rule.match.isExact)
    let gap = try #require(gateway.reading.ledger.gaps.first)
    #expect(gap.couldChangeVerdict && gap.reason.contains("frobnicate"))
  }

  @Test(arguments: [
    "NFQUEUE --queue-num 1", "TPROXY --on-port 1", "TEE --gateway 10.10.0.5", "NOSUCH", "SNAT --to-source 1.2.3.4",
  ])
  func unknownTargets(_ target: String) throws {
    let gateway = try Gateway(forward: "-A FORWARD -d 10.0.0.1 -j \(target)")
    #expect(gateway.verdict("1.1.1.1", "10.0.0.1") == .open)
    #expect(gateway.verdict("1.1.1.1", "10.0.0.2") == .denies)
    #expect(gateway.reading.ledger.isIncomplete)
  }

  @Test func unknownChainIsReportedWithANearName() throws {
    let gateway = try Gateway(forward: "-A FORWARD -j INNRE\n-A INNER -j ACCEPT", chains: ":INNER - [0:0]\n")
    let issue = try #require(gateway.reading.issues.first { $0.kind == .undefinedReference })
    #expect(issue.message.contains("did you mean `INNER`"))
    #expect(gateway.device.unboundLists.map { gateway.device.lists[$0].name } == ["INNER"])
  }

  /// Rules that `-D` or `-F` may have removed are no longer certain.
  @Test(arguments: ["-D FORWARD 1", "-F FORWARD", "-F", "-R FORWARD 1 -j DROP", "-D FORWARD -s 10.0.0.1 -j ACCEPT"])
  func deletionOpensWhatStoodBefore(_ command: String) throws {
    let gateway = try Gateway(forward: "-A FORWARD -s 10.0.0.1 -j ACCEPT\n\(command)\n-A FORWARD -s 10.0.0.2 -j ACCEPT")
    #expect(gateway.verdict("10.0.0.1", "2.2.2.2") == .open)
    #expect(gateway.reading.ledger.isIncomplete)
  }

  @Test func scheduledRules() throws {
    let gateway = try Gateway(
      forward: "-A FORWARD -m time --timestart 08:00:00 --timestop 18:00:00 --weekdays Mon,Tue -j ACCEPT")
    let rule = try #require(gateway.device.lists.first { $0.name == "FORWARD" }?.rules.first)
    #expect(rule.state == .scheduled(name: "08:00:00 18:00:00 Mon,Tue"))
    #expect(gateway.verdict("1.1.1.1", "2.2.2.2") == .open)
  }
}
