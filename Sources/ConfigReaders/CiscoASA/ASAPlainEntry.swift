import PacketSets
import RuleModel
import SourceText

/// The usual access list entry: any, host or network on both sides, TCP, UDP, ICMP or IP, ports, logging.
///
/// Read from its bytes in one go. Whatever is more than that (objects, users, ICMP types, counters, time ranges, more
/// than one blank) is for `ASAReader.entry`, and for what both read they must give the same rule.
struct ASAPlainEntry {
  var sources = UInt32.min...UInt32.max
  var destinations = UInt32.min...UInt32.max
  var service = PlainService.any
  var flags: PlainRule.Flags = []

  /// Reads `[extended] permit|deny …` from `start` up to `end`; nil when the entry is not usual.
  ///
  /// - Parameter isV4Only: whether `any` means IPv4 only, as in software that keeps lists of both families apart.
  init?(_ bytes: Span<UInt8>, from start: Int, to end: Int, isV4Only: Bool) {
    var end = end
    while end > start, ASCII.isBlank(bytes[end - 1]) { end -= 1 }
    var position = start
    _ = takes(bytes, &position, end, "extended ")
    if takesWord(bytes, &position, end, "permit") {
      flags.insert(.permits)
    } else if !takesWord(bytes, &position, end, "deny") {
      return nil
    }
    guard let proto = Self.takeProtocol(bytes, &position, end) else { return nil }
    guard let source = Self.takeAddresses(bytes, &position, end) else { return nil }
    sources = source.range
    let hasPorts = proto == IPProtocol.tcp || proto == IPProtocol.udp
    guard let sourcePorts = hasPorts ? Self.takePorts(bytes, &position, end) : 0...UInt16.max else { return nil }
    guard let destination = Self.takeAddresses(bytes, &position, end) else { return nil }
    destinations = destination.range
    guard let ports = hasPorts ? Self.takePorts(bytes, &position, end) : 0...UInt16.max else { return nil }
    if proto != 0 { service = PlainService(proto: proto, sourcePorts: sourcePorts, destinationPorts: ports) }
    if source.isAny, !isV4Only { flags.insert(.anySource) }
    if destination.isAny, !isV4Only { flags.insert(.anyDestination) }
    guard takeOptions(bytes, &position, end) else { return nil }
  }

  /// The protocol's number, 0 for `ip`.
  @inline(__always)
  private static func takeProtocol(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt8? {
    if takesWord(bytes, &position, end, " tcp") { return IPProtocol.tcp }
    if takesWord(bytes, &position, end, " udp") { return IPProtocol.udp }
    if takesWord(bytes, &position, end, " ip") { return 0 }
    return takesWord(bytes, &position, end, " icmp") ? IPProtocol.icmp : nil
  }

  /// `any`, `any4`, `host ADDRESS` or `ADDRESS MASK`, with the blank before it.
  @inline(__always)
  private static func takeAddresses(
    _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
  ) -> (range: ClosedRange<UInt32>, isAny: Bool)? {
    if takes(bytes, &position, end, " host ") {
      guard let address = takeQuad(bytes, &position, end), isWordEnd(bytes, position, end) else { return nil }
      return (address...address, false)
    }
    if takesWord(bytes, &position, end, " any") { return (UInt32.min...UInt32.max, true) }
    if takesWord(bytes, &position, end, " any4") { return (UInt32.min...UInt32.max, false) }
    guard takes(bytes, &position, end, " "), let base = takeQuad(bytes, &position, end),
      takes(bytes, &position, end, " "), let mask = takeQuad(bytes, &position, end), isWordEnd(bytes, position, end)
    else { return nil }
    // Only a mask of leading ones leaves one interval.
    guard ~mask & (~mask &+ 1) == 0 else { return nil }
    return (base & mask...base | ~mask, false)
  }

  /// `eq|gt|lt PORT`, `range PORT PORT` or nothing (all ports); nil when they are not understood.
  @inline(__always)
  private static func takePorts(
    _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
  ) -> ClosedRange<UInt16>? {
    if takes(bytes, &position, end, " eq ") { return takePort(bytes, &position, end).map { $0...$0 } }
    if takes(bytes, &position, end, " range ") {
      guard let low = takePort(bytes, &position, end), takes(bytes, &position, end, " "),
        let high = takePort(bytes, &position, end), low <= high
      else { return nil }
      return low...high
    }
    if takes(bytes, &position, end, " gt ") {
      guard let port = takePort(bytes, &position, end), port < .max else { return nil }
      return port + 1...UInt16.max
    }
    if takes(bytes, &position, end, " lt ") {
      guard let port = takePort(bytes, &position, end), port > 0 else { return nil }
      return 0...port - 1
    }
    return 0...UInt16.max
  }

  @inline(__always)
  private static func takePort(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt16? {
    guard position < end, ASCII.isDigit(bytes[position]) else {
      return takePackedWord(bytes, &position, end).flatMap { portWords[$0] }
    }
    guard let number = takeDecimal(bytes, &position, end, digits: 5), isWordEnd(bytes, position, end) else {
      return nil
    }
    return UInt16(exactly: number.value)
  }

  private static let portWords = packedWords(ASATables.ports)

  /// `log …` and `inactive`; false when anything else stands there.
  @inline(__always)
  private mutating func takeOptions(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    // What is logged without `log` is told in `ASAReader.rule`.
    var isLogged = !flags.contains(.permits)
    while position < end {
      if takesWord(bytes, &position, end, " log") {
        isLogged = true
        if takesWord(bytes, &position, end, " disable") {
          isLogged = false
        } else if takesWord(bytes, &position, end, " default") {
          isLogged = !flags.contains(.permits)
        } else {
          Self.skipLevel(bytes, &position, end)
        }
        guard takes(bytes, &position, end, " interval ") else { continue }
        guard takeDecimal(bytes, &position, end, digits: 9) != nil, isWordEnd(bytes, position, end) else {
          return false
        }
      } else if takesWord(bytes, &position, end, " inactive") {
        flags.insert(.isDisabled)
      } else {
        return false
      }
    }
    flags.insert(isLogged ? .isLogged : .isNotLogged)
    return true
  }

  private static func skipLevel(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) {
    guard position < end else { return }
    for level in logLevels where takesWord(bytes, &position, end, level) { return }
  }

  private static let logLevels: [StaticString] = [
    " 0", " 1", " 2", " 3", " 4", " 5", " 6", " 7", " alerts", " critical", " debugging", " emergencies", " errors",
    " informational", " notifications", " warnings",
  ]
}
