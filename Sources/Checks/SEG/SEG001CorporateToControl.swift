extension Check {
  static let corporateToControl = Check(
    "SEG001", "corporate-to-control", .critical,
    "A flow is permitted from level 4, 5 or outside straight to level 2 or below.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) reach \($0.to) directly: \($0.traffic)" },
        help: """
          end the session in the demilitarised zone: let corporate read from a replica there, or work through a jump \
          host, and delete this permit
          """
      ).run))
}
