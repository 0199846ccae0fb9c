import PacketSets
import SourceText

/// Which interfaces a rule or stage applies to, by name.
///
/// A pattern that ends in `+` stands for every name that begins with the rest (iptables); all others are exact.
public struct InterfaceMatch: Hashable, Sendable {
  /// Nil for any interface.
  public var patterns: [String]?
  /// Whether the patterns say which interfaces it does *not* apply to.
  public var isNegated: Bool

  public init(_ patterns: [String]?, isNegated: Bool = false) {
    self.patterns = patterns
    self.isNegated = isNegated
  }

  public static let any = InterfaceMatch(nil)

  /// Whether an interface of that name is meant.
  public func contains(_ name: String) -> Bool {
    guard let patterns else { return !isNegated }
    let isNamed = patterns.contains { pattern in
      pattern.hasSuffix("+") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
    return isNamed != isNegated
  }
}

/// What happens to a packet that a rule matches.
public enum Action: Hashable, Sendable {
  /// The packet passes this list.
  case permit
  /// The packet is dropped; with `rejects` the sender is told.
  case deny(rejects: Bool)
  /// The rule only logs, marks or counts; the next rule is asked.
  case proceed
  /// Go on in the list of that index; come back when it ends without a decision.
  case jump(list: Int)
  /// Go on in the list of that index; when it ends without a decision, the calling list ends too.
  case goto(list: Int)
  /// Leave this list undecided.
  case leave
  /// Not understood: the rule may permit, deny or do nothing.
  case unknown
}

/// Whether matches of a rule are recorded.
public enum Logging: Hashable, Sendable {
  case on, off
  /// The export does not say.
  case unknown
}

/// Whether a rule takes part.
public enum RuleState: Hashable, Sendable {
  case active
  /// Switched off in the configuration; it matches nothing.
  case disabled
  /// In force only at certain times; the match bounds already say so.
  case scheduled(name: String)
}

/// An object (address, service, group, list) that a rule came through.
public struct ObjectReference: Hashable, Sendable {
  public var name: String
  /// Where the object is defined.
  public var range: SourceRange

  public init(name: String, range: SourceRange) {
    self.name = name
    self.range = range
  }
}

/// One rule of a list.
public struct Rule: Hashable, Sendable {
  /// Place in the platform's order of evaluation, which need not be the order of lines.
  public var order: Int
  /// How an engineer would name it: `access-list OUT line 4`, `policy 12`, `FORWARD rule 7`.
  public var name: String
  public var ingress: InterfaceMatch = .any
  public var egress: InterfaceMatch = .any
  public var match: MatchBounds
  public var action: Action
  public var logging: Logging = .unknown
  /// Remark, description or comment; what engineers give as the reason.
  public var comment: String?
  public var state: RuleState = .active
  /// Index into `Device.profiles` of the inspection that permitted packets go through.
  public var profile: Int?
  /// Where the rule stands.
  public var source: SourceRange
  /// The objects that its match came through.
  public var objects: [ObjectReference] = []
  /// How often it matched, when the export has counters.
  public var hits: UInt64?
  /// Whether the rule stands in the file (false: the platform implies it, and `source` is what implies it).
  public var isExplicit: Bool = true

  public init(order: Int, name: String, match: MatchBounds, action: Action, source: SourceRange) {
    self.order = order
    self.name = name
    self.match = match
    self.action = action
    self.source = source
  }
}

/// Why a default action is what it is.
public enum DefaultOrigin: Hashable, Sendable {
  /// A statement of the file says so.
  case configured(SourceRange)
  /// The platform always ends the list so; the text says how its documentation puts it.
  case implicit(String)
  /// The factory setting that the file does not change.
  case factory(String)
}

/// What happens to a packet that no rule decided.
public struct DefaultAction: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    case permit, deny
    /// The list ends undecided (user chain, list with a successor).
    case leave
  }
  public var verdict: Verdict
  public var origin: DefaultOrigin
  public var logging: Logging

  public init(_ verdict: Verdict, _ origin: DefaultOrigin, logging: Logging = .unknown) {
    self.verdict = verdict
    self.origin = origin
    self.logging = logging
  }
}

/// Ordered rules, the first match decides.
///
/// Platforms with another evaluation (last match, best by key) are lowered to this order by their reader.
public struct RuleList: Hashable, Sendable {
  public var name: String
  /// In order of evaluation.
  public var rules: RuleTable
  /// For packets that no rule decides.
  public var fallback: DefaultAction
  /// Where the list is declared or first named.
  public var source: SourceRange

  public init(name: String, rules: RuleTable, fallback: DefaultAction, source: SourceRange) {
    self.name = name
    self.rules = rules
    self.fallback = fallback
    self.source = source
  }

  public init(name: String, rules: [Rule], fallback: DefaultAction, source: SourceRange) {
    self.init(name: name, rules: RuleTable(rules), fallback: fallback, source: source)
  }
}
