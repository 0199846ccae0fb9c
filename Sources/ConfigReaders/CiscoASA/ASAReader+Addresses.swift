import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// An address written as a number.
  func literalAddress(_ word: Range<Int>) -> IPAddress? {
    if let quad = dottedQuad(file.bytes.span, word) { return IPAddress(v4: quad) }
    return file.bytes[word].contains(ASCII.colon) ? IPAddress(words.text(word)) : nil
  }

  /// An address written as a number or as a `name` alias.
  func address(_ word: Range<Int>) -> IPAddress? { literalAddress(word) ?? aliases[words.text(word)] }

  /// Takes `ADDRESS MASK`, `PREFIX/LENGTH` or a lone IPv6 address; nil, with nothing taken, when none is there.
  mutating func takeNetwork() -> AddressSet? {
    guard let word = words.next else { return nil }
    if file.bytes[word].contains(UInt8(ascii: "/")), let prefix = IPPrefix(words.text(word)) {
      _ = words.take()
      return AddressSet(prefix)
    }
    guard let base = words.quad(word).map({ IPAddress(v4: $0) }) ?? address(word) else { return nil }
    let start = words.position
    _ = words.take()
    if base.family == .v6 { return AddressSet(base) }
    guard let mask = words.next.flatMap({ words.quad($0) ?? aliases[words.text($0)]?.v4 }) else {
      words.position = start
      return nil
    }
    _ = words.take()
    return AddressSet(v4: base.v4, mask: mask)
  }

  /// Takes `eq|neq|lt|gt PORT` or `range PORT PORT`; nil, with nothing taken, when none is there.
  mutating func takePorts() -> ASAPorts? {
    let start = words.position
    if words.takes("eq"), let port = takePort() { return ASAPorts(port...port) }
    words.position = start
    if words.takes("range"), let low = takePort(), let high = takePort(), low <= high { return ASAPorts(low...high) }
    words.position = start
    if words.takes("gt"), let port = takePort(), port < .max { return ASAPorts(port + 1...UInt16.max) }
    words.position = start
    if words.takes("lt"), let port = takePort(), port > 0 { return ASAPorts(0...port - 1) }
    words.position = start
    if words.takes("neq"), let port = takePort() { return ASAPorts(port...port, isNegated: true) }
    words.position = start
    return nil
  }

  private mutating func takePort() -> UInt16? {
    if let number = words.takeNumber(UInt16.self) { return number }
    guard let word = words.next, let port = ASATables.ports[words.text(word)] else { return nil }
    _ = words.take()
    return port
  }

  /// Takes a protocol word or number; nil, with nothing taken, when it is neither.
  mutating func takeProtocols() -> IntervalSet<UInt8>? {
    if words.takes("ip") { return .all }
    if words.takes("tcp") { return IntervalSet(IPProtocol.tcp) }
    if words.takes("udp") { return IntervalSet(IPProtocol.udp) }
    if words.takes("tcp-udp") { return ASAReader.tcpAndUDP }
    if let number = words.takeNumber(UInt8.self) { return number == 0 ? .all : IntervalSet(number) }
    guard let word = words.next, let number = ASATables.protocols[words.text(word)] else { return nil }
    _ = words.take()
    return IntervalSet(number)
  }

  static let tcpAndUDP = IntervalSet<UInt8>([
    IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp,
  ])

  /// Takes an ICMP type word or number, in both numberings; nil, with nothing taken, when it is neither.
  mutating func takeICMPType() -> (v4: UInt8?, v6: UInt8?)? {
    if let number = words.takeNumber(UInt8.self) { return (number, number) }
    guard let word = words.next else { return nil }
    let text = words.text(word)
    let types = (v4: ASATables.icmpTypes[text], v6: ASATables.icmpV6Types[text])
    guard types.v4 != nil || types.v6 != nil else { return nil }
    _ = words.take()
    return types
  }
}

/// A port condition: an interval, or all but it.
struct ASAPorts: Hashable {
  var low: UInt16
  var high: UInt16
  var isNegated: Bool

  init(_ interval: ClosedRange<UInt16>, isNegated: Bool = false) {
    low = interval.lowerBound
    high = interval.upperBound
    self.isNegated = isNegated
  }

  static let all = ASAPorts(0...UInt16.max)

  var set: IntervalSet<UInt16> { isNegated ? IntervalSet(low...high).complement : IntervalSet(low...high) }
}

/// What the service of most entries is made of; equal ones share their `Service`.
struct ASAServiceKey: Hashable {
  var proto: UInt8
  var source: ASAPorts
  var destination: ASAPorts
}
