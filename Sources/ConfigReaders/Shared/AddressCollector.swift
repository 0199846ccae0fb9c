import PacketSets
import RuleModel

/// Gathers many pieces and makes one set of them at the end, which joining them one by one would not do in linear time.
struct AddressCollector {
  private var v4: [ClosedRange<UInt32>] = []
  private var v6: [ClosedRange<UInt128>] = []
  private var open = AddressBounds.empty

  var isEmpty: Bool { v4.isEmpty && v6.isEmpty && open == .empty }

  mutating func add(_ addresses: AddressSet) {
    v4 += addresses.v4.intervals
    v6 += addresses.v6.intervals
  }

  mutating func add(_ bounds: AddressBounds) {
    if bounds.isExact {
      add(bounds.upper)
    } else if bounds.upper.isAll, open.upper.isAll, bounds.lower.isEmpty {
      // One reason is enough: thousands of host names in an alias need not all be blamed.
      return
    } else {
      open = open.union(bounds)
      // Enough to blame; a list that names the same alias a thousand times has no more reasons.
      if open.uncertainties.count > 16 { open.uncertainties.removeLast(open.uncertainties.count - 16) }
    }
  }

  /// The exact pieces that lie inside a set.
  func exact(inside set: AddressSet) -> AddressSet {
    AddressSet(
      v4: IntervalSet(v4.filter { IntervalSet($0).isSubset(of: set.v4) }),
      v6: IntervalSet(v6.filter { IntervalSet($0).isSubset(of: set.v6) }))
  }

  var bounds: AddressBounds {
    AddressBounds(AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))).union(open)
  }
}

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, IPv6 alike; nil for anything else. Host bits may be set.
func plainAddresses(_ text: String) -> AddressSet? {
  if let prefix = IPPrefix(text) { return AddressSet(prefix) }
  let ends = pieces(text, at: UInt8(ascii: "-"))
  guard ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]) else { return nil }
  return AddressSet(first: first, last: last)
}
