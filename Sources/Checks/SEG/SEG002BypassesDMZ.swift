extension Check {
  static let bypassesDMZ = Check(
    "SEG002", "bypasses-dmz", .high, "Level 4, 5 or outside reaches level 3 without passing the level 3.5 DMZ.",
    settings: ["only-with-dmz"],
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) reach \($0.to) without passing the demilitarised zone: \($0.traffic)" },
        help: "end the session on a host of the demilitarised zone and permit only that host to go on to level 3"
      ).run))
}
