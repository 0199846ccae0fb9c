import PacketSets

/// Addresses as iptables and its like write them: with prefix lengths, masks of any form, ranges.
enum MaskedAddresses {
  /// One address with an optional mask: `10.0.0.0/8`, `10/8`, `10.0.0.0/255.0.0.255`, `fe80::/10`, `fe80::/ffc0::`.
  ///
  /// - Returns: nil for host names and anything else that is no literal address. A mask that needs too many intervals
  ///   gives bounds that are not exact: `lower` is then empty.
  static func parse(_ word: String) -> (lower: AddressSet, upper: AddressSet)? {
    let parts = pieces(word, at: UInt8(ascii: "/"))
    guard parts.count <= 2, let address = IPAddress(parts[0]) ?? abbreviated(parts[0]) else { return nil }
    guard parts.count == 2 else { return exact(AddressSet(address)) }
    if let length = Int(parts[1]) {
      return IPPrefix(address, length: length).map { exact(AddressSet($0)) }
    }
    guard let mask = IPAddress(parts[1]), mask.family == address.family else { return nil }
    return masked(address, mask)
  }

  private static func exact(_ set: AddressSet) -> (lower: AddressSet, upper: AddressSet) { (set, set) }

  private static func masked(_ address: IPAddress, _ mask: IPAddress) -> (lower: AddressSet, upper: AddressSet)? {
    if address.family == .v4, let set = AddressSet(v4: address.v4, mask: mask.v4) { return exact(set) }
    let bits = address.family.bits
    let leadingOnes = (~(mask.value << UInt128(128 - bits))).leadingZeroBitCount
    let length = min(leadingOnes, bits)
    guard let prefix = IPPrefix(address, length: length) else { return nil }
    // Ones behind the first zero narrow further; the prefix of leading ones is the upper bound then.
    let isPrefix = mask.value.nonzeroBitCount == length
    return (isPrefix ? AddressSet(prefix) : .empty, AddressSet(prefix))
  }

  /// `10` or `192.168`: missing octets are zeros (iptables saves `-s 10/8` as `10.0.0.0/8`).
  private static func abbreviated(_ text: String) -> IPAddress? {
    let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
    guard dots < 3, let first = text.utf8.first, (48...57).contains(first) else { return nil }
    return IPAddress(text + String(repeating: ".0", count: 3 - dots))
  }

  /// `first-last` or one address; nil for anything else. A reversed range is empty, as the kernel takes it.
  static func range(_ word: String) -> AddressSet? {
    let ends = pieces(word, at: UInt8(ascii: "-"))
    guard ends.count <= 2, let first = IPAddress(ends[0]) else { return nil }
    guard ends.count == 2 else { return AddressSet(first) }
    guard let last = IPAddress(ends[1]), last.family == first.family else { return nil }
    return AddressSet(first: first, last: last) ?? .empty
  }

  /// All addresses of one family.
  static func all(_ family: IPFamily) -> AddressSet { family == .v4 ? .allV4 : .allV6 }
}
