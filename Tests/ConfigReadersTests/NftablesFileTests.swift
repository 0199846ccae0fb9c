import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Files: text and JSON, noise around them, and hostile input.
@Suite struct NftablesFileTests {
  private func read(_ text: String) throws -> Reading {
    readNftables(try SourceFile(path: "x.nft", bytes: Array(text.utf8)))
  }

  /// The same ruleset as nft 1.0.6 prints it in both forms.
  private static let text = """
    table inet t {
    	set s {
    		type ipv4_addr
    		flags interval
    		elements = { 10.0.0.0/8, 192.168.1.1 }
    	}

    	chain u {
    		tcp flags syn / fin,syn drop
    		ct state established,related accept
    	}

    	chain f {
    		type filter hook forward priority filter + 5; policy drop;
    		iifname . ip saddr { "eth0" . 10.0.0.1, "eth1" . 10.0.0.2 } counter packets 3 bytes 180 accept comment "x"
    		tcp dport vmap { 22 : accept, 80-90 : jump u }
    		ip saddr @s meta l4proto { tcp, udp } th dport != 53 log prefix "a b" drop
    		ip saddr & 255.0.0.255 == 10.0.0.1 reject with icmpx admin-prohibited
    	}

    	chain p {
    		type nat hook prerouting priority dstnat; policy accept;
    		ip daddr 1.1.1.1 tcp dport 80 dnat ip to 10.0.0.1:8080
    	}
    }

    """
  private static let json = #"""
    {"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},
    {"table": {"family": "inet", "name": "t", "handle": 2}},
    {"set": {"family": "inet", "name": "s", "table": "t", "type": "ipv4_addr", "handle": 7, "flags": ["interval"], "elem": [{"prefix": {"addr": "10.0.0.0", "len": 8}}, "192.168.1.1"]}},
    {"chain": {"family": "inet", "table": "t", "name": "u", "handle": 1}},
    {"chain": {"family": "inet", "table": "t", "name": "f", "handle": 2, "type": "filter", "hook": "forward", "prio": 5, "policy": "drop"}},
    {"chain": {"family": "inet", "table": "t", "name": "p", "handle": 3, "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}},
    {"rule": {"family": "inet", "table": "t", "chain": "u", "handle": 17, "expr": [{"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["fin", "syn"]]}, "right": "syn"}}, {"drop": null}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "u", "handle": 25, "expr": [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 29, "comment": "x", "expr": [{"match": {"op": "==", "left": {"concat": [{"meta": {"key": "iifname"}}, {"payload": {"protocol": "ip", "field": "saddr"}}]}, "right": {"set": [{"concat": ["eth0", "10.0.0.1"]}, {"concat": ["eth1", "10.0.0.2"]}]}}}, {"counter": {"packets": 3, "bytes": 180}}, {"accept": null}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 30, "expr": [{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[22, {"accept": null}], [{"range": [80, 90]}, {"jump": {"target": "u"}}]]}}}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 31, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@s"}}, {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": {"set": ["tcp", "udp"]}}}, {"match": {"op": "!=", "left": {"payload": {"protocol": "th", "field": "dport"}}, "right": 53}}, {"log": {"prefix": "a b"}}, {"drop": null}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 32, "expr": [{"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "ip", "field": "saddr"}}, "255.0.0.255"]}, "right": "10.0.0.1"}}, {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}]}},
    {"rule": {"family": "inet", "table": "t", "chain": "p", "handle": 33, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "1.1.1.1"}}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 80}}, {"dnat": {"family": "ip", "addr": "10.0.0.1", "port": 8080}}]}}]}
    """#

  @Test func textAndJSONAreOneModel() throws {
    let (one, other) = (try read(Self.text), try read(Self.json))
    for reading in [one, other] {
      #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty, "\(reading.ledger.gaps) \(reading.issues)")
    }
    let (first, second) = (try #require(one.devices.first), try #require(other.devices.first))
    #expect(first.lists.map(\.name) == second.lists.map(\.name))
    for (list, twin) in zip(first.lists, second.lists) {
      #expect(list.rules.count == twin.rules.count && list.fallback.verdict == twin.fallback.verdict)
      for (rule, copy) in zip(list.rules, twin.rules) {
        #expect(rule.match.upper == copy.match.upper && rule.match.lower == copy.match.lower, "\(rule.name)")
        #expect(rule.action == copy.action && rule.ingress == copy.ingress && rule.logging == copy.logging)
        #expect(rule.comment == copy.comment && rule.hits == copy.hits && rule.name == copy.name)
      }
    }
    #expect(first.pipeline.map(\.name) == second.pipeline.map(\.name))
  }

  @Test func captureNoise() throws {
    let text = "# handles\nroot@gw:~# nft -a list ruleset\n" + Self.text + "root@gw:~#\n"
    let reading = try read(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"))
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    #expect(reading.devices.first?.lists.count == 2)
    #expect(reading.ledger.states[1] == .irrelevant)
  }

  @Test func includesAreGaps() throws {
    let reading = try read(
      "include \"/etc/nftables.d/*.nft\"\ntable ip t {\nchain f { type filter hook forward priority 0; policy drop;\ninclude \"x\"\n}\n}\n"
    )
    #expect(reading.ledger.gaps.allSatisfy { $0.couldChangeVerdict && $0.state == .notModelled })
    #expect(reading.devices[0].lists[0].rules[0].action == .unknown)
  }

  @Test func aCutOffFileIsReported() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain f { type filter hook forward priority 0; policy drop;\nip saddr 10.0.0.1 accept\n")
    #expect(gateway.reading.issues.contains { $0.kind == .truncated })
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .permits)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1") == .open)
  }

  @Test func loopsOfChainsAreRefused() throws {
    let gateway = try NFTGateway(forward: "jump a\naccept", chains: "chain a { jump b\n}\nchain b { jump a\n}")
    #expect(gateway.gaps.contains { $0.reason.contains("closes a loop") })
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1") == .open)
  }

  @Test(arguments: [
    String(repeating: "{", count: 100_000), "table ip t " + String(repeating: "{", count: 100_000),
    "table ip t {\nchain c {\nip saddr " + String(repeating: "{", count: 100_000),
    "table ip t {\nchain c {\ntcp flags & " + String(repeating: "(", count: 100_000),
    String(repeating: "}\n", count: 50_000),
    "table ip t {\nchain c {\nip saddr " + String(repeating: "a", count: 500_000),
    "table ip t {\nchain c {\n" + String(repeating: "1:", count: 100_000),
    "table ip t {\n\0\0\u{1}\nchain c {\n\0\n}\n}\n",
    "table ip t {\nchain c {\n" + String(repeating: "drop\n", count: 100_000),
    "{\"nftables\": [" + String(repeating: "[", count: 100_000), "{\"nftables\": 7}",
    "{\"nftables\": [{\"rule\": {}}, {}, 4]}",
    String(repeating: "flush ruleset\n", count: 50_000),
    "define a = $a\n" + String(repeating: "define a = { $a, $a }\n", count: 3000),
    String(repeating: "\"", count: 100_001), "table ip t {\nset s {\nelements = {",
    "add rule ip t c " + String(repeating: "ip saddr 10.0.0.1 ", count: 20_000),
  ])
  func hostileInput(text: String) throws {
    let reading = try read(text)
    #expect(reading.ledger.count(of: .unread) == 0)
    #expect(reading.ledger.isIncomplete || !reading.issues.isEmpty || reading.devices.count == 1)
  }

  /// A wrong encoding is no text that nft writes.
  @Test func wrongEncoding() throws {
    let text = "table ip t {\nchain f {\ntype filter hook forward priority 0\n}\n}\n"
    let bytes: [UInt8] = [0xFF, 0xFE] + text.utf8.flatMap { byte -> [UInt8] in [byte, 0] }
    let reading = readNftables(try SourceFile(path: "x.nft", bytes: bytes))
    #expect(reading.ledger.isIncomplete)
  }

  /// Loading merges sets of one name and chains of one name.
  @Test func declaredTwice() throws {
    let gateway = try NFTGateway(
      "table ip t {\nset s { type ipv4_addr; elements = { 10.0.0.1 } }\nchain f { type filter hook forward priority 0; policy drop;\nip saddr @s accept\n}\n}\n"
        + "table ip t {\nset s { type ipv4_addr; elements = { 10.0.0.2 } }\nchain f {\nip saddr 10.0.0.3 accept\n}\n}\n"
    )
    for host in 1...3 { #expect(gateway.verdict("10.0.0.\(host)", "10.1.0.1") == .permits) }
    #expect(gateway.verdict("10.0.0.4", "10.1.0.1") == .denies)
  }

  @Test func samplesAreDetectedAndReadInFull() throws {
    guard let shared = sharedFolder() else { return print("skipped: no sample configurations beside the package") }
    var count = 0
    for path in filesBelow("\(shared)/samples") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      let isOwn = path.contains("/samples/nftables/")
      #expect((Platform.nftables.detect(file) != nil) == isOwn, "\(path)")
      guard isOwn else { continue }
      count += 1
      let reading = readNftables(file)
      let open = reading.ledger.gaps.filter { !$0.reason.contains("included file") }
      #expect(open.isEmpty, "\(path): \(open)")
    }
    print("read \(count) nftables samples")
  }
}
