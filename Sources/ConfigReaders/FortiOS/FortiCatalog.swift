/// What the reader does with a section.
indirect enum FortiHandling: Sendable {
  /// The file itself, `config global` or one virtual domain: holds top-level sections.
  case scope
  /// `config vdom`.
  case domains
  /// Statements are kept for the rule model.
  case model(FortiSchema)
  /// Known, but the rule model does not hold it; each entry becomes a gap.
  case notModelled(reason: String, matters: Bool)
  /// A routing protocol: peers, networks and areas bring routes that the file does not hold.
  case dynamicRouting
  /// Known not to touch filtering.
  case irrelevant
  /// No section of FortiOS that the reader knows.
  case unknown(matters: Bool)
}

/// The attributes of one modelled section and what each is good for.
struct FortiSchema: Sendable {
  /// Attributes that the rule model holds.
  var used: Set<String>
  /// Attributes that do not touch filtering.
  var irrelevant: Set<String> = []
  /// Whether an attribute that is in neither set leaves it open what the entry means.
  var unknownMatters: Bool = true
  var children: [String: FortiHandling] = [:]
}

/// The sections of the FortiOS CLI reference, sorted by what they mean to filtering.
enum FortiCatalog {
  static func handling(of path: String) -> FortiHandling {
    if let known = sections[path] { return known }
    let family = path.prefix { $0 != " " }
    let second = path.dropFirst(family.count + 1).prefix { $0 != " " }
    switch family {
    case "firewall": return irrelevantFirewall.contains(String(second)) ? .irrelevant : .unknown(matters: true)
    case "router": return irrelevantRouter.contains(String(second)) ? .irrelevant : .unknown(matters: true)
    default: return FortiPaths.families.contains(String(family)) ? .irrelevant : .unknown(matters: true)
    }
  }

  private static let irrelevantFirewall: Set<String> = [
    "auth-portal", "city", "country", "decrypted-traffic-mirror", "dnstranslation",
    "global", "identity-based-route", "interface-subnet", "internet-service", "internet-service-addition",
    "internet-service-append", "internet-service-botnet", "internet-service-custom",
    "internet-service-custom-group", "internet-service-definition", "internet-service-extension",
    "internet-service-fortiguard", "internet-service-group", "internet-service-ipbl-reason",
    "internet-service-ipbl-vendor", "internet-service-list", "internet-service-name", "internet-service-owner",
    "internet-service-reputation", "internet-service-sld", "internet-service-subapp", "ip-translation", "ipmacbinding",
    "ldb-monitor", "mms-profile", "network-service-dynamic", "on-demand-sniffer", "pfcp", "profile-protocol-options",
    "proute", "region", "shaper", "shaping-policy", "shaping-profile", "sniffer", "ssh", "ssl", "ssl-server",
    "ssl-ssh-profile", "traffic-class", "vendor-mac", "vendor-mac-summary", "wildcard-fqdn",
  ]

  private static let irrelevantRouter: Set<String> = [
    "access-list", "access-list6", "aspath-list", "auth-path", "bfd", "bfd6", "community-list",
    "extcommunity-list", "key-chain", "lookup", "lookup-vrf", "multicast", "multicast-flow", "multicast6",
    "prefix-list", "prefix-list6", "route-map", "setting",
  ]

  private static let sections: [String: FortiHandling] = [
    "vdom": .domains,
    "global": .scope,
    "system global": .model(
      FortiSchema(
        used: [
          "hostname", "admin-port", "admin-sport", "admin-ssh-port", "admin-telnet-port", "vdom-mode", "vdom-admin",
          "allow-traffic-redirect", "ipv6-allow-traffic-redirect",
        ], unknownMatters: false)),
    "system settings": .model(
      FortiSchema(
        used: [
          "opmode", "ngfw-mode", "central-nat", "multicast-forward", "multicast-skip-policy", "asymroute", "asymroute6",
          "asymroute-icmp", "asymroute6-icmp", "status", "strict-src-check",
        ], unknownMatters: false)),
    "system interface": .model(interface),
    "system zone": .model(
      FortiSchema(used: ["interface", "intrazone"], irrelevant: ["description"], unknownMatters: false)),
    "system sdwan": .model(sdwan),
    "system virtual-wan-link": .model(sdwan),
    "system switch-interface": .model(
      FortiSchema(used: ["member", "span", "intra-switch-policy"], unknownMatters: false)),
    "system virtual-switch": .model(
      FortiSchema(
        used: [], unknownMatters: false,
        children: ["port": .model(FortiSchema(used: [], unknownMatters: false))])),
    "system admin": .model(
      FortiSchema(
        used: Set((1...10).flatMap { ["trusthost\($0)", "ip6-trusthost\($0)"] }), unknownMatters: false)),
    "system virtual-wire-pair": .notModelled(
      reason: "a virtual wire pair bridges its interfaces; it is read as if they were routed", matters: true),
    "log setting": .model(FortiSchema(used: ["fwpolicy-implicit-log"], unknownMatters: false)),
    "firewall address": .model(address),
    "firewall address6": .model(address),
    "firewall multicast-address": .model(address),
    "firewall multicast-address6": .model(address),
    "firewall addrgrp": .model(addressGroup),
    "firewall addrgrp6": .model(addressGroup),
    "firewall service custom": .model(service),
    "firewall service group": .model(
      FortiSchema(used: ["member", "proxy", "explicit-proxy"], irrelevant: objectDecoration)),
    "firewall service category": .irrelevant,
    "firewall schedule recurring": .model(
      FortiSchema(used: ["day", "start", "end"], irrelevant: objectDecoration, unknownMatters: true)),
    "firewall schedule onetime": .model(
      FortiSchema(
        used: ["start", "end", "start-utc", "end-utc"], irrelevant: objectDecoration.union(["expiration-days"]))),
    "firewall schedule group": .model(FortiSchema(used: ["member"], irrelevant: objectDecoration)),
    "firewall vip": .model(virtualIP),
    "firewall vip6": .model(virtualIP),
    "firewall vipgrp": .model(FortiSchema(used: ["member", "interface"], irrelevant: objectDecoration)),
    "firewall vipgrp6": .model(FortiSchema(used: ["member"], irrelevant: objectDecoration)),
    "firewall ippool": .model(pool),
    "firewall ippool6": .model(pool),
    "firewall policy": .model(policy),
    "firewall policy6": .model(policy),
    "firewall consolidated policy": .model(policy),
    "firewall local-in-policy": .model(localInPolicy),
    "firewall local-in-policy6": .model(localInPolicy),
    "firewall multicast-policy": .model(multicastPolicy),
    "firewall multicast-policy6": .model(multicastPolicy),
    "firewall central-snat-map": .model(centralSourceTranslation),
    "firewall profile-group": .model(FortiSchema(used: ["application-list", "ips-sensor"], unknownMatters: false)),
    "application list": .model(applicationList),
    "ips global": .model(FortiSchema(used: ["exclude-signatures"], unknownMatters: false)),
    "ips sensor": .model(sensor),
    // Decoder and parameter are named on the `config` line, not by `edit`.
    "ips decoder modbus_decoder": .model(
      FortiSchema(
        used: [], unknownMatters: false,
        children: ["parameter port_list": .model(FortiSchema(used: ["value"], unknownMatters: false))])),
    "router static": .model(staticRoute),
    "router static6": .model(staticRoute),
    "router policy": .notModelled(
      reason: "policy routes send matching packets out by another interface; only static routes are modelled",
      matters: true),
    "router policy6": .notModelled(
      reason: "policy routes send matching packets out by another interface; only static routes are modelled",
      matters: true),
    "vpn ipsec phase1-interface": .model(FortiSchema(used: ["type", "add-route"], unknownMatters: false)),
    "router bgp": .dynamicRouting, "router ospf": .dynamicRouting, "router ospf6": .dynamicRouting,
    "router rip": .dynamicRouting, "router ripng": .dynamicRouting, "router isis": .dynamicRouting,
    "firewall security-policy": .notModelled(
      reason: "security policies of the policy-based NGFW mode decide by application, which is not modelled",
      matters: true),
    "firewall proxy-policy": .model(proxyPolicy),
    "firewall proxy-address": .model(proxyAddress),
    "firewall proxy-addrgrp": .model(proxyAddress),
    "web-proxy explicit": .model(explicitWebProxy),
    "ftp-proxy explicit": .model(explicitFTPProxy),
    "web-proxy forward-server": .model(upstreamProxy),
    "web-proxy url-match": .model(upstreamByURL),
    "firewall interface-policy": .notModelled(
      reason: "an interface policy inspects packets before the firewall policies, which is not modelled", matters: true),
    "firewall interface-policy6": .notModelled(
      reason: "an interface policy inspects packets before the firewall policies, which is not modelled", matters: true),
    "firewall DoS-policy": .notModelled(
      reason: "a DoS policy limits rates and anomalies; it does not permit or forbid a flow as such", matters: false),
    "firewall DoS-policy6": .notModelled(
      reason: "a DoS policy limits rates and anomalies; it does not permit or forbid a flow as such", matters: false),
    "firewall acl": .notModelled(
      reason: "access control lists drop packets before the firewall policies, which is not modelled", matters: true),
    "firewall acl6": .notModelled(
      reason: "access control lists drop packets before the firewall policies, which is not modelled", matters: true),
    "firewall ttl-policy": .notModelled(
      reason: "a TTL policy drops packets by their time to live, which is not modelled", matters: true),
    "firewall ipmacbinding setting": .notModelled(
      reason: "IP/MAC binding can drop packets of unlisted hosts, which is not modelled", matters: true),
    "firewall policy46": .notModelled(reason: crossFamily, matters: true),
    "firewall policy64": .notModelled(reason: crossFamily, matters: true),
    "firewall vip46": .notModelled(reason: crossFamily, matters: true),
    "firewall vip64": .notModelled(reason: crossFamily, matters: true),
    "firewall access-proxy": .notModelled(reason: accessProxy, matters: true),
    "firewall access-proxy6": .notModelled(reason: accessProxy, matters: true),
    "firewall access-proxy-virtual-host": .irrelevant,
    "firewall access-proxy-ssh-client-cert": .irrelevant,
    "firewall central-nat": .notModelled(
      reason: "the central NAT table of FortiOS 5.2 and older is not modelled", matters: true),
  ]

  /// Sections of routing protocols that bring routes as soon as they have an entry.
  static let bringsRoutes: Set<String> = [
    "neighbor", "neighbor-group", "neighbor-range", "network", "area", "interface", "ospf-interface", "ospf6-interface",
    "isis-interface",
  ]
  /// Sections whose entries send packets where no static route tells, or bring routes: policy routes, SD-WAN rules, and
  /// those of routing protocols.
  static let choosesRoutes = bringsRoutes.union(["router policy", "router policy6", "service"])
  static let routingProtocols = [
    "router bgp", "router ospf", "router ospf6", "router rip", "router ripng", "router isis",
  ]

  private static let crossFamily = "translation between IPv4 and IPv6 is not modelled"
  private static let accessProxy = "an access proxy opens connections to its servers for clients, which is not modelled"
}
