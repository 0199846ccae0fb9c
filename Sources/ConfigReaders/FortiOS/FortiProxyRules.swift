import PacketSets
import RuleModel
import SourceText

/// Proxy policies as rules in front of the firewall policies, which proxied connections do not meet.
extension FortiDomain {
  /// The lists of the proxies that run; policies that are not asked become lists that nothing refers to.
  mutating func proxyLists(_ firewall: [FortiPolicy]) -> [Int] {
    let policies = proxyPolicies()
    var lists: [Int] = []
    for proxy in explicitProxies {
      let own = policies.filter { $0.type == proxy.kind.policyType }.map(\.policy)
      let title = "firewall proxy-policy (\(proxy.kind.title)"
      if proxy.power == .off {
        addIdleList("\(title) is off)", own)
        continue
      }
      let rules = explicitRules(own, proxy)
      guard let last = rules.last else { continue }
      if let detour = detourRule(rules, proxy, firewall) {
        lists.append(addList("access to the \(proxy.kind.title) from other interfaces", [detour], detour.source))
      }
      lists.append(addList("\(title))", rules, own.first?.range ?? last.source))
    }
    // These are asked about what a firewall policy passes on to them, and can only stop it.
    let redirected = policies.filter { ["transparent-web", "ssh"].contains($0.type) }.map(\.policy)
    addIdleList("firewall proxy-policy (transparent)", redirected)
    for policy in redirected where policy.action == .permit { noteUpstream(policy.node, policy) }
    return lists + otherProxyList(policies)
  }

  private mutating func addIdleList(_ name: String, _ policies: [FortiPolicy]) {
    guard let first = policies.first else { return }
    let rules = policies.map { policy in
      policy.rule(MatchBounds(sources: policy.sources, destinations: policy.destinations, services: policy.services))
    }
    device.unboundLists.append(addList(name, rules, first.range, fallback: "the list is not asked"))
  }

  // MARK: Explicit proxies

  private func explicitRules(_ policies: [FortiPolicy], _ proxy: FortiExplicitProxy) -> [Rule] {
    let accepting = policies.filter { $0.state != .disabled && $0.action == .permit }
    let upstream = union(of: accepting.map(upstreamProxies) + [.empty])
    // A refusal is about what a request asks for. With an upstream proxy, clients of the other IP family or
    // `sec-default-action accept` it is not what decides on the packets that stand for the request here.
    let crossesFamilies = accepting.contains { !$0.sources.upper.v6.isEmpty || !$0.destinations.upper.v6.isEmpty }
    let isRefusalCertain = proxy.acceptance == nil && upstream == .empty && !crossesFamilies
    let entrances = entrances(of: proxy)
    var rules = policies.map { policy in
      var rule = policy.rule(explicitMatch(policy, proxy, upstream), ingress: entrances)
      if policy.action == .permit {
        rule.match = rule.match.uncertain(openness(policy.range, proxy))
      } else if !isRefusalCertain {
        rule.match = rule.match.uncertain(
          Uncertainty(range: policy.range, reason: "the request may go on although this policy refuses it"))
      }
      return rule
    }
    if let acceptance = proxy.acceptance {
      let match = MatchBounds(PacketMatch(services: [proxy.reach])).uncertain(openness(acceptance, proxy))
      var rest = Rule.implied(
        "\(proxy.kind.title) accepts what no policy matches", match, .permit, acceptance, order: rules.count)
      rest.ingress = entrances
      rules.append(rest)
    }
    return rules
  }

  private func openness(_ range: SourceRange, _ proxy: FortiExplicitProxy) -> Uncertainty {
    Uncertainty(
      range: range,
      reason: "the \(proxy.kind.title) opens connections for clients as they ask; narrow its policy, or disable "
        + "`\(proxy.kind.interfaceSwitch)` on the interface")
  }

  private func explicitMatch(_ policy: FortiPolicy, _ proxy: FortiExplicitProxy, _ upstream: AddressSet) -> MatchBounds
  {
    var services = policy.services
    // Services are asked by the web proxy only.
    if proxy.kind == .ftp { services = ServiceBounds([.any]) }
    services.lower = services.lower.compactMap(proxy.reach.intersection)
    services.upper = services.upper.compactMap(proxy.reach.intersection)
    var destinations = policy.destinations
    if policy.action == .permit, upstream != .empty {
      destinations.upper = destinations.upper.union(upstream)
      // An upstream proxy has a port of its own.
      services.upper = [proxy.reach]
    }
    return MatchBounds(sources: policy.sources, destinations: destinations, services: services)
  }

  /// Clients that reach a listener's address through the device, as a firewall policy to its interface lets them
  /// (Fortinet technical tip "Accessing the FortiGate administrative GUI/CLI", ta-p/369268).
  private func detourRule(_ rules: [Rule], _ proxy: FortiExplicitProxy, _ firewall: [FortiPolicy]) -> Rule? {
    guard let listeners = proxy.listeners else { return nil }
    let accepted = rules.filter { $0.action == .permit && $0.state != .disabled }.flatMap(\.match.upper)
    let clients = union(of: accepted.map(\.sources) + [.empty])
    let targets = union(of: accepted.map(\.destinations) + [.empty])
    guard !accepted.isEmpty else { return nil }
    let door = (listeners: listeners, addresses: ownAddresses(of: listeners), ports: proxyPorts(proxy.kind))
    var ways: [(ingress: InterfaceMatch, sources: AddressSet, range: SourceRange)] = []
    for policy in firewall where reaches(policy, door) {
      // The proxy sees the address that the policy's translation gives a client.
      let isTranslated = usesCentralNAT || tree.isEnabled("nat", of: policy.node)
      let own = policy.sources.upper
      ways.append((policy.ingress, isTranslated ? own : own.intersection(clients), policy.range))
    }
    for zone in zonesThatAllowInside() where zone.members.contains(where: listeners.contains) {
      ways.append((InterfaceMatch(withPorts([zone.name] + zone.members)), clients, zone.range))
    }
    guard let first = ways.first else { return nil }
    let match = MatchBounds(
      PacketMatch(sources: union(of: ways.map(\.sources)), destinations: targets, services: [proxy.reach]))
    let reasons = ways.map { way in
      Uncertainty(
        range: way.range,
        reason:
          "clients may reach the \(proxy.kind.title) by this line, and it opens connections as they ask; keep its "
          + "port out, or narrow the proxy policies")
    }
    var rule = Rule(
      order: 0, name: "access to the \(proxy.kind.title)", match: match.uncertain(limited(reasons)), action: .permit,
      source: first.range)
    let patterns = ways.map(\.ingress.patterns)
    rule.ingress = InterfaceMatch(patterns.contains(nil) ? nil : patterns.flatMap { $0 ?? [] })
    return rule
  }

  /// Whether a firewall policy may let clients through to a port of the proxy; `addresses` is nil where they are not
  /// known.
  private func reaches(
    _ policy: FortiPolicy, _ door: (listeners: [String], addresses: AddressSet?, ports: IntervalSet<UInt16>)
  ) -> Bool {
    guard policy.action == .permit || policy.action == .unknown, policy.state != .disabled,
      door.listeners.contains(where: policy.egress.contains)
    else { return false }
    // A virtual IP may lead to any address of the device, by another port.
    if !policy.virtualIPs.isEmpty { return true }
    if let addresses = door.addresses, !addresses.overlaps(policy.destinations.upper) { return false }
    return policy.services.upper.contains {
      $0.protocols.contains(IPProtocol.tcp) && $0.destinationPorts.overlaps(door.ports)
    }
  }

  /// Addresses that clients connect to; nil where one is learnt or moves (VRRP).
  private func ownAddresses(of listeners: [String]) -> AddressSet? {
    let own = device.interfaces.filter { listeners.contains($0.name) }
    guard own.allSatisfy({ !$0.addresses.isEmpty && !sharesAddress($0.name) }) else { return nil }
    return union(of: own.flatMap { $0.addresses.map { AddressSet($0.address) } } + [.empty])
  }

  private func sharesAddress(_ interface: String) -> Bool {
    entry(interface, in: "system interface").map { !tree.entries("vrrp", in: $0).isEmpty } ?? true
  }

  // MARK: Other proxies

  /// Access proxies, WAN optimisation, SSH tunnels and what is not known: whereto they lead is not in the policy.
  private mutating func otherProxyList(_ policies: [(policy: FortiPolicy, type: String?)]) -> [Int] {
    let known: Set<String> = ["explicit-web", "ftp", "transparent-web", "ssh"]
    var rules: [Rule] = []
    for (policy, type) in policies where !known.contains(type ?? "") {
      guard policy.action == .permit, policy.state != .disabled else { continue }
      let range = tree.setting("proxy", of: policy.node)?.range ?? policy.range
      let what = type.map { "proxy `\(printable($0))`" } ?? "a policy without `proxy`"
      notes.gap(
        range, .notModelled, matters: true,
        "\(what) is not modelled; connections from its sources to any destination are taken as possible")
      let match = MatchBounds(PacketMatch(sources: policy.sources.upper))
      var rule = policy.rule(
        match.uncertain(
          Uncertainty(range: range, reason: "\(what) opens connections for clients; remove the policy or disable it")))
      rule.egress = .any
      rules.append(rule)
    }
    return rules.isEmpty ? [] : [addList("firewall proxy-policy (other proxies)", rules, rules[0].source)]
  }

  /// An upstream proxy is a destination that the policy does not name.
  mutating func noteUpstream(_ node: Int, _ policy: FortiPolicy) {
    guard let setting = tree.setting("webproxy-forward-server", of: node), policy.state != .disabled else { return }
    notes.gap(
      setting.range, .notModelled, matters: true,
      "web sessions of this policy go to an upstream proxy, which is not modelled; permit it by a policy of its own")
  }
}
