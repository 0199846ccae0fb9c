import PacketSets
import RuleModel
import SourceText

/// A logical network of `/etc/config/network`.
struct UCINetwork {
  var name: String
  /// The device that packets come in by; the network's own name when the file does not say.
  var device: String
  var addresses: [InterfaceAddress] = []
  /// Whether the file tells its addresses: all others get theirs while the device runs.
  var knowsAddresses: Bool { proto == "static" || proto == "none" }
  var proto = ""
  /// Whether a `config interface` section describes it.
  var isDefined = false
  var isDisabled = false
  var source: SourceRange
}

/// The networks, devices and routes of a file.
struct UCINetworks {
  private(set) var all: [String: UCINetwork] = [:]
  private(set) var routes: [Route] = []
  /// Whether routes are learned, chosen by rules, or not all read.
  private(set) var hasOtherRoutes = false
  /// Whether the file holds sections of `/etc/config/network` at all.
  private(set) var areKnown = false
  private var order: [String] = []

  /// In the order of the file.
  var list: [UCINetwork] { order.compactMap { all[$0] } }

  init(_ sections: [UCISection]) {
    for section in sections where section.type == "interface" {
      areKnown = true
      add(section)
    }
    resolveAliases()
    for section in sections where section.type == "route" || section.type == "route6" { addRoute(section) }
    if sections.contains(where: choosesRoutes) { hasOtherRoutes = true }
  }

  /// Rules of policy routing, other tables than the main one, and protocols that bring routes (OpenWrt user guide, "IP rules",
  /// "Routing tables", "WireGuard": route_allowed_ips).
  private func choosesRoutes(_ section: UCISection) -> Bool {
    if UCIValues.bool(section.value("disabled")) == true { return false }
    switch section.type {
    case "rule6": return true
    case "rule": return section.package == "network" || section.has("lookup") || section.has("goto")
    case "interface":
      return ["ip4table", "ip6table", "vrf"].contains { section.has($0) }
        || ["openvpn", "tinc", "zerotier", "batadv", "tailscale"].contains {
          section.value("proto")?.hasPrefix($0) ?? false
        }
    case let type where type.hasPrefix("wireguard_"):
      return UCIValues.bool(section.value("route_allowed_ips")) == true
    default: return false
    }
  }

  /// The network of that name; one that only the firewall names stands for itself.
  mutating func network(_ name: String, _ range: SourceRange) -> UCINetwork {
    if let known = all[name] { return known }
    let made = UCINetwork(name: name, device: name, source: range)
    all[name] = made
    order.append(name)
    return made
  }

  private mutating func add(_ section: UCISection) {
    guard let name = section.name else { return }
    var network = UCINetwork(name: name, device: device(of: section, name), isDefined: true, source: section.range)
    network.proto = section.value("proto") ?? (section.has("ipaddr") ? "static" : "")
    network.isDisabled =
      UCIValues.bool(section.value("disabled")) == true || UCIValues.bool(section.value("enabled")) == false
    let mask = section.value("netmask").flatMap { IPAddress($0) }
    for text in section.values("ipaddr") {
      if text.contains("/"), let prefix = IPPrefix(text), let address = IPAddress(text.prefix { $0 != "/" }) {
        network.addresses.append(InterfaceAddress(address: address, network: prefix))
      } else if let address = IPAddress(text), let length = mask?.v4.prefixLength,
        let prefix = IPPrefix(address, length: length)
      {
        network.addresses.append(InterfaceAddress(address: address, network: prefix))
      }
    }
    for text in section.values("ip6addr") {
      guard let prefix = IPPrefix(text), let address = IPAddress(text.prefix { $0 != "/" }) else { continue }
      network.addresses.append(InterfaceAddress(address: address, network: prefix))
    }
    if all.updateValue(network, forKey: name) == nil { order.append(name) }
  }

  /// Bridges of older releases are named `br-NAME`; point-to-point protocols make a device of their own.
  private func device(of section: UCISection, _ name: String) -> String {
    let proto = section.value("proto") ?? ""
    if ["pppoe", "pppoa", "pptp", "l2tp", "3g", "ppp"].contains(proto) { return "\(proto)-\(name)" }
    if ["wireguard", "openvpn"].contains(proto) { return name }
    if section.value("type") == "bridge" { return "br-\(name)" }
    return section.values("device").first ?? section.values("ifname").first ?? name
  }

  /// `@lan` stands for the device of network `lan`.
  private mutating func resolveAliases() {
    for name in order {
      var seen: Set<String> = [name]
      while let network = all[name], network.device.hasPrefix("@") {
        let target = String(network.device.dropFirst())
        guard seen.insert(target).inserted, let other = all[target] else {
          all[name]?.device = name
          break
        }
        all[name]?.device = other.device
      }
    }
  }

  private mutating func addRoute(_ section: UCISection) {
    guard UCIValues.bool(section.value("disabled")) != true else { return }
    if let table = section.value("table"), !["main", "254"].contains(table) {
      // Only rules of policy routing lead there.
      hasOtherRoutes = true
      return
    }
    guard let target = section.value("target") else {
      hasOtherRoutes = true
      return
    }
    let isV6 = section.type == "route6"
    var prefix = IPPrefix(target)
    if !target.contains("/"), let address = IPAddress(target) {
      let length = section.value("netmask").flatMap { IPAddress($0)?.v4.prefixLength }
      prefix = IPPrefix(address, length: length ?? address.family.bits)
    }
    guard let prefix, (prefix.base.family == .v6) == isV6 else {
      hasOtherRoutes = true
      return
    }
    let isDropped = ["blackhole", "unreachable", "prohibit"].contains(section.value("type") ?? "")
    let gateway = section.value("gateway").flatMap { IPAddress($0) }
    // Without an interface the kernel takes the one whose network holds the gateway.
    let interface =
      section.value("interface").map { all[$0]?.device ?? $0 }
      ?? gateway.flatMap { gateway in
        list.first { $0.addresses.contains { AddressSet($0.network).contains(gateway) } }?.device
      }
    guard isDropped || interface != nil else {
      hasOtherRoutes = true
      return
    }
    routes.append(
      Route(
        network: prefix, interface: isDropped ? nil : interface, gateway: gateway,
        distance: section.value("metric").flatMap { Int($0) } ?? 0, source: section.range))
  }
}
