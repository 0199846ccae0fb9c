import PacketSets
import RuleModel
import SourceText

/// Static routes of the main table and of routing instances.
extension JunosSystem {
  /// Preference of static routes ("Route Preferences Overview").
  private static let staticPreference = 5

  mutating func lowerRoutes() {
    var places = [own]
    places += tree.children(of: ["routing-instances"], below: own)
    // Routes of all instances stand in one list here.
    if places.count > 1 { device.hasOtherRoutes = true }
    for place in places {
      guard let options = tree.child(place, "routing-options") else { continue }
      var tables = [tree.child(options, "static")].compactMap { $0 }
      for rib in tree.children(of: ["rib"], below: options) { tables += [tree.child(rib, "static")].compactMap { $0 } }
      for table in tables {
        for route in tree.children(of: ["route"], below: table) { lowerRoute(route) }
        tree.markBelow(table, .used)
      }
    }
  }

  private mutating func lowerRoute(_ node: Int) {
    let word = tree.word(node)
    guard let network = word == "default" ? IPPrefix("0.0.0.0/0") : IPPrefix(word) else {
      device.hasOtherRoutes = true
      return notes.gap(tree.range(node), .notRecognised, matters: true, "the destination of this route cannot be read")
    }
    let distance = tree.text(node, "preference").flatMap { Int($0) } ?? Self.staticPreference
    var hops: [(gateway: IPAddress?, interface: String?, distance: Int)] = []
    for kind in tree.children(node) {
      switch tree.word(kind) {
      case "next-hop": hops += tree.children(kind).map { hop($0, distance) }
      case "qualified-next-hop":
        for target in tree.children(kind) {
          let own = tree.text(target, "preference").flatMap { Int($0) } ?? distance
          var found = hop(target, own)
          if let interface = tree.value(target, "interface") { found.interface = logicalName(interface) }
          hops.append(found)
        }
      case "discard", "reject", "receive": hops.append((nil, nil, distance))
      case "next-table":
        _ = notModelled(node, "the route leads into another routing table, which is not followed")
        device.hasOtherRoutes = true
        return
      default: break
      }
    }
    for hop in hops {
      let isBlackhole = hop.gateway == nil && hop.interface == nil
      let interface = hop.interface ?? hop.gateway.flatMap { connected($0) }
      guard isBlackhole || interface != nil else {
        if network.length > 0 { device.hasOtherRoutes = true }
        notes.gap(
          tree.range(node), .notModelled, matters: false,
          "no interface of the file has the next hop on its network; the route is left out")
        continue
      }
      device.routes.append(
        Route(
          network: network, interface: interface, gateway: hop.gateway, distance: hop.distance,
          source: tree.range(node)))
    }
  }

  private func hop(_ node: Int, _ distance: Int) -> (gateway: IPAddress?, interface: String?, distance: Int) {
    let word = tree.word(node)
    if let address = IPAddress(word) { return (address, nil, distance) }
    return (nil, logicalName(node), distance)
  }

  /// The interface on whose network an address lies.
  private func connected(_ address: IPAddress) -> String? {
    device.interfaces.first { interface in
      !interface.isShutdown && interface.addresses.contains { AddressSet($0.network).contains(address) }
    }?.name
  }
}
