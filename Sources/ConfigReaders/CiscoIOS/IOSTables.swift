import PacketSets

/// Cisco IOS's words for protocols, ports and ICMP messages.
///
/// They differ from those of ASA (`cmd`, `netbios-ss`, `non500-isakmp`, messages with a code). Source: Cisco IOS Security
/// Command Reference, `permit` and `access-list (IP extended)`; numbers as the device's own help gives them in brackets
/// (IOS 15.2, IOS XE 16.9).
enum IOSTables {
  /// IP protocol number of a word; nil for `ip`, `ipv6` and unknown words.
  static let protocols: [String: UInt8] = [
    "ahp": 51, "eigrp": 88, "esp": 50, "gre": 47, "icmp": 1, "igmp": 2, "igrp": 9, "ipinip": 4, "nos": 94, "ospf": 89,
    "pcp": 108, "pim": 103, "sctp": 132, "tcp": 6, "udp": 17,
  ]

  /// Port number of a word. No word stands for different numbers in TCP and UDP.
  static let ports: [String: UInt16] = [
    "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "chargen": 19, "cmd": 514, "daytime": 13, "discard": 9,
    "dnsix": 195, "domain": 53, "drip": 3949, "echo": 7, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20,
    "gopher": 70, "hostname": 101, "ident": 113, "irc": 194, "isakmp": 500, "klogin": 543, "kshell": 544, "login": 513,
    "lpd": 515, "mobile-ip": 434, "msrpc": 135, "nameserver": 42, "netbios-dgm": 138, "netbios-ns": 137,
    "netbios-ss": 139, "nntp": 119, "non500-isakmp": 4500, "ntp": 123, "onep-plain": 15001, "onep-tls": 15002,
    "pim-auto-rp": 496, "pop2": 109, "pop3": 110, "rip": 520, "ripv6": 521, "smtp": 25, "snmp": 161, "snmptrap": 162,
    "sunrpc": 111, "syslog": 514, "tacacs": 49, "talk": 517, "telnet": 23, "tftp": 69, "time": 37, "uucp": 540,
    "who": 513, "whois": 43, "www": 80, "xdmcp": 177,
  ]

  /// ICMP type, and code where the word means one (RFC 792, RFC 1812).
  static let icmp: [String: (type: UInt8, code: UInt8?)] = [
    "administratively-prohibited": (3, 13), "alternate-address": (6, nil), "conversion-error": (31, nil),
    "dod-host-prohibited": (3, 10), "dod-net-prohibited": (3, 9), "echo": (8, nil), "echo-reply": (0, nil),
    "general-parameter-problem": (12, 0), "host-isolated": (3, 8), "host-precedence-unreachable": (3, 14),
    "host-redirect": (5, 1), "host-tos-redirect": (5, 3), "host-tos-unreachable": (3, 12), "host-unknown": (3, 7),
    "host-unreachable": (3, 1), "information-reply": (16, nil), "information-request": (15, nil),
    "mask-reply": (18, nil), "mask-request": (17, nil), "mobile-redirect": (32, nil), "net-redirect": (5, 0),
    "net-tos-redirect": (5, 2), "net-tos-unreachable": (3, 11), "net-unreachable": (3, 0), "network-unknown": (3, 6),
    "no-room-for-option": (12, 2), "option-missing": (12, 1), "packet-too-big": (3, 4), "parameter-problem": (12, nil),
    "port-unreachable": (3, 3), "precedence-unreachable": (3, 15), "protocol-unreachable": (3, 2),
    "reassembly-timeout": (11, 1), "redirect": (5, nil), "router-advertisement": (9, nil),
    "router-solicitation": (10, nil), "source-quench": (4, nil), "source-route-failed": (3, 5),
    "time-exceeded": (11, nil), "timestamp-reply": (14, nil), "timestamp-request": (13, nil), "traceroute": (30, nil),
    "ttl-exceeded": (11, 0), "unreachable": (3, nil),
  ]

  /// ICMPv6 type, and code where the word means one (RFC 4443, RFC 4861, RFC 2710).
  static let icmpV6: [String: (type: UInt8, code: UInt8?)] = [
    "beyond-scope": (1, 2), "destination-unreachable": (1, nil), "echo-reply": (129, nil), "echo-request": (128, nil),
    "header": (4, 0), "hop-limit": (3, 0), "mld-query": (130, nil), "mld-reduction": (132, nil),
    "mld-report": (131, nil), "nd-na": (136, nil), "nd-ns": (135, nil), "next-header": (4, 1), "no-admin": (1, 1),
    "no-route": (1, 0), "packet-too-big": (2, nil), "parameter-option": (4, 2), "parameter-problem": (4, nil),
    "port-unreachable": (1, 4), "reassembly-timeout": (3, 1), "redirect": (137, nil), "renum-command": (138, 0),
    "renum-result": (138, 1), "renum-seq-number": (138, 255), "router-advertisement": (134, nil),
    "router-renumbering": (138, nil), "router-solicitation": (133, nil), "time-exceeded": (3, nil),
    "unreachable": (1, nil),
  ]

  /// Bits of TCP flag words (RFC 9293, RFC 3168).
  static let tcpFlags: [String: UInt8] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128,
  ]

  /// Transport protocols and ports that `match protocol` of an inspection class means when no `ip port-map` adds others.
  ///
  /// Zone-based inspection recognises applications by the port-to-application mapping, whose system-defined entries are
  /// the well-known ports and cannot be changed (Cisco IOS Security Configuration Guide, "Configuring Port to Application
  /// Mapping"). Only applications with one customary transport and port are listed; all others are known from above only.
  static let applications: [String: (protocols: [UInt8], ports: [UInt16])] = [
    "bootpc": ([17], [68]), "bootps": ([17], [67]), "dns": ([6, 17], [53]), "exec": ([6], [512]),
    "finger": ([6], [79]), "ftps": ([6], [990]), "http": ([6], [80]), "https": ([6], [443]), "imap": ([6], [143]),
    "imaps": ([6], [993]), "isakmp": ([17], [500]), "ldap": ([6, 17], [389]), "ldaps": ([6], [636]),
    "login": ([6], [513]), "nntp": ([6], [119]), "ntp": ([6, 17], [123]), "pop3": ([6], [110]), "pop3s": ([6], [995]),
    "shell": ([6], [514]), "smtp": ([6], [25]), "snmp": ([6, 17], [161]), "snmptrap": ([6, 17], [162]),
    "ssh": ([6], [22]), "syslog": ([17], [514]), "tacacs": ([6, 17], [49]), "telnet": ([6], [23]),
    "telnets": ([6], [992]),
  ]
}
