/// How earlier rules take everything that a rule would match.
public enum Anomaly: String, Sendable, CaseIterable {
  /// One earlier rule matches the same, with the same action.
  case duplicateSame = "dup_same"
  /// One earlier rule matches the same, with the other action.
  case duplicateOpposite = "dup_opp"
  /// One earlier rule of the same action matches more.
  case insideSame = "one_same"
  /// One earlier rule of the other action matches more.
  case insideOpposite = "one_opp"
  /// Only several earlier rules together match it all.
  case union
}

/// One line of a list.
public struct ListRule: Hashable, Sendable {
  public var permits: Bool
  public var box: Box

  public init(permits: Bool, box: Box) {
    self.permits = permits
    self.box = box
  }
}

/// An ordered list of rules and, where it is known, every rule of it that can never match.
public struct RuleSet: Sendable {
  public var name: String
  public var family: Family
  public var rules: [ListRule]
  /// Index of each rule that earlier ones cover, with how; nil when nobody has worked it out.
  public var truth: [Int: Anomaly]?

  public init(name: String, family: Family, rules: [ListRule], truth: [Int: Anomaly]?) {
    self.name = name
    self.family = family
    self.rules = rules
    self.truth = truth
  }
}
