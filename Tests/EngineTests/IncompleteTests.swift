import Engine
import Findings
import Foundation
import TestKit
import Testing

/// What is not understood never counts as harmless: a statement that Bulkhead does not know makes the run incomplete.
@Suite struct IncompleteTests {
  /// Platform, its plain file, and the same file with a statement that no reader knows.
  static let statements: [(platform: String, plain: String, strange: String)] = [
    ("cisco-asa", asa(""), asa("access-list OUT extended permit frobnicate any any")),
    ("cisco-asa", asa(""), asa("access-list OUT frobnicate permit tcp any any")),
    ("cisco-asa", asa(""), asa("access-list OUT extended permit tcp any any frobnicate 7")),
    ("cisco-asa", asa(""), asa("frobnicate inside outside")),
    (
      "cisco-asa", asa(""),
      asa("object-group network G\n frobnicate 10.0.0.1\naccess-list IN extended permit ip object-group G any log")
    ),
    ("fortios", fortiGate(), fortiGate(policies: rdpPolicy(1, to: "scada", "set frobnicate enable"))),
    ("fortios", fortiGate(), fortiGate(objects: "config firewall frobnicate\n    edit 1\n    next\nend")),
    ("fortios", fortiGate(), fortiGate(policies: rdpPolicy(1, to: "scada", "frobnicate"))),
    ("iptables-save", gateway(""), gateway("-A FORWARD -i eth0 -o eth1 -m frobnicate --level 7 -j ACCEPT")),
    ("iptables-save", gateway(""), gateway("-A FORWARD -i eth0 -o eth1 -j FROBNICATE --deep")),
    ("iptables-save", gateway(""), gateway("frobnicate")),
    ("dyode", dyode(), dyode(module: "    frobnicate: yes")),
    ("dyode", dyode(), dyode(module: "  \"PLC 2\":\n    type: frobnicate\n    port: 9401")),
    ("dyode", dyode(), dyode(more: "frobnicate: yes")),
    ("lidi", lidi(), lidi("--frobnicate 7")),
    ("diode-yml", diodeYML(), diodeYML("frobnicate: yes")),
    ("diode-yml", diodeYML(), diodeYML().replacingOccurrences(of: "port: 514", with: "port: 514, frobnicate: yes")),
  ]

  @Test(arguments: statements.indices) func `A strange statement leaves the run incomplete`(index: Int) throws {
    let statement = Self.statements[index]
    let plain = try outcome(statement.plain, statement.platform)
    #expect(plain.outcome(failOn: .medium) == .clean, "\(plain.findings.map(\.message)) \(plain.gaps)")
    let strange = try outcome(statement.strange, statement.platform)
    #expect(strange.isIncomplete, "\(statement.strange)")
    #expect(strange.files[0].couldChangeVerdict > 0)
    let gap = try #require(strange.findings.first { $0.code == "CFG001" || $0.code == "CFG002" })
    #expect(gap.location != nil && !gap.counts && gap.message.lowercased().contains("frobnicate"), "\(gap.message)")
    #expect(strange.outcome(failOn: .medium) == .incomplete, "\(strange.findings.filter(\.counts).map(\.message))")
  }

  @Test(arguments: statements.indices) func `The same holds for the bare file`(index: Int) throws {
    let statement = Self.statements[index]
    let folder = try TemporaryFolder()
    let report = try check(try folder.write("device.txt", statement.strange), format: statement.platform)
    #expect(report.outcome(failOn: .medium) == .incomplete, "\(report.findings.map(\.message))")
  }

  @Test func `Accepting gaps turns exit code 3 into 0, and only that`() throws {
    let report = try outcome(asa("frobnicate inside outside"), "cisco-asa")
    #expect(report.outcome(failOn: .medium) == .incomplete)
    #expect(report.outcome(failOn: .medium, allowsIncomplete: true) == .clean)
    let violated = try outcome(
      asa("frobnicate inside outside\naccess-list OUT extended permit tcp host 10.0.0.5 host 10.20.0.10 eq 502 log"),
      "cisco-asa")
    #expect(violated.outcome(failOn: .medium, allowsIncomplete: true) == .violated)
  }

  /// The file as the only device of a small site.
  private func outcome(_ text: String, _ platform: String) throws -> RunReport {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", text)
    let entries = [
      "cisco-asa": "interfaces: {outside: corporate, inside: supervision}",
      "fortios": "interfaces: {port1: corporate, port2: supervision}",
      "iptables-save": "interfaces: {eth0: corporate, eth1: supervision}",
    ]
    let entry = entries[platform] ?? "from: control, to: supervision"
    try folder.write("bulkhead.yml", smallSite("config: device.txt, format: \(platform), \(entry)"))
    return try check(folder.path)
  }
}
