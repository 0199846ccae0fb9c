import Findings
import Testing

/// Rules against the interfaces that they stand at: RUL013 and RUL015.
@Suite struct InterfaceRuleTests {
  /// An ASA with corporate outside and supervision inside; `IN` and `OUT` end in a logged deny.
  private func report(_ entries: String, edit: (String) -> String = { $0 }) throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("fw.cfg", edit(asa(entries)))
    try folder.write("bulkhead.yml", smallSite("config: fw.cfg"))
    return try check(folder.path)
  }

  @Test func `A permit of hosts that are behind another interface is named with the rule's line`() throws {
    let report = try report("access-list OUT extended permit tcp host 10.20.0.10 host 10.0.5.5 eq 443 log")
    let finding = try #require(report.findings("RUL013").first)
    #expect(report.place(finding) == "fw.cfg:13" && finding.severity == .low && finding.confidence == .certain)
    #expect(
      finding.message.contains("10.20.0.10") && finding.message.hasSuffix("lies behind inside"), "\(finding.message)")
  }

  @Test(
    arguments: [
      // A guard against forged sources.
      "access-list OUT extended deny ip 10.20.0.0 255.255.252.0 any log",
      // A part of the sources can come.
      "access-list OUT extended permit tcp 10.0.0.0 255.224.0.0 host 10.20.0.10 eq 443 log",
      // In no zone: SEG012's.
      "access-list OUT extended permit tcp host 10.77.0.1 host 10.20.0.10 eq 443 log",
      // The name is resolved elsewhere.
      "object network X\n fqdn v4 x.example.com\naccess-list OUT extended permit tcp object X host 10.20.0.10 eq 443 log",
      // The device's own address.
      "access-list OUT extended permit tcp host 10.20.0.1 host 10.0.5.5 eq 443 log",
      // A translated address may be another host's.
      """
      object network S
       host 10.0.5.9
       nat (inside,outside) static 10.20.0.10
      access-list OUT extended permit tcp host 10.20.0.10 host 10.0.5.5 eq 443 log
      """,
      "access-list IN extended permit tcp host 10.20.0.10 host 10.0.5.5 eq 443 log",
    ])
  func `Where the rule may match, or nobody knows, it is left alone`(entries: String) throws {
    #expect(try report(entries).findings("RUL013").map(\.message).isEmpty)
  }

  @Test func `A list at two interfaces is right when one of them fits`() throws {
    let report = try report("access-list OUT extended permit tcp host 10.20.0.10 host 10.0.5.5 eq 443 log") {
      $0.replacing("access-group IN in", with: "access-group OUT in")
    }
    #expect(report.findings("RUL013").isEmpty)
  }

  @Test func `A list at the wrong interface is one finding, not one for each rule`() throws {
    let rules = (1...9).map { "access-list OUT extended permit tcp host 10.20.0.\($0 + 9) host 10.0.5.5 eq 443 log" }
    let findings = try report(rules.joined(separator: "\n")).findings("RUL013")
    #expect(findings.count == 1 && findings[0].message.hasPrefix("9 permits of OUT"), "\(findings.map(\.message))")
    #expect(try report(rules.dropLast().joined(separator: "\n")).findings("RUL013").count == 8)
  }

  @Test func `Jumps carry interfaces along, and the way out counts as well`() throws {
    let folder = try TemporaryFolder()
    let text = gateway(
      """
      -A FORWARD -i eth0 -j UP
      -A FORWARD -i eth1 -o eth0 -s 10.20.0.10 -d 10.20.0.11 -p tcp --dport 443 -j ACCEPT
      -A UP -s 10.20.0.12 -p tcp --dport 80 -j ACCEPT
      """
    ).replacing(
      ":OUTPUT DROP [0:0]\n-A FORWARD -i eth0 -j UP", with: ":OUTPUT DROP [0:0]\n:UP - [0:0]\n-A FORWARD -i eth0 -j UP")
    try folder.write("gw.rules", text)
    try folder.write(
      "bulkhead.yml",
      smallSite("config: gw.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}"))
    let messages = try check(folder.path).findings("RUL013").map(\.message)
    #expect(messages.count == 2, "\(messages)")
    #expect(messages.contains { $0.contains("from 10.20.0.12, but no such packet comes in by eth0") }, "\(messages)")
    #expect(messages.contains { $0.contains("to 10.20.0.11, but no such packet leaves by eth0") }, "\(messages)")
  }

  @Test func `An interface without a zone shows nothing as unreachable`() throws {
    let folder = try TemporaryFolder()
    try folder.write("gw.rules", gateway("-A FORWARD -i eth2 -s 10.20.0.12 -p tcp --dport 80 -j ACCEPT"))
    try folder.write(
      "bulkhead.yml",
      smallSite("config: gw.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}"))
    #expect(try check(folder.path).findings("RUL013").isEmpty)
  }

  // MARK: forged sources

  private let traps = "access-list OUT extended permit udp any host 10.20.0.10 eq 162 log"

  @Test func `A source that nothing checks is found with a packet, and low while it gains nothing`() throws {
    let report = try report(traps)
    let finding = try #require(report.findings("RUL015").first)
    #expect(report.findings("RUL015").count == 1 && finding.severity == .low && finding.confidence == .certain)
    #expect(report.place(finding) == "fw.cfg:3")
    let packet = try #require(finding.witness?.packet)
    #expect("\(packet.source)".hasPrefix("10.20.") && packet.destinationPort == 162)
    #expect(finding.related.map { report.catalog.position(of: $0.range).line } == [13])
  }

  @Test func `It is medium where the forged address opens what the own does not`() throws {
    let report = try report(
      "access-list OUT extended permit udp 10.20.0.0 255.255.252.0 host 10.20.0.10 eq 162 log")
    let finding = try #require(report.findings("RUL015").first)
    #expect(finding.severity == .medium && finding.message.contains("own addresses may not go"))
  }

  @Test func `Towards the internet, which is no zone, sources are forged as well`() throws {
    let report = try report("\(traps)\nroute outside 0.0.0.0 0.0.0.0 198.51.100.1") {
      $0.replacing("10.0.255.1 255.255.255.0", with: "198.51.100.9 255.255.255.0")
    }
    #expect(report.findings("RUL015").count == 1)
  }

  @Test(
    arguments: [
      "access-list OUT extended permit udp any host 10.20.0.10 eq 162 log\nip verify reverse-path interface outside",
      """
      access-list OUT extended deny ip 10.20.0.0 255.255.252.0 any log
      access-list OUT extended permit udp any host 10.20.0.10 eq 162 log
      """,
      "access-list OUT extended permit udp 10.0.0.0 255.255.0.0 host 10.20.0.10 eq 162 log",
      // Corporate addresses from inside are no way inward.
      "access-list IN extended permit udp any any eq 514 log",
    ])
  func `Where sources are checked, denied or named, nothing is reported`(entries: String) throws {
    #expect(try report(entries).findings("RUL015").map(\.message).isEmpty)
  }

  @Test func `Where the file does not tell, nothing is reported`() throws {
    let folder = try TemporaryFolder()
    try folder.write("gw.rules", gateway("-A FORWARD -d 10.20.0.10 -p udp --dport 162 -j ACCEPT"))
    try folder.write(
      "bulkhead.yml",
      smallSite("config: gw.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}"))
    #expect(try check(folder.path).findings("RUL015").isEmpty)
  }
}
