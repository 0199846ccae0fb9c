import PacketSets
import SourceText

/// Names of nft(8) that stand for numbers or fields.
enum NFTNames {
  /// A chain's priority by number or standard name (nft(8), CHAINS, tables 6 and 7).
  static func priority(_ word: String, _ family: NFTFamily) -> Int? {
    if let number = Int(word) { return abs(number) < 1 << 31 ? number : nil }
    let names = family == .bridge ? bridgePriorities : priorities
    return names[word]
  }

  private static let priorities = [
    "raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100, "out": 100,
  ]
  private static let bridgePriorities = ["dstnat": -300, "filter": -200, "out": 100, "srcnat": 300]

  /// Keys that need no `meta` before them (nft(8), META EXPRESSIONS).
  static let metaKeys: Set<String> = [
    "mark", "iif", "iifname", "iiftype", "oif", "oifname", "oiftype", "skuid", "skgid", "nftrace", "rtclassid",
    "ibrname", "obrname", "ibriport", "obriport", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup", "random",
    "iifkind", "oifkind", "time", "hour", "day", "sdif", "sdifname",
  ]

  /// Whether two words name a field of a packet.
  static func isField(_ group: String, _ field: String) -> Bool {
    fields[group]?.contains(field) ?? false || specialGroups.contains(group)
  }

  private static let specialGroups: Set<String> = ["fib", "numgen", "jhash", "symhash", "socket", "osf", "ipsec"]

  /// Fields by header (nft(8), PAYLOAD EXPRESSIONS, EXTENSION HEADER EXPRESSIONS, CONNTRACK EXPRESSIONS).
  static let fields: [String: Set<String>] = [
    "meta": metaKeys.union([
      "length", "nfproto", "l4proto", "protocol", "priority", "ipsec", "bri_iifname", "bri_oifname", "secmark",
      "ibrpvid", "ibrvproto",
    ]),
    "ct": [
      "state", "direction", "status", "mark", "expiration", "helper", "label", "count", "id", "zone", "bytes",
      "packets", "avgpkt", "l3proto", "protocol", "event", "timeout", "expectation", "secmark", "original", "reply",
    ],
    "ether": ["daddr", "saddr", "type"],
    "vlan": ["id", "dei", "cfi", "pcp", "type"],
    "arp": ["htype", "ptype", "hlen", "plen", "operation", "saddr", "daddr"],
    "ip": [
      "version", "hdrlength", "dscp", "ecn", "length", "id", "frag-off", "ttl", "protocol", "checksum", "saddr",
      "daddr", "option",
    ],
    "ip6": ["version", "dscp", "ecn", "flowlabel", "length", "nexthdr", "hoplimit", "saddr", "daddr"],
    "icmp": ["type", "code", "checksum", "id", "sequence", "gateway", "mtu"],
    "icmpv6": [
      "type", "code", "checksum", "parameter-problem", "packet-too-big", "id", "sequence", "max-delay", "taddr",
      "daddr",
    ],
    "igmp": ["type", "mrt", "checksum", "group"],
    "tcp": [
      "sport", "dport", "sequence", "ackseq", "doff", "reserved", "flags", "window", "checksum", "urgptr", "option",
    ],
    "udp": ["sport", "dport", "length", "checksum"], "udplite": ["sport", "dport", "checksum", "csumcov"],
    "sctp": ["sport", "dport", "vtag", "checksum", "chunk"], "dccp": ["sport", "dport", "type", "option"],
    "th": ["sport", "dport"], "ah": ["nexthdr", "hdrlength", "reserved", "spi", "sequence"],
    "esp": ["spi", "sequence"], "comp": ["nexthdr", "flags", "cpi"], "gre": ["flags", "version", "protocol"],
    "hbh": ["nexthdr", "hdrlength"], "dst": ["nexthdr", "hdrlength"],
    "frag": ["nexthdr", "frag-off", "more-fragments", "reserved2", "id"],
    "rt": ["nexthdr", "hdrlength", "type", "seg-left", "classid", "nexthop", "mtu", "ipsec"],
    "mh": ["nexthdr", "hdrlength", "checksum", "type"], "srh": ["flags", "tag", "sid", "seg-left"],
  ]

  /// Fields of TCP and IP options and SCTP chunks.
  static let optionFields: Set<String> = [
    "length", "size", "left", "right", "count", "tsval", "tsecr", "kind", "type", "ptr", "addr", "value", "flags",
    "tsn", "stream", "ssn", "ppid", "init-tag", "a-rwnd", "num-outbound-streams", "num-inbound-streams",
    "initial-tsn", "cum-tsn-ack", "num-gap-ack-blocks", "num-dup-tsns", "lowest-tsn", "seqno", "new-cum-tsn",
  ]

  /// Words of limits and quotas besides numbers.
  static let amountWords: Set<String> = [
    "rate", "over", "until", "burst", "packets", "packet", "bytes", "byte", "kbytes", "mbytes", "gbytes", "second",
    "minute", "hour", "day", "week", "used", "never",
  ]

  static let translationFlags: Set<String> = ["random", "fully-random", "persistent", "netmap"]

  /// Session states by the bit that nft gives them (nft(8), table 24).
  static let stateBits: [String: UInt16] = [
    "invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64,
  ]

  static let statusBits: [String: UInt16] = [
    "expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512,
  ]

  static let tcpFlagBits: [String: UInt16] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128,
  ]

  /// nft(8), table 18; `nft describe icmp_type`.
  static let icmpTypes: [String: UInt16] = [
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
    "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12,
    "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16,
    "address-mask-request": 17, "address-mask-reply": 18,
  ]

  /// nft(8), table 19.
  static let icmpCodes: [String: UInt16] = [
    "net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "frag-needed": 4,
    "net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13,
  ]

  /// nft(8), table 20.
  static let icmpV6Types: [String: UInt16] = [
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
    "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
    "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
    "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138,
    "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
  ]

  /// nft(8), table 21.
  static let icmpV6Codes: [String: UInt16] = [
    "no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4, "policy-fail": 5,
    "reject-route": 6,
  ]

  /// Ether types of IP packets; every other never meets a rule of an IP table.
  static let etherTypes: [String: UInt16] = [
    "ip": 0x0800, "ip6": 0x86DD, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100, "8021ad": 0x88A8,
  ]

  /// Protocol families as the kernel numbers them (`NFPROTO_IPV4`, `NFPROTO_IPV6`).
  static let netfilterFamilies: [String: UInt16] = ["ipv4": 2, "ipv6": 10]

  /// A number in decimal or with `0x`; nil for anything else. A leading zero means octal to nft, which nobody means.
  static func number(_ word: String) -> UInt64? {
    if word.hasPrefix("0x") { return UInt64(word.dropFirst(2), radix: 16) }
    guard let first = word.utf8.first, ASCII.isDigit(first), first != 48 || word.utf8.count == 1 else { return nil }
    return UInt64(word)
  }
}
