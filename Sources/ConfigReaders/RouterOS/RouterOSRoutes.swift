import PacketSets
import RuleModel
import SourceText

/// Static routes in the forms of RouterOS 6 and 7, and default routes that interfaces learn.
extension RouterOSReader {
  mutating func lowerRoutes() {
    for statement in routes where !statement.isDisabled { lowerRoute(statement) }
    for (name, range) in learnedRoutes.sorted(by: { $0.key < $1.key }) {
      guard let all = IPPrefix(IPAddress(v4: 0), length: 0) else { continue }
      device.routes.append(
        Route(network: all, interface: RouterOSInterfaces.plain(name), gateway: nil, distance: 1, source: range))
    }
  }

  private mutating func lowerRoute(_ statement: RouterOSStatement) {
    let isV6 = statement.path == "ipv6 route"
    let text = statement["dst-address"] ?? (isV6 ? "::/0" : "0.0.0.0/0")
    guard let network = IPPrefix(text) else {
      device.hasOtherRoutes = true
      return gap(statement, .notRecognised, "the destination of the route is not understood; it is left out")
    }
    let table = statement["routing-table"] ?? statement["routing-mark"] ?? "main"
    guard table == "main" else {
      return gap(statement, .notModelled, matters: false, "routes of other routing tables are not followed")
    }
    // A checked gateway that does not answer takes its route away (RouterOS documentation, IP Routing, "check-gateway").
    if let check = statement["check-gateway"], check != "none", network.length > 0 { device.hasOtherRoutes = true }
    let distance = statement["distance"].flatMap { Int($0) } ?? 1
    let type = statement["type"] ?? "unicast"
    // RouterOS 6: `type=blackhole`; RouterOS 7: the word `blackhole`.
    let isDropped =
      ["blackhole", "prohibit", "unreachable"].contains(type) || statement.targets.contains { $0.text == "blackhole" }
      || statement["blackhole"] != nil
    if isDropped {
      device.routes.append(
        Route(network: network, interface: nil, gateway: nil, distance: distance, source: statement.range))
      return
    }
    for word in statement["gateway"]?.split(separator: ",") ?? [] { addHop(String(word), network, distance, statement) }
  }

  /// `10.0.0.1`, `10.0.0.1%ether1`, `ether1`, `fe80::1%ether1`.
  private mutating func addHop(_ word: String, _ network: IPPrefix, _ distance: Int, _ statement: RouterOSStatement) {
    let parts = word.split(separator: "%", maxSplits: 1).map(String.init)
    let gateway = parts.first.flatMap { IPAddress($0) }
    var interface = parts.count == 2 ? parts[1] : gateway == nil ? parts.first : nil
    if interface == nil, let gateway { interface = interfaces.interface(holding: gateway) }
    guard let interface else {
      if network.length > 0 { device.hasOtherRoutes = true }
      return gap(
        statement, .notModelled, matters: false,
        "the interface of the gateway is not in the file; the route is left out")
    }
    device.routes.append(
      Route(
        network: network, interface: RouterOSInterfaces.plain(interface), gateway: gateway, distance: distance,
        source: statement.range))
  }
}
