import PacketSets
import RuleModel
import SourceText

/// An address, network, range or mask of an option, perhaps negated with `!`.
struct UCISubnet {
  enum Kind {
    case plain(NFTExpression)
    /// A mask with holes.
    case masked(address: String, mask: String)
  }
  var family: IPFamily
  var kind: Kind
  var isNegated: Bool
  /// The address itself with its network; nil for ranges and masks.
  var network: InterfaceAddress?
}

/// A protocol of a rule.
struct UCIProtocol: Equatable {
  /// Nil for any.
  var name: String?
  var isNegated = false
  var hasPorts: Bool { name == "tcp" || name == "udp" }
}

/// An ICMP type with a code; the two families number names differently.
struct UCIICMPType {
  var v4: (type: UInt8, code: UInt8?)?
  var v6: (type: UInt8, code: UInt8?)?
  /// Some releases of fw4 take only code 0 of the type, others every code.
  var mayMeanCodeZero = false
}

/// What options' values mean (OpenWrt, fw4.uc, the functions `parse_…`; "Firewall configuration" of the user guide).
enum UCIValues {
  static func bool(_ text: String?) -> Bool? {
    switch text {
    case "1", "on", "true", "yes": true
    case "0", "off", "false", "no": false
    default: nil
    }
  }

  /// `ipv4`, `IPv6`, `any`; the outer nil when not understood, the inner for both families.
  static func family(_ text: String) -> IPFamily?? {
    switch text {
    case "any", "all", "*": return .some(nil)
    case "inet": return .v4
    default:
      if text.contains("4") { return .v4 }
      return text.contains("6") ? .v6 : nil
    }
  }

  /// A word or the beginning of one, in any case.
  static func choice(_ text: String, _ choices: [String]) -> String? {
    choices.first { $0.hasPrefix(text.lowercased()) }
  }

  static let policies = ["accept", "reject", "drop"]
  static let targets = [
    "accept", "reject", "drop", "notrack", "helper", "mark", "dscp", "dnat", "snat", "masquerade",
  ]

  /// The text behind a leading `!`.
  static func negatable(_ text: String) -> (text: String, isNegated: Bool) {
    let trimmed = text.drop { $0 == " " || $0 == "\t" }
    guard trimmed.hasPrefix("!") else { return (String(trimmed), false) }
    return (String(trimmed.dropFirst().drop { $0 == " " || $0 == "\t" }), true)
  }

  static func protocols(_ text: String) -> [UCIProtocol]? {
    let (word, isNegated) = negatable(text)
    switch word.lowercased() {
    case "": return nil
    case "all", "any", "*": return [UCIProtocol(name: nil, isNegated: isNegated)]
    case "1": return [UCIProtocol(name: "icmp", isNegated: isNegated)]
    case "58", "icmpv6": return [UCIProtocol(name: "ipv6-icmp", isNegated: isNegated)]
    case "tcpudp": return ["tcp", "udp"].map { UCIProtocol(name: $0, isNegated: isNegated) }
    case "6": return [UCIProtocol(name: "tcp", isNegated: isNegated)]
    case "17": return [UCIProtocol(name: "udp", isNegated: isNegated)]
    case let other: return [UCIProtocol(name: other, isNegated: isNegated)]
    }
  }

  /// `80`, `80-90`, `80:90`.
  static func port(_ text: String) -> NFTExpression? {
    let ends = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" }
    let numbers = ends.compactMap { UInt16($0) }
    guard numbers.count == ends.count, let first = numbers.first, ends.allSatisfy({ $0.utf8.count <= 5 }) else {
      return nil
    }
    if numbers.count == 1 { return .constant(String(first)) }
    guard numbers.count == 2, first <= numbers[1] else { return nil }
    return .range(.constant(String(first)), .constant(String(numbers[1])))
  }

  /// A literal address, network, range or mask; nil for names of networks and anything else.
  static func subnet(_ text: String, isNegated: Bool) -> UCISubnet? {
    let parts = pieces(text, at: UInt8(ascii: "/"))
    if parts.count == 2 { return masked(parts[0], parts[1], isNegated) }
    let ends = pieces(text, at: UInt8(ascii: "-"))
    if ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]), first.family == last.family {
      return UCISubnet(
        family: first.family, kind: .plain(.range(.constant(ends[0]), .constant(ends[1]))), isNegated: isNegated)
    }
    guard let address = IPAddress(text), let network = IPPrefix(address, length: address.family.bits) else {
      return nil
    }
    return subnet(InterfaceAddress(address: address, network: network), isNegated: isNegated)
  }

  static func subnet(_ network: InterfaceAddress, isNegated: Bool) -> UCISubnet {
    UCISubnet(
      family: network.address.family, kind: .plain(.constant(network.network.description)), isNegated: isNegated,
      network: network)
  }

  private static func masked(_ base: String, _ mask: String, _ isNegated: Bool) -> UCISubnet? {
    guard let address = IPAddress(base) else { return nil }
    let bits = address.family.bits
    let all: UInt128 = bits == 128 ? .max : 0xFFFF_FFFF
    let pattern: UInt128
    if let mask = IPAddress(mask) {
      guard mask.family == address.family else { return nil }
      pattern = mask.value
    } else if let length = Int(mask), abs(length) <= bits {
      let prefix = abs(length) == 0 ? 0 : all & ~(abs(length) == bits ? 0 : (1 << UInt128(bits - abs(length))) - 1)
      // A negative length counts from the other end (fw4.uc, to_mask).
      pattern = length < 0 || mask.hasPrefix("-") ? all & ~prefix : prefix
    } else {
      return nil
    }
    let ones = pattern.nonzeroBitCount
    if let prefix = IPPrefix(IPAddress(family: address.family, value: all), length: ones), prefix.base.value == pattern,
      let network = IPPrefix(address, length: ones)
    {
      return subnet(InterfaceAddress(address: address, network: network), isNegated: isNegated)
    }
    return UCISubnet(
      family: address.family,
      kind: .masked(
        address: IPAddress(family: address.family, value: address.value & pattern).description,
        mask: IPAddress(family: address.family, value: pattern).description), isNegated: isNegated)
  }

  /// A name of either family, or `type` or `type/code` for both.
  static func icmpType(_ text: String) -> UCIICMPType? {
    var result = UCIICMPType()
    if text == "any" { return UCIICMPType(v4: (255, nil), v6: nil) }
    if let (types, codes) = ServiceNames.icmp(text, family: .v4), let type = types.intervals.first?.lowerBound {
      result.v4 = (type, codes.isAll ? nil : codes.intervals.first?.lowerBound)
    }
    if let (types, codes) = ServiceNames.icmp(text, family: .v6), let type = types.intervals.first?.lowerBound {
      result.v6 = (type, codes.isAll ? nil : codes.intervals.first?.lowerBound)
    }
    if let type = moreICMPv6Types[text], result.v6 == nil { result.v6 = (type, nil) }
    result.mayMeanCodeZero = result.v6.map { [2, 135, 136].contains($0.type) && $0.code == nil } ?? false
    return result.v4 == nil && result.v6 == nil ? nil : result
  }

  /// Names of fw4 besides those of ip6tables.
  private static let moreICMPv6Types: [String: UInt8] = [
    "multicast-listener-query": 130, "multicast-listener-report": 131, "multicast-listener-done": 132,
    "router-renumbering": 138, "node-info-query": 139, "node-info-response": 140,
    "v2-multicast-listener-report": 143, "multicast-router-advertisement": 151, "multicast-router-solicitation": 152,
    "multicast-router-termination": 153, "extended-echo-request": 160, "extended-echo-reply": 161,
  ]
}

/// Addresses of one family, as one rule of nftables can test them.
struct UCIAddressGroup {
  var plain: [NFTExpression] = []
  var negated: [NFTExpression] = []
  var masked: [(address: String, mask: String, isNegated: Bool)] = []
  /// Whether there were more masks than rules are made for.
  var isOpen = false

  /// How many groups, and device patterns of a zone, are told apart.
  static let limit = 64

  var isEmpty: Bool { plain.isEmpty && negated.isEmpty && masked.isEmpty && !isOpen }

  /// The tests of a field.
  func statements(_ field: NFTSelector) -> [NFTStatement] {
    guard !isOpen else { return [.match(.unknown("too many address masks"), .equal, .constant("0"))] }
    var result: [NFTStatement] = []
    if !plain.isEmpty { result.append(.match(.selector(field), .equal, .values(plain))) }
    if !negated.isEmpty { result.append(.match(.selector(field), .unequal, .values(negated))) }
    for mask in masked {
      result.append(
        .match(
          .masked(.selector(field), .constant(mask.mask)), mask.isNegated ? .unequal : .equal, .constant(mask.address)))
    }
    return result
  }

  /// Groups of which a packet has to meet one: each mask alone, the plain ones together; negated ones hold for all.
  static func groups(_ subnets: [UCISubnet], _ family: IPFamily) -> [UCIAddressGroup] {
    var plain: [NFTExpression] = []
    var negated: [NFTExpression] = []
    var masks: [(address: String, mask: String, isNegated: Bool)] = []
    var negatedMasks: [(address: String, mask: String, isNegated: Bool)] = []
    for subnet in subnets where subnet.family == family {
      switch subnet.kind {
      case .plain(let value): if subnet.isNegated { negated.append(value) } else { plain.append(value) }
      case .masked(let address, let mask):
        if subnet.isNegated { negatedMasks.append((address, mask, true)) } else { masks.append((address, mask, false)) }
      }
    }
    guard masks.count < limit, negatedMasks.count < limit else { return [UCIAddressGroup(isOpen: true)] }
    var result = masks.map { UCIAddressGroup(negated: negated, masked: [$0] + negatedMasks) }
    if !plain.isEmpty || result.isEmpty {
      result.append(UCIAddressGroup(plain: plain, negated: negated, masked: negatedMasks))
    }
    return result
  }
}

extension NFTExpression {
  /// Values as a set.
  static func values(_ values: [NFTExpression]) -> NFTExpression { .set(values.map { NFTElement(key: $0) }) }

  static func field(_ group: String, _ field: String) -> NFTExpression { .selector(NFTSelector(group, field)) }
}
