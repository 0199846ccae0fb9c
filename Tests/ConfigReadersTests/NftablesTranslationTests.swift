import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Address translation.
@Suite struct NftablesTranslationTests {
  private func gateway(prerouting: String = "", forward: String, postrouting: String = "", chains: String = "")
    throws -> NFTGateway
  {
    try NFTGateway(
      """
      table inet t {
        \(chains)
        chain pre {
          type nat hook prerouting priority dstnat; policy accept;
          \(prerouting)
        }
        chain forward {
          type filter hook forward priority filter; policy drop;
          \(forward)
        }
        chain post {
          type nat hook postrouting priority srcnat; policy accept;
          \(postrouting)
        }
      }

      """)
  }

  /// nft(8), NAT STATEMENTS: the forward chain sees the new destination and port.
  @Test(arguments: [
    "tcp dport 8502 dnat ip to 10.9.0.1:502", "tcp dport 8502 dnat 10.9.0.1:502",
    "jump inner", "tcp dport vmap { 8502 : goto inner }", "tcp dport 8502 dnat ip to $target:502",
    "dnat ip to tcp dport map { 8502 : 10.9.0.1 }",
  ])
  func destinations(rule: String) throws {
    let chains = "define target = 10.9.0.1\nchain inner {\ntcp dport 8502 dnat ip to 10.9.0.1:502\n}"
    let port = rule.contains("map {") && !rule.contains("vmap") ? 8502 : 502
    let gateway = try gateway(prerouting: rule, forward: "ip daddr 10.9.0.1 tcp dport \(port) accept", chains: chains)
    #expect(gateway.gaps.isEmpty, "\(gateway.gaps)")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 8502) == .permits, "\(rule)")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 502) == .denies)
  }

  @Test func ipv6PortsAndRanges() throws {
    let gateway = try gateway(
      prerouting: "tcp dport 25 dnat ip6 to [2001:db8::1]:26\ntcp dport 9 dnat ip to 10.9.0.1-10.9.0.4 persistent",
      forward: "ip6 daddr 2001:db8::1 tcp dport 26 accept\nip daddr 10.9.0.0/29 accept")
    #expect(gateway.verdict("2001:db8::5", "2001:db8::6", port: 25) == .permits)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 9) == .permits)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 25) == .denies)
  }

  /// The gateway's own address is not in the file, so where redirect leads is open.
  @Test func redirectAndMasquerade() throws {
    let gateway = try gateway(
      prerouting: "tcp dport 80 redirect to :8080\nudp dport 53 redirect", forward: "tcp dport 8080 accept",
      postrouting: "oifname \"out0\" masquerade random")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 80) == .permits)
    let stages = gateway.device.pipeline.compactMap { stage -> [TranslationRule]? in
      if case .translate(let rules) = stage.work { rules } else { nil }
    }
    #expect(stages.count == 2 && stages[1][0].source == .egressInterface && stages[1][0].egress.patterns == ["out0"])
  }

  /// `ct status dnat` holds for packets that translation can have made, never certainly: the others look the same.
  @Test func connectionStatus() throws {
    let gateway = try gateway(
      prerouting: "tcp dport 8502 dnat ip to 10.9.0.1:502", forward: "ct status dnat accept")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 8502) == .open)
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 8503) == .denies)
  }

  /// Accept in a nat chain leaves the packet alone; a nat chain can also drop.
  @Test func exemptionsAndDrops() throws {
    let gateway = try gateway(
      prerouting: "ip saddr 10.0.0.1 accept\nip saddr 10.0.0.2 drop\ntcp dport 80 dnat ip to 10.9.0.1",
      forward: "ip daddr 10.9.0.1 accept\nip saddr 10.0.0.2 accept")
    #expect(gateway.verdict("10.0.0.1", "10.1.0.1", port: 80) == .denies)
    #expect(gateway.verdict("10.0.0.2", "10.1.0.1", port: 80) == .denies)
    #expect(gateway.verdict("10.0.0.3", "10.1.0.1", port: 80) == .permits)
  }

  /// Kernel, `nf_nat_register_fn`: a nat chain runs at -100 whatever its own priority is among nat chains; of two chains
  /// with one priority the one that was added last comes first, which a file does not tell.
  @Test func severalNatChains() throws {
    func chain(_ name: String, _ priority: Int, _ target: String) -> String {
      "chain \(name) { type nat hook prerouting priority \(priority);\ntcp dport 80 dnat to \(target)\n}\n"
    }
    let forward = "chain f { type filter hook forward priority 0; policy drop;\nip daddr 10.9.0.1 accept\n}\n"
    let ordered = try NFTGateway(
      "table ip t {\n" + chain("b", 10, "10.9.0.2") + chain("a", -150, "10.9.0.1") + forward + "}\n")
    #expect(ordered.verdict("10.0.0.1", "10.1.0.1", port: 80) == .permits)
    let tied = try NFTGateway(
      "table ip t {\n" + chain("b", -100, "10.9.0.2") + chain("a", -100, "10.9.0.1") + forward + "}\n")
    #expect(tied.verdict("10.0.0.1", "10.1.0.1", port: 80) == .open)
  }

  /// nft(8), PAYLOAD STATEMENT: writing an address is no translation of connections and is not followed.
  @Test func writtenAddressesAreOpen() throws {
    let gateway = try NFTGateway(
      "table ip t {\nchain p { type filter hook prerouting priority raw;\nip daddr set 10.9.0.1\n}\n"
        + "chain f { type filter hook forward priority 0; policy drop;\nip daddr 10.9.0.1 accept\n}\n}\n")
    // The walk of one packet takes one of the possible new addresses; the sets hold all of them.
    let translate = gateway.device.pipeline.first { if case .translate = $0.work { true } else { false } }
    #expect(translate?.name.contains("changed") == true)
  }
}
