import PacketSets

/// Cisco's words for protocols, ports and ICMP types.
///
/// Source: "Addresses, Protocols, and Ports" in the ASA Series General Operations CLI Configuration Guide, 9.19
/// (tables "Protocol Literal Values", "Port Literal Values", "ICMP Type Numbers").
enum ASATables {
  /// IP protocol number of a word; nil for `ip` and unknown words.
  static let protocols: [String: UInt8] = [
    "ah": 51, "eigrp": 88, "esp": 50, "gre": 47, "icmp": 1, "icmp6": 58, "igmp": 2, "igrp": 9, "ipinip": 4,
    "ipsec": 50, "nos": 94, "ospf": 89, "pcp": 108, "pim": 103, "pptp": 47, "sctp": 132, "snp": 109, "tcp": 6,
    "udp": 17,
  ]

  /// Port number of a word. No word stands for different numbers in TCP and UDP.
  static let ports: [String: UInt16] = [
    "aol": 5190, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "chargen": 19, "cifs": 3020,
    "citrix-ica": 1494, "cmd": 514, "ctiqbe": 2748, "daytime": 13, "discard": 9, "dnsix": 195, "domain": 53,
    "echo": 7, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20, "gopher": 70, "h323": 1720, "hostname": 101,
    "http": 80, "https": 443, "ident": 113, "imap4": 143, "irc": 194, "isakmp": 500, "kerberos": 750, "klogin": 543,
    "kshell": 544, "ldap": 389, "ldaps": 636, "login": 513, "lotusnotes": 1352, "lpd": 515, "mobile-ip": 434,
    "nameserver": 42, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139, "nfs": 2049, "nntp": 119,
    "ntp": 123, "pcanywhere-data": 5631, "pcanywhere-status": 5632, "pim-auto-rp": 496, "pop2": 109, "pop3": 110,
    "pptp": 1723, "radius": 1645, "radius-acct": 1646, "rip": 520, "rsh": 514, "rtsp": 554, "secureid-udp": 5510,
    "sip": 5060, "smtp": 25, "snmp": 161, "snmptrap": 162, "sqlnet": 1521, "ssh": 22, "sunrpc": 111, "syslog": 514,
    "tacacs": 49, "talk": 517, "telnet": 23, "tftp": 69, "time": 37, "uucp": 540, "vxlan": 4789, "who": 513,
    "whois": 43, "www": 80, "xdmcp": 177,
  ]

  /// ICMP (IPv4) type of a word.
  static let icmpTypes: [String: UInt8] = [
    "alternate-address": 6, "conversion-error": 31, "echo": 8, "echo-reply": 0, "information-reply": 16,
    "information-request": 15, "mask-reply": 18, "mask-request": 17, "mobile-redirect": 32, "parameter-problem": 12,
    "redirect": 5, "router-advertisement": 9, "router-solicitation": 10, "source-quench": 4, "time-exceeded": 11,
    "timestamp-reply": 14, "timestamp-request": 13, "traceroute": 30, "unreachable": 3,
  ]

  /// ICMPv6 type of a word.
  static let icmpV6Types: [String: UInt8] = [
    "echo": 128, "echo-reply": 129, "membership-query": 130, "membership-reduction": 132, "membership-report": 131,
    "neighbor-advertisement": 136, "neighbor-redirect": 137, "neighbor-solicitation": 135, "packet-too-big": 2,
    "parameter-problem": 4, "router-advertisement": 134, "router-renumbering": 138, "router-solicitation": 133,
    "time-exceeded": 3, "unreachable": 1,
  ]

  /// First words of statements that do not touch filtering: how the device is named, watched, reached by other
  /// services, or how VPN and authentication are set up (what VPN means for filtering is noted where a tunnel is bound).
  static let irrelevant: Set<String> = [
    "aaa", "aaa-server", "aaa-server-group", "alarm", "anyconnect-custom-attr", "anyconnect-custom-data", "app-agent",
    "arp", "arp-inspection", "as-path", "asdm", "asp", "auth-prompt", "auto-update", "banner", "bfd", "bfd-template",
    "boot", "call-home", "certificate", "client-update", "clock", "cluster", "cluster-group", "command-alias",
    "community-list", "compression", "configure", "console", "coredump", "crashinfo", "cts", "ddns", "dhcp-client",
    "dns", "dns-group", "domain-name", "dp-tcp-proxy", "dynamic-access-policy-record", "dynamic-filter", "enable",
    "end", "exit", "failover", "file-bookmarks", "fips", "flow-export", "flow-offload", "forward-reference",
    "fragment", "ftp", "ftp-map", "gtp-map", "h225-map", "hw-module", "igmp", "isakmp", "jumbo-frame", "key",
    "key-chain", "lacp", "ldap", "license", "lldp", "load-balancing", "logging", "mac-address", "mac-address-table",
    "mac-learn", "mac-list", "mdm-proxy", "media-termination", "mgcp-map", "monitor-interface", "mount", "mroute",
    "mtu", "nac-policy", "nac-settings", "names", "ntp", "nve", "object-group-search", "onscreen-keyboard", "pager",
    "passwd", "password", "password-policy", "password-storage", "path-monitoring", "pim", "pki-validation",
    "platform", "policy-list", "power-supply", "prefix-list", "priority-queue", "privilege", "prompt", "proxy-bypass",
    "ptp", "quit", "quota", "radius-common-pw", "rest-api", "sdcard", "service", "service-module", "sip-map", "sla",
    "smart-tunnel", "smtp-server", "snmp", "snmp-map", "snort", "ssl", "sso-server", "tcp-map",
    "terminal", "tftp-blocks", "tftp-server", "threat-detection", "timeout", "tls-proxy", "track", "tunnel-group",
    "tunnel-group-map", "umbrella-global", "url-block", "url-cache", "url-server", "user-identity", "username",
    "virtual", "vpdn", "vpn-addr-assign", "vpn-mode", "vpn-sessiondb", "vpnclient", "wccp", "xlate", "xml",
    "zonelabs-integrity",
  ]

  /// First words of what terminals and collection tools add to a capture.
  static let captureNoise: Set<String> = [
    "Building", "Cryptochecksum:", "Cryptochecksum", "Result", "Saved", "Written", "Hardware:", "Serial", "show",
    "more", "terminal", "write", "copy", "Current", "INFO:", "WARNING:", "Type", "User", "Last", "spawn", "Logoff",
    "Connection", "Password:", "login",
  ]
}
