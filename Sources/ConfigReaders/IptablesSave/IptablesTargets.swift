import PacketSets
import RuleModel

/// What targets do (iptables-extensions(8) 1.8.9, section TARGET EXTENSIONS).
enum IptablesTargets {
  /// Targets that end with the next rule: they log, mark or change fields that no rule of the model looks at.
  static let passing: Set<String> = [
    "LOG", "NFLOG", "ULOG", "AUDIT", "MARK", "CONNMARK", "CONNSECMARK", "SECMARK", "HMARK", "TCPMSS", "TCPOPTSTRIP",
    "CLASSIFY", "CT", "NOTRACK", "TRACE", "SET", "CHECKSUM", "DSCP", "TOS", "ECN", "TTL", "HL", "IDLETIMER",
    "LED", "RATEEST",
  ]

  /// Targets that record the packet.
  static let logging: Set<String> = ["LOG", "NFLOG", "ULOG", "AUDIT"]

  /// Targets of the nat table.
  static let translating: Set<String> = ["DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"]

  /// Targets that take no options, so that options behind them belong to matches.
  static let withoutOptions: Set<String> = ["ACCEPT", "DROP", "RETURN", "QUEUE", "NOTRACK", "TRACE"]

  /// Options of targets that a loaded match could also claim.
  static let ownOptions: [String: Set<String>] = [
    "NETMAP": ["--to"], "CT": ["--helper", "--timeout"], "TTL": ["--ttl-set", "--ttl-dec", "--ttl-inc"],
    "CONNMARK": ["--mask"], "SET": ["--set"],
  ]

  /// Targets that are known, but whose effect on the packet's fate is not.
  static let opaque: [String: String] = [
    "QUEUE": "a program outside the kernel decides", "NFQUEUE": "a program outside the kernel decides",
    "SYNPROXY": "the gateway answers in the server's place", "TPROXY": "the packet goes to a local proxy",
    "CLUSTERIP": "the cluster node that owns the connection decides",
    "DNPT": "the network part of the address changes outside the nat table",
    "SNPT": "the network part of the address changes outside the nat table",
    "TARPIT": "the connection is held open", "DELUDE": "the connection is answered falsely",
    // iptables-extensions(8), TEE: the clone goes to its gateway, whatever the rules that follow say of the packet.
    "TEE": "a copy of the packet goes to another machine past the rules that follow",
    "CHAOS": "the rule acts at random", "MIRROR": "the packet is sent back", "ROUTE": "the packet takes another route",
  ]

  /// A name for "did you mean".
  static let names: Set<String> = passing.union(translating).union(withoutOptions).union(opaque.keys).union(["REJECT"])

  /// Whether the rule exempts its packets from connection tracking.
  static func isExemptingFromTracking(_ rule: IptablesRule) -> Bool {
    rule.target == "NOTRACK" || (rule.target == "CT" && rule.targetOptions["--notrack"] != nil)
  }
}
