import PacketSets
import RuleModel
import SourceText

/// The conditions of one term: all of them must hold, and of each one value.
struct JunosFilterMatch {
  let family: IPFamily
  var sources: AddressBounds
  var destinations: AddressBounds
  /// `address`: source or destination.
  var either: AddressBounds?
  var protocols: IntervalSet<UInt8> = .all
  var sourcePorts: IntervalSet<UInt16> = .all
  var destinationPorts: IntervalSet<UInt16> = .all
  /// `port`: source or destination.
  var eitherPorts: IntervalSet<UInt16>?
  var types: IntervalSet<UInt8> = .all
  var codes: IntervalSet<UInt8> = .all
  var flags: IntervalSet<UInt8> = .all
  var ingress = InterfaceMatch.any
  /// Where ports, types or flags are asked for.
  var headerCondition: SourceRange?

  init(_ family: IPFamily) {
    self.family = family
    sources = AddressBounds(family == .v4 ? .allV4 : .allV6)
    destinations = sources
  }

  /// The term's match, with reasons why it may match less than its conditions say.
  func bounds(_ open: [Uncertainty]) -> MatchBounds {
    let services = services()
    var result = MatchBounds(sources: sources, destinations: destinations, services: services)
    if let either {
      let (first, second) = (
        MatchBounds(sources: narrowed(sources, either), destinations: destinations, services: services),
        MatchBounds(sources: sources, destinations: narrowed(destinations, either), services: services)
      )
      let reasons = limited(first.uncertainties + second.uncertainties)
      result =
        reasons.isEmpty
        ? MatchBounds(first.upper + second.upper)
        : MatchBounds(
          lower: first.lower + second.lower, upper: first.upper + second.upper, uncertainties: reasons)
    }
    for reason in limited(open) { result = result.uncertain(reason) }
    return result
  }

  private func narrowed(_ all: AddressBounds, _ part: AddressBounds) -> AddressBounds {
    AddressBounds(
      lower: all.lower.intersection(part.lower), upper: all.upper.intersection(part.upper),
      uncertainties: all.uncertainties + part.uncertainties)
  }

  private func services() -> ServiceBounds {
    var service = Service(protocols: protocols)
    service.sourcePorts = sourcePorts
    service.destinationPorts = destinationPorts
    service.icmpTypes = types
    service.icmpCodes = codes
    service.tcpFlags = flags
    var services = [service]
    if let eitherPorts {
      var other = service
      services[0].sourcePorts = sourcePorts.intersection(eitherPorts)
      other.destinationPorts = destinationPorts.intersection(eitherPorts)
      services.append(other)
    }
    guard let headerCondition, protocols.isAll else { return ServiceBounds(services) }
    // A condition on a field does not ask for the protocol whose field it is: other packets match by the bytes that
    // stand at that place ("Firewall Filter Match Conditions": also configure the protocol).
    let reason = "the term asks for a port, type or flag without naming the protocol"
    return ServiceBounds(
      lower: services, upper: services + [Service.any],
      uncertainties: [Uncertainty(range: headerCondition, reason: reason)])
  }
}

// Conditions, by name.
extension JunosSystem {
  mutating func read(_ node: Int, _ match: inout JunosFilterMatch, _ open: inout [Uncertainty]) {
    tree.markBelow(node, .used)
    let word = tree.word(node)
    switch word {
    case "source-address", "source-prefix-list", "destination-address", "destination-prefix-list", "address",
      "prefix-list", "ip-source-address", "ip-destination-address":
      break
    case "protocol", "next-header", "payload-protocol", "protocol-except", "next-header-except":
      set(\.protocols, node, &match, &open) { JunosNames.proto($0).map { $0...$0 } }
    case "source-port", "source-port-except": set(\.sourcePorts, node, &match, &open, JunosNames.ports)
    case "destination-port", "destination-port-except": set(\.destinationPorts, node, &match, &open, JunosNames.ports)
    case "port":
      match.eitherPorts = values(node, &open, JunosNames.ports)
    case "icmp-type", "icmp-type-except":
      let isV6 = match.family == .v6
      set(\.types, node, &match, &open) { JunosNames.icmpType($0, isV6: isV6) }
    case "icmp-code", "icmp-code-except": set(\.codes, node, &match, &open, JunosNames.icmpCode)
    case "tcp-flags", "tcp-established", "tcp-initial": readFlags(node, &match, &open)
    case "interface": match.ingress = InterfaceMatch(tree.children(node).map { pattern($0) })
    case "interface-set": readInterfaceSet(node, &match, &open)
    case let other where Self.openConditions.contains(other):
      open.append(Uncertainty(range: tree.range(node), reason: "`\(other)` is not a field that is modelled"))
    case "apply-groups", "apply-groups-except": break
    default: open.append(notRecognised(node))
    }
    if Self.headerConditions.contains(word) { match.headerCondition = tree.range(node) }
    if ["source-address", "source-prefix-list", "ip-source-address"].contains(word) {
      readAddresses(
        of: tree.parent(node), ["source-address", "source-prefix-list", "ip-source-address"], \.sources, &match)
    } else if ["destination-address", "destination-prefix-list", "ip-destination-address"].contains(word) {
      readAddresses(
        of: tree.parent(node), ["destination-address", "destination-prefix-list", "ip-destination-address"],
        \.destinations,
        &match)
    } else if word == "address" || word == "prefix-list" {
      var both = match
      readAddresses(of: tree.parent(node), ["address", "prefix-list"], \.sources, &both)
      match.either = both.sources
    }
  }

  /// Conditions on fields that only some protocols have.
  private static let headerConditions: Set<String> = [
    "source-port", "source-port-except", "destination-port", "destination-port-except", "port", "icmp-type",
    "icmp-type-except", "icmp-code", "icmp-code-except", "tcp-flags", "tcp-established", "tcp-initial",
  ]

  /// Conditions that are known and that the packet model has no field for.
  private static let openConditions: Set<String> = [
    "ah-spi", "ah-spi-except", "destination-class", "destination-class-except", "dscp", "dscp-except",
    "egress-forwarding-class",
    "esp-spi", "esp-spi-except", "extension-headers", "extension-headers-except", "first-fragment",
    "flexible-match-mask",
    "flexible-match-range", "forwarding-class", "forwarding-class-except", "fragment-flags", "fragment-offset",
    "fragment-offset-except", "gre-key", "hop-limit", "hop-limit-except", "interface-group", "interface-group-except",
    "ip-options", "ip-options-except", "ip-precedence", "is-fragment", "loss-priority", "loss-priority-except",
    "packet-length", "packet-length-except", "port-except", "precedence", "precedence-except", "rat-type",
    "redirect-reason",
    "service-filter-hit", "source-class", "source-class-except", "traffic-class", "traffic-class-except", "ttl",
    "ttl-except", "vxlan", "learn-vlan-id", "user-vlan-id",
  ]

  private mutating func set<Bound>(
    _ field: WritableKeyPath<JunosFilterMatch, IntervalSet<Bound>>, _ node: Int, _ match: inout JunosFilterMatch,
    _ open: inout [Uncertainty], _ parse: (String) -> ClosedRange<Bound>?
  ) {
    let found = values(node, &open, parse)
    let set = tree.word(node).hasSuffix("-except") ? found.complement : found
    match[keyPath: field] = match[keyPath: field].intersection(set)
  }

  private mutating func values<Bound>(
    _ node: Int, _ open: inout [Uncertainty], _ parse: (String) -> ClosedRange<Bound>?
  ) -> IntervalSet<Bound> {
    var ranges: [ClosedRange<Bound>] = []
    for child in tree.children(node) {
      guard let range = parse(tree.word(child)) else {
        open.append(notRecognised(child))
        // Whatever it is, it may be any value.
        return .all
      }
      ranges.append(range)
    }
    return ranges.isEmpty ? .all : IntervalSet(ranges)
  }

  /// `xe-0/0/1.*` stands for every unit.
  private func pattern(_ node: Int) -> String {
    let word = tree.word(node)
    if word.hasSuffix("*") { return String(word.dropLast()) + "+" }
    return logicalName(node)
  }

  private mutating func readInterfaceSet(_ node: Int, _ match: inout JunosFilterMatch, _ open: inout [Uncertainty]) {
    var patterns: [String] = []
    for name in tree.children(node) {
      guard let set = tree.find(["firewall", "interface-set", tree.word(name)], below: own) else {
        open.append(undefined("interface set", tree.word(name), tree.range(name)))
        return
      }
      patterns += tree.children(set).map { pattern($0) }
    }
    match.ingress = InterfaceMatch((match.ingress.patterns ?? []) + patterns)
  }

  // MARK: Addresses

  /// Addresses and prefix lists of one direction are one list, in which the longest prefix decides; what no prefix holds
  /// does not match ("Specifying Address Filter Match Conditions": an implicit `0/0 except`).
  private mutating func readAddresses(
    of from: Int, _ keywords: [String], _ field: WritableKeyPath<JunosFilterMatch, AddressBounds>,
    _ match: inout JunosFilterMatch
  ) {
    var entries: [(set: AddressSet, length: Int, isExcept: Bool)] = []
    var open: [Uncertainty] = []
    for keyword in keywords {
      guard let node = tree.child(from, keyword) else { continue }
      for child in tree.children(node) {
        let isExcept = tree.child(child, "except") != nil
        if keyword.hasSuffix("prefix-list") {
          entries += prefixes(of: child, &open).map { ($0.set, $0.length, isExcept) }
        } else if let entry = filterAddress(tree.word(child)), isOwnFamily(entry.set, match) {
          entries.append((entry.set, entry.length, isExcept))
        } else {
          open.append(notRecognised(child))
        }
      }
    }
    let all = match[keyPath: field]
    guard open.isEmpty else {
      match[keyPath: field] = AddressBounds(lower: .empty, upper: all.upper, uncertainties: all.uncertainties + open)
      return
    }
    match[keyPath: field] = AddressBounds(
      lower: all.lower.intersection(longest(entries)), upper: all.upper.intersection(longest(entries)),
      uncertainties: all.uncertainties)
  }

  /// A device refuses an IPv6 prefix in a filter for IPv4 and the other way round.
  private func isOwnFamily(_ set: AddressSet, _ match: JunosFilterMatch) -> Bool {
    match.family == .v4 ? set.v6.isEmpty : set.v4.isEmpty
  }

  /// What a list of prefixes takes when the longest decides.
  private func longest(_ entries: [(set: AddressSet, length: Int, isExcept: Bool)]) -> AddressSet {
    guard entries.contains(where: \.isExcept) else { return union(of: entries.map(\.set) + [.empty]) }
    var result = AddressSet.empty
    for (_, group) in Dictionary(grouping: entries, by: \.length).sorted(by: { $0.key < $1.key }) {
      result = result.union(union(of: group.filter { !$0.isExcept }.map(\.set) + [.empty]))
      result = result.subtracting(union(of: group.filter(\.isExcept).map(\.set) + [.empty]))
    }
    return result
  }

  /// `A`, `A/len` or `A/mask`, where the mask may have holes; a missing length is a full one.
  private func filterAddress(_ word: String) -> (set: AddressSet, length: Int)? {
    if let prefix = IPPrefix(word) { return (AddressSet(prefix), prefix.length) }
    guard let set = masked(word) else { return nil }
    let mask = IPAddress(pieces(word, at: UInt8(ascii: "/"))[1])
    return (set, mask?.v4.nonzeroBitCount ?? 32)
  }

  private mutating func prefixes(of name: Int, _ open: inout [Uncertainty]) -> [(set: AddressSet, length: Int)] {
    let word = tree.word(name)
    guard let list = tree.find(["policy-options", "prefix-list", word], below: own) else {
      open.append(undefined("prefix list", word, tree.range(name)))
      return []
    }
    var result: [(set: AddressSet, length: Int)] = []
    tree.mark(list, .used)
    for entry in tree.children(list) {
      if let prefix = IPPrefix(tree.word(entry)) {
        result.append((AddressSet(prefix), prefix.length))
        tree.markBelow(entry, .used)
      } else if tree.word(entry) == "apply-path" {
        tree.markBelow(entry, .used)
        open.append(
          dynamic(
            tree.range(entry),
            "prefix list \(quoted(list)) is made of other statements (`apply-path`), which are not followed"))
      } else if ["apply-groups", "apply-groups-except"].contains(tree.word(entry)) {
        tree.markBelow(entry, .irrelevant)
      } else {
        open.append(notRecognised(entry))
      }
    }
    if result.isEmpty, open.isEmpty {
      open.append(
        dynamic(
          tree.range(list), "prefix list \(quoted(list)) is empty; what a term that names it matches is not documented")
      )
    }
    return result
  }

  // MARK: Flags

  /// Names of flags ("Firewall Filter Match Conditions Based on Bit-Field Values").
  private static let flagBits: [String: UInt8] = [
    "fin": 1, "syn": 2, "rst": 4, "push": 8, "ack": 16, "urgent": 32,
  ]

  private mutating func readFlags(_ node: Int, _ match: inout JunosFilterMatch, _ open: inout [Uncertainty]) {
    let expression: String
    switch tree.word(node) {
    case "tcp-established": expression = "(ack | rst)"
    case "tcp-initial": expression = "(syn & !ack)"
    default: expression = tree.children(node).map { tree.word($0) }.joined(separator: "|")
    }
    guard let set = FlagExpression.values(expression, Self.flagBits) else {
      open.append(notRecognised(node))
      return
    }
    match.flags = match.flags.intersection(set)
  }
}

/// Expressions over TCP flags: `syn & !ack`, `(ack | rst)`, `0x02`, `syn, ack`.
enum FlagExpression {
  /// The flag bytes that an expression takes; nil when it cannot be read.
  static func values(_ text: String, _ bits: [String: UInt8]) -> IntervalSet<UInt8>? {
    var parser = Parser(text: Array(text.utf8), bits: bits)
    guard let matches = parser.alternatives(0), parser.isAtEnd else { return nil }
    return IntervalSet((UInt8.min...UInt8.max).filter { matches[Int($0)] }.map { $0...$0 })
  }

  private struct Parser {
    let text: [UInt8]
    let bits: [String: UInt8]
    var position = 0

    var isAtEnd: Bool {
      mutating get {
        skip()
        return position == text.count
      }
    }

    private mutating func skip() { while position < text.count, ASCII.isBlank(text[position]) { position += 1 } }

    private mutating func takes(_ characters: String) -> Bool {
      skip()
      guard position < text.count, characters.utf8.contains(text[position]) else { return false }
      position += 1
      return true
    }

    mutating func alternatives(_ depth: Int) -> [Bool]? {
      guard depth < 32, var result = conjunction(depth) else { return nil }
      while takes("|,") {
        guard let next = conjunction(depth) else { return nil }
        result = zip(result, next).map { $0 || $1 }
      }
      return result
    }

    private mutating func conjunction(_ depth: Int) -> [Bool]? {
      guard var result = term(depth) else { return nil }
      while takes("&+") {
        guard let next = term(depth) else { return nil }
        result = zip(result, next).map { $0 && $1 }
      }
      return result
    }

    private mutating func term(_ depth: Int) -> [Bool]? {
      guard depth < 32 else { return nil }
      if takes("!") { return term(depth + 1)?.map { !$0 } }
      if takes("(") {
        let inner = alternatives(depth + 1)
        return takes(")") ? inner : nil
      }
      skip()
      let start = position
      while position < text.count, ASCII.isDigit(text[position]) || ASCII.lowercased(text[position]) &- 97 < 26 {
        position += 1
      }
      let word = String(decoding: text[start..<position], as: UTF8.self)
      let bit = bits[word] ?? (word.hasPrefix("0x") ? UInt8(word.dropFirst(2), radix: 16) : nil)
      guard let bit, bit != 0 else { return nil }
      return (0..<256).map { UInt8($0) & bit == bit }
    }
  }
}
