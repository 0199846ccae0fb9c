import Findings
import SitePolicy
import SourceText
import Testing

@Suite struct PackTests {
  private func pack(_ rules: String, zones: [Zone]? = nil) throws -> PolicyPack {
    let text = "version: 1\npack: own\ntitle: Own rules\nrules:\n\(rules)"
    let file = try SourceFile(path: "own.yml", bytes: Array(text.utf8))
    return try loadPack(file, knownChecks: knownChecks, zones: zones)
  }

  @Test func `A rule's keys become values`() throws {
    let rule = try pack(
      """
        - id: own-rule
          check: SEG011
          title: Our own
          from: {levels: [3.5, external], unzoned: true}
          to: {sis: false, zones: [control]}
          expect: one-way
          severity: low
          possible-counts: true
          settings: {require-owner: false, require-review: 7, require-ticket: MOC, require-reason: "true"}
          enabled: false
      """, zones: load(plant("")).zones
    ).rules[0]
    #expect(rule.id == "own-rule" && rule.check == "SEG011" && rule.title == "Our own")
    #expect(rule.from == ZoneSelector(levels: [.demilitarised, .external], includesUnzoned: true))
    #expect(rule.to == ZoneSelector(sis: false, zones: ["control"]))
    #expect(rule.expect == .oneWay && rule.severity == .low && rule.possibleCounts && !rule.isEnabled)
    #expect(rule.settings["require-owner"]?.flag == false)
    #expect(rule.settings["require-review"]?.number == 7)
    #expect(rule.settings["require-ticket"]?.text == "MOC")
    #expect(rule.settings["require-reason"] == .text("true"))
  }

  @Test func `A rule that says little gets the defaults`() throws {
    let rule = try pack("  - {id: a, check: RUL006}\n").rules[0]
    #expect(rule.title == "a" && rule.from == nil && rule.to == nil && rule.expect == nil && rule.severity == nil)
    #expect(!rule.possibleCounts && rule.settings.isEmpty && rule.isEnabled)
  }

  @Test(arguments: [
    ("{check: SEG001}", "5:5: a rule has no 'id'"),
    ("{id: a}", "5:5: a rule has no 'check'"),
    ("{id: a, check: SEG0001}", "5:20: there is no check 'SEG0001'; did you mean 'SEG001'?"),
    ("{id: a, check: SEG001, form: {}}", "5:28: a rule has no key 'form'; did you mean 'from'?"),
    ("{id: a, check: SEG001, from: {levels: [6]}}", "5:44: '6' is no Purdue level"),
    ("{id: a, check: SEG001, from: {levels: []}}", "5:43: 'levels' is an empty list"),
    ("{id: a, check: SEG001, from: {level: [3]}}", "5:35: 'from' has no key 'level'; did you mean 'levels'?"),
    ("{id: a, check: SEG001, from: {zones: [dmz]}}", "5:43: there is no zone 'dmz'; none is declared"),
    ("{id: a, check: SEG001, to: {sis: on}}", "5:38: 'sis' is 'on'; write true or false"),
    ("{id: a, check: SEG001, expect: nothng}", "5:36: 'expect' is 'nothng'; did you mean 'nothing'?"),
    ("{id: a, check: SEG001, severity: urgent}", "5:38: 'severity' is 'urgent'; choose from: info, low"),
    (
      "{id: a, check: SEG002, settings: {only-with-dzm: true}}",
      "5:39: the check SEG002 has no setting 'only-with-dzm'; did you mean 'only-with-dmz'?"
    ),
    ("{id: a, check: SEG001, settings: {x: 1}}", "5:39: the check SEG001 has no setting 'x'; none is declared"),
    ("{id: a, check: SEG002, settings: {only-with-dmz: yes}}", "5:54: 'only-with-dmz' is 'yes'; write true or false"),
    ("{id: a, check: SEG002, settings: {only-with-dmz: [1]}}", "5:54: 'only-with-dmz' must be a single value"),
    ("{id: a, check: SEG001, enabled: maybe}", "5:37: 'enabled' is 'maybe'; write true or false"),
    ("{id: a, check: SEG001}\n  - {id: a, check: SEG002}", "6:5: the rule 'a' is given twice, first at own.yml:5:5"),
  ])
  func `A mistake is named with its place`(rule: String, expected: String) throws {
    let found = try lines { _ = try pack("  - \(rule)\n") }
    #expect(found.count == 1 && found[0].hasPrefix("own.yml:\(expected)"), "\(found)")
  }

  @Test func `A zone that the site does not have is refused`() throws {
    let zones = try load(plant("")).zones
    let found = try lines { _ = try pack("  - {id: a, check: SEG001, to: {zones: [contrl]}}\n", zones: zones) }
    #expect(found == ["own.yml:5:41: there is no zone 'contrl'; did you mean 'control'?"])
  }

  @Test func `A later pack changes only what it says`() throws {
    let base = try pack(
      """
        - {id: a, check: SEG011, title: T, from: {levels: [4]}, to: {sis: true}, expect: listed, severity: high,
           possible-counts: true, settings: {require-owner: true, require-reason: true}}
        - {id: b, check: RUL006}
      """)
    let over = try pack(
      """
        - {id: a, check: SEG011, severity: low, settings: {require-reason: false}}
        - {id: c, check: RUL001}
        - {id: b, check: RUL006, enabled: false}
      """)
    let rules = effectiveRules(packs: [base, over])
    #expect(rules.map(\.id) == ["a", "b", "c"])
    #expect(rules[0].severity == .low && rules[0].title == "T" && rules[0].expect == .listed && rules[0].possibleCounts)
    #expect(rules[0].from == ZoneSelector(levels: [.corporate]) && rules[0].to == ZoneSelector(sis: true))
    #expect(rules[0].settings == ["require-owner": .flag(true), "require-reason": .flag(false)])
    #expect(rules.map(\.isEnabled) == [true, false, true])
  }

  @Test func `Overrides add up over several packs, and a given default counts as given`() throws {
    let packs = try [
      pack("  - {id: a, check: SEG001, severity: high, possible-counts: true, from: {levels: [4]}, enabled: false}\n"),
      pack("  - {id: a, check: SEG001, possible-counts: false, from: {}}\n"),
      pack("  - {id: a, check: SEG001, enabled: true}\n"),
    ]
    let rule = effectiveRules(packs: packs)[0]
    #expect(rule.severity == .high && !rule.possibleCounts && rule.from == ZoneSelector() && rule.isEnabled)
  }

  @Test func `The same id with another check replaces the rule`() throws {
    let rules = effectiveRules(packs: [
      try pack("  - {id: a, check: SEG001, severity: high, from: {levels: [4]}}\n"),
      try pack("  - {id: a, check: SEG005}\n"),
    ])
    #expect(rules.count == 1 && rules[0].check == "SEG005" && rules[0].severity == nil && rules[0].from == nil)
  }
}
