import PacketSets
import RuleModel
import SourceText

/// Traffic to the device itself: local-in policies, then what the interfaces allow.
///
/// Custom local-in policies come first; what they leave undecided is up to `allowaccess` and to the services that the
/// device runs, and policy 0 drops the rest (FortiOS 7.6 administration guide, "Local-in policy"; Fortinet technical tip
/// "Understanding policyid 0 drops for local-in policy", ta-p/426227).
extension FortiDomain {
  mutating func lowerLocal() {
    var rules: [Rule] = []
    for (path, family) in [("firewall local-in-policy", IPFamily.v4), ("firewall local-in-policy6", .v6)] {
      for node in entries(path) { rules.append(localInRule(node, family, rules.count)) }
    }
    var lists: [Int] = []
    if !rules.isEmpty { lists.append(addList("firewall local-in-policy", rules, rules[0].source)) }
    let ports = proxyPortRules()
    if !ports.isEmpty { lists.append(addList("ports of explicit proxies", ports, ports[0].source)) }
    lists.append(addList("interface allowaccess", accessRules(), device.source))
    let fallback = DefaultAction(
      .deny, .implicit("FortiOS drops what no local-in policy and no interface's allowaccess lets in (policy 0)"))
    device.localPipeline = [
      Stage(.filter(lists: lists, fallback: fallback), name: "traffic to the device itself", source: device.source)
    ]
  }

  private mutating func localInRule(_ node: Int, _ family: IPFamily, _ order: Int) -> Rule {
    var open = unknownStatements(of: node)
    let range = tree.nodes[node].range
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    var sources = localAddresses("srcaddr", node, family, &open)
    if tree.isEnabled("internet-service-src", of: node) {
      let reason = Uncertainty(
        range: range, reason: "Internet Services are lists of addresses that are not in the file")
      sources = AddressBounds(lower: .empty, upper: all, uncertainties: [reason])
    }
    let destinations = localAddresses("dstaddr", node, family, &open)
    var services = tree.setting("service", of: node).map { serviceBounds($0) }
    if tree.isEnabled("service-negate", of: node) { services = services?.complement }
    let reason = Uncertainty(range: range, reason: "the policy names no service")
    var rule = Rule(
      order: order, name: "local-in policy \(printable(tree.nodes[node].name))",
      match: MatchBounds(sources: sources, destinations: destinations, services: services ?? .unknown(reason)),
      action: localAction(node), source: range)
    rule.ingress = interfaceMatch(tree.setting("intf", of: node)) ?? .any
    rule.comment = tree.value("comments", of: node)
    if tree.setting("intf", of: node) == nil { open.append(Uncertainty(range: range, reason: "`intf` is missing")) }
    if tree.isEnabled("ha-mgmt-intf-only", of: node) {
      open.append(Uncertainty(range: range, reason: "the policy is for the management interface of a cluster only"))
    }
    if let schedule = tree.setting("schedule", of: node), !isAlways(schedule.words[0], schedule.range) {
      rule.state = .scheduled(name: schedule.words[0])
      open.append(Uncertainty(range: schedule.range, reason: "a schedule limits the policy in time"))
    }
    if tree.value("status", of: node) == "disable" { rule.state = .disabled }
    for reason in limited(open) { rule.match = rule.match.uncertain(reason) }
    return rule
  }

  private mutating func localAddresses(
    _ name: String, _ node: Int, _ family: IPFamily, _ open: inout [Uncertainty]
  ) -> AddressBounds {
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    guard let setting = tree.setting(name, of: node) else {
      open.append(Uncertainty(range: tree.nodes[node].range, reason: "`\(name)` is missing"))
      return AddressBounds(all)
    }
    let bounds = addressBounds(setting, family)
    return tree.isEnabled("\(name)-negate", of: node) ? AddressBounds(all).subtracting(bounds) : bounds
  }

  /// Deny is the default here too (technical tip "Local in policies behavior in the FortiGate VM", ta-p/366248).
  private mutating func localAction(_ node: Int) -> Action {
    switch tree.value("action", of: node) ?? "deny" {
    case "accept": return .permit
    case "deny": return .deny(rejects: false)
    default:
      notes.gap(tree.nodes[node].range, .notRecognised, matters: true, "the action of the policy cannot be read")
      return .unknown
    }
  }

  // MARK: allowaccess

  private func accessRules() -> [Rule] {
    var rules: [Rule] = []
    for access in device.management {
      let services = accessServices(access.service)
      let match = MatchBounds(PacketMatch(sources: access.sources, services: services ?? [.any]))
      var rule = Rule(
        order: rules.count, name: "\(printable(access.interface ?? "any")) allows \(printable(access.service))",
        match: match, action: .permit, source: access.source)
      if services == nil {
        rule.match = match.uncertain(
          Uncertainty(range: access.source, reason: "the ports of this service are not known"))
      }
      rule.ingress = InterfaceMatch(access.interface.map { [$0] })
      rules.append(rule)
    }
    return rules + [systemServices(rules.count)]
  }

  /// Ports of the words of `allowaccess` (FortiOS ports guide, "Incoming ports"); nil for unknown words.
  private func accessServices(_ word: String) -> [Service]? {
    func tcp(_ setting: String, _ standard: UInt16) -> [Service] {
      let port = sectionValue(setting, in: "system global").flatMap { UInt16($0) } ?? standard
      return [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(port))]
    }
    func fixed(_ proto: UInt8, _ ports: ClosedRange<UInt16>) -> [Service] {
      [Service(proto: proto, destinationPorts: IntervalSet(ports))]
    }
    switch word {
    case "https": return tcp("admin-sport", 443)
    case "http": return tcp("admin-port", 80)
    case "ssh": return tcp("admin-ssh-port", 22)
    case "telnet": return tcp("admin-telnet-port", 23)
    case "ping":
      var echo = Service(proto: IPProtocol.icmp)
      echo.icmpTypes = IntervalSet(8)
      var echo6 = Service(proto: IPProtocol.icmpV6)
      echo6.icmpTypes = IntervalSet(128)
      return [echo, echo6]
    case "snmp": return fixed(IPProtocol.udp, 161...161)
    case "fgfm": return fixed(IPProtocol.tcp, 541...541)
    case "radius-acct": return fixed(IPProtocol.udp, 1813...1813)
    case "probe-response": return fixed(IPProtocol.tcp, 8008...8008)
    case "ftm": return fixed(IPProtocol.tcp, 4433...4433)
    case "capwap": return fixed(IPProtocol.udp, 5246...5247)
    case "fabric": return fixed(IPProtocol.udp, 5246...5247) + fixed(IPProtocol.tcp, 8013...8013)
    default: return nil
    }
  }

  /// Services that the device opens by itself when a feature needs them: DHCP, routing, VPN, clustering, discovery.
  private func systemServices(_ order: Int) -> Rule {
    let tcp = IntervalSet<UInt16>([
      113...113, 179...179, 443...443, 541...541, 703...703, 1000...1003, 8008...8015, 10443...10443,
    ])
    let udp = IntervalSet<UInt16>([
      53...53, 67...68, 123...123, 500...500, 520...521, 546...547, 703...703, 1701...1701, 1812...1813, 3784...3785,
      4500...4500, 5246...5247, 8014...8014,
    ])
    let protocols = IntervalSet<UInt8>([1...2, 46...47, 50...51, 58...58, 88...89, 103...103, 112...112])
    let services = [
      Service(proto: IPProtocol.tcp, destinationPorts: tcp), Service(proto: IPProtocol.udp, destinationPorts: udp),
      Service(protocols: protocols),
    ]
    let reason = Uncertainty(
      range: device.source, reason: "services that features of the device open by themselves are not in the file")
    var rule = Rule(
      order: order, name: "system services", match: MatchBounds(PacketMatch(services: services)).uncertain(reason),
      action: .permit, source: device.source)
    rule.isExplicit = false
    return rule
  }
}
