extension Check {
  static let sisToUpperLevels = Check(
    "SIS004", "sis-to-upper-levels", .high, "A SIS zone can open sessions to level 3 or above.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from), a safety instrumented system, \($0.verb) open \($0.traffic) up to \($0.to)" },
        help: "let a level 1 or 2 host pick the data up, or use a diode; delete this permit"
      ).run))
}
