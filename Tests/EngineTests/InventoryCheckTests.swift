import Findings
import Testing

/// The inventory against rules and interfaces: AST001 to AST003.
@Suite struct InventoryCheckTests {
  private func report(_ rules: String, assets: String, more: String = "") throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("gw.rules", gateway(rules))
    let site = smallSite(
      "config: gw.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: [supervision, control]}",
      more: "assets:\n\(assets)\n\(more)")
    try folder.write("bulkhead.yml", site)
    return try check(folder.path)
  }

  private let scada = "  scada: {address: 10.20.0.10}"

  @Test func `An unknown host is one finding, however many rules name it`() throws {
    let report = try report(
      """
      -A FORWARD -s 10.0.0.5 -d 10.20.0.99 -p tcp --dport 443 -j ACCEPT
      -A FORWARD -s 10.20.0.99 -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT
      """, assets: scada)
    let finding = try #require(report.findings("AST001").first)
    #expect(report.findings("AST001").count == 1 && finding.related.count == 1)
    #expect(finding.message.hasPrefix("10.20.0.99 in zone supervision is permitted by"), "\(finding.message)")
    #expect(report.place(finding) == "gw.rules:6")
  }

  @Test(
    arguments: [
      // Known; corporate is no plant; control has no inventory; a wide network; any; a deny.
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp --dport 443 -j ACCEPT",
      "-A FORWARD -s 10.0.0.5 -d 10.10.0.7 -p tcp --dport 443 -j ACCEPT",
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.64/27 -p tcp --dport 443 -j ACCEPT",
      "-A FORWARD -p tcp --dport 443 -j ACCEPT",
      "-A FORWARD -d 10.20.0.99 -j DROP",
      // A small network with an asset in it.
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.8/29 -p tcp --dport 443 -j ACCEPT",
    ])
  func `What is known, or no host, is not reported`(rule: String) throws {
    #expect(try report(rule, assets: scada).findings("AST001").map(\.message).isEmpty)
  }

  @Test func `A neighbour of a known host is seen, and a small network without assets`() throws {
    func unknown(_ target: String) throws -> [String] {
      let rule = "-A FORWARD -s 10.0.0.5 \(target) -p tcp --dport 443 -j ACCEPT"
      return try report(rule, assets: scada).findings("AST001").map { "\($0.message.prefix { $0 != " " })" }
    }
    #expect(try unknown("-m iprange --dst-range 10.20.0.10-10.20.0.11") == ["10.20.0.11"])
    #expect(try unknown("-d 10.20.0.16/29") == ["10.20.0.16/29"])
  }

  @Test func `Who may talk to the device itself is not asked`() throws {
    let folder = try TemporaryFolder()
    try folder.write("fw.cfg", asa("access-list IN extended permit tcp host 10.20.0.99 host 10.20.0.1 eq 22 log"))
    try folder.write("bulkhead.yml", smallSite("config: fw.cfg", more: "assets:\n\(scada)\n"))
    #expect(try check(folder.path).findings("AST001").isEmpty)
  }

  @Test func `An inventory with many gaps is one finding for its zone`() throws {
    let rules = (0...20).map { "-A FORWARD -s 10.0.0.5 -d 10.20.1.\($0 * 2) -p tcp --dport 443 -j ACCEPT" }
    let findings = try report(rules.joined(separator: "\n"), assets: scada).findings("AST001")
    #expect(findings.count == 1 && findings[0].message.hasPrefix("21 addresses in zone supervision"))
    #expect(try report(rules.dropLast().joined(separator: "\n"), assets: scada).findings("AST001").count == 20)
  }

  @Test func `An asset on the wire of another zone is named, and the longest prefix decides`() throws {
    func report(_ entry: String) throws -> RunReport {
      let folder = try TemporaryFolder()
      try folder.write("fw.cfg", asa("", inside: "10.20.0.1 255.255.0.0"))
      let zones = smallZones.replacing("10.10.0.0/22]", with: "10.10.0.0/22, 10.20.128.0/24]")
      try folder.write(
        "bulkhead.yml",
        "\(zones)devices:\n  fw: {config: fw.cfg, interfaces: {inside: \(entry)}}\nassets:\n  plc: {address: 10.20.128.7}\n"
      )
      return try check(folder.path)
    }
    let finding = try #require(try report("supervision").findings("AST002").first)
    #expect(finding.message.contains("plc belongs to zone control") && finding.message.contains("inside of fw"))
    #expect(try report("[supervision, control]").findings("AST002").isEmpty)
  }

  @Test func `Assets that nobody mentions are listed only when the pack is named`() throws {
    let assets =
      "\(scada)\n  panel: {address: 10.20.0.99}\n  spare: {address: 10.20.0.98}\n  office: {address: 10.0.0.9}"
    let rules = """
      -A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp --dport 443 -j ACCEPT
      -A FORWARD -s 10.0.0.5 -d 10.20.0.98 -j DROP
      """
    #expect(try report(rules, assets: assets).findings("AST003").isEmpty)
    let found = try report(rules, assets: assets, more: "policies: [purdue, inventory]\n").findings("AST003")
    #expect(found.map(\.property) == ["asset panel"] && found[0].severity == .info)
  }
}
