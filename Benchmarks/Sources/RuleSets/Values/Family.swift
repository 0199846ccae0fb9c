/// The Internet protocol that a rule set filters. An address is a number of that many bits, in a `UInt128`.
public enum Family: Int, Sendable, CaseIterable {
  case v4 = 4
  case v6 = 6

  /// Bits of an address.
  public var width: Int { self == .v4 ? 32 : 128 }

  /// Every address.
  public var any: Interval<UInt128> { Interval(0, self == .v4 ? 0xFFFF_FFFF : .max) }

  /// The number of the control protocol: ICMP or ICMPv6.
  public var controlProtocol: UInt16 { self == .v4 ? 1 : 58 }

  /// The network of `length` bits that holds an address.
  public func prefix(_ address: UInt128, _ length: Int) -> Interval<UInt128> {
    let hosts: UInt128 = width == length ? 0 : any.high >> UInt128(length)
    let low = address & ~hosts & any.high
    return Interval(low, low | hosts)
  }

  /// The length of a network that `prefix` made.
  public func length(_ prefix: Interval<UInt128>) -> Int { width - prefix.spanBits }
}
