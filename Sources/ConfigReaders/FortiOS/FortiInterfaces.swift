import PacketSets
import RuleModel
import SourceText

/// Interfaces, zones and what may be administered through them.
extension FortiDomain {
  mutating func lowerInterfaces() {
    for place in [scope.own] + scope.shared {
      for node in tree.entries("system interface", in: place) {
        // With one domain, `set vdom` is a leftover that changes nothing.
        if let domain = scope.name, (tree.value("vdom", of: node) ?? "root") != domain { continue }
        lowerInterface(node)
      }
    }
    for place in [scope.own] + scope.shared {
      for node in tree.entries("system switch-interface", in: place) {
        adopt(tree.words("member", of: node), by: tree.nodes[node].name)
        // FortiOS 7.6 administration guide, "Software switch": by default traffic between members is implicitly allowed.
        if tree.value("intra-switch-policy", of: node) != "explicit" { noteSwitch(node) }
      }
      for node in tree.entries("system virtual-switch", in: place) {
        adopt(tree.entries("port", in: node).map { tree.nodes[$0].name }, by: tree.nodes[node].name)
        noteSwitch(node)
      }
    }
  }

  private mutating func lowerInterface(_ node: Int) {
    var interface = Interface(name: tree.nodes[node].name, source: tree.nodes[node].range)
    // The two ends of an inter-VDOM link are named like the link itself with 0 and 1 behind it; a name
    // that only looks so joins nothing, since no other instance has its other end.
    if device.instance != nil, interface.name.hasSuffix("0") || interface.name.hasSuffix("1") {
      interface.innerLink = String(interface.name.dropLast())
    }
    interface.aliases = ["alias", "description"].compactMap { tree.value($0, of: node) }
    interface.vlan = tree.value("vlanid", of: node).flatMap { Int($0) }
    interface.parent = tree.value("interface", of: node)
    interface.isShutdown = tree.value("status", of: node) == "down"
    interface.isManagementOnly = tree.value("dedicated-to", of: node) == "management"
    interface.addresses = ownAddresses(node)
    interface.checksSourceAddress = sourceCheck(node)
    device.interfaces.append(interface)
    interfaceNames.insert(interface.name)
    for name in FortiExplicitProxy.Kind.allCases.map(\.interfaceSwitch) where tree.isEnabled(name, of: node) {
      proxyListeners[name, default: []].append(interface.name)
    }
    let type = tree.value("type", of: node)
    let members = tree.words("member", of: node)
    if ["aggregate", "redundant", "switch", "hard-switch"].contains(type) { adopt(members, by: interface.name) }
    if type == "hard-switch", !members.isEmpty { noteSwitch(node) }
    for service in tree.words("allowaccess", of: node) { lowerAccess(service, node, "allowaccess") }
    if let ipv6 = tree.section("ipv6", in: node) {
      for service in tree.words("ip6-allowaccess", of: ipv6) { lowerAccess(service, node, "ip6-allowaccess") }
    }
  }

  /// FortiOS wants some route back by the interface, which a default route is, too; only the strict mode wants the best one
  /// (administration guide, "Reverse path look-up": feasible path by default, `strict-src-check`, `src-check`).
  private func sourceCheck(_ node: Int) -> Bool? {
    if tree.value("src-check", of: node) == "disable" { return false }
    return sectionValue("strict-src-check", in: "system settings") == "enable" ? true : nil
  }

  private mutating func ownAddresses(_ node: Int) -> [InterfaceAddress] {
    var settings = [tree.setting("ip", of: node)]
    if tree.isEnabled("secondary-IP", of: node) {
      settings += tree.entries("secondaryip", in: node).map { tree.setting("ip", of: $0) }
    }
    var result: [InterfaceAddress] = []
    for setting in settings.compactMap({ $0 }) {
      if let address = LiteralText.interfaceAddress(setting.words) {
        // 0.0.0.0 0.0.0.0 is the default: no address.
        if address.network.length > 0 { result.append(address) }
      } else {
        notes.gap(setting.range, .notRecognised, matters: true, "the interface address cannot be read")
      }
    }
    guard let ipv6 = tree.section("ipv6", in: node) else { return result }
    let texts = [tree.value("ip6-address", of: ipv6)].compactMap { $0 }
    let extra = tree.entries("ip6-extra-addr", in: ipv6).map { tree.nodes[$0].name }
    return result + (texts + extra).compactMap { LiteralText.interfaceAddress([$0]) }.filter { $0.network.length > 0 }
  }

  /// Names the bridge or aggregate that ports belong to.
  private mutating func adopt(_ members: [String], by parent: String) {
    bundles[parent, default: []] += members
    let wanted = Set(members)
    for i in device.interfaces.indices where wanted.contains(device.interfaces[i].name) {
      device.interfaces[i].parent = parent
    }
  }

  /// Remembers a switch whose ports exchange frames that no policy sees.
  private mutating func noteSwitch(_ node: Int) {
    switches.append((name: tree.nodes[node].name, range: tree.nodes[node].range))
  }

  /// Interfaces with the ports of those that are switches or aggregates: what enters by a port enters by them.
  func withPorts(_ names: [String]) -> [String] {
    var result: [String] = []
    var seen: Set<String> = []
    var pending = Array(names.reversed())
    while let name = pending.popLast() {
      guard seen.insert(name).inserted else { continue }
      result.append(name)
      pending += (bundles[name] ?? []).reversed()
    }
    return result
  }

  // MARK: Zones

  mutating func lowerZones() {
    for node in entries("system zone") { zones[tree.nodes[node].name] = tree.words("interface", of: node) }
    for path in ["system sdwan", "system virtual-wan-link"] {
      guard let section = tree.section(path, in: scope.own) else { continue }
      // Members without a zone belong to the factory zone.
      for member in tree.entries("members", in: section) where tree.value("status", of: member) != "disable" {
        guard let interface = tree.value("interface", of: member) else { continue }
        zones[tree.value("zone", of: member) ?? "virtual-wan-link", default: []].append(interface)
        if tree.value("zone", of: member) == nil { zones["sd-wan", default: []].append(interface) }
      }
      for zone in tree.entries("zone", in: section) { zones[tree.nodes[zone].name, default: []] += [] }
    }
    for (zone, members) in zones where zone != "sd-wan" {
      let wanted = Set(members)
      for i in device.interfaces.indices where wanted.contains(device.interfaces[i].name) {
        device.interfaces[i].platformZone = zone
      }
    }
  }

  /// The interfaces that a policy names, zones opened up; nil when the line is missing or cannot be read.
  mutating func interfaceMatch(_ setting: FortiSetting?) -> InterfaceMatch? {
    guard let setting, !setting.isBroken else { return nil }
    if setting.words.contains("any") { return .any }
    var patterns: [String] = []
    for name in setting.words {
      // A zone's own name stays in the list, so that questions may be asked by zone too.
      patterns.append(name)
      if let members = zones[name] { patterns += members } else { checkInterface(name, setting.range) }
    }
    return InterfaceMatch(withPorts(patterns))
  }

  private mutating func checkInterface(_ name: String, _ range: SourceRange) {
    // Fragments have no interface section at all; tunnels of SSL VPN and L2TP are made by the system.
    guard !device.interfaces.isEmpty, !name.hasSuffix(".\(scope.name ?? "root")"),
      !interfaceNames.contains(name)
    else { return }
    _ = undefined("interface or zone", name, range, like: ["system zone"], or: interfaceNames.sorted())
  }

  /// Whether traffic between the interfaces of a zone passes without a policy, with the line that says so.
  func zonesThatAllowInside() -> [(name: String, members: [String], range: SourceRange)] {
    entries("system zone").compactMap { node in
      guard let setting = tree.setting("intrazone", of: node), setting.words == ["allow"] else { return nil }
      return (tree.nodes[node].name, tree.words("interface", of: node), setting.range)
    }
  }

  // MARK: Management access

  private mutating func lowerAccess(_ service: String, _ node: Int, _ attribute: String) {
    let interface = tree.nodes[node].name
    guard !device.management.contains(where: { $0.service == service && $0.interface == interface }) else { return }
    let section = attribute == "allowaccess" ? node : tree.section("ipv6", in: node) ?? node
    device.management.append(
      ManagementAccess(
        service: service, interface: interface, sources: .all,
        isClearText: ["telnet", "http", "snmp"].contains(service),
        source: tree.setting(attribute, of: section)?.range ?? tree.nodes[node].range))
  }

  /// Narrows management access to the trusted hosts, when every administrator has some.
  ///
  /// Administrative access is refused to other hosts only if no administrator is without trusted hosts (FortiOS 7.6
  /// administration guide, "Local-in policy": trusted hosts; "Administrators": restricting logins).
  mutating func lowerManagement() {
    let administrators = ([scope.own] + scope.shared).flatMap { tree.entries("system admin", in: $0) }
    guard !administrators.isEmpty else { return }
    var hosts: [AddressSet] = []
    for node in administrators {
      // 0.0.0.0/0 and ::/0 are the defaults of the unused ones.
      let own = tree.nodes[node].settings.compactMap { LiteralText.subnet($0.words) }
        .filter { !$0.v4.isAll && !$0.v6.isAll }
      if own.isEmpty { return }
      hosts += own
    }
    let trusted = union(of: hosts)
    for i in device.management.indices where Self.obeysTrustedHosts.contains(device.management[i].service) {
      device.management[i].sources = trusted
    }
  }

  private static let obeysTrustedHosts: Set<String> = ["http", "https", "ssh", "telnet", "ping", "snmp"]
}
