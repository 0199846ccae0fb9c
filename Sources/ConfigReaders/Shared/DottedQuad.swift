import SourceText

/// The IPv4 address that `range` consists of.
///
/// Leading zeros are refused as in `IPAddress.init`, since systems disagree on whether they are octal.
func dottedQuad(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
  guard (7...15).contains(range.count) else { return nil }
  var value: UInt32 = 0
  var octet: UInt32 = 0
  var digits = 0
  var dots = 0
  for i in range {
    let byte = bytes[i]
    if byte == UInt8(ascii: ".") {
      guard digits > 0, dots < 3 else { return nil }
      value = value << 8 | octet
      (octet, digits) = (0, 0)
      dots += 1
    } else {
      guard ASCII.isDigit(byte), digits < 3, digits == 0 || octet > 0 else { return nil }
      octet = octet * 10 + UInt32(byte &- 48)
      digits += 1
      guard octet < 256 else { return nil }
    }
  }
  return dots == 3 && digits > 0 ? value << 8 | octet : nil
}
