import PacketSets
import RuleModel
import SourceText

/// Gateways and static routes.
extension PfReader {
  /// Gateways of both places that OPNsense keeps them in.
  static func gateways(_ root: XMLElement) -> [XMLElement] {
    [root.element(named: "gateways"), root.descendant("OPNsense", "Gateways")].flatMap {
      $0?.elements.filter { $0.name == "gateway_item" } ?? []
    }
  }

  mutating func lowerRoutes() {
    for section in [root.element(named: "gateways"), models?.element(named: "Gateways")] { use(section) }
    lowerDefaultRoutes()
    guard let section = root.element(named: "staticroutes") else { return }
    markTags(section)
    for route in section.elements { lowerRoute(route) }
  }

  /// The default route of a WAN type interface.
  private mutating func lowerDefaultRoutes() {
    for interface in interfaces.all where interface.isEnabled {
      let dynamic = ["dhcp", "pppoe", "ppp", "l2tp", "pptp"].contains(interface.element.value("ipaddr") ?? "")
      let items = gateways.filter { $0.value("interface") == interface.key && !isOffGateway($0) }
      let isDefault = items.contains { product.mayBeSet($0.element(named: "defaultgw")) }
      guard dynamic || interface.hasGateway || isDefault else { continue }
      let gateway = items.first.flatMap { $0.value("gateway") }.flatMap { IPAddress($0) }
      if let all = IPPrefix(IPAddress(v4: 0), length: 0) {
        device.routes.append(
          Route(network: all, interface: interface.key, gateway: gateway, distance: 1, source: interface.range))
      }
      if ["dhcp6", "slaac", "6rd", "6to4"].contains(interface.element.value("ipaddrv6") ?? ""),
        let all = IPPrefix(IPAddress(v6: 0), length: 0)
      {
        device.routes.append(
          Route(network: all, interface: interface.key, gateway: nil, distance: 1, source: interface.range))
      }
    }
  }

  private func isOffGateway(_ item: XMLElement) -> Bool { product.flag(item.element(named: "disabled")) == true }

  private mutating func lowerRoute(_ element: XMLElement) {
    use(element)
    guard !element.isVoid, product.flag(element.element(named: "disabled")) != true else { return }
    guard let name = element.value("gateway"), let text = element.value("network") else { return }
    let networks: [IPPrefix]
    if let prefix = IPPrefix(text) {
      networks = [prefix]
    } else if let alias = aliasAddresses(text), alias.isExact {
      networks = alias.upper.prefixes
    } else {
      device.hasOtherRoutes = true
      return notes.gap(
        element.range, .notModelled, matters: true, "the destination of this route is not known; it is left out")
    }
    if name.hasPrefix("Null") {
      for network in networks {
        device.routes.append(Route(network: network, interface: nil, gateway: nil, distance: 1, source: element.range))
      }
      return
    }
    let item = gatewaysByName[name]
    // Gateways that an interface gets from its provider have its name: WAN_DHCP, OPT1_PPPOE.
    let interface = item?.value("interface") ?? dynamicGateway(name)
    guard let interface else {
      device.hasOtherRoutes = true
      _ = notes.undefined("gateway", name, element.range, among: gatewaysByName.keys.sorted())
      return
    }
    let gateway = item?.value("gateway").flatMap { IPAddress($0) }
    for network in networks {
      device.routes.append(
        Route(network: network, interface: interface, gateway: gateway, distance: 1, source: element.range))
    }
  }

  private func dynamicGateway(_ name: String) -> String? {
    guard let end = name.lastIndex(of: "_") else { return nil }
    let head = name[..<end].lowercased()
    return interfaces.all.first {
      $0.key == head || $0.element.value("descr")?.lowercased() == head
    }?.key
  }
}
