import Foundation
import TestKit
import Testing

/// The commands that ask the network, as people use them.
@Suite struct QuestionCommandTests {
  @Test func `0 for an answer, whether something gets through or not`() throws {
    let workshop = try Workshop()
    for to in ["safety", "control"] {
      let result = try workshop.run("query", plantFolder("chemical-plant"), "--from", "corporate", "--to", to)
      #expect(result.code == 0 && result.standardError.isEmpty, "\(result.standardError)")
    }
    let trace = try workshop.run("trace", plantFolder("chemical-plant"), "tcp 10.0.12.30 > 10.11.0.10:8531")
    #expect(trace.code == 0 && trace.output.hasSuffix("the packet reaches safety (level 1, SIS)\n"))
  }

  @Test(arguments: [["matrix"], ["chains"], ["query", "--from", "corporate", "--to", "esd"]])
  func `3 when the answer could be another one`(arguments: [String]) throws {
    var all = arguments
    all.insert(plantFolder("gas-pipeline"), at: 1)
    let result = try Workshop().run(all)
    #expect(result.code == 3 && !result.standardOutput.isEmpty)
    #expect(result.lastLine.hasPrefix("bulkhead: exit 3: answered, but incomplete: "), "\(result.lastLine)")
    #expect(try Workshop().run(all + ["--allow-incomplete"]).code == 0)
  }

  @Test(arguments: [
    ["matrix", "nowhere"], ["query", "--from", "x"], ["query", "SITE", "--from", "nobody", "--to", "safety"],
    ["query", "SITE", "--from", "corporate", "--to", "safety", "--service", "http"],
    ["query", "SITE", "--from", "corporate", "--to", "safety", "--output", "csv"], ["trace", "SITE", "tcp"],
    ["cascade", "SITE"], ["cascade", "SITE", "--asset", "nobody"], ["chains", "SITE", "--to", "nobody"],
    ["matrix", "SITE", "--output", "json", "--output", "text"], ["init", "nowhere"],
  ])
  func `2 when the job cannot be done, with nothing on stdout`(arguments: [String]) throws {
    let result = try Workshop().run(arguments.map { $0 == "SITE" ? plantFolder("chemical-plant") : $0 })
    #expect(result.code == 2 && result.standardOutput.isEmpty, "\(arguments): \(result.output)")
    #expect(result.lastLine.hasPrefix("bulkhead: exit 2: ") && result.lastLine.count > 20)
  }

  @Test(arguments: [
    ["matrix"], ["chains"], ["cascade", "--asset", "scada"], ["query", "--from", "corporate", "--to", "safety"],
    ["trace", "tcp siem > jump-1:443"],
  ])
  func `Answers in JSON say what they are`(arguments: [String]) throws {
    var all = arguments
    all.insert(plantFolder("chemical-plant"), at: 1)
    let json = try Workshop().run(all + ["--output", "json"]).json()
    #expect(json["schema_version"] as? Int == 1 && json["answer"] as? String == arguments[0])
    #expect(json["site"] as? String == "chemical-plant" && json["incomplete"] as? [String] == [])
  }

  @Test func `The matrix goes to several files at once`() throws {
    let workshop = try Workshop()
    let result = try workshop.run(
      "matrix", plantFolder("chemical-plant"), "--output", "csv=m.csv", "--output", "markdown=m.md")
    #expect(result.code == 0 && result.standardOutput.isEmpty)
    let rows = try workshop.read("m.csv").split(separator: "\r\n")
    #expect(rows.count == 57 && rows[0].hasPrefix("from,from_level,to,to_level,verdict,open"))
    #expect(try workshop.read("m.md").contains("| **corporate (level 4)** |"))
  }

  @Test func `init writes once, and again only by force`() throws {
    let workshop = try Workshop()
    // What the program prints must not lie among the configurations.
    try FileManager.default.createDirectory(atPath: "\(workshop.path)/plant", withIntermediateDirectories: false)
    try workshop.write("plant/gw.rules", gateway("-A FORWARD -i eth0 -o eth1 -j ACCEPT"))
    let first = try workshop.run("init", "plant")
    #expect(first.code == 0 && first.output.contains("plant/bulkhead.yml: 1 device"))
    let again = try workshop.run("init", "plant")
    #expect(again.code == 2 && again.lastLine.contains("--force"))
    #expect(try workshop.run("init", "plant", "--force").code == 0)
    let printed = try workshop.run("init", "plant", "--output", "-")
    let written = try workshop.read("plant/bulkhead.yml")
    #expect(printed.code == 0 && printed.output == written)
  }
}
