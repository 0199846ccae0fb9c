import PacketSets
import RuleModel

/// Text forms of addresses and ports.
enum LiteralText {
  /// `A M`, `A/len` or a bare address; nil for anything else.
  static func subnet(_ words: [String]) -> AddressSet? {
    if words.count == 2, let address = IPAddress(words[0]), let mask = IPAddress(words[1]), address.family == .v4,
      mask.family == .v4
    {
      return AddressSet(v4: address.v4, mask: mask.v4)
    }
    guard words.count == 1, let prefix = IPPrefix(words[0]) else { return nil }
    return AddressSet(prefix)
  }

  /// `A M` or `A/len` with a contiguous mask, host bits kept.
  static func interfaceAddress(_ words: [String]) -> InterfaceAddress? {
    if words.count == 2, let address = IPAddress(words[0]), let mask = IPAddress(words[1]),
      let length = mask.family == .v4 ? mask.v4.prefixLength : nil, let network = IPPrefix(address, length: length)
    {
      return InterfaceAddress(address: address, network: network)
    }
    guard words.count == 1, let network = IPPrefix(words[0]) else { return nil }
    guard let address = IPAddress(words[0].prefix { $0 != "/" }) else { return nil }
    return InterfaceAddress(address: address, network: network)
  }

  /// `A` or `A-B`.
  static func range(_ text: String) -> AddressSet? {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = IPAddress(ends[0]) else { return nil }
    guard ends.count == 2 else { return AddressSet(first) }
    return IPAddress(ends[1]).flatMap { AddressSet(first: first, last: $0) }
  }

  /// `N` or `N-M`.
  static func ports(_ text: some StringProtocol) -> ClosedRange<UInt16>? {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = UInt16(ends[0]) else { return nil }
    guard ends.count == 2 else { return first...first }
    guard let last = UInt16(ends[1]), first <= last else { return nil }
    return first...last
  }
}
