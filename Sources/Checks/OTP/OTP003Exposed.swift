import PacketSets

extension Check {
  static let exposed = Check(
    "OTP003", "exposed", .critical, "An industrial protocol is exposed to level 4, 5 or outside.",
    work: .site { context in
      let industrial = industrialServices.map { PacketMatch(services: [$0.service]) }
      return try context.violations { traffic, _ in traffic.sessions(of: industrial) }.map {
        try context.finding(
          $0, message: { "\($0.from) \($0.verb) speak an industrial protocol to \($0.to): \($0.traffic)" },
          help:
            "end the session in the demilitarised zone (historian, OPC UA aggregator, jump host) and delete this permit"
        )
      }
    })
}
