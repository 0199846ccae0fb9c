/// A set of unsigned numbers as sorted, disjoint, non-adjacent closed intervals.
///
/// The form is canonical, so equal sets are equal values. Both ends of an interval belong to it.
public struct IntervalSet<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  /// Sorted, disjoint, never touching.
  public let intervals: [ClosedRange<Bound>]

  @usableFromInline init(canonical: [ClosedRange<Bound>]) { intervals = canonical }

  /// The empty set.
  @inlinable public static var empty: Self { Self(canonical: []) }
  /// Every number that `Bound` can hold.
  @inlinable public static var all: Self { Self(canonical: [Bound.min...Bound.max]) }

  /// One interval.
  @inlinable public init(_ interval: ClosedRange<Bound>) { self.init(canonical: [interval]) }
  /// One number.
  @inlinable public init(_ value: Bound) { self.init(canonical: [value...value]) }

  /// Any intervals in any order, overlapping or not; O(n log n).
  @inlinable public init(_ unordered: some Sequence<ClosedRange<Bound>>) {
    let sorted = unordered.sorted { $0.lowerBound < $1.lowerBound }
    var merged: [ClosedRange<Bound>] = []
    merged.reserveCapacity(sorted.count)
    for interval in sorted {
      if let last = merged.last, last.upperBound == .max || interval.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, interval.upperBound)
      } else {
        merged.append(interval)
      }
    }
    self.init(canonical: merged)
  }

  @inlinable public var isEmpty: Bool { intervals.isEmpty }
  /// Whether every number belongs to the set.
  @inlinable public var isAll: Bool { intervals.count == 1 && intervals[0] == Bound.min...Bound.max }

  /// How many numbers, saturating at `UInt128.max` (only the full 128-bit set exceeds it, by one).
  public var count: UInt128 {
    var total: UInt128 = 0
    for interval in intervals {
      let size = UInt128(interval.upperBound - interval.lowerBound)
      let (sum, overflow) = total.addingReportingOverflow(size)
      if overflow || sum == .max { return .max }
      total = sum + 1
    }
    return total
  }

  /// Whether `value` belongs to the set; O(log n).
  @inlinable public func contains(_ value: Bound) -> Bool {
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < intervals.count && intervals[low].lowerBound <= value
  }

  /// Numbers in either set; O(n + m).
  @inlinable public func union(_ other: Self) -> Self {
    if isEmpty || other.isAll { return other }
    if other.isEmpty || isAll { return self }
    return Self(intervals + other.intervals)
  }

  /// Numbers in both sets; O(n + m).
  @inlinable public func intersection(_ other: Self) -> Self {
    if isAll { return other }
    if other.isAll { return self }
    var result: [ClosedRange<Bound>] = []
    var i = 0
    var j = 0
    while i < intervals.count, j < other.intervals.count {
      let a = intervals[i]
      let b = other.intervals[j]
      let low = max(a.lowerBound, b.lowerBound)
      let high = min(a.upperBound, b.upperBound)
      if low <= high { result.append(low...high) }
      if a.upperBound < b.upperBound { i += 1 } else { j += 1 }
    }
    return Self(canonical: result)
  }

  /// Numbers outside the set; O(n).
  @inlinable public var complement: Self {
    var result: [ClosedRange<Bound>] = []
    var next = Bound.min
    for interval in intervals {
      if interval.lowerBound > next { result.append(next...(interval.lowerBound - 1)) }
      if interval.upperBound == .max { return Self(canonical: result) }
      next = interval.upperBound + 1
    }
    result.append(next...Bound.max)
    return Self(canonical: result)
  }

  /// Numbers of this set that are not in `other`; O(n + m).
  @inlinable public func subtracting(_ other: Self) -> Self { intersection(other.complement) }

  /// Whether the sets share a number; O(n + m).
  @inlinable public func overlaps(_ other: Self) -> Bool {
    var i = 0
    var j = 0
    while i < intervals.count, j < other.intervals.count {
      if intervals[i].overlaps(other.intervals[j]) { return true }
      if intervals[i].upperBound < other.intervals[j].upperBound { i += 1 } else { j += 1 }
    }
    return false
  }

  /// Whether every number of this set is in `other`; O(n + m).
  @inlinable public func isSubset(of other: Self) -> Bool {
    var j = 0
    for interval in intervals {
      while j < other.intervals.count, other.intervals[j].upperBound < interval.lowerBound { j += 1 }
      guard j < other.intervals.count, other.intervals[j].lowerBound <= interval.lowerBound,
        interval.upperBound <= other.intervals[j].upperBound
      else { return false }
    }
    return true
  }
}
