import PacketSets
import RuleModel
import SourceText

/// What rules, redirects and nat sections have in common: zones, family, protocol, addresses, ports, times.
struct UCIConditions {
  let section: UCISection
  var from: UCIFirewall.ZoneReference?
  var to: UCIFirewall.ZoneReference?
  /// Tests that hold for every rule that the section becomes.
  var tests: [NFTStatement] = []
  var doubt: Uncertainty?
  var isLogged = false
  private var set: (name: String, isNegated: Bool, directions: [Bool?])?

  init(_ section: UCISection) {
    self.section = section
    doubt = section.doubt
    isLogged = section.value("log").map { UCIValues.bool($0) ?? true } ?? false
  }

  private var isDisabled: Bool { UCIValues.bool(section.value("enabled")) == false }

  /// Reads `src` and `dest`; false when a zone is not there, and fw4 skips the section.
  mutating func readZones(_ firewall: inout UCIFirewall) -> Bool {
    let keys: [(String, WritableKeyPath<UCIConditions, UCIFirewall.ZoneReference?>)] = [
      ("src", \.from), ("dest", \.to),
    ]
    for (key, path) in keys {
      guard let name = section.value(key), !name.isEmpty else { continue }
      if name == "*" {
        self[keyPath: path] = .any
      } else if let place = firewall.zone(name) {
        self[keyPath: path] = .zone(place)
      } else {
        if !isDisabled { firewall.undefinedZone(section, key, name) }
        return false
      }
    }
    return true
  }

  func zoneName(_ reference: UCIFirewall.ZoneReference?, _ firewall: UCIFirewall) -> String? {
    if case .zone(let place) = reference { firewall.zones[place].name } else { nil }
  }

  /// Reads `device` and `direction`.
  mutating func readDevice(_ firewall: inout UCIFirewall) {
    guard let text = section.value("device"), !text.isEmpty else { return }
    let (name, isNegated) = UCIValues.negatable(text)
    guard !isNegated, name != "*" else {
      doubt = firewall.invalid(section, "device")
      return
    }
    let isOut = ["out", "egress"].contains(section.value("direction") ?? "") || section.type == "nat"
    let pattern = name.hasSuffix("+") ? name.dropLast() + "*" : name
    tests.append(.match(.field("meta", isOut ? "oifname" : "iifname"), .equal, .constant(pattern)))
  }

  /// Reads what is known between bounds only: rates, times, marks, hardware addresses, raw text.
  mutating func readTests(_ firewall: inout UCIFirewall) {
    if section.has("limit") { tests.append(.rate(NFTReasons.rate)) }
    for (key, field) in [
      ("src_mac", NFTExpression.field("ether", "saddr")), ("mark", .field("meta", "mark")),
      ("dscp", .field("ip", "dscp")), ("helper", .field("ct", "helper")), ("start_date", .field("meta", "time")),
      ("stop_date", .field("meta", "time")), ("start_time", .field("meta", "hour")),
      ("stop_time", .field("meta", "hour")), ("weekdays", .field("meta", "day")),
      ("monthdays", .field("meta", "day")),
    ] where section.has(key) {
      // The service class is of either family; only that it is open matters.
      let open = key == "dscp" ? NFTExpression.unknown("the service class is not modelled") : field
      tests.append(.match(open, .equal, .constant("0")))
    }
    if section.has("extra"), !isDisabled {
      firewall.gap(section.range(of: "extra"), "raw iptables text is not read; it may narrow the rule")
      tests.append(.match(.unknown("raw iptables text may narrow the rule"), .equal, .constant("0")))
    }
  }

  /// The protocols of the section, each for a rule of its own.
  mutating func protocols(_ firewall: inout UCIFirewall, standard: String) -> [UCIProtocol] {
    let texts = section.values("proto")
    var result: [UCIProtocol] = []
    for text in texts.isEmpty ? [standard] : texts {
      if let some = UCIValues.protocols(text) { result += some } else { doubt = firewall.invalid(section, "proto") }
    }
    var seen: Set<String> = []
    result = result.filter { seen.insert("\($0.isNegated) \($0.name ?? "")").inserted }
    for proto in result {
      if let name = proto.name, NFTNames.proto(name) == nil { doubt = firewall.invalid(section, "proto") }
    }
    // fw4.uc, ensure_tcpudp: a set with ports makes "any" mean TCP and UDP.
    if let set, firewall.sets[set.name]?.hasPorts == true, result.allSatisfy({ $0.name == nil }) {
      return [UCIProtocol(name: "tcp"), UCIProtocol(name: "udp")]
    }
    return result
  }

  /// One rule with the tests of protocol, family, addresses and everything that holds for the whole section.
  func rule(
    _ proto: UCIProtocol, _ family: IPFamily?, _ sources: UCIAddressGroup, _ destinations: UCIAddressGroup, number: Int
  ) -> NFTRule {
    var rule = NFTRule(range: section.range)
    let kind = section.type
    rule.name = number == 0 ? "\(kind) \(section.title)" : "\(kind) \(section.title) #\(number + 1)"
    rule.comment = section.value("name")
    rule.isDisabled = isDisabled
    rule.doubt = doubt
    if let family { rule.statements.append(.family(family)) }
    rule.statements += Self.test(of: proto, family)
    if let family {
      let header = family == .v4 ? "ip" : "ip6"
      rule.statements += sources.statements(NFTSelector(header, "saddr"))
      rule.statements += destinations.statements(NFTSelector(header, "daddr"))
    }
    rule.statements += tests
    return rule
  }

  private static func test(of proto: UCIProtocol, _ family: IPFamily?) -> [NFTStatement] {
    guard !proto.isNegated else {
      return [.match(.unknown("a negated protocol is read differently by different releases"), .equal, .constant("0"))]
    }
    guard let name = proto.name else { return [] }
    var names = [name]
    if name == "icmp" { names = family == .v6 ? ["ipv6-icmp"] : family == .v4 ? ["icmp"] : ["icmp", "ipv6-icmp"] }
    return [.match(.field("meta", "l4proto"), .equal, .values(names.map { .constant($0) }))]
  }

  /// The test of a port option, for protocols that have ports; the others leave it out.
  mutating func ports(
    _ proto: UCIProtocol, _ field: String, _ key: String, _ firewall: inout UCIFirewall
  ) -> [NFTStatement] {
    let texts = section.values(key)
    guard !texts.isEmpty else { return [] }
    guard proto.hasPorts, let name = proto.name else {
      // fw4 takes ports for TCP and UDP only and lets them count for nothing else.
      return [.match(.unknown("ports without TCP or UDP are left out by fw4"), .equal, .constant("0"))]
    }
    var (plain, negated): ([NFTExpression], [NFTExpression]) = ([], [])
    for text in texts {
      let (word, isNegated) = UCIValues.negatable(text)
      guard let port = UCIValues.port(word) else {
        doubt = firewall.invalid(section, key)
        return [.match(.unknown("the port is not understood"), .equal, .constant("0"))]
      }
      if isNegated { negated.append(port) } else { plain.append(port) }
    }
    var result: [NFTStatement] = []
    if !plain.isEmpty { result.append(.match(.field(name, field), .equal, .values(plain))) }
    if !negated.isEmpty { result.append(.match(.field(name, field), .unequal, .values(negated))) }
    return result
  }
}

// Families.
extension UCIConditions {
  /// The families that the section becomes rules for, nil standing for both in one; nil when parts exclude each other.
  mutating func families(
    _ firewall: inout UCIFirewall, _ subnets: [[UCISubnet]], _ proto: UCIProtocol, _ types: [UCIICMPType],
    isSplit: Bool
  ) -> [IPFamily?]? {
    var family: IPFamily?
    var isExplicitlyBoth = false
    if let text = section.value("family") {
      if let known = UCIValues.family(text) {
        family = known
        isExplicitlyBoth = known == nil
      } else {
        doubt = firewall.invalid(section, "family")
      }
    }
    if proto.name == "ipv6-icmp" { family = .v6 }
    var limits: [IPFamily] = []
    if let set, let limit = firewall.sets[set.name]?.family { limits.append(limit) }
    for subnets in subnets {
      let families = Set(subnets.map(\.family))
      if families.count == 1, let only = families.first { limits.append(only) }
    }
    for zone in [from, to] {
      if case .zone(let place) = zone, let limit = firewall.zones[place].family { limits.append(limit) }
    }
    for limit in limits {
      guard family ?? limit == limit else {
        firewall.skipped(section, "its family, zones and addresses exclude each other")
        return nil
      }
      family = limit
    }
    let has4 = subnets.joined().contains { $0.family == .v4 } || types.contains { $0.v4 != nil }
    let has6 = subnets.joined().contains { $0.family == .v6 } || types.contains { $0.v6 != nil }
    if family == nil, !isExplicitlyBoth, has4 != has6 { family = has4 ? .v4 : .v6 }
    if let family { return [family] }
    return has4 || has6 || isSplit ? [.v4, .v6] : [nil]
  }

  /// Each group of sources with each of destinations.
  static func pairs(
    _ sources: [UCISubnet], _ destinations: [UCISubnet], _ family: IPFamily?
  ) -> [(UCIAddressGroup, UCIAddressGroup)] {
    guard let family else { return [(UCIAddressGroup(), UCIAddressGroup())] }
    return UCIAddressGroup.groups(sources, family).flatMap { from in
      UCIAddressGroup.groups(destinations, family).map { (from, $0) }
    }
  }

  /// Tests of ICMP types, those with codes apart; one empty test when there are none.
  static func icmpTests(_ types: [UCIICMPType], _ family: IPFamily?) -> [[NFTStatement]] {
    guard let family else { return [[]] }
    let header = family == .v4 ? "icmp" : "icmpv6"
    var (whole, coded, open): ([UInt8], [(UInt8, UInt8)], [UInt8]) = ([], [], [])
    for type in types {
      guard let (number, code) = family == .v4 ? type.v4 : type.v6 else { continue }
      // The IPv4 name `any` is every type.
      if family == .v4, number == 255 { return [[]] }
      if let code {
        coded.append((number, code))
      } else if family == .v6, type.mayMeanCodeZero {
        coded.append((number, 0))
        open.append(number)
      } else {
        whole.append(number)
      }
    }
    func test(_ types: [UInt8]) -> NFTStatement {
      .match(.field(header, "type"), .equal, .values(types.map { .constant(String($0)) }))
    }
    var result: [[NFTStatement]] = []
    if !whole.isEmpty { result.append([test(whole)]) }
    if !coded.isEmpty {
      let pairs = coded.map { NFTExpression.concatenation([.constant(String($0.0)), .constant(String($0.1))]) }
      result.append([
        .match(.concatenation([.field(header, "type"), .field(header, "code")]), .equal, .values(pairs))
      ])
    }
    if !open.isEmpty {
      let why = NFTExpression.unknown("releases of fw4 differ on codes besides 0")
      result.append([test(open), .match(why, .equal, .constant("0"))])
    }
    return result.isEmpty ? [[]] : result
  }
}

// Named sets.
extension UCIConditions {
  /// Reads `ipset`; a set that is not there leaves the rule open, though fw4 skips it.
  mutating func readSet(_ firewall: inout UCIFirewall) {
    guard let text = section.value("ipset"), !text.isEmpty else { return }
    let (rest, isNegated) = UCIValues.negatable(text)
    let words = rest.split { $0 == " " || $0 == "\t" || $0 == "," }.map(String.init)
    guard let name = words.first, firewall.sets[name] != nil else {
      firewall.issues.append(
        ReadIssue(
          kind: .undefinedReference, range: section.range(of: "ipset"),
          message: "no ipset is named `\(printable(words.first ?? ""))`",
          help: "append the ipset section; the rule is taken to match anything or nothing", couldChangeVerdict: true))
      return tests.append(.match(.unknown("the ipset is not in this file"), .equal, .constant("0")))
    }
    set = (name, isNegated, words.dropFirst().map { $0 == "src" ? true : $0.hasPrefix("d") ? false : nil })
  }

  /// The test of the set, in fields of the protocol.
  func setTests(_ proto: UCIProtocol, _ firewall: UCIFirewall) -> [NFTStatement] {
    guard let set, let content = firewall.sets[set.name] else { return [] }
    guard !content.hasPorts || proto.hasPorts else {
      return [.match(.unknown("a set with ports is left out for protocols without"), .equal, .constant("0"))]
    }
    let fields = content.types.enumerated().map { place, type -> NFTExpression in
      let given = place < set.directions.count ? set.directions[place] : nil
      let isSource = given ?? content.isSource[place]
      switch type {
      case .address(let family): return .field(family == .v4 ? "ip" : "ip6", isSource ? "saddr" : "daddr")
      case .port: return .field(proto.name ?? "th", isSource ? "sport" : "dport")
      case .hardware: return .field("ether", "saddr")
      }
    }
    let key = fields.count == 1 ? fields[0] : .concatenation(fields)
    return [.match(key, set.isNegated ? .unequal : .equal, .named(set.name))]
  }
}
