import PacketSets
import SourceText

/// The zones' networks in order of address, to find overlaps and the zone of an address in O(log n).
struct ZoneMap {
  /// One stretch of addresses of one zone.
  struct Stretch {
    var family: IPFamily
    var first: UInt128
    var last: UInt128
    /// Index of the zone.
    var zone: Int
    var source: SourceRange
  }

  private let stretches: [Stretch]
  /// The stretches with those of one zone that overlap joined; disjoint when zones do not overlap.
  private var joined: [Stretch] = []

  init(_ networks: [(zone: Int, addresses: AddressSet, source: SourceRange)]) {
    stretches = networks.flatMap { network in
      network.addresses.v4.intervals.map {
        Stretch(
          family: .v4, first: UInt128($0.lowerBound), last: UInt128($0.upperBound), zone: network.zone,
          source: network.source)
      }
        + network.addresses.v6.intervals.map {
          Stretch(
            family: .v6, first: $0.lowerBound, last: $0.upperBound, zone: network.zone, source: network.source)
        }
    }.sorted { ($0.family.rawValue, $0.first, $0.source) < ($1.family.rawValue, $1.first, $1.source) }
    for stretch in stretches {
      if let last = joined.last, last.family == stretch.family, last.zone == stretch.zone, last.last >= stretch.first {
        joined[joined.count - 1].last = max(last.last, stretch.last)
      } else {
        joined.append(stretch)
      }
    }
  }

  /// Pairs of stretches of different zones that share addresses, each with what they share; at least one when any do.
  ///
  /// Each stretch is held against the one that reaches furthest among those that begin before it, so this is O(n): of
  /// many that lie on top of each other, not every pair is named.
  var overlaps: [(Stretch, Stretch, AddressSet)] {
    var result: [(Stretch, Stretch, AddressSet)] = []
    var furthest: Stretch?
    for stretch in stretches {
      if let earlier = furthest, earlier.family == stretch.family, earlier.last >= stretch.first {
        let shared = AddressSet(
          first: IPAddress(family: stretch.family, value: stretch.first),
          last: IPAddress(family: stretch.family, value: min(earlier.last, stretch.last)))
        if earlier.zone != stretch.zone, let shared { result.append((earlier, stretch, shared)) }
        if stretch.last <= earlier.last { continue }
      }
      furthest = stretch
    }
    return result
  }

  /// The zone that an address lies in, given that zones do not overlap.
  func zone(of address: IPAddress) -> Int? {
    var low = 0
    var high = joined.count
    while low < high {
      let middle = (low + high) / 2
      let stretch = joined[middle]
      if (stretch.family.rawValue, stretch.first) <= (address.family.rawValue, address.value) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low > 0 else { return nil }
    let stretch = joined[low - 1]
    return stretch.family == address.family && address.value <= stretch.last ? stretch.zone : nil
  }
}
