/// Text in the making, as bytes: a million lines are no place for `String`.
struct ByteText {
  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// A decimal number.
  mutating func append(number value: some UnsignedInteger & FixedWidthInteger) {
    guard let small = UInt64(exactly: value) else { return append(value.description) }
    var divisor: UInt64 = 1
    while small / divisor >= 10 { divisor *= 10 }
    var left = small
    while divisor > 0 {
      bytes.append(UInt8(48 + left / divisor))
      left %= divisor
      divisor /= 10
    }
  }

  /// An address in its usual notation; that of IPv6 as in RFC 5952.
  mutating func append(address: UInt128, _ family: Family) {
    guard family == .v6 else {
      for shift in [24, 16, 8, 0] as [UInt128] {
        if shift < 24 { append(".") }
        append(number: UInt8(truncatingIfNeeded: address >> shift))
      }
      return
    }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * $0)) }
    let gap = longestGap(groups)
    var place = 0
    while place < 8 {
      if place == gap.lowerBound, gap.count > 1 {
        append("::")
        place = gap.upperBound
        continue
      }
      if place > 0, !(gap.count > 1 && place == gap.upperBound) { append(":") }
      append(String(groups[place], radix: 16))
      place += 1
    }
  }

  /// The first longest run of zero groups.
  private func longestGap(_ groups: [UInt16]) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for place in 0...8 where place == 8 || groups[place] != 0 {
      if place - start > best.count { best = start..<place }
      start = place + 1
    }
    return best
  }

  /// A network as address and length.
  mutating func append(prefix: Interval<UInt128>, _ family: Family) {
    append(address: prefix.low, family)
    append("/")
    append(number: UInt8(family.length(prefix)))
  }

  /// One port, or two with something between them.
  mutating func append(ports: Interval<UInt16>, _ between: StaticString) {
    append(number: ports.low)
    guard !ports.isSingle else { return }
    append(between)
    append(number: ports.high)
  }
}
