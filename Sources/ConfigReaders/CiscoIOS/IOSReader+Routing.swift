import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  // MARK: - Virtual routing tables

  /// `ip vrf NAME`.
  mutating func beginVRF() {
    mark(.used)
    guard let name = words.takeText() else { return unrecognised("VRF") }
    block = .vrf(name)
  }

  /// `vrf definition NAME`; `vrf list` and `vrf upgrade-cli` are settings.
  mutating func vrfLine() {
    guard words.takes("definition") else {
      block = .irrelevant
      return mark(.irrelevant)
    }
    beginVRF()
  }

  mutating func vrfStatement(_ name: String) {
    mark(.irrelevant)
    switch words.takeText() ?? "" {
    case "route-target":
      mark(.used)
      let isExport = words.takes("export")
      let isImport = words.takes("import")
      let isBoth = words.takes("both") || (!isExport && !isImport)
      guard let target = words.takeText() else { return unrecognised("route target") }
      if isExport || isBoth { config.exports[name, default: []].insert(target) }
      if isImport || isBoth { config.imports[name, default: []].insert(target) }
    case "import", "export", "route-replicate":
      config.leaks.append(here)
      gap(changes: true, "routes leak between virtual routing tables here; which ones is not modelled")
    default: break
    }
  }

  /// Whether some VRF imports what another exports, or a statement leaks routes.
  var leaksRoutes: Bool {
    if !config.leaks.isEmpty { return true }
    var exporters: [String: Set<String>] = [:]
    for (name, targets) in config.exports {
      for target in targets { exporters[target, default: []].insert(name) }
    }
    return config.imports.contains { name, targets in
      targets.contains { exporters[$0]?.subtracting([name]).isEmpty == false }
    }
  }

  // MARK: - Static routes

  mutating func routeLine() {
    mark(.used)
    config.routes.append(line)
  }

  /// Reads the routes, when all interfaces are known.
  mutating func lowerRoutes() -> [Route] {
    var routes: [Route] = []
    for number in config.routes {
      line = number
      words.load(file.lines.bounds(ofLine: number, in: file.bytes))
      if let route = takeRoute() { routes.append(route) }
    }
    return routes + learnedDefaultRoutes
  }

  /// `ip route [vrf V] NETWORK MASK {INTERFACE [GATEWAY] | GATEWAY} [DISTANCE] …`, `ipv6 route [vrf V] PREFIX …`.
  private mutating func takeRoute() -> Route? {
    while let word = words.take(), !matches(file.bytes.span, word, "route") {}
    var vrf: String?
    if words.takes("vrf") {
      vrf = words.takeText()
      config.hasOtherRoutes = true
    }
    // `ip route static …`, `ip route profile` are settings.
    guard let network = takeRouteNetwork() else {
      if words.isNext("static") || words.isNext("profile") {
        mark(.irrelevant)
      } else {
        config.hasOtherRoutes = true
        unrecognised("route")
      }
      return nil
    }
    var interface: String?
    var gateway: IPAddress?
    var drops = false
    guard let word = words.take() else {
      config.hasOtherRoutes = true
      unrecognised("route")
      return nil
    }
    let text = words.text(word)
    if let address = IPAddress(text) {
      gateway = address
    } else if text.lowercased().hasPrefix("null") {
      drops = true
    } else if let name = interfaceName(text) {
      interface = name
      if let next = words.next, let address = IPAddress(words.text(next)) {
        _ = words.take()
        gateway = address
      } else if words.takes("dhcp") {
        gateway = nil
      }
    } else {
      if network.length > 0 { config.hasOtherRoutes = true }
      undefined("interface", text, at: here, among: { $0.interfaces.map(\.name) })
      return nil
    }
    let distance: Int? = words.takeNumber()
    // A tracked route goes away when its target does not answer ("Reliable Static Routing Backup Using Object Tracking").
    if words.ranges.dropFirst(words.position).contains(where: { matches(file.bytes.span, $0, "track") }) {
      config.hasOtherRoutes = true
    }
    if words.ranges.dropFirst(words.position).contains(where: { matches(file.bytes.span, $0, "global") }) {
      config.leaks.append(here)
      gap(changes: true, "the route leads from a virtual routing table into the global one")
      return nil
    }
    if let interface, let index = config.interfaceIndex[interface], config.interfaces[index].vrf != vrf {
      config.leaks.append(here)
      gap(changes: true, "the route leads from one virtual routing table into another")
    }
    if interface == nil, !drops {
      guard let gateway, let found = interfaceTowards(gateway, vrf) else {
        if network.length > 0 { config.hasOtherRoutes = true }
        gap(changes: true, "the next hop lies in no network of an interface, so where the route leads is not known")
        return nil
      }
      interface = found
    }
    return Route(network: network, interface: interface, gateway: gateway, distance: distance ?? 1, source: here)
  }

  private mutating func takeRouteNetwork() -> IPPrefix? {
    guard let word = words.next else { return nil }
    let text = words.text(word)
    if text.contains("/") {
      guard let prefix = IPPrefix(text) else { return nil }
      _ = words.take()
      return prefix
    }
    guard let quad = words.quad(word) else { return nil }
    _ = words.take()
    guard let mask = words.take().flatMap(words.quad), let length = mask.prefixLength else { return nil }
    return IPPrefix(IPAddress(v4: quad), length: length)
  }

  private func interfaceTowards(_ gateway: IPAddress, _ vrf: String?) -> String? {
    config.interfaces.first { interface in
      interface.vrf == vrf
        && interface.addresses.contains {
          AddressSet($0.network).contains(gateway) && $0.network.length < gateway.family.bits
        }
    }?.name
  }

  /// `ip address dhcp` and `negotiated`: the provider's gateway becomes a default route of distance 254 (Cisco IOS IP
  /// Addressing Command Reference, `ip address dhcp`).
  private var learnedDefaultRoutes: [Route] {
    config.interfaces.compactMap { interface in
      guard interface.hasDynamicAddress, !interface.isShutdown, let all = IPPrefix(IPAddress(v4: 0), length: 0) else {
        return nil
      }
      return Route(network: all, interface: interface.name, gateway: nil, distance: 254, source: interface.source)
    }
  }

  // MARK: - Route maps

  /// `route-map NAME [permit|deny] [SEQUENCE]`; of interest where address translation names one.
  mutating func beginRouteMap() {
    mark(.irrelevant)
    config.otherLines.append(line)
    guard let name = words.takeText() else { return }
    block = .routeMap(name)
    config.routeMaps[name, default: []].append(IOSRouteMapClause(permits: !words.isNext("deny")))
  }

  mutating func routeMapStatement(_ name: String) {
    mark(.irrelevant)
    config.otherLines.append(line)
    guard words.takes("match"), let last = config.routeMaps[name]?.indices.last else { return }
    if words.takes("ip"), words.takes("address"), !words.isNext("prefix-list") {
      while let list = words.takeText() { config.routeMaps[name]?[last].lists.append(list) }
    } else {
      config.routeMaps[name]?[last].isNarrower = true
    }
  }
}
