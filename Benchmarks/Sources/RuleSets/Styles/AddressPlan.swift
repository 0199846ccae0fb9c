/// Where a made-up company keeps its networks.
struct AddressPlan {
  let family: Family
  /// 10.0.0.0/8 or fd00::/16: everything that is inside.
  let inside: Interval<UInt128>

  init(_ family: Family) {
    self.family = family
    inside = family == .v4 ? family.prefix(10 << 24, 8) : family.prefix(0xFD00 << 112, 16)
  }

  /// Length of the network of one segment: /24 or /64.
  var subnetLength: Int { family == .v4 ? 24 : 64 }

  /// One of 256 sites: a /16 or a /32.
  func site(_ number: Int) -> Interval<UInt128> {
    family == .v4
      ? family.prefix(inside.low | UInt128(number) << 16, 16) : family.prefix(inside.low | UInt128(number) << 96, 32)
  }

  /// One of 256 segments of a site.
  func subnet(_ site: Int, _ number: Int) -> Interval<UInt128> {
    let shift = UInt128(family.width - subnetLength)
    return family.prefix(self.site(site).low | UInt128(number) << shift, subnetLength)
  }

  /// A network of sixteen addresses that belongs to one group of servers; in the upper half of the sites.
  func block(_ group: Int) -> Interval<UInt128> {
    let base = site(128).low
    return family == .v4
      ? family.prefix(base + UInt128(group) << 4, 28) : family.prefix(base + UInt128(group) << 64, 124)
  }

  /// The network of somebody else.
  func outside(_ random: inout SplitMix64) -> Interval<UInt128> {
    if family == .v6 { return family.prefix(0x2A00 << 112 | UInt128(random.below(1 << 28)) << 80, 64) }
    while true {
      let first = random.within(11, 222)
      guard ![127, 169].contains(first) else { continue }
      return family.prefix(UInt128(first) << 24 | UInt128(random.below(1 << 16)) << 8, 24)
    }
  }

  /// A segment of the lower half of the sites.
  func clientSubnet(_ random: inout SplitMix64) -> Interval<UInt128> { subnet(random.below(128), random.below(256)) }
}
