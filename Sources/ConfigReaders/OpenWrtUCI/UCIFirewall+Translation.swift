import PacketSets
import RuleModel
import SourceText

// Redirects, nat sections and includes.
extension UCIFirewall {
  mutating func readRedirect(_ section: UCISection, _ open: Set<SourceRange>) {
    var conditions = UCIConditions(section)
    guard conditions.readZones(&self) else { return }
    conditions.readSet(&self)
    if open.contains(section.head) {
      conditions.doubt = Uncertainty(range: section.head, reason: "priorities contradict the order of the sections")
    }
    conditions.readTests(&self)
    let target = section.value("target").map { UCIValues.choice($0, ["dnat", "snat"]) } ?? "dnat"
    if target == nil { conditions.doubt = invalid(section, "target") }
    if target == "snat" { return readSourceRedirect(section, conditions) }
    guard case .zone(let place) = conditions.from else {
      return skipped(section, "a redirect needs one source zone")
    }
    zones[place].translatesDestinations = true
    let chain = "dstnat_\(zones[place].name)"
    translate(section, &conditions, chain, keys: ("src_ip", "src_dip", "dest_ip"), ports: ("src_port", "src_dport")) {
      proto, family, target in
      var result = NFTTranslation(kind: target == nil ? .redirect : .dnat)
      result.family = target == nil ? nil : family
      result.addresses = target
      let port = section.values("dest_port").first ?? section.values("src_dport").first
      if proto.hasPorts { result.ports = port.flatMap { UCIValues.port($0) } }
      return .translate(result)
    }
    reflect(section, conditions, from: place)
  }

  private mutating func readSourceRedirect(_ section: UCISection, _ conditions: UCIConditions) {
    var conditions = conditions
    guard case .zone(let place) = conditions.to, section.has("src_dip") else {
      return skipped(section, "source translation needs one destination zone and `src_dip`")
    }
    zones[place].translatesSources = true
    let chain = "srcnat_\(zones[place].name)"
    translate(section, &conditions, chain, keys: ("src_ip", "dest_ip", "src_dip"), ports: ("src_port", "dest_port")) {
      _, family, target in
      var result = NFTTranslation(kind: .snat)
      result.family = family
      result.addresses = target
      return .translate(result)
    }
  }

  mutating func readTranslation(_ section: UCISection, _ open: Set<SourceRange>) {
    var conditions = UCIConditions(section)
    guard conditions.readZones(&self) else { return }
    if open.contains(section.head) {
      conditions.doubt = Uncertainty(range: section.head, reason: "priorities contradict the order of the sections")
    }
    conditions.readTests(&self)
    conditions.readDevice(&self)
    let target = section.value("target").map { UCIValues.choice($0, ["accept", "snat", "masquerade"]) } ?? "masquerade"
    if target == nil { conditions.doubt = invalid(section, "target") }
    var chain = "srcnat"
    if case .zone(let place) = conditions.from {
      zones[place].translatesSources = true
      chain = "srcnat_\(zones[place].name)"
    }
    translate(
      section, &conditions, chain, keys: ("src_ip", "dest_ip", "snat_ip"), ports: ("src_port", "dest_port"),
      standard: "all"
    ) { _, family, address in
      switch target {
      case "accept": return .verdict(.accept)
      case "snat":
        var result = NFTTranslation(kind: .snat)
        result.family = address == nil ? nil : family
        result.addresses = address
        // A port alone changes nothing that the model looks at behind routing.
        return address == nil ? .verdict(.accept) : .translate(result)
      default: return .translate(NFTTranslation(kind: .masquerade))
      }
    }
  }

  /// The rules of a section that translates.
  ///
  /// - Parameters:
  ///   - keys: the options of sources, destinations and new addresses.
  ///   - ports: the options of source and destination ports.
  private mutating func translate(
    _ section: UCISection, _ conditions: inout UCIConditions, _ chain: String,
    keys: (sources: String, destinations: String, targets: String), ports: (source: String, destination: String),
    standard: String = "tcpudp", _ statement: (UCIProtocol, IPFamily?, NFTExpression?) -> NFTStatement
  ) {
    let (sources, knowsSources) = subnets(section, keys.sources)
    let (destinations, knowsDestinations) = subnets(section, keys.destinations)
    let (targets, knowsTargets) = subnets(section, keys.targets)
    if !knowsSources { conditions.doubt = invalid(section, keys.sources) }
    if !knowsDestinations { conditions.doubt = invalid(section, keys.destinations) }
    if !knowsTargets { conditions.doubt = invalid(section, keys.targets) }
    var count = 0
    for proto in conditions.protocols(&self, standard: standard) {
      guard
        var families = conditions.families(&self, [sources, destinations, targets], proto, [], isSplit: false)
      else { continue }
      let isExplicitlyBoth = section.value("family").map { UCIValues.family($0) == .some(nil) } ?? false
      // fw4.uc: without a family or an address of one, translation is for IPv4 only.
      if families == [nil], !isExplicitlyBoth { families = [.v4] }
      for family in families {
        let target = targets.first { $0.family == family && !$0.isNegated }
        if family != nil, !targets.isEmpty, target == nil { continue }
        for (from, to) in UCIConditions.pairs(sources, destinations, family) {
          var rule = conditions.rule(proto, family, from, to, number: count)
          rule.statements += conditions.ports(proto, "sport", ports.source, &self)
          rule.statements += conditions.ports(proto, "dport", ports.destination, &self)
          rule.statements += conditions.setTests(proto, self)
          let address = target.flatMap { Self.host($0) } ?? (knowsTargets ? nil : .unknown("the new address"))
          rule.statements.append(statement(proto, family, address))
          add(rule, to: chain)
          count += 1
        }
      }
    }
  }

  private static func host(_ subnet: UCISubnet) -> NFTExpression? {
    if let network = subnet.network { return .constant(network.address.description) }
    if case .plain(let value) = subnet.kind { return value }
    return nil
  }

  /// NAT reflection: hosts of the destination zone reach the redirected address from inside (fw4.uc, parse_redirect).
  private mutating func reflect(_ section: UCISection, _ conditions: UCIConditions, from place: Int) {
    let (targets, _) = subnets(section, "dest_ip")
    guard UCIValues.bool(section.value("reflection")) != false, let target = targets.first,
      UCIValues.bool(section.value("enabled")) != false
    else { return }
    let isMasqueraded = target.family == .v4 ? zones[place].isMasqueraded.v4 : zones[place].isMasqueraded.v6
    guard isMasqueraded else { return }
    var inner: [Int] = section.values("reflection_zone").compactMap { zone($0) }
    if inner.isEmpty {
      if case .zone(let destination) = conditions.to {
        inner = [destination]
      } else if let address = target.network?.address,
        let found = zones.firstIndex(where: { $0.networks.contains { AddressSet($0.network).contains(address) } })
      {
        inner = [found]
      }
    }
    let outside = subnets(section, "src_dip").subnets
    for zone in inner { reflect(section, conditions, from: place, into: zone, target, outside) }
  }

  private mutating func reflect(
    _ section: UCISection, _ conditions: UCIConditions, from place: Int, into inner: Int, _ target: UCISubnet,
    _ outside: [UCISubnet]
  ) {
    let family = target.family
    let sources = zones[inner].networks.filter { $0.address.family == family }
    var destinations = outside.filter { $0.family == family }
    if outside.isEmpty {
      destinations = zones[place].networks.filter { $0.address.family == family }.compactMap { network in
        IPPrefix(network.address, length: family.bits).map {
          UCIValues.subnet(InterfaceAddress(address: network.address, network: $0), isNegated: false)
        }
      }
    }
    let isKnown = zones[inner].knowsNetworks && (zones[place].knowsNetworks || !outside.isEmpty)
    guard !isKnown || (!sources.isEmpty && !destinations.isEmpty) else { return }
    zones[inner].translatesDestinations = true
    zones[inner].translatesSources = true
    zones[inner].verdictsTo.insert("accept")
    var inside = UCIConditions(section)
    inside.doubt = conditions.doubt
    if !isKnown {
      inside.tests.append(
        .match(.unknown("the addresses that are reflected are not in this file"), .equal, .constant("0")))
    }
    for proto in inside.protocols(&self, standard: "tcpudp") {
      for (from, to) in UCIConditions.pairs(
        sources.map { UCIValues.subnet($0, isNegated: false) }, destinations, family)
      {
        var rule = inside.rule(proto, family, from, to, number: 0)
        rule.name = "\(rule.name ?? "") (reflection)"
        rule.statements += inside.ports(proto, "sport", "src_port", &self)
        rule.statements += inside.ports(proto, "dport", "src_dport", &self)
        var translation = NFTTranslation(kind: .dnat)
        translation.family = family
        translation.addresses = Self.host(target)
        let port = section.values("dest_port").first ?? section.values("src_dport").first
        if proto.hasPorts { translation.ports = port.flatMap { UCIValues.port($0) } }
        rule.statements.append(.translate(translation))
        add(rule, to: "dstnat_\(zones[inner].name)")
      }
    }
  }

  /// Scripts and files of rules that are not read.
  mutating func readInclude(_ section: UCISection) {
    guard UCIValues.bool(section.value("enabled")) != false else { return }
    let path = printable(section.value("path") ?? "?")
    gap(
      section.range,
      "`\(path)` is not read; it may add or remove any rule: check the loaded rules (`nft list ruleset` or iptables-save) instead"
    )
    guard let position = section.value("position"), position.hasPrefix("chain-"), let chain = section.value("chain")
    else { return }
    var rule = NFTRule(range: section.range)
    rule.name = "include \(path)"
    rule.statements = [.unread]
    if position.hasPrefix("chain-pre") {
      chains["\(chain) before", default: []].append(rule)
    } else {
      chains["\(chain) behind", default: []].append(rule)
    }
  }
}
