/// IP version; the two live in worlds of their own, IPv4 is never mapped into IPv6.
public enum IPFamily: UInt8, Sendable, CaseIterable {
  case v4, v6

  /// Address width in bits.
  @inlinable public var bits: Int { self == .v4 ? 32 : 128 }
}

/// One IP address: a family and a number of 32 or 128 bits.
public struct IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let family: IPFamily
  /// The address as a number in network order; below 2^32 for IPv4.
  public let value: UInt128

  @inlinable public init(v4 value: UInt32) {
    family = .v4
    self.value = UInt128(value)
  }

  @inlinable public init(v6 value: UInt128) {
    family = .v6
    self.value = value
  }

  @inlinable public init(family: IPFamily, value: UInt128) {
    self.family = family
    self.value = family == .v4 ? value & 0xFFFF_FFFF : value
  }

  /// The number as 32 bits; meaningful for IPv4 only.
  @inlinable public var v4: UInt32 { UInt32(truncatingIfNeeded: value) }

  public static func < (a: IPAddress, b: IPAddress) -> Bool {
    (a.family.rawValue, a.value) < (b.family.rawValue, b.value)
  }
}

/// A prefix: the addresses that share the first `length` bits of `base`.
public struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
  /// The first address, host bits zero.
  public let base: IPAddress
  /// 0 to 32 or 128.
  public let length: Int

  /// Clears the host bits of `address`; nil when `length` does not fit the family.
  public init?(_ address: IPAddress, length: Int) {
    guard (0...address.family.bits).contains(length) else { return nil }
    let hostBits = address.family.bits - length
    let hostMask: UInt128 = hostBits == 128 ? .max : (1 << UInt128(hostBits)) - 1
    base = IPAddress(family: address.family, value: address.value & ~hostMask)
    self.length = length
  }

  /// The last address of the prefix.
  public var last: IPAddress {
    let hostBits = base.family.bits - length
    let hostMask: UInt128 = hostBits == 128 ? .max : (1 << UInt128(hostBits)) - 1
    return IPAddress(family: base.family, value: base.value | hostMask)
  }

  public var description: String { "\(base)/\(length)" }
}

/// A set of IP addresses of both families.
public struct AddressSet: Hashable, Sendable {
  public var v4: IntervalSet<UInt32>
  public var v6: IntervalSet<UInt128>

  @inlinable public init(v4: IntervalSet<UInt32> = .empty, v6: IntervalSet<UInt128> = .empty) {
    self.v4 = v4
    self.v6 = v6
  }

  public static let empty = AddressSet()
  /// Every address of both families.
  public static let all = AddressSet(v4: .all, v6: .all)
  /// Every IPv4 address.
  public static let allV4 = AddressSet(v4: .all)
  /// Every IPv6 address.
  public static let allV6 = AddressSet(v6: .all)

  /// One address.
  public init(_ address: IPAddress) { self.init(first: address, last: address)! }

  /// The addresses of a prefix.
  public init(_ prefix: IPPrefix) { self.init(first: prefix.base, last: prefix.last)! }

  /// The addresses from `first` to `last`, both included; nil when the families differ or the order is wrong.
  public init?(first: IPAddress, last: IPAddress) {
    guard first.family == last.family, first.value <= last.value else { return nil }
    switch first.family {
    case .v4: self.init(v4: IntervalSet(first.v4...last.v4))
    case .v6: self.init(v6: IntervalSet(first.value...last.value))
    }
  }

  /// IPv4 addresses that equal `base` in every bit that is set in `mask`; nil when more than 2^16 intervals would be needed.
  ///
  /// The mask may be discontiguous, as Cisco wildcard masks (inverted) and FortiOS wildcard addresses are.
  public init?(v4 base: UInt32, mask: UInt32) {
    // Free bits below the lowest fixed bit form one interval; every other free bit doubles the number of intervals.
    let low = mask == 0 ? 32 : mask.trailingZeroBitCount
    let freeAbove = low >= 32 ? 0 : ~mask & ~((1 << UInt32(low)) &- 1)
    guard freeAbove.nonzeroBitCount <= 16 else { return nil }
    let size: UInt32 = low >= 32 ? .max : (1 << UInt32(low)) &- 1
    var intervals: [ClosedRange<UInt32>] = []
    var subset: UInt32 = 0
    repeat {
      let start = (base & mask) | subset
      intervals.append(start...(start | size))
      subset = (subset &- freeAbove) & freeAbove
    } while subset != 0
    self.init(v4: IntervalSet(intervals))
  }

  @inlinable public var isEmpty: Bool { v4.isEmpty && v6.isEmpty }
  @inlinable public var isAll: Bool { v4.isAll && v6.isAll }

  @inlinable public func contains(_ address: IPAddress) -> Bool {
    address.family == .v4 ? v4.contains(address.v4) : v6.contains(address.value)
  }

  @inlinable public func union(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.union(other.v4), v6: v6.union(other.v6))
  }

  @inlinable public func intersection(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.intersection(other.v4), v6: v6.intersection(other.v6))
  }

  @inlinable public func subtracting(_ other: AddressSet) -> AddressSet {
    AddressSet(v4: v4.subtracting(other.v4), v6: v6.subtracting(other.v6))
  }

  /// Every address that is not in this set, of both families.
  @inlinable public var complement: AddressSet { AddressSet(v4: v4.complement, v6: v6.complement) }

  @inlinable public func overlaps(_ other: AddressSet) -> Bool {
    v4.overlaps(other.v4) || v6.overlaps(other.v6)
  }

  @inlinable public func isSubset(of other: AddressSet) -> Bool {
    v4.isSubset(of: other.v4) && v6.isSubset(of: other.v6)
  }

  /// The lowest address, IPv4 first; nil when empty.
  public var first: IPAddress? {
    if let low = v4.intervals.first?.lowerBound { return IPAddress(v4: low) }
    return v6.intervals.first.map { IPAddress(v6: $0.lowerBound) }
  }
}
