import PacketSets
import RuleModel
import SourceText

/// Static routes of virtual routers and logical routers.
extension PANDevice {
  mutating func lowerRoutes() {
    for router in entries(["network", "virtual-router"], in: instance.configurations) {
      lowerRoutes(below: router)
      noteDynamic(tree.child("protocol", of: router))
    }
    for router in entries(["network", "logical-router"], in: instance.configurations) {
      for vrf in tree.children(of: tree.child("vrf", of: router)) {
        lowerRoutes(below: vrf)
        for name in ["bgp", "ospf", "ospfv3", "rip"] { noteProtocol(tree.child(name, of: vrf)) }
      }
    }
    if hasSeveralTables || routesByPolicy { device.hasOtherRoutes = true }
  }

  /// Whether interfaces of the device belong to several routers, whose routes stand in one list here.
  private var hasSeveralTables: Bool {
    let names = Set(device.interfaces.map(\.name))
    // Several templates may hold parts of one router.
    var inUse: Set<String> = []
    func note(_ router: Int, _ name: String) {
      if !names.isDisjoint(with: tree.words("interface", of: router)) { inUse.insert(name) }
    }
    for place in instance.configurations {
      for router in tree.children(of: tree.node(["network", "virtual-router"], from: place)) {
        note(router, tree.name(of: router))
      }
      for router in tree.children(of: tree.node(["network", "logical-router"], from: place)) {
        for vrf in tree.children(of: tree.child("vrf", of: router)) {
          note(vrf, "\(tree.name(of: router)) \(tree.name(of: vrf))")
        }
      }
    }
    return inUse.count > 1
  }

  /// Policy-based forwarding overrides the routing table, and SD-WAN rules choose among links (PAN-OS networking
  /// administrator's guide, "Policy-Based Forwarding"; SD-WAN administrator's guide, "Configure an SD-WAN Policy Rule").
  private var routesByPolicy: Bool {
    instance.layers.contains { layer in
      ["pbf", "sdwan"].contains { table in
        tree.children(of: tree.node([table, "rules"], from: layer.rulebase)).contains {
          !tree.isYes("disabled", of: $0)
        }
      }
    }
  }

  private mutating func lowerRoutes(below router: Int) {
    for family in ["ip", "ipv6"] {
      for node in tree.children(of: tree.node(["routing-table", family, "static-route"], from: router)) {
        if let route = route(node) { device.routes.append(route) }
      }
    }
  }

  private mutating func route(_ node: Int) -> Route? {
    let range = tree.range(of: node)
    guard var destination = tree.value("destination", of: node) else { return nil }
    let scope = scope(instance.scopes)
    if let object = object(destination, in: "address", scope) {
      destination = tree.value("ip-netmask", of: object) ?? destination
    }
    if destination.first == "$" { destination = variableValue(destination) ?? destination }
    guard let network = IPPrefix(destination) else {
      device.hasOtherRoutes = true
      notes.gap(range, .notModelled, matters: true, "the destination of the route is not in this file")
      return nil
    }
    let hop = tree.child("nexthop", of: node)
    // Another router's own interfaces and routes say where such traffic goes.
    if let hop, ["next-vr", "next-lr"].contains(where: { tree.child($0, of: hop) != nil }) {
      device.hasOtherRoutes = true
      return nil
    }
    let gateway = hop.flatMap { nextAddress($0, scope) }
    let interface = tree.value("interface", of: node) ?? gateway.flatMap { self.interface(towards: $0) }
    let isDropped = hop.map { tree.child("discard", of: $0) != nil } ?? false
    // A monitored route goes away when its targets do not answer ("Static Route Removal Based on Path Monitoring").
    if let monitor = tree.child("path-monitor", of: node), tree.isYes("enable", of: monitor) {
      device.hasOtherRoutes = true
    }
    if interface == nil, !isDropped {
      if network.length > 0 { device.hasOtherRoutes = true }
      if !instance.sharesDevice {
        notes.gap(range, .notModelled, matters: true, "which interface the route leads to is not in this file")
      }
      return nil
    }
    // The lower administrative distance wins, then the lower metric; both are 10 unless they are set.
    let distance = Int(tree.value("admin-dist", of: node) ?? "10") ?? 10
    let metric = Int(tree.value("metric", of: node) ?? "10") ?? 10
    return Route(
      network: network, interface: isDropped ? nil : interface, gateway: gateway,
      distance: min(distance, 255) << 16 | min(metric, 65535), source: range)
  }

  private func nextAddress(_ hop: Int, _ scope: Int) -> IPAddress? {
    for name in ["ip-address", "ipv6-address"] {
      guard var text = tree.value(name, of: hop) else { continue }
      if let object = object(text, in: "address", scope) { text = tree.value("ip-netmask", of: object) ?? text }
      if text.first == "$" { text = variableValue(text) ?? text }
      if let address = IPAddress(text.prefix { $0 != "/" }) { return address }
    }
    return nil
  }

  private func interface(towards gateway: IPAddress) -> String? {
    device.interfaces.first { $0.networks.contains(gateway) }?.name
  }

  private mutating func noteDynamic(_ protocols: Int?) {
    for name in ["bgp", "ospf", "ospfv3", "rip"] {
      noteProtocol(protocols.flatMap { tree.child(name, of: $0) })
    }
  }

  /// Learned routes can lead to zones that the file does not place.
  private mutating func noteProtocol(_ node: Int?) {
    guard let node, let enable = tree.child("enable", of: node), tree.value(of: enable) == "yes" else { return }
    device.hasOtherRoutes = true
    notes.gap(
      tree.range(of: enable), .notModelled, matters: true,
      "routes that the routing protocol learns are not in the file")
  }

  // MARK: Looking up a zone

  /// The zones that packets for these addresses would leave by before any translation; nil when the routes do not tell.
  func zones(towards addresses: AddressSet) -> Set<String>? {
    let routers = instance.configurations.flatMap {
      tree.children(of: tree.node(["network", "virtual-router"], from: $0))
        + tree.children(of: tree.node(["network", "logical-router"], from: $0))
    }
    guard routers.count == 1, !addresses.isEmpty else { return nil }
    var known: [(network: IPPrefix, distance: Int, zone: String?)] = []
    for interface in device.interfaces {
      for address in interface.addresses { known.append((address.network, 0, interface.platformZone)) }
    }
    for route in device.routes {
      let zone = device.interfaces.first { $0.name == route.interface }?.platformZone
      known.append((route.network, route.distance, zone))
    }
    known.sort { ($0.network.length, $1.distance) > ($1.network.length, $0.distance) }
    var rest = addresses
    var result: Set<String> = []
    for entry in known where AddressSet(entry.network).overlaps(rest) {
      guard let zone = entry.zone else { return nil }
      result.insert(zone)
      rest = rest.subtracting(AddressSet(entry.network))
      if rest.isEmpty { return result }
    }
    return nil
  }
}
