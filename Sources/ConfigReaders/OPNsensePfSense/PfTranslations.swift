import PacketSets
import RuleModel
import SourceText

/// Translations of a configuration, in pf's order.
struct PfTranslations {
  /// Port forwards, then 1:1 (pf asks `rdr` before `binat` for incoming packets).
  var destinations: [TranslationRule] = []
  /// 1:1, then outbound NAT (pf asks `binat` before `nat` for outgoing packets).
  var sources: [TranslationRule] = []
  /// Rules that a port forward brings along.
  var passed: [Rule] = []

  /// The families of which sources may be translated, by where the packets leave.
  private var families: [InterfaceMatch: AddressSet] = [:]

  /// The families of which sources may be translated on one of the interfaces.
  func families(on interfaces: InterfaceMatch) -> AddressSet {
    families.reduce(.empty) { meet($1.key, interfaces) ? $0.union($1.value) : $0 }
  }

  private func meet(_ a: InterfaceMatch, _ b: InterfaceMatch) -> Bool {
    guard let first = a.patterns, let second = b.patterns, !a.isNegated, !b.isNegated else { return true }
    return !Set(first).isDisjoint(with: second)
  }

  mutating func addDestination(_ rule: TranslationRule) { Self.append(rule, to: &destinations) }

  mutating func addSource(_ rule: TranslationRule) {
    Self.append(rule, to: &sources)
    if rule.isExemption { return }
    for match in rule.match.upper {
      let touched = AddressSet(
        v4: match.sources.v4.isEmpty ? .empty : .all, v6: match.sources.v6.isEmpty ? .empty : .all)
      families[rule.egress, default: .empty] = families[rule.egress, default: .empty].union(touched)
    }
  }

  private static func append(_ rule: TranslationRule, to rules: inout [TranslationRule]) {
    var numbered = rule
    numbered.order = rules.count
    rules.append(numbered)
  }
}

extension PfReader {
  mutating func readTranslations() {
    addAntiLockoutExemption()
    let section = root.element(named: "nat")
    if let section {
      markTags(section)
      readPortForwards(section)
    }
    let filter = firewallModel?.element(named: "Filter")
    if let filter { markTags(filter) }
    readOneToOne(section, filter)
    readPrefixTranslations(section, filter)
    readOutbound(section?.element(named: "outbound"), filter)
    for element in section?.elements ?? [] {
      switch element.name {
      case "rule", "onetoone", "npt", "outbound": break
      case "separator", "ipsecpassthru": use(element)
      default:
        notes.gap(
          element.range, .notRecognised, matters: true, "`<\(printable(element.name))>` of NAT is not known")
      }
    }
  }

  /// The interfaces of a translation.
  func translationInterfaces(_ text: String?) -> InterfaceMatch {
    let names = pfList(text ?? "")
    guard !names.isEmpty else { return .any }
    return InterfaceMatch(names.flatMap { interfaces.groups[$0]?.members ?? [$0.replacingAny("+", with: "_")] })
  }

  /// Elements of NAT rules that say nothing about what is translated to what.
  static let indifferentInTranslations: Set<String> = [
    "descr", "description", "log", "created", "updated", "category", "categories", "nosync", "tag",
    "associated-rule-id",
    "poolopts", "poolopts_sourcehashkey", "source_hash_key", "staticnatport", "sequence", "tracker", "sort_order",
    "prio_group", "seq",
  ]

  /// Marks the rule and says of every element that is not known that it leaves the rule open.
  mutating func openParts(_ element: XMLElement, known: Set<String>) -> [Uncertainty] {
    use(element)
    var open: [Uncertainty] = []
    for child in element.elements where !known.contains(child.name) {
      if Self.indifferentInTranslations.contains(child.name) { continue }
      if child.isVoid || child.text == "0" { continue }
      if child.name == "tagged" {
        open.append(Uncertainty(range: child.range, reason: "it asks for a tag that another rule sets"))
      } else {
        open.append(
          self.open(child.range, "`<\(printable(child.name))>` of a NAT rule is not known", .notRecognised))
      }
    }
    return open
  }

  /// Whether a NAT rule takes part; adds a reason when that is not certain.
  mutating func isOff(_ element: XMLElement, _ open: inout [Uncertainty]) -> Bool {
    if element.value("enabled") == "0" { return true }
    let disabled = element.element(named: "disabled")
    guard let flag = product.flag(disabled) else {
      open.append(
        self.open(disabled?.range ?? element.range, "whether the translation is switched off is not certain"))
      return false
    }
    return flag
  }

  // MARK: port forwards

  /// "Prevent redirects for protected ports to this interface ip" (OPNsense, filter.inc).
  private mutating func addAntiLockoutExemption() {
    guard product == .opnsense, let interface = antiLockoutInterface, !antiLockoutPorts.isEmpty else { return }
    let ports = IntervalSet(antiLockoutPorts.map { $0...$0 })
    let service = Service(proto: IPProtocol.tcp, destinationPorts: ports)
    var rule = TranslationRule(
      order: 0, name: "automatic: anti-lockout",
      match: MatchBounds(
        sources: AddressBounds(.all), destinations: interface.addresses, services: ServiceBounds([service])),
      range: interface.range)
    rule.ingress = InterfaceMatch([interface.key])
    translations.addDestination(rule)
  }

  private mutating func readPortForwards(_ section: XMLElement) {
    let elements = section.elements(named: "rule")
    // OPNsense orders by <sequence> where rules have one.
    let order = elements.indices.sorted { a, b in
      let (first, second) = (sequence(elements[a]), sequence(elements[b]))
      return first != second ? first < second : a < b
    }
    for index in order {
      if elements[index].isVoid || elements[index].has("separator") {
        use(elements[index])
      } else {
        readPortForward(elements[index], index + 1)
      }
    }
  }

  private func sequence(_ element: XMLElement) -> Int { element.value("sequence").flatMap { Int($0) } ?? 0 }

  private mutating func readPortForward(_ element: XMLElement, _ number: Int) {
    var open = openParts(
      element,
      known: [
        "disabled", "nordr", "interface", "ipprotocol", "protocol", "source", "destination", "target", "local-port",
        "natreflection", "pass",
      ])
    if isOff(element, &open) { return }
    var parts = PfMatchParts(
      family: element.value("ipprotocol") ?? "inet46", proto: element.value("protocol"),
      source: endpoint(element.element(named: "source"), in: element),
      destination: endpoint(element.element(named: "destination"), in: element), range: element.range)
    parts.icmpTypes = []
    var match = match(parts).match
    for reason in open { match = match.uncertain(reason) }
    var rule = TranslationRule(order: 0, name: "port forward \(number)", match: match, range: element.range)
    rule.ingress = translationInterfaces(element.value("interface"))
    if product == .pfsense ? element.has("nordr") : (element.value("nordr").map { $0 != "0" } ?? false) {
      return translations.addDestination(rule)
    }
    addTarget(element, &rule)
    addTargetPorts(element, parts.destination, &rule)
    translations.addDestination(rule)
    addReflection(element, rule)
    addPass(element, rule)
  }

  private mutating func addTarget(_ element: XMLElement, _ rule: inout TranslationRule) {
    guard let text = element.value("target") else {
      rule.destination = .unknown(self.open(element.range, "the port forward names no target"))
      rule.match = rule.match.uncertain(Uncertainty(range: element.range, reason: "it names no target"))
      return
    }
    var objects: [ObjectReference] = []
    var end = PfEndpoint(range: element.element(named: "target")?.range ?? element.range)
    end.values = [text]
    let bounds = addresses(end, &objects)
    rule.destination = bounds.uncertainties.first.map { .unknown($0) } ?? .pool(bounds.upper)
  }

  private mutating func addTargetPorts(_ element: XMLElement, _ end: PfEndpoint, _ rule: inout TranslationRule) {
    guard let text = element.value("local-port"), let first = ports(text) else { return }
    guard first.uncertainties.isEmpty, let low = first.upper.intervals.first?.lowerBound else {
      rule.destinationPorts = .all
      return
    }
    // A range of ports goes to a range of the same length.
    let outer = end.port.flatMap { ports($0) }?.upper.intervals ?? []
    let length = outer.count == 1 ? Int(outer[0].upperBound) - Int(outer[0].lowerBound) : 0
    let isSingle = first.upper.count == 1
    rule.destinationPorts = isSingle ? IntervalSet(low...UInt16(min(Int(low) + length, 65535))) : first.upper
  }

  /// Reflection: the same redirection at other interfaces, "interfaces without a gateway set" (OPNsense documentation,
  /// Firewall settings, "Reflection for Destination NAT").
  private mutating func addReflection(_ element: XMLElement, _ rule: TranslationRule) {
    guard let why = reflection(element) else { return }
    var mirrored = rule
    mirrored.name += " (reflected)"
    mirrored.match = rule.match.uncertain(why)
    if let patterns = rule.ingress.patterns { mirrored.ingress = InterfaceMatch(patterns, isNegated: true) }
    translations.addDestination(mirrored)
    // A proxy on the firewall carries such connections past the rules (pfSense documentation, "NAT Reflection").
    let mode = element.value("natreflection")
    if product == .pfsense, mode != "purenat" { translations.passed.append(passRule(mirrored, why)) }
  }

  private func reflection(_ element: XMLElement) -> Uncertainty? {
    let mode = element.value("natreflection")
    if let mode, ["enable", "purenat"].contains(mode) {
      return Uncertainty(range: element.range, reason: "at which other interfaces it is reflected is not certain")
    }
    if mode == "disable" { return nil }
    let system = root.element(named: "system")
    if product.flag(system?.element(named: "disablenatreflection")) == true { return nil }
    return Uncertainty(range: element.range, reason: "reflection is on by `<disablenatreflection>` being absent")
  }

  /// `pass`: "no other rules will apply" (OPNsense documentation, "Processing order").
  private mutating func addPass(_ element: XMLElement, _ rule: TranslationRule) {
    let words = [element.value("pass"), element.value("associated-rule-id")].compactMap { $0 }
    guard words.contains("pass") || element.value("pass") == "rule" else { return }
    translations.passed.append(
      passRule(
        rule, Uncertainty(range: element.range, reason: "packets that were sent to the target itself look the same")))
  }

  private func passRule(_ translation: TranslationRule, _ why: Uncertainty) -> Rule {
    let upper = translation.match.upper.map { match in
      var moved = match
      switch translation.destination {
      case .pool(let pool): moved.destinations = pool
      case nil: break
      default: moved.destinations = .all
      }
      if let ports = translation.destinationPorts {
        moved.services = match.services.map {
          var service = $0
          service.destinationPorts = ports
          return service
        }
      }
      return moved
    }
    var rule = Rule(
      order: translations.passed.count, name: "\(translation.name) passes",
      match: MatchBounds(lower: [], upper: upper, uncertainties: translation.match.uncertainties + [why]),
      action: .permit, source: translation.range)
    rule.ingress = translation.ingress
    return rule
  }
}
