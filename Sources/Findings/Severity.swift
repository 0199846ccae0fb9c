/// How bad a finding is; the order is the order of attention.
public enum Severity: String, Sendable, CaseIterable, Comparable {
  case info, low, medium, high, critical

  /// 0 (info) to 4 (critical).
  public var rank: Int { Severity.allCases.firstIndex(of: self)! }

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// What a failure of the protected thing costs, least first: information, quality, production, safety.
public enum Consequence: String, Sendable, CaseIterable, Comparable {
  case information, quality, production, safety

  public static func < (a: Consequence, b: Consequence) -> Bool {
    allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
  }
}
