import PacketSets
import RuleModel
import SourceText

/// Who may administer the firewall: the management port, and data ports with an interface management profile.
extension PANDevice {
  /// What the words of profiles mean (PAN-OS web interface help, "Network > Network Profiles > Interface Mgmt"; ports:
  /// "Reference: Port Number Usage").
  private static let services: [String: [Service]] = [
    "http": [tcp(80)], "https": [tcp(443)], "http-ocsp": [tcp(80)], "ssh": [tcp(22)], "telnet": [tcp(23)],
    "snmp": [udp(161)], "response-pages": [tcp(6080), tcp(6081), tcp(6082), tcp(6083)], "userid-service": [tcp(5007)],
    "userid-syslog-listener-ssl": [tcp(6514)], "userid-syslog-listener-udp": [udp(514)], "ping": [echo, echo6],
  ]
  private static let clearText: Set<String> = ["http", "telnet", "snmp"]
  private static let port = "management"

  private static func tcp(_ port: UInt16) -> Service {
    Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(port))
  }
  private static func udp(_ port: UInt16) -> Service {
    Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(port))
  }
  private static var echo: Service { typed(IPProtocol.icmp, 8) }
  private static var echo6: Service { typed(IPProtocol.icmpV6, 128) }
  private static func typed(_ proto: UInt8, _ type: UInt8) -> Service {
    var service = Service(proto: proto)
    service.icmpTypes = IntervalSet(type)
    return service
  }

  mutating func lowerManagement() {
    lowerManagementPort()
    lowerProfiles()
    lowerLocal()
  }

  /// The management port runs HTTPS, SSH and ping unless they are switched off; Telnet and HTTP are off in the factory
  /// configuration, which says so (`disable-telnet yes`), so a file that does not say so leaves them on. SNMP is
  /// off by default.
  private mutating func lowerManagementPort() {
    guard let system = setting(["deviceconfig", "system"]) else { return }
    let isWhole = ["service", "ip-address", "type"].contains { tree.child($0, of: system) != nil }
    guard isWhole else { return }
    let source = tree.range(of: tree.child("service", of: system) ?? system)
    var port = Interface(name: Self.port, source: tree.range(of: tree.child("ip-address", of: system) ?? system))
    port.isManagementOnly = true
    if let address = tree.value("ip-address", of: system).flatMap({ IPAddress($0) }),
      let mask = tree.value("netmask", of: system).flatMap({ IPAddress($0) }), let length = mask.v4.prefixLength,
      let network = IPPrefix(address, length: length)
    {
      port.addresses = [InterfaceAddress(address: address, network: network)]
    }
    device.interfaces.append(port)
    let sources = permitted(system)
    for (name, isOn) in [("https", true), ("ssh", true), ("telnet", true), ("http", true), ("snmp", false)] {
      let value = tree.child("service", of: system).flatMap { tree.value("disable-\(name)", of: $0) }
      guard isOn ? value != "yes" : value == "no" else { continue }
      device.management.append(
        ManagementAccess(
          service: name, interface: Self.port, sources: sources, isClearText: Self.clearText.contains(name),
          source: source))
    }
  }

  /// Addresses that may connect; all of them when there is no list.
  private mutating func permitted(_ node: Int) -> AddressSet {
    let entries = tree.children(of: tree.child("permitted-ip", of: node))
    if entries.isEmpty { return .all }
    var sets: [AddressSet] = []
    for entry in entries {
      guard let set = PANText.addresses(tree.name(of: entry)) else {
        notes.gap(tree.range(of: entry), .notRecognised, matters: true, "the permitted address cannot be read")
        return .all
      }
      sets.append(set)
    }
    return union(of: sets)
  }

  /// Without a profile an interface answers nothing (PAN-OS networking administrator's guide, "Use Interface Management
  /// Profiles to Restrict Access").
  private mutating func lowerProfiles() {
    var layers: [(name: String, node: Int)] = []
    let names = Set(device.interfaces.map(\.name))
    for kind in ["ethernet", "aggregate-ethernet", "vlan", "loopback", "tunnel"] {
      for node in entries(["network", "interface", kind], in: instance.configurations) {
        if tree.name(of: node) == "units" {
          layers += tree.children(of: node).map { (tree.name(of: $0), $0) }
          continue
        }
        let layer3 = tree.child("layer3", of: node) ?? node
        layers.append((tree.name(of: node), layer3))
        layers += tree.children(of: tree.child("units", of: layer3)).map { (tree.name(of: $0), $0) }
      }
    }
    for (name, node) in layers where names.contains(name) {
      guard let use = tree.child("interface-management-profile", of: node), let profile = tree.value(of: use) else {
        continue
      }
      lowerProfile(profile, on: name, tree.range(of: use))
    }
  }

  private mutating func lowerProfile(_ name: String, on interface: String, _ use: SourceRange) {
    guard let profile = setting(["network", "profiles", "interface-management-profile", name]) else {
      _ = undefined("interface management profile", name, use)
      return
    }
    let sources = permitted(profile)
    for attribute in tree.children(of: profile) where tree.value(of: attribute) == "yes" {
      let service = tree.name(of: attribute)
      device.management.append(
        ManagementAccess(
          service: service, interface: interface, sources: sources, isClearText: Self.clearText.contains(service),
          source: tree.range(of: attribute)))
    }
  }

  // MARK: Packets to the device itself

  private mutating func lowerLocal() {
    var rules: [Rule] = []
    for access in device.management {
      let services = Self.services[access.service]
      let match = MatchBounds(PacketMatch(sources: access.sources, services: services ?? [.any]))
      var rule = Rule(
        order: rules.count, name: "\(printable(access.interface ?? "any")) allows \(printable(access.service))",
        match: match, action: .permit, source: access.source)
      rule.ingress = InterfaceMatch(access.interface.map { [$0] })
      if services == nil {
        rule.match = match.uncertain(
          Uncertainty(range: access.source, reason: "the ports of this service are not known"))
      } else if access.interface != Self.port {
        rule.match = match.uncertain(
          Uncertainty(range: access.source, reason: "security rules also decide about traffic to data interfaces"))
      }
      rules.append(rule)
    }
    rules.append(featureServices(rules.count))
    let fallback = DefaultAction(.deny, .implicit("PAN-OS answers only what a management setting or a feature allows"))
    device.lists.append(
      RuleList(
        name: "management access", rules: rules, fallback: DefaultAction(.leave, .implicit("denied")),
        source: device.source))
    device.localPipeline = [
      Stage(
        .filter(lists: [device.lists.count - 1], fallback: fallback), name: "traffic to the device itself",
        source: device.source)
    ]
  }

  /// Services that the device opens by itself when a feature needs them: VPN, routing, DHCP, GlobalProtect, clustering.
  private func featureServices(_ order: Int) -> Rule {
    let services = [
      Service(
        proto: IPProtocol.tcp,
        destinationPorts: IntervalSet([
          28...28, 53...53, 179...179, 443...443, 3978...3978, 4443...4443, 28260...28270, 28769...28769,
        ])),
      Service(
        proto: IPProtocol.udp,
        destinationPorts: IntervalSet([
          53...53, 67...68, 123...123, 500...500, 520...521, 546...547, 3784...3785, 4500...4501, 29281...29281,
        ])),
      Service(protocols: IntervalSet([1...2, 47...47, 50...51, 58...58, 89...89, 99...99, 103...103, 112...112])),
    ]
    let reason = Uncertainty(
      range: device.source, reason: "services that features of the device open by themselves are not in the file")
    var rule = Rule(
      order: order, name: "services of features",
      match: MatchBounds(PacketMatch(services: services)).uncertain(reason), action: .permit, source: device.source)
    rule.isExplicit = false
    return rule
  }
}
