import SourceText

/// A catalogue of controls (ISO/IEC 27001, IEC 62443, …) and the checks that give evidence for each.
public struct Framework: Sendable {
  public var id: String
  public var title: String
  /// In file order: of the controls that name a check, the first is its primary one.
  public var controls: [Control]
  public var source: SourceRange

  /// The controls that a check gives evidence for, the primary one first; O(controls).
  public func controls(for check: String) -> [Control] { controls.filter { $0.checks.contains(check) } }
}

/// One control of a framework.
public struct Control: Sendable {
  /// As the framework writes it: `A.8.22`, `SR 5.1`.
  public var id: String
  public var title: String
  /// How far number and title can be relied on, where that is not a matter of course.
  public var note: String?
  /// Codes of checks.
  public var checks: [String]
  public var source: SourceRange
}
