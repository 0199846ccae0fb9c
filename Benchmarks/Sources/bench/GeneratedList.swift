/// An ASA access list of a given size with planted covered rules, the same for the same seed.
struct GeneratedList {
  let rules: Int
  /// Rules that an earlier one covers on purpose.
  private(set) var planted = 0
  private var state: UInt64

  init(rules: Int, seed: UInt64) {
    self.rules = rules
    state = seed
  }

  /// Every twentieth rule is a narrowed copy of an earlier one, with either action.
  mutating func text() -> [UInt8] {
    var lines = ["ASA Version 9.16(4)", "hostname bench"]
    var made: [(source: UInt32, destination: UInt32, port: UInt64)] = []
    for index in 0..<rules {
      if index % 20 == 19 {
        let base = made[Int(next() % UInt64(made.count))]
        planted += 1
        let action = next() % 2 == 0 ? "permit" : "deny"
        lines.append(
          "access-list OUT extended \(action) tcp host \(address(base.source | UInt32(next() % 256))) "
            + "host \(address(base.destination)) eq \(base.port)")
        continue
      }
      let rule = (
        source: UInt32(0x0A00_0000) | UInt32(next() % 0x1_0000) << 8,
        destination: UInt32(0xC0A8_0000) | UInt32(next() % 0x1_0000), port: next() % 60_000 + 1
      )
      made.append(rule)
      lines.append(
        "access-list OUT extended \(next() % 4 == 0 ? "deny" : "permit") tcp \(address(rule.source)) 255.255.255.0 "
          + "host \(address(rule.destination)) eq \(rule.port)")
    }
    lines.append("access-group OUT in interface outside")
    return Array(lines.joined(separator: "\n").utf8) + [10]
  }

  /// SplitMix64 (Steele et al., OOPSLA 2014).
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private func address(_ value: UInt32) -> String {
    "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
  }
}
