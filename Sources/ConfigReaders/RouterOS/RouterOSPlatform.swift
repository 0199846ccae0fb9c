import RuleModel
import SourceText

extension Platform {
  /// MikroTik RouterOS: what `/export` prints.
  static let mikrotikRouterOS = Platform(
    id: "mikrotik-routeros", title: "MikroTik RouterOS export", support: .exports,
    documentation: [
      "MikroTik documentation: Firewall (Filter, NAT, RAW, Mangle, Address-lists, Common Firewall Matchers and Actions)",
      "MikroTik documentation: Packet Flow in RouterOS, Bridging and Switching, L3 Hardware Offloading, Services, Scripting",
    ],
    modelled: [
      "filter, raw and nat of IPv4 and IPv6: chains with jump and return, default accept, order of add",
      "addresses, address lists, interfaces and interface lists, ports, protocols, ICMP, TCP flags, connection states",
      "bridges and their ports, VLANs, addresses, static routes",
      "masquerade, src-nat, dst-nat, redirect, netmap, same",
      "services, SNMP, MAC access, RoMON",
    ],
    bounded: [
      "address lists that rules fill, host names", "layer 7, content, limits, time, marks and every other matcher",
      "fasttracked connections", "connection-nat-state and ipsec-policy where NAT or IPsec is configured",
      "bridged packets with use-ip-firewall, VLAN filtering or bridge filters", "routing in the switch chip",
    ],
    ignored: [
      "users, certificates, queues, DHCP and DNS servers, wireless, logging",
      "mangle, which only marks and changes packets",
      "the output chains, which filter the router's own packets only",
    ],
    detect: detectRouterOS, read: { readRouterOS($0) })
}

/// First words of the menus that exports hold.
private let menus: Set<String> = [
  "ip", "ipv6", "interface", "system", "routing", "tool", "user", "queue", "ppp", "port", "snmp", "radius", "caps-man",
  "mpls",
  "certificate", "disk", "iot", "container",
]

/// A header `by RouterOS`, or a menu with a command in it or under it.
@Sendable private func detectRouterOS(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  var menuLine: Int?
  for line in 1...min(file.lines.count, 2000) {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    guard let first = bounds.first, bounds.count < 20_000 else { continue }
    switch bytes[first] {
    case ASCII.hash:
      let text = file.text(first..<min(bounds.upperBound, first + 100))
      if text.contains(" by RouterOS ") { return "line \(line) says `by RouterOS`" }
    case UInt8(ascii: "/"):
      let head = file.text(first..<min(bounds.upperBound, first + 100))
      let words = head.split { $0 == "/" || $0 == " " }.map(String.init)
      guard let menu = words.first, menus.contains(menu), words.count > 1 || bounds.count < 20 else { return nil }
      if words.contains(where: { ["add", "set"].contains($0) }) { return "line \(line) is a command of RouterOS" }
      menuLine = line
    default:
      if let menuLine, begins(bytes, bounds, with: "add ") || begins(bytes, bounds, with: "set ") {
        return "line \(menuLine) names a menu of RouterOS, with commands under it"
      }
      // Another configuration may hold such a path in passing.
      if menuLine == nil, line > 400 { return nil }
    }
  }
  return nil
}
