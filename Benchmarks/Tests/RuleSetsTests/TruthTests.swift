import Testing

@testable import RuleSets

@Suite struct TruthTests {
  @Test(arguments: Family.allCases, [40, 100, 300])
  func plantedTruthAgreesWithBruteForce(family: Family, count: Int) {
    for seed in UInt64(1)...6 {
      let set = Style.acl.make(family: family, count: count, seed: seed)
      #expect(Set(set.truth!.keys) == coveredByBruteForce(set), "\(set.name) seed \(seed)")
    }
  }

  @Test(arguments: Family.allCases, [1000, 3000])
  func plantedTruthAgreesWithTheEvaluatorInKindToo(family: Family, count: Int) {
    let set = Style.acl.make(family: family, count: count, seed: 9)
    let truth = ReferenceEvaluator.truth(of: set)
    #expect(Set(set.truth!.keys) == Set(truth.keys))
    for (rule, anomaly) in set.truth! where anomaly == .union { #expect(truth[rule] == .union) }
  }

  @Test func everyFifthPlantedRuleIsOfEachKind() {
    let set = Style.acl.make(family: .v4, count: 10_000, seed: 1)
    #expect(set.rules.count == 10_000 && set.truth?.count == 500)
    for kind in Anomaly.allCases { #expect(set.truth!.values.count { $0 == kind } == 100) }
  }

  @Test(arguments: [Style.fw, .cbACL, .cbFW, .cbIPC], Family.allCases)
  func evaluatorAgreesWithBruteForce(style: Style, family: Family) {
    for seed in UInt64(1)...4 {
      let set = style.make(family: family, count: 90, seed: seed)
      #expect(Set(ReferenceEvaluator.truth(of: set).keys) == coveredByBruteForce(set), "\(set.name) seed \(seed)")
    }
  }

  /// Crowded lists, where unions cover: every field has a few values only.
  @Test func evaluatorAgreesWithBruteForceWhereManyRulesMeet() {
    var random = SplitMix64(seed: 11)
    var unions = 0
    for _ in 0..<300 {
      let rules = (0..<40).map { _ in
        func network() -> Interval<UInt128> {
          Family.v4.prefix(UInt128(random.below(8)) << 29, random.pick([0, 1, 2, 3]))
        }
        func ports() -> Interval<UInt16> {
          random.pick([.all, Interval(0, 1023), Interval(1024, 65535), Interval(80)])
        }
        return ListRule(
          permits: random.chance(0.5),
          box: Box(
            proto: random.pick([Interval(6), Interval(0, 255)]), source: network(), destination: network(),
            sourcePort: .all, destinationPort: ports()))
      }
      let set = RuleSet(name: "crowded", family: .v4, rules: rules, truth: nil)
      let truth = ReferenceEvaluator.truth(of: set)
      #expect(Set(truth.keys) == coveredByBruteForce(set))
      unions += truth.values.count { $0 == .union }
    }
    #expect(unions > 100)
  }

  @Test func editsAreHalfDeletesOfCoveredRulesAndHalfFlipsOfLiveOnes() throws {
    let set = Style.acl.make(family: .v4, count: 1000, seed: 1)
    let (version, edits) = try #require(set.edited(20, seed: 1))
    #expect(edits.values.count { $0 == .noOpDelete } == 10 && edits.values.count { $0 == .flip } == 10)
    #expect(version.rules.count == set.rules.count - 10)
    for (rule, edit) in edits { #expect((set.truth![rule] != nil) == (edit == .noOpDelete)) }
    let kept = set.rules.indices.filter { edits[$0] != .noOpDelete }
    for (old, new) in zip(kept, version.rules) {
      #expect(set.rules[old].box == new.box)
      #expect((set.rules[old].permits != new.permits) == (edits[old] == .flip))
    }
  }
}
