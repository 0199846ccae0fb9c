import PacketSets

/// Whether a text is meant as an address or network, right or wrong: it has a colon, or no letter before the first slash.
public func looksLikeNetwork(_ text: String) -> Bool {
  let head = text.prefix { $0 != "/" }
  return head.contains(":") || !head.contains(where: \.isLetter)
}

/// The addresses of `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, or the same in IPv6.
public func parseNetwork(_ text: String) throws(TextProblem) -> AddressSet {
  let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
  if ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]) {
    guard let range = AddressSet(first: first, last: last) else {
      throw TextProblem(
        message: "the address range \(quoted(text)) runs backwards or mixes IPv4 and IPv6",
        help: "write the lower address first")
    }
    return range
  }
  guard let prefix = IPPrefix(text) else {
    throw TextProblem(
      message: "\(quoted(text)) is not an address or network",
      help: "write 10.0.0.1, 10.0.0.0/8, 10.0.0.1-10.0.0.9 or an IPv6 address; octets without leading zeros")
  }
  if let address = IPAddress(text.prefix { $0 != "/" }), address != prefix.base {
    throw TextProblem(
      message: "\(quoted(text)) names a host, not the network that it lies in", help: "did you mean '\(prefix)'?")
  }
  return AddressSet(prefix)
}
