import PacketSets

/// Statements that are known not to touch what passes between interfaces (Cisco IOS Master Command List, by first word).
enum IOSStatements {
  /// At the left margin.
  static let topLevel: Set<String> = [
    "aaa", "access-session", "adjacency", "alarm", "alarm-profile", "alias", "app-hosting", "aqm-register-fnf",
    "archive", "arp", "authentication",
    "auto", "autonomic", "bba-group", "bfd", "bfd-template", "boot", "boot-end-marker", "boot-start-marker",
    "bridge-domain", "buffers", "call", "cellular", "call-home", "card", "cdp", "cef", "chat-script", "cip", "cisp",
    "clns",
    "clock",
    "cns", "config-register", "configuration", "controller", "cts", "cwmp", "default-value", "device-sensor",
    "device-tracking", "dial-peer", "dialer", "dialer-list", "diagnostic", "dot11", "dot1x", "dspfarm", "dying-gasp",
    "eap", "eem", "energywise",
    "enable", "end", "endpoint-tracker", "environment", "epm", "errdisable", "ethernet", "event", "exception", "exit",
    "exit-address-family", "fabric", "facility-alarm", "fallback", "fhrp", "file", "flow", "frame-relay",
    "ftp-server", "gnss", "gnxi", "guest-shell", "hsr-ring", "hw-module", "hw-switch", "identity", "ignore", "iox",
    "isdn",
    "key", "kron",
    "l2", "l2tp-class", "l2vpn", "lacp", "ldap", "license", "link", "lldp", "location", "logging", "login", "mab",
    "mac",
    "macro", "map-class", "map-list", "media", "memory", "memory-size", "menu", "metadata", "mls", "mmi", "mode",
    "module",
    "monitor", "mpls", "mrp", "multilink", "mvrp", "netconf", "netconf-yang", "network-clock",
    "network-clock-participate", "network-clock-select", "network-policy", "nmsp", "ntp", "onep", "pagp",
    "parameter-map", "parser", "password", "performance", "platform", "pnp", "policy-list", "port-channel", "power",
    "ppp", "priority-list", "privilege", "process", "profinet", "prompt", "prp-channel", "pseudowire-class", "ptp",
    "qos", "queue-list", "quit", "radius", "radius-server", "redundancy", "remote-management", "rep", "resource",
    "restconf", "rmon", "rtr", "sampler", "sccp", "scheduler", "scripting", "sdm", "security", "service",
    "service-list", "service-routing", "service-template", "setup", "shell", "signaling", "snmp", "software",
    "spanning-tree", "spd", "stack", "stack-mac", "stack-power", "standby", "stcapp", "subscriber", "switch", "system",
    "table-map", "tacacs", "tacacs-server", "tag-switching", "telemetry", "telnet", "terminal", "tftp-server",
    "time-range", "track", "transceiver", "transport", "trunk", "udld", "undebug", "upgrade", "usb", "username",
    "version",
    "virtual-service", "voice", "voice-card", "voice-port", "vpdn", "vpdn-group", "vstack", "vtp", "wireless", "wlan",
    "wsma", "x25", "x29", "xdr", "xconnect",
  ]

  /// Behind `ip` at the left margin.
  static let ip: Set<String> = [
    "accounting", "accounting-list", "accounting-threshold", "accounting-transits", "alias", "arp", "as-path",
    "bgp-community", "bootp", "cef", "classless", "community-list", "ddns", "default-gateway", "device", "dhcp",
    "dhcp-client", "dhcp-server", "dns", "domain", "domain-list", "domain-lookup", "domain-name", "dvmrp",
    "explicit-path", "extcommunity-list", "finger", "flow", "flow-cache", "flow-export", "flow-top-talkers",
    "forward-protocol", "ftp", "gratuitous-arps", "host", "host-routing", "icmp", "igmp", "irdp", "local", "mfib",
    "mobile", "mrm", "mroute", "msdp", "multicast", "multicast-routing", "name-server", "nbar", "nhrp", "options",
    "ospf", "pgm", "pim", "policy-list", "prefix-list", "radius", "rarp-server", "rcmd", "reflexive-list", "routing",
    "rsvp", "sap", "scp", "sdee", "security", "sla", "snmp", "source", "source-route", "spd", "ssh", "sticky-arp",
    "subnet-zero", "tacacs", "tcp", "telnet", "tftp", "traffic-export", "traffic-export", "udp", "urlfilter",
    "virtual-reassembly",
  ]

  /// Behind `ipv6` at the left margin.
  static let ipv6: Set<String> = [
    "address-validate", "cef", "destination-guard", "dhcp", "eigrp", "flowset", "general-prefix", "hop-limit", "host",
    "icmp", "local", "mfib", "mld", "mobile", "multicast", "multicast-routing", "nd", "neighbor", "ospf", "pim",
    "prefix-list", "radius", "rip", "snooping", "source-guard", "source-route", "spd", "tacacs", "unicast-routing",
  ]

  /// Inside `interface`.
  static let interface: Set<String> = [
    "access-session", "alarm", "arp", "async", "atm", "authentication", "auto", "backup", "bandwidth", "bfd",
    "bridge-domain",
    "carrier-delay", "cdp", "cfm", "channel-group", "channel-protocol", "cip", "clns", "clock", "cts",
    "custom-queue-list", "default", "delay", "description", "description:", "device-tracking", "dialer",
    "dialer-group", "dot1q", "dot1x", "dsl", "duplex", "eee", "encapsulation", "ethernet", "exit-address-family",
    "fair-queue", "flow", "flow-control", "flowcontrol", "frame-relay", "full-duplex", "glbp", "half-duplex",
    "hold-queue", "hsr-ring", "isdn", "isis", "keepalive", "l2protocol", "l2protocol-tunnel", "lacp", "lldp",
    "load-interval", "logging", "loopback", "lte", "mab", "mac", "mac-address", "macro", "max-reserved-bandwidth",
    "mdix",
    "media-type", "mls", "mop", "mpls", "mrp", "mtu", "mvrp", "negotiation", "nhrp", "nmsp", "ntp", "ospfv3", "pagp",
    "peer", "platform", "port-channel", "power", "ppp", "pppoe", "pppoe-client", "priority-flow-control",
    "priority-queue", "profinet", "prp-channel-group", "ptp", "pulse-time", "pvc", "qos", "queue-set", "random-detect",
    "rep",
    "rewrite",
    "rmon", "service", "service-policy", "snmp", "source", "spanning-tree", "speed", "split-horizon", "srr-queue",
    "standby", "storm-control", "subscriber", "tag-switching", "transmit-interface", "tunnel", "tx-ring-limit", "udld",
    "virtual-template", "vpdn", "vrrp", "vtp", "wrr-queue", "xconnect",
  ]

  /// Behind `ip` or `ipv6` inside `interface`: what takes part in a routing protocol.
  static let bringsRoutes: Set<String> = ["eigrp", "mobile", "nhrp", "ospf", "rip", "router"]

  /// Behind `ip` inside `interface`.
  static let interfaceIP: Set<String> = [
    "accounting", "arp", "authentication", "bandwidth-percent", "bgp", "broadcast-address", "cef", "cgmp", "ddns",
    "device", "dhcp", "directed-broadcast", "eigrp", "flow", "flow-cache", "hello-interval", "helper-address",
    "hold-time", "icmp", "igmp", "irdp", "load-sharing", "local-proxy-arp", "mask-reply", "mfib", "mobile",
    "mroute-cache",
    "mtu", "multicast", "next-hop-self", "nbar", "nhrp", "ospf", "pim", "probe", "proxy-arp", "rarp-server",
    "redirects", "rip", "route-cache", "router", "rsvp", "rtp", "sap", "security", "split-horizon", "sticky-arp",
    "summary-address", "tcp", "tftp", "traffic-export", "unreachables", "virtual-reassembly", "virtual-router",
  ]

  /// Behind `ipv6` inside `interface`.
  static let interfaceIPv6: Set<String> = [
    "cef", "destination-guard", "dhcp", "eigrp", "enable", "flow", "mfib", "mld", "mtu", "multicast", "nd",
    "next-hop-self", "nhrp", "ospf", "pim", "redirects", "rip", "router", "snooping", "source-guard", "split-horizon",
    "summary-address", "tcp", "unreachables", "virtual-reassembly",
  ]

  /// First words of what terminals and collection tools add to a capture.
  static let captureNoise: Set<String> = [
    "Building", "Current", "Load", "Time", "Using", "show", "sh", "more", "write", "copy", "configure", "Enter",
    "Connection", "Password", "Username", "spawn", "Last", "NVRAM", "Uncompressed",
  ]

  /// What routing protocols are made of.
  static let routingServices: [String: [Service]] = [
    "bgp": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(179))],
    "eigrp": [Service(proto: 88)],
    "ospf": [Service(proto: 89)],
    "ospfv3": [Service(proto: 89)],
    "rip": [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet([520...520, 521...521]))],
  ]
}
