/// Names of `config` sections, abbreviations undone.
///
/// The CLI takes any unambiguous beginning of a command word ("CLI basics" in the FortiOS administration guide), so
/// `config sys int` is `config system interface`; scripts and hand-written snippets use that.
enum FortiPaths {
  /// First words of top-level sections, from the FortiOS CLI reference's table of contents.
  static let families: Set<String> = [
    "alertemail", "antivirus", "application", "authentication", "automation", "casb", "certificate", "cifs",
    "credential-store", "diameter-filter", "dlp", "dnsfilter", "dpdk", "emailfilter", "endpoint-control",
    "ethernet-oam", "extender", "extender-controller", "file-filter", "firewall", "ftp-proxy", "gtp", "hardware",
    "icap", "ips", "log", "mgmt-data", "monitoring", "netscan", "nsx", "nsxt", "pfcp", "report", "router", "rule",
    "sctp-filter", "spamfilter", "ssh-filter", "switch-controller", "system", "telemetry-controller", "user",
    "videofilter", "virtual-patch", "voip", "vpn", "waf", "wanopt", "web-proxy", "webfilter", "wireless-controller",
    "ztna",
  ]

  /// Second words that may be abbreviated: the sections that this reader looks into.
  private static let seconds: [String: [String]] = [
    "system": ["global", "interface", "zone", "settings", "admin", "sdwan", "virtual-wan-link", "virtual-switch"],
    "firewall": [
      "address", "address6", "addrgrp", "addrgrp6", "policy", "policy6", "vip", "vipgrp", "ippool", "service",
      "schedule", "central-snat-map", "local-in-policy", "multicast-policy", "multicast-address",
    ],
    "router": ["static", "static6", "policy", "bgp", "ospf", "rip", "access-list"],
    "application": ["list"],
    "ips": ["global", "sensor", "decoder"],
  ]

  /// The path that the words behind `config` stand for.
  static func canonical(_ words: [String]) -> String {
    guard var first = words.first else { return "" }
    if words.count > 1, !families.contains(first), first.utf8.count >= 3 {
      let candidates = families.filter { $0.hasPrefix(first) }
      // `sys`, `fire` and `app` have no rival that people abbreviate.
      if let only = candidates.count == 1 ? candidates.first : candidates.first(where: { seconds[$0] != nil }) {
        first = only
      }
    }
    guard words.count > 1 else { return first }
    var rest = Array(words.dropFirst())
    if let known = seconds[first], !known.contains(rest[0]), rest[0].utf8.count >= 3 {
      let candidates = known.filter { $0.hasPrefix(rest[0]) }
      if candidates.count == 1 { rest[0] = candidates[0] }
    }
    return ([first] + rest).joined(separator: " ")
  }

  /// Whether the words can only open a section at the top of a configuration or of a virtual domain.
  static func isTopLevel(_ words: [String]) -> Bool {
    guard let first = words.first else { return false }
    if words.count == 1 { return first == "vdom" || first == "global" }
    return families.contains(first) && first != "application" && first != "rule" && first != "hardware"
  }
}
