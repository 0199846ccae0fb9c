import PacketSets
import RuleModel
import SourceText

/// 1:1 NAT, prefix translation and outbound NAT.
extension PfReader {
  mutating func readOneToOne(_ section: XMLElement?, _ filter: XMLElement?) {
    for (index, element) in (section?.elements(named: "onetoone") ?? []).enumerated() where !skip(element) {
      var objects: [ObjectReference] = []
      let inside = endpoint(element.element(named: "source"), in: element)
      let partners = addresses(endpoint(element.element(named: "destination"), in: element), &objects)
      readOneToOne(element, "1:1 NAT \(index + 1)", inside: inside, partners: partners)
    }
    let models = filter?.element(named: "onetoone")
    if let models { markTags(models) }
    for (index, element) in (models?.elements ?? []).enumerated() where !skip(element) {
      var objects: [ObjectReference] = []
      let parts = modelParts(element)
      readOneToOne(
        element, "1:1 NAT [new] \(index + 1)", inside: parts.source, partners: addresses(parts.destination, &objects))
    }
  }

  /// An empty element that the web interface leaves behind.
  private mutating func skip(_ element: XMLElement) -> Bool {
    guard element.isVoid else { return false }
    use(element)
    return true
  }

  private mutating func readOneToOne(
    _ element: XMLElement, _ name: String, inside: PfEndpoint, partners: AddressBounds
  ) {
    var open = openParts(
      element,
      known: [
        "disabled", "enabled", "interface", "external", "source", "destination", "type", "natreflection", "ipprotocol",
        "nobinat", "source_net", "source_not", "destination_net", "destination_not",
      ])
    if isOff(element, &open) { return }
    let ingress = translationInterfaces(element.value("interface"))
    var objects: [ObjectReference] = []
    let own = addresses(inside, &objects)
    let prefix =
      own.isExact && inside.isNegated == false ? inside.values.first.flatMap { IPPrefix($0) } ?? prefix(own.upper) : nil
    let external = element.value("external").flatMap { text -> IPPrefix? in
      guard let outer = IPPrefix(text) else { return nil }
      guard !text.contains("/"), let prefix else { return outer }
      return IPPrefix(outer.base, length: prefix.length)
    }
    guard let prefix, let external, external.base.family == prefix.base.family, external.length == prefix.length else {
      let why = self.open(element.range, "the two sides of the 1:1 NAT are not understood")
      let match = MatchBounds.any.uncertain(why)
      addPair(element, name, ingress, (match, .unknown(why)), (match, .unknown(why)))
      return
    }
    var inward = MatchBounds(
      sources: partners, destinations: AddressBounds(AddressSet(external)), services: ServiceBounds([.any]))
    var outward = MatchBounds(
      sources: AddressBounds(AddressSet(prefix)), destinations: partners, services: ServiceBounds([.any]))
    for reason in open {
      inward = inward.uncertain(reason)
      outward = outward.uncertain(reason)
    }
    if let flag = element.element(named: "nobinat"), product.mayBeSet(flag) {
      // Exempts its addresses from the rules behind it.
      addPair(element, name, ingress, (inward, nil), (outward, nil))
      return
    }
    addPair(
      element, name, ingress, (inward, .prefix(from: external, to: prefix)),
      (outward, .prefix(from: prefix, to: external)))
  }

  private func prefix(_ set: AddressSet) -> IPPrefix? {
    let prefixes = set.prefixes
    return prefixes.count == 1 ? prefixes[0] : nil
  }

  private mutating func addPair(
    _ element: XMLElement, _ name: String, _ interface: InterfaceMatch,
    _ inward: (match: MatchBounds, change: AddressTranslation?),
    _ outward: (match: MatchBounds, change: AddressTranslation?)
  ) {
    var first = TranslationRule(order: 0, name: name, match: inward.match, range: element.range)
    first.ingress = interface
    first.destination = inward.change
    translations.addDestination(first)
    var second = TranslationRule(order: 0, name: name, match: outward.match, range: element.range)
    second.egress = interface
    second.source = outward.change
    translations.addSource(second)
    // Reflected 1:1 NAT translates at other interfaces too.
    let mode = element.value("natreflection")
    let isOn = mode == "enable" || (mode == nil && systemHas("enablebinatreflection"))
    guard isOn else { return }
    var mirrored = first
    mirrored.match = inward.match.uncertain(
      Uncertainty(range: element.range, reason: "at which other interfaces it is reflected is not certain"))
    if let patterns = interface.patterns { mirrored.ingress = InterfaceMatch(patterns, isNegated: true) }
    translations.addDestination(mirrored)
  }

  /// NPt: IPv6 prefixes both ways.
  mutating func readPrefixTranslations(_ section: XMLElement?, _ filter: XMLElement?) {
    let models = filter?.element(named: "npt")
    if let models { markTags(models) }
    let elements = (section?.elements(named: "npt") ?? []) + (models?.elements ?? [])
    for (index, element) in elements.enumerated() where !skip(element) {
      var open = openParts(
        element,
        known: [
          "disabled", "enabled", "interface", "source", "destination", "source_net", "destination_net", "trackif",
        ])
      if isOff(element, &open) { continue }
      let inside = element.value("source_net") ?? element.element(named: "source")?.value("address")
      let outside = element.value("destination_net") ?? element.element(named: "destination")?.value("address")
      let interface = translationInterfaces(element.value("interface"))
      let name = "NPt \(index + 1)"
      guard let inside, let outside, let from = IPPrefix(inside), let to = IPPrefix(outside), from.length == to.length,
        from.base.family == to.base.family
      else {
        let why = self.open(element.range, "the prefixes of the NPt rule are not in the file or differ in length")
        let match = MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6)).uncertain(why)
        addPair(element, name, interface, (match, .unknown(why)), (match, .unknown(why)))
        continue
      }
      var inward = MatchBounds(PacketMatch(destinations: AddressSet(to)))
      var outward = MatchBounds(PacketMatch(sources: AddressSet(from)))
      for reason in open {
        inward = inward.uncertain(reason)
        outward = outward.uncertain(reason)
      }
      addPair(element, name, interface, (inward, .prefix(from: to, to: from)), (outward, .prefix(from: from, to: to)))
    }
  }

  // MARK: outbound

  /// Automatic, hybrid, manual (`advanced`) or none (OPNsense documentation, NAT, "Outbound").
  mutating func readOutbound(_ section: XMLElement?, _ filter: XMLElement?) {
    let mode = section?.value("mode") ?? "automatic"
    if let section {
      markTags(section)
      use(section.element(named: "mode"))
      for element in section.elements where element.name != "rule" && element.name != "mode" {
        use(element)
      }
    }
    let isManual = ["hybrid", "advanced"].contains(mode)
    for (index, element) in (section?.elements(named: "rule") ?? []).enumerated() where !skip(element) {
      guard isManual else {
        use(element)
        continue
      }
      readOutboundRule(element, "outbound NAT \(index + 1)", legacyOutboundParts(element))
    }
    let models = filter?.element(named: "snatrules")
    if let models { markTags(models) }
    for (index, element) in (models?.elements ?? []).enumerated() where !skip(element) {
      readOutboundRule(element, "outbound NAT [new] \(index + 1)", modelParts(element))
    }
    if !["automatic", "hybrid", "advanced", "disabled"].contains(mode), let section {
      _ = open(section.range, "`\(printable(mode))` is no mode of outbound NAT that is known", .notRecognised)
    }
    if mode != "advanced", mode != "disabled" { addAutomaticOutbound(section) }
  }

  private mutating func legacyOutboundParts(_ element: XMLElement) -> PfMatchParts {
    var parts = PfMatchParts(
      family: element.value("ipprotocol") ?? "inet46", proto: element.value("protocol"),
      source: endpoint(element.element(named: "source"), in: element),
      destination: endpoint(element.element(named: "destination"), in: element), range: element.range)
    parts.source.port = element.value("sourceport") ?? parts.source.port
    parts.destination.port = element.value("dstport") ?? parts.destination.port
    return parts
  }

  private mutating func readOutboundRule(_ element: XMLElement, _ name: String, _ parts: PfMatchParts) {
    var open = openParts(
      element,
      known: [
        "disabled", "enabled", "nonat", "interface", "ipprotocol", "protocol", "source", "destination", "sourceport",
        "dstport", "target", "targetip", "targetip_subnet", "natport", "target_port", "source_net",
        "source_not", "source_port", "destination_net", "destination_not", "destination_port", "nonatport",
      ])
    if isOff(element, &open) { return }
    var match = match(parts).match
    for reason in open { match = match.uncertain(reason) }
    var rule = TranslationRule(order: 0, name: name, match: match, range: element.range)
    rule.egress = translationInterfaces(element.value("interface"))
    let nonat = element.element(named: "nonat")
    if product == .pfsense ? nonat != nil : nonat.map({ !$0.text.isEmpty && $0.text != "0" }) ?? false {
      return translations.addSource(rule)
    }
    rule.source = outboundTarget(element)
    translations.addSource(rule)
  }

  private mutating func outboundTarget(_ element: XMLElement) -> AddressTranslation {
    guard var text = element.value("target"), !["wanip", "0"].contains(text) else { return .egressInterface }
    if text == "other-subnet" {
      text = (element.value("targetip") ?? "") + "/" + (element.value("targetip_subnet") ?? "32")
    }
    var objects: [ObjectReference] = []
    var end = PfEndpoint(range: element.element(named: "target")?.range ?? element.range)
    end.values = [text]
    let bounds = addresses(end, &objects)
    return bounds.uncertainties.first.map { .unknown($0) } ?? .pool(bounds.upper)
  }

  /// Sources from behind interfaces without a gateway, where they leave by one with a gateway (OPNsense, filter.inc).
  private mutating func addAutomaticOutbound(_ section: XMLElement?) {
    let assigned = Set(gateways.compactMap { $0.value("interface") })
    let outer = interfaces.all.filter { $0.isEnabled && ($0.hasGateway || assigned.contains($0.key)) }
    guard !outer.isEmpty else { return }
    let inside = interfaces.all.filter { $0.isEnabled && !$0.hasGateway }.reduce(AddressSet.empty) {
      $0.union($1.networks.lower)
    }
    let range = section.map { Self.startTag(of: $0) } ?? device.source
    let why = Uncertainty(
      range: range, reason: "which networks automatic outbound NAT translates is not all in the file")
    let lower = AddressSet(v4: inside.v4)
    var rule = TranslationRule(
      order: 0, name: "automatic outbound NAT",
      match: MatchBounds(
        lower: [PacketMatch(sources: lower, destinations: .allV4)],
        upper: [PacketMatch(sources: .allV4, destinations: .allV4)], uncertainties: [why]), range: range)
    rule.egress = InterfaceMatch(outer.map(\.key))
    rule.source = .egressInterface
    translations.addSource(rule)
  }
}
