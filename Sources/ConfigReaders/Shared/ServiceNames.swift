import PacketSets
import SourceText

/// Names that stand for numbers in rules, on Linux and on what is made of it. iptables takes them from the machine's `/etc/protocols` and `/etc/services` or
/// has them built in (ICMP); a name that is missing here leaves the rule uncertain.
enum ServiceNames {
  /// A protocol by number or name; nil for unknown names. `all` and `0` mean any (iptables(8), `-p`).
  static func protocols(_ word: String) -> IntervalSet<UInt8>? {
    if word == "tcp" { return IntervalSet(IPProtocol.tcp) }
    let name = word.lowercased()
    if name == "all" || name == "0" { return .all }
    if let number = UInt8(name) { return IntervalSet(number) }
    return protocolNumbers[name].map { IntervalSet($0) }
  }

  private static let protocolNumbers: [String: UInt8] = [
    "icmp": 1, "igmp": 2, "ipencap": 4, "ipv4": 4, "tcp": 6, "egp": 8, "igp": 9, "udp": 17, "dccp": 33, "ipv6": 41,
    "ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ipv6-crypt": 50, "ah": 51, "ipv6-auth": 51,
    "icmpv6": 58, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "eigrp": 88, "ospf": 89, "ospfigp": 89,
    "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "carp": 112, "l2tp": 115,
    "isis": 124, "sctp": 132, "mobility-header": 135, "ipv6-mh": 135, "mh": 135, "udplite": 136, "mpls-in-ip": 137,
  ]

  /// `80`, `http`, `1000:2000`, `:1023`, `1024:`; nil when not understood or the order is wrong (refused by iptables).
  static func ports(_ word: String) -> IntervalSet<UInt16>? {
    let ends = pieces(word, at: ASCII.colon)
    guard ends.count > 1 else { return port(word).map { IntervalSet($0) } }
    guard ends.count == 2, let low = ends[0].isEmpty ? 0 : port(ends[0]),
      let high = ends[1].isEmpty ? .max : port(ends[1]), low <= high
    else { return nil }
    return IntervalSet(low...high)
  }

  private static func port(_ word: String) -> UInt16? {
    guard let first = word.utf8.first else { return nil }
    // A leading zero means octal to iptables; rather unknown than wrong.
    if (48...57).contains(first) { return first == 48 && word.utf8.count > 1 ? nil : UInt16(word) }
    return servicePorts[word]
  }

  /// The port names of a Debian `/etc/services` that firewall rules use; names are the same for TCP and UDP.
  private static let servicePorts: [String: UInt16] = [
    "echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23,
    "smtp": 25, "mail": 25, "time": 37, "whois": 43, "tacacs": 49, "domain": 53, "bootps": 67, "bootpc": 68,
    "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "iso-tsap": 102, "pop2": 109,
    "pop3": 110, "pop-3": 110, "sunrpc": 111, "portmapper": 111, "auth": 113, "ident": 113, "nntp": 119, "ntp": 123,
    "epmap": 135, "loc-srv": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143,
    "imap": 143, "snmp": 161, "snmp-trap": 162, "snmptrap": 162, "xdmcp": 177, "bgp": 179, "irc": 194, "ldap": 389,
    "svrloc": 427, "https": 443, "microsoft-ds": 445, "kpasswd": 464, "submissions": 465, "urd": 465, "isakmp": 500,
    "exec": 512, "login": 513, "shell": 514, "syslog": 514, "printer": 515, "talk": 517, "route": 520, "router": 520,
    "nntps": 563, "submission": 587, "nqs": 607, "ipp": 631, "ldaps": 636, "telnets": 992, "imaps": 993, "pop3s": 995,
    "rsync": 873, "ftps-data": 989, "ftps": 990, "socks": 1080, "openvpn": 1194, "ms-sql-s": 1433, "ms-sql-m": 1434,
    "l2f": 1701, "l2tp": 1701, "pptp": 1723, "radius": 1812, "radius-acct": 1813, "cisco-sccp": 2000, "nfs": 2049,
    "gsiftp": 2811, "iscsi-target": 3260, "mysql": 3306, "ms-wbt-server": 3389, "nut": 3493, "svn": 3690,
    "ipsec-nat-t": 4500, "iax": 4569, "sip": 5060, "sip-tls": 5061, "xmpp-client": 5222, "xmpp-server": 5269,
    "mdns": 5353, "postgresql": 5432, "amqps": 5671, "amqp": 5672, "x11": 6000, "ircd": 6667, "http-alt": 8080,
    "webcache": 8080, "bacula-dir": 9101, "git": 9418, "zabbix-agent": 10050, "zabbix-trapper": 10051,
    "mqtt": 1883, "secure-mqtt": 8883, "modbus": 502, "enip": 44818, "bacnet": 47808, "gluster": 24007,
  ]

  private static let flagBits: [String: UInt8] = [
    "FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ALL": 63, "NONE": 0,
  ]

  /// TCP flag names to the bits of the header's flag byte; `ALL` is the six flags that iptables knows.
  static func tcpFlags(_ word: String) -> UInt8? {
    var flags: UInt8 = 0
    for name in pieces(word, at: UInt8(ascii: ",")) {
      guard let bit = flagBits[name.uppercased()] else { return nil }
      flags |= bit
    }
    return flags
  }

  /// What `--icmp-type` or `--icmpv6-type` names; nil when not understood.
  static func icmp(_ word: String, family: IPFamily) -> (types: IntervalSet<UInt8>, codes: IntervalSet<UInt8>)? {
    let names = family == .v4 ? icmpTypes : icmpV6Types
    if let (type, code) = names[word.lowercased()] {
      return (IntervalSet(type), code.map { IntervalSet($0) } ?? .all)
    }
    // The IPv4 match keeps 255 for `any` (`iptables -p icmp --icmp-type 255` is saved as `any`).
    if family == .v4, word == "any" || word == "255" { return (.all, .all) }
    let parts = pieces(word, at: UInt8(ascii: "/"))
    guard parts.count <= 2, let type = UInt8(parts[0]) else { return nil }
    guard parts.count == 2 else { return (IntervalSet(type), .all) }
    return UInt8(parts[1]).map { (IntervalSet(type), IntervalSet($0)) }
  }

  /// As `iptables -p icmp -h` lists them; each number is what `iptables-save` prints for the name.
  private static let icmpTypes: [String: (UInt8, UInt8?)] = [
    "echo-reply": (0, nil), "pong": (0, nil), "destination-unreachable": (3, nil), "network-unreachable": (3, 0),
    "host-unreachable": (3, 1), "protocol-unreachable": (3, 2), "port-unreachable": (3, 3),
    "fragmentation-needed": (3, 4), "source-route-failed": (3, 5), "network-unknown": (3, 6), "host-unknown": (3, 7),
    "network-prohibited": (3, 9), "host-prohibited": (3, 10), "tos-network-unreachable": (3, 11),
    "tos-host-unreachable": (3, 12), "communication-prohibited": (3, 13), "host-precedence-violation": (3, 14),
    "precedence-cutoff": (3, 15), "source-quench": (4, nil), "redirect": (5, nil), "network-redirect": (5, 0),
    "host-redirect": (5, 1), "tos-network-redirect": (5, 2), "tos-host-redirect": (5, 3), "echo-request": (8, nil),
    "ping": (8, nil), "router-advertisement": (9, nil), "router-solicitation": (10, nil), "time-exceeded": (11, nil),
    "ttl-exceeded": (11, nil), "ttl-zero-during-transit": (11, 0), "ttl-zero-during-reassembly": (11, 1),
    "parameter-problem": (12, nil), "ip-header-bad": (12, 0), "required-option-missing": (12, 1),
    "timestamp-request": (13, nil), "timestamp-reply": (14, nil), "address-mask-request": (17, nil),
    "address-mask-reply": (18, nil),
  ]

  /// As `ip6tables -p icmpv6 -h` lists them.
  private static let icmpV6Types: [String: (UInt8, UInt8?)] = [
    "destination-unreachable": (1, nil), "no-route": (1, 0), "communication-prohibited": (1, 1),
    "beyond-scope": (1, 2), "address-unreachable": (1, 3), "port-unreachable": (1, 4), "failed-policy": (1, 5),
    "reject-route": (1, 6), "packet-too-big": (2, nil), "time-exceeded": (3, nil), "ttl-exceeded": (3, nil),
    "ttl-zero-during-transit": (3, 0), "ttl-zero-during-reassembly": (3, 1), "parameter-problem": (4, nil),
    "bad-header": (4, 0), "unknown-header-type": (4, 1), "unknown-option": (4, 2), "echo-request": (128, nil),
    "ping": (128, nil), "echo-reply": (129, nil), "pong": (129, nil), "router-solicitation": (133, nil),
    "router-advertisement": (134, nil), "neighbour-solicitation": (135, nil), "neighbor-solicitation": (135, nil),
    "neighbour-advertisement": (136, nil), "neighbor-advertisement": (136, nil), "redirect": (137, nil),
  ]
}
