import Findings
import Testing

/// What conduits permit: functions on a safety system (SIS005), ports of DCOM (OTP004).
@Suite struct ConduitFunctionTests {
  private func report(_ rules: String, conduit: String, interfaces: String) throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("gw.rules", gateway(rules))
    let conduits = conduit.isEmpty ? "" : "conduits:\n  c: {\(conduit), owner: a, reason: b, review: 2099-01-01}\n"
    try folder.write(
      "bulkhead.yml",
      smallSite("config: gw.rules, format: iptables-save, interfaces: {\(interfaces)}", more: conduits))
    return try check(folder.path)
  }

  private func safety(_ conduit: String, port: String = "tcp --dport 502") throws -> RunReport {
    try report(
      "-A FORWARD -s 10.10.0.20 -d 10.11.0.10 -i eth0 -o eth1 -p \(port) -j ACCEPT",
      conduit: "from: control/10.10.0.20, to: safety/10.11.0.10, \(conduit)", interfaces: "eth0: control, eth1: safety")
  }

  @Test(
    arguments: [
      "services: [tcp/502]", "services: [tcp/502], functions: {modbus: [read, write]}",
      // Restarts communications or silences the device.
      "services: [tcp/502], functions: {modbus: [8]}",
    ])
  func `A conduit that changes a safety system is found once, with the rule that carries it`(conduit: String) throws {
    let report = try safety(conduit)
    let finding = try #require(report.findings("SIS005").first)
    #expect(report.findings("SIS005").count == 1 && finding.severity == .high && finding.counts)
    #expect(report.place(finding) == "bulkhead.yml:11")
    #expect(finding.witness?.packet.destinationPort == 502)
    #expect(finding.related.contains { $0.label.contains("lets it through") })
    // The conduit is at fault, and the rule where it is wider than the conduit.
    #expect(report.findings("SIS003").isEmpty == !conduit.contains("functions"))
  }

  @Test func `Reading is no fault of the conduit, and a wider rule is reported by another check`() throws {
    let report = try safety("services: [tcp/502], functions: {modbus: [read]}")
    #expect(report.findings("SIS005").isEmpty && !report.findings("SIS003").isEmpty)
  }

  @Test func `MMS on the port of S7 counts, and so does an engineering protocol`() throws {
    let mms = try safety("services: [tcp/102], functions: {mms: [write]}", port: "tcp --dport 102").findings("SIS005")
    #expect(mms.count == 1 && mms[0].message.hasSuffix("mms write"), "\(mms.map(\.message))")
    for functions in ["", ", functions: {modbus: [read]}"] {
      let programs = try safety("services: [udp/1502]\(functions)", port: "udp --dport 1502")
      #expect(programs.findings("SIS005").count == 1)
    }
    #expect(try safety("services: [tcp/135]", port: "tcp --dport 135").findings("SIS005").count == 1)
    // What a conduit says that it carries counts on every port.
    let classic = "services: [tcp/50000-50010], functions: {opc-classic: [read, write]}"
    #expect(try safety(classic, port: "tcp --dport 50005").findings("SIS005").count == 1)
  }

  @Test func `Conduits from a safety system, expired ones, and ports of no known protocol are left alone`() throws {
    #expect(try safety("services: [tcp/502], expires: 2020-01-01").findings("SIS005").isEmpty)
    #expect(try safety("services: [udp/123]", port: "udp --dport 123").findings("SIS005").isEmpty)
    let outward = try report(
      "", conduit: "from: safety, to: control, services: [tcp/502]", interfaces: "eth0: control, eth1: safety")
    #expect(outward.findings("SIS005").isEmpty)
  }

  // MARK: DCOM

  private func dcom(_ rules: String, conduit: String = "") throws -> RunReport {
    try report(rules, conduit: conduit, interfaces: "eth0: corporate, eth1: supervision")
  }

  @Test func `Mapper and range in two rules between the same hosts are found at the range`() throws {
    let report = try dcom(
      """
      -A FORWARD -s 10.0.0.0/24 -d 10.20.0.10 -p tcp --dport 135 -j ACCEPT
      -A FORWARD -s 10.0.0.5 -d 10.20.0.0/24 -p tcp --dport 1024:65535 -j ACCEPT
      """)
    let finding = try #require(report.findings("OTP004").first)
    #expect(report.findings("OTP004").count == 1 && report.place(finding) == "gw.rules:7")
    #expect(finding.confidence == .certain && finding.regions.allSatisfy { $0.hasPrefix("10.0.0.5 -> 10.20.0.10,") })
  }

  @Test(
    arguments: [
      // Other hosts; a fixed range; no mapper; every TCP port, which RUL007 reports.
      "-A FORWARD -s 10.0.0.6 -d 10.20.0.10 -p tcp --dport 135 -j ACCEPT\n-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp --dport 1024:65535 -j ACCEPT",
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp -m multiport --dports 135,50000:50100 -j ACCEPT",
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp --dport 49152:65535 -j ACCEPT",
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp -j ACCEPT",
    ])
  func `What is no DCOM is left alone`(rules: String) throws {
    #expect(try dcom(rules).findings("OTP004").map(\.message).isEmpty)
  }

  @Test func `A conduit that lists the range answers for the rule`() throws {
    let report = try dcom(
      "-A FORWARD -s 10.0.0.5 -d 10.20.0.10 -p tcp -m multiport --dports 135,49152:65535 -j ACCEPT",
      conduit: "from: corporate/10.0.0.5, to: supervision/10.20.0.10, services: [tcp/135, tcp/49152-65535]")
    let finding = try #require(report.findings("OTP004").first)
    #expect(report.findings("OTP004").count == 1 && report.place(finding) == "bulkhead.yml:11")
    #expect(finding.related.count == 1 && finding.witness != nil)
  }

  /// MMS shares its port with S7; a rule that lets only its writes through is found like one for S7.
  @Test(arguments: ["s7: [write], mms: [read]", "s7: [read], mms: [write]"])
  func `Writes of both protocols on port 102 count`(functions: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "table.yml",
      """
      rule-table: 1
      device: gw
      interfaces: [a, b]
      default: deny
      rules:
        - {in: a, out: b, source: any, destination: 10.10.0.10, service: tcp/102, functions: {\(functions)}, action: permit}

      """)
    try folder.write("bulkhead.yml", smallSite("config: table.yml, interfaces: {a: supervision, b: control}"))
    #expect(try check(folder.path).findings("OTP001").count == 1)
  }
}
