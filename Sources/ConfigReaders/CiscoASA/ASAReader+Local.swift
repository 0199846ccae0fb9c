import PacketSets
import RuleModel
import SourceText

/// Ports of the services that administer the device.
private let managementServices: [String: [Service]] = [
  "ssh": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(22))],
  "telnet": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(23))],
  "snmp": [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(161))],
]

extension ASAReader {
  /// The stages for packets to the device itself.
  ///
  /// Management commands come before the control-plane list, which has no implicit deny of its own (CLI configuration
  /// guide, "Access Rules", Management Access Rules).
  mutating func lowerLocal(_ device: inout Device) {
    device.management = config.management.filter { $0.service != "https" || config.isWebServerOn }
    let interfaces = config.interfaces.filter { $0.nameif != nil }
    guard !interfaces.isEmpty else { return }
    let fallback = DefaultAction(.leave, .implicit("the next list is asked"))
    device.lists.append(
      RuleList(
        name: "management access", rules: managementRules(device.management, interfaces), fallback: fallback,
        source: config.source))
    let management = device.lists.count - 1
    device.lists.append(
      RuleList(name: "services of the device", rules: listenerRules(), fallback: fallback, source: config.source))
    let services = device.lists.count - 1
    for interface in interfaces {
      guard let name = interface.nameif else { continue }
      let control = lists(at: .controlPlane(name), &device)
      for index in control { device.lists[index].fallback = fallback }
      device.localPipeline.append(
        Stage(
          .filter(
            lists: [management] + control + [services],
            fallback: DefaultAction(.deny, .implicit("the device answers only services that are configured"))),
          name: "to the device by \(name)", source: interface.source, ingress: InterfaceMatch([name])))
    }
  }

  private func managementRules(_ accesses: [ManagementAccess], _ interfaces: [ASAInterface]) -> [Rule] {
    var rules: [Rule] = []
    func add(_ name: String, _ interface: String, _ match: PacketMatch, permits: Bool, at source: SourceRange) -> Int {
      var rule = Rule(
        order: rules.count, name: name, match: MatchBounds(match), action: permits ? .permit : .deny(rejects: false),
        source: source)
      rule.ingress = InterfaceMatch([interface])
      rules.append(rule)
      return rules.count - 1
    }
    for access in accesses {
      let web = Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(config.webServerPort))
      let services = managementServices[access.service] ?? [web]
      guard let interface = access.interface else { continue }
      _ = add(
        "\(access.service) from \(access.sources.summary(limit: 3)) on \(interface)", interface,
        PacketMatch(sources: access.sources, services: services), permits: true, at: access.source)
    }
    for entry in config.controlEntries {
      let name = "icmp \(entry.permits ? "permit" : "deny") on \(entry.interface)"
      _ = add(name, entry.interface, entry.match, permits: entry.permits, at: entry.source)
    }
    addControlDefaults(interfaces) { name, interface, match, permits, source in
      rules[add(name, interface, match, permits: permits, at: source)].isExplicit = false
    }
    return rules
  }

  /// Without an `icmp` statement an interface answers all ICMP; with one, the rest is denied (command reference, `icmp`).
  private func addControlDefaults(
    _ interfaces: [ASAInterface], _ add: (String, String, PacketMatch, Bool, SourceRange) -> Void
  ) {
    for interface in interfaces {
      guard let name = interface.nameif else { continue }
      for proto in [IPProtocol.icmp, IPProtocol.icmpV6] {
        let service = Service(proto: proto)
        let isListed = config.controlEntries.contains {
          $0.interface == name && $0.match.services.first?.protocols == service.protocols
        }
        add(
          "\(isListed ? "other" : "any") \(IPProtocol.name(proto)) to \(name)", name, PacketMatch(services: [service]),
          !isListed, interface.source)
      }
    }
  }

  private func listenerRules() -> [Rule] {
    config.listeners.enumerated().map { order, listener in
      var match = MatchBounds(PacketMatch(sources: listener.sources, services: listener.services))
      if let doubt = listener.doubt { match = match.uncertain(Uncertainty(range: listener.source, reason: doubt)) }
      var rule = Rule(order: order, name: listener.name, match: match, action: .permit, source: listener.source)
      rule.ingress = InterfaceMatch(listener.interface.map { [$0] })
      return rule
    }
  }
}
