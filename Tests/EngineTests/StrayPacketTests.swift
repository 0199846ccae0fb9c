import Findings
import PacketSets
import Testing

/// Packets that belong to no session: they open none, but crafted ones pass a rule that lets them.
@Suite struct StrayPacketTests {
  private func report(_ rules: String, from: String = "corporate", to: String) throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", gateway(rules))
    try folder.write(
      "bulkhead.yml",
      smallSite("config: device.txt, format: iptables-save, interfaces: {eth0: \(from), eth1: \(to)}"))
    return try check(folder.path)
  }

  @Test(arguments: [
    "-m conntrack --ctstate INVALID", "-m state --state INVALID,UNTRACKED", "-m conntrack --ctstate UNTRACKED",
  ])
  func `A permit for packets without session leaves the verdict open`(match: String) throws {
    let report = try report("-A FORWARD -i eth0 -o eth1 \(match) -j ACCEPT", to: "supervision")
    let finding = try #require(report.findings("SEG001").first)
    #expect(finding.confidence == .possible)
    #expect(report.outcome(failOn: .medium) == .incomplete)
    #expect([.invalid, .untracked].contains(try #require(finding.witness).packet.state))
    #expect(finding.notes.contains { $0.hasPrefix("cannot tell: only packets of state") }, "\(finding.notes)")
  }

  @Test func `Into a safety system the same counts`() throws {
    let report = try report("-A FORWARD -i eth0 -o eth1 -m conntrack --ctstate INVALID -j ACCEPT", to: "safety")
    let finding = try #require(report.findings("SIS001").first)
    #expect(finding.confidence == .possible && finding.counts)
    #expect(report.outcome(failOn: .medium) == .violated)
  }

  @Test func `Where new packets are dropped first the rest still passes`() throws {
    let report = try report(
      "-A FORWARD -m conntrack --ctstate NEW -j DROP\n-A FORWARD -i eth0 -o eth1 -p udp --dport 502 -j ACCEPT",
      from: "supervision", to: "control")
    #expect(report.findings("SEG005").map(\.confidence) == [.possible])
  }

  @Test(arguments: [
    "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -m conntrack --ctstate INVALID -j DROP",
  ])
  func `Dropping them is fine`(rules: String) throws {
    #expect(try report(rules, to: "supervision").outcome(failOn: .medium) == .clean)
  }
}
