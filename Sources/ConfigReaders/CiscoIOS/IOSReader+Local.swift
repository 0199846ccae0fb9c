import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  /// The stages for packets to the device itself: the ingress interface's access list, the policy of a zone pair with
  /// `self`, and what answers on the device.
  mutating func lowerLocal() {
    let listeners = allListeners()
    var rules: [Rule] = []
    for listener in listeners {
      let sources = managers(listener)
      addRule(listener, sources, &rules)
      guard listener.isManagement, !sources.upper.isEmpty else { continue }
      let access = ManagementAccess(
        service: listener.name, interface: nil, sources: sources.upper, isClearText: listener.isClearText,
        source: listener.source)
      device.management.append(access)
    }
    guard !config.interfaces.isEmpty else { return }
    addRest(&rules)
    device.lists.append(
      RuleList(
        name: "services of the device", rules: rules,
        fallback: DefaultAction(.deny, .implicit("the device answers only services that run"), logging: .off),
        source: config.source))
    let services = device.lists.count - 1
    for binding in orderedBindings where binding.place.direction == .inbound {
      let list = bound(binding)
      device.localPipeline.append(
        Stage(
          .filter(lists: [otherFamily(isV6: binding.place.isV6), list], fallback: device.lists[list].fallback),
          name: "\(binding.list) in on \(binding.place.interface)", source: binding.source,
          ingress: InterfaceMatch(ports(of: binding.place.interface))))
    }
    addSelfPolicies()
    device.localPipeline.append(
      Stage(
        .filter(lists: [services], fallback: device.lists[services].fallback), name: "services of the device",
        source: config.source))
  }

  private func addRule(_ listener: IOSListener, _ sources: AddressBounds, _ rules: inout [Rule]) {
    var match = MatchBounds(
      sources: sources, destinations: AddressBounds(.all), services: ServiceBounds(listener.services))
    if let doubt = listener.doubt { match = match.uncertain(Uncertainty(range: listener.source, reason: doubt)) }
    var rule = Rule(order: rules.count, name: listener.name, match: match, action: .permit, source: listener.source)
    rule.logging = .off
    rules.append(rule)
  }

  /// ICMP is answered; which other services run by default depends on the release.
  private func addRest(_ rules: inout [Rule]) {
    let icmp = [Service(proto: IPProtocol.icmp), Service(proto: IPProtocol.icmpV6)]
    let doubt = Uncertainty(range: config.source, reason: "the file does not list every service that runs by default")
    let managed =
      config.terminals.isEmpty ? [] : [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet([22...23]))]
    func add(_ name: String, _ match: MatchBounds, _ action: Action) {
      var rule = Rule(order: rules.count, name: name, match: match, action: action, source: config.source)
      rule.isExplicit = false
      rule.logging = .off
      rules.append(rule)
    }
    add("any icmp", MatchBounds(PacketMatch(services: icmp)), .permit)
    // What the lines and servers do not let in is refused, whatever else runs.
    add("other terminal access", MatchBounds(PacketMatch(services: managed)), .deny(rejects: true))
    add("other services", MatchBounds.any.uncertain(doubt), .permit)
  }

  /// Pairs with `self`: without a policy everything to the device passes (document 98628, "Self Zone").
  private mutating func addSelfPolicies() {
    for pair in config.zonePairs where pair.to == "self" {
      guard let policy = pair.policy else { continue }
      let members = config.interfaces.filter { $0.zone == pair.from }.flatMap { ports(of: $0.name) }
      let list = policyList(policy, at: pair.source)
      device.localPipeline.append(
        Stage(
          .filter(lists: [list], fallback: device.lists[list].fallback), name: "zone-pair \(pair.name)",
          source: pair.source, ingress: InterfaceMatch(members)))
    }
  }
}
