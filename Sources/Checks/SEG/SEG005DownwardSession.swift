extension Check {
  static let downwardSession = Check(
    "SEG005", "downward-session", .high, "A session can be opened downward from level 2 to level 1.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) open \($0.traffic) down to \($0.to)" },
        help: """
          let the lower level send upward on its own (publish, push, or a diode) and delete this permit; if this plant \
          must write downward, say so in a policy pack of its own
          """
      ).run))
}
