extension Check {
  static let betweenCells = Check(
    "SEG015", "between-cells", .medium, "Traffic between cells of the same level that no conduit lists.",
    work: .site(
      BoundaryCheck(
        message: {
          "\($0.from) \($0.verb) open \($0.traffic) to \($0.to), a zone of the same level, and no conduit lists it"
        },
        help: """
          cells fail and are infected one by one only if they cannot reach each other: delete or narrow this permit, or \
          list what the cells need of each other as a conduit
          """
      ).run))
}
