import PacketSets
import RuleModel
import SourceText

/// Static routes.
extension FortiDomain {
  mutating func lowerRoutes() {
    for node in entries("router static") { lowerRoute(node, .v4) }
    for node in entries("router static6") { lowerRoute(node, .v6) }
    for place in [scope.own] + scope.shared {
      for node in tree.entries("system interface", in: place) { lowerLearnedRoute(node) }
    }
    if learnsRoutes || routesByPolicy || hasSeveralTables { device.hasOtherRoutes = true }
  }

  /// A routing protocol with a neighbour, a network or an area; the sections alone stand in every full configuration.
  private var learnsRoutes: Bool {
    let protocols = FortiCatalog.routingProtocols.compactMap { tree.section($0, in: scope.own) }
    let speaks = protocols.contains { section in
      FortiCatalog.bringsRoutes.contains { !tree.entries($0, in: section).isEmpty }
    }
    // Routes to what dial-up peers have behind them (CLI reference, `config vpn ipsec phase1-interface`: add-route, default
    // enable).
    return speaks
      || entries("vpn ipsec phase1-interface").contains {
        tree.value("type", of: $0) == "dynamic" && tree.value("add-route", of: $0) != "disable"
      }
  }

  /// Policy routes come before the routing table, then SD-WAN rules (FortiOS administration guide, "Policy routes",
  /// "SD-WAN rules").
  private var routesByPolicy: Bool {
    let rules = ["system sdwan", "system virtual-wan-link"].compactMap { tree.section($0, in: scope.own) }
      .filter { tree.value("status", of: $0) != "disable" }.flatMap { tree.entries("service", in: $0) }
    return (entries("router policy") + entries("router policy6") + rules).contains {
      tree.value("status", of: $0) != "disable"
    }
  }

  /// Routes of all VRFs of a virtual domain stand in one list here.
  private var hasSeveralTables: Bool {
    ([scope.own] + scope.shared).contains { place in
      tree.entries("system interface", in: place).contains { node in
        tree.value("vrf", of: node).map { $0 != "0" } ?? false
          && device.interfaces.contains { $0.name == tree.nodes[node].name }
      }
    }
  }

  /// The default route that a DHCP or PPPoE server hands out (FortiOS CLI reference, `config system interface`:
  /// defaultgw, default enable; distance, default 5).
  private mutating func lowerLearnedRoute(_ node: Int) {
    let name = tree.nodes[node].name
    guard ["dhcp", "pppoe"].contains(tree.value("mode", of: node)), tree.value("defaultgw", of: node) != "disable",
      device.interfaces.contains(where: { $0.name == name && !$0.isShutdown }),
      let all = IPPrefix(IPAddress(v4: 0), length: 0)
    else { return }
    let distance = tree.value("distance", of: node).flatMap { Int($0) } ?? 5
    device.routes.append(
      Route(network: all, interface: name, gateway: nil, distance: distance, source: tree.nodes[node].range))
  }

  private mutating func lowerRoute(_ node: Int, _ family: IPFamily) {
    // An empty entry is what the factory leaves behind.
    guard tree.value("status", of: node) != "disable", !tree.nodes[node].settings.isEmpty else { return }
    let range = tree.nodes[node].range
    let isOpen =
      ["internet-service", "internet-service-custom", "src"].contains { tree.setting($0, of: node) != nil }
      || !tree.nodes[node].unknown.isEmpty
    guard !isOpen, let networks = destinations(node, family) else {
      device.hasOtherRoutes = true
      return notes.gap(
        range, .notModelled, matters: true, "the destination of this route is not known from the file; it is left out")
    }
    let distance = tree.value("distance", of: node).flatMap { Int($0) } ?? 10
    let hops = nextHops(node)
    if hops.isEmpty {
      device.hasOtherRoutes = true
      notes.gap(range, .notModelled, matters: true, "the route names no interface; it is left out")
    }
    for (interface, gateway) in hops {
      for network in networks {
        device.routes.append(
          Route(network: network, interface: interface, gateway: gateway, distance: distance, source: range))
      }
    }
  }

  /// The prefixes that a route covers; nil when the file does not tell.
  private mutating func destinations(_ node: Int, _ family: IPFamily) -> [IPPrefix]? {
    if let object = tree.setting("dstaddr", of: node) {
      let bounds = addressBounds(object, family)
      return bounds.isExact ? bounds.lower.prefixes : nil
    }
    guard let words = tree.setting("dst", of: node)?.words else {
      return IPPrefix(family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0), length: 0).map { [$0] }
    }
    return LiteralText.interfaceAddress(words).map { [$0.network] }
  }

  /// Ways out: one for a plain route, one for each member of an SD-WAN zone, none for a blackhole.
  private func nextHops(_ node: Int) -> [(interface: String?, gateway: IPAddress?)] {
    if tree.isEnabled("blackhole", of: node) { return [(nil, nil)] }
    let zoneNames = tree.words("sdwan-zone", of: node)
    let usesZone = ["sdwan", "virtual-wan-link"].contains { tree.isEnabled($0, of: node) } || !zoneNames.isEmpty
    if usesZone { return memberHops(zoneNames) }
    let gateway = tree.value("gateway", of: node).flatMap { IPAddress($0) }
    guard let interface = tree.value("device", of: node) else { return [] }
    return [(interface, gateway?.value == 0 ? nil : gateway)]
  }

  private func memberHops(_ zoneNames: [String]) -> [(interface: String?, gateway: IPAddress?)] {
    var result: [(interface: String?, gateway: IPAddress?)] = []
    for path in ["system sdwan", "system virtual-wan-link"] {
      guard let section = tree.section(path, in: scope.own) else { continue }
      for member in tree.entries("members", in: section) {
        let zone = tree.value("zone", of: member) ?? "virtual-wan-link"
        guard zoneNames.isEmpty || zoneNames.contains(zone), let interface = tree.value("interface", of: member)
        else { continue }
        let gateway = tree.value("gateway", of: member).flatMap { IPAddress($0) }
        result.append((interface, gateway?.value == 0 ? nil : gateway))
      }
    }
    return result
  }
}
