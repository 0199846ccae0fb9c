import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Chains, hooks and verdicts.
@Suite struct NftablesChainTests {
  /// nft(8), CHAINS: "Supported policy values are accept (which is the default) or drop". The classic trap: a list of
  /// permits behind a chain without policy permits everything.
  @Test func aChainWithoutPolicyAccepts() throws {
    let gateway = try NFTGateway(
      "table inet filter {\nchain forward {\ntype filter hook forward priority 0;\ntcp dport 502 accept\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.0.1.1", port: 102) == .permits)
    let list = try #require(gateway.device.lists.first)
    guard case .factory = list.fallback.origin else { return #expect(Bool(false), "the default's origin") }
  }

  /// nft(8), VERDICT STATEMENT: an accepted packet can still be dropped by "another forward base chain that has a higher
  /// priority number"; drop ends evaluation.
  @Test func aPacketMustBeAcceptedByEveryBaseChain() throws {
    let text = """
      table inet first {
        chain c { type filter hook forward priority -5; policy accept; ip saddr 10.0.0.1 accept
          ip saddr 10.0.0.3 drop
        }
      }
      table ip second {
        chain c { type filter hook forward priority filter + 5; policy drop; ip saddr 10.0.0.2 accept
          ip saddr 10.0.0.3 accept
        }
      }

      """
    let gateway = try NFTGateway(text)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .denies)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1") == .denies)
    let names = gateway.device.pipeline.map(\.name)
    #expect(names.filter { $0.contains(" c chain") } == ["inet first c chain", "ip second c chain"], "\(names)")
  }

  /// nft(8), CHAINS, table 6: `filter` is 0, `mangle - 5` is -155; a table of family ip does not see IPv6.
  @Test func prioritiesAreNamesAndSums() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain b { type filter hook forward priority filter; tcp dport 1 drop\n }\n"
        + "chain a { type filter hook forward priority mangle - 5; policy drop; }\n}\n")
    #expect(gateway.device.pipeline.map(\.name).filter { $0.hasSuffix("chain") } == ["a chain", "b chain"])
    #expect(gateway.verdict("10.0.0.1", "10.0.1.1") == .denies)
    #expect(gateway.verdict("2001:db8::1", "2001:db8::2") == .permits)
  }

  /// nft(8), VERDICT STATEMENT: return, jump and goto.
  @Test func jumpReturnsAndGotoDoesNot() throws {
    let chains = """
      chain one { ip saddr 10.0.0.1 return
        ip saddr 10.0.0.2 accept
      }
      chain two { tcp dport 1 accept
      }
      """
    let gateway = try NFTGateway(
      forward:
        "jump one\nip saddr 10.0.0.1 accept\nip saddr 10.0.0.3 goto two\nip saddr 10.0.0.3 accept\nreturn\naccept",
      chains: chains)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1", port: 2) == .denies)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1", port: 1) == .permits)
    // In a base chain return is the policy.
    #expect(gateway.verdict("10.0.0.9", "10.1.0.1") == .denies)
  }

  /// nft(8), VMAP STATEMENT; `*` takes what no other element takes (nftables 0.9.9, wiki "Maps").
  @Test func verdictMaps() throws {
    let gateway = try NFTGateway(
      forward: """
        ct state vmap { established : accept, invalid : drop }
        tcp dport vmap { 502 : jump plc, 80-90 : accept, * : continue }
        ip saddr . tcp dport vmap { 10.0.0.5 . 102 : accept }
        """, chains: "chain plc { ip saddr 10.0.0.1 accept\n}")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 502) == .permits)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1", port: 502) == .denies)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1", port: 85) == .permits)
    #expect(gateway.verdict("10.0.0.5", "10.1.0.1", port: 102) == .permits)
    #expect(gateway.verdict("10.0.0.9", "10.1.0.1", port: 1, state: .reply) == .permits)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 502, state: .invalid) == .denies)
  }

  /// A named verdict map whose elements rules or people change is open both ways.
  @Test func aDynamicVerdictMapIsOpen() throws {
    let gateway = try NFTGateway(
      "table ip t {\nmap m { type ipv4_addr : verdict; }\nchain f { type filter hook forward priority 0; policy drop;\n"
        + "ip saddr vmap @m\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .open)
    #expect(gateway.gaps.contains { $0.couldChangeVerdict })
  }

  /// nft(8), TABLES: `dormant`: "table is not evaluated any more".
  @Test func aDormantTableDoesNothing() throws {
    let gateway = try NFTGateway(
      "table ip t {\nflags dormant\nchain f { type filter hook forward priority 0; policy drop;\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .permits)
    #expect(gateway.device.unboundLists == [0])
  }

  /// A chain without hook that nothing jumps to filters nothing.
  @Test func unreachedChainsAreUnbound() throws {
    let gateway = try NFTGateway(
      forward: "jump a", chains: "chain a { jump b\n}\nchain b { accept\n}\nchain lost { accept\n}")
    #expect(gateway.device.unboundLists.map { gateway.device.lists[$0].name } == ["lost"])
  }

  /// nft(8), NETDEV ADDRESS FAMILY: ingress comes "before layer 3 protocol handlers" and is bound to devices.
  @Test func ingressChainsComeFirstAndOnlyForTheirDevice() throws {
    let gateway = try NFTGateway(
      "table netdev n {\nchain i { type filter hook ingress device \"in0\" priority 0; policy accept;\n"
        + "ip saddr 10.0.0.1 drop\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .denies)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", from: "in1") == .permits)
  }

  /// A bridge table's drops are not modelled; they make nothing pass that did not.
  @Test func bridgeTablesAreBounded() throws {
    let gateway = try NFTGateway(
      "table bridge b {\nchain f { type filter hook forward priority -200; policy drop;\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .open)
    #expect(gateway.gaps.count == 1)
  }

  /// nft(8), REJECT STATEMENT: "otherwise it is equivalent to drop"; QUEUE: "Userspace must then drop or re-inject".
  @Test func rejectDeniesAndQueueIsOpen() throws {
    let gateway = try NFTGateway(
      forward: "tcp dport 1 reject with icmpx type admin-prohibited\ntcp dport 2 queue num 1\naccept")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 1) == .denies)
    #expect(gateway.device.lists[0].rules[0].action == .deny(rejects: true))
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 2) == .open)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 3) == .permits)
  }

  /// nft(8), RULES: insert puts a rule at the beginning; without a family it is `ip`.
  @Test func commandsBuildChains() throws {
    let gateway = try NFTGateway(
      """
      flush ruleset
      add table filter
      add chain filter fwd { type filter hook forward priority 0 ; policy drop ; }
      add rule filter fwd ip saddr 10.0.0.0/24 accept
      insert rule ip filter fwd ip saddr 10.0.0.1 drop
      filter fwd tcp dport 80 accept
      nft add rule ip filter fwd index 0 ip saddr 10.0.0.2 drop
      add set ip filter s { type ipv4_addr\\; }
      add element ip filter s { 10.9.9.9, 10.9.9.10 }
      add rule filter fwd ip saddr @s accept

      """)
    #expect(gateway.gaps.isEmpty, "\(gateway.gaps)")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 80) == .denies)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1", port: 80) == .denies)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.2.0.3", "10.1.0.1", port: 80) == .permits)
    #expect(gateway.verdict("10.9.9.10", "10.1.0.1") == .permits)
  }

  /// Rules are deleted by handle, which a file does not show.
  @Test func deletedAndMisplacedRulesAreOpen() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain f { type filter hook forward priority 0; policy drop;\nip saddr 10.0.0.1 accept\n}\n}\n"
        + "delete rule ip t f handle 4\nadd rule ip t f handle 4 ip saddr 10.0.0.2 accept\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .open)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1") == .open)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1") == .denies)
    #expect(gateway.gaps.count == 2)
  }

  /// nft(8), RULESET: flush ruleset clears "the whole ruleset"; what stood before is reported.
  @Test func flushRemovesWhatStoodBefore() throws {
    let before = "table ip old {\nchain f { type filter hook forward priority 0; policy drop;\naccept\n}\n}\n"
    let gateway = try NFTGateway(
      before + "flush ruleset\ntable ip new {\nchain f { type filter hook forward priority 0; }\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .permits)
    #expect(gateway.gaps.count == 1 && gateway.gaps[0].reason.contains("flush ruleset"))
    #expect(gateway.device.lists.first?.name == "f")
  }

  /// nft(8), LOG STATEMENT is non-terminating; a log rule right before a verdict is its logging.
  @Test func loggingHitsAndComments() throws {
    let gateway = try NFTGateway(
      forward: """
        ip saddr 10.0.0.1 counter packets 7 bytes 9 log prefix "x " accept comment "MOC-1"
        ip saddr 10.0.0.2 limit rate 5/minute log
        ip saddr 10.0.0.2 drop
        ip saddr 10.0.0.3 counter tcp dport 80 accept
        """)
    let rules = gateway.device.lists[0].rules
    #expect(rules[0].logging == .on && rules[0].hits == 7 && rules[0].comment == "MOC-1")
    #expect(rules[1].action == .proceed && rules[2].logging == .on)
    // The counter stands before the port is looked at.
    #expect(rules[3].hits == nil && rules[3].logging == .off)
  }

  @Test func localPacketsMeetInputChains() throws {
    let gateway = try NFTGateway(
      "table inet f {\nchain i { type filter hook input priority 0; policy drop;\niif lo accept\ntcp dport 22 accept\n"
        + "oifname \"x\" accept\n}\nchain o { type filter hook output priority 0; policy drop;\n}\n}\n")
    var packet = Packet(source: IPAddress("10.0.0.1")!, destination: IPAddress("10.0.0.254")!, proto: 6)
    packet.destinationPort = 22
    #expect(gateway.local(packet) == .permits)
    packet.destinationPort = 23
    #expect(gateway.local(packet) == .denies)
    #expect(gateway.local(packet, from: "lo") == .permits)
  }
}

/// What matches say about packets.
@Suite struct NftablesMatchTests {
  private func matches(_ condition: String, _ packet: (NFTGateway) -> Outcome) throws -> Outcome {
    let gateway = try NFTGateway(forward: "\(condition) accept")
    #expect(gateway.gaps.isEmpty, "\(condition): \(gateway.gaps)")
    return packet(gateway)
  }

  /// nft(8), DATA TYPES and PAYLOAD EXPRESSIONS.
  @Test(arguments: [
    ("ip saddr 10.0.0.0/24", "10.0.0.7", true), ("ip saddr != 10.0.0.0/24", "10.0.0.7", false),
    ("ip saddr 10.0.0.5-10.0.0.9", "10.0.0.7", true), ("ip saddr { 10.0.0.1, 10.0.0.4-10.0.0.8 }", "10.0.0.7", true),
    ("ip saddr & 255.255.255.1 == 10.0.0.1", "10.0.0.7", true),
    ("ip saddr & 255.255.255.1 != 10.0.0.1", "10.0.0.7", false), ("ip6 saddr ::/0", "10.0.0.7", false),
    ("ip6 saddr fe80::/10", "fe80::9", true), ("meta nfproto ipv6", "fe80::9", true),
    ("meta nfproto ipv4", "fe80::9", false), ("meta protocol ip", "10.0.0.7", true),
    ("ip saddr > 10.0.0.6", "10.0.0.7", true), ("ip saddr <= 10.0.0.6", "10.0.0.7", false),
    ("iifname in0", "10.0.0.7", true), ("iifname \"in*\"", "10.0.0.7", true), ("iifname != \"in*\"", "10.0.0.7", false),
    ("oifname { \"a\", \"out0\" }", "10.0.0.7", true), ("oifname != { \"a\", \"out0\" }", "10.0.0.7", false),
    ("iif lo", "10.0.0.7", false), ("meta iifname . ip saddr { \"in0\" . 10.0.0.7 }", "10.0.0.7", true),
  ])
  func addressesAndInterfaces(condition: String, source: String, isTaken: Bool) throws {
    let destination = source.contains(":") ? "fe80::1" : "10.1.0.1"
    #expect(try matches(condition) { $0.verdict(source, destination, port: 80) } == (isTaken ? .permits : .denies))
  }

  /// Ports, protocols, types and flags; `tcp flags syn` means "syn is set", `==` compares all flags (nft(8), BITMASK TYPE).
  @Test(arguments: [
    ("tcp dport 80", true), ("tcp dport http", true), ("tcp dport 0x50", true), ("udp dport 80", false),
    ("tcp dport != { 80, 81 }", false), ("tcp dport 79-81", true), ("tcp dport < 80", false), ("tcp dport >= 80", true),
    ("th dport 80", true), ("@th,16,16 80", true), ("meta l4proto { tcp, udp } th dport 80", true),
    ("ip protocol tcp", true), ("ip protocol != tcp", false), ("meta l4proto 6", true), ("tcp flags syn", true),
    ("tcp flags == syn", true), ("tcp flags & (fin|syn|rst|ack) == syn", true), ("tcp flags syn / fin,syn", true),
    ("tcp flags ack", false), ("tcp flags ! ack", true), ("tcp flags { syn, fin }", true), ("ct state new", true),
    ("ct state established,related", false), ("ct state != established | related", true), ("ct state ! new", false),
    ("tcp dport 80 tcp dport 81", false),
  ])
  func services(condition: String, isTaken: Bool) throws {
    let outcome = try matches(condition) { $0.verdict("10.0.0.7", "10.1.0.1", port: 80, sourcePort: 999) }
    #expect(outcome == (isTaken ? .permits : .denies), "\(condition)")
  }

  /// nft(8), tables 18 and 20.
  @Test func icmp() throws {
    #expect(try matches("icmp type echo-request") { $0.verdict("10.0.0.7", "10.1.0.1", proto: 1, type: 8) } == .permits)
    #expect(try matches("icmp type { 3, 11 }") { $0.verdict("10.0.0.7", "10.1.0.1", proto: 1, type: 8) } == .denies)
    let six = try matches("icmpv6 type . icmpv6 code { nd-neighbor-solicit . 0 }") {
      $0.verdict("fe80::1", "fe80::2", proto: 58, type: 135)
    }
    #expect(six == .permits)
  }

  /// A rule with one of these may or may not take a packet, and never makes a drop or accept certain.
  @Test(arguments: [
    "meta mark 0x1", "limit rate 5/second", "quota over 10 mbytes", "meta hour \"08:00\"-\"17:00\"", "meta day Monday",
    "fib saddr . iif oif missing", "numgen inc mod 2 == 0", "ct mark 7", "ct count over 10",
    "ether saddr 00:11:22:33:44:55",
    "meta iifgroup 4", "tcp option maxseg size 500", "@ih,56,8 { 3, 4 }", "@nh,0,8 5", "socket transparent 1",
    "ct status assured",
    "ct helper \"ftp\"", "meta skuid 0", "ip ttl 5", "rt classid 5", "meta ipsec exists",
    "ct original ip saddr 10.0.0.7",
    "jhash ip saddr mod 2 == 0", "meta random > 5", "ip dscp cs1", "meta time >= \"2024-01-01 00:00\"",
  ])
  func openMatches(condition: String) throws {
    let accept = try NFTGateway(forward: "\(condition) accept")
    #expect(accept.gaps.isEmpty, "\(condition): \(accept.gaps)")
    let state: SessionState = condition.hasPrefix("ct status") ? .reply : .new
    #expect(accept.verdict("10.0.0.7", "10.1.0.1", port: 80, state: state) == .open, "\(condition)")
    let drop = try NFTGateway(forward: "\(condition) drop\naccept")
    #expect(drop.verdict("10.0.0.7", "10.1.0.1", port: 80, state: state) == .open, "\(condition)")
    let rule = accept.device.lists[0].rules[0]
    #expect(rule.match.lower.isEmpty && !rule.match.uncertainties.isEmpty)
  }

  /// nft(8), IPV6 HEADER EXPRESSION and META: only `meta l4proto` "will also skip any IPv6 extension headers".
  @Test func nextHeaderIsOpen() throws {
    #expect(try matches("ip6 nexthdr tcp") { $0.verdict("fe80::1", "fe80::2") } == .open)
    #expect(try matches("ip6 nexthdr tcp") { $0.verdict("fe80::1", "fe80::2", proto: 17) } == .denies)
    #expect(try matches("ip6 nexthdr != tcp") { $0.verdict("fe80::1", "fe80::2", proto: 17) } == .permits)
    #expect(try matches("ip6 nexthdr != tcp") { $0.verdict("fe80::1", "fe80::2") } == .open)
  }

  /// nft(8), RAW PAYLOAD EXPRESSION: without a test of the protocol "no dependencies are created or checked".
  @Test func looseFieldsLookAtOtherProtocolsToo() throws {
    #expect(try matches("th dport 80") { $0.verdict("10.0.0.7", "10.1.0.1", proto: 47) } == .open)
  }

  /// nft(8), SETS: dynamic sets are filled by rules; a set without elements may be filled at any time.
  @Test func sets() throws {
    let gateway = try NFTGateway(
      forward:
        "ip saddr @fixed accept\nip saddr != @grows tcp dport 1 accept\nip saddr @empty tcp dport 2 accept\nip saddr @none tcp dport 3 accept",
      chains: """
        set fixed { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 10.0.9.1 comment "plc" } }
        set grows { type ipv4_addr; flags dynamic, timeout; timeout 1h; elements = { 10.5.0.1 expires 5m, 10.5.0.2 } }
        set empty { type ipv4_addr; }
        """)
    #expect(gateway.verdict("10.0.0.7", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.9.1", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.5.0.3", "10.1.0.1", port: 1) == .open)
    #expect(gateway.verdict("10.5.0.1", "10.1.0.1", port: 1) == .open)
    #expect(gateway.verdict("10.5.0.2", "10.1.0.1", port: 1) == .denies)
    #expect(gateway.verdict("10.5.0.3", "10.1.0.1", port: 2) == .open)
    #expect(gateway.verdict("10.5.0.3", "10.1.0.1", port: 3) == .open)
    #expect(gateway.reading.issues.filter { $0.kind == .dynamicObject }.count == 2)
    #expect(gateway.reading.issues.filter { $0.kind == .undefinedReference }.count == 1)
  }

  /// nft(8), SYMBOLIC VARIABLES: the scope is the block and those in it.
  @Test func variables() throws {
    let text = """
      define plant = { 10.0.0.0/24, 10.0.1.0/24 }
      define wan = out0
      table inet f {
        define plant = $wan
        chain forward {
          type filter hook forward priority 0; policy drop;
          oifname $plant accept
        }
      }
      table inet g {
        chain forward {
          type filter hook forward priority 5; policy drop;
          ip saddr { $plant, 10.7.0.1 } accept
          ip saddr $missing accept
        }
      }

      """
    let gateway = try NFTGateway(text)
    #expect(gateway.verdict("10.0.1.7", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.7.0.1", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.7.0.2", "10.1.0.1") == .open)
    #expect(gateway.verdict("10.0.1.7", "10.1.0.1", to: "in0") == .denies)
    #expect(gateway.reading.issues.map(\.kind) == [.undefinedReference])
  }

  /// Before routing a packet has no output interface; nothing equals it.
  @Test func outputInterfacesAreNotKnownBeforeRouting() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain p { type filter hook prerouting priority 0;\noifname \"out0\" drop\noifname != \"out0\" tcp dport 9 drop\n}\n}\n"
    )
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 8) == .permits)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 9) == .open)
  }

  /// Kernel, `nf_ip_hook_priorities`: connection tracking is at -200, so a state test at -300 sees "invalid".
  @Test func statesBeforeTracking() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain p { type filter hook prerouting priority raw;\nct state new ip saddr 10.0.0.1 drop\n"
        + "ct state invalid ip saddr 10.0.0.2 drop\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1") == .denies)
  }

  /// nft(8), NOTRACK STATEMENT.
  @Test func notrackMakesStateTestsOpen() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain p { type filter hook prerouting priority raw;\nudp dport 53 notrack\n}\n"
        + "chain f { type filter hook forward priority 0; policy drop;\nct state new accept\n}\n}\n")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", proto: 17, port: 53) == .open)
  }

  /// An unknown part leaves the rule open as far as its other parts match, and is a gap.
  @Test func unknownStatementsAreGaps() throws {
    let gateway = try NFTGateway(forward: "ip saddr 10.0.0.1 frobnicate 7 drop\ntcp dport 80 accept")
    #expect(gateway.gaps.map(\.state) == [.notRecognised])
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 9) == .open)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1", port: 9) == .denies)
  }

  /// iptables-nft rules that nft cannot show in full.
  @Test func iptablesExtensionsAreOpen() throws {
    let gateway = try NFTGateway(
      forward: "xt match \"recent\" counter packets 0 bytes 0 drop\nip saddr 10.0.0.1 xt target \"TPROXY\"\naccept")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .open)
    #expect(gateway.gaps.count == 2)
  }
}
