/// An inclusive range of integers; never empty.
public struct Interval<Value: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  public var low: Value
  public var high: Value

  @inlinable public init(_ low: Value, _ high: Value) {
    self.low = low
    self.high = high
  }

  /// One value.
  @inlinable public init(_ value: Value) { self.init(value, value) }

  /// Every value of the type.
  public static var all: Interval { Interval(.min, .max) }

  @inlinable public var isSingle: Bool { low == high }

  @inlinable public func overlaps(_ other: Interval) -> Bool { low <= other.high && other.low <= high }

  @inlinable public func contains(_ other: Interval) -> Bool { low <= other.low && other.high <= high }

  @inlinable public func contains(_ value: Value) -> Bool { low <= value && value <= high }

  /// How many bits the distance between the ends takes: 0 for one value.
  @inlinable public var spanBits: Int { Value.bitWidth - (high - low).leadingZeroBitCount }
}
