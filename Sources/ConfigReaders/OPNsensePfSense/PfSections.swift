import RuleModel
import SourceText

/// Sections that are not read for rules: which of them do not touch filtering, and which would matter.
extension PfReader {
  /// Top-level sections that are marked where they are read.
  private static let read: Set<String> = [
    "interfaces", "aliases", "filter", "nat", "virtualip", "ifgroups", "vlans", "laggs", "qinqs", "gifs", "gres",
    "wireless", "ppps", "bridges", "gateways", "staticroutes", "OPNsense", "system",
  ]

  /// Known not to touch which packets pass.
  private static let irrelevant: Set<String> = [
    "version", "lastchange", "theme", "revision", "lang", "trigger_initial_wizard", "wizard", "widgets", "rrd", "ntpd",
    "syslog", "dhcpd", "dhcpdv6", "dhcp6c", "dhcpbackend", "kea", "dhcrelay", "dhcrelay6", "dnsmasq", "unbound",
    "dnsupdates", "dyndnses", "snmpd", "diag", "cert", "ca", "crl", "ovpnserver", "openvpn", "ipsec", "l2tp", "pppoes",
    "pptpd", "cron", "wol", "hasync", "sshdata", "notifications", "voucher", "shaper", "dnshaper", "ezshaper",
    "schedules", "wizardtemp", "apinger", "radvd", "opendns", "hostwatch", "Hostwatch", "igmpproxy", "vpnid",
    "syncprefs", "acb",
    "cron_jobs", "gold", "aliastables", "dnsallowoverride", "created", "ntp", "timeservers",
  ]

  /// Models of OPNsense and its plugins that do not touch which packets pass.
  private static let irrelevantModels: Set<String> = [
    "captiveportal", "cron", "DHCRelay", "Netflow", "IPsec", "Swanctl", "Interfaces", "Kea", "monit", "OpenVPNExport",
    "OpenVPN", "Syslog", "TrafficShaper", "unboundplus", "wireguard", "trust", "Auth", "auth", "Backup", "backup",
    "core",
    "Firmware", "Dashboard", "netsnmp", "AcmeClient", "ntopng", "telegraf", "ZabbixAgent", "zabbixagent", "Zabbixproxy",
    "NodeExporter", "collectd", "freeradius", "mdnsrepeater", "MDNSRepeater", "smart", "vnstat", "wol", "dmidecode",
    "clamav", "cicap", "redis", "lldpd", "chrony", "iperf", "apcupsd", "Nut", "nut", "qemuguestagent", "DynDNS",
    "rfc2136",
    "bind", "dnscryptproxy", "maltrail", "etpro", "muninnode", "nrpe", "netdata", "rspamd", "postfix", "Gateways",
    "git", "sftpbackup", "Nextcloud", "initial_setup", "InitialSetup", "proxyuseracl", "ProxyUserACL", "proxysso",
    "ProxySSO",
    "Routing", "Hostdiscovery", "hostdiscovery", "radsecproxy", "UPSMonitor", "Gateway", "hwprobe", "puppetagent",
    "SFTP",
    "dechw", "firmware", "telemetry", "BootEnvironments", "QemuGuestAgent", "NTOPng", "UdpBroadcastRelay", "IGMPProxy",
    "Monit", "ndproxy", "ndpproxy", "Ndproxy", "hasync", "Trafficshaper", "Wol", "diagnostics",
  ]

  /// Programs on the firewall that carry connections past the rules, and what else a switched-on section does.
  private static let carriers: [String: String] = [
    "proxy": "a web proxy on the firewall", "squid": "a web proxy on the firewall",
    "HAProxy": "a reverse proxy on the firewall",
    "Nginx": "a reverse proxy on the firewall", "Caddy": "a reverse proxy on the firewall",
    "relayd": "a load balancer on the firewall", "FtpProxy": "an FTP proxy on the firewall",
    "siproxd": "a SIP proxy on the firewall", "stunnel": "a TLS tunnel on the firewall",
    "tor": "a Tor relay on the firewall", "tinc": "a VPN on the firewall", "ZeroTier": "a VPN on the firewall",
    "zerotier": "a VPN on the firewall", "tailscale": "a VPN on the firewall", "shadowsocks": "a proxy on the firewall",
    "quagga": "dynamic routing", "Quagga": "dynamic routing", "crowdsec": "a program that bans senders",
  ]

  /// Beginnings of the names of programs that learn routes: FRR, Quagga, OpenBGPD, RIP, OLSR, BIRD, meshes.
  private static let routers = [
    "frr", "quagga", "openbgp", "routed", "olsr", "bird", "tinc", "zerotier", "tailscale",
  ]

  mutating func accountForRest() {
    for element in root.elements where !Self.read.contains(element.name) {
      switch element.name {
      case "sysctl": accountForTunables(element)
      case "installedpackages": accountForPackages(element)
      case "captiveportal", "load_balancer", "proxyarp", "ethernet", "nat64", "upnp", "miniupnpd":
        accountForActive(element, "`<\(printable(element.name))>` changes what passes and is not modelled")
      case let name where Self.irrelevant.contains(name): notes.mark(element.range, .irrelevant)
      default: unknownSection(element)
      }
    }
    accountForSystem()
    accountForModels()
  }

  private mutating func unknownSection(_ element: XMLElement) {
    if element.isVoid { return notes.mark(element.range, .irrelevant) }
    notes.gap(
      element.range, .notRecognised, matters: true,
      "the section `<\(printable(element.name))>` is not known; whether it changes what passes is open")
  }

  /// Something that matters only when it is switched on or holds entries.
  private mutating func accountForActive(_ element: XMLElement, _ reason: String) {
    guard isActive(element, depth: 0) else { return notes.mark(element.range, .irrelevant) }
    if Self.routers.contains(where: { element.name.lowercased().hasPrefix($0) }) { device.hasOtherRoutes = true }
    notes.gap(element.range, .notModelled, matters: true, reason)
  }

  /// Whether something inside is switched on: `<enable/>` of pfSense, `<enabled>1</enabled>` of OPNsense; a section without
  /// such a switch counts when it holds entries.
  private func isActive(_ element: XMLElement, depth: Int) -> Bool {
    if let flag = element.element(named: "enable") { return flag.text != "0" && flag.text != "off" }
    if let flag = element.element(named: "enabled") { return flag.text != "0" && !flag.text.isEmpty }
    let inner = element.elements
    if depth < 3, inner.contains(where: { !$0.elements.isEmpty }) {
      return inner.contains { isActive($0, depth: depth + 1) }
    }
    return depth == 0 ? !inner.isEmpty && inner.contains { !$0.isVoid } : false
  }

  /// Kernel settings; those that decide where bridged packets are checked would change the model.
  private mutating func accountForTunables(_ section: XMLElement) {
    notes.mark(section.range, .irrelevant)
    let defaults = ["net.link.bridge.pfil_member": "1", "net.link.bridge.pfil_bridge": "0"]
    for item in section.elements {
      guard let name = item.value("tunable"), let normal = defaults[name], let value = item.value("value"),
        value != "default", value != normal
      else { continue }
      notes.gap(
        item.range, .notModelled, matters: true, "`\(name)` changes which rules bridged packets meet")
    }
  }

  private mutating func accountForPackages(_ section: XMLElement) {
    markTags(section)
    let harmless: Set<String> = [
      "package", "menu", "service", "tab", "ntopng", "avahi", "nrpe2", "zabbixagent", "lldpd",
    ]
    for element in section.elements {
      if harmless.contains(element.name) || element.isVoid {
        notes.mark(element.range, .irrelevant)
      } else {
        accountForActive(
          element, "the settings of the package `\(printable(element.name))` are not modelled")
      }
    }
  }

  /// `<system>`: what is read of it is read where it matters; some switches change how rules work.
  private mutating func accountForSystem() {
    guard let system = root.element(named: "system") else { return }
    notes.mark(system.range, .irrelevant)
    for name in ["hostname", "webgui", "ssh", "ipv6allow", "disablefilter", "disablenatreflection"] {
      use(system.element(named: name))
    }
    for name in ["state-policy", "ipv6nat"] {
      guard let element = system.element(named: name), !element.isVoid else { continue }
      notes.mark(element.range, .irrelevant)
    }
    if let element = system.element(named: "scrub_rnid") { notes.mark(element.range, .irrelevant) }
  }

  private mutating func accountForModels() {
    guard let models else { return }
    markTags(models)
    for element in models.elements {
      switch element.name {
      case "Firewall": accountForFirewallModel(element)
      case "IDS": notes.mark(element.range, .irrelevant)
      case let name where Self.irrelevantModels.contains(name): notes.mark(element.range, .irrelevant)
      case let name where Self.carriers[name] != nil:
        accountForActive(
          element, "\(Self.carriers[name] ?? "a program") is switched on; what it carries or learns is not in the rules"
        )
      default: unknownSection(element)
      }
    }
  }

  private mutating func accountForFirewallModel(_ section: XMLElement) {
    markTags(section)
    for element in section.elements {
      switch element.name {
      case "Alias": break
      case "Filter":
        markTags(element)
        for part in element.elements where !["rules", "snatrules", "npt", "onetoone"].contains(part.name) {
          unknownSection(part)
        }
      case "Lvtemplate", "Lvtemplates", "Category": notes.mark(element.range, .irrelevant)
      default: unknownSection(element)
      }
    }
  }
}
