import PacketSets
import RuleModel
import SourceText

/// What the columns of a rule say about packets.
extension HiSecOSReader {
  /// The packets of a rule row; its columns begin with `prefix` (`hm2L3`, `hm2DynFw`, `hm2Dnat`).
  mutating func match(_ row: MibRow, _ prefix: String) -> MatchBounds {
    var open: [Uncertainty] = []
    let sources = addresses(row, prefix + "SourceAddress")
    let destinations = addresses(row, prefix + "TargetAddress")
    var services = protocols(row, prefix)
    let parameters = parameters(row, prefix, &open)
    services.upper = services.upper.compactMap { parameters.narrowed($0) }
    services.lower = services.lower.compactMap { parameters.narrowed($0) }
    var match = MatchBounds(
      sources: sources, destinations: destinations, services: services, states: parameters.states)
    for reason in open { match = match.uncertain(reason) }
    return match
  }

  // MARK: Addresses

  /// `any`, an address, a network in CIDR notation, each with `!` before it (RM GUI HiSecOS 3.0, "Packet Filter Rule").
  mutating func addresses(_ row: MibRow, _ column: String) -> AddressBounds {
    let text = row.text(column) ?? "any"
    if text == "any" || text.isEmpty { return AddressBounds(.all) }
    let isNegated = text.hasPrefix("!")
    if let network = IPPrefix(text.drop { $0 == "!" || $0 == " " }) {
      let set = AddressSet(network)
      let all: AddressSet = network.base.family == .v4 ? .allV4 : .allV6
      return AddressBounds(isNegated ? all.subtracting(set) : set)
    }
    return .unknown(unclear(row.range(column), "\(quoted(text)) is no address or network"))
  }

  mutating func unclear(_ range: SourceRange, _ reason: String) -> Uncertainty {
    gap(range, .notRecognised, reason)
    return Uncertainty(range: range, reason: reason)
  }

  // MARK: Protocols and ports

  /// IP protocols by the numbers of `hm2L3Proto`, which are its own: tcp is 4 (HM2-FW-MIB).
  private static let protocols: [Int: IntervalSet<UInt8>] = [
    1: IntervalSet(IPProtocol.icmp), 2: IntervalSet(2), 3: IntervalSet(4), 4: IntervalSet(IPProtocol.tcp),
    5: IntervalSet(IPProtocol.udp), 6: IntervalSet(IPProtocol.esp), 7: IntervalSet(IPProtocol.ah),
    8: IntervalSet(IPProtocol.icmpV6), 9: .all,
  ]

  mutating func protocols(_ row: MibRow, _ prefix: String) -> ServiceBounds {
    let written = row.text(prefix + "Proto") ?? "9"
    guard let numbers = Int(written).flatMap({ Self.protocols[$0] }) else {
      return .unknown(unclear(row.range(prefix + "Proto"), "\(quoted(written)) is no protocol of HM2-FW-MIB"))
    }
    let base = Service(protocols: numbers)
    guard let from = ports(row, prefix + "SourcePort"), let to = ports(row, prefix + "TargetPort") else {
      let column = ports(row, prefix + "SourcePort") == nil ? "SourcePort" : "TargetPort"
      let reason = unclear(
        row.range(prefix + column), "\(quoted(row.text(prefix + column) ?? "")) is no port, list or range")
      return ServiceBounds(lower: [], upper: [base], uncertainties: [reason])
    }
    if from.isAll, to.isAll { return ServiceBounds([base]) }
    var service = base
    service.sourcePorts = from
    service.destinationPorts = to
    if numbers.isSubset(of: IPProtocol.withPorts) { return ServiceBounds([service]) }
    // The manual does not say what ports mean where the protocol need not have any.
    service.protocols = numbers.intersection(IPProtocol.withPorts)
    let reason = Uncertainty(
      range: row.range(prefix + "TargetPort"), reason: "the rule names ports, but its protocol need not have any")
    return ServiceBounds(
      lower: service.protocols.isEmpty ? [] : [service], upper: [base], uncertainties: [reason])
  }

  /// `any`, `80`, `80,443`, `1000-2000`, `!80`; nil for anything else.
  func ports(_ row: MibRow, _ column: String) -> IntervalSet<UInt16>? {
    let text = row.text(column) ?? "any"
    if text == "any" || text.isEmpty { return .all }
    let isNegated = text.hasPrefix("!")
    let list = isNegated ? String(text.dropFirst()) : text
    // Whether `!` in front of a list takes in its later members is not documented.
    if isNegated, list.contains(",") { return nil }
    guard let named: IntervalSet<UInt16> = numbers(list) else { return nil }
    return isNegated ? named.complement : named
  }

  // MARK: Parameters

  /// `hm2L3RuleParams`: `type=8,code=0`, `state=new|rel,flags=syn` and so on (RM GUI HiSecOS 3.0, "Packet Filter Rule").
  private mutating func parameters(
    _ row: MibRow, _ prefix: String, _ open: inout [Uncertainty]
  ) -> HiSecOSParameters {
    var result = HiSecOSParameters()
    let column = prefix + "RuleParams"
    guard let text = row.text(column), !text.isEmpty, text != "none" else { return result }
    let range = row.range(column)
    let number = row.number(prefix + "Proto") ?? 9
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map { String($0.filter { $0 != " " }) }
      let value = pair.count == 2 ? pair[1] : ""
      switch (pair.first ?? "", UInt8(value)) {
      case ("type", let type?) where number == 1 || number == 8: result.types = IntervalSet(type)
      case ("code", let code?) where number == 1 || number == 8: result.codes = IntervalSet(code)
      case ("state", _):
        if let states = sessionStates(value) {
          result.states = states
        } else {
          open.append(unclear(range, "of the states in \(quoted(String(part))) only new and rel are documented"))
        }
      case ("flags", _) where number == 4:
        result.flags = flags(value)
        open.append(Uncertainty(range: range, reason: "which other TCP flags may be set is not documented"))
      case ("mac", _): open.append(Uncertainty(range: range, reason: "the rule is for one MAC address only"))
      case ("frags", _): open.append(Uncertainty(range: range, reason: "the rule depends on fragmentation"))
      default: open.append(unclear(range, "the parameter \(quoted(String(part))) is not known for this protocol"))
      }
    }
    return result
  }

  private func sessionStates(_ words: String) -> SessionStates? {
    var states: SessionStates = []
    for word in words.split(separator: "|") {
      switch word {
      case "new": states.insert(.new)
      case "rel": states.insert(.related)
      default: return nil
      }
    }
    return states.isEmpty ? nil : states
  }

  /// Packets with any of the flags (RFC 9293: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32).
  private func flags(_ words: String) -> IntervalSet<UInt8> {
    let bits: [Substring: UInt8] = ["fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32]
    let named = words.split(separator: "|").map { bits[$0] }
    if named.isEmpty || named.contains(nil) { return .all }
    let mask = named.reduce(UInt8(0)) { $0 | ($1 ?? 0) }
    return IntervalSet((UInt8.min...UInt8.max).filter { $0 & mask != 0 }.map { $0...$0 })
  }
}

/// What the parameters of a rule add to its protocol.
private struct HiSecOSParameters {
  var states: SessionStates = .all
  var types: IntervalSet<UInt8> = .all
  var codes: IntervalSet<UInt8> = .all
  var flags: IntervalSet<UInt8> = .all

  func narrowed(_ service: Service) -> Service? {
    var limit = Service(protocols: .all)
    limit.icmpTypes = types
    limit.icmpCodes = codes
    limit.tcpFlags = flags
    return service.intersection(limit)
  }
}

/// Numbers and ranges `a-b` between commas; nil when something else stands there.
func numbers<Number: FixedWidthInteger & UnsignedInteger & Sendable>(_ text: String) -> IntervalSet<Number>? {
  var ranges: [ClosedRange<Number>] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Number($0.filter { $0 != " " }) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
      return nil
    }
    ranges.append(first...last)
  }
  return IntervalSet(ranges)
}
