import PacketSets
import RuleModel
import SourceText

/// Builds the device from what was read.
extension WeOSReader {
  mutating func device() -> Device {
    let whole = file.range(0, file.bytes.count)
    // Chapter 31: traffic of established connections passes in the reverse direction.
    var device = Device(name: name, platform: "weos", passesReplies: true, source: whole)
    device.inspectableProtocols = firewall.mayInspectIndustrial ? [.modbus] : []
    let filters = firewall.filters.order.enumerated().map {
      filterRule(firewall.filters.lines[$0.element], position: $0.offset + 1)
    }
    var translations = firewall.forwards.order.enumerated().map {
      portForward(firewall.forwards.lines[$0.element], position: $0.offset + 1)
    }
    translations += firewall.translations.order.enumerated().map {
      translation(firewall.translations.lines[$0.element], position: $0.offset + 1)
    }
    device.listsAllInterfaces = interfaces.contains { !$0.addresses.isEmpty }
    for i in interfaces.indices {
      if let alias = vlanNames[interfaces[i].name], alias != interfaces[i].name { interfaces[i].aliases.append(alias) }
    }
    device.interfaces = interfaces
    addRoutes(to: &device)
    addManagement(to: &device)
    let isOn = firewall.isEnabled == true
    let forward = device.addList(
      "forward filter", filters.filter { !$0.isInput }.map(\.rule), leave("rules of NAT and port forwarding follow"),
      whole)
    let input = device.addList(
      "input filter", filters.filter(\.isInput).map(\.rule), leave("the default follows"), whole)
    if isOn {
      addForwarding(to: &device, forward, translations)
      addInput(to: &device, input)
    } else {
      device.unboundLists = [forward, input].filter { !device.lists[$0].rules.isEmpty }
      addOff(to: &device, translations)
    }
    return device
  }

  private func leave(_ why: String) -> DefaultAction { DefaultAction(.leave, .implicit(why)) }

  private func addRoutes(to device: inout Device) {
    device.hasOtherRoutes = hasOtherRoutes
    for route in routes {
      let owner = device.interfaces.first { interface in
        interface.addresses.contains { AddressSet($0.network).contains(route.gateway) }
      }
      guard let owner else {
        if route.network.length > 0 { device.hasOtherRoutes = true }
        continue
      }
      device.routes.append(
        Route(
          network: route.network, interface: owner.name, gateway: route.gateway, distance: 1, source: route.source))
    }
  }

  // MARK: Forwarding

  /// What stands before all rules because it is open.
  private func openLists(in device: inout Device) -> [Int] {
    var rules: [Rule] = []
    if let reason = firewall.open { rules.append(.open("statements that are not known", reason)) }
    rules.append(
      .open(
        "IPv6",
        Uncertainty(range: device.source, reason: "the rules are about IPv4; what happens to IPv6 is not documented"),
        match: .anyV6))
    return [device.addList("what is open", rules, leave("the rules follow"), device.source)]
  }

  /// 31.1.2.3: rules of VPN tunnels, then the configured filter rules, then those that NAT and port forwarding add, then the
  /// default policy. 31.1.4: destinations change before routing and filtering, sources behind them.
  private func addForwarding(to device: inout Device, _ filters: Int, _ translations: [Translation]) {
    var lists = openLists(in: &device)
    if let tunnel {
      let reason = Uncertainty(
        range: tunnel, reason: "IPsec tunnels add rules that accept traffic between their subnets")
      let rule = Rule.implied("rules of tunnels", MatchBounds.any.uncertain(reason), .permit, tunnel)
      lists.append(device.addList("VPN rules", [rule], leave("the filter rules follow"), tunnel))
    }
    lists.append(filters)
    let added = translations.flatMap(\.added)
    if !added.isEmpty {
      lists.append(device.addList("added rules", added, leave("the default policy follows"), added[0].source))
    }
    let fallback: DefaultAction
    if let policy = firewall.forwardPolicy {
      fallback = DefaultAction(policy.verdict, .configured(policy.source), logging: .off)
    } else {
      fallback = DefaultAction(
        .deny, .factory("Westermo OS Management Guide 4.17, 31.2.7: traffic is by default denied"), logging: .off)
    }
    let source = firewall.section ?? device.source
    device.pipeline = stages(translations.flatMap(\.before), "destination NAT and port forwarding")
    device.pipeline.append(Stage(.route, name: "routing", source: device.source))
    device.pipeline.append(
      Stage(.filter(lists: lists, fallback: fallback), name: "forward filtering", source: source))
    device.pipeline += stages(translations.flatMap(\.behind), "source NAT")
  }

  private func stages(_ rules: [TranslationRule], _ name: String) -> [Stage] {
    guard !rules.isEmpty else { return [] }
    var rules = rules
    for i in rules.indices { rules[i].order = i }
    return [Stage(.translate(rules), name: name, source: rules[0].range)]
  }

  /// 31.2.7: without an active firewall all traffic is allowed through.
  private func addOff(to device: inout Device, _ translations: [Translation]) {
    let why = "Westermo OS Management Guide 4.17, 31.2.7: without the firewall all traffic is allowed through"
    let origin = firewall.section.map { DefaultOrigin.configured($0) } ?? .factory(why)
    let permit = DefaultAction(.permit, origin, logging: .off)
    let source = firewall.section ?? device.source
    device.pipeline = [
      Stage(.route, name: "routing", source: device.source),
      Stage(
        .filter(lists: firewall.open == nil ? [] : openLists(in: &device), fallback: permit), name: "no firewall",
        source: source),
    ]
    device.localPipeline = [
      Stage(.filter(lists: [managementList(in: &device)], fallback: permit), name: "management", source: source)
    ]
  }

  // MARK: The device itself

  /// Services and whether they are in clear text; ports of HTTP and HTTPS may be set.
  private func service(_ name: String) -> (service: Service, isClearText: Bool)? {
    func tcp(_ port: UInt16) -> Service { Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(port)) }
    switch name {
    case "ssh": return (tcp(22), false)
    case "telnet": return (tcp(23), true)
    case "http": return (tcp(webPorts["http"] ?? 80), true)
    case "https": return (tcp(webPorts["https"] ?? 443), false)
    case "snmp": return (Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(161)), true)
    default: return nil
    }
  }

  private func addManagement(to device: inout Device) {
    for entry in management {
      device.management.append(
        ManagementAccess(
          service: entry.service, interface: entry.interface, sources: .all,
          isClearText: service(entry.service)?.isClearText ?? true, source: entry.source))
    }
  }

  /// The services that interfaces offer; what else the device answers is open.
  private func managementList(in device: inout Device) -> Int {
    var rules: [Rule] = []
    for entry in management {
      guard let service = service(entry.service)?.service else { continue }
      var rule = Rule(
        order: 0, name: "management \(entry.service)", match: MatchBounds(PacketMatch(services: [service])),
        action: .permit, source: entry.source)
      rule.ingress = InterfaceMatch([entry.interface])
      rules.append(rule)
    }
    rules.append(
      .open(
        "other services", Uncertainty(range: device.source, reason: "what else the device answers is not in the file")))
    return device.addList("management", rules, leave("nothing filters"), device.source)
  }

  /// 31.2.7: input is denied by default, but for default rules that the device creates, which the file need not show.
  private func addInput(to device: inout Device, _ filters: Int) {
    let reason = Uncertainty(
      range: firewall.section ?? device.source,
      reason: "the device creates allow rules by itself, which are not in the file")
    let own = device.addList(
      "default allow rules",
      [.implied("default allow rules", MatchBounds.any.uncertain(reason), .permit, reason.range)],
      leave("the default follows"), reason.range)
    let fallback: DefaultAction
    if let policy = firewall.inputPolicy {
      fallback = DefaultAction(policy.verdict, .configured(policy.source), logging: .off)
    } else {
      fallback = DefaultAction(
        .deny, .factory("Westermo OS Management Guide 4.17, 31.2.7: traffic is by default denied"), logging: .off)
    }
    device.localPipeline = [
      Stage(
        .filter(lists: openLists(in: &device) + [filters, own], fallback: fallback), name: "input filtering",
        source: firewall.section ?? device.source)
    ]
  }
}
