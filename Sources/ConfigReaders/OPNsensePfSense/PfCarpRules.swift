import PacketSets
import RuleModel
import SourceText

/// The automatic rules about CARP (ip/112), by which a pair of firewalls agrees who answers for virtual addresses.
extension PfReader {
  /// pfSense, filter.inc (`filter_process_carp_rules`): with high availability or virtual addresses, nothing with an own
  /// address as its source comes in, and everything else passes; without them there is no rule.
  ///
  /// OPNsense, filter.lib.inc (`filter_core_rules_system`): everything passes, in use or not, and without use nothing with
  /// an own address comes in. Later releases pass only advertisements, to 224.0.0.18 and ff02::12 (issue 5613 of
  /// opnsense/core). Which release it is, is not in the file.
  func carpRules(_ direction: PfRule.Directions) -> [Rule] {
    let source = device.source
    let own = automatic("automatic: CARP from own addresses", ownCARP, .deny(rejects: false), source)
    let all = PacketMatch(services: [Service(proto: 112)])
    var pass = automatic("automatic: CARP", MatchBounds(all), .permit, source)
    if product == .pfsense { return !usesCARP ? [] : direction == .incoming ? [own, pass] : [pass] }
    let release = Uncertainty(range: source, reason: "what passes of CARP depends on the release")
    var advertised = all
    advertised.destinations = advertisements
    pass.match = MatchBounds(lower: usesCARP ? [advertised] : [], upper: [all], uncertainties: [release])
    guard !usesCARP, direction == .incoming else { return [pass] }
    var open = own
    open.match = own.match.uncertain(release)
    return [open, pass]
  }

  /// High availability, virtual addresses, or the settings of pfSense 2.0 for either.
  private var usesCARP: Bool {
    let settings = [root.element(named: "hasync"), root.descendant("installedpackages", "carpsettings", "config")]
    let addresses = root.element(named: "virtualip")?.elements.filter { $0.name == "vip" } ?? []
    // An empty <vip/> is what OPNsense writes when there is none.
    return settings.contains { $0.map(holdsSomething) ?? false }
      || addresses.contains { product == .pfsense || holdsSomething($0) }
  }

  private func holdsSomething(_ element: XMLElement) -> Bool {
    !element.elements.isEmpty || !element.text.isEmpty
  }

  private var advertisements: AddressSet {
    ["224.0.0.18", "ff02::12"].compactMap { IPAddress($0) }.reduce(.empty) { $0.union(AddressSet($1)) }
  }

  private var ownCARP: MatchBounds {
    MatchBounds(
      sources: selfAddresses, destinations: AddressBounds(.all), services: ServiceBounds([Service(proto: 112)]))
  }
}
