import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Random rule sets loaded into the running kernel: what it forwards, the evaluator must permit, and nothing else.
@Suite struct KernelRefereeTests {
  @Test func theKernelAgrees() throws {
    var generator = SeededGenerator(seed: 20_240_711)
    let ruleSets = (0..<24).map { _ in randomRules(&generator) }
    let packets = (0..<24).map { set in (0..<80).map { RefereePackets.random(set * 80 + $0, &generator) } }
    switch KernelReferee.ask(ruleSets, packets) {
    case .unavailable(let why): print("skipped: the kernel cannot be asked here: \(why)")
    case .passed(let passed):
      var permitted = 0
      for (set, rules) in ruleSets.enumerated() {
        let gateway = try Gateway(text: rules)
        #expect(gateway.reading.ledger.gaps.isEmpty)
        for (number, packet) in packets[set].enumerated() {
          let expected: Outcome = passed[set].contains(number) ? .permits : .denies
          #expect(gateway.verdict(packet, from: "in0", to: "out0") == expected, "\(packet), set \(set)\n\(rules)")
        }
        permitted += passed[set].count
      }
      print("the kernel let \(permitted) of \(24 * 80) packets through")
      // A referee that lets everything or nothing through would decide nothing.
      #expect(permitted > 200 && permitted < 1700)
    }
  }

  private let networks = RefereePackets.networks

  private func randomRules(_ generator: inout SeededGenerator) -> String {
    func rules(_ chain: String, _ targets: [String], _ most: Int, withEgress: Bool = true) -> String {
      (0..<Int.random(in: 0...most, using: &generator)).map { _ in
        "-A \(chain) \(match(&generator, withEgress))-\(targets.randomElement(using: &generator)!)\n"
      }.joined()
    }
    let verdicts = [
      "j ACCEPT", "j ACCEPT", "j DROP", "j REJECT --reject-with icmp-port-unreachable", "j LOG", "j RETURN",
    ]
    let policy = Bool.random(using: &generator) ? "ACCEPT" : "DROP"
    let nat = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
      "-A PREROUTING -p \(["tcp", "udp"].randomElement(using: &generator)!) --dport 81"
        + " -d \(networks.randomElement(using: &generator)!) -j DNAT --to-destination 10.9.3.3:502\n"
    }.joined()
    return
      "*raw\n:PREROUTING ACCEPT [0:0]\n\(rules("PREROUTING", ["j DROP", "j RETURN", "j ACCEPT"], 1, withEgress: false))"
      + "COMMIT\n*mangle\n:FORWARD ACCEPT [0:0]\n\(rules("FORWARD", ["j DROP", "j ACCEPT", "j TOS --set-tos 0"], 1))"
      + "COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n\(nat)COMMIT\n"
      + "*filter\n:FORWARD \(policy) [0:0]\n:ONE - [0:0]\n:TWO - [0:0]\n"
      + rules("FORWARD", verdicts + ["j ONE", "g ONE", "j TWO", "g TWO"], 7)
      + rules("ONE", verdicts + ["j TWO", "g TWO"], 4) + rules("TWO", verdicts, 4) + "COMMIT\n"
  }

  private func match(_ generator: inout SeededGenerator, _ withEgress: Bool) -> String {
    let services = [
      "", "", "-p tcp ", "! -p udp ", "-p tcp --dport 80:81 ", "-p tcp ! --dport 502 ", "-p udp --dport :81 ",
      "-p tcp -m multiport --dports 80,500:510 ", "-p udp -m multiport ! --dports 502,80 ", "-p tcp --syn ",
      "-p tcp --tcp-flags SYN,ACK ACK ", "-p icmp --icmp-type 8 ", "-p icmp ! --icmp-type echo-request ", "-p 47 ",
      "-m conntrack --ctstate NEW ", "-m conntrack --ctstate RELATED,ESTABLISHED ", "-m state ! --state NEW ",
      "-m recent --set --name r ", "-p tcp -m multiport --ports 81,502 ",
    ]
    let interfaces =
      withEgress ? ["", "", "-i in0 ", "-o out+ ", "! -i in0 ", "-i lo ", "-i in+ -o out0 "] : ["", "-i in0 "]
    let ranges = [
      "", "", "-m iprange --src-range 10.7.1.10-10.8.0.4 ", "-m iprange ! --dst-range 10.7.0.0-10.7.255.255 ",
    ]
    var text = interfaces.randomElement(using: &generator)!
    for option in ["-s", "-d"] where Int.random(in: 0..<3, using: &generator) == 0 {
      text += (Bool.random(using: &generator) ? "! " : "") + "\(option) \(networks.randomElement(using: &generator)!) "
    }
    return text + services.randomElement(using: &generator)! + ranges.randomElement(using: &generator)!
  }
}
