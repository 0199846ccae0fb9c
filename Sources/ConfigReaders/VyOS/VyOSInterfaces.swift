import PacketSets
import RuleModel
import SourceText

/// Interfaces, VLANs, bridges, static routes.
extension VyOSSystem {
  mutating func lowerInterfaces() {
    guard let section = tree.child(StatementTree.root, "interfaces") else { return }
    for kind in tree.children(section) {
      for node in tree.allChildren(kind) {
        lowerInterface(node, tree.word(node), kind: tree.word(kind), parent: nil, isOff: tree.isInactive(node))
      }
    }
    adoptMembers(section)
    tree.markBelow(section, .used)
  }

  private mutating func lowerInterface(_ node: Int, _ name: String, kind: String, parent: String?, isOff: Bool) {
    var interface = Interface(name: name, source: tree.range(node))
    let isDown = isOff || tree.child(node, "disable") != nil
    interface.isShutdown = isDown
    interface.isManagementOnly = kind == "loopback" || kind == "dummy"
    interface.parent = parent
    if parent != nil { interface.vlan = Int(tree.word(node)) }
    if let description = tree.text(node, "description") { interface.aliases.append(description) }
    for address in tree.children(of: ["address"], below: node) { readAddress(address, &interface) }
    device.interfaces.append(interface)
    for vlan in tree.children(of: ["vif"], below: node) {
      lowerInterface(vlan, "\(name).\(tree.word(vlan))", kind: kind, parent: name, isOff: isDown)
    }
    for outer in tree.children(of: ["vif-s"], below: node) {
      let outerName = "\(name).\(tree.word(outer))"
      lowerInterface(outer, outerName, kind: kind, parent: name, isOff: isDown)
      for inner in tree.children(of: ["vif-c"], below: outer) {
        lowerInterface(inner, "\(outerName).\(tree.word(inner))", kind: kind, parent: outerName, isOff: isDown)
      }
    }
    if kind == "pppoe" { addLearnedRoute(node, name, isDown) }
  }

  private mutating func readAddress(_ node: Int, _ interface: inout Interface) {
    switch tree.word(node) {
    case "dhcp": addLearnedRoute(node, interface.name, interface.isShutdown)
    case "dhcpv6", "autoconf": break
    case let word:
      guard let own = LiteralText.interfaceAddress([word]) else {
        notes.gap(tree.range(node), .notRecognised, matters: true, "the address of the interface cannot be read")
        return
      }
      interface.addresses.append(own)
    }
  }

  /// The default route that a server hands out ("DHCP": default distance 210).
  private mutating func addLearnedRoute(_ node: Int, _ name: String, _ isDown: Bool) {
    guard !isDown, let all = IPPrefix(IPAddress(v4: 0), length: 0) else { return }
    device.routes.append(
      Route(network: all, interface: name, gateway: nil, distance: 210, source: tree.range(node)))
  }

  /// Members of bridges and bonds send and receive as the bridge or bond.
  private mutating func adoptMembers(_ section: Int) {
    var parents: [String: String] = [:]
    for kind in ["bridge", "bonding"] {
      for node in tree.children(of: [kind], below: section) {
        for member in tree.children(of: ["member", "interface"], below: node) {
          parents[tree.word(member)] = tree.word(node)
        }
      }
    }
    for i in device.interfaces.indices where device.interfaces[i].parent == nil {
      device.interfaces[i].parent = parents[device.interfaces[i].name]
    }
    device.interfaces.removeAll { $0.addresses.isEmpty && parents[$0.name] != nil }
  }

  // MARK: Routes

  mutating func lowerRoutes() {
    for path in [["protocols", "static"]] + vrfs().map({ ["vrf", "name", $0.name, "protocols", "static"] }) {
      guard let section = tree.find(path) else { continue }
      for kind in ["route", "route6", "interface-route", "interface-route6"] {
        for route in tree.children(of: [kind], below: section) { lowerRoute(route) }
      }
      tree.markBelow(section, .used)
    }
    noteOtherRoutes()
  }

  /// Parts of `protocols` that bring no routes for packets to one host.
  private static let besideRoutes: Set<String> = ["static", "igmp", "igmp-proxy", "pim", "pim6", "bfd", "rpki"]

  /// Routing protocols ("Protocols"), VRFs, whose routes stand in one list here, WAN load balancing, and OpenVPN servers,
  /// which push routes.
  private mutating func noteOtherRoutes() {
    for part in tree.children(of: ["protocols"]) where !Self.besideRoutes.contains(tree.word(part)) {
      tree.markBelow(part, .used)
      if tree.hasChildren(part) { device.hasOtherRoutes = true }
    }
    let others = [
      ["load-balancing", "wan"], ["interfaces", "openvpn"], ["firewall", "modify"], ["firewall", "ipv6-modify"],
    ]
    if !vrfs().isEmpty || others.contains(where: { tree.find($0) != nil }) { device.hasOtherRoutes = true }
  }

  private mutating func lowerRoute(_ node: Int) {
    guard let network = IPPrefix(tree.word(node)) else {
      device.hasOtherRoutes = true
      return notes.gap(tree.range(node), .notRecognised, matters: true, "the destination of this route cannot be read")
    }
    for kind in tree.children(node) {
      switch tree.word(kind) {
      case "next-hop", "interface", "next-hop-interface", "dhcp-interface":
        for target in tree.children(kind) where tree.child(target, "disable") == nil { addRoute(network, node, target) }
      case "blackhole", "reject":
        device.routes.append(
          Route(network: network, interface: nil, gateway: nil, distance: distance(kind), source: tree.range(node)))
      default: break
      }
    }
  }

  private mutating func addRoute(_ network: IPPrefix, _ node: Int, _ target: Int) {
    let gateway = IPAddress(tree.word(target))
    let named = tree.text(target, "interface") ?? (gateway == nil ? tree.word(target) : nil)
    guard let interface = named ?? gateway.flatMap({ connected($0) }) else {
      if network.length > 0 { device.hasOtherRoutes = true }
      return notes.gap(
        tree.range(node), .notModelled, matters: false,
        "no interface of the file has the next hop on its network; the route is left out")
    }
    device.routes.append(
      Route(
        network: network, interface: interface, gateway: gateway, distance: distance(target), source: tree.range(node)))
  }

  private func distance(_ node: Int) -> Int { tree.text(node, "distance").flatMap { Int($0) } ?? 1 }

  private func connected(_ address: IPAddress) -> String? {
    device.interfaces.first { interface in
      !interface.isShutdown && interface.addresses.contains { AddressSet($0.network).contains(address) }
    }?.name
  }

  // MARK: Routing instances

  /// VRFs with their interfaces.
  func vrfs() -> [(name: String, node: Int)] {
    tree.children(of: ["vrf", "name"]).map { (tree.word($0), $0) }
  }

  /// Interfaces that belong to a VRF.
  func members(ofVRF name: String) -> [String] {
    var result: [String] = []
    var open = tree.children(of: ["interfaces"]).flatMap { tree.children($0) }.map { (node: $0, name: tree.word($0)) }
    while let (node, interface) = open.popLast() {
      if tree.text(node, "vrf") == name { result.append(interface) }
      for keyword in ["vif", "vif-s", "vif-c"] {
        for vlan in tree.children(of: [keyword], below: node) { open.append((vlan, "\(interface).\(tree.word(vlan))")) }
      }
    }
    return result.sorted()
  }
}
