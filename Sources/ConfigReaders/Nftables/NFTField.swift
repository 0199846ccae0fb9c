import PacketSets

/// What a selector looks at, in terms of the rule model.
enum NFTField {
  case address(isSource: Bool, IPFamily)
  /// Ports of some protocols; loose ones look at the place of the ports whatever the protocol is.
  case port(isSource: Bool, IntervalSet<UInt8>, isLoose: Bool)
  /// The protocol behind all extension headers.
  case proto
  case nextHeader
  case icmp(isCode: Bool, IPFamily)
  case tcpFlags
  case state
  case status
  case direction
  /// IPv4 or IPv6, by the numbers of the selector's own names.
  case family(v4: UInt16, v6: UInt16, [String: UInt16])
  case interface(isEgress: Bool)
  /// The rule is in force only at certain times.
  case schedule
  /// Not modelled; the reason in plain words.
  case open(String)

  init(_ selector: NFTSelector) {
    switch (selector.group, selector.field) {
    case ("ip", "saddr"), ("ip", "daddr"): self = .address(isSource: selector.field == "saddr", .v4)
    case ("ip6", "saddr"), ("ip6", "daddr"): self = .address(isSource: selector.field == "saddr", .v6)
    case ("th", "sport"), ("th", "dport"):
      self = .port(isSource: selector.field == "sport", IPProtocol.withPorts, isLoose: true)
    // nft(8), RAW PAYLOAD EXPRESSION: these are the ports of TCP, UDP and their like.
    case ("@", "th,0,16"), ("@", "th,16,16"):
      self = .port(isSource: selector.field == "th,0,16", IPProtocol.withPorts, isLoose: true)
    case (let group, "sport"), (let group, "dport"):
      guard let number = Self.protocols[group], IPProtocol.withPorts.contains(number) else { fallthrough }
      self = .port(isSource: selector.field == "sport", IntervalSet(number), isLoose: false)
    case ("meta", "l4proto"), ("ip", "protocol"): self = .proto
    case ("ip6", "nexthdr"): self = .nextHeader
    case ("icmp", "type"), ("icmp", "code"): self = .icmp(isCode: selector.field == "code", .v4)
    case ("icmpv6", "type"), ("icmpv6", "code"): self = .icmp(isCode: selector.field == "code", .v6)
    case ("tcp", "flags"): self = .tcpFlags
    case ("ct", "state"): self = .state
    case ("ct", "status"): self = .status
    case ("ct", "direction"): self = .direction
    case ("meta", "nfproto"): self = .family(v4: 2, v6: 10, NFTNames.netfilterFamilies)
    case ("meta", "protocol"), ("ether", "type"): self = .family(v4: 0x0800, v6: 0x86DD, NFTNames.etherTypes)
    case ("meta", "iifname"), ("meta", "iif"): self = .interface(isEgress: false)
    case ("meta", "oifname"), ("meta", "oif"): self = .interface(isEgress: true)
    case ("meta", "time"), ("meta", "hour"), ("meta", "day"): self = .schedule
    default: self = .open(Self.reason(selector))
    }
  }

  /// What a packet must be to have the field at all: nft adds these conditions itself.
  static func dependency(_ selector: NFTSelector) -> PacketMatch {
    let group = selector.group
    var match = PacketMatch.any
    if let number = protocols[group] { match.services = [Service(proto: number)] }
    switch group {
    case "ip", "icmp", "igmp": (match.sources, match.destinations) = (.allV4, .allV4)
    case "ip6", "icmpv6", "hbh", "dst", "frag", "mh", "srh", "exthdr":
      (match.sources, match.destinations) = (.allV6, .allV6)
    default: break
    }
    return match
  }

  private static let protocols: [String: UInt8] = [
    "tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "sctp": IPProtocol.sctp, "dccp": IPProtocol.dccp, "udplite": 136,
    "icmp": IPProtocol.icmp, "icmpv6": IPProtocol.icmpV6, "igmp": 2, "ah": IPProtocol.ah, "esp": IPProtocol.esp,
    "comp": 108, "gre": IPProtocol.gre,
  ]

  private static func reason(_ selector: NFTSelector) -> String {
    switch (selector.group, selector.field) {
    case ("meta", "mark"), ("ct", "mark"): "marks can be set outside this file"
    case ("meta", "iifgroup"), ("meta", "oifgroup"), ("meta", "iiftype"), ("meta", "oiftype"), ("meta", "iifkind"),
      ("meta", "oifkind"), ("meta", "sdif"), ("meta", "sdifname"):
      "groups and kinds of interfaces are not in this file"
    case ("meta", "ibrname"), ("meta", "obrname"), ("meta", "ibriport"), ("meta", "obriport"):
      "bridge ports are not modelled"
    case ("meta", "random"), ("numgen", _), ("jhash", _), ("symhash", _): "the rule matches a share of the packets"
    case ("meta", "ipsec"), ("rt", "ipsec"), ("ipsec", _): "whether the packet comes through IPsec is not modelled"
    case ("fib", _), ("rt", _): "what the routing table answers is not in this file"
    case ("ether", _), ("vlan", _), ("arp", _): "hardware addresses and VLAN tags are not modelled"
    case ("ct", _), ("ct original", _), ("ct reply", _): "the tracked connection's own data is not modelled"
    case ("socket", _), ("meta", "skuid"), ("meta", "skgid"), ("meta", "cgroup"): "sockets are not modelled"
    case ("@", "ih,56,8"):
      "the byte where a Modbus function code can stand is looked at; a segment may hold several requests or a part of one"
    case ("@", _): "payload at a fixed place is not modelled"
    case ("osf", _): "the sender's operating system is guessed from its packets"
    default: "`\(selector.text)` is not modelled"
    }
  }
}
