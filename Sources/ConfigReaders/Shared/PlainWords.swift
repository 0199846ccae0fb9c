import SourceText

// What the readers of usual rules are made of: each takes one thing off the front of a line's bytes, without a `String`.
// A reader that meets anything else gives up, and the line is read word by word.

/// Takes `literal` off the front; false, with nothing taken, when something else stands there.
@inline(__always)
func takes(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, _ literal: StaticString) -> Bool {
  let count = literal.utf8CodeUnitCount
  guard end - position >= count else { return false }
  let start = literal.utf8Start
  for i in 0..<count where start[i] != bytes[position &+ i] { return false }
  position += count
  return true
}

/// Whether no part of a word stands at `position`.
@inline(__always)
func isWordEnd(_ bytes: Span<UInt8>, _ position: Int, _ end: Int) -> Bool {
  position == end || ASCII.isBlank(bytes[position])
}

/// Takes a whole word off the front; false, with `position` moved at most past it, when it is not `literal`.
@inline(__always)
func takesWord(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, _ literal: StaticString) -> Bool {
  let start = position
  if takes(bytes, &position, end, literal), isWordEnd(bytes, position, end) { return true }
  position = start
  return false
}

/// Takes a dotted quad by the rules of `dottedQuad`; what follows it is the caller's to look at.
@inline(__always)
func takeQuad(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt32? {
  var value: UInt32 = 0
  var dots = 0
  while true {
    guard let octet = takeDecimal(bytes, &position, end, digits: 3), octet.value < 256,
      octet.digits == 1 || !octet.hasLeadingZero
    else { return nil }
    value = value << 8 | octet.value
    if dots == 3 { return value }
    guard position < end, bytes[position] == UInt8(ascii: ".") else { return nil }
    position += 1
    dots += 1
  }
}

/// Takes a number of at most so many digits; nil when there is none or more digits follow.
@inline(__always)
func takeDecimal(
  _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, digits: Int
) -> (value: UInt32, digits: Int, hasLeadingZero: Bool)? {
  let start = position
  var value: UInt32 = 0
  while position < end, ASCII.isDigit(bytes[position]) {
    guard position - start < digits else { return nil }
    value = value &* 10 &+ UInt32(bytes[position] &- 48)
    position += 1
  }
  guard position > start else { return nil }
  return (value, position - start, bytes[start] == UInt8(ascii: "0"))
}

/// Takes a word of at most 16 bytes as one number, the key of `packedWords`; nil when there is none or it is longer.
func takePackedWord(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt128? {
  let start = position
  var key: UInt128 = 0
  while position < end, !ASCII.isBlank(bytes[position]) {
    guard position - start < 16 else { return nil }
    key = key << 8 | UInt128(bytes[position])
    position += 1
  }
  return position > start ? key : nil
}

/// A table of words by the number that `takePackedWord` makes of them; longer words are left out.
func packedWords<Value>(_ table: [String: Value]) -> [UInt128: Value] {
  var packed: [UInt128: Value] = [:]
  for (word, value) in table where (1...16).contains(word.utf8.count) {
    packed[word.utf8.reduce(0) { $0 << 8 | UInt128($1) }] = value
  }
  return packed
}

/// Whether the bytes from `start` on are those of `prefix`.
@inline(__always)
func begins(_ bytes: Span<UInt8>, at start: Int, with prefix: Span<UInt8>) -> Bool {
  guard bytes.count - start >= prefix.count else { return false }
  for i in prefix.indices where bytes[start &+ i] != prefix[i] { return false }
  return true
}
