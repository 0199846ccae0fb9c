import Engine
import Findings
import Foundation
import PacketSets
import TestKit
import Testing

/// What the example plants must show, whatever the words of the findings.
@Suite struct PlantTests {
  /// The first deviations that the README of `chemical-plant` lists: code, file and line, both ends, and the rules of the
  /// devices before that let the traffic through as well.
  static let holes: [(code: String, place: String, from: String, to: String, before: [String])] = [
    ("SEG001", "fw-cell.conf:741", "10.0.44.57", "10.20.0.10", ["fw-plant.cfg:199"]),
    ("SEG003", "fw-cell.conf:634", "10.30.1.0/24", "10.20.0.0/22", []),
    ("SEG005", "gw-safety.rules:239", "10.20.0.10", "10.10.0.0/24", []),
    ("SIS001", "gw-safety.rules:243", "10.0.12.30", "10.11.0.0/24", ["fw-plant.cfg:201", "fw-cell.conf:754"]),
    ("SIS003", "gw-safety.rules:242", "10.20.1.21", "10.11.0.10", []),
    ("DIO003", "gw-safety.rules:239", "10.20.0.10", "10.10.0.0/24", []),
    ("DIO003", "gw-safety.rules:241", "10.10.0.20", "10.20.0.15", []),
    ("SEG002", "fw-plant.cfg:201", "10.0.12.30", "10.30.0.40", []),
  ]

  @Test func `The drifted plant shows each hole with a packet through it`() throws {
    let report = try check(plantFolder("chemical-plant"))
    #expect(report.outcome(failOn: .medium) == .violated)
    for hole in Self.holes {
      let finding = try #require(
        report.findings(hole.code).first { report.place($0) == hole.place }, "\(hole.code) at \(hole.place)")
      let witness = try #require(finding.witness, "\(hole.code) at \(hole.place)")
      let sources = try #require(NetworkText(hole.from))
      let targets = try #require(NetworkText(hole.to))
      #expect(sources.contains(witness.packet.source), "\(hole): \(witness.packet)")
      #expect(targets.contains(witness.packet.destination), "\(hole): \(witness.packet)")
      #expect(finding.confidence == .certain && finding.counts)
      #expect(witness.steps.filter { $0.hasSuffix("permits") }.count > hole.before.count, "\(witness.steps)")
      #expect(report.placesBefore(finding) == hole.before, "\(hole)")
      #expect(finding.controls.contains { $0.framework == "iso27001-2022" && $0.id == "A.8.22" })
    }
  }

  @Test func `A deny that no longer denies leads to the permit that shadows it`() throws {
    let report = try check(plantFolder("chemical-plant"))
    let finding = try #require(report.findings("RUL001").first)
    #expect(report.place(finding) == "fw-plant.cfg:197" && finding.severity >= .high)
    #expect(finding.related.map { report.catalog.position(of: $0.range).line } == [191])
    #expect(finding.controls.contains { $0.id == "A.8.22" })
  }

  @Test(arguments: plants) func `Every finding about traffic has a packet, every finding a place and a control`(
    plant: String
  ) throws {
    let report = try check(plantFolder(plant))
    for finding in report.findings {
      #expect(finding.location != nil && !finding.help.isEmpty && !finding.controls.isEmpty, "\(finding.message)")
      let isTraffic =
        ["SEG001", "SEG002", "SEG003", "SEG005", "SEG006", "DIO003"].contains(finding.code)
        || finding.code.hasPrefix("SIS") || finding.code.hasPrefix("OTP")
      if isTraffic { #expect(finding.witness != nil && !finding.regions.isEmpty, "\(finding.message)") }
    }
    #expect(Set(report.findings.map(\.fingerprint)).count == report.findings.count)
  }

  @Test func `The plant as designed is clean`() throws {
    let report = try check(plantFolder("chemical-plant-clean"))
    #expect(report.findings.isEmpty && report.gaps.isEmpty && report.notChecked.isEmpty)
    #expect(report.outcome(failOn: .info) == .clean)
    #expect(report.files.count == 4 && report.rules.count > 30)
  }

  @Test func `Without any one conduit of a firewall the plant is no longer clean`() throws {
    let folder = try TemporaryFolder(plant: "chemical-plant-clean")
    // No firewall lets pass what goes through the diode, so nothing passes unlisted.
    #expect(try unnoticed(in: folder) == ["process-values"])
  }

  /// The conduits without which, each alone, the site has no finding that counts.
  private func unnoticed(in folder: TemporaryFolder) throws -> Set<String> {
    let site = String(decoding: try #require(readBytes("\(folder.path)/bulkhead.yml")), as: UTF8.self)
    let names = conduits(of: site)
    #expect(names.count >= 25)
    return try names.reduce(into: []) { unnoticed, name in
      try folder.write("bulkhead.yml", without(entry: name, site))
      // Violated is exit 1.
      if try check(folder.path).outcome(failOn: .medium) != .violated { unnoticed.insert(name) }
    }
  }

  @Test func `The vendor's way past the jump host is named in both virtual domains`() throws {
    let report = try check(plantFolder("pharma-jump-host"))
    // One hole, at the domain that guards the cell, with the policy of the other one and a packet through both.
    for code in ["SEG001", "OTP001", "OTP003", "OTP005"] {
      let holes = report.findings(code)
      #expect(holes.map(\.device) == ["fw-main/OT"] && holes.map { report.place($0) } == ["fw-main.conf:1334"])
      #expect(holes.map { report.placesBefore($0) } == [["fw-main.conf:727"]])
    }
    let hole = try #require(report.findings("SEG001").first?.witness)
    #expect(hole.packet.source == IPAddress("203.0.113.25") && hole.packet.destination == IPAddress("10.63.10.21"))
    #expect(hole.from == "vendor (external)")
    #expect(hole.steps.filter { $0.hasSuffix("(vendor remote support) permits") }.count == 2, "\(hole.steps)")
    // What each domain fails to do by itself is told of each.
    for code in ["OTP002", "RUL008"] {
      #expect(report.findings(code).map(\.device) == ["fw-main/EDGE", "fw-main/OT"], "\(code)")
    }
    #expect(Set(report.findings.map(\.code)) == ["SEG001", "SEG014", "OTP001", "OTP002", "OTP003", "OTP005", "RUL008"])
  }

  /// What the README of `substation` lists: code, file and line.
  static let beliefs: [(code: String, place: String)] = [
    ("SEG002", "fw-wan.conf:442"), ("SEG008", "fw-wan.conf:442"), ("SEG004", "fw-wan.conf:442"),
    ("OTP003", "fw-wan.conf:442"), ("SEG007", "rx-line.cfg:14"), ("RUL006", "rx-line.cfg:14"),
    ("DIO003", "fw-wan.conf:411"), ("SEG002", "fw-wan.conf:411"),
    ("SEG004", "fw-bay.xml:143"), ("RUL001", "fw-bay.xml:171"), ("SEG007", "fw-bay.xml:213"),
    ("SIS003", "sw-relay.cfg:152"), ("RUL006", "sw-relay.cfg:152"), ("CFG003", "sw-relay.cfg:115"),
    ("DIO002", "diode-egress.toml:18"), ("DIO002", "diode-ingress.toml:33"),
  ]

  @Test func `The substation shows what is so in place of what is believed`() throws {
    let report = try check(plantFolder("substation"))
    for belief in Self.beliefs {
      let finding = report.findings(belief.code).first { report.place($0) == belief.place }
      #expect(finding?.confidence == .certain, "\(belief)")
    }
    // Whether a rule with an inactive enforcer profile lets writes through is the one thing that is open.
    let open = report.findings.filter { $0.confidence == .possible }
    #expect(Set(open.map { report.place($0) }) == ["fw-bay.xml:269"])
    #expect(open.allSatisfy { !$0.counts })
  }

  @Test func `One rule at the bays keeps out what the edge lets in`() throws {
    func reached(_ folder: String) throws -> Set<String> {
      let found = try check(folder).findings.filter { ["SEG001", "SEG002", "SEG008"].contains($0.code) }
      return Set(found.compactMap(\.witness).filter { $0.from.hasPrefix("control-centre") }.map(\.to))
    }
    #expect(try reached(plantFolder("substation")) == ["station (level 3)"])
    let folder = try TemporaryFolder(plant: "substation")
    // Rule 1 of fw-bay, which takes only sources of the station level, is no longer active.
    try folder.edit("configs/fw-bay.xml") { text in
      let active = "<Attribute name=\"hm2L3RowStatus\">1<"
      guard let rule = text.range(of: active) else { return text }
      return text.replacingCharacters(in: rule, with: active.replacing(">1<", with: ">2<"))
    }
    #expect(try reached(folder.path) == ["station (level 3)", "bay (level 1)"])
  }

  @Test func `Both fences before the relays must be down, and both causes on the edge`() throws {
    func after(_ file: String, _ old: String, _ new: String) throws -> [String] {
      let folder = try TemporaryFolder(plant: "substation")
      try folder.edit("configs/\(file)") { $0.replacing(old, with: new) }
      return try check(folder.path).findings.filter { $0.device == "\(file.prefix { $0 != "." })" }.map(\.code)
    }
    for (old, new) in [(" permit ip any any\n", ""), ("PROT-OUT-V2", "PROT-OUT")] {
      #expect(try !after("sw-relay.cfg", old, new).contains("SIS003"), "\(old)")
    }
    for (old, new) in [("inactive: policy deny-all", "policy deny-all"), ("permit-all;", "deny-all;")] {
      let codes = try after("fw-wan.conf", old, new)
      #expect(Set(codes) == ["DIO003", "SEG002", "SEG014", "OTP005"], "\(old)")
    }
  }

  /// What the README of `gas-pipeline` lists and the files prove: code, file and line.
  static let provenBeliefs: [(code: String, place: String)] = [
    ("RUL002", "fw-cc.xml:163"), ("SEG003", "fw-cc.xml:269"), ("RUL001", "fw-cc.xml:319"), ("SEG007", "fw-cc.xml:510"),
    ("SEG003", "fw-cc.xml:510"), ("RUL001", "rt-metering.cfg:11"), ("DIO002", "diode-receiver.json:1"),
    ("DIO002", "diode-receiver.json:4"),
  ]

  @Test func `The gas pipeline tells what is proved from what its files leave open`() throws {
    let report = try check(plantFolder("gas-pipeline"))
    for belief in Self.provenBeliefs {
      #expect(
        report.findings(belief.code).contains { report.place($0) == belief.place && $0.confidence == .certain },
        "\(belief)")
    }
    // Neither the default policy of the one nor forwarding of the other is in the file, so no flow is certain.
    let flows = report.findings.filter { $0.witness != nil && !$0.code.hasPrefix("RUL") }
    for device in ["gw-compressor", "rt-metering"] {
      let own = flows.filter { $0.device == device }
      #expect(!own.isEmpty && own.allSatisfy { $0.confidence == .possible }, "\(device)")
    }
    let bypass = try #require(report.findings("DIO003").first)
    #expect(bypass.device == "gw-compressor" && bypass.confidence == .possible)
    #expect(report.outcome(failOn: .medium) == .violated && !report.gaps.isEmpty)
  }

  @Test(arguments: [
    ("<floating>yes</floating>", "<floating>yes</floating><quick>yes</quick>", "SEG003", "tcp/3389"),
    ("<interface>INSIDE</interface>", "<interface>opt1</interface>", "SEG007", "tcp/8531"),
    ("<associated-rule-id>pass</associated-rule-id>", "<associated-rule-id></associated-rule-id>", "SEG002", "tcp/443"),
  ])
  func `Each belief about pfSense would hold with one word changed`(
    old: String, new: String, code: String, service: String
  ) throws {
    let folder = try TemporaryFolder(plant: "gas-pipeline")
    func messages() throws -> [String] {
      try check(folder.path).findings.filter { $0.device == "fw-cc" && $0.code == code }.map(\.message)
    }
    #expect(try messages().contains { $0.contains(service) })
    try folder.edit("configs/fw-cc.xml") { $0.replacing(old, with: new) }
    #expect(try !messages().contains { $0.contains(service) })
  }

  @Test(arguments: [[0, 1], [0], [1]]) func `Without one of the two policies nothing is left to report`(
    removed: [Int]
  ) throws {
    let folder = try TemporaryFolder(plant: "pharma-jump-host")
    try folder.edit("configs/fw-main.conf") { text in
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let names = lines.indices.filter { lines[$0].contains("set name \"vendor remote support\"") }
      for name in removed.reversed().map({ names[$0] }) {
        let end = lines[name...].firstIndex { $0.trimmingCharacters(in: .whitespaces) == "next" } ?? name
        lines.removeSubrange((name - 1)...end)
      }
      return lines.joined(separator: "\n")
    }
    let report = try check(folder.path)
    // What is left of the way is told as a rule that only the other domain stops, and nothing else is.
    #expect(report.findings.allSatisfy { $0.code == "RUL014" }, "\(report.findings.map(\.message))")
    #expect(report.outcome(failOn: .medium) == .clean)
  }
}

/// The names of a site file's conduits.
private func conduits(of site: String) -> [String] {
  let lines = site.split(separator: "\n").map(String.init)
  let start = lines.firstIndex(of: "conduits:") ?? lines.count
  return lines[start...].filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && $0.hasSuffix(":") }
    .map { String($0.dropFirst(2).dropLast()) }
}

/// The site file without one conduit or device: its key and the lines below it.
func without(entry: String, _ site: String) -> String {
  var isInside = false
  let kept = site.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
    if line == "  \(entry):" { isInside = true } else if !line.hasPrefix("    ") { isInside = false }
    return !isInside
  }
  return kept.joined(separator: "\n")
}

/// An address or a prefix, for comparison with a packet.
private struct NetworkText {
  let addresses: AddressSet

  init?(_ text: String) {
    guard let prefix = IPPrefix(text.contains("/") ? text : "\(text)/32") else { return nil }
    addresses = AddressSet(prefix)
  }

  func contains(_ address: IPAddress) -> Bool { addresses.overlaps(AddressSet(address)) }
}
