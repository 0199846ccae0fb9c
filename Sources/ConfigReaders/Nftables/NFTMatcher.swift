import PacketSets
import RuleModel
import SourceText

/// One alternative of what a rule takes: interfaces and packets.
struct NFTCase {
  var ingress: InterfaceMatch = .any
  var egress: InterfaceMatch = .any
  var bounds: MatchBounds
  /// Whether the session state is asked for, which some chains see differently.
  var testsState = false

  init(_ bounds: MatchBounds) { self.bounds = bounds }

  func uncertain(_ why: Uncertainty) -> NFTCase {
    var result = self
    result.bounds = bounds.uncertain(why)
    return result
  }

  /// What both take; nil when that is nothing.
  func meeting(_ other: NFTCase, _ range: SourceRange) -> NFTCase? {
    guard let first = ingress.meeting(other.ingress), let second = egress.meeting(other.egress) else { return nil }
    var both = NFTCase(bounds.intersection(other.bounds))
    both.ingress = first.both
    both.egress = second.both
    both.testsState = testsState || other.testsState
    if !first.isExact || !second.isExact {
      both = both.uncertain(
        Uncertainty(range: range, reason: "several interface patterns of a rule are not combined exactly"))
    }
    // What one part leaves open another may rule out (`meta l4proto tcp th dport 80`).
    if !both.bounds.isExact, both.bounds.lower == both.bounds.upper { both.bounds = MatchBounds(both.bounds.upper) }
    return both.bounds.upper.isEmpty ? nil : both
  }
}

/// What a chain can know of a packet, by the hooks that lead to it.
struct NFTContext: OptionSet, Hashable {
  let rawValue: UInt8
  /// Connection tracking has looked at the packet, or has not.
  static let seesTracking = NFTContext(rawValue: 1)
  static let beforeTracking = NFTContext(rawValue: 2)
  static let knowsEgress = NFTContext(rawValue: 4)
  static let lacksEgress = NFTContext(rawValue: 8)
  static let knowsIngress = NFTContext(rawValue: 16)
  /// The input interface is shown or not, by the kernel's age.
  static let mayLackIngress = NFTContext(rawValue: 32)
  static let isForTranslation = NFTContext(rawValue: 64)
  static let isForFiltering = NFTContext(rawValue: 128)

  /// Connection tracking has priority -200 on prerouting (kernel, `nf_ip_hook_priorities`).
  static let trackingPriority = -200

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ base: NFTBase) {
    self = base.kind == .nat ? .isForTranslation : .isForFiltering
    switch base.hook {
    case .ingress: formUnion([.beforeTracking, .lacksEgress, .knowsIngress])
    case .prerouting:
      formUnion([.lacksEgress, .knowsIngress])
      if base.kind == .nat || base.priority >= Self.trackingPriority { insert(.seesTracking) }
      if base.kind != .nat, base.priority <= Self.trackingPriority { insert(.beforeTracking) }
    case .input: formUnion([.seesTracking, .lacksEgress, .knowsIngress])
    case .forward: formUnion([.seesTracking, .knowsEgress, .knowsIngress])
    case .output, .postrouting, .egress: formUnion([.seesTracking, .knowsEgress, .mayLackIngress])
    }
  }
}

/// Tells which packets a match takes.
struct NFTMatcher {
  var resolver: NFTResolver
  /// Packets that destination translation can have made, as new ones; nil while that is not known.
  var translated: [PacketMatch]?
  var context: NFTContext = []

  /// How many products one rule may be made of; beyond it the rule is known between bounds only.
  static let productLimit = 50_000

  init(_ resolver: NFTResolver) { self.resolver = resolver }

  /// The alternatives that take both.
  func both(_ first: [NFTCase], _ second: [NFTCase], _ range: SourceRange) -> [NFTCase] {
    func size(_ cases: [NFTCase]) -> Int { cases.reduce(0) { $0 + $1.bounds.upper.count } }
    guard size(first) * size(second) <= Self.productLimit else {
      let why = Uncertainty(range: range, reason: "the rule combines too many values to be followed exactly")
      return first.map { $0.uncertain(why) }
    }
    return first.flatMap { one in second.compactMap { one.meeting($0, range) } }
  }

  /// The packets for which `key comparison value` holds.
  mutating func cases(
    _ key: NFTExpression, _ comparison: NFTComparison, _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    switch key {
    case .selector(let selector):
      return both(dependency(selector), field(selector, comparison, value, place), place.range)
    case .masked(.selector(let selector), let mask):
      return both(dependency(selector), masked(selector, mask, comparison, value, place), place.range)
    case .concatenation(let keys): return concatenation(keys, comparison, value, place)
    case .unknown(let reason): return [open(reason, place)]
    default: return [open("what the rule looks at is not understood", place)]
    }
  }

  private func dependency(_ selector: NFTSelector) -> [NFTCase] {
    [NFTCase(MatchBounds(NFTField.dependency(selector)))]
  }

  func open(_ reason: String, _ place: NFTResolver.Place) -> NFTCase {
    NFTCase(MatchBounds.any.uncertain(place.doubt(reason)))
  }

  private mutating func field(
    _ selector: NFTSelector, _ comparison: NFTComparison, _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    let isNegated = comparison == .unequal || comparison == .noneSet
    switch NFTField(selector) {
    case .address(let isSource, let family):
      guard let set = compared(comparison, value, family, place) else {
        return [open("the comparison is not modelled", place)]
      }
      return [NFTCase(address(set, isSource))]
    case .port(let isSource, let protocols, let isLoose):
      let ports = compared(comparison, resolver.numbers(value, "port", place, NFTNames.port))
      return [port(ports, isSource, protocols, isLoose: isLoose, place)]
    case .proto: return [proto(compared(comparison, resolver.numbers(value, "protocol", place, NFTNames.proto)))]
    case .nextHeader:
      return [
        nextHeader(compared(comparison, resolver.numbers(value, "protocol", place, NFTNames.proto)), isNegated, place)
      ]
    case .icmp(let isCode, let family):
      let names =
        family == .v4
        ? (isCode ? NFTNames.icmpCodes : NFTNames.icmpTypes) : (isCode ? NFTNames.icmpV6Codes : NFTNames.icmpV6Types)
      let kind = "ICMP\(family == .v4 ? "" : "v6") \(isCode ? "code" : "type")"
      let numbers = compared(comparison, resolver.numbers(value, kind, place, NFTNames.small(names)))
      return [icmp(numbers, isCode, family)]
    case .tcpFlags, .state, .status, .direction: return bitField(selector, nil, comparison, value, place)
    case .family(let v4, let v6, let names):
      let numbers = compared(comparison, resolver.numbers(value, "protocol family", place, NFTNames.small(names)))
      return [family(numbers, v4, v6)]
    case .interface(let isEgress): return interface(isEgress, isNegated, value, place)
    case .schedule: return [open(NFTReasons.schedule, place)]
    case .open(let reason): return [open(reason, place)]
    }
  }

  /// `ip saddr & mask == value`.
  private mutating func masked(
    _ selector: NFTSelector, _ mask: NFTExpression, _ comparison: NFTComparison, _ value: NFTExpression,
    _ place: NFTResolver.Place
  ) -> [NFTCase] {
    let isNegated = comparison == .unequal
    switch NFTField(selector) {
    case .address(let isSource, let family):
      guard isNegated || comparison == .equal || comparison == .implicit,
        case .constant(let base) = resolver.resolved(value), case .constant(let bits) = resolver.resolved(mask),
        let set = MaskedAddresses.parse("\(base)/\(bits)"), set.upper.isSubset(of: MaskedAddresses.all(family))
      else { return [open("the address mask is not understood", place)] }
      let isExact = set.lower == set.upper
      var bounds = AddressBounds(
        lower: set.lower, upper: set.upper,
        uncertainties: isExact ? [] : [place.doubt("the address mask has holes")])
      if isNegated { bounds = AddressBounds(MaskedAddresses.all(family)).subtracting(bounds) }
      return [NFTCase(address(bounds, isSource))]
    case .tcpFlags, .state, .status: return bitField(selector, mask, comparison, value, place)
    case .open(let reason): return [open(reason, place)]
    default: return [open("masks of `\(selector.text)` are not modelled", place)]
    }
  }
}

// Comparisons.
extension NFTMatcher {
  private mutating func compared(
    _ comparison: NFTComparison, _ value: NFTExpression, _ family: IPFamily, _ place: NFTResolver.Place
  ) -> AddressBounds? {
    let all = AddressBounds(MaskedAddresses.all(family))
    let set = resolver.addresses(value, family, place)
    switch comparison {
    case .equal, .implicit: return set
    case .unequal: return all.subtracting(set)
    case .noneSet: return nil
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard set.isExact, let edge = set.upper.first, set.upper == AddressSet(edge) else { return nil }
      let top = IPAddress(family: family, value: .max)
      let bottom = IPAddress(family: family, value: 0)
      let isBelow = comparison == .less || comparison == .lessOrEqual
      let range = isBelow ? AddressSet(first: bottom, last: edge) : AddressSet(first: edge, last: top)
      let keepsEdge = comparison == .lessOrEqual || comparison == .greaterOrEqual
      return range.map { AddressBounds(keepsEdge ? $0 : $0.subtracting(AddressSet(edge))) }
    }
  }

  private func compared(_ comparison: NFTComparison, _ numbers: NFTNumbers) -> NFTNumbers {
    func numbersBeyond(_ set: (UInt16) -> IntervalSet<UInt16>) -> NFTNumbers {
      guard numbers.uncertainties.isEmpty, let edge = numbers.upper.intervals.first?.lowerBound else {
        var open = NFTNumbers(.empty)
        open.upper = .all
        open.uncertainties = numbers.uncertainties
        return open
      }
      return NFTNumbers(set(edge))
    }
    switch comparison {
    case .equal, .implicit: return numbers
    case .unequal, .noneSet: return numbers.complement
    case .less: return numbersBeyond { IntervalSet(0...$0).subtracting(IntervalSet($0)) }
    case .lessOrEqual: return numbersBeyond { IntervalSet(0...$0) }
    case .greater: return numbersBeyond { IntervalSet($0...UInt16.max).subtracting(IntervalSet($0)) }
    case .greaterOrEqual: return numbersBeyond { IntervalSet($0...UInt16.max) }
    }
  }
}

// What the fields say about packets.
extension NFTMatcher {
  private func address(_ set: AddressBounds, _ isSource: Bool) -> MatchBounds {
    // A packet has one family, so the other side is limited to it anyway.
    isSource
      ? MatchBounds(sources: set, destinations: AddressBounds(.all), services: ServiceBounds([.any]))
      : MatchBounds(sources: AddressBounds(.all), destinations: set, services: ServiceBounds([.any]))
  }

  private func made(_ numbers: NFTNumbers, _ service: (IntervalSet<UInt16>) -> [Service]) -> NFTCase {
    let upper = PacketMatch(services: service(numbers.upper))
    guard !numbers.uncertainties.isEmpty else { return NFTCase(MatchBounds(upper)) }
    let lower = PacketMatch(services: service(numbers.lower))
    return NFTCase(
      MatchBounds(lower: [lower], upper: [upper], uncertainties: numbers.uncertainties))
  }

  private func port(
    _ ports: NFTNumbers, _ isSource: Bool, _ protocols: IntervalSet<UInt8>, isLoose: Bool,
    _ place: NFTResolver.Place
  ) -> NFTCase {
    func service(_ ports: IntervalSet<UInt16>) -> [Service] {
      guard !ports.isEmpty else { return [] }
      var service = Service(protocols: protocols)
      if isSource { service.sourcePorts = ports } else { service.destinationPorts = ports }
      return [service]
    }
    var result = made(ports, service)
    guard isLoose else { return result }
    // nft(8), RAW PAYLOAD EXPRESSION: without a test of the protocol, other packets' bytes are compared too.
    let others = PacketMatch(services: [Service(protocols: protocols.complement)])
    let why = place.doubt("packets without ports are compared by what stands in the ports' place")
    result.bounds = MatchBounds(
      lower: result.bounds.lower, upper: result.bounds.upper + [others],
      uncertainties: result.bounds.uncertainties + [why])
    return result
  }

  private func proto(_ numbers: NFTNumbers) -> NFTCase {
    made(numbers) { numbers in
      let protocols = numbers.bytes
      return protocols.isEmpty ? [] : [Service(protocols: protocols)]
    }
  }

  /// The first next header is the protocol only when the packet has no extension headers.
  private func nextHeader(_ numbers: NFTNumbers, _ isNegated: Bool, _ place: NFTResolver.Place) -> NFTCase {
    var open = numbers
    open.uncertainties.append(place.doubt("IPv6 extension headers are not modelled; `meta l4proto` looks behind them"))
    let extensionHeaders = IntervalSet<UInt16>([0...0, 43...44, 50...51, 60...60, 135...135, 139...140])
    if isNegated || numbers.upper.overlaps(extensionHeaders) { open.upper = .all }
    if !isNegated { open.lower = .empty }
    return proto(open)
  }

  private func icmp(_ numbers: NFTNumbers, _ isCode: Bool, _ family: IPFamily) -> NFTCase {
    made(numbers) { numbers in
      let bytes = numbers.bytes
      guard !bytes.isEmpty else { return [] }
      var service = Service(proto: family == .v4 ? IPProtocol.icmp : IPProtocol.icmpV6)
      if isCode { service.icmpCodes = bytes } else { service.icmpTypes = bytes }
      return [service]
    }
  }

  private func family(_ numbers: NFTNumbers, _ v4: UInt16, _ v6: UInt16) -> NFTCase {
    func set(_ numbers: IntervalSet<UInt16>) -> AddressSet {
      AddressSet(v4: numbers.contains(v4) ? .all : .empty, v6: numbers.contains(v6) ? .all : .empty)
    }
    let bounds = AddressBounds(
      lower: set(numbers.lower), upper: set(numbers.upper), uncertainties: numbers.uncertainties)
    return NFTCase(MatchBounds(sources: bounds, destinations: bounds, services: ServiceBounds([.any])))
  }

  private mutating func interface(
    _ isEgress: Bool, _ isNegated: Bool, _ value: NFTExpression, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    let names = resolver.interfaces(value, place)
    var result = NFTCase(.any)
    let match = InterfaceMatch(names.patterns, isNegated: isNegated)
    guard names.uncertainties.isEmpty else {
      result.bounds = MatchBounds(lower: [], upper: [.any], uncertainties: names.uncertainties)
      return [result]
    }
    if isEgress { result.egress = match } else { result.ingress = match }
    let isKnown = context.contains(isEgress ? .knowsEgress : .knowsIngress)
    let isLacking = context.contains(isEgress ? .lacksEgress : .mayLackIngress)
    guard isLacking else { return [result] }
    // Before routing there is no output interface: no name is equal to none, and old kernels fail on `!=`.
    if isEgress, !isKnown, !isNegated { return [] }
    if isNegated { result = NFTCase(.any) }
    return [result.uncertain(place.doubt("the \(isEgress ? "output" : "input") interface is not always known here"))]
  }
}

extension IntervalSet where Bound == UInt16 {
  /// The numbers below 256.
  fileprivate var bytes: IntervalSet<UInt8> {
    IntervalSet<UInt8>(
      intervals.compactMap { interval in
        interval.lowerBound > 255 ? nil : UInt8(interval.lowerBound)...UInt8(min(interval.upperBound, 255))
      })
  }
}
