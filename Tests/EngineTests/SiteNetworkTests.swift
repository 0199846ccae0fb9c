import Engine
import Findings
import Testing

/// What a site file says about its network: links, twins, hosts in two zones, conduits over several devices.
@Suite struct SiteNetworkTests {
  private let through = "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp --dport 443 -j ACCEPT"
  private let established = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

  private func folder(_ files: [String: String], _ site: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(name, text) }
    try folder.write("bulkhead.yml", smallZones + site)
    return folder
  }

  // MARK: - Links

  private let linked = """
    devices:
      a: {config: a.rules, format: iptables-save, interfaces: {eth0: corporate}}
      b: {config: b.rules, format: iptables-save, interfaces: {eth1: supervision}}

    """

  @Test func `A link joins interfaces that no rule names`() throws {
    let files = ["a.rules": gateway(through), "b.rules": gateway(through)]
    let joined = try folder(files, linked + "links: [{a: \"a:wan\", b: \"b:wan\"}]\n")
    let hole = try #require(try check(joined.path).findings("SEG001").first)
    #expect(hole.witness?.path == "a: eth0 -> wan, b: wan -> eth1")
    let apart = try folder(files, linked)
    #expect(try check(apart.path).findings("SEG001").isEmpty)
  }

  @Test func `A link to an interface that does not exist is refused`() throws {
    let joined = try folder(
      ["a.rules": asa(""), "b.rules": gateway(through)],
      """
      devices:
        a: {config: a.rules, format: cisco-asa}
        b: {config: b.rules, format: iptables-save, interfaces: {eth1: supervision}}
      links: [{a: "a:insider", b: "b:wan"}]

      """)
    let error = try #require(refusal { try check(joined.path) })
    #expect(error.description.contains("no interface insider; did you mean inside?"))
  }

  // MARK: - Twins

  private func pair(_ standby: String, _ more: String = "") throws -> RunReport {
    let binding = "format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}"
    let made = try folder(
      ["a.rules": gateway(through), "b.rules": gateway(standby)],
      "devices:\n  a: {config: a.rules, \(binding)}\n  b: {config: b.rules, twin-of: a, \(more.isEmpty ? binding : more)}\n"
    )
    return try check(made.path)
  }

  @Test func `Equal twins are judged as one, however their rules are written`() throws {
    let report = try pair("-A FORWARD -d 10.20.0.10 -s 10.0.0.5/32 -p tcp -m tcp --dport 443:443 -j ACCEPT")
    #expect(report.findings("RUL014").isEmpty && report.findings("SEG001").map(\.device) == ["a"])
  }

  @Test func `A twin that decides otherwise is told, and judged by itself`() throws {
    let report = try pair(through.replacing("443", with: "3389"))
    let finding = try #require(report.findings("RUL014").first)
    #expect(finding.severity == .high && finding.confidence == .certain && finding.device == "b")
    #expect(Set(report.findings("SEG001").map(\.device)) == ["a", "b"])
  }

  @Test func `A twin that is wired otherwise is judged by itself`() throws {
    let report = try pair(through, "format: iptables-save, interfaces: {eth0: corporate, eth1: [supervision, control]}")
    #expect(Set(report.findings("SEG001").map(\.device)) == ["a", "b"])
  }

  // MARK: - Hosts in two zones

  @Test func `A host in two zones is a way without a filter, and must have addresses in both`() throws {
    let one =
      "devices:\n  fw: {config: a.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}}\n"
    let both = try folder(
      ["a.rules": gateway("")], one + "assets: {station: {address: [10.20.0.9, 10.10.0.9], dual-homed: true}}\n")
    let finding = try #require(try check(both.path).findings("SEG013").first)
    #expect(finding.message.hasPrefix("station has addresses in"))
    let single = try folder(
      ["a.rules": gateway("")], one + "assets: {station: {address: 10.20.0.9, dual-homed: true}}\n")
    #expect(try #require(refusal { try check(single.path) }).description.contains("its addresses lie in one zone"))
    let astray = try folder(
      ["a.rules": gateway("")], one + "assets: {station: {address: [10.20.0.9, 192.0.2.1], dual-homed: true}}\n")
    #expect(try #require(refusal { try check(astray.path) }).description.contains("no zone holds 192.0.2.1"))
  }

  // MARK: - Conduits that are needed

  private func conduit(_ rules: String) throws -> RunReport {
    let made = try folder(
      ["a.rules": gateway(rules)],
      """
      devices:
        fw: {config: a.rules, format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}}
      conduits:
        c: {from: corporate/10.0.0.5, to: supervision/10.20.0.10, services: [tcp/443], required: true, owner: a, reason: b}

      """)
    return try check(made.path)
  }

  @Test func `A conduit whose answers are stopped does not work`() throws {
    #expect(try conduit("\(established)\n\(through)").findings("SEG010").isEmpty)
    let back = "-A FORWARD -s 10.20.0.10 -d 10.0.0.5 -p tcp --sport 443 -j ACCEPT"
    #expect(try conduit("\(through)\n\(back)").findings("SEG010").isEmpty)
    for rules in [through, "\(through)\n\(back.replacing("443", with: "444"))"] {
      let finding = try #require(try conduit(rules).findings("SEG010").first)
      #expect(finding.confidence == .certain && finding.message.contains("keeps no state"))
    }
  }

  @Test func `A conduit to where no route leads does not work`() throws {
    let routed =
      asa("access-list OUT extended permit tcp host 10.0.0.5 10.10.0.0 255.255.252.0 eq 443")
      + "route inside 10.10.0.0 255.255.254.0 10.20.0.2 1\nroute null0 10.10.2.0 255.255.254.0 1\n"
    let made = try folder(
      ["fw.cfg": routed],
      """
      devices:
        fw: {config: fw.cfg, format: cisco-asa}
      conduits:
        c: {from: corporate/10.0.0.5, to: control, services: [tcp/443], required: true, owner: a, reason: b}

      """)
    let report = try check(made.path)
    #expect(report.findings("SEG010").map(\.message).contains { $0.contains("no route leads to 10.10.2.0/23") })
  }
}
