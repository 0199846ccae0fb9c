import PacketSets

/// Names that stand for numbers ("Firewall Filter Match Conditions for IPv4 Traffic" and "… for IPv6 Traffic").
enum JunosNames {
  static func proto(_ word: String) -> UInt8? { UInt8(word) ?? protocols[word] }

  /// `80`, `1024-65535`, `http`.
  static func ports(_ word: String) -> ClosedRange<UInt16>? {
    if let port = ports[word] { return port...port }
    return LiteralText.ports(word)
  }

  static func icmpType(_ word: String, isV6: Bool) -> ClosedRange<UInt8>? {
    if let type = isV6 ? icmp6Types[word] : icmpTypes[word] { return type...type }
    return bytes(word)
  }

  static func icmpCode(_ word: String) -> ClosedRange<UInt8>? {
    if let code = icmpCodes[word] { return code...code }
    return bytes(word)
  }

  /// `N` or `N-M` below 256.
  static func bytes(_ word: String) -> ClosedRange<UInt8>? {
    guard let range = LiteralText.ports(word), range.upperBound < 256 else { return nil }
    return UInt8(range.lowerBound)...UInt8(range.upperBound)
  }

  static let protocols: [String: UInt8] = [
    "ah": 51, "dstopts": 60, "egp": 8, "esp": 50, "fragment": 44, "gre": 47, "hop-by-hop": 0, "icmp": 1, "icmp6": 58,
    "icmpv6": 58, "igmp": 2, "ipip": 4, "ipv6": 41, "no-next-header": 59, "ospf": 89, "pim": 103, "routing": 43,
    "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "vrrp": 112,
  ]

  static let ports: [String: UInt16] = [
    "afs": 1483, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "cmd": 514, "cvspserver": 2401, "dhcp": 67,
    "domain": 53, "eklogin": 2105, "ekshell": 2106, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20, "http": 80,
    "https": 443, "ident": 113, "imap": 143, "kerberos-sec": 88, "klogin": 543, "kpasswd": 761, "krb-prop": 754,
    "krbupdate": 760, "kshell": 544, "ldap": 389, "ldp": 646, "login": 513, "mobileip-agent": 434, "mobilip-mn": 435,
    "msdp": 639, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139, "nfsd": 2049, "nntp": 119, "ntalk": 518,
    "ntp": 123, "pop3": 110, "pptp": 1723, "printer": 515, "radacct": 1813, "radius": 1812, "rip": 520, "rkinit": 2108,
    "smtp": 25, "snmp": 161, "snmptrap": 162, "snpp": 444, "socks": 1080, "ssh": 22, "sunrpc": 111, "syslog": 514,
    "tacacs": 49, "tacacs-ds": 65, "talk": 517, "telnet": 23, "tftp": 69, "timed": 525, "who": 513, "xdmcp": 177,
    "zephyr-clt": 2103, "zephyr-hm": 2104,
  ]

  private static let icmpTypes: [String: UInt8] = [
    "echo-reply": 0, "unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
    "router-solicit": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp": 13, "timestamp-reply": 14,
    "info-request": 15, "info-reply": 16, "mask-request": 17, "mask-reply": 18,
  ]

  private static let icmp6Types: [String: UInt8] = [
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128,
    "echo-reply": 129, "membership-query": 130, "membership-report": 131, "membership-termination": 132,
    "router-solicit": 133, "router-advertisement": 134, "neighbor-solicit": 135, "neighbor-advertisement": 136,
    "redirect": 137, "router-renumbering": 138, "node-information-request": 139, "node-information-reply": 140,
  ]

  /// Codes whose names do not depend on the type.
  private static let icmpCodes: [String: UInt8] = [
    "network-unreachable": 0, "host-unreachable": 1, "protocol-unreachable": 2, "port-unreachable": 3,
    "fragmentation-needed": 4, "source-route-failed": 5, "destination-network-unknown": 6,
    "destination-host-unknown": 7, "source-host-isolated": 8, "destination-network-prohibited": 9,
    "destination-host-prohibited": 10, "network-unreachable-for-TOS": 11, "host-unreachable-for-TOS": 12,
    "communication-prohibited-by-filtering": 13, "host-precedence-violation": 14, "precedence-cutoff-in-effect": 15,
    "ttl-eq-zero-during-transit": 0, "ttl-eq-zero-during-reassembly": 1,
  ]
}
