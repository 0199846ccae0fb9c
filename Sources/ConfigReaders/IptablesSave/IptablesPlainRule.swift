import PacketSets
import RuleModel
import SourceText

/// The usual rule of an IPv4 table: networks, TCP, UDP or ICMP, ports, connection states, and a verdict.
///
/// Read from its bytes in one go, in the order in which iptables-save writes the options. Whatever is more than that
/// (interfaces, negation, other matches and targets, quotes) is for `IptablesRuleReader`, and for what both read they
/// must give the same rule.
struct IptablesPlainRule {
  var sources = UInt32.min...UInt32.max
  var destinations = UInt32.min...UInt32.max
  var service: PlainService { makeService() }
  /// Verdicts of iptables are logged by rules of their own.
  var flags: PlainRule.Flags = .isNotLogged
  private var states = SessionStates.all
  /// The protocol's number; 0 for any.
  private var proto: UInt8 = 0
  private var sourcePorts = UInt16.min...UInt16.max
  private var destinationPorts = UInt16.min...UInt16.max
  private var types = UInt8.min...UInt8.max
  private var codes = UInt8.min...UInt8.max
  private var seen: Seen = []

  /// Options that may stand in a rule once.
  private struct Seen: OptionSet {
    let rawValue: UInt8
    static var source: Seen { Seen(rawValue: 1) }
    static var destination: Seen { Seen(rawValue: 2) }
    static var sourcePorts: Seen { Seen(rawValue: 4) }
    static var destinationPorts: Seen { Seen(rawValue: 8) }
    static var types: Seen { Seen(rawValue: 16) }
    static var states: Seen { Seen(rawValue: 32) }
  }

  /// Reads what stands behind the chain's name, from the blank on; nil when the rule is not usual.
  ///
  /// - Parameter readsStates: whether a test of the connection state sees the state as it is.
  init?(_ bytes: Span<UInt8>, from start: Int, to end: Int, readsStates: Bool) {
    var end = end
    while end > start, ASCII.isBlank(bytes[end - 1]) { end -= 1 }
    var position = start
    while !takes(bytes, &position, end, " -j ") {
      guard takeOption(bytes, &position, end) else { return nil }
    }
    if !readsStates, seen.contains(.states) { return nil }
    guard takeVerdict(bytes, &position, end), position == end else { return nil }
    flags.insert(.onlyStates(states))
  }

  @inline(__always)
  private func makeService() -> PlainService {
    if proto == 0 { return .any }
    if seen.contains(.types) { return PlainService(proto: proto, types: types, codes: codes) }
    return PlainService(proto: proto, sourcePorts: sourcePorts, destinationPorts: destinationPorts)
  }

  /// False when the option is not usual, or stands there twice.
  @inline(__always)
  private mutating func takeOption(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    if takes(bytes, &position, end, " -s ") {
      guard first(.source), let network = Self.takeNetwork(bytes, &position, end) else { return false }
      sources = network
      return true
    }
    if takes(bytes, &position, end, " -d ") {
      guard first(.destination), let network = Self.takeNetwork(bytes, &position, end) else { return false }
      destinations = network
      return true
    }
    if takes(bytes, &position, end, " -p ") { return takeProtocol(bytes, &position, end) }
    if takes(bytes, &position, end, " -m ") { return takeMatch(bytes, &position, end) }
    let hasPorts = proto == IPProtocol.tcp || proto == IPProtocol.udp
    if hasPorts, takes(bytes, &position, end, " --dport ") {
      guard first(.destinationPorts), let ports = Self.takePorts(bytes, &position, end) else { return false }
      destinationPorts = ports
      return true
    }
    if hasPorts, takes(bytes, &position, end, " --sport ") {
      guard first(.sourcePorts), let ports = Self.takePorts(bytes, &position, end) else { return false }
      sourcePorts = ports
      return true
    }
    guard proto == IPProtocol.icmp, takes(bytes, &position, end, " --icmp-type "), first(.types) else { return false }
    return takeTypes(bytes, &position, end)
  }

  @inline(__always)
  private mutating func first(_ option: Seen) -> Bool { seen.insert(option).inserted }

  @inline(__always)
  private mutating func takeProtocol(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    guard proto == 0 else { return false }
    if takesWord(bytes, &position, end, "tcp") {
      proto = IPProtocol.tcp
    } else if takesWord(bytes, &position, end, "udp") {
      proto = IPProtocol.udp
    } else if takesWord(bytes, &position, end, "icmp") {
      proto = IPProtocol.icmp
    }
    return proto != 0
  }

  /// A match extension: that of the protocol, whose options follow, or the connection's state, with its option.
  @inline(__always)
  private mutating func takeMatch(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    switch proto {
    case IPProtocol.tcp where takesWord(bytes, &position, end, "tcp"): return true
    case IPProtocol.udp where takesWord(bytes, &position, end, "udp"): return true
    case IPProtocol.icmp where takesWord(bytes, &position, end, "icmp"): return true
    default: break
    }
    guard takes(bytes, &position, end, "conntrack --ctstate ") || takes(bytes, &position, end, "state --state ") else {
      return false
    }
    return first(.states) && takeStates(bytes, &position, end)
  }

  private mutating func takeStates(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    states = []
    while true {
      if takes(bytes, &position, end, "NEW") {
        states.insert(.new)
      } else if takes(bytes, &position, end, "ESTABLISHED") {
        states.insert(.reply)
      } else if takes(bytes, &position, end, "RELATED") {
        states.insert(.related)
      } else if takes(bytes, &position, end, "INVALID") {
        states.insert(.invalid)
      } else if takes(bytes, &position, end, "UNTRACKED") {
        states.insert(.untracked)
      } else {
        return false
      }
      if isWordEnd(bytes, position, end) { return true }
      guard takes(bytes, &position, end, ",") else { return false }
    }
  }

  /// `TYPE` or `TYPE/CODE` by number; 255 stands for any type.
  private mutating func takeTypes(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    guard let type = takeDecimal(bytes, &position, end, digits: 3), type.value < 255 else { return false }
    types = UInt8(type.value)...UInt8(type.value)
    if isWordEnd(bytes, position, end) { return true }
    guard takes(bytes, &position, end, "/"), let code = takeDecimal(bytes, &position, end, digits: 3),
      let number = UInt8(exactly: code.value), isWordEnd(bytes, position, end)
    else { return false }
    codes = number...number
    return true
  }

  /// `ADDRESS` or `ADDRESS/LENGTH`.
  @inline(__always)
  private static func takeNetwork(
    _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
  ) -> ClosedRange<UInt32>? {
    guard let address = takeQuad(bytes, &position, end) else { return nil }
    if isWordEnd(bytes, position, end) { return address...address }
    guard takes(bytes, &position, end, "/"), let length = takeDecimal(bytes, &position, end, digits: 2),
      length.value <= 32, isWordEnd(bytes, position, end)
    else { return nil }
    let wild = length.value == 0 ? UInt32.max : (1 << (32 - length.value)) &- 1
    return address & ~wild...address | wild
  }

  /// `PORT`, `LOW:HIGH`, `:HIGH` or `LOW:` by number.
  @inline(__always)
  private static func takePorts(
    _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
  ) -> ClosedRange<UInt16>? {
    if takes(bytes, &position, end, ":") {
      guard let high = takePort(bytes, &position, end), isWordEnd(bytes, position, end) else { return nil }
      return 0...high
    }
    guard let low = takePort(bytes, &position, end) else { return nil }
    if isWordEnd(bytes, position, end) { return low...low }
    guard takes(bytes, &position, end, ":") else { return nil }
    if isWordEnd(bytes, position, end) { return low...UInt16.max }
    guard let high = takePort(bytes, &position, end), low <= high, isWordEnd(bytes, position, end) else { return nil }
    return low...high
  }

  /// A leading zero means octal to iptables, so such a number is left to be reported.
  @inline(__always)
  private static func takePort(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> UInt16? {
    guard let number = takeDecimal(bytes, &position, end, digits: 5), number.digits == 1 || !number.hasLeadingZero
    else { return nil }
    return UInt16(exactly: number.value)
  }

  @inline(__always)
  private mutating func takeVerdict(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    if takesWord(bytes, &position, end, "ACCEPT") {
      flags.insert(.permits)
      return true
    }
    if takesWord(bytes, &position, end, "DROP") { return true }
    guard takesWord(bytes, &position, end, "REJECT") else { return false }
    flags.insert(.rejects)
    guard takes(bytes, &position, end, " --reject-with ") else { return true }
    // The name of an ICMP code or `tcp-reset`: how the sender is told makes no difference here.
    let start = position
    while position < end, ASCII.isDigit(bytes[position]) || bytes[position] &- 97 < 26 || bytes[position] == 0x2D {
      position += 1
    }
    return position > start && bytes[start] != 0x2D
  }
}
