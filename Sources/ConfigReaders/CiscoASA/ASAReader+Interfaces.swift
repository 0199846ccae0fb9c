import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  mutating func beginInterface() {
    mark(.used)
    var hardware = words.takeText() ?? ""
    // `interface GigabitEthernet 0/1` is written with a blank in scripts.
    if let number = words.takeText() { hardware += number }
    if let known = config.interfaces.firstIndex(where: { $0.hardware == hardware }) {
      block = .interface(known)
      return
    }
    var interface = ASAInterface(hardware: hardware, source: here)
    if let dot = hardware.lastIndex(of: ".") { interface.vlan = Int(hardware[hardware.index(after: dot)...]) }
    if hardware.hasPrefix("Vlan") { interface.vlan = Int(hardware.dropFirst(4)) }
    if hardware.hasPrefix("Tunnel") { config.tunnels.append(here) }
    block = .interface(config.interfaces.count)
    config.interfaces.append(interface)
  }

  mutating func interfaceStatement(_ index: Int) {
    mark(.used)
    let first = words.takeText() ?? ""
    switch first {
    case "nameif": config.interfaces[index].nameif = words.takeText()
    case "security-level": config.interfaces[index].level = words.takeNumber()
    case "shutdown": config.interfaces[index].isShutdown = true
    case "management-only": config.interfaces[index].isManagementOnly = true
    case "description": config.interfaces[index].description = words.rest
    case "vlan": config.interfaces[index].vlan = words.takeNumber() ?? config.interfaces[index].vlan
    case "bridge-group": config.interfaces[index].bridgeGroup = words.takeNumber()
    case "ip": interfaceIPv4(index)
    case "ipv6": interfaceIPv6(index)
    case "no": interfaceNegated(index)
    // The global table has the name `default` (Secure Firewall Threat Defense CLI, "show vrf").
    case "vrf" where words.rest == "forwarding default": mark(.used)
    case "zone-member", "policy-route", "inline-set", "inline-tap", "traffic-forward", "vrf":
      config.hasOtherRoutes = true
      gap(changes: true, "`\(first)` changes where packets go and is not modelled")
    case "mode" where words.takes("passive"):
      gap(changes: true, "a passive interface only watches; it is taken as a forwarding one")
    case _ where settingsBesideFiltering.contains(first):
      config.otherLines.append(line)
      mark(.irrelevant)
    default: unrecognised("setting of interface `\(config.interfaces[index].hardware)`")
    }
  }

  private mutating func interfaceNegated(_ index: Int) {
    if words.takes("shutdown") {
      config.interfaces[index].isShutdown = false
    } else if words.takes("forward") {
      // ASA 5505 base licence: this VLAN may not open sessions to the one named.
      gap(changes: true, "`no forward interface` blocks sessions from here to another VLAN, which is not modelled")
    }
  }

  private mutating func interfaceIPv4(_ index: Int) {
    guard words.takes("address") else { return mark(.irrelevant) }
    if words.isNext("dhcp") || words.isNext("pppoe") {
      config.interfaces[index].hasDynamicAddress = true
      config.interfaces[index].learnsDefaultRoute = words.ranges.contains { words.text($0) == "setroute" }
      return
    }
    guard let word = words.take(), let address = literalAddress(word), address.family == .v4,
      let mask = words.take().flatMap({ words.quad($0) }), let length = mask.prefixLength,
      let network = IPPrefix(address, length: length)
    else { return unrecognised("interface address") }
    config.interfaces[index].addresses.append(InterfaceAddress(address: address, network: network))
  }

  private mutating func interfaceIPv6(_ index: Int) {
    guard words.takes("address") else { return mark(.irrelevant) }
    if words.isNext("autoconfig") || words.isNext("dhcp") {
      config.interfaces[index].hasDynamicAddress = true
      return
    }
    let text = words.takeText() ?? ""
    let parts = text.split(separator: "/")
    if parts.count == 2, let network = IPPrefix(text), let address = IPAddress(parts[0]) {
      config.interfaces[index].addresses.append(InterfaceAddress(address: address, network: network))
    } else if !words.isNext("link-local"), !text.lowercased().hasPrefix("fe80") {
      unrecognised("interface address")
    }
  }
}

/// Interface settings about speed, redundancy, timers, addresses by DHCP and routing protocols: none decides what passes
/// (Cisco Secure Firewall ASA Series Command Reference, interface configuration commands).
private let settingsBesideFiltering: Set<String> = [
  "allow-ssc-mgmt", "arp", "authentication", "auto-state", "bandwidth", "bfd", "carrier-delay", "channel-group", "cts",
  "ddns", "delay", "dhcp", "dhcpd", "dhcprelay", "duplex", "eigrp", "failover", "fec", "flowcontrol", "hardware-bypass",
  "hello-interval", "hold-time", "igmp", "isis", "keepalive", "lacp", "lldp", "load-interval", "mac-address",
  "mcast-group",
  "media-type", "member-interface", "mfib", "mode", "mtu", "multicast", "negotiate", "nve-only", "ospf", "pim",
  "policy", "poll",
  "port-channel", "power", "pppoe", "propagate", "rip", "segment-id", "sfp-detect", "speed", "split-horizon", "standby",
  "summary-address", "switchport", "tunnel", "vtep-nve",
]
