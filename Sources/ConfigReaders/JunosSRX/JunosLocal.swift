import PacketSets
import RuleModel
import SourceText

/// Traffic to the device itself: input filters, the loopback filter, `host-inbound-traffic`, then policies to the zone
/// `junos-host`.
///
/// What an interface says about inbound traffic replaces what its zone says ("Example: Controlling Inbound Traffic Based on
/// Traffic Types"; "Understanding How to Control Inbound Traffic Based on Traffic Types").
extension JunosSystem {
  mutating func lowerLocal() {
    let inbound = inboundRules()
    lowerManagement(inbound)
    device.localPipeline = inputStages + loopbackStages
    guard hasSecurity else { return device.localPipeline.append(openLocalStage()) }
    let deny = DefaultAction(.deny, .implicit("what host-inbound-traffic does not name is dropped"), logging: .off)
    let list = addList("host-inbound-traffic", inbound.map(\.rule), leave("the rest is dropped"), device.source)
    device.localPipeline.append(
      Stage(.filter(lists: [list], fallback: deny), name: "host-inbound-traffic", source: device.source))
    device.localPipeline += selfPolicyStage()
  }

  private mutating func openLocalStage() -> Stage {
    let reason = Uncertainty(range: device.source, reason: "the file has no security zones")
    var rule = Rule(
      order: 0, name: "no security zones", match: MatchBounds.any.uncertain(reason), action: .unknown,
      source: device.source)
    rule.isExplicit = false
    let permit = DefaultAction(.permit, .implicit("without zones the routing engine takes what no filter discards"))
    let list = addList("traffic to the device itself", [rule], leave("it is taken"), device.source)
    return Stage(.filter(lists: [list], fallback: permit), name: "traffic to the device itself", source: device.source)
  }

  /// A service that an interface lets in; `interface` is nil for all of a zone that names none.
  private struct Inbound {
    var rule: Rule
    var interface: String
    var service: String
  }

  private mutating func inboundRules() -> [Inbound] {
    var result: [Inbound] = []
    for name in zoneNames {
      guard let zone = zones[name] else { continue }
      let common = tree.child(zone.node, "host-inbound-traffic")
      var narrower: [String: Int] = [:]
      for interface in tree.children(of: ["interfaces"], below: zone.node) {
        narrower[logicalName(interface)] = tree.child(interface, "host-inbound-traffic")
      }
      for interface in zone.interfaces {
        if let node = narrower[interface] ?? common { result += inbound(node, interface, result.count) }
      }
      if let common { tree.mark(common, .used) }
    }
    if let functional = security.flatMap({ tree.find(["zones", "functional-zone"], below: $0) }) {
      for zone in tree.children(functional) {
        let common = tree.child(zone, "host-inbound-traffic")
        for interface in tree.children(of: ["interfaces"], below: zone) {
          guard let node = tree.child(interface, "host-inbound-traffic") ?? common else { continue }
          result += inbound(node, logicalName(interface), result.count)
        }
      }
    }
    // Out-of-band interfaces are in no zone; only filters stand before the routing engine there.
    for interface in device.interfaces
    where interface.isManagementOnly && interface.platformZone == nil && !interface.name.hasPrefix("lo") {
      var rule = Rule(
        order: result.count, name: "\(interface.name) is out of band", match: .any, action: .permit,
        source: interface.source)
      rule.ingress = InterfaceMatch([interface.name])
      rule.isExplicit = false
      result.append(Inbound(rule: rule, interface: interface.name, service: "any-service"))
    }
    return result
  }

  private mutating func inbound(_ node: Int, _ interface: String, _ order: Int) -> [Inbound] {
    var result: [Inbound] = []
    tree.mark(node, .used)
    for kind in tree.children(node) {
      guard ["system-services", "protocols"].contains(tree.word(kind)) else {
        _ = notRecognised(kind)
        continue
      }
      tree.markBelow(kind, .used)
      let excepted = tree.children(kind).filter { tree.child($0, "except") != nil }
      let table = tree.word(kind) == "protocols" ? JunosInbound.protocols : JunosInbound.services
      for service in tree.children(kind) where tree.child(service, "except") == nil {
        let word = tree.word(service)
        var rule = Rule(
          order: order + result.count, name: "\(interface) lets in \(printable(word))",
          match: inboundMatch(word, service, table, excepted.map { tree.word($0) }), action: .permit,
          source: tree.range(service))
        rule.ingress = InterfaceMatch([interface])
        rule.logging = .off
        result.append(Inbound(rule: rule, interface: interface, service: word))
      }
    }
    return result
  }

  private mutating func inboundMatch(
    _ word: String, _ node: Int, _ table: [String: [Service]], _ excepted: [String]
  ) -> MatchBounds {
    if word == "all" {
      let services = ServiceBounds(
        table.filter { !excepted.contains($0.key) }.sorted { $0.key < $1.key }.flatMap(\.value))
      // Which services `all` stands for grows with releases.
      let reason = Uncertainty(
        range: tree.range(node), reason: "which services `all` stands for depends on the release")
      return MatchBounds(
        lower: [PacketMatch(services: services.upper)], upper: [.any], uncertainties: [reason])
    }
    if word == "any-service" {
      guard excepted.isEmpty else {
        return MatchBounds.any.uncertain(
          Uncertainty(range: tree.range(node), reason: "some services are excepted from `any-service`"))
      }
      return MatchBounds(
        PacketMatch(services: [Service(protocols: IPProtocol.withPorts), Service(protocols: IPProtocol.withTypes)]))
    }
    if let services = table[word] { return MatchBounds(PacketMatch(services: services)) }
    if !JunosInbound.known.contains(word) { return MatchBounds.any.uncertain(notRecognised(node)) }
    return MatchBounds.any.uncertain(
      Uncertainty(range: tree.range(node), reason: "the ports of `\(word)` are not documented"))
  }

  // MARK: junos-host

  /// Policies to `junos-host` are asked in addition; whether traffic passes that none of them matches is not documented.
  private mutating func selfPolicyStage() -> [Stage] {
    guard let section = policySection else { return [] }
    var lists: [Int] = []
    for from in tree.children(of: ["from-zone"], below: section) {
      guard let to = tree.find(["to-zone"], below: from).flatMap({ tree.anyChild($0, "junos-host") }) else { continue }
      let list = contextList(from, to, tree.isInactive(to))
      guard !tree.isInactive(to) else {
        device.unboundLists.append(list)
        continue
      }
      let reason = Uncertainty(
        range: tree.range(to), reason: "what happens to traffic that no policy to junos-host matches is not documented")
      var rest = Rule(
        order: device.lists[list].rules.count, name: "no policy to junos-host matched",
        match: MatchBounds.any.uncertain(reason),
        action: .unknown, source: tree.range(to))
      rest.ingress = interfaces(ofZone: tree.word(from), tree.range(to))
      rest.isExplicit = false
      device.lists[list].rules.append(rest)
      lists.append(list)
    }
    if let global = tree.child(section, "global"), tree.hasChildren(global) {
      let reason = Uncertainty(
        range: tree.range(global), reason: "whether global policies decide on traffic to the device is not documented")
      var rule = Rule(
        order: 0, name: "global policies", match: MatchBounds.any.uncertain(reason), action: .unknown,
        source: tree.range(global))
      rule.isExplicit = false
      lists.append(addList("global policies and the device itself", [rule], leave("they may not"), tree.range(global)))
    }
    guard !lists.isEmpty else { return [] }
    let permit = DefaultAction(
      .permit, .implicit("zones without policies to junos-host leave it to host-inbound-traffic"))
    return [Stage(.filter(lists: lists, fallback: permit), name: "policies to junos-host", source: tree.range(section))]
  }

  // MARK: Management

  /// Management services that are switched on, at the interfaces that let them in.
  private mutating func lowerManagement(_ inbound: [Inbound]) {
    for access in enabledServices() {
      for entry in inbound where isOpen(access.name, entry.service) {
        if let only = access.interfaces, !only.contains(entry.interface) { continue }
        device.management.append(
          ManagementAccess(
            service: access.name, interface: entry.interface, sources: .all,
            isClearText: JunosInbound.clearText.contains(access.name), source: tree.range(access.node)))
      }
    }
    for entry in inbound where isOpen("ping", entry.service) {
      device.management.append(
        ManagementAccess(
          service: "ping", interface: entry.interface, sources: .all, isClearText: false, source: entry.rule.source))
    }
  }

  private func isOpen(_ service: String, _ inbound: String) -> Bool {
    inbound == service || inbound == "all" || inbound == "any-service"
  }

  private func enabledServices() -> [(name: String, node: Int, interfaces: Set<String>?)] {
    var result: [(name: String, node: Int, interfaces: Set<String>?)] = []
    let names = [
      "ssh": "ssh", "telnet": "telnet", "ftp": "ftp", "tftp-server": "tftp", "finger": "finger",
      "xnm-clear-text": "xnm-clear-text", "xnm-ssl": "xnm-ssl", "rlogin": "rlogin", "rsh": "rsh",
      "reverse": "reverse-ssh",
    ]
    for service in tree.children(of: ["system", "services"], below: own) {
      switch tree.word(service) {
      case "netconf": result.append(("netconf", service, nil))
      case "web-management":
        for kind in tree.children(service) where ["http", "https"].contains(tree.word(kind)) {
          let only = tree.children(of: ["interface"], below: kind).map { logicalName($0) }
          result.append((tree.word(kind), kind, only.isEmpty || only.contains("all") ? nil : Set(only)))
        }
      case let word: if let name = names[word] { result.append((name, service, nil)) }
      }
    }
    if let snmp = tree.child(own, "snmp"), tree.child(snmp, "community") != nil || tree.child(snmp, "v3") != nil {
      result.append(("snmp", snmp, nil))
    }
    return result
  }
}

/// Services and protocols that zones can let in ("system-services (Security Zones Host Inbound Traffic)", "protocols
/// (Security Zones Host Inbound Traffic)").
enum JunosInbound {
  static let clearText: Set<String> = [
    "telnet", "http", "ftp", "tftp", "finger", "rlogin", "rsh", "snmp", "xnm-clear-text",
  ]

  private static func tcp(_ ports: UInt16...) -> [Service] {
    [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports.map { $0...$0 }))]
  }

  private static func udp(_ ports: UInt16...) -> [Service] {
    [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports.map { $0...$0 }))]
  }

  private static func types(_ proto: UInt8, _ types: UInt8...) -> [Service] {
    var service = Service(proto: proto)
    service.icmpTypes = IntervalSet(types.map { $0...$0 })
    return [service]
  }

  static let services: [String: [Service]] = [
    "bootp": udp(67, 68), "dhcp": udp(67, 68), "dhcpv6": udp(546, 547), "dns": udp(53) + tcp(53), "finger": tcp(79),
    "ftp": tcp(21), "http": tcp(80), "https": tcp(443), "ident-reset": tcp(113),
    "ike": udp(500, 4500) + [Service(proto: IPProtocol.esp), Service(proto: IPProtocol.ah)], "lsping": udp(3503),
    "netconf": tcp(830), "ntp": udp(123), "ping": types(IPProtocol.icmp, 8) + types(IPProtocol.icmpV6, 128),
    "r2cp": udp(28672), "reverse-ssh": tcp(2901), "reverse-telnet": tcp(2900), "rlogin": tcp(513), "rsh": tcp(514),
    "sip": udp(5060) + tcp(5060), "snmp": udp(161), "snmp-trap": udp(162), "ssh": tcp(22), "telnet": tcp(23),
    "tftp": udp(69),
    "traceroute": [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(33434...33523))]
      + types(IPProtocol.icmp, 8) + types(IPProtocol.icmpV6, 128),
    "webapi-clear-text": tcp(3000), "webapi-ssl": tcp(3443), "xnm-clear-text": tcp(3221), "xnm-ssl": tcp(3220),
  ]

  static let protocols: [String: [Service]] = [
    "bfd": udp(3784, 3785, 4784), "bgp": tcp(179), "dvmrp": [Service(proto: 2)], "igmp": [Service(proto: 2)],
    "ldp": tcp(646) + udp(646), "msdp": tcp(639), "ndp": types(IPProtocol.icmpV6, 133, 134, 135, 136, 137),
    "nhrp": [Service(proto: 54)], "ospf": [Service(proto: 89)], "ospf3": [Service(proto: 89)],
    "pgm": [Service(proto: 113)], "pim": [Service(proto: 103)], "rip": udp(520), "ripng": udp(521),
    "router-discovery": types(IPProtocol.icmp, 9, 10), "rsvp": [Service(proto: 46)], "sap": udp(9875),
    "vrrp": [Service(proto: 112)],
  ]

  /// Words that are known though their ports are not.
  static let known: Set<String> = ["rpm", "appqoe", "tcp-encap", "high-availability", "bbe-smgd", "cmd", "sd-wan"]
}
