import PacketSets

/// Applications of the hidden group `junos-defaults`, which no configuration shows ("Predefined Policy Applications";
/// `show groups junos-defaults`).
enum JunosFactory {
  private static func tcp(_ ports: ClosedRange<UInt16>...) -> [Service] {
    [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))]
  }

  private static func udp(_ ports: ClosedRange<UInt16>...) -> [Service] {
    [Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports))]
  }

  private static func tcp(_ port: UInt16) -> [Service] { tcp(port...port) }
  private static func udp(_ port: UInt16) -> [Service] { udp(port...port) }

  private static func icmp(_ type: UInt8, code: UInt8? = nil, proto: UInt8 = IPProtocol.icmp) -> [Service] {
    var service = Service(proto: proto)
    service.icmpTypes = IntervalSet(type)
    if let code { service.icmpCodes = IntervalSet(code) }
    return [service]
  }

  private static func icmp6(_ type: UInt8, code: UInt8? = nil) -> [Service] {
    icmp(type, code: code, proto: IPProtocol.icmpV6)
  }

  /// Applications that are known by protocol and port alone.
  static let applications: [String: [Service]] = [
    "junos-aol": tcp(5190...5193), "junos-bgp": tcp(179), "junos-biff": udp(512), "junos-bootpc": udp(68),
    "junos-bootps": udp(67), "junos-chargen": udp(19), "junos-cvspserver": tcp(2401), "junos-dhcp-client": udp(68),
    "junos-dhcp-relay": udp(67), "junos-dhcp-server": udp(67), "junos-discard": udp(9), "junos-dns-tcp": tcp(53),
    "junos-dns-udp": udp(53), "junos-echo": udp(7), "junos-finger": tcp(79), "junos-ftp": tcp(21),
    "junos-ftp-data": tcp(20), "junos-gnutella": udp(6346...6347), "junos-gopher": tcp(70),
    "junos-gre": [Service(proto: IPProtocol.gre)],
    "junos-h323": tcp(389...389, 522...522, 1503...1503, 1720...1720, 1731...1731) + udp(1719),
    "junos-http": tcp(80), "junos-http-ext": tcp(7001), "junos-https": tcp(443),
    "junos-icmp-all": [Service(proto: IPProtocol.icmp)], "junos-icmp-ping": icmp(8),
    "junos-icmp6-all": [Service(proto: IPProtocol.icmpV6)], "junos-icmp6-dst-unreach-addr": icmp6(1, code: 3),
    "junos-icmp6-dst-unreach-admin": icmp6(1, code: 1), "junos-icmp6-dst-unreach-beyond": icmp6(1, code: 2),
    "junos-icmp6-dst-unreach-port": icmp6(1, code: 4), "junos-icmp6-dst-unreach-route": icmp6(1, code: 0),
    "junos-icmp6-echo-reply": icmp6(129), "junos-icmp6-echo-request": icmp6(128),
    "junos-icmp6-packet-too-big": icmp6(2), "junos-icmp6-packet-to-big": icmp6(2),
    "junos-icmp6-param-prob-header": icmp6(4, code: 0), "junos-icmp6-param-prob-nexthdr": icmp6(4, code: 1),
    "junos-icmp6-param-prob-option": icmp6(4, code: 2), "junos-icmp6-time-exceed-reassembly": icmp6(3, code: 1),
    "junos-icmp6-time-exceed-transit": icmp6(3, code: 0), "junos-ident": tcp(113), "junos-ike": udp(500),
    "junos-ike-nat": udp(4500), "junos-imap": tcp(143), "junos-imaps": tcp(993),
    "junos-internet-locator-service": tcp(389), "junos-irc": tcp(6660...6669), "junos-l2tp": udp(1701),
    "junos-ldap": tcp(389), "junos-ldp-tcp": tcp(646), "junos-ldp-udp": udp(646), "junos-lpr": tcp(515),
    "junos-mail": tcp(25), "junos-ms-rpc-tcp": tcp(135), "junos-ms-rpc-udp": udp(135), "junos-ms-sql": tcp(1433),
    "junos-msn": tcp(1863), "junos-nbds": udp(138), "junos-nbname": udp(137), "junos-netbios-session": tcp(139),
    "junos-nfs": udp(111), "junos-nfsd-tcp": tcp(2049), "junos-nfsd-udp": udp(2049), "junos-nntp": tcp(119),
    "junos-ns-global": tcp(15397), "junos-ns-global-pro": tcp(15397), "junos-nsm": udp(69), "junos-ntp": udp(123),
    "junos-ospf": [Service(proto: 89)], "junos-pc-anywhere": udp(5632), "junos-pop3": tcp(110),
    "junos-pptp": tcp(1723), "junos-printer": tcp(515), "junos-radacct": udp(1813), "junos-radius": udp(1812),
    "junos-rdp": tcp(3389), "junos-realaudio": tcp(554), "junos-rip": udp(520), "junos-rsh": tcp(514),
    "junos-rtsp": tcp(554), "junos-sccp": tcp(2000), "junos-sctp-any": [Service(proto: IPProtocol.sctp)],
    "junos-sip": tcp(5060) + udp(5060), "junos-smb": tcp(139...139, 445...445), "junos-smb-session": tcp(445),
    "junos-smtp": tcp(25), "junos-snmp-agentx": tcp(705), "junos-snpp": tcp(444), "junos-sql-monitor": udp(1434),
    "junos-sqlnet-v1": tcp(1525), "junos-sqlnet-v2": tcp(1521), "junos-ssh": tcp(22), "junos-sun-rpc-tcp": tcp(111),
    "junos-sun-rpc-udp": udp(111), "junos-syslog": udp(514), "junos-tacacs": tcp(49), "junos-tacacs-ds": tcp(65),
    "junos-tcp-any": [Service(proto: IPProtocol.tcp)], "junos-telnet": tcp(23), "junos-tftp": udp(69),
    "junos-udp-any": [Service(proto: IPProtocol.udp)], "junos-vdo-live": udp(7000...7010), "junos-wais": tcp(210),
    "junos-who": udp(513), "junos-whois": tcp(43), "junos-winframe": tcp(1494), "junos-wxcontrol": tcp(3578),
    "junos-x-windows": tcp(6000...6063), "junos-xnm-clear-text": tcp(3221), "junos-xnm-ssl": tcp(3220),
  ]

  static let applicationSets: [String: [String]] = [
    "junos-cifs": ["junos-netbios-session", "junos-smb-session"],
    "junos-ms-rpc": ["junos-ms-rpc-tcp", "junos-ms-rpc-udp"],
    "junos-sun-rpc": ["junos-sun-rpc-tcp", "junos-sun-rpc-udp"],
    "junos-routing-inbound": ["junos-bgp", "junos-rip", "junos-ldp-tcp", "junos-ldp-udp"],
    "junos-mgcp": ["junos-mgcp-ua", "junos-mgcp-ca"],
  ]

  private static let anyTCP = [Service(proto: IPProtocol.tcp)]
  private static let anyUDP = [Service(proto: IPProtocol.udp)]

  /// What is certain of some of `openApplications`.
  static let certain: [String: [Service]] = [
    "junos-ping": icmp(8, code: 0), "junos-pingv6": icmp6(128, code: 0), "junos-gprs-gtp-c": udp(2123),
    "junos-gprs-gtp-u": udp(2152), "junos-gprs-gtp-v0": udp(3386), "junos-gtp": udp(2123),
  ]

  /// Applications that the device recognises by more than a port, or whose ports the documentation does not settle, with
  /// what they can at most be.
  static let openApplications: [String: [Service]] = {
    var result: [String: [Service]] = [
      "junos-gprs-gtp-c": tcp(2123) + udp(2123), "junos-gprs-gtp-u": tcp(2152) + udp(2152),
      "junos-gprs-gtp-v0": tcp(3386) + udp(3386), "junos-gtp": tcp(2123) + udp(2123),
      "junos-gprs-sctp": [Service(proto: IPProtocol.sctp)], "junos-mgcp-ca": udp(2427...2427, 2727...2727),
      "junos-mgcp-ua": udp(2427...2427, 2727...2727), "junos-ntalk": tcp(518) + udp(518),
      "junos-talk": tcp(517) + udp(517), "junos-ping": [Service(proto: IPProtocol.icmp)],
      "junos-pingv6": [Service(proto: IPProtocol.icmpV6)], "junos-defaults": [.any], "junos-persistent-nat": [.any],
      "junos-r2cp": udp(28672),
      "junos-smtps": tcp(465...465, 587...587), "junos-stun": tcp(3478...3479) + udp(3478...3479),
      "junos-stun-tcp": anyTCP, "junos-stun-udp": anyUDP, "junos-twamp": anyTCP + anyUDP,
      "junos-uucp": tcp(540) + udp(540), "junos-vnc": tcp(5500...5500, 5800...5999), "junos-ymsg": tcp(5000...5101),
      "junos-sun-rpc-any": anyTCP + anyUDP, "junos-ms-rpc-any": anyTCP + anyUDP, "junos-ms-rpc-epm": anyTCP,
      "junos-sun-rpc-any-tcp": anyTCP, "junos-sun-rpc-any-udp": anyUDP, "junos-ms-rpc-uuid-any-tcp": anyTCP,
      "junos-ms-rpc-uuid-any-udp": anyUDP, "junos-netmeeting": anyTCP + anyUDP,
    ]
    for program in [
      "mountd", "nfs", "nfs-access", "nlockmgr", "portmap", "rquotad", "ruserd", "sadmind", "sprayd", "status", "walld",
      "ypbind", "ypserv",
    ] {
      result["junos-sun-rpc-\(program)"] = anyTCP + anyUDP
      result["junos-sun-rpc-\(program)-tcp"] = anyTCP
      result["junos-sun-rpc-\(program)-udp"] = anyUDP
    }
    for interface in [
      "iis-com", "iis-com-1", "iis-com-adminbase", "msexchange", "msexchange-database", "msexchange-directory",
      "msexchange-directory-nsp", "msexchange-directory-rfr", "msexchange-info-store", "wmic", "wmic-admin",
      "wmic-admin2", "wmic-mgmt", "wmic-webm-callresult", "wmic-webm-classobject", "wmic-webm-level1login",
      "wmic-webm-login-clientid", "wmic-webm-login-helper", "wmic-webm-objectsink", "wmic-webm-refreshing-services",
      "wmic-webm-remote-refresher", "wmic-webm-services", "wmic-webm-shutdown",
    ] { result["junos-ms-rpc-\(interface)"] = anyTCP + anyUDP }
    return result
  }()
}
