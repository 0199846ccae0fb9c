import PacketSets
import RuleModel
import SourceText

extension Rule {
  /// A rule that stands for something that is not known: it may permit, deny or do nothing with any packet.
  static func open(_ name: String, _ reason: Uncertainty, match: MatchBounds = .any, order: Int = 0) -> Rule {
    implied(name, match.uncertain(reason), .unknown, reason.range, order: order)
  }

  /// A rule that the platform adds by itself.
  static func implied(
    _ name: String, _ match: MatchBounds, _ action: Action, _ source: SourceRange, order: Int = 0
  ) -> Rule {
    var rule = Rule(order: order, name: name, match: match, action: action, source: source)
    rule.isExplicit = false
    return rule
  }
}

extension Device {
  /// Adds a list, its rules numbered in order.
  mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction, _ source: SourceRange) -> Int {
    var rules = rules
    for i in rules.indices { rules[i].order = i }
    lists.append(RuleList(name: name, rules: rules, fallback: fallback, source: source))
    return lists.count - 1
  }
}

extension MatchBounds {
  /// The same match with all these reasons why nothing is certain.
  func uncertain(_ reasons: [Uncertainty]) -> MatchBounds { reasons.reduce(self) { $0.uncertain($1) } }

  /// All IPv6 packets.
  static let anyV6 = MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6))
}
