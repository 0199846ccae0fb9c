import PolicyPacks
import SitePolicy
import SourceText
import Testing

/// The packs and frameworks that are compiled into the program.
@Suite struct ShippedPolicyTests {
  private func policies(_ more: String, files: [String: String] = [:]) throws -> Policies {
    var catalog = SourceCatalog()
    let file = try catalog.add(path: "bulkhead.yml", bytes: Array(plant(more).utf8))
    let site = try loadSite(file) { _ in throw NoSuchFile() }
    return try loadPolicies(of: site, into: &catalog, knownChecks: knownChecks) { path in
      guard let content = files[path] else { throw NoSuchFile() }
      return Array(content.utf8)
    }
  }

  @Test func `Every shipped pack loads, its name is its file's, and its rules say what holds`() throws {
    let names = shippedPacks.map(\.name)
    let packs = try policies("policies: [\(names.joined(separator: ", "))]\n").packs
    #expect(packs.map(\.name).sorted() == names.sorted())
    let rules = packs.flatMap(\.rules)
    #expect(Set(rules.map(\.id)).count == rules.count)
    #expect(rules.allSatisfy { $0.severity != nil && $0.isEnabled && $0.title != $0.id })
    #expect(Set(rules.map(\.check)) == Set(knownChecks.keys), "every check has a rule")
  }

  @Test(arguments: shippedFrameworks.map(\.name))
  func `Every shipped framework loads and maps every check`(name: String) throws {
    let framework = try #require(try policies("frameworks: [\(name)]\n").frameworks.first)
    #expect(framework.id == name)
    for code in knownChecks.keys.sorted() {
      #expect(!framework.controls(for: code).isEmpty, "\(code) gives evidence for no control of \(name)")
    }
  }

  @Test func `Segregation of networks comes first for segmentation, safety and diode checks`() throws {
    let framework = try policies("").frameworks[0]
    for code in knownChecks.keys where ["SEG", "SIS", "DIO"].contains(code.prefix(3)) {
      #expect(framework.controls(for: code).first?.id == "A.8.22", "\(code)")
    }
  }

  @Test func `Safety rules count what is merely possible, and levels are as the model has them`() throws {
    let rules = try policies("").rules
    for rule in rules { #expect(rule.possibleCounts == rule.check.hasPrefix("SIS"), "\(rule.id)") }
    let corporate = try #require(rules.first { $0.id == "corporate-to-control" })
    #expect(corporate.from?.levels == [.corporate, .enterprise, .external])
    #expect(corporate.to?.levels == [.process, .control, .supervision])
    #expect(corporate.expect == .nothing && corporate.severity == .critical)
    #expect(rules.filter { $0.check == "SEG008" }.map { $0.from?.includesUnzoned == true } == [true, false])
    #expect(rules.contains { $0.check == "DIO005" } == false, "a diode is demanded only where the site asks for it")
  }

  @Test func `The reading pack is in force whether it is named or not, and only once`() throws {
    #expect(try policies("").packs.map(\.name) == ["reading", "purdue", "rule-hygiene"])
    #expect(try policies("policies: [purdue, reading]\n").packs.map(\.name) == ["reading", "purdue"])
  }

  @Test func `A site's own pack overrides a shipped rule`() throws {
    let own = """
      version: 1
      pack: own
      title: Own
      rules:
        - {id: covered-rules, check: RUL002, enabled: false}
        - {id: cells, check: SEG003, from: {zones: [control]}, to: {zones: [safety]}, expect: listed}
      """
    let loaded = try policies("policies: [rule-hygiene, ./own.yml]\n", files: ["./own.yml": own])
    let covered = try #require(loaded.rules.first { $0.id == "covered-rules" })
    #expect(!covered.isEnabled && covered.severity == .low)
    #expect(loaded.rules.last?.to?.zones == ["safety"])
  }

  @Test func `Own files that are missing or wrong are all named`() throws {
    let found = try lines {
      _ = try policies(
        "policies: [./gone.yml, ./bad.yml]\nframeworks: [./frame.yml]\n",
        files: [
          "./bad.yml": "version: 1\npack: p\ntitle: t\nrules: [{id: a, check: SEG999}]\n",
          "./frame.yml":
            "version: 1\nframework: f\ntitle: t\ncontrols: [{id: A, title: t, checks: [SEG01, SEG001, SEG001]}]\n",
        ])
    }
    #expect(found.count == 4, "\(found)")
    #expect(found.contains { $0.hasPrefix("./bad.yml:4:24: there is no check 'SEG999'") })
    #expect(found.contains { $0.hasPrefix("./frame.yml:4:39: there is no check 'SEG01'; did you mean 'SEG001'?") })
    #expect(found.contains { $0.hasPrefix("./frame.yml:4:54: the check 'SEG001' is named twice") })
    #expect(found.contains { $0.hasPrefix("bulkhead.yml:10:12: './gone.yml' cannot be read: no such file") })
  }

  @Test func `A framework's mistakes are named with their place`() throws {
    let text = "version: 1\nframework: f\ntitle: t\ncontrols:\n  - {id: A, title: t, checks: [SEG001]}\n"
    let file = { (more: String) in try SourceFile(path: "f.yml", bytes: Array((text + more).utf8)) }
    let framework = try loadFramework(
      file("  - {id: B, title: u, note: n, checks: [SEG001]}\n"), knownChecks: ["SEG001"])
    #expect(framework.controls(for: "SEG001").map(\.id) == ["A", "B"])
    #expect(framework.controls[1].note == "n")
    for (more, expected) in [
      ("  - {id: A, title: t, checks: [SEG001]}\n", "f.yml:6:5: the control 'A' is given twice, first at f.yml:5:5"),
      ("  - {id: B, checks: [SEG001]}\n", "f.yml:6:5: a control has no 'title'"),
      ("  - {id: B, title: t, checks: []}\n", "f.yml:6:31: 'checks' is an empty list"),
      ("control: []\n", "f.yml:6:1: the framework has no key 'control'; did you mean 'controls'?"),
    ] {
      let found = try lines { _ = try loadFramework(file(more), knownChecks: ["SEG001"]) }
      #expect(found.count == 1 && found[0].hasPrefix(expected), "\(found)")
    }
  }
}
