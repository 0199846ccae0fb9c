import PacketSets
import RuleModel
import SourceText

/// Rules that the products add by themselves and that no file shows.
///
/// Sources: OPNsense core, src/etc/inc/filter.lib.inc (`filter_core_rules_system`); pfSense, src/etc/inc/filter.inc
/// (`filter_rules_generate`). Left out: tables that the device fills while it runs (`sshlockout`, `virusprot`, `snort2c`),
/// which only ban senders for a time.
struct PfAutomaticRules {
  /// Before all user rules; the first match decides.
  var quick: [Rule] = []
  /// Asked when no other rule decided.
  var last: [Rule] = []
}

extension PfReader {
  /// The rules of one direction.
  func automaticRules(_ direction: PfRule.Directions) -> PfAutomaticRules {
    var rules = PfAutomaticRules()
    rules.quick += familyRules() + carpRules(direction)
    if direction == .incoming {
      for interface in interfaces.all where interface.isEnabled { rules.quick += senderRules(interface) }
      for interface in interfaces.all where interface.isEnabled {
        rules.quick += serverRules(interface)
        rules.last += clientRules(interface)
      }
      rules.quick += antiLockout()
    }
    return rules
  }

  func automatic(
    _ name: String, _ match: MatchBounds, _ action: Action, _ source: SourceRange, on ingress: InterfaceMatch = .any
  ) -> Rule {
    var rule = Rule(order: 0, name: name, match: match, action: action, source: source)
    rule.ingress = ingress
    rule.isExplicit = false
    let isDeny = if case .deny = action { true } else { false }
    let hasSwitch = root.element(named: "syslog")?.has(isDeny ? "nologdefaultblock" : "nologdefaultpass") ?? false
    rule.logging = product == .pfsense && !isDeny ? .unknown : hasSwitch ? .off : .on
    return rule
  }

  /// IPv6 switched off, ICMPv6 that every network needs, port 0.
  private func familyRules() -> [Rule] {
    var rules: [Rule] = []
    let source = device.source
    let allV6 = PacketMatch(sources: .allV6, destinations: .allV6)
    if let block = blockOfIPv6() { rules.append(block) }
    if product == .pfsense, !systemHas("no_apipa_block"), let prefix = IPPrefix("169.254.0.0/16") {
      let local = AddressSet(prefix)
      for match in [PacketMatch(sources: local), PacketMatch(destinations: local)] {
        rules.append(automatic("automatic: IPv4 link-local", MatchBounds(match), .deny(rejects: false), source))
      }
    }
    var needed = Service(proto: IPProtocol.icmpV6)
    needed.icmpTypes = IntervalSet([1...2, 135...136])
    var icmp = allV6
    icmp.services = [needed]
    rules.append(automatic("automatic: ICMPv6 that IPv6 needs", MatchBounds(icmp), .permit, source))
    let zero = [IPProtocol.tcp, IPProtocol.udp].flatMap {
      [
        Service(proto: $0, destinationPorts: IntervalSet(0)),
        Service(proto: $0, destinationPorts: .all, sourcePorts: IntervalSet(0)),
      ]
    }
    rules.append(
      automatic("automatic: port 0", MatchBounds(PacketMatch(services: zero)), .deny(rejects: false), source))
    return rules
  }

  /// The rule that blocks all IPv6: in both products where `<ipv6allow>` is missing. Later releases of OPNsense keep it
  /// among the settings of interfaces, where it is on by default (models/OPNsense/Interfaces/Settings.xml), so that
  /// missing in both places leaves it open.
  private func blockOfIPv6() -> Rule? {
    if systemHas("ipv6allow") { return nil }
    let setting = models?.descendant("Interfaces", "settings", "ipv6allow")
    if let setting, setting.text != "0" { return nil }
    var match = MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6))
    if setting == nil, product == .opnsense {
      match = match.uncertain(
        Uncertainty(range: device.source, reason: "whether IPv6 is allowed depends on the release"))
    }
    return automatic(
      "automatic: IPv6 is switched off", match, .deny(rejects: false), setting?.range ?? device.source)
  }

  /// Whether all IPv6 is certainly blocked.
  private var mayUseIPv6: Bool { blockOfIPv6().map { !$0.match.isExact } ?? true }

  /// Senders that are refused at an interface: private networks and bogons.
  private func senderRules(_ interface: PfInterface) -> [Rule] {
    let ingress = InterfaceMatch([interface.key])
    var rules: [Rule] = []
    if ["dhcp6", "slaac"].contains(interface.element.value("ipaddrv6") ?? ""), mayUseIPv6 {
      let service = Service(
        proto: IPProtocol.udp, destinationPorts: IntervalSet(546), sourcePorts: IntervalSet(547))
      rules.append(
        automatic(
          "automatic: DHCPv6 client on \(interface.key)",
          MatchBounds(PacketMatch(sources: .allV6, destinations: .allV6, services: [service])), .permit,
          interface.element.element(named: "ipaddrv6")?.range ?? interface.range, on: ingress))
    }
    if let flag = interface.element.element(named: "blockbogons"), product.flag(flag) != false {
      for family in IPFamily.allCases {
        let bogons = bogons(family, flag.range)
        rules.append(
          automatic(
            "automatic: bogon networks on \(interface.key)",
            MatchBounds(sources: bogons, destinations: AddressBounds(.all), services: ServiceBounds([.any])),
            .deny(rejects: false), flag.range, on: ingress))
      }
    }
    if let flag = interface.element.element(named: "blockpriv"), product.flag(flag) != false {
      rules.append(privateNetworks(interface, flag))
    }
    return rules
  }

  private func privateNetworks(_ interface: PfInterface, _ flag: XMLElement) -> Rule {
    let others = ["127.0.0.0/8", "fc00::/7"] + (product == .opnsense ? ["100.64.0.0/10"] : [])
    let networks = others.compactMap { IPPrefix($0) }.reduce(privateV4) { $0.union(AddressSet($1)) }
    var match = MatchBounds(PacketMatch(sources: networks))
    if product == .pfsense, device.interfaces.contains(where: { $0.name == interface.key && $0.parent != nil }) {
      match = match.uncertain(
        Uncertainty(range: flag.range, reason: "pfSense does not refuse private networks on members of a bridge"))
    }
    if product.flag(flag) == nil {
      match = match.uncertain(Uncertainty(range: flag.range, reason: "whether the flag is set is not certain"))
    }
    return automatic(
      "automatic: private networks on \(interface.key)", match, .deny(rejects: false), flag.range,
      on: InterfaceMatch([interface.key]))
  }

  /// Requests to the device's own DHCP server.
  private func serverRules(_ interface: PfInterface) -> [Rule] {
    guard let server = root.descendant("dhcpd", interface.key), server.has("enable") else { return [] }
    let service = Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(67), sourcePorts: IntervalSet(68))
    let own = product == .opnsense ? selfAddresses : interface.addresses
    let destinations = AddressBounds(AddressSet(IPAddress(v4: .max))).union(own)
    return [
      automatic(
        "automatic: DHCP server on \(interface.key)",
        MatchBounds(
          sources: AddressBounds(.allV4), destinations: destinations, services: ServiceBounds([service])),
        .permit, Self.startTag(of: server), on: InterfaceMatch([interface.key]))
    ]
  }

  /// Answers to the device as a DHCP client; the rule names no destination.
  private func clientRules(_ interface: PfInterface) -> [Rule] {
    guard let mode = interface.element.element(named: "ipaddr"), mode.text == "dhcp" else { return [] }
    let service = Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(68), sourcePorts: IntervalSet(67))
    return [
      automatic(
        "automatic: DHCP client on \(interface.key)", MatchBounds(PacketMatch(services: [service])), .permit,
        mode.range,
        on: InterfaceMatch([interface.key]))
    ]
  }

  var selfAddresses: AddressBounds {
    interfaces.all.reduce(.empty) { $1.isEnabled ? $0.union($1.addresses) : $0 }
  }

  /// The ports of web interface and SSH that are open on LAN whatever the rules say.
  var antiLockoutPorts: [UInt16] {
    let gui = root.descendant("system", "webgui")
    if product.isPresent(gui?.element(named: "noantilockout")) { return [] }
    let isPlain = gui?.value("protocol") == "http"
    var ports = [gui?.value("port").flatMap { UInt16($0) } ?? (isPlain ? 80 : 443)]
    if !isPlain, !product.isPresent(gui?.element(named: "disablehttpredirect")) { ports.append(80) }
    if let port = sshPort { ports.append(port) }
    return ports
  }

  /// LAN, or the only interface.
  var antiLockoutInterface: PfInterface? {
    if let lan = interfaces["lan"], lan.isEnabled { return lan }
    return interfaces.all.count == 1 ? interfaces["wan"] : nil
  }

  /// "Access to the web GUI or SSH on the LAN interface is always permitted, regardless of the user-defined firewall rule
  /// set" (OPNsense documentation, Firewall settings, "Disable anti-lockout").
  private func antiLockout() -> [Rule] {
    let ports = antiLockoutPorts
    guard let interface = antiLockoutInterface, !ports.isEmpty else { return [] }
    let service = Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports.map { $0...$0 }))
    let own = product == .opnsense ? selfAddresses : interface.addresses
    let range = root.descendant("system", "webgui").map { Self.startTag(of: $0) } ?? interface.range
    return [
      automatic(
        "automatic: anti-lockout",
        MatchBounds(
          sources: AddressBounds(.all), destinations: own, services: ServiceBounds([service])), .permit, range,
        on: InterfaceMatch([interface.key]))
    ]
  }
}
