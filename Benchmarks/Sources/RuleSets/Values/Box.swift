/// What a rule matches: a product of five inclusive ranges.
public struct Box: Hashable, Sendable {
  public var source: Interval<UInt128>
  public var destination: Interval<UInt128>
  /// IP protocol number, 0 to 255.
  public var proto: Interval<UInt16>
  public var sourcePort: Interval<UInt16>
  public var destinationPort: Interval<UInt16>

  public init(
    proto: Interval<UInt16>, source: Interval<UInt128>, destination: Interval<UInt128>,
    sourcePort: Interval<UInt16> = .all, destinationPort: Interval<UInt16> = .all
  ) {
    self.proto = proto
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  public func overlaps(_ other: Box) -> Bool {
    destination.overlaps(other.destination) && source.overlaps(other.source)
      && destinationPort.overlaps(other.destinationPort) && proto.overlaps(other.proto)
      && sourcePort.overlaps(other.sourcePort)
  }

  public func contains(_ other: Box) -> Bool {
    destination.contains(other.destination) && source.contains(other.source)
      && destinationPort.contains(other.destinationPort) && proto.contains(other.proto)
      && sourcePort.contains(other.sourcePort)
  }

  /// The size in bits, rounded up field by field: a measure for how general a rule is.
  public var spanBits: Int {
    source.spanBits + destination.spanBits + proto.spanBits + sourcePort.spanBits + destinationPort.spanBits
  }

  /// The bits of what two overlapping boxes share.
  func sharedBits(_ other: Box) -> Int {
    func bits<T>(_ a: Interval<T>, _ b: Interval<T>) -> Int {
      Interval(max(a.low, b.low), min(a.high, b.high)).spanBits
    }
    return bits(source, other.source) + bits(destination, other.destination) + bits(proto, other.proto)
      + bits(sourcePort, other.sourcePort) + bits(destinationPort, other.destinationPort)
  }

  /// Calls `body` with disjoint boxes that together are this box without the other, at most ten.
  public func subtract(_ other: Box, _ body: (Box) -> Void) {
    guard overlaps(other) else { return body(self) }
    var rest = self
    cut(proto, other.proto, &rest, body, { $0.proto = $1 })
    cut(destinationPort, other.destinationPort, &rest, body, { $0.destinationPort = $1 })
    cut(sourcePort, other.sourcePort, &rest, body, { $0.sourcePort = $1 })
    cut(destination, other.destination, &rest, body, { $0.destination = $1 })
    cut(source, other.source, &rest, body, { $0.source = $1 })
  }

  /// Hands out what lies below and above the other's range in one field, and narrows `rest` to what lies in it.
  private func cut<T>(
    _ own: Interval<T>, _ other: Interval<T>, _ rest: inout Box, _ body: (Box) -> Void,
    _ set: (inout Box, Interval<T>) -> Void
  ) {
    var piece = rest
    if own.low < other.low {
      set(&piece, Interval(own.low, other.low - 1))
      body(piece)
    }
    if own.high > other.high {
      set(&piece, Interval(other.high + 1, own.high))
      body(piece)
    }
    set(&rest, Interval(max(own.low, other.low), min(own.high, other.high)))
  }

  /// Whether the boxes together hold all of this one, by subtracting one after the other.
  public func isCovered(by boxes: some Sequence<Box>) -> Bool {
    var left = [self]
    for box in boxes {
      guard left.contains(where: box.overlaps) else { continue }
      var next: [Box] = []
      for piece in left { piece.subtract(box) { next.append($0) } }
      if next.isEmpty { return true }
      left = next
    }
    return false
  }
}
