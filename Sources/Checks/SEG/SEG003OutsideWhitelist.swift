extension Check {
  static let outsideWhitelist = Check(
    "SEG003", "outside-whitelist", .high, "Something is permitted from one level to another that no conduit lists.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to), which no conduit lists" },
        help: """
          narrow the rule to the hosts and ports of a conduit, or, if the plant needs this traffic, list it as a \
          conduit with owner, reason and review date
          """
      ).run))
}
