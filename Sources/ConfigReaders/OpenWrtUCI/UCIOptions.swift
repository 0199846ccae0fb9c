/// Options of firewall sections (OpenWrt user guide, "Firewall configuration"; fw4.uc, the functions `parse_…`).
struct UCIOptions {
  /// Those that the reader looks at.
  var read: Set<String>
  /// Those that are known not to touch filtering.
  var ignored: Set<String> = []

  static let known: [String: UCIOptions] = [
    "defaults": UCIOptions(
      read: [
        "input", "output", "forward", "drop_invalid", "drop_invalid_early", "disable_ipv6", "syn_flood",
        "synflood_protect",
      ],
      ignored: [
        "synflood_rate", "synflood_burst", "tcp_syncookies", "tcp_ecn", "tcp_window_scaling", "accept_redirects",
        "accept_source_route", "auto_helper", "custom_chains", "flow_offloading", "flow_offloading_hw",
        "flow_offloading_related", "tcp_reject_code", "any_reject_code", "auto_includes", "name",
      ]),
    "zone": UCIOptions(
      read: [
        "enabled", "name", "family", "network", "device", "subnet", "input", "output", "forward", "masq", "masq6",
        "masq_allow_invalid", "masq_src", "masq_dest", "log", "extra", "extra_src", "extra_dest",
      ], ignored: ["mtu_fix", "custom_chains", "log_limit", "auto_helper", "helper", "counter", "conntrack"]),
    "forwarding": UCIOptions(read: ["enabled", "name", "family", "src", "dest"]),
    "rule": UCIOptions(
      read: ruleOptions.union(["dest", "device", "direction", "set_helper", "icmp_type", "dscp", "priority"]),
      ignored: matchIgnored.union(["set_mark", "set_xmark", "set_dscp"])),
    "redirect": UCIOptions(
      read: ruleOptions.union([
        "dest", "src_dip", "src_dport", "reflection", "reflection_src", "reflection_zone", "priority",
      ]), ignored: matchIgnored),
    "nat": UCIOptions(
      read: ruleOptions.union(["device", "snat_ip", "snat_port", "priority"]),
      ignored: matchIgnored.union(["connlimit_ports"])),
    "ipset": UCIOptions(
      read: ["enabled", "name", "family", "match", "entry", "loadfile", "timeout", "external", "storage"],
      ignored: [
        "reload_set", "counters", "comment", "maxelem", "hashsize", "netmask", "iprange", "portrange",
      ]),
    "include": UCIOptions(
      read: ["enabled", "path", "type", "position", "chain"], ignored: ["family", "reload", "fw4_compatible"]),
    "helper": UCIOptions(read: [], ignored: ["name", "description", "module", "family", "proto", "port"]),
  ]

  private static let ruleOptions: Set<String> = [
    "enabled", "name", "family", "src", "ipset", "helper", "proto", "src_ip", "src_mac", "src_port", "dest_ip",
    "dest_port", "extra", "limit", "start_date", "stop_date", "start_time", "stop_time", "weekdays", "monthdays",
    "mark", "log", "target",
  ]
  private static let matchIgnored: Set<String> = ["_name", "limit_burst", "utc_time", "counter", "log_limit"]

  /// Sections of other packages that may stand in the same file; only interfaces and routes are looked at.
  static let otherTypes: Set<String> = [
    "interface", "device", "route", "route6", "rule6", "globals", "switch", "switch_vlan", "switch_port",
    "bridge-vlan", "alias", "system", "timeserver", "led", "button", "network", "wifi-device", "wifi-iface", "dnsmasq",
    "dhcp", "odhcpd", "host", "domain",
  ]
}
