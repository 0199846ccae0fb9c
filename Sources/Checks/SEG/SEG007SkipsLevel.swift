extension Check {
  static let skipsLevel = Check(
    "SEG007", "skips-level", .high, "A flow skips a level that lies between its two ends.",
    settings: ["only-levels-in-use"],
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to), past the levels in between" },
        help: "lead the traffic over a host of the level in between, or list it as a conduit with its reason"
      ).run))
}
