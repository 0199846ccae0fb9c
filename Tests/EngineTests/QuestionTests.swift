import Engine
import Findings
import Foundation
import Reports
import TestKit
import Testing

private let plain = TextStyle(isColoured: false)

/// Answers about the network of a site, held against each other and against small networks.
@Suite struct QuestionTests {
  /// Two gateways in a row, with a third zone beside: corporate - fw-a - supervision - fw-b - control.
  private func chain(a: String, b: String, more: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("a.rules", gateway(a))
    try folder.write("b.rules", gateway(b))
    try folder.write(
      "bulkhead.yml",
      """
      \(smallZones)devices:
        fw-a: {config: a.rules, interfaces: {eth0: corporate, eth1: supervision, eth2: control}}
        fw-b: {config: b.rules, interfaces: {eth0: supervision, eth1: control}}
      \(more)
      """)
    return folder
  }

  // MARK: matrix

  @Test func `The matrix of the chemical plant`() throws {
    let report = try zoneMatrix(readNetwork(plantFolder("chemical-plant")), today: testDay)
    let table = matrixText(report, style: plain).split(separator: "\n").prefix(10).joined(separator: "\n")
    #expect(
      table == """
        what each zone can open towards each other: rows from, columns to
                                1    2    3    4    5    6    7    8
        1 addresses of no zone  -    .    .    .    .    .    .    .
        2 vendor (external)     .    -    .    o    .    .    .    .
        3 corporate (level 4)   .    .    -    o    o!   o!   .    o!
        4 dmz (level 3.5)       .    .    o    -    o    .    .    .
        5 operations (level 3)  .    .    .    o    -    o!   .    .
        6 supervision (level 2) .    .    .    .    o    -    o!   o!
        7 control (level 1)     .    .    .    .    .    o!d  -    .
        8 safety (level 1, SIS) .    .    .    .    .    .    o    -
        """)
  }

  @Test func `What the clean plant opens is what its conduits list`() throws {
    let report = try zoneMatrix(readNetwork(plantFolder("chemical-plant-clean")), today: testDay)
    #expect(report.cells.allSatisfy { $0.unlisted.isEmpty && $0.unmet.isEmpty })
    #expect(report.cells.contains { !$0.open.isEmpty })
  }

  @Test func `A required conduit that nothing permits is unmet, one that is permitted with more is unlisted`() throws {
    let folder = try chain(
      a: "-A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 443 -j ACCEPT", b: "",
      more: """
        conduits:
          reports: {from: corporate/10.0.0.5, to: supervision/10.20.0.5, services: [tcp/443], required: true, owner: x, reason: y, review: 2027-01-01}
          orders:  {from: corporate/10.0.0.5, to: supervision/10.20.0.5, services: [tcp/502], required: true, owner: x, reason: y, review: 2027-01-01}

        """)
    let report = try zoneMatrix(readNetwork(folder.path), today: testDay)
    let from = try #require(report.zones.firstIndex { $0.name == "corporate" })
    let to = try #require(report.zones.firstIndex { $0.name == "supervision" })
    let cell = try #require(report.cell(from: from, to: to))
    #expect(cell.open == ["tcp/443"])
    #expect(cell.unmet.map(\.conduit) == ["orders"] && cell.unmet[0].isBlocked)
    #expect(cell.unlisted.count == 1 && cell.unlisted[0].rule.name == "FORWARD rule 1")
    #expect(cell.conduits == ["reports", "orders"] && cell.mark == "o!x")
  }

  @Test(arguments: plants) func `Every form of the matrix is the same twice, and narrow`(plant: String) throws {
    let network = try readNetwork(plantFolder(plant))
    let first = try zoneMatrix(network, today: testDay)
    let second = try zoneMatrix(network, today: testDay)
    #expect(matrixJSON(first) == matrixJSON(second))
    #expect(matrixCSV(first) == matrixCSV(second))
    #expect(matrixMarkdown(first) == matrixMarkdown(second))
    let folder = packageFolder() + "/"
    for line in matrixText(first, style: plain).replacingOccurrences(of: folder, with: "").split(separator: "\n") {
      #expect(line.count <= 100 || !line.dropFirst(12).contains(" "), "\(plant): \(line)")
    }
  }

  // MARK: query and trace

  @Test func `A query names rule, path and packet over two devices`() throws {
    let report = try answer(
      NetworkQuestion(from: "corporate", to: "safety"), readNetwork(plantFolder("chemical-plant")), today: testDay)
    let only = try #require(report.answers.first)
    #expect(report.answers.count == 1)
    #expect(only.certain == ["10.0.12.30 -> 10.11.0.0-10.11.0.254, tcp/8531"])
    #expect(only.rule.name == "SUPERVISION_TO_SAFETY rule 2" && only.rule.line == 243)
    #expect(only.path.map(\.device) == ["fw-plant", "fw-cell", "gw-safety"])
    #expect(only.others.map(\.device) == ["fw-plant", "fw-cell"])
  }

  @Test func `Where nothing gets through, the rule that stops an example is named`() throws {
    let report = try answer(
      NetworkQuestion(from: "corporate", to: "control", service: "tcp/502", function: "write"),
      readNetwork(plantFolder("chemical-plant")), today: testDay)
    #expect(report.answers.isEmpty)
    let stop = try #require(report.stops.first)
    #expect(stop.rule?.name == "access-list OUTSIDE_in line 16" && stop.packet.function.functionClass == .write)
    #expect(queryText(report, style: plain).hasSuffix("\nnothing gets through\n"))
  }

  /// Two ways to the same answer: sets, and single packets.
  @Test(arguments: plants) func `What a query shows, a trace confirms`(plant: String) throws {
    let network = try readNetwork(plantFolder(plant))
    let names = network.site.zones.map(\.name)
    for from in names {
      for to in names where to != from {
        let report = try answer(NetworkQuestion(from: from, to: to), network, today: testDay)
        for one in report.answers where one.state == nil {
          let traced = try trace(one.packet.description, from: from, network)
          #expect(traced.packet == one.packet, "\(one.packet)")
          #expect(traced.outcome != .stopped && traced.outcome != .noPath, "\(plant): \(one.packet): \(traced.verdict)")
        }
        if report.answers.isEmpty {
          for stop in report.stops where stop.rule != nil {
            #expect(try trace(stop.packet.description, from: from, network).outcome != .arrives, "\(stop.packet)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    ("tcp 10.0.0.5 > 10.20.0.7:502 function write", "tcp 10.0.0.5:49152 -> 10.20.0.7:502, modbus function 5 (write)"),
    ("tcp 10.0.0.5 > 10.20.0.7:502 [function write]", "tcp 10.0.0.5:49152 -> 10.20.0.7:502, modbus function 5 (write)"),
    ("udp siem:514 -> scada:514", "udp 10.0.10.15:514 -> 10.20.0.10:514"),
    ("icmp 10.0.0.5 > 10.20.0.7", "icmp 10.0.0.5 -> 10.20.0.7 type 8 code 0"),
    (
      "tcp [2001:db8:10::5]:4000 > [2001:db8:20::5]:80, reply",
      "tcp [2001:db8:10::5]:4000 -> [2001:db8:20::5]:80, reply"
    ),
    ("ip/47 10.0.0.5 > 10.20.0.7", "ip/47 10.0.0.5 -> 10.20.0.7"),
    ("tcp 10.0.0.5 > 10.20.0.7:102, s7 program", "tcp 10.0.0.5:49152 -> 10.20.0.7:102, s7 program"),
  ])
  func `Packets are read as people write them, and as reports print them`(text: String, printed: String) throws {
    let network = try readNetwork(plantFolder("chemical-plant"))
    let packet = try trace(text, from: nil, network).packet
    #expect(packet.description == printed)
    #expect(try trace(printed, from: nil, network).packet == packet)
  }

  @Test(arguments: [
    ("tcp 10.0.0.5 > 10.20.0.7", "has no port"), ("tcp 10.0.0.5 10.20.0.7:502", "has no '>'"),
    ("tpc 10.0.0.5 > 10.20.0.7:502", "did you mean 'tcp'?"), ("tcp sceda > scada:502", "did you mean 'scada'?"),
    ("tcp 10.0.0.5 > 2001:db8::1", "IPv4 and the other IPv6"), ("icmp 10.0.0.5 > 10.20.0.7:5", "has no ports"),
    ("tcp 10.0.0.5 > 10.20.0.7:443 function write", "could be of any protocol"),
    ("tcp 10.0.0.5 > 10.20.0.7:502 quickly", "'quickly' is not understood"),
    ("tcp 10.0.0.5 > 10.20.0.7:70000", "no port"),
  ])
  func `A packet that is not understood says why`(text: String, why: String) throws {
    let network = try readNetwork(plantFolder("chemical-plant"))
    let error = #expect(throws: EngineError.self) { try trace(text, from: nil, network) }
    #expect(error?.description.contains(why) ?? false, "\(text): \(error?.description ?? "")")
  }

  @Test func `A trace says when no device stands between, and when a packet is for a device itself`() throws {
    let network = try readNetwork(plantFolder("chemical-plant"))
    #expect(try trace("tcp scada > hmi-1:80", from: nil, network).verdict.contains("no device stands between"))
    let own = try trace("tcp 10.30.0.20 > 10.30.0.254:443", from: "corporate", network)
    #expect(own.outcome != .arrives)
  }

  @Test func `Unknown names come with the nearest one`() throws {
    let network = try readNetwork(plantFolder("chemical-plant"))
    for (from, hint) in [("corprate", "'corporate'"), ("jump1", "'jump-1'"), ("10.0.0.1/16", "10.0.0.0/16")] {
      let error = #expect(throws: EngineError.self) {
        try answer(NetworkQuestion(from: from, to: "safety"), network, today: testDay)
      }
      #expect(error?.description.contains(hint) ?? false, "\(error?.description ?? "")")
    }
  }

  // MARK: chains

  @Test func `A longer way is no minimal chain, but it is what is left without the rule`() throws {
    let folder = try chain(
      a: """
        -A FORWARD -i eth0 -o eth2 -p tcp -m tcp --dport 502 -j ACCEPT
        -A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 443 -j ACCEPT
        """, b: "-A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 502 -j ACCEPT")
    let report = try steppingStoneChains(readNetwork(folder.path), from: ["corporate"], to: ["control"])
    let pair = try #require(report.pairs.first)
    #expect(pair.shortest.count == 1 && pair.count == 1 && !pair.isCut)
    let weakest = try #require(pair.weakest)
    #expect(weakest.rule.device == "fw-a" && weakest.breaks == 1)
    if case .hops(let hops) = weakest.rest { #expect(hops == 2) } else { Issue.record("\(weakest.rest)") }
  }

  @Test func `A chain of the pharma plant, hop by hop`() throws {
    let report = try steppingStoneChains(
      readNetwork(plantFolder("pharma-jump-host")), from: ["vendor"], to: ["ews-1"])
    let pair = try #require(report.pairs.first)
    #expect(pair.shortest.map(\.to.text) == ["jump-1 (10.61.0.40)", "ews-1 (10.62.1.10)"])
    #expect(pair.shortest.allSatisfy { $0.kind == .session && $0.packet != nil && $0.rule != nil })
    for (one, next) in zip(pair.shortest, pair.shortest.dropFirst()) { #expect(one.to.address == next.from.address) }
  }

  @Test func `A host that leads no further ends every chain, and the assumption is named`() throws {
    let folder = try TemporaryFolder(plant: "pharma-jump-host")
    try folder.edit("assets.csv") { text in
      text.split(separator: "\n").enumerated().map { index, row in
        String(row) + (index == 0 ? ",no-stepping-stone" : row.hasPrefix("jump-1,") ? ",jump-host" : ",")
      }.joined(separator: "\n") + "\n"
    }
    let report = try steppingStoneChains(readNetwork(folder.path), from: ["vendor"], to: ["ews-1", "jump-1"])
    // The other way leads past it, over the packaging line.
    #expect(report.pairs.map { $0.shortest.count } == [4, 1])
    #expect(report.pairs.flatMap(\.shortest).allSatisfy { $0.from.asset != "jump-1" })
    #expect(report.assumptions.contains { $0.contains("jump-1 (jump-host)") })
  }

  @Test(arguments: plants) func `Every hop of every chain fits the next`(plant: String) throws {
    let report = try steppingStoneChains(readNetwork(plantFolder(plant)), from: [], to: [])
    for pair in report.pairs {
      for (one, next) in zip(pair.shortest, pair.shortest.dropFirst()) {
        #expect(one.to.address == next.from.address, "\(plant): \(pair.from) -> \(pair.to)")
      }
      if let weakest = pair.weakest { #expect(weakest.breaks <= pair.count) }
    }
    #expect(chainsText(report, style: plain).contains("take for granted"))
  }

  @Test func `What follows from the engineering station of the chemical plant`() throws {
    let report = try cascade(readNetwork(plantFolder("chemical-plant")), asset: "engineering-1", host: nil)
    #expect(report.waves.count == 4 && report.worst == .safety)
    #expect(report.waves[0].map(\.zone.name) == ["operations", "supervision"])
    let safety = try #require(report.waves[1].first { $0.zone.name == "safety" })
    #expect(safety.hosts == "10.11.0.10" && safety.assets.map(\.name) == ["logic-solver"])
    #expect(safety.hop?.rule?.name == "SUPERVISION_TO_SAFETY rule 1")
  }
}
