import PacketSets
import RuleModel
import SourceText

/// What was read of one access list entry so far.
///
/// Parts that are not understood stay as wide as they can be, and `uncertainties` say so.
struct IOSEntry {
  var action = Action.unknown
  var protocols = IntervalSet<UInt8>.all
  /// A service group in the protocol's place.
  var services: ServiceBounds?
  var sources = AddressBounds(.all)
  var destinations = AddressBounds(.all)
  var sourcePorts = IntervalSet<UInt16>.all
  var destinationPorts = IntervalSet<UInt16>.all
  var icmpTypes = IntervalSet<UInt8>.all
  var icmpCodes = IntervalSet<UInt8>.all
  var tcpFlags = IntervalSet<UInt8>.all
  var states = SessionStates.all
  var isFragmentsOnly = false
  var isLogged = false
  var schedule: String?
  var hits: UInt64?
  var uncertainties: [Uncertainty] = []
  var objects: [ObjectReference] = []
}

/// What the service of most entries is made of; equal ones share their `Service`.
struct IOSServiceKey: Hashable {
  var protocols: IntervalSet<UInt8>
  var sourcePorts: IntervalSet<UInt16>
  var destinationPorts: IntervalSet<UInt16>
}

extension IOSReader {
  /// Reads the entry that the words are at; what is not understood widens the rule and is reported.
  mutating func rule(of list: IOSAccessList, number: Int, order: Int) -> Rule {
    var entry = IOSEntry()
    let family: AddressSet = list.kind == .ipv6 ? .allV6 : .allV4
    entry.sources = AddressBounds(family)
    entry.destinations = AddressBounds(family)
    let isUnderstood = list.kind == .standard ? parseStandard(&entry) : parse(&entry, list)
    if !isUnderstood {
      unrecognised("entry of access list `\(printable(list.name))`")
      entry.uncertainties.append(Uncertainty(range: here, reason: "the entry is not fully understood"))
    }
    return rule(entry, list, number, order, family)
  }

  private mutating func parseAction(_ entry: inout IOSEntry) -> Bool {
    if words.takes("permit") {
      entry.action = .permit
    } else if words.takes("deny") {
      // The router answers with ICMP "administratively prohibited" unless `no ip unreachables` is set.
      entry.action = .deny(rejects: false)
    } else {
      return false
    }
    return true
  }

  /// `permit|deny any | host A | A [WILDCARD] [log]`: source addresses only.
  private mutating func parseStandard(_ entry: inout IOSEntry) -> Bool {
    guard parseAction(&entry) else { return false }
    if words.takes("object-group") {
      guard let group = takeGroup(&entry) else { return false }
      entry.sources = group
    } else if words.takes("any") {
      entry.sources = AddressBounds(.allV4)
    } else {
      _ = words.takes("host")
      guard let word = words.take(), let quad = dottedQuad(word) else { return false }
      // `show access-lists` writes `10.0.0.0, wildcard bits 0.0.0.255`.
      if words.takes("wildcard") { _ = words.takes("bits") }
      guard let addresses = takeWildcard(behind: quad, isOptional: true) else { return false }
      entry.sources = addresses
    }
    return parseOptions(&entry)
  }

  private mutating func parse(_ entry: inout IOSEntry, _ list: IOSAccessList) -> Bool {
    if words.takes("evaluate") { return parseEvaluate(&entry) }
    if words.takes("dynamic") {
      // Lock-and-key: the entry opens for users who logged in by Telnet.
      guard let name = words.takeText() else { return false }
      if words.takes("timeout") { _ = words.take() }
      entry.uncertainties.append(
        Uncertainty(
          range: here, reason: "dynamic entry `\(printable(name))` is in force only for users who have authenticated"))
    }
    guard parseAction(&entry), parseProtocol(&entry, list) else { return false }
    guard let sources = takeSide(&entry, list) else { return false }
    entry.sources = sources
    guard let sourcePorts = takePorts() else { return false }
    entry.sourcePorts = sourcePorts
    guard let destinations = takeSide(&entry, list) else { return false }
    entry.destinations = destinations
    guard let destinationPorts = takePorts() else { return false }
    entry.destinationPorts = destinationPorts
    parseMessage(&entry, list)
    return parseOptions(&entry)
  }

  /// `evaluate NAME`: packets that answer those which `reflect NAME` entries permitted.
  ///
  /// Cisco IOS Security Configuration Guide, "Configuring IP Session Filtering (Reflexive Access Lists)".
  private mutating func parseEvaluate(_ entry: inout IOSEntry) -> Bool {
    guard let name = words.takeText() else { return false }
    entry.action = .permit
    entry.states = .reply
    if let protocols = config.reflexive[name] {
      entry.protocols = protocols
    } else {
      entry.protocols = .empty
      undefined(
        "reflexive access list", name, at: here, among: { $0.reflexive.keys.sorted() },
        consequence: "; no entry with `reflect` fills it")
    }
    entry.uncertainties.append(
      Uncertainty(range: here, reason: "`evaluate` permits what answers sessions that `reflect` entries let through"))
    return parseOptions(&entry)
  }

  // MARK: - Protocol

  private mutating func parseProtocol(_ entry: inout IOSEntry, _ list: IOSAccessList) -> Bool {
    if words.takes("object-group") {
      guard let name = words.takeText() else { return false }
      note(name, in: &entry)
      entry.services = services(of: name, at: here)
      return true
    }
    guard let protocols = takeProtocol(isV6: list.kind == .ipv6) else { return false }
    entry.protocols = protocols
    return true
  }

  /// Takes a protocol word or number; nil, with nothing taken, when it is neither.
  mutating func takeProtocol(isV6: Bool = false) -> IntervalSet<UInt8>? {
    if words.takes("ip") || words.takes("ipv6") { return .all }
    if words.takes("tcp") { return IntervalSet(IPProtocol.tcp) }
    if words.takes("udp") { return IntervalSet(IPProtocol.udp) }
    if words.takes("tcp-udp") { return IOSReader.tcpAndUDP }
    if isV6, words.takes("icmp") { return IntervalSet(IPProtocol.icmpV6) }
    if isV6, words.takes("hbh") { return IntervalSet(0) }
    if let number = words.takeNumber(UInt8.self) { return IntervalSet(number) }
    guard let word = words.next, let number = IOSTables.protocols[words.text(word)] else { return nil }
    _ = words.take()
    return IntervalSet(number)
  }

  static let tcpAndUDP = IntervalSet<UInt8>([IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp])

  // MARK: - Addresses

  private mutating func takeSide(_ entry: inout IOSEntry, _ list: IOSAccessList) -> AddressBounds? {
    if words.takes("any") { return AddressBounds(list.kind == .ipv6 ? .allV6 : .allV4) }
    if words.takes("object-group") || words.takes("addrgroup") { return takeGroup(&entry) }
    if words.takes("host") {
      guard let word = words.take() else { return nil }
      if let address = IPAddress(words.text(word)) { return AddressBounds(AddressSet(address)) }
      return hostName(words.text(word))
    }
    guard let word = words.next else { return nil }
    if file.bytes[word].contains(UInt8(ascii: "/")), let prefix = IPPrefix(words.text(word)) {
      _ = words.take()
      return AddressBounds(AddressSet(prefix))
    }
    guard list.kind != .ipv6, let quad = words.quad(word) else { return nil }
    _ = words.take()
    return takeWildcard(behind: quad, isOptional: false)
  }

  /// A name that the device resolved when the entry was typed.
  private mutating func hostName(_ name: String) -> AddressBounds {
    issues.append(
      ReadIssue(
        kind: .dynamicObject, range: here, message: "the address of `\(printable(name))` is not in this file",
        help: "use its address; the entry is checked for every address it may have", couldChangeVerdict: true))
    return .unknown(Uncertainty(range: here, reason: "host name `\(printable(name))`: its address is not in this file"))
  }

  private mutating func takeGroup(_ entry: inout IOSEntry) -> AddressBounds? {
    guard let name = words.takeText() else { return nil }
    note(name, in: &entry)
    return addresses(of: name, at: here)
  }

  private func note(_ name: String, in entry: inout IOSEntry) {
    guard let group = config.groups[name] else { return }
    entry.objects.append(ObjectReference(name: name, range: group.source))
  }

  private func dottedQuad(_ word: Range<Int>) -> UInt32? {
    let end = file.bytes[word.upperBound - 1] == UInt8(ascii: ",") ? word.upperBound - 1 : word.upperBound
    return words.quad(word.lowerBound..<end)
  }

  /// Takes a wildcard mask: ones are bits that do not matter, in any pattern.
  ///
  /// - Parameter isOptional: standard lists leave out 0.0.0.0.
  private mutating func takeWildcard(behind base: UInt32, isOptional: Bool) -> AddressBounds? {
    guard let wildcard = words.next.flatMap(words.quad) else {
      return isOptional ? AddressBounds(AddressSet(IPAddress(v4: base))) : nil
    }
    _ = words.take()
    if let addresses = AddressSet(v4: base, mask: ~wildcard) { return AddressBounds(addresses) }
    gap(
      changes: true,
      "the wildcard mask stands for more address ranges than are told apart; the entry is open between them")
    // All addresses that share the leading bits which matter.
    let leading = wildcard.leadingZeroBitCount
    let enclosing = AddressSet(v4: base, mask: leading == 0 ? 0 : ~(UInt32.max >> UInt32(leading))) ?? .allV4
    return AddressBounds(
      lower: AddressSet(IPAddress(v4: base & ~wildcard)), upper: enclosing,
      uncertainties: [Uncertainty(range: here, reason: "the wildcard mask is not told apart address by address")])
  }

  // MARK: - Ports and messages

  /// Takes `eq P…`, `neq P…`, `lt P`, `gt P` or `range P P`; all ports when none stands there, nil when not understood.
  mutating func takePorts() -> IntervalSet<UInt16>? {
    if words.takes("eq") || words.takes("neq") {
      let isNegated = matches(file.bytes.span, words.ranges[words.position - 1], "neq")
      // Up to ten ports ("Creating an IP Access List to Filter … Noncontiguous Ports").
      var ports: [ClosedRange<UInt16>] = []
      while let port = takePort() { ports.append(port...port) }
      guard !ports.isEmpty else { return nil }
      return isNegated ? IntervalSet(ports).complement : IntervalSet(ports)
    }
    if words.takes("range") {
      guard let a = takePort(), let b = takePort() else { return nil }
      return IntervalSet(min(a, b)...max(a, b))
    }
    if words.takes("gt") {
      guard let port = takePort() else { return nil }
      return port == .max ? .empty : IntervalSet(port + 1...UInt16.max)
    }
    if words.takes("lt") {
      guard let port = takePort() else { return nil }
      return port == 0 ? .empty : IntervalSet(0...port - 1)
    }
    return .all
  }

  mutating func takePort() -> UInt16? {
    if let number = words.takeNumber(UInt16.self) { return number }
    guard let word = words.next, let port = IOSTables.ports[words.text(word)] else { return nil }
    _ = words.take()
    return port
  }

  /// An ICMP message or type with code, or an IGMP type.
  private mutating func parseMessage(_ entry: inout IOSEntry, _ list: IOSAccessList) {
    if entry.protocols == IntervalSet(2), !words.isAtEnd, isIGMPType {
      _ = words.take()
      entry.uncertainties.append(Uncertainty(range: here, reason: "IGMP types are not told apart"))
      return
    }
    let isV6 = entry.protocols == IntervalSet(IPProtocol.icmpV6)
    guard isV6 || entry.protocols == IntervalSet(IPProtocol.icmp) else { return }
    if let message = takeMessage(isV6: isV6) {
      entry.icmpTypes = IntervalSet(message.type)
      if let code = message.code { entry.icmpCodes = IntervalSet(code) }
    }
  }

  private var isIGMPType: Bool {
    guard let word = words.next else { return false }
    let types: Set<String> = [
      "dvmrp", "host-query", "host-report", "pim", "trace", "v2-leave", "v2-report", "v3-report",
    ]
    return ASCII.isDigit(file.bytes[word.lowerBound]) || types.contains(words.text(word))
  }

  /// Takes an ICMP message word, or a type with or without code; nil, with nothing taken, when it is neither.
  mutating func takeMessage(isV6: Bool) -> (type: UInt8, code: UInt8?)? {
    if let type = words.takeNumber(UInt8.self) { return (type, words.takeNumber(UInt8.self)) }
    guard let word = words.next else { return nil }
    let text = words.text(word)
    guard let message = isV6 ? IOSTables.icmpV6[text] : IOSTables.icmp[text] else { return nil }
    _ = words.take()
    return message
  }
}
