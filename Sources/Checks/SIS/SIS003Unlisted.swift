extension Check {
  static let unlistedToSIS = Check(
    "SIS003", "unlisted-to-sis", .high, "Anything reaches a SIS zone that no conduit lists.",
    work: .site(
      BoundaryCheck(
        message: {
          "\($0.from) \($0.verb) send \($0.traffic) to \($0.to), a safety instrumented system, and no conduit lists it"
        },
        help: "narrow the rule to a conduit that functional safety has approved, or delete it",
        countsEveryPacket: true
      ).run))
}
