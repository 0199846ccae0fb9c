import PacketSets
import RuleModel
import SourceText

// Zones, and the sections that name them.
extension UCIFirewall {
  mutating func readZone(_ section: UCISection) {
    guard UCIValues.bool(section.value("enabled")) != false else { return }
    guard let name = section.value("name"), !name.isEmpty else {
      return gap(section.head, "a zone without a name is read over", state: .notRecognised)
    }
    var doubt = section.doubt
    func policy(_ key: String, _ standard: String) -> String? {
      guard let text = section.value(key) else { return standard }
      return UCIValues.choice(text, UCIValues.policies)
    }
    for key in ["input", "output", "forward"] where policy(key, "drop") == nil { doubt = invalid(section, key) }
    var zone = UCIZone(
      name: name, section: section, family: nil, input: policy("input", defaults.input) ?? defaults.input,
      output: policy("output", defaults.output) ?? defaults.output,
      forward: policy("forward", defaults.forward) ?? defaults.forward,
      isMasqueraded: (UCIValues.bool(section.value("masq")) == true, UCIValues.bool(section.value("masq6")) == true),
      allowsInvalid: UCIValues.bool(section.value("masq_allow_invalid")) == true,
      logs: (section.value("log").flatMap { Int($0) } ?? 0) & 1 == 1)
    if let text = section.value("family") {
      if let family = UCIValues.family(text) { zone.family = family } else { doubt = invalid(section, "family") }
    }
    for key in ["extra", "extra_src", "extra_dest"] where section.has(key) {
      gap(section.range(of: key), "raw iptables text is not read; it may narrow the zone")
      doubt = Uncertainty(range: section.range(of: key), reason: "raw iptables text may narrow the zone")
    }
    let devices = devices(&zone, section)
    let (subnets, isKnown) = subnets(section, "subnet")
    if !isKnown { doubt = invalid(section, "subnet") }
    zone.masqueradedSources = self.subnets(section, "masq_src").subnets
    zone.masqueradedDestinations = self.subnets(section, "masq_dest").subnets
    zone.networks += subnets.compactMap { $0.isNegated ? nil : $0.network }
    let families = Set(subnets.map(\.family))
    if families.count == 1, let only = families.first {
      guard zone.family ?? only == only else {
        return skipped(section, "the zone's family and its subnets exclude each other")
      }
      zone.family = only
    }
    zone.doubt = doubt
    zone.memberships = memberships(zone.family, devices, subnets)
    if zone.memberships.isEmpty {
      // Too many patterns to test one by one: any packet may be of the zone.
      gap(section.head, "the zone names too many device patterns; any packet may be of it")
      zone.doubt = Uncertainty(range: section.head, reason: "the zone names too many device patterns")
      zone.memberships = [UCIZone.Membership()]
    }
    zone.verdictsTo = [zone.output, zone.forward]
    zone.translatesSources = zone.isMasqueraded.v4 || zone.isMasqueraded.v6
    if let first = zonePlaces[name] {
      gap(section.head, "a zone of this name stands before; its devices are added there, its policies are left out")
      zones[first].memberships += zone.memberships
      zones[first].deviceNames += zone.deviceNames
      zones[first].networks += zone.networks
      zones[first].doubt = Uncertainty(range: section.head, reason: "two zones have this name")
      return
    }
    zonePlaces[name] = zones.count
    zones.append(zone)
  }

  /// The devices of the zone's networks and its own, as they stand: `!` negates, a trailing `+` stands for any rest.
  private mutating func devices(_ zone: inout UCIZone, _ section: UCISection) -> [(name: String, isNegated: Bool)] {
    var result: [(name: String, isNegated: Bool)] = []
    for text in section.values("network") {
      let (name, isNegated) = UCIValues.negatable(text)
      let network = networks.network(name, section.range(of: "network"))
      if networks.areKnown, !network.isDefined {
        issues.append(
          ReadIssue(
            kind: .undefinedReference, range: section.range(of: "network"),
            message:
              "zone `\(printable(zone.name))` names the network `\(printable(name))`, which the file does not define",
            help: "append the whole /etc/config/network; the network stands for an interface of its own name",
            couldChangeVerdict: false))
      }
      result.append((network.device, isNegated))
      guard !isNegated else { continue }
      zone.networks += network.addresses
      if !network.knowsAddresses { zone.knowsNetworks = false }
    }
    for text in section.values("device") {
      let (name, isNegated) = UCIValues.negatable(text)
      result.append((name, isNegated))
    }
    if result.isEmpty, !section.has("subnet") {
      issues.append(
        ReadIssue(
          kind: .dynamicObject, range: section.head,
          message: "zone `\(printable(zone.name))` names no network, device or subnet",
          help: "an interface of the zone's name stands for whatever is put into it while the device runs",
          couldChangeVerdict: true))
      result.append((zone.name, false))
      zone.knowsNetworks = false
    }
    zone.deviceNames = result.filter { !$0.isNegated }.map(\.name)
    return result
  }

  /// fw4.uc, parse_zone: each wildcard alone, the plain devices together; negated ones hold for all.
  private func memberships(
    _ family: IPFamily?, _ devices: [(name: String, isNegated: Bool)], _ subnets: [UCISubnet]
  ) -> [UCIZone.Membership] {
    guard !devices.isEmpty || !subnets.isEmpty else { return [] }
    var base = UCIZone.Membership()
    var plain: [String] = []
    var groups: [UCIZone.Membership] = []
    for (name, isNegated) in devices {
      let isWildcard = name.hasSuffix("+")
      let pattern = isWildcard ? name.dropLast() + "*" : name
      switch (isNegated, name) {
      case (false, "+"): continue
      // Not any device: a name that none has.
      case (true, "+"): plain.append("/never/")
      case (true, _): if isWildcard { base.otherPatterns.append(pattern) } else { base.otherDevices.append(name) }
      case (false, _) where isWildcard: groups.append(UCIZone.Membership(devices: [pattern]))
      default: plain.append(name)
      }
    }
    if !plain.isEmpty || groups.isEmpty { groups.append(UCIZone.Membership(devices: plain)) }
    for place in groups.indices {
      groups[place].otherDevices = base.otherDevices
      groups[place].otherPatterns = base.otherPatterns
      groups[place].family = family
    }
    guard groups.count <= UCIAddressGroup.limit else { return [] }
    guard !subnets.isEmpty else { return groups }
    return groups.flatMap { group in
      IPFamily.allCases.filter { family ?? $0 == $0 }.flatMap { family in
        UCIAddressGroup.groups(subnets, family).map { subnets in
          var one = group
          one.family = family
          one.subnets = subnets
          return one
        }
      }
    }
  }

  /// The tests of one way to meet a zone, for packets that come from it or go to it.
  static func tests(_ membership: UCIZone.Membership, isEgress: Bool) -> [NFTStatement] {
    let device = NFTExpression.field("meta", isEgress ? "oifname" : "iifname")
    var result: [NFTStatement] = []
    if let family = membership.family { result.append(.family(family)) }
    func names(_ names: [String]) -> NFTExpression { .values(names.map { .constant($0) }) }
    if !membership.devices.isEmpty { result.append(.match(device, .equal, names(membership.devices))) }
    if !membership.otherDevices.isEmpty { result.append(.match(device, .unequal, names(membership.otherDevices))) }
    for pattern in membership.otherPatterns { result.append(.match(device, .unequal, .constant(pattern))) }
    guard let family = membership.family, !membership.subnets.isEmpty else { return result }
    return result
      + membership.subnets.statements(NFTSelector(family == .v4 ? "ip" : "ip6", isEgress ? "daddr" : "saddr"))
  }

  /// Subnets of an option; false when one is not understood, which then counts as any address.
  mutating func subnets(_ section: UCISection, _ key: String) -> (subnets: [UCISubnet], isKnown: Bool) {
    var result: [UCISubnet] = []
    var isKnown = true
    for text in section.values(key) {
      let (word, isNegated) = UCIValues.negatable(text)
      if let subnet = UCIValues.subnet(word, isNegated: isNegated) {
        result.append(subnet)
      } else if let network = networks.all[word], !network.addresses.isEmpty {
        // A network's name stands for its addresses.
        result += network.addresses.map { UCIValues.subnet($0, isNegated: isNegated) }
      } else {
        isKnown = false
      }
    }
    return (result, isKnown)
  }

  mutating func readForwarding(_ section: UCISection) {
    guard let from = zoneReference(section, "src"), let to = zoneReference(section, "dest") else { return }
    var doubt = section.doubt
    var family: IPFamily?
    if let text = section.value("family") {
      if let known = UCIValues.family(text) { family = known } else { doubt = invalid(section, "family") }
    }
    for zone in [from, to] {
      guard case .zone(let place) = zone, let limit = zones[place].family else { continue }
      guard family ?? limit == limit else {
        return skipped(section, "the forwarding's family and a zone's exclude each other")
      }
      family = limit
    }
    var rule = NFTRule(range: section.range)
    rule.name = "forwarding \(section.value("src") ?? "") to \(section.value("dest") ?? "")"
    rule.comment = section.value("name")
    rule.isDisabled = UCIValues.bool(section.value("enabled")) == false
    rule.doubt = doubt
    if let family { rule.statements.append(.family(family)) }
    if case .zone(let place) = to {
      if !rule.isDisabled { zones[place].verdictsTo.insert("accept") }
      rule.statements.append(.verdict(.jump("accept_to_\(zones[place].name)")))
    } else {
      rule.statements.append(.verdict(.accept))
    }
    if case .zone(let place) = from { add(rule, to: "forward_\(zones[place].name)") } else { add(rule, to: "forward") }
  }

  enum ZoneReference {
    case any
    case zone(Int)
  }

  /// A zone that a forwarding names; nil, with an issue, when there is none.
  private mutating func zoneReference(_ section: UCISection, _ key: String) -> ZoneReference? {
    guard let name = section.value(key) else {
      gap(section.head, "the forwarding lacks `\(key)`; it has no effect", state: .notRecognised)
      return nil
    }
    if name == "*" { return .any }
    if let place = zone(name) { return .zone(place) }
    undefinedZone(section, key, name)
    return nil
  }

  mutating func undefinedZone(_ section: UCISection, _ key: String, _ name: String) {
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: section.range(of: key), message: "no zone is named `\(printable(name))`",
        help: "add the zone or correct the name; fw4 skips the section", couldChangeVerdict: true))
  }
}

extension NFTStatement {
  static func family(_ family: IPFamily) -> NFTStatement {
    .match(.field("meta", "nfproto"), .equal, .constant(family == .v4 ? "ipv4" : "ipv6"))
  }
}
