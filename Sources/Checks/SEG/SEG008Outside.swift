extension Check {
  static let outside = Check(
    "SEG008", "outside", .critical,
    "The internet or address space of no zone reaches an OT zone, or the other way round.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to)" },
        help: """
          name the hosts that are meant instead of `any` or a wide block; if the addresses belong to the plant, give \
          them a zone in the site file
          """
      ).run))
}
