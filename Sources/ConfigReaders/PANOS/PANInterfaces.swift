import PacketSets
import RuleModel
import SourceText

/// A security zone and the interfaces in it.
struct PANZone {
  var name: String
  var interfaces: [String]
  var checksSourceAddress: Bool?
  var source: SourceRange
}

/// Interfaces and zones.
extension PANDevice {
  private static let kinds = ["ethernet", "aggregate-ethernet", "vlan", "loopback", "tunnel"]

  mutating func lowerInterfaces() {
    let own = ownInterfaces()
    let foreign = gatewayInterfaces()
    for kind in Self.kinds {
      for node in entries(["network", "interface", kind], in: instance.configurations) {
        // `interface vlan units vlan.1`: logical interfaces have no name of their own above their units.
        if tree.name(of: node) == "units" {
          for unit in tree.children(of: node) { lowerInterface(unit, layer: unit, parent: nil, own) }
        } else {
          lowerPhysical(node, own)
        }
      }
    }
    device.interfaces.removeAll { foreign.contains($0.name) }
  }

  /// Interfaces of shared gateways, which belong to no virtual system; zones of type `external` lead to them.
  private mutating func gatewayInterfaces() -> Set<String> {
    var names: Set<String> = []
    for gateway in entries(["network", "shared-gateway"], in: instance.configurations) {
      names.formUnion(tree.node(["import", "network"], from: gateway).map { tree.words("interface", of: $0) } ?? [])
      notes.gap(
        tree.range(of: gateway), .notModelled, matters: true,
        "a shared gateway is not modelled; each virtual system is judged up to its zone that leads there")
    }
    return names
  }

  /// Interfaces that this virtual system has by import or zone; nil when it has them all.
  private func ownInterfaces() -> Set<String>? {
    guard instance.sharesDevice else { return nil }
    var names: Set<String> = []
    for system in instance.systems {
      if let imports = tree.node(["import", "network"], from: system) {
        names.formUnion(tree.words("interface", of: imports))
      }
      for zone in tree.children(of: tree.child("zone", of: system)) { names.formUnion(members(of: zone)) }
    }
    return names
  }

  private mutating func lowerPhysical(_ node: Int, _ own: Set<String>?) {
    let modes = ["layer3", "layer2", "virtual-wire", "tap", "ha", "log-card", "decrypt-mirror"]
    let mode = modes.compactMap { tree.child($0, of: node) }.first
    lowerInterface(node, layer: mode ?? node, parent: tree.value("aggregate-group", of: node), own)
    guard let mode else { return }
    for unit in tree.children(of: tree.child("units", of: mode)) {
      lowerInterface(unit, layer: unit, parent: tree.name(of: node), own)
    }
  }

  /// - Parameter layer: the node that holds the addresses.
  private mutating func lowerInterface(_ node: Int, layer: Int, parent: String?, _ own: Set<String>?) {
    let name = tree.name(of: node)
    if let own, !own.contains(name) { return }
    var interface = Interface(name: name, source: tree.range(of: node))
    interface.parent = parent
    interface.aliases = [tree.value("comment", of: node)].compactMap { $0 }
    interface.vlan = tree.value("tag", of: node).flatMap { Int($0) }
    interface.isShutdown = tree.value("link-state", of: node) == "down"
    // Taps, HA links and the like never forward.
    interface.isManagementOnly = ["tap", "ha", "log-card", "decrypt-mirror"].contains {
      tree.child($0, of: node) != nil
    }
    interface.addresses = ownAddresses(of: layer, name)
    device.interfaces.append(interface)
  }

  private mutating func ownAddresses(of layer: Int, _ interface: String) -> [InterfaceAddress] {
    var result: [InterfaceAddress] = []
    let scope = scope(instance.scopes)
    let v4 = tree.children(of: tree.child("ip", of: layer))
    let v6 = tree.children(of: tree.node(["ipv6", "address"], from: layer))
    for node in v4 + v6 {
      var text = tree.name(of: node)
      if let object = object(text, in: "address", scope) { text = tree.value("ip-netmask", of: object) ?? text }
      if text.first == "$" { text = variableValue(text) ?? text }
      if let address = PANText.interfaceAddress(text) {
        result.append(address)
      } else {
        notes.issue(
          .undefinedReference, tree.range(of: node),
          "the address `\(printable(text))` of interface `\(printable(interface))` is not in this file",
          help: "bind the interface in the site file")
      }
    }
    return result
  }

  // MARK: Zones

  mutating func lowerZones() {
    var unlisted: [PANZone] = []
    for node in entries(["zone"], in: instance.systems) {
      let zone = PANZone(
        name: tree.name(of: node), interfaces: members(of: node), checksSourceAddress: sourceCheck(of: node),
        source: tree.range(of: node))
      zones[zone.name] = zone
      zoneOrder.append(zone.name)
      if zone.interfaces.isEmpty { unlisted.append(zone) }
      if let external = tree.node(["network", "external"], from: node) {
        notes.issue(
          .dynamicObject, tree.range(of: external),
          "zone `\(printable(zone.name))` leads to other virtual systems; each of them is judged on its own",
          help: "bind the zone in the site file to the zones that lie behind the other system")
      }
    }
    addressZones()
    // Zones to other virtual systems, and zones whose interfaces the file does not tell, stand for themselves.
    for zone in unlisted { standIn(for: zone.name, zone.source) }
    if zones.isEmpty { adoptZonesOfRules() }
    zonePatterns = zones.mapValues { patterns(of: $0) }
  }

  /// Whether the zone's protection profile drops sources that are routed to another zone; a zone has no profile unless one
  /// is given to it (PAN-OS web interface help, "Packet Based Attack Protection": Spoofed IP address).
  private mutating func sourceCheck(of zone: Int) -> Bool? {
    guard let network = tree.child("network", of: zone), !members(of: zone).isEmpty else { return nil }
    guard let name = tree.value("zone-protection-profile", of: network) else { return false }
    let profile = entries(["network", "profiles", "zone-protection-profile"], in: instance.configurations)
      .first { tree.name(of: $0) == name }
    return profile.map { tree.value("discard-ip-spoof", of: $0) == "yes" }
  }

  private func members(of zone: Int) -> [String] {
    guard let network = tree.child("network", of: zone) else { return [] }
    return ["layer3", "layer2", "virtual-wire", "tap", "tunnel"].flatMap { tree.words($0, of: network) }
  }

  /// Writes each zone into its interfaces; those that `network` does not configure are made.
  private mutating func addressZones() {
    var places: [String: Int] = [:]
    for (place, interface) in device.interfaces.enumerated() { places[interface.name] = place }
    for name in zoneOrder {
      guard let zone = zones[name] else { continue }
      for member in zone.interfaces {
        if places[member] == nil {
          places[member] = device.interfaces.count
          device.interfaces.append(Interface(name: member, source: zone.source))
        }
        device.interfaces[places[member]!].platformZone = name
        device.interfaces[places[member]!].checksSourceAddress = zone.checksSourceAddress
        // A site file may name the zone in place of the interface.
        device.interfaces[places[member]!].aliases.append(name)
      }
    }
  }

  private mutating func standIn(for zone: String, _ source: SourceRange) {
    guard !device.interfaces.contains(where: { $0.name == zone }) else { return }
    var interface = Interface(name: zone, source: source)
    interface.platformZone = zone
    device.interfaces.append(interface)
  }

  /// In a file without any zone (rules alone, or a device group without templates) zones are what rules name.
  private mutating func adoptZonesOfRules() {
    for layer in instance.layers {
      for rule in tree.children(of: tree.node(["security", "rules"], from: layer.rulebase)) {
        for attribute in ["from", "to"] {
          for node in tree.children(of: tree.child(attribute, of: rule)) {
            let name = tree.name(of: node)
            if name == "any" || name == "multicast" || zones[name] != nil { continue }
            zones[name] = PANZone(name: name, interfaces: [], source: tree.range(of: node))
            zoneOrder.append(name)
            standIn(for: name, tree.range(of: node))
          }
        }
      }
    }
    if !zones.isEmpty { device.listsAllInterfaces = false }
  }

  // MARK: Interfaces that rules mean

  /// Names that stand for a zone in patterns: its own and those of its interfaces.
  ///
  /// A zone may be called like an interface of another zone; then only the interfaces stand for it.
  private func patterns(of zone: PANZone) -> [String] {
    let isTaken = device.interfaces.contains { $0.name == zone.name && $0.platformZone != zone.name }
    return isTaken ? zone.interfaces : [zone.name] + zone.interfaces
  }
}
