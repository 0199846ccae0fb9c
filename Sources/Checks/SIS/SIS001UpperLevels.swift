extension Check {
  static let upperLevelsToSIS = Check(
    "SIS001", "upper-levels-to-sis", .critical, "Level 3.5 or above, or outside, can reach a SIS zone with one packet.",
    work: .site(
      BoundaryCheck(
        message: { "\($0.from) \($0.verb) send packets to \($0.to), a safety instrumented system: \($0.traffic)" },
        help:
          "delete this permit or take the safety network out of it; data leaves a safety system by a diode or by hard wire",
        countsEveryPacket: true
      ).run))
}
