extension IPAddress {
  /// Dotted-quad IPv4 (RFC 791) or IPv6 text (RFC 4291 section 2.2); nil for anything else.
  ///
  /// Octets with leading zeros are refused, since systems disagree on whether they are octal (RFC 6943 section 3.1.1).
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 45 else { return nil }
    if bytes.contains(UInt8(ascii: ":")) {
      guard let value = parseIPv6(bytes) else { return nil }
      self.init(v6: value)
    } else {
      guard let value = parseIPv4(bytes[...]) else { return nil }
      self.init(v4: value)
    }
  }

  /// Dotted quad, or IPv6 in the canonical form of RFC 5952.
  public var description: String {
    guard family == .v6 else {
      return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)"
    }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
    let gap = longestZeroRun(groups)
    var text = ""
    var i = 0
    while i < 8 {
      if i == gap.lowerBound, gap.count > 1 {
        text += "::"
        i = gap.upperBound
        continue
      }
      if !text.isEmpty, !text.hasSuffix(":") { text += ":" }
      text += String(groups[i], radix: 16)
      i += 1
    }
    return text
  }
}

extension IPPrefix {
  /// `address/length`, or a bare address as a prefix of full length; host bits are cleared.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    guard parts.count == 2 else {
      self.init(address, length: address.family.bits)
      return
    }
    guard let length = Int(parts[1]), !parts[1].hasPrefix("+"), !parts[1].hasPrefix("-") else { return nil }
    self.init(address, length: length)
  }
}

extension UInt32 {
  /// The prefix length of a contiguous netmask (`0xFFFFFF00` is 24); nil when ones and zeros mix.
  public var prefixLength: Int? {
    let length = (~self).leadingZeroBitCount
    return length == nonzeroBitCount ? length : nil
  }
}

extension AddressSet: CustomStringConvertible {
  /// Prefixes where an interval is one, else `first-last`; `any`, `any IPv4`, `any IPv6` and `none` for the extremes.
  public var description: String { summary(limit: .max) }

  /// Like `description`, with at most `limit` pieces and a count of the rest.
  public func summary(limit: Int) -> String {
    if isAll { return "any" }
    if isEmpty { return "none" }
    var pieces: [String] = []
    if v4.isAll { pieces.append("any IPv4") } else { pieces += v4.intervals.map(rangeText) }
    if v6.isAll { pieces.append("any IPv6") } else { pieces += v6.intervals.map(rangeText) }
    guard pieces.count > limit else { return pieces.joined(separator: ", ") }
    return pieces.prefix(limit).joined(separator: ", ") + " and \(pieces.count - limit) more"
  }

  /// The intervals in text, one entry each, IPv4 first.
  public var pieces: [String] { v4.intervals.map(rangeText) + v6.intervals.map(rangeText) }
}

private func rangeText(_ range: ClosedRange<UInt32>) -> String {
  rangeText(IPAddress(v4: range.lowerBound), IPAddress(v4: range.upperBound))
}

private func rangeText(_ range: ClosedRange<UInt128>) -> String {
  rangeText(IPAddress(v6: range.lowerBound), IPAddress(v6: range.upperBound))
}

private func rangeText(_ first: IPAddress, _ last: IPAddress) -> String {
  if first == last { return first.description }
  let differing = first.value ^ last.value
  let hostBits = 128 - differing.leadingZeroBitCount
  if let prefix = IPPrefix(first, length: first.family.bits - hostBits), prefix.base == first, prefix.last == last {
    return prefix.description
  }
  return "\(first)-\(last)"
}

private func parseIPv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
  let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard parts.count == 4 else { return nil }
  var value: UInt32 = 0
  for part in parts {
    guard (1...3).contains(part.count), part.count == 1 || part.first != 48 else { return nil }
    var octet: UInt32 = 0
    for byte in part {
      guard byte &- 48 < 10 else { return nil }
      octet = octet * 10 + UInt32(byte &- 48)
    }
    guard octet < 256 else { return nil }
    value = value << 8 | octet
  }
  return value
}

private func parseIPv6(_ bytes: [UInt8]) -> UInt128? {
  let colon = UInt8(ascii: ":")
  var head: [UInt16] = []
  var tail: [UInt16]?
  var i = 0
  if bytes.starts(with: [colon, colon]) {
    tail = []
    i = 2
  }
  while i < bytes.count {
    let end = bytes[i...].firstIndex(of: colon) ?? bytes.count
    let group = bytes[i..<end]
    if group.contains(UInt8(ascii: ".")) {
      guard end == bytes.count, let quad = parseIPv4(group) else { return nil }
      append(UInt16(quad >> 16), &head, &tail)
      append(UInt16(quad & 0xFFFF), &head, &tail)
    } else {
      guard let value = hexGroup(group) else { return nil }
      append(value, &head, &tail)
    }
    guard end < bytes.count else { break }
    i = end + 1
    if i < bytes.count, bytes[i] == colon {
      guard tail == nil else { return nil }
      tail = []
      i += 1
    } else if i == bytes.count {
      return nil
    }
  }
  let known = head.count + (tail?.count ?? 0)
  guard tail == nil ? known == 8 : known < 8 else { return nil }
  let groups = head + Array(repeating: 0, count: 8 - known) + (tail ?? [])
  return groups.reduce(0) { $0 << 16 | UInt128($1) }
}

private func append(_ group: UInt16, _ head: inout [UInt16], _ tail: inout [UInt16]?) {
  if tail == nil { head.append(group) } else { tail?.append(group) }
}

private func hexGroup(_ bytes: ArraySlice<UInt8>) -> UInt16? {
  guard (1...4).contains(bytes.count) else { return nil }
  var value: UInt16 = 0
  for byte in bytes {
    let digit: UInt8
    switch byte {
    case 48...57: digit = byte - 48
    case 65...70: digit = byte - 55
    case 97...102: digit = byte - 87
    default: return nil
    }
    value = value << 4 | UInt16(digit)
  }
  return value
}

private func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
  var best = 0..<0
  var i = 0
  while i < 8 {
    var end = i
    while end < 8, groups[end] == 0 { end += 1 }
    if end - i > best.count { best = i..<end }
    i = max(end, i + 1)
  }
  return best
}
