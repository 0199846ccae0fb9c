import Engine
import Findings
import Foundation
import PacketSets
import TestKit
import Testing

/// What only several devices together show: holes that none of them has, and openings that another one shuts.
extension PlantTests {
  /// The codes and places of the findings about zones, without those about conduits, which need devices that may be missing.
  private func boundaries(_ report: RunReport) -> Set<String> {
    let families = ["SEG", "SIS", "DIO", "OTP"]
    // SEG014 tells of the same ways as SEG001 and SEG002; SEG015 is about cells of one level, of which no pair matters here.
    let others = ["SEG010", "SEG011", "SEG012", "SEG014", "SEG015"]
    let found = report.findings.filter { families.contains(String($0.code.prefix(3))) && !others.contains($0.code) }
    return Set(found.map { "\($0.code) \(report.place($0))" })
  }

  /// The findings about zones of a plant of which only some devices are in the site file.
  private func boundaries(_ plant: String, without devices: [String]) throws -> Set<String> {
    let folder = try TemporaryFolder(plant: plant)
    for device in devices { try folder.edit("bulkhead.yml") { without(entry: device, $0) } }
    return boundaries(try check(folder.path))
  }

  /// What the offices, and what control, can do when the two devices that it takes are there.
  static let offices: Set = ["SEG001 fw-mill.set:48", "SEG002 fw-mill.set:48", "SEG002 fw-mill.set:62"]
  static let bypass: Set = ["DIO003 fw-mill.set:71", "SEG003 fw-mill.set:71"]

  /// Which devices are missing, and what the others show.
  static let compositions: [(missing: [String], expected: Set<String>)] = [
    (["fw-mill", "rt-energy"], []), (["fw-office", "rt-energy"], []), (["fw-office", "fw-mill"], []),
    (["fw-mill"], []), (["rt-energy"], offices), (["fw-office"], bypass), ([], offices.union(bypass)),
  ]

  @Test(arguments: compositions)
  func `Each device of the paper mill is clean, and their composition is not`(
    missing: [String], expected: Set<String>
  ) throws {
    #expect(try boundaries("paper-mill", without: missing) == expected)
  }

  @Test func `The findings of the paper mill name both devices and every translation`() throws {
    let report = try check(plantFolder("paper-mill"))
    #expect(report.gaps.isEmpty && report.notChecked.isEmpty)
    func finding(_ code: String, _ place: String) throws -> (before: [String], witness: Witness) {
      let found = try #require(report.findings(code).first { report.place($0) == place }, "\(code) \(place)")
      #expect(found.confidence == .certain)
      return (report.placesBefore(found), try #require(found.witness))
    }
    let audit = try finding("SEG001", "fw-mill.set:48")
    #expect(audit.before == ["fw-office.conf:123"] && audit.witness.translated == nil)
    #expect(audit.witness.packet.source == IPAddress("10.100.8.44"))
    let planning = try finding("SEG002", "fw-mill.set:62")
    #expect(planning.before == ["fw-office.conf:108"] && planning.witness.from == "corporate (level 4)")
    #expect(planning.witness.translated?.source == IPAddress("10.101.35.9"))
    let bypass = try finding("DIO003", "fw-mill.set:71")
    #expect(bypass.before == ["rt-energy.rsc:22"] && bypass.witness.from == "control (level 1)")
    #expect(bypass.witness.packet.destination == IPAddress("10.101.40.30"))
    #expect(bypass.witness.translated?.source == IPAddress("10.101.40.2"))
    #expect(bypass.witness.translated?.destination == IPAddress("10.101.16.30"))
  }

  @Test(arguments: [
    ("fw-mill.set", "AUDIT network '10.100.8.0/24'", "AUDIT network '10.100.9.0/24'", "SEG001 fw-mill.set:48"),
    ("fw-office.conf", "address SCANNER 10.100.8.44/32", "address SCANNER 10.100.9.44/32", "SEG001 fw-mill.set:48"),
    ("fw-office.conf", "10.101.35.9/32", "10.101.35.29/32", "SEG002 fw-mill.set:62"),
    ("fw-mill.set", "RELAYS network '10.101.35.0/28'", "RELAYS network '10.101.35.0/29'", "SEG002 fw-mill.set:62"),
    ("rt-energy.rsc", "dst-address=10.101.8.0/24", "dst-address=10.101.12.0/24", "DIO003 fw-mill.set:71"),
    ("fw-mill.set", "source address '10.101.40.0/24'", "source address '10.101.40.64/26'", "DIO003 fw-mill.set:71"),
  ])
  func `Each hole of the paper mill ends at either of its two devices`(
    file: String, old: String, new: String, hole: String
  ) throws {
    let folder = try TemporaryFolder(plant: "paper-mill")
    try folder.edit("configs/\(file)") { $0.replacing(old, with: new) }
    let left = boundaries(try check(folder.path))
    #expect(!left.contains(hole) && left.isSubset(of: Self.offices.union(Self.bypass)) && !left.isEmpty)
  }

  @Test func `What the next device of the tank farm blocks is no finding`() throws {
    let report = try check(plantFolder("tank-farm"))
    #expect(boundaries(report).isEmpty && report.gaps.isEmpty && report.notChecked.isEmpty)
    // The rules are still what they are.
    let rules = report.findings.map { "\($0.code) \(report.place($0))" }
    #expect(
      rules == [
        "RUL006 fw-office.conf:157", "RUL007 rt-jetty.cfg:75", "RUL007 rt-jetty.cfg:76", "RUL014 fw-office.conf:157",
        "RUL017 fw-terminal.cfg:84", "RUL014 rt-jetty.cfg:75",
      ])
  }

  @Test func `Two devices of the tank farm look guilty alone, and the one that blocks does not`() throws {
    let office = try boundaries("tank-farm", without: ["fw-terminal", "rt-jetty"])
    #expect(office.isSuperset(of: ["SEG001 fw-office.conf:157", "SIS001 fw-office.conf:157"]))
    let jetty = try boundaries("tank-farm", without: ["fw-office", "fw-terminal"])
    #expect(jetty.isSuperset(of: ["SEG001 rt-jetty.cfg:75", "SIS001 rt-jetty.cfg:75", "SIS003 rt-jetty.cfg:76"]))
    #expect(try boundaries("tank-farm", without: ["fw-office", "rt-jetty"]).isEmpty)
  }

  @Test func `Without the deny of the terminal the offices get through three devices`() throws {
    let folder = try TemporaryFolder(plant: "tank-farm")
    let deny = "TRANSFER_in extended deny ip any any"
    try folder.edit("configs/fw-terminal.cfg") { $0.replacing(deny, with: deny.replacing("deny", with: "permit")) }
    let report = try check(folder.path)
    let found = boundaries(report)
    let expected: Set = [
      "SEG001 fw-terminal.cfg:76", "SEG002 fw-terminal.cfg:76", "SEG001 rt-jetty.cfg:75", "SIS001 rt-jetty.cfg:75",
    ]
    #expect(found.isSuperset(of: expected), "\(found)")
    let hole = try #require(report.findings("SIS001").first)
    #expect(report.placesBefore(hole) == ["fw-office.conf:157", "fw-terminal.cfg:76"])
    #expect(hole.witness?.from == "corporate (level 4)" && hole.witness?.to == "overfill (level 1, SIS)")
  }

  @Test func `Without the deny before it the rule for engineering reaches the safety system`() throws {
    let folder = try TemporaryFolder(plant: "tank-farm")
    try folder.edit("configs/fw-terminal.cfg") { text in
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains("deny ip any object-group JETTY") }.joined(separator: "\n")
    }
    let report = try check(folder.path)
    #expect(boundaries(report) == ["SIS002 rt-jetty.cfg:76", "SIS003 rt-jetty.cfg:76", "SEG007 rt-jetty.cfg:76"])
    for hole in report.findings.filter({ $0.code == "SIS003" || $0.code == "SEG007" }) {
      #expect(report.placesBefore(hole) == ["fw-terminal.cfg:83"])
      #expect(hole.witness?.packet.source == IPAddress("10.111.30.40"))
    }
  }
}
