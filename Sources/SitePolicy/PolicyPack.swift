import Findings
import SourceText

/// A named set of policy rules.
public struct PolicyPack: Sendable {
  public var name: String
  public var title: String
  /// In file order; ids are unique within the pack.
  public var rules: [PolicyRule]
  public var source: SourceRange
}

/// One thing that a plant is held to: a check, and where and how strictly it applies.
public struct PolicyRule: Sendable {
  /// Unique name, kebab-case; a later pack overrides the rule by the same id.
  public var id: String
  /// The code of the check: `SEG001`.
  public var check: String
  /// What holds when the rule is kept, in plain words.
  public var title: String
  /// Where traffic comes from; nil is everywhere, addresses of no zone included.
  public var from: ZoneSelector?
  /// Where traffic goes to; nil is everywhere, addresses of no zone included.
  public var to: ZoneSelector?
  /// Nil for rules that are not about a pair of zones.
  public var expect: Expectation?
  /// Base severity; nil leaves it to the check.
  public var severity: Severity?
  /// Whether a violation that is merely possible counts as one.
  public var possibleCounts: Bool
  /// What the check can be told, by name.
  public var settings: [String: Setting]
  public var isEnabled: Bool
  public var source: SourceRange
  /// The keys that the file gives; the others are inherited when the rule overrides another.
  public var givenKeys: Set<String>
}

/// What a rule expects of the traffic from `from` to `to`.
public enum Expectation: String, Sendable, CaseIterable {
  /// No session may be opened.
  case nothing
  /// Only what conduits list.
  case listed
  /// No packet at all, not even the reply to a session from the other side.
  case oneWay = "one-way"
  /// What no rule permits is denied.
  case defaultDeny = "default-deny"
  /// A data diode stands between the two.
  case diode
  /// Required conduits are permitted all the way.
  case works
}

/// A value that a rule hands to its check.
public enum Setting: Hashable, Sendable {
  case flag(Bool)
  case number(Int)
  case text(String)

  /// The value of a `true` or `false`.
  public var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
  /// The value of a whole number.
  public var number: Int? { if case .number(let value) = self { value } else { nil } }
  /// The value of a text.
  public var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// Which zones a rule is about; every condition that is given must hold.
public struct ZoneSelector: Hashable, Sendable {
  /// Nil is any level.
  public var levels: Set<PurdueLevel>?
  /// True: only safety zones; false: only others; nil: either.
  public var sis: Bool?
  /// Nil is any name.
  public var zones: Set<String>?
  /// Whether the address space that no zone holds is meant as well.
  public var includesUnzoned: Bool = false

  public init(
    levels: Set<PurdueLevel>? = nil, sis: Bool? = nil, zones: Set<String>? = nil, includesUnzoned: Bool = false
  ) {
    self.levels = levels
    self.sis = sis
    self.zones = zones
    self.includesUnzoned = includesUnzoned
  }

  /// Whether the zone is meant; `unzoned` without another condition means no zone at all.
  public func selects(_ zone: Zone) -> Bool {
    if includesUnzoned, levels == nil, sis == nil, zones == nil { return false }
    return levels?.contains(zone.level) != false && (sis ?? zone.isSafety) == zone.isSafety
      && zones?.contains(zone.name) != false
  }
}

/// The rules of all packs, later packs having overridden earlier ones; in the order in which ids first occur.
///
/// A rule that repeats the id and the check of an earlier one changes only the keys that it gives, and only the settings
/// that it names; with another check it replaces the earlier rule. Disabled rules are included, so that reports can say
/// that they are off. O(rules).
public func effectiveRules(packs: [PolicyPack]) -> [PolicyRule] {
  var rules: [PolicyRule] = []
  var index: [String: Int] = [:]
  for rule in packs.flatMap(\.rules) {
    if let earlier = index[rule.id] {
      rules[earlier] = rule.overriding(rules[earlier])
    } else {
      index[rule.id] = rules.count
      rules.append(rule)
    }
  }
  return rules
}

extension PolicyRule {
  /// This rule with what it does not say taken from `base`.
  fileprivate func overriding(_ base: PolicyRule) -> PolicyRule {
    guard check == base.check else { return self }
    var rule = self
    if !givenKeys.contains("title") { rule.title = base.title }
    if !givenKeys.contains("from") { rule.from = base.from }
    if !givenKeys.contains("to") { rule.to = base.to }
    if !givenKeys.contains("expect") { rule.expect = base.expect }
    if !givenKeys.contains("severity") { rule.severity = base.severity }
    if !givenKeys.contains("possible-counts") { rule.possibleCounts = base.possibleCounts }
    if !givenKeys.contains("enabled") { rule.isEnabled = base.isEnabled }
    rule.settings = base.settings.merging(settings) { _, new in new }
    rule.givenKeys.formUnion(base.givenKeys)
    return rule
  }
}
