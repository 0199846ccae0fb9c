import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Random rulesets of nftables loaded into the running kernel: what it forwards, the evaluator must permit, and nothing else.
@Suite struct NftablesKernelTests {
  private let sets = 24
  private let packetsInSet = 80

  @Test func theKernelAgrees() throws {
    var generator = SeededGenerator(seed: 20_250_311)
    let ruleSets = (0..<sets).map { _ in randomRules(&generator) }
    let packets = (0..<sets).map { set in
      (0..<packetsInSet).map { RefereePackets.random(set * packetsInSet + $0, &generator) }
    }
    switch KernelReferee.ask(ruleSets, packets, loader: "nft -f -") {
    case .unavailable(let why):
      #expect(!why.contains("syntax error") && !why.contains("conflicting"), "\(why)")
      print("skipped: the kernel cannot be asked about nftables here: \(why)")
    case .passed(let passed):
      var permitted = 0
      for (set, rules) in ruleSets.enumerated() {
        let gateway = try NFTGateway(rules)
        #expect(gateway.gaps.isEmpty, "\(gateway.gaps)\n\(rules)")
        for (number, packet) in packets[set].enumerated() {
          let expected: Outcome = passed[set].contains(number) ? .permits : .denies
          #expect(gateway.verdict(packet) == expected, "\(packet), set \(set)\n\(rules)")
        }
        permitted += passed[set].count
      }
      print("the kernel let \(permitted) of \(sets * packetsInSet) packets through")
      // A referee that lets everything or nothing through would decide nothing.
      #expect(permitted > 150 && permitted < 1750)
    }
  }

  private let networks = ["10.7.0.0/16", "10.7.1.0/24", "10.7.1.9", "10.8.0.0/15", "10.7.1.10-10.8.0.4"]

  /// Two chains at the forward hook in either order, one before tracking, one behind translation, and verdict maps.
  private func randomRules(_ generator: inout SeededGenerator) -> String {
    func rules(_ verdicts: [String], _ most: Int, withEgress: Bool = true, withSets: Bool = true) -> String {
      (0..<Int.random(in: 0...most, using: &generator)).map { _ in
        "    \(match(&generator, withEgress, withSets))\(verdicts.randomElement(using: &generator)!)\n"
      }.joined()
    }
    func policy() -> String { ["accept", "accept", "drop"].randomElement(using: &generator)! }
    let verdicts = ["accept", "accept", "drop", "reject", "counter", "return", "continue"]
    let jumps = verdicts + ["jump one", "goto one", "jump two", "goto two"]
    let family = ["ip", "inet"].randomElement(using: &generator)!
    // Translation takes place at -100, whatever the chain's own priority is.
    let natPriority = ["-199", "dstnat", "-20", "50"].randomElement(using: &generator)!
    let nat =
      Bool.random(using: &generator)
      ? "    \(["tcp", "udp"].randomElement(using: &generator)!) dport 81 ip daddr \(networks.randomElement(using: &generator)!) dnat \(family == "ip" ? "" : "ip ")to 10.9.3.3:502\n"
      : ""
    return """
      flush ruleset
      table \(family) one {
        set nets {
          type ipv4_addr
          flags interval
          elements = { 10.7.1.0/24, 10.8.0.0-10.8.0.255 }
        }
        chain early {
          type filter hook prerouting priority raw; policy accept;
      \(rules(["drop", "return", "accept"], 1, withEgress: false))  }
        chain nat {
          type nat hook prerouting priority \(natPriority); policy accept;
      \(nat)  }
        chain late {
          type filter hook prerouting priority \(["-120", "-99", "0"].randomElement(using: &generator)!);
      \(rules(["drop", "continue", "accept"], 1, withEgress: false))  }
        chain two {
      \(rules(verdicts, 3))  }
        chain one {
      \(rules(verdicts + ["jump two", "goto two"], 3))\(map(&generator, ["accept", "drop", "jump two", "return"]))  }
        chain forward {
          type filter hook forward priority \(["filter", "filter + 7"].randomElement(using: &generator)!); policy \(policy());
      \(rules(jumps, 6))\(map(&generator, ["accept", "drop", "jump one", "goto two", "continue"]))  }
      }
      table ip another {
        chain forward {
          type filter hook forward priority \(["mangle", "5"].randomElement(using: &generator)!); policy accept;
      \(rules(["accept", "drop", "return", "counter"], 1, withSets: false))  }
      }

      """
  }

  private func map(_ generator: inout SeededGenerator, _ verdicts: [String]) -> String {
    func verdict() -> String { verdicts.randomElement(using: &generator)! }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return "    tcp dport vmap { 80 : \(verdict()), 81-510 : \(verdict()), * : \(verdict()) }\n"
    case 1:
      return "    ip saddr . meta l4proto vmap { 10.7.1.9 . tcp : \(verdict()), 10.7.1.10 . udp : \(verdict()) }\n"
    case 2: return "    iifname vmap { \"in0\" : \(verdict()), \"lo\" : \(verdict()) }\n"
    default: return ""
    }
  }

  private func match(_ generator: inout SeededGenerator, _ withEgress: Bool, _ withSets: Bool) -> String {
    let services = [
      "", "", "meta l4proto tcp ", "meta l4proto != udp ", "tcp dport 80-81 ", "tcp dport != 502 ", "udp dport < 82 ",
      "tcp dport { 80, 500-510 } ", "udp dport != { 502, 80 } ", "tcp flags syn ", "tcp flags & (syn | ack) == ack ",
      "tcp flags syn / syn,ack ", "tcp flags != syn ", "icmp type echo-request ", "icmp type != echo-request ",
      "ip protocol 47 ", "ct state new ", "ct state established,related ", "ct state != new ", "ct state invalid ",
      "meta l4proto { tcp, udp } th dport 81 ", "ct state { new, untracked } ",
    ]
    let interfaces =
      withEgress
      ? [
        "", "", "iifname \"in0\" ", "oifname \"out*\" ", "iifname != \"in0\" ", "iif lo ",
        "iifname . oifname { \"in0\" . \"out0\" } ",
      ]
      : ["", "iifname \"in0\" ", "oifname \"out0\" "]
    let sources = [
      "", "", "ip saddr @nets ", "ip saddr != @nets ", "ip saddr & 255.255.0.254 == 10.8.0.4 ",
      "ip saddr . ip daddr { 10.7.1.9 . 10.8.0.0/16, 10.7.1.10-10.7.2.9 . 10.9.3.3 } ", "ip daddr >= 10.8.0.0 ",
    ]
    var text = interfaces.randomElement(using: &generator)!
    for side in ["ip saddr", "ip daddr"] where Int.random(in: 0..<4, using: &generator) == 0 {
      text += "\(side) \(Bool.random(using: &generator) ? "!= " : "")\(networks.randomElement(using: &generator)!) "
    }
    let service = services.randomElement(using: &generator)!
    return text + service + (withSets ? sources.randomElement(using: &generator)! : "")
  }
}
