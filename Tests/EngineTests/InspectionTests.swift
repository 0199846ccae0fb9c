import Findings
import Testing

/// Rules of Suricata beside a firewall: they count for certain only where the site file says that they run inline.
@Suite struct InspectionTests {
  private func report(_ rules: String, entry: String) throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("fw.rules", gateway("-A FORWARD -i eth0 -o eth1 -p tcp --dport 502 -j ACCEPT"))
    try folder.write("local.rules", rules)
    let conduit = """
      conduits:
        values: {from: corporate, to: supervision, services: [tcp/502], functions: {modbus: [read]}, owner: it, reason: values,
                 review: 2099-01-01}

      """
    try folder.write(
      "bulkhead.yml",
      smallSite(
        "config: [fw.rules, local.rules], format: iptables-save, interfaces: {eth0: corporate, eth1: supervision}\(entry)",
        more: conduit))
    return try check(folder.path)
  }

  @Test func `Without inspection writes pass`() throws {
    let report = try report("alert modbus any any -> any any (sid:1;)\n", entry: ", inspection: inline")
    #expect(report.findings.contains { $0.confidence == .certain && $0.code.hasPrefix("SEG") })
  }

  @Test func `Drops of everything but reads leave only what the conduit carries`() throws {
    let others = (1...127).filter { ![1, 2, 3, 4, 7, 11, 12, 17, 20, 24].contains($0) }
    let rules = others.map { "drop modbus any any -> any any (modbus: function \($0); sid:\($0);)\n" }.joined()
    func writes(_ entry: String) throws -> [Finding] {
      try report(rules, entry: entry).findings.filter { $0.witness?.packet.function.functionClass == .write }
    }
    #expect(try writes(", inspection: inline").isEmpty)
    #expect(try !writes(", inspection: monitoring").isEmpty)
    #expect(try !writes("").isEmpty)
  }

  @Test func `A way to run it that does not exist is refused with what there is`() throws {
    #expect(throws: (any Error).self) {
      try report("drop modbus any any -> any any (sid:1;)\n", entry: ", inspection: inlien")
    }
  }

  /// A conduit that names no functions needs those of the protocol whose port it is, and no others.
  @Test(arguments: [("tcp/443", true), ("tcp/502", false)])
  func `A required port does not need functions that nobody runs over it`(service: String, isFine: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "fw.yml",
      """
      rule-table: 1
      stateful: yes
      default: deny
      interfaces: {a: 10.0.255.1/16, b: 10.20.0.1/22}
      rules:
        - {source: any, destination: any, service: any, functions: {modbus: [write]}, action: deny}
        - {source: any, destination: any, service: \(service), action: permit}

      """)
    let conduit = """
      conduits:
        needed: {from: corporate, to: supervision, services: [\(service)], required: true, owner: it, reason: x, review: 2099-01-01}

      """
    try folder.write("bulkhead.yml", smallSite("config: fw.yml", more: conduit))
    #expect(try check(folder.path).findings("SEG010").isEmpty == isFine)
  }

  /// A rule that names single functions is no rule by port only; one that names the protocol as a whole is.
  @Test(arguments: [("modbus-read-holding-registers", 0), ("modbus", 1)])
  func `App-IDs of single functions are inspection`(application: String, findings: Int) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "fw.set",
      """
      set deviceconfig system hostname fw
      set network interface ethernet ethernet1/1 layer3 ip 10.0.255.1/16
      set network interface ethernet ethernet1/2 layer3 ip 10.20.0.1/22
      set zone a network layer3 ethernet1/1
      set zone b network layer3 ethernet1/2
      set rulebase security rules r from a
      set rulebase security rules r to b
      set rulebase security rules r source any
      set rulebase security rules r destination any
      set rulebase security rules r application \(application)
      set rulebase security rules r service application-default
      set rulebase security rules r action allow

      """)
    try folder.write("bulkhead.yml", smallSite("config: fw.set"))
    #expect(try check(folder.path).findings("OTP002").count == findings)
  }
}
