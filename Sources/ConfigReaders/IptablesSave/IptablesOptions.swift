/// What one option of a match extension says about the packets that the rule takes.
enum MatchMeaning: Sendable {
  case ports(PortSide)
  case portList(PortSide)
  case tcpFlags, syn, icmpType, icmpV6Type
  case states, direction
  case sourceRange, destinationRange
  case comment, set, schedule
  /// Says how something is counted or named, not whether the packet matches.
  case parameter
  /// The packet matches or not by something that the rule model does not hold.
  case open(String)
}

/// Which port an option looks at.
enum PortSide: Sendable { case source, destination, either }

/// An option of a match extension.
struct MatchOption: Sendable {
  var arguments: Int
  var meaning: MatchMeaning
}

/// A match extension (`-m name`) with its options.
struct MatchModule: Sendable {
  /// Why a rule with this match may or may not take a packet; nil when only its options decide that.
  var doubt: String?
  var options: [String: MatchOption]
  /// Whether the doubt is only about how often the rule matches, so that a log rule with it still logs.
  var limitsRate = false

  /// The extensions of iptables-extensions(8) 1.8.9, section MATCH EXTENSIONS.
  static let all: [String: MatchModule] = exact.merging(open) { first, _ in first }

  /// Extensions that the rule model holds, wholly or in part.
  private static let exact: [String: MatchModule] = [
    "tcp": MatchModule(
      options: portOptions.merging([
        "--tcp-flags": MatchOption(arguments: 2, meaning: .tcpFlags), "--syn": MatchOption(arguments: 0, meaning: .syn),
        "--tcp-option": MatchOption(arguments: 1, meaning: .open("TCP options are not modelled")),
      ]) { $1 }),
    "udp": MatchModule(options: portOptions),
    "udplite": MatchModule(options: portOptions),
    "sctp": MatchModule(
      options: portOptions.merging([
        "--chunk-types": MatchOption(arguments: 2, meaning: .open("SCTP chunk types are not modelled"))
      ]) { $1 }),
    "dccp": MatchModule(
      options: portOptions.merging([
        "--dccp-types": MatchOption(arguments: 1, meaning: .open("DCCP packet types are not modelled")),
        "--dccp-option": MatchOption(arguments: 1, meaning: .open("DCCP options are not modelled")),
      ]) { $1 }),
    "multiport": MatchModule(
      options: options(1, .portList(.source), "--source-ports", "--sports")
        .merging(options(1, .portList(.destination), "--destination-ports", "--dports")) { $1 }
        .merging(options(1, .portList(.either), "--ports")) { $1 }),
    "icmp": MatchModule(options: options(1, .icmpType, "--icmp-type")),
    "icmp6": MatchModule(options: options(1, .icmpV6Type, "--icmpv6-type")),
    "state": MatchModule(options: options(1, .states, "--state")),
    "conntrack": MatchModule(
      options: options(1, .states, "--ctstate").merging(options(1, .direction, "--ctdir")) { $1 }.merging(
        options(
          1, .open("the tracked connection's own addresses, ports and status are not modelled"), "--ctproto",
          "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", "--ctorigsrcport", "--ctorigdstport",
          "--ctreplsrcport", "--ctrepldstport", "--ctstatus", "--ctexpire")
      ) { $1 }),
    "comment": MatchModule(options: options(1, .comment, "--comment")),
    "iprange": MatchModule(
      options: options(1, .sourceRange, "--src-range").merging(options(1, .destinationRange, "--dst-range")) { $1 }),
    "set": MatchModule(
      options: options(2, .set, "--match-set", "--set").merging(
        options(0, .parameter, "--return-nomatch", "--update-counters", "--update-subcounters")
      ) { $1 }.merging(
        options(
          1, .parameter, "--packets-eq", "--packets-lt", "--packets-gt", "--bytes-eq", "--bytes-lt", "--bytes-gt")
      ) { $1 }),
    // `--set` always succeeds: iptables-extensions(8), recent.
    "recent": MatchModule(
      options: options(0, .parameter, "--set", "--rsource", "--rdest", "--reap", "--rttl").merging(
        options(1, .parameter, "--name", "--mask", "--seconds", "--hitcount")
      ) { $1 }.merging(
        options(0, .open("which addresses were seen recently is not known"), "--rcheck", "--update", "--remove")
      ) { $1 }),
    "time": MatchModule(
      doubt: "the rule is in force only at certain times",
      options: options(
        1, .schedule, "--datestart", "--datestop", "--timestart", "--timestop", "--monthdays", "--weekdays"
      ).merging(options(0, .parameter, "--kerneltz", "--contiguous", "--utc", "--localtz")) { $1 }),
    "ah": MatchModule(
      options: options(1, .open("the security parameter index is not modelled"), "--ahspi", "--ahlen")
        .merging(options(0, .open("reserved header bits are not modelled"), "--ahres")) { $1 }),
    "esp": MatchModule(options: options(1, .open("the security parameter index is not modelled"), "--espspi")),
  ]

  private static let portOptions: [String: MatchOption] = options(1, .ports(.source), "--source-port", "--sport")
    .merging(options(1, .ports(.destination), "--destination-port", "--dport")) { $1 }

  /// Options of equal meaning.
  static func options(_ arguments: Int, _ meaning: MatchMeaning, _ names: String...) -> [String: MatchOption] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, MatchOption(arguments: arguments, meaning: meaning)) })
  }
}
