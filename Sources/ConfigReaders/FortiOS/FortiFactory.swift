import PacketSets
import RuleModel
import SourceText

/// Objects that FortiOS has from the factory and that partial exports leave out.
///
/// Names and values as the backups of FortiOS 6.2 to 7.4 list them under `config firewall service custom`, `config
/// firewall service group` and `config firewall address`; FortiOS 7.6.1 administration guide, "Services": predefined
/// services. A definition in the file always comes first.
enum FortiFactory {
  static func address(_ name: String, _ family: IPFamily, _ use: SourceRange) -> AddressBounds? {
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    switch name {
    case "all", "FIREWALL_AUTH_PORTAL_ADDRESS": return AddressBounds(all)
    case "none":
      return AddressBounds(AddressSet(family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0)))
    case "FABRIC_DEVICE", "FCTEMS_ALL_FORTICLOUD_SERVERS", "SSLVPN_TUNNEL_ADDR1", "SSLVPN_TUNNEL_IPv6_ADDR1":
      let reason = "factory address `\(name)`: this file does not hold its value"
      return AddressBounds(
        lower: .empty, upper: all, uncertainties: [Uncertainty(range: use, reason: reason)])
    default: return nil
    }
  }

  /// Factory service groups.
  static let serviceGroups: [String: [String]] = [
    "Email Access": ["DNS", "IMAP", "IMAPS", "POP3", "POP3S", "SMTP", "SMTPS"],
    "Web Access": ["DNS", "HTTP", "HTTPS"],
    "Windows AD": ["DCE-RPC", "DNS", "KERBEROS", "LDAP", "LDAP_UDP", "SAMBA", "SMB"],
    "Exchange Server": ["DCE-RPC", "DNS", "HTTPS"],
  ]

  /// Factory services by name; `ANY` is the name of `ALL` before FortiOS 5.
  static let services: [String: [Service]] = {
    var table: [String: [Service]] = [
      "ALL": [.any], "ANY": [.any],
      "ALL_ICMP": [Service(proto: IPProtocol.icmp)], "ALL_ICMP6": [Service(proto: IPProtocol.icmpV6)],
      "GRE": [Service(proto: IPProtocol.gre)], "AH": [Service(proto: IPProtocol.ah)],
      "ESP": [Service(proto: IPProtocol.esp)], "OSPF": [Service(proto: 89)],
      "PING": [icmp(IPProtocol.icmp, 8)], "TIMESTAMP": [icmp(IPProtocol.icmp, 13)],
      "INFO_REQUEST": [icmp(IPProtocol.icmp, 15)], "INFO_ADDRESS": [icmp(IPProtocol.icmp, 17)],
      "PING6": [icmp(IPProtocol.icmpV6, 128)],
      "RLOGIN": [
        Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(513), sourcePorts: IntervalSet(512...1023))
      ],
      "RSH": [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(514), sourcePorts: IntervalSet(512...1023))],
    ]
    for (name, tcp, udp) in ports {
      var alternatives: [Service] = []
      if !tcp.isEmpty { alternatives.append(Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(tcp))) }
      if !udp.isEmpty { alternatives.append(Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(udp))) }
      table[name] = alternatives
    }
    return table
  }()

  private static func icmp(_ proto: UInt8, _ type: UInt8) -> Service {
    var service = Service(proto: proto)
    service.icmpTypes = IntervalSet(type)
    return service
  }

  private typealias Ports = [ClosedRange<UInt16>]

  /// Name, TCP ports, UDP ports.
  private static let ports: [(String, Ports, Ports)] = [
    ("ALL_TCP", [1...65535], []), ("ALL_UDP", [], [1...65535]), ("NONE", [0...0], []),
    ("AFS3", [7000...7009], [7000...7009]), ("AOL", [5190...5194], []), ("BGP", [179...179], []),
    ("CVSPSERVER", [2401...2401], [2401...2401]), ("DCE-RPC", [135...135], [135...135]), ("DHCP", [], [67...68]),
    ("DHCP6", [], [546...547]), ("DNS", [53...53], [53...53]), ("FINGER", [79...79], []), ("FTP", [21...21], []),
    ("FTP_GET", [21...21], []), ("FTP_PUT", [21...21], []), ("GOPHER", [70...70], []),
    ("GTP", [], [2123...2123, 2152...2152, 3386...3386]), ("H323", [1720...1720, 1503...1503], [1719...1719]),
    ("HTTP", [80...80], []), ("HTTPS", [443...443], []), ("IKE", [], [500...500, 4500...4500]),
    ("IMAP", [143...143], []),
    ("IMAPS", [993...993], []), ("IRC", [6660...6669], []), ("Internet-Locator-Service", [389...389], []),
    ("KERBEROS", [88...88, 464...464], [88...88, 464...464]), ("L2TP", [1701...1701], [1701...1701]),
    ("LDAP", [389...389], []), ("LDAP_UDP", [], [389...389]), ("MGCP", [], [2427...2427, 2727...2727]),
    ("MMS", [1755...1755], [1024...5000]), ("MS-SQL", [1433...1434], []), ("MYSQL", [3306...3306], []),
    ("NFS", [111...111, 2049...2049], [111...111, 2049...2049]), ("NNTP", [119...119], []),
    ("NTP", [123...123], [123...123]), ("NetMeeting", [1720...1720], []), ("ONC-RPC", [111...111], [111...111]),
    ("PC-Anywhere", [5631...5631], [5632...5632]), ("POP3", [110...110], []), ("POP3S", [995...995], []),
    ("PPTP", [1723...1723], []), ("QUAKE", [], [26000...26000, 27000...27000, 27910...27910, 27960...27960]),
    ("RADIUS", [], [1812...1813]), ("RADIUS-OLD", [], [1645...1646]), ("RAUDIO", [], [7070...7070]),
    ("RDP", [3389...3389], []), ("REXEC", [512...512], []), ("RIP", [], [520...520]),
    ("RTSP", [554...554, 7070...7070, 8554...8554], [554...554]), ("SAMBA", [139...139], []),
    ("SCCP", [2000...2000], []),
    ("SIP", [5060...5060], [5060...5060]), ("SIP-MSNmessenger", [1863...1863], []), ("SMB", [445...445], []),
    ("SMTP", [25...25], []), ("SMTPS", [465...465], []), ("SNMP", [161...162], [161...162]),
    ("SOCKS", [1080...1080], [1080...1080]), ("SQUID", [3128...3128], []), ("SSH", [22...22], []),
    ("SYSLOG", [], [514...514]), ("TALK", [], [517...518]), ("TELNET", [23...23], []), ("TFTP", [], [69...69]),
    ("TRACEROUTE", [], [33434...33535]), ("UUCP", [540...540], []), ("VDOLIVE", [7000...7010], []),
    ("VNC", [5900...5900], []), ("WAIS", [210...210], []), ("WINFRAME", [1494...1494, 2598...2598], []),
    ("WINS", [1512...1512], [1512...1512]), ("X-WINDOWS", [6000...6063], []),
  ]
}
