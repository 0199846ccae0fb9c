import PacketSets
import RuleModel
import SourceText

/// Interfaces, their addresses, and static routes.
extension HiSecOSReader {
  mutating func lowerInterfaces() {
    var places: [String: Int] = [:]
    for row in container.rows("ifEntry") {
      guard let name = row.text("ifIndex"), !name.isEmpty else { continue }
      ledger.mark(row.range, .used)
      portNames.append(name)
      var interface = Interface(name: name, source: row.range)
      // RFC 2863, ifAdminStatus: up 1, down 2.
      interface.isShutdown = row.text("ifAdminStatus") == "2"
      if places.updateValue(device.interfaces.count, forKey: name) == nil { device.interfaces.append(interface) }
    }
    lowerAddresses(&places)
    for row in container.rows("ifXEntry") {
      guard let name = row.text("ifIndex").map(interfaceName), let place = places[name],
        let alias = row.text("ifAlias"), !alias.isEmpty
      else { continue }
      ledger.mark(row.range("ifAlias"), .used)
      device.interfaces[place].aliases.append(alias)
    }
    device.interfaces = device.interfaces.filter { isRouting($0) }
    known = Set(device.interfaces.map(\.name))
    device.listsAllInterfaces = !portNames.isEmpty
  }

  /// Ports that are only switched have no networks and no rules; without routing in the file all ports are kept.
  private func isRouting(_ interface: Interface) -> Bool {
    routed.isEmpty ? !interface.name.hasPrefix("cpu") : routed.contains(interface.name)
  }

  private mutating func lowerAddresses(_ places: inout [String: Int]) {
    let tables = [
      ("hm2AgentSwitchIpInterfaceEntry", "hm2AgentSwitchIpInterfaceIpAddress", "hm2AgentSwitchIpInterfaceNetMask"),
      (
        "hm2AgentSwitchSecondaryAddressEntry", "hm2AgentSwitchSecondaryIpAddress", "hm2AgentSwitchSecondaryNetMask"
      ),
    ]
    for (table, address, mask) in tables {
      for row in container.rows(table) {
        guard let index = row.text("hm2AgentSwitchIpInterfaceIfIndex"), !index.isEmpty else { continue }
        let name = interfaceName(index)
        ledger.mark(row.range, .used)
        if row.text("hm2AgentSwitchIpInterfaceRoutingMode") == "1" { routed.insert(name) }
        guard let own = interfaceAddress(row, address, mask) else { continue }
        routed.insert(name)
        if places[name] == nil {
          places[name] = device.interfaces.count
          device.interfaces.append(Interface(name: name, source: row.range))
        }
        if let place = places[name] { device.interfaces[place].addresses.append(own) }
      }
    }
  }

  /// 0.0.0.0 stands for no address.
  private mutating func interfaceAddress(_ row: MibRow, _ address: String, _ mask: String) -> InterfaceAddress? {
    guard let written = row.text(address), !written.isEmpty else { return nil }
    guard let own = ipAddress(written) else {
      gap(row.range(address), .notRecognised, "the interface address cannot be read")
      return nil
    }
    if own.value == 0 { return nil }
    guard let length = row.text(mask).flatMap(ipAddress)?.v4.prefixLength,
      let network = IPPrefix(own, length: length)
    else {
      gap(row.range(mask), .notRecognised, "the network mask cannot be read")
      return nil
    }
    return InterfaceAddress(address: own, network: network)
  }

  /// `1/1`, or the name behind a bare interface number.
  func interfaceName(_ text: String) -> String {
    guard let number = Int(text), (1...max(1, portNames.count)).contains(number), !portNames.isEmpty else {
      return text
    }
    return portNames[number - 1]
  }

  /// The interface of a row; nil for none (0 or empty).
  func interface(_ row: MibRow, _ column: String) -> String? {
    guard let text = row.text(column), !text.isEmpty, text != "0", text != "none" else { return nil }
    return interfaceName(text)
  }

  /// Rules may name an interface that routing does not list.
  mutating func require(_ name: String, _ range: SourceRange) {
    guard known.insert(name).inserted else { return }
    device.interfaces.append(Interface(name: name, source: range))
    guard !portNames.isEmpty, !portNames.contains(name) else { return }
    issue(
      .undefinedReference, range, "the interface `\(printable(name))` is not in the interface table",
      help: "save the configuration from the device again")
  }

  // MARK: Routes

  /// OSPF is on when `ospfAdminStat` is 1 (RFC 4750, default disabled), and so is RIP (HM2-PLATFORM-ROUTING-MIB).
  private mutating func noteDynamicRouting() {
    for mib in container.mibs {
      for (name, value) in mib.scalars where value.text == "1" && isRouting(name) {
        ledger.mark(value.range, .used)
        device.hasOtherRoutes = true
      }
    }
    // A part of a configuration may lack the switch.
    if container.scalar("ospfAdminStat") == nil,
      container.rows("ospfIfEntry").contains(where: { $0.text("ospfIfAdminStat") == "1" })
    {
      device.hasOtherRoutes = true
    }
  }

  private func isRouting(_ scalar: String) -> Bool {
    let name = scalar.lowercased()
    return ["ospf", "rip", "bgp"].contains { name.contains($0) }
      && ["adminstat", "adminmode", "operation"].contains { name.contains($0) }
  }

  /// Static routes (RFC 4292, inetCidrRouteTable; RouteType reject 2 and blackhole 5 drop).
  mutating func lowerRoutes() {
    noteDynamicRouting()
    for row in container.rows("inetCidrRouteEntry") {
      ledger.mark(row.range, .used)
      guard let base = row.text("inetCidrRouteDest").flatMap(ipAddress),
        let network = IPPrefix(base, length: row.number("inetCidrRoutePfxLen") ?? -1)
      else {
        device.hasOtherRoutes = true
        gap(row.range, .notRecognised, "the route cannot be read")
        continue
      }
      let status = row.number("inetCidrRouteStatus") ?? 1
      guard status == 1 || status == 4 else { continue }
      let drops = ["2", "5"].contains(row.text("inetCidrRouteType"))
      let gateway = row.text("inetCidrRouteNextHop").flatMap(ipAddress).flatMap { $0.value == 0 ? nil : $0 }
      let named = interface(row, "inetCidrRouteIfIndex")
      let found = gateway.flatMap { hop in
        device.interfaces.first { $0.networks.contains(hop) }?.name
      }
      guard drops || named != nil || found != nil else {
        if network.length > 0 { device.hasOtherRoutes = true }
        gap(row.range, .notModelled, "no interface of the file leads to the next hop; the route is left out")
        continue
      }
      device.routes.append(
        Route(
          network: network, interface: drops ? nil : named ?? found, gateway: drops ? nil : gateway,
          distance: row.number("inetCidrRouteMetric1") ?? 1, source: row.range))
    }
  }
}

/// An address as text or as octets (`C0 A8 01 04`).
func ipAddress(_ text: String) -> IPAddress? {
  if let address = IPAddress(text) { return address }
  guard let octets = octets(text) else { return nil }
  switch octets.count {
  case 4: return IPAddress(v4: octets.reduce(0) { $0 << 8 | UInt32($1) })
  case 16: return IPAddress(v6: octets.reduce(0) { $0 << 8 | UInt128($1) })
  default: return nil
  }
}
