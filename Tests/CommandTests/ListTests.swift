import Foundation
import TestKit
import Testing

/// Help, and the commands that tell what Bulkhead knows.
@Suite struct ListTests {
  @Test(arguments: [["--help"], ["check", "--help"], ["explain", "--help"], ["help"], ["--version"]])
  func `Help is no error`(arguments: [String]) throws {
    let result = try Workshop().run(arguments)
    #expect(result.code == 0 && result.standardError.isEmpty && !result.standardOutput.isEmpty)
    if arguments == ["--help"] {
      #expect(result.output.contains("Exit codes") || result.output.contains("exit"))
      for name in ["check", "explain", "rules", "formats", "ir"] { #expect(result.output.contains(name)) }
    }
  }

  @Test(arguments: ["SEG001", "seg001", "corporate-to-control"]) func `explain shows a check's page`(name: String)
    throws
  {
    let result = try Workshop().run("explain", name)
    #expect(result.code == 0 && result.standardError.isEmpty)
    #expect(result.output.contains("SEG001") && result.output.contains("corporate-to-control"))
    #expect(result.output.contains("A.8.22"))
  }

  @Test func `explain of an unknown code says where the codes are`() throws {
    let near = try Workshop().run("explain", "SEG01")
    #expect(near.code == 2 && near.standardError.contains("Did you mean SEG001?"), "\(near.standardError)")
    let far = try Workshop().run("explain", "NOPE")
    #expect(
      far.code == 2 && far.standardError.contains("no check NOPE") && far.standardError.contains("bulkhead rules"))
    #expect(far.lastLine.hasPrefix("bulkhead: exit 2: "))
  }

  @Test func `rules lists every code once`() throws {
    let result = try Workshop().run("rules")
    #expect(result.code == 0)
    let codes = result.output.split(separator: "\n").map { String($0.prefix(6)) }
    #expect(codes.count >= 30 && Set(codes).count == codes.count)
    for code in ["SEG001", "SIS001", "DIO003", "OTP001", "RUL001", "CFG001"] { #expect(codes.contains(code)) }
    for code in codes { #expect(try Workshop().run("explain", code).code == 0, "\(code)") }
  }

  @Test func `formats lists what is read, and tells what of it`() throws {
    let list = try Workshop().run("formats")
    #expect(list.code == 0)
    for name in ["cisco-asa", "fortios", "iptables-save", "dyode", "lidi", "diode-yml"] {
      #expect(list.output.contains(name))
      let one = try Workshop().run("formats", name)
      #expect(one.code == 0 && one.output.contains("Modelled") && one.output.contains("Documentation"))
    }
    let wrong = try Workshop().run("formats", "cisco-aas")
    #expect(wrong.code == 2 && wrong.standardError.contains("Did you mean cisco-asa?"))
  }

  @Test func `ir prints the model with the place of every rule`() throws {
    let workshop = try Workshop()
    try workshop.write("gw.rules", gateway("-A FORWARD -s 10.0.0.5/32 -p tcp -m tcp --dport 502 -j ACCEPT"))
    let result = try workshop.run("ir", "gw.rules")
    #expect(result.code == 0 && result.standardError.isEmpty)
    let model = try result.json()
    #expect(model["platform"] as? String == "iptables-save" && model["schema_version"] as? Int == 1)
    let devices = try #require(model["devices"] as? [[String: Any]])
    let lists = try #require(devices.first?["lists"] as? [[String: Any]])
    let rules = lists.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    let rule = try #require(rules.first { $0["action"] as? String == "permit" })
    #expect(rule["at"] as? String == "6:1")
    let match = try #require((rule["match"] as? [[String: Any]])?.first)
    #expect(match["sources"] as? [String] == ["10.0.0.5"] && match["services"] as? [String] == ["tcp/502"], "\(match)")
  }
}
