import PacketSets
import RuleModel
import SourceText

/// The steps of address translation, in order.
struct IOSTranslations {
  /// Destinations of packets that enter from outside.
  var entering: [TranslationRule] = []
  /// Sources of packets that enter from outside.
  var enteringSources: [TranslationRule] = []
  /// Sources of packets from inside to outside.
  var leaving: [TranslationRule] = []
  /// Destinations of packets from inside to outside.
  var leavingDestinations: [TranslationRule] = []
}

/// One `ip nat inside|outside …` statement.
struct IOSTranslationStatement {
  var isInside = true
  var isStatic = false
  /// Static: what stands for the host on its own side and on the other side.
  var own: IPPrefix?
  var other: IPPrefix?
  /// Static to the address of an interface that is not known.
  var hasUnknownOther = false
  var proto: UInt8?
  var ownPort: UInt16?
  var otherPort: UInt16?
  /// Dynamic: what is translated and to what; many hosts may share one address.
  var isOverload = false
  var match: MatchBounds = .nothing
  var target: AddressTranslation = .pool(.empty)
  var vrf: String?
  var doubt: Uncertainty?
}

extension IOSReader {
  /// `ip nat …`: statements that translate are read when all is known; pools at once.
  mutating func natLine() {
    mark(.used)
    switch words.takeText() ?? "" {
    case "inside", "outside":
      config.translations.append(line)
      // Routes to translated addresses (IP Addressing Command Reference, `ip nat outside source`).
      if words.ranges.contains(where: { words.text($0) == "add-route" }) { config.hasOtherRoutes = true }
    case "pool": poolLine()
    case "source": gap(changes: true, "`ip nat source` translates between any interfaces and is not modelled")
    case "translation", "service", "log", "create", "settings", "sip-sbc", "portmap", "switchover", "stateful",
      "piggyback-support", "allow-static-host", "scope", "mapping":
      mark(.irrelevant)
    default: unrecognised("address translation")
    }
  }

  /// `ip nat pool NAME START END netmask M|prefix-length N`, or with `address START END` lines below.
  private mutating func poolLine() {
    guard let name = words.takeText() else { return unrecognised("pool") }
    config.pools[name] = IOSPool(source: here)
    block = .pool(name)
    if let next = words.next, IPAddress(words.text(next)) != nil { addRange(name) }
  }

  mutating func poolStatement(_ name: String) {
    mark(.used)
    guard words.takes("address") else { return unrecognised("pool") }
    addRange(name)
  }

  private mutating func addRange(_ name: String) {
    guard let low = words.take().flatMap({ IPAddress(words.text($0)) }),
      let high = words.take().flatMap({ IPAddress(words.text($0)) }), let range = AddressSet(first: low, last: high)
    else { return unrecognised("pool") }
    let known = config.pools[name]?.addresses ?? .empty
    config.pools[name]?.addresses = known.union(range)
  }

  // MARK: - Lowering

  /// The translations: static ones first, which hold before any dynamic one.
  mutating func lowerTranslations() -> IOSTranslations {
    var result = IOSTranslations()
    var statements: [(statement: IOSTranslationStatement, name: String, range: SourceRange)] = []
    for number in config.translations {
      line = number
      words.load(file.lines.bounds(ofLine: number, in: file.bytes))
      let name = printable(words.statement)
      guard let statement = takeStatement() else {
        gap(
          .notRecognised, changes: true,
          "this address translation is not understood; addresses are taken as not translated")
        continue
      }
      statements.append((statement, name, here))
    }
    for item in statements.filter(\.statement.isStatic) + statements.filter({ !$0.statement.isStatic }) {
      add(item.statement, item.name, item.range, &result)
    }
    return result
  }

  private mutating func takeStatement() -> IOSTranslationStatement? {
    while let word = words.take(), !matches(file.bytes.span, word, "nat") {}
    var statement = IOSTranslationStatement()
    statement.isInside = words.takes("inside")
    guard statement.isInside || words.takes("outside") else { return nil }
    if words.takes("destination") { return takeRotary(statement) }
    guard words.takes("source") else { return nil }
    if words.takes("static") {
      statement.isStatic = true
      guard takeStatic(&statement) else { return nil }
    } else {
      guard takeSelector(&statement), takeTarget(&statement) else { return nil }
    }
    takeOptions(&statement)
    return statement
  }

  private mutating func takeStatic(_ statement: inout IOSTranslationStatement) -> Bool {
    if words.takes("network") {
      guard let own = takeAddress(), let other = takeAddress(), let length = takeLength() else { return false }
      statement.own = IPPrefix(own, length: length)
      statement.other = IPPrefix(other, length: length)
      return statement.own != nil && statement.other != nil
    }
    if words.takes("tcp") {
      statement.proto = IPProtocol.tcp
    } else if words.takes("udp") {
      statement.proto = IPProtocol.udp
    }
    if words.takes("esp") { statement.proto = IPProtocol.esp }
    let hasPorts = statement.proto == IPProtocol.tcp || statement.proto == IPProtocol.udp
    guard let own = takeAddress() else { return false }
    statement.own = IPPrefix(own, length: 32)
    if hasPorts {
      guard let port = takePort() else { return false }
      statement.ownPort = port
    }
    if words.takes("interface") {
      guard let name = words.takeText() else { return false }
      let address = interfaceAddress(name)
      statement.other = address.flatMap { IPPrefix($0, length: 32) }
      statement.hasUnknownOther = address == nil
    } else {
      guard let other = takeAddress() else { return false }
      statement.other = IPPrefix(other, length: 32)
    }
    if hasPorts {
      guard let port = takePort() else { return false }
      statement.otherPort = port
    }
    return true
  }

  private mutating func takeAddress() -> IPAddress? {
    guard let word = words.next, let address = IPAddress(words.text(word)), address.family == .v4 else { return nil }
    _ = words.take()
    return address
  }

  private mutating func takeLength() -> Int? {
    guard let word = words.take() else { return nil }
    let text = words.text(word)
    if text.hasPrefix("/") { return Int(text.dropFirst()).flatMap { (0...32).contains($0) ? $0 : nil } }
    return words.quad(word)?.prefixLength
  }

  /// The IPv4 address of an interface, when the file tells it.
  private func interfaceAddress(_ name: String) -> IPAddress? {
    guard let full = interfaceName(name), let index = config.interfaceIndex[full],
      !config.interfaces[index].hasDynamicAddress
    else { return nil }
    return config.interfaces[index].addresses.first { $0.address.family == .v4 }?.address
  }

  // MARK: - Dynamic translation

  private mutating func takeSelector(_ statement: inout IOSTranslationStatement) -> Bool {
    if words.takes("list"), let name = words.takeText() {
      statement.match = selected(by: name)
      return true
    }
    guard words.takes("route-map"), let name = words.takeText() else { return false }
    statement.match = selected(byRouteMap: name)
    return true
  }

  private mutating func takeTarget(_ statement: inout IOSTranslationStatement) -> Bool {
    if words.takes("pool"), let name = words.takeText() {
      guard let pool = config.pools[name] else {
        undefined("pool", name, at: here, among: { $0.pools.keys.sorted() })
        statement.target = .unknown(
          Uncertainty(range: here, reason: "pool `\(printable(name))` is not defined in this file"))
        return true
      }
      statement.target = .pool(pool.addresses)
      return true
    }
    guard words.takes("interface"), let name = words.takeText() else { return false }
    if let address = interfaceAddress(name) {
      statement.target = .pool(AddressSet(address))
    } else {
      statement.target = .unknown(
        Uncertainty(range: here, reason: "the address of interface `\(printable(name))` is not in this file"))
    }
    return true
  }

  /// `ip nat inside destination list A pool P`: new TCP sessions to a virtual host are spread over real ones.
  private mutating func takeRotary(_ start: IOSTranslationStatement) -> IOSTranslationStatement? {
    var statement = start
    guard statement.isInside, words.takes("list"), let name = words.takeText() else { return nil }
    // A standard list names the virtual host as if it were a source.
    let bounds = selected(by: name)
    let tcp = [Service(proto: IPProtocol.tcp)]
    func turned(_ match: PacketMatch) -> PacketMatch {
      let isStandard = match.destinations == .allV4
      return PacketMatch(
        sources: .allV4, destinations: isStandard ? match.sources : match.destinations, services: tcp)
    }
    statement.match = MatchBounds(
      lower: bounds.lower.map(turned), upper: bounds.upper.map(turned),
      uncertainties: bounds.uncertainties)
    guard takeTarget(&statement) else { return nil }
    statement.isInside = false
    statement.proto = IPProtocol.tcp
    takeOptions(&statement)
    return statement
  }

  private mutating func takeOptions(_ statement: inout IOSTranslationStatement) {
    while let option = words.takeText() {
      switch option {
      case "vrf": statement.vrf = words.takeText()
      case "overload": statement.isOverload = true
      case "route-map":
        _ = words.take()
        statement.doubt = Uncertainty(range: here, reason: "a route map limits the translation")
      case "redundancy", "mapping-id", "pool", "interface", "match-interface": _ = words.take()
      default: break
      }
    }
  }

  /// The packets that an access list selects: those that it permits.
  private mutating func selected(by name: String) -> MatchBounds {
    guard let index = config.listIndex[name] else {
      undefined("access list", name, at: here, among: { $0.lists.map(\.name) })
      return unknownSelection("access list `\(printable(name))` is not defined in this file")
    }
    return permitted(device.lists[index].rules)
      ?? unknownSelection("access list `\(printable(name))` is too long to be followed in a translation")
  }

  private mutating func selected(byRouteMap name: String) -> MatchBounds {
    guard let clauses = config.routeMaps[name] else {
      undefined("route map", name, at: here, among: { $0.routeMaps.keys.sorted() })
      return unknownSelection("route map `\(printable(name))` is not defined in this file")
    }
    var upper: [PacketMatch] = []
    var uncertainties: [Uncertainty] = []
    for clause in clauses where clause.permits {
      if clause.lists.isEmpty { upper = [PacketMatch(sources: .allV4, destinations: .allV4)] }
      for list in clause.lists {
        let bounds = selected(by: list)
        upper += bounds.upper
        uncertainties += bounds.uncertainties
      }
    }
    let isSimple = clauses.count == 1 && clauses[0].permits && clauses[0].lists.count == 1 && !clauses[0].isNarrower
    if isSimple { return selected(by: clauses[0].lists[0]) }
    return MatchBounds(
      lower: [], upper: upper,
      uncertainties: uncertainties + [Uncertainty(range: here, reason: "a route map decides what is translated")])
  }

  private func unknownSelection(_ reason: String) -> MatchBounds {
    MatchBounds(PacketMatch(sources: .allV4, destinations: .allV4)).uncertain(Uncertainty(range: here, reason: reason))
  }

  /// What a list permits as products; nil when these are too many.
  private func permitted(_ rules: RuleTable) -> MatchBounds? {
    guard rules.count <= 512 else { return nil }
    var upper: [PacketMatch] = []
    var lower: [PacketMatch] = []
    var denied: [(match: PacketMatch, isCertain: Bool)] = []
    var uncertainties: [Uncertainty] = []
    for rule in rules {
      uncertainties += rule.match.uncertainties
      if rule.action == .permit {
        var (possible, certain) = (rule.match.upper, rule.match.lower)
        for deny in denied {
          if deny.isCertain { possible = possible.flatMap { remainder(of: $0, without: deny.match) } }
          certain = certain.flatMap { remainder(of: $0, without: deny.match) }
        }
        upper += possible
        lower += certain
      } else {
        let isUnknown = rule.action == .unknown
        if isUnknown { upper += rule.match.upper }
        for match in rule.match.upper {
          denied.append((match, !isUnknown && rule.match.isExact && match.services == [.any]))
        }
      }
      if upper.count + lower.count + denied.count > 1_024 { return nil }
    }
    if upper == lower { return MatchBounds(upper) }
    let reason = Uncertainty(range: here, reason: "which packets the list selects is known between bounds only")
    return MatchBounds(lower: lower, upper: upper, uncertainties: Array((uncertainties + [reason]).prefix(8)))
  }

  /// The part of a product whose addresses lie outside another product.
  private func remainder(of match: PacketMatch, without other: PacketMatch) -> [PacketMatch] {
    guard match.addressesOverlap(other) else { return [match] }
    var sources = match
    sources.sources = match.sources.subtracting(other.sources)
    var destinations = match
    destinations.sources = match.sources.intersection(other.sources)
    destinations.destinations = match.destinations.subtracting(other.destinations)
    return [sources, destinations].filter(\.mayMatch)
  }
}
