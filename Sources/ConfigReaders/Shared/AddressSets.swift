import PacketSets

extension AddressSet {
  /// The set as one prefix; nil when it is more, less or none.
  var prefix: IPPrefix? {
    let ends: (IPAddress, IPAddress)
    switch (v4.intervals.count, v6.intervals.count) {
    case (1, 0): ends = (IPAddress(v4: v4.intervals[0].lowerBound), IPAddress(v4: v4.intervals[0].upperBound))
    case (0, 1): ends = (IPAddress(v6: v6.intervals[0].lowerBound), IPAddress(v6: v6.intervals[0].upperBound))
    default: return nil
    }
    let differing = ends.0.value ^ ends.1.value
    let length = ends.0.family.bits - (128 - differing.leadingZeroBitCount)
    guard let prefix = IPPrefix(ends.0, length: length), prefix.base == ends.0, prefix.last == ends.1 else {
      return nil
    }
    return prefix
  }
}

/// Gathers intervals to be made a set of once.
struct IntervalCollector {
  var v4: [ClosedRange<UInt32>] = []
  var v6: [ClosedRange<UInt128>] = []

  mutating func add(_ set: AddressSet) {
    v4 += set.v4.intervals
    v6 += set.v6.intervals
  }

  var set: AddressSet { AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6)) }
}

extension AddressSet {
  /// The fewest prefixes that make up the set.
  var prefixes: [IPPrefix] {
    v4.intervals.flatMap { cover(.v4, UInt128($0.lowerBound), UInt128($0.upperBound)) }
      + v6.intervals.flatMap { cover(.v6, $0.lowerBound, $0.upperBound) }
  }

  private func cover(_ family: IPFamily, _ first: UInt128, _ last: UInt128) -> [IPPrefix] {
    var result: [IPPrefix] = []
    var start = first
    while true {
      // The largest aligned block that begins here and does not run over the end.
      var hostBits = min(start == 0 ? family.bits : start.trailingZeroBitCount, family.bits)
      while hostBits > 0, hostBits == 128 || (UInt128(1) << UInt128(hostBits)) - 1 > last - start {
        if hostBits == 128, start == 0, last == .max { break }
        hostBits -= 1
      }
      guard let prefix = IPPrefix(IPAddress(family: family, value: start), length: family.bits - hostBits) else {
        break
      }
      result.append(prefix)
      if prefix.last.value >= last { break }
      start = prefix.last.value + 1
    }
    return result
  }
}
