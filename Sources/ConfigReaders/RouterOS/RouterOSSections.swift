import PacketSets
import RuleModel
import SourceText

/// Menus beside those of the firewall's rules.
extension RouterOSReader {
  /// Menus that do not touch which packets pass; everything below them neither.
  private static let irrelevant: [String] = [
    "disk", "port", "system", "user", "queue", "certificate", "snmp community", "ip dns", "ip dhcp-server", "ip pool",
    "ip neighbor", "ip cloud", "ip firewall service-port", "ip firewall layer7-protocol", "ip firewall calea",
    "ip traffic-flow", "ip arp", "ip smb", "ip tftp", "ip nat-pmp interfaces", "ip upnp interfaces", "ip kid-control",
    "ip media", "ip dhcp-relay", "ip hotspot profile", "ip hotspot user", "ip ipsec profile", "ip ipsec proposal",
    "ip ipsec mode-config", "ip ipsec settings", "ip proxy access", "ip proxy cache", "ip proxy direct", "ip ssh",
    "ip accounting",
    "ipv6 nd", "ipv6 pool", "ipv6 dhcp-server", "ipv6 dhcp-relay", "ipv6 neighbor", "interface list", "ppp", "radius",
    "caps-man",
    "interface wireless", "interface wifi", "interface wifiwave2", "interface lte apn", "tool", "mpls", "iot", "file",
    "container", "console", "log", "routing id", "routing table", "routing settings", "lora", "dude", "user-manager",
    "app", "zerotier",
    "special-login", "partitions", "interface detect-internet", "interface ethernet poe",
    "interface ethernet cable-settings",
    "interface bridge msti", "interface bridge mst-override", "interface bridge vlan", "interface bridge host",
    "interface bridge mdb", "interface bridge calea", "interface bridge port-controller", "interface wireguard peers",
    "interface ovpn-server", "interface sstp-server", "interface l2tp-server", "interface pptp-server",
    "interface pppoe-server", "interface ethernet switch vlan", "interface ethernet switch host",
    "interface ethernet switch qos", "interface ethernet switch port-isolation", "interface dot1x", "interface w60g",
    "ip vrf", "ip service", "ip address", "ip route", "ip settings", "ip dhcp-client", "ip upnp", "ip ipsec", "snmp",
  ]

  mutating func dispatch(_ statement: RouterOSStatement) {
    let path = statement.path
    if path.hasPrefix("ipv6 ") { hasIPv6Section = true }
    if statement.verb.isEmpty { return use(statement) }
    switch path {
    case "ip firewall address-list": readAddressList(statement, .v4)
    case "ipv6 firewall address-list": readAddressList(statement, .v6)
    case "ip address", "ipv6 address": readAddress(statement)
    case "ip route", "ipv6 route":
      use(statement)
      if statement.verb == "add" { routes.append(statement) }
    case "ip dhcp-client", "ipv6 dhcp-client": readClient(statement)
    case "ip service", "snmp", "tool mac-server", "tool mac-server mac-winbox", "tool romon": readService(statement)
    case "ip settings", "ipv6 settings": readSettings(statement)
    case "ip firewall connection tracking": readTracking(statement)
    case "ip ipsec policy", "ip ipsec peer", "ip ipsec identity":
      use(statement)
      if statement.verb == "add", !statement.isDisabled { usesIPsec = usesIPsec ?? statement.range }
    case "ip upnp", "ip nat-pmp": readPortMapper(statement)
    case "ip proxy", "ip socks", "ip hotspot", "ip vrf", "routing rule", "ip route rule", "ip route vrf":
      readActive(statement)
    case "system identity":
      use(statement)
      if let name = statement["name"], !name.isEmpty { device.name = printable(name) }
    case let path where path.hasSuffix("-server server"): readTunnelServer(statement)
    case "interface", "interface bridge", "interface bridge port", "interface bridge settings",
      "interface bridge filter",
      "interface bridge nat", "interface ethernet", "interface list", "interface list member", "interface vlan",
      "interface ethernet switch", "interface ethernet switch port":
      readInterface(statement)
    default: readOther(statement)
    }
  }

  private mutating func readOther(_ statement: RouterOSStatement) {
    let path = statement.path
    if let what = Self.dynamicRouting.first(where: { path == $0 || path.hasPrefix($0 + " ") }) {
      use(statement)
      if statement.verb == "add", !statement.isDisabled {
        if !Self.besideRoutes.contains(what) { device.hasOtherRoutes = true }
        gap(statement, .notModelled, "routes that `\(what)` learns are not in the file")
      }
      return
    }
    noteOtherRoutes(statement)
    if Self.irrelevant.contains(where: { path == $0 || path.hasPrefix($0 + " ") }) {
      // Names of wireless interfaces are used in rules all the same.
      if path.hasPrefix("interface "), !path.dropFirst("interface ".count).contains(" ") {
        return readInterface(statement)
      }
      return ignore(statement)
    }
    if path.hasPrefix("interface ") {
      noteTunnelIPsec(statement)
      return readInterface(statement)
    }
    gap(
      statement, .notRecognised, "the menu `/\(printable(path))` is not known; whether it changes what passes is open")
  }

  private static let dynamicRouting = [
    "routing ospf", "routing bgp", "routing rip", "routing isis", "routing ospf-v3", "routing mme", "routing filter",
    "routing bfd", "routing pimsm", "routing igmp-proxy", "routing gmp", "routing fantasy", "routing rpki",
  ]

  /// Of these, menus that learn no routes for packets to one host.
  private static let besideRoutes: Set<String> = [
    "routing filter", "routing bfd", "routing pimsm", "routing igmp-proxy", "routing gmp", "routing rpki",
  ]

  /// What brings routes besides routing protocols: users with networks behind them (RouterOS documentation, PPP AAA,
  /// "routes"), OpenVPN servers that push routes ("route-nopull"), meshes.
  private mutating func noteOtherRoutes(_ statement: RouterOSStatement) {
    guard statement.verb == "add", !statement.isDisabled else { return }
    let brings =
      switch statement.path {
      case "ppp secret": statement["routes"].map { !$0.isEmpty } ?? false
      case "interface ovpn-client": statement["route-nopull"] != "yes"
      case let path:
        path.hasPrefix("zerotier") || path.hasPrefix("routing ") && !["routing table", "routing id"].contains(path)
      }
    if brings { device.hasOtherRoutes = true }
  }

  private mutating func noteTunnelIPsec(_ statement: RouterOSStatement) {
    let words = [statement["use-ipsec"], statement["ipsec-secret"]].compactMap { $0 }
    if words.contains(where: { $0 != "no" && !$0.isEmpty }) { usesIPsec = usesIPsec ?? statement.range }
  }

  /// Clients of these servers get an interface each.
  private mutating func readTunnelServer(_ statement: RouterOSStatement) {
    use(statement)
    noteTunnelIPsec(statement)
    let isOn = statement["enabled"] == "yes" || (statement.verb == "add" && !statement.isDisabled)
    if isOn { services.pointToPoint = services.pointToPoint ?? statement.range }
  }

  private mutating func readAddress(_ statement: RouterOSStatement) {
    use(statement)
    guard statement.verb == "add", !statement.isDisabled else { return }
    guard let name = statement["interface"] else {
      return gap(statement, .notRecognised, "an address without an interface; it is left out")
    }
    guard let text = statement["address"], let address = IPAddress(text.prefix { $0 != "/" }),
      let network = IPPrefix(text.contains("/") ? text : "\(text)/\(address.family.bits)")
    else {
      interfaces.dynamic.insert(name)
      interfaces.ensure(name, statement.range)
      if statement["from-pool"] == nil {
        gap(statement, .notRecognised, "the address is not understood; the interface has none")
      }
      return
    }
    if statement["from-pool"] != nil { interfaces.dynamic.insert(name) }
    interfaces.change(name, statement.range) {
      $0.addresses.append(InterfaceAddress(address: address, network: network))
    }
  }

  private mutating func readClient(_ statement: RouterOSStatement) {
    use(statement)
    guard statement.verb == "add", !statement.isDisabled, let name = statement["interface"] else { return }
    interfaces.ensure(name, statement.range)
    interfaces.dynamic.insert(name)
    if statement["add-default-route"] != "no", statement.path == "ip dhcp-client" {
      learnedRoutes[name] = statement.range
    }
  }

  /// `ip-forward=no` and `forward=no` make a host of the router.
  private mutating func readSettings(_ statement: RouterOSStatement) {
    use(statement)
    if statement["ip-forward"] == "no" { unforwarded[.v4] = statement.range }
    if statement["forward"] == "no" || statement["disable-ipv6"] == "yes" { unforwarded[.v6] = statement.range }
  }

  private mutating func readTracking(_ statement: RouterOSStatement) {
    use(statement)
    if statement["enabled"] == "no" {
      trackingOff = statement.range
      gap(
        statement, .notModelled,
        "without connection tracking no rule about states and no NAT works; states in rules are taken as open")
    }
  }

  private mutating func readPortMapper(_ statement: RouterOSStatement) {
    use(statement)
    guard statement["enabled"] == "yes" else { return }
    portMapper = statement.range
    gap(statement, .notModelled, "hosts may add port forwards by themselves; these are not in the file")
  }

  /// What matters only when it is switched on or holds entries.
  private mutating func readActive(_ statement: RouterOSStatement) {
    use(statement)
    let isOn =
      statement.verb == "add" ? !statement.isDisabled : statement["enabled"] == "yes"
    guard isOn else { return }
    let reason =
      switch statement.path {
      case "ip proxy", "ip socks": "a proxy of the router carries connections past the rules"
      case "ip hotspot": "a hotspot adds rules by itself"
      default: "packets that take another routing table are not followed"
      }
    if !["ip proxy", "ip socks", "ip hotspot"].contains(statement.path) { device.hasOtherRoutes = true }
    gap(statement, .notModelled, reason)
  }
}
