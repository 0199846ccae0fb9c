/// A product of ranges: the packets of one family whose every field lies in a range. All ends are inclusive.
///
/// For ICMP and ICMPv6 the two port ranges hold type and code, whose 255 is stretched to 65,535 so that "all" is the same
/// range for every protocol.
struct PacketBox<Address: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  var destinationLow: Address
  var destinationHigh: Address
  var sourceLow: Address
  var sourceHigh: Address
  /// Destination port, or ICMP type.
  var targetLow: UInt16
  var targetHigh: UInt16
  /// Source port, or ICMP code.
  var originLow: UInt16
  var originHigh: UInt16
  /// A number of `ContextSets`.
  var context: UInt32
  var protoLow: UInt8
  var protoHigh: UInt8

  /// Every packet of the family.
  static var all: PacketBox {
    PacketBox(
      destinationLow: .min, destinationHigh: .max, sourceLow: .min, sourceHigh: .max, targetLow: .min, targetHigh: .max,
      originLow: .min, originHigh: .max, context: 0, protoLow: .min, protoHigh: .max)
  }

  /// Whether the ranges overlap; contexts are not looked at.
  @inline(__always)
  func meets(_ other: PacketBox) -> Bool {
    destinationLow <= other.destinationHigh && other.destinationLow <= destinationHigh
      && sourceLow <= other.sourceHigh && other.sourceLow <= sourceHigh
      && targetLow <= other.targetHigh && other.targetLow <= targetHigh
      && protoLow <= other.protoHigh && other.protoLow <= protoHigh
      && originLow <= other.originHigh && other.originLow <= originHigh
  }

  /// Whether the ranges of `other` lie inside; contexts are not looked at.
  @inline(__always)
  func encloses(_ other: PacketBox) -> Bool {
    destinationLow <= other.destinationLow && other.destinationHigh <= destinationHigh
      && sourceLow <= other.sourceLow && other.sourceHigh <= sourceHigh
      && targetLow <= other.targetLow && other.targetHigh <= targetHigh
      && protoLow <= other.protoLow && other.protoHigh <= protoHigh
      && originLow <= other.originLow && other.originHigh <= originHigh
  }

  /// The common part of two boxes that meet; the context stays.
  func clipped(to other: PacketBox) -> PacketBox {
    var result = self
    result.destinationLow = max(destinationLow, other.destinationLow)
    result.destinationHigh = min(destinationHigh, other.destinationHigh)
    result.sourceLow = max(sourceLow, other.sourceLow)
    result.sourceHigh = min(sourceHigh, other.sourceHigh)
    result.targetLow = max(targetLow, other.targetLow)
    result.targetHigh = min(targetHigh, other.targetHigh)
    result.originLow = max(originLow, other.originLow)
    result.originHigh = min(originHigh, other.originHigh)
    result.protoLow = max(protoLow, other.protoLow)
    result.protoHigh = min(protoHigh, other.protoHigh)
    return result
  }

  /// How many points the ranges hold, contexts apart.
  var volume: Double {
    (Double(destinationHigh - destinationLow) + 1) * (Double(sourceHigh - sourceLow) + 1)
      * (Double(targetHigh - targetLow) + 1) * (Double(originHigh - originLow) + 1) * (Double(protoHigh - protoLow) + 1)
  }

  /// The volume of the common part of two boxes that meet.
  @inline(__always)
  func commonVolume(_ other: PacketBox) -> Double {
    let destination =
      Double(min(destinationHigh, other.destinationHigh) - max(destinationLow, other.destinationLow)) + 1
    let source = Double(min(sourceHigh, other.sourceHigh) - max(sourceLow, other.sourceLow)) + 1
    let target = Double(min(targetHigh, other.targetHigh) - max(targetLow, other.targetLow)) + 1
    let origin = Double(min(originHigh, other.originHigh) - max(originLow, other.originLow)) + 1
    let proto = Double(min(protoHigh, other.protoHigh) - max(protoLow, other.protoLow)) + 1
    return destination * source * target * origin * proto
  }

  /// Appends what is left of this box without `other`, as disjoint boxes; the two must meet.
  ///
  /// One field after the other is cut, addresses last, so that the pieces stay wide where rules are narrow. Written out
  /// field by field: this is the innermost step, and key paths are looked up while it runs.
  func subtract(_ other: PacketBox, _ contexts: ContextSets, into pieces: inout [PacketBox]) {
    var rest = self
    if context != other.context && other.context != 0 {
      for number in contexts.subtracting(context, other.context) {
        var piece = rest
        piece.context = number
        pieces.append(piece)
      }
      rest.context = contexts.intersection(context, other.context)
      if rest.context == ContextSets.nothing { return }
    }
    if rest.protoLow < other.protoLow {
      pieces.append(rest)
      pieces[pieces.count - 1].protoHigh = other.protoLow - 1
      rest.protoLow = other.protoLow
    }
    if rest.protoHigh > other.protoHigh {
      pieces.append(rest)
      pieces[pieces.count - 1].protoLow = other.protoHigh + 1
      rest.protoHigh = other.protoHigh
    }
    if rest.targetLow < other.targetLow {
      pieces.append(rest)
      pieces[pieces.count - 1].targetHigh = other.targetLow - 1
      rest.targetLow = other.targetLow
    }
    if rest.targetHigh > other.targetHigh {
      pieces.append(rest)
      pieces[pieces.count - 1].targetLow = other.targetHigh + 1
      rest.targetHigh = other.targetHigh
    }
    if rest.originLow < other.originLow {
      pieces.append(rest)
      pieces[pieces.count - 1].originHigh = other.originLow - 1
      rest.originLow = other.originLow
    }
    if rest.originHigh > other.originHigh {
      pieces.append(rest)
      pieces[pieces.count - 1].originLow = other.originHigh + 1
      rest.originHigh = other.originHigh
    }
    if rest.sourceLow < other.sourceLow {
      pieces.append(rest)
      pieces[pieces.count - 1].sourceHigh = other.sourceLow - 1
      rest.sourceLow = other.sourceLow
    }
    if rest.sourceHigh > other.sourceHigh {
      pieces.append(rest)
      pieces[pieces.count - 1].sourceLow = other.sourceHigh + 1
      rest.sourceHigh = other.sourceHigh
    }
    if rest.destinationLow < other.destinationLow {
      pieces.append(rest)
      pieces[pieces.count - 1].destinationHigh = other.destinationLow - 1
      rest.destinationLow = other.destinationLow
    }
    if rest.destinationHigh > other.destinationHigh {
      pieces.append(rest)
      pieces[pieces.count - 1].destinationLow = other.destinationHigh + 1
      rest.destinationHigh = other.destinationHigh
    }
  }
}

/// One point of a box.
struct BoxPoint<Address: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  var destination: Address
  var source: Address
  var target: UInt16
  var origin: UInt16
  var proto: UInt8
  /// A context that is taken as a whole; a box with only a part of it does not hold the point.
  var context: UInt32
}

extension PacketBox {
  /// Whether the point's fields lie in the ranges; contexts are not looked at.
  @inline(__always)
  func holds(_ point: BoxPoint<Address>) -> Bool {
    sourceLow <= point.source && point.source <= sourceHigh
      && targetLow <= point.target && point.target <= targetHigh
      && protoLow <= point.proto && point.proto <= protoHigh
      && destinationLow <= point.destination && point.destination <= destinationHigh
      && originLow <= point.origin && point.origin <= originHigh
  }

  /// Some point of the box, scattered by `seed`: neighbouring rules tend to share their first and last addresses.
  func point(_ seed: UInt64) -> BoxPoint<Address> {
    var state = seed
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    func pick<Value: FixedWidthInteger & UnsignedInteger>(_ low: Value, _ high: Value) -> Value {
      let size = high - low
      if size == 0 { return low }
      // Uniformity does not matter; any point will do.
      var random = Value(truncatingIfNeeded: next())
      if Value.bitWidth > 64 { random |= Value(truncatingIfNeeded: next()) << 64 }
      return size == .max ? random : low + random % (size + 1)
    }
    return BoxPoint(
      destination: pick(destinationLow, destinationHigh), source: pick(sourceLow, sourceHigh),
      target: pick(targetLow, targetHigh), origin: pick(originLow, originHigh), proto: pick(protoLow, protoHigh),
      context: context)
  }
}
