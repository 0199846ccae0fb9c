extension Check {
  /// The check's page: summary, why it matters, examples, fix, controls.
  public var page: String { "\(code) \(name)\n\n\(summary)\n" }
}
