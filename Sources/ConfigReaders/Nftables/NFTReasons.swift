/// Why matches and rules are known only between bounds, in plain words.
enum NFTReasons {
  static let rate = "the packet rate decides whether the rule matches"
  static let quota = "whether the quota is used up is not known"
  static let connectionCount = "the number of open connections decides whether the rule matches"
  static let setMayBeFull = "the rule ends here when the set that it fills has no room"
  static let schedule = "the rule is in force only at certain times"

  /// Statements that take the packet out of the rules' hands (nft(8), STATEMENTS).
  static let fates = [
    "queue": "a program outside the kernel decides", "tproxy": "the packet goes to a local proxy",
    "synproxy": "the gateway answers in the server's place",
    "dup": "a copy of the packet goes to another machine past the rules that follow",
    "fwd": "the packet leaves by another interface past the rules that follow",
  ]

  /// What `field set value` does to the packet's fate.
  static func change(of field: NFTExpression) -> NFTStatement {
    guard case .selector(let selector) = field else { return .fate("a part of the packet is changed") }
    let isAddressed =
      switch selector.group {
      case "@": true
      case "ip", "ip6", "tcp", "udp", "sctp", "dccp", "th", "icmp", "icmpv6":
        ["saddr", "daddr", "sport", "dport", "protocol", "nexthdr", "flags", "type", "code"].contains(selector.field)
      default: false
      }
    return isAddressed ? .rewrite(selector) : .harmless
  }
}
