import PacketSets
import RuleModel
import SourceText

/// Address translation: by policy, or central.
extension FortiDomain {
  /// With policy NAT the policy that permits a packet also says how it is translated.
  mutating func policyTranslations(_ policies: [FortiPolicy]) -> [TranslationRule] {
    let permitting = policies.filter { policy in
      if case .deny = policy.action { return false }
      return policy.state != .disabled
    }
    var rules: [TranslationRule] = []
    let applied = appliedVirtualIPs(policies)
    var users: [Int: [FortiPolicy]] = [:]
    for policy in permitting {
      for index in policy.virtualIPs { users[index, default: []].append(policy) }
    }
    for index in applied {
      for policy in users[index] ?? [] {
        if let rule = virtualTranslation(index, policy, rules.count) { rules.append(rule) }
      }
    }
    for index in applied { rules.append(openTranslation(index, rules.count)) }
    let translating = permitting.filter { tree.isEnabled("nat", of: $0.node) }
    guard let last = translating.last else { return rules }
    // Policies without NAT in front of the last one with NAT exempt their packets.
    for policy in permitting where policy.order <= last.order && policy.destinations != .empty {
      let match = MatchBounds(sources: policy.sources, destinations: policy.destinations, services: policy.services)
      var rule = translationRule(policy, match, rules.count)
      rule.source = sourceTranslation(policy)
      rules.append(rule)
    }
    return rules
  }

  private func translationRule(_ policy: FortiPolicy, _ match: MatchBounds, _ order: Int) -> TranslationRule {
    var rule = TranslationRule(order: order, name: policy.name, match: match, range: policy.range)
    for reason in policy.open { rule.match = rule.match.uncertain(reason) }
    rule.ingress = policy.ingress
    rule.egress = policy.egress
    return rule
  }

  /// What one policy does with packets for one of its virtual IPs.
  private mutating func virtualTranslation(_ index: Int, _ policy: FortiPolicy, _ order: Int) -> TranslationRule? {
    let vip = virtualIPs[index]
    guard let ingress = common(policy.ingress, vip.interfaces) else { return nil }
    var rule = translationRule(policy, vip.match(sources: policy.sources, services: policy.services), order)
    rule.name = "virtual IP \(printable(vip.name)), \(policy.name)"
    rule.ingress = ingress
    rule.destination = vip.translation
    rule.destinationPorts = mappedPorts(vip)
    rule.source = sourceTranslation(policy)
    return rule
  }

  private func mappedPorts(_ vip: FortiVirtualIP) -> IntervalSet<UInt16>? {
    guard let forward = vip.forward, forward.changesPort else { return nil }
    return IntervalSet(forward.mapped)
  }

  /// Packets for a virtual IP that no policy for it takes: they may be translated all the same.
  private func openTranslation(_ index: Int, _ order: Int) -> TranslationRule {
    let vip = virtualIPs[index]
    let reason = Uncertainty(range: vip.range, reason: "no policy for the virtual IP matches")
    var rule = TranslationRule(
      order: order, name: "virtual IP \(printable(vip.name))", match: vip.whole.uncertain(reason), range: vip.range)
    rule.ingress = InterfaceMatch(vip.interfaces)
    rule.destination = vip.translation
    rule.destinationPorts = mappedPorts(vip)
    return rule
  }

  /// Source translation of a policy; nil without NAT.
  ///
  /// The order is: IP pool, static virtual IP of the source in reverse, address of the outgoing interface (technical tip
  /// "Mapping VIP outbound connections", ta-p/193423).
  private mutating func sourceTranslation(_ policy: FortiPolicy) -> AddressTranslation? {
    guard tree.isEnabled("nat", of: policy.node) else { return nil }
    if tree.isEnabled("ippool", of: policy.node) {
      return pool(["poolname", "poolname6"].compactMap { tree.setting($0, of: policy.node) }, policy.range)
    }
    guard translatedBack.overlaps(policy.sources.upper),
      let reverse = virtualIPs.first(where: { $0.isTranslatingBack && $0.mapped.upper.overlaps(policy.sources.upper) })
    else { return .egressInterface }
    return .unknown(
      Uncertainty(range: reverse.range, reason: "the virtual IP translates connections of its server outward too"))
  }

  /// The addresses of IP pools.
  private mutating func pool(_ settings: [FortiSetting], _ range: SourceRange) -> AddressTranslation {
    var sets: [AddressSet] = []
    for setting in settings {
      for name in setting.words {
        let node = entry(name, in: "firewall ippool") ?? entry(name, in: "firewall ippool6")
        guard let node else {
          return .unknown(
            undefined("IP pool", name, setting.range, like: ["firewall ippool"]))
        }
        guard let first = tree.value("startip", of: node).flatMap({ IPAddress($0) }),
          let last = tree.value("endip", of: node).flatMap({ IPAddress($0) }),
          let set = AddressSet(first: first, last: last), unknownStatements(of: node).isEmpty
        else { return .unknown(Uncertainty(range: tree.nodes[node].range, reason: "the IP pool cannot be read")) }
        sets.append(set)
      }
    }
    guard !sets.isEmpty else { return .unknown(Uncertainty(range: range, reason: "no IP pool is named")) }
    return .pool(union(of: sets))
  }

  // MARK: Central NAT

  /// With central NAT every virtual IP that is switched on translates, before the policies (FortiOS 7.2 administration
  /// guide, "Central DNAT").
  func centralDestinationRules() -> [TranslationRule] {
    virtualIPs.filter { $0.isEnabled && $0.translation != nil }.enumerated().map { order, vip in
      var rule = TranslationRule(
        order: order, name: "virtual IP \(printable(vip.name))", match: vip.whole, range: vip.range)
      rule.ingress = InterfaceMatch(vip.interfaces)
      rule.destination = vip.translation
      rule.destinationPorts = mappedPorts(vip)
      return rule
    }
  }

  /// The central SNAT table, from the top down, after the policies (FortiOS 7.6 administration guide, "Central SNAT").
  mutating func centralSourceRules() -> [TranslationRule] {
    var rules: [TranslationRule] = []
    for node in entries("firewall central-snat-map") where tree.value("status", of: node) != "disable" {
      rules.append(centralSourceRule(node, rules.count))
    }
    return rules
  }

  private mutating func centralSourceRule(_ node: Int, _ order: Int) -> TranslationRule {
    var open = unknownStatements(of: node)
    let range = tree.nodes[node].range
    let sources = centralAddresses(node, ["orig-addr", "orig-addr6"], &open)
    let destinations = centralAddresses(node, ["dst-addr", "dst-addr6"], &open)
    let service = centralService(node, &open)
    var rule = TranslationRule(
      order: order, name: "central SNAT \(printable(tree.nodes[node].name))",
      match: MatchBounds(sources: sources, destinations: destinations, services: ServiceBounds([service])), range: range
    )
    rule.ingress = interfaceMatch(tree.setting("srcintf", of: node)) ?? .any
    rule.egress = interfaceMatch(tree.setting("dstintf", of: node)) ?? .any
    for name in ["nat46", "nat64"] where tree.isEnabled(name, of: node) {
      notes.gap(range, .notModelled, matters: true, "translation between IPv4 and IPv6 is not modelled")
      open.append(Uncertainty(range: range, reason: "the entry translates between IPv4 and IPv6"))
    }
    for reason in open { rule.match = rule.match.uncertain(reason) }
    if tree.value("nat", of: node) != "disable" {
      let pools = ["nat-ippool", "nat-ippool6"].compactMap { tree.setting($0, of: node) }
      rule.source = pools.isEmpty ? .egressInterface : pool(pools, range)
    }
    return rule
  }

  private mutating func centralAddresses(_ node: Int, _ names: [String], _ open: inout [Uncertainty]) -> AddressBounds {
    var parts: [AddressBounds] = []
    for (name, family) in zip(names, IPFamily.allCases) {
      if let setting = tree.setting(name, of: node) { parts.append(addressBounds(setting, family)) }
    }
    if parts.isEmpty {
      return .unknown(Uncertainty(range: tree.nodes[node].range, reason: "the entry names no address"))
    }
    return union(of: parts)
  }

  private func centralService(_ node: Int, _ open: inout [Uncertainty]) -> Service {
    var service = Service.any
    // Protocol 0 and port 0 mean any.
    if let word = tree.value("protocol", of: node), word != "0" {
      guard let proto = UInt8(word) else {
        open.append(Uncertainty(range: tree.nodes[node].range, reason: "the protocol cannot be read"))
        return .any
      }
      service.protocols = IntervalSet(proto)
    }
    for (name, path) in [("orig-port", \Service.sourcePorts), ("dst-port", \Service.destinationPorts)] {
      guard let word = tree.value(name, of: node), word != "0" else { continue }
      if let ports = LiteralText.ports(word) {
        service[keyPath: path] = IntervalSet(ports)
      } else {
        open.append(Uncertainty(range: tree.nodes[node].range, reason: "the port cannot be read"))
      }
    }
    return service
  }
}
