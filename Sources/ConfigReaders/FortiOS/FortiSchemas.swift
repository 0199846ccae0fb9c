/// Attributes of the modelled sections, from the FortiOS CLI reference (7.6.1, with names of older releases added).
extension FortiCatalog {
  /// Attributes that objects carry for people and for synchronisation.
  static let objectDecoration: Set<String> = [
    "uuid", "comment", "comments", "color", "visibility", "fabric-object", "fabric-object-source", "tags",
    "q_origin_key",
    "category", "cache-ttl", "allow-routing", "passive-fqdn-learning", "global-object", "q-origin-key",
  ]

  /// Children that only tag an object.
  private static let tagging: [String: FortiHandling] = [
    "tagging": .irrelevant, "list": .irrelevant, "tags": .irrelevant,
  ]

  static let interface = FortiSchema(
    used: [
      "vdom", "ip", "mode", "allowaccess", "type", "vlanid", "interface", "status", "alias", "description",
      "dedicated-to", "secondary-IP", "member", "defaultgw", "distance", "explicit-web-proxy", "explicit-ftp-proxy",
      "src-check", "vrf",
    ], unknownMatters: false,
    children: [
      "vrrp": .model(FortiSchema(used: ["vrip"], unknownMatters: false)),
      "secondaryip": .model(FortiSchema(used: ["ip", "allowaccess"], unknownMatters: false)),
      "ipv6": .model(
        FortiSchema(
          used: ["ip6-address", "ip6-allowaccess", "ip6-mode"], unknownMatters: false,
          children: ["ip6-extra-addr": .model(FortiSchema(used: [], unknownMatters: false))])),
    ])

  static let sdwan = FortiSchema(
    used: ["status"], unknownMatters: false,
    children: [
      "zone": .model(FortiSchema(used: [], unknownMatters: false)),
      "members": .model(
        FortiSchema(used: ["interface", "zone", "gateway", "gateway6", "status"], unknownMatters: false)),
      "service": .notModelled(
        reason: "SD-WAN rules choose among the member interfaces; any member may be taken", matters: false),
    ])

  static let address = FortiSchema(
    used: [
      "type", "subnet", "start-ip", "end-ip", "wildcard", "fqdn", "country", "interface", "ip6", "host", "host-type",
      "template", "wildcard-fqdn", "sub-type",
    ],
    irrelevant: objectDecoration.union([
      "associated-interface", "macaddr", "start-mac", "end-mac", "sdn", "sdn-tag", "filter", "obj-id", "obj-tag",
      "obj-type", "organization", "policy-group", "epg-name", "tag-type", "tag-detection-level", "sdn-addr-type",
      "node-ip-only", "fsso-group", "tenant", "url", "route-tag", "clearpass-spt", "subnet-name", "dirty", "hw-model",
      "hw-vendor", "os", "sw-version", "agent-id", "managed-subnetwork-size",
    ]),
    children: tagging.merging(["subnet-segment": .irrelevant]) { first, _ in first })

  static let addressGroup = FortiSchema(
    used: ["member", "exclude", "exclude-member"], irrelevant: objectDecoration.union(["type"]), children: tagging)

  static let service = FortiSchema(
    used: [
      "protocol", "protocol-number", "tcp-portrange", "udp-portrange", "sctp-portrange", "udplite-portrange",
      "icmptype", "icmpcode", "proxy", "explicit-proxy", "iprange", "fqdn", "app-service-type", "application",
      "app-category",
    ],
    irrelevant: objectDecoration.union([
      "helper", "session-ttl", "check-reset-range", "tcp-halfclose-timer", "tcp-halfopen-timer", "tcp-timewait-timer",
      "tcp-rst-timer", "udp-idle-timer",
    ]))

  static let virtualIP = FortiSchema(
    used: [
      "type", "extip", "extaddr", "mappedip", "mapped-addr", "extintf", "portforward", "protocol", "extport",
      "mappedport", "portmapping-type", "service", "src-filter", "srcintf-filter", "src-vip-filter", "nat-source-vip",
      "status", "server-type",
    ],
    irrelevant: objectDecoration.union([
      "id", "arp-reply", "ldb-method", "gratuitous-arp-interval", "persistence", "monitor", "max-embryonic-connections",
      "http-cookie-domain", "http-cookie-path", "http-cookie-age", "http-cookie-share", "http-ip-header",
      "http-ip-header-name", "http-multiplex", "http-redirect", "http-host", "https-cookie-secure",
      "outlook-web-access",
      "weblogic-server", "websphere-server", "ssl-mode", "ssl-certificate", "ssl-dh-bits", "ssl-algorithm", "ssl-pfs",
      "ssl-min-version", "ssl-max-version", "ssl-server-min-version", "ssl-server-max-version", "ssl-server-algorithm",
      "ssl-send-empty-frags", "ssl-client-renegotiation", "ssl-client-session-state-type", "ssl-hpkp", "ssl-hsts",
      "dns-mapping-ttl", "nat44", "nat46", "ndp-reply", "add-nat46-route", "one-click-gslb-server",
      "gslb-hostname", "gslb-domain-name", "h2-support", "h3-support", "http-supported-max-version",
    ]),
    children: [
      "realservers": .model(
        FortiSchema(
          used: ["ip", "address", "port", "status"],
          irrelevant: [
            "id", "type", "weight", "holddown-interval", "healthcheck", "http-host", "max-connections", "monitor",
            "client-ip", "translate-host", "verify-cert", "health-check-proto",
          ])),
      "ssl-cipher-suites": .irrelevant, "ssl-server-cipher-suites": .irrelevant, "quic": .irrelevant,
      "gslb-public-ips": .irrelevant,
    ])

  static let pool = FortiSchema(
    used: ["type", "startip", "endip", "nat46", "nat64"],
    irrelevant: objectDecoration.union([
      "startport", "endport", "source-startip", "source-endip", "block-size", "port-per-user", "num-blocks-per-user",
      "pba-timeout", "permit-any-host", "arp-reply", "arp-intf", "associated-interface", "add-nat64-route",
      "subnet-broadcast-in-ippool", "pba-interim-log", "client-prefix-length", "tcp-session-quota",
      "udp-session-quota", "icmp-session-quota", "privileged-port-use-pba", "exclude-ip",
    ]))

  static let policy = FortiSchema(
    used: [
      "status", "name", "srcintf", "dstintf", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "srcaddr4", "dstaddr4",
      "action", "schedule", "service", "logtraffic", "comments", "comment", "nat", "ippool", "poolname", "poolname6",
      "srcaddr-negate", "dstaddr-negate", "srcaddr6-negate", "dstaddr6-negate", "service-negate", "match-vip",
      "match-vip-only", "send-deny-packet", "utm-status", "application-list", "ips-sensor", "profile-type",
      "profile-group", "internet-service", "internet-service6", "internet-service-src", "internet-service6-src",
      "groups", "users", "fsso-groups", "fsso", "nat46", "nat64", "fixedport",
      "http-policy-redirect", "ssh-policy-redirect", "ztna-policy-redirect", "webproxy-forward-server",
    ],
    irrelevant: irrelevantPolicyAttributes)

  /// Attributes that only choose inspection of other kinds, shaping, logging detail, timeouts or marking.
  private static let irrelevantPolicyAttributes: Set<String> = [
    "uuid", "uuid-idx", "label", "global-label", "color", "logtraffic-start", "log-unmatched-traffic", "capture-packet",
    "auto-asic-offload", "np-acceleration", "session-ttl", "traffic-shaper", "traffic-shaper-reverse",
    "per-ip-shaper", "dynamic-shaping", "diffserv-forward", "diffserv-reverse", "diffservcode-forward",
    "diffservcode-rev", "diffserv-copy", "tcp-mss-sender", "tcp-mss-receiver", "vlan-cos-fwd", "vlan-cos-rev",
    "profile-protocol-options", "ssl-ssh-profile", "av-profile", "webfilter-profile", "dnsfilter-profile",
    "emailfilter-profile", "spamfilter-profile", "dlp-sensor", "dlp-profile", "file-filter-profile",
    "voip-profile", "icap-profile", "cifs-profile", "waf-profile", "ssh-filter-profile", "videofilter-profile",
    "virtual-patch-profile", "sctp-filter-profile", "diameter-filter-profile", "casb-profile", "ips-voip-filter",
    "inspection-mode", "webproxy-profile", "webcache", "webcache-https", "wanopt",
    "wanopt-detection", "wanopt-passive-opt", "wanopt-profile", "wanopt-peer", "wccp", "replacemsg-override-group",
    "custom-log-fields",
    "block-notification",
    "timeout-send-rst", "firewall-session-dirty", "anti-replay", "tcp-session-without-syn", "delay-tcp-npu-session",
    "geoip-anycast", "geoip-match", "disclaimer", "email-collect", "natip", "natinbound", "natoutbound",
    "permit-any-host",
    "permit-stun-host", "rtp-nat", "rtp-addr", "schedule-timeout", "decrypted-traffic-mirror", "ssl-mirror",
    "ssl-mirror-intf", "scan-botnet-connections", "radius-mac-auth-bypass", "auth-cert", "auth-path",
    "auth-redirect-addr", "redirect-url", "ntlm-guest", "ntlm-enabled-browsers", "captive-portal-exempt",
    "policy-offload", "passive-wan-health-measurement", "app-monitor", "application-charts", "cgn-eif", "cgn-eim",
    "cgn-log-server-grp", "cgn-resource-quota", "cgn-session-quota", "dsri", "radius-ip-auth-bypass",
    "port-preserve", "port-random", "tags", "sgt-check", "devices-category", "fec", "best-route", "central-nat",
    "policy-behaviour-type", "pcp-outbound", "pcp-inbound", "pcp-poolname", "match-direction", "mms-profile",
    "gtp-profile", "client-reputation", "utm-inspection-mode", "deep-inspection-options", "auth-method", "bandwidth",
    // Names of an Internet Service: the switch `internet-service` already leaves the addresses open.
    "internet-service-name", "internet-service-id", "internet-service-group", "internet-service-custom",
    "internet-service-custom-group", "internet-service-fortiguard", "network-service-dynamic",
    "internet-service-src-name", "internet-service-src-id", "internet-service-src-group", "internet-service-src-custom",
    "internet-service-src-custom-group", "network-service-src-dynamic", "internet-service-src-fortiguard",
    "internet-service6-name", "internet-service6-group", "internet-service6-custom", "internet-service6-custom-group",
    "internet-service6-src-name", "internet-service6-src-group", "internet-service6-src-custom",
    "internet-service6-src-custom-group", "internet-service-negate", "internet-service-src-negate",
  ]

  static let localInPolicy = FortiSchema(
    used: [
      "status", "intf", "srcaddr", "dstaddr", "srcaddr-negate", "dstaddr-negate", "service", "service-negate", "action",
      "schedule", "comments", "ha-mgmt-intf-only", "logtraffic", "internet-service-src",
    ],
    irrelevant: [
      "uuid", "virtual-patch", "auto-asic-offload", "internet-service-src-name", "internet-service-src-group",
      "internet-service-src-custom", "internet-service-src-custom-group", "internet-service-src-negate",
    ])

  static let multicastPolicy = FortiSchema(
    used: [
      "status", "name", "srcintf", "dstintf", "srcaddr", "dstaddr", "action", "protocol", "start-port", "end-port",
      "logtraffic", "comments", "snat", "snat-ip", "dnat", "application-list", "ips-sensor", "utm-status",
    ],
    irrelevant: ["uuid", "id", "auto-asic-offload", "traffic-shaper"])

  static let centralSourceTranslation = FortiSchema(
    used: [
      "status", "srcintf", "dstintf", "orig-addr", "dst-addr", "orig-addr6", "dst-addr6", "protocol", "orig-port",
      "dst-port", "nat", "nat-ippool", "nat-ippool6", "nat46", "nat64", "type",
    ],
    irrelevant: ["uuid", "comments", "nat-port", "policyid", "port-preserve", "port-random"])

  static let applicationList = FortiSchema(
    used: ["comment", "other-application-action", "unknown-application-action"],
    irrelevant: [
      "replacemsg-group", "extended-log", "app-replacemsg", "other-application-log", "unknown-application-log",
      "p2p-black-list", "p2p-block-list", "deep-app-inspection", "options", "force-inclusion-ssl-di-sigs",
      "enforce-default-app-port", "control-default-network-services", "uuid",
    ],
    children: [
      "default-network-services": .irrelevant,
      "entries": .model(
        FortiSchema(
          used: [
            "application", "category", "action", "risk", "sub-category", "protocols", "vendor", "technology",
            "behavior",
            "popularity", "exclusion", "tags",
          ],
          irrelevant: [
            "log", "log-packet", "rate-count", "rate-duration", "rate-mode", "rate-track", "session-ttl", "shaper",
            "shaper-reverse", "per-ip-shaper", "quarantine", "quarantine-expiry", "quarantine-log",
          ],
          children: [
            "parameters": .model(
              FortiSchema(
                used: ["value"],
                children: ["members": .model(FortiSchema(used: ["name", "value"]))]))
          ])),
    ])

  static let sensor = FortiSchema(
    used: ["comment"],
    irrelevant: [
      "replacemsg-group", "block-malicious-url", "scan-botnet-connections", "extended-log", "log", "uuid",
    ],
    unknownMatters: false,
    children: [
      "entries": .model(FortiSchema(used: ["rule", "action", "status"], unknownMatters: false)),
      "filter": .irrelevant, "override": .irrelevant,
    ])

  static let staticRoute = FortiSchema(
    used: [
      "status", "dst", "dstaddr", "gateway", "device", "distance", "blackhole", "sdwan", "sdwan-zone",
      "virtual-wan-link", "internet-service", "internet-service-custom", "src", "dynamic-gateway", "vrf",
    ],
    irrelevant: ["comment", "priority", "weight", "bfd", "link-monitor-exempt", "tag", "preferred-source", "devindex"])
}
