/// Attributes of proxy policies and of the proxies themselves (CLI reference 6.0 to 8.0).
extension FortiCatalog {
  static let proxyPolicy = FortiSchema(
    used: [
      "status", "name", "proxy", "srcintf", "dstintf", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "srcaddr-negate",
      "dstaddr-negate", "service", "service-negate", "action", "schedule", "logtraffic", "comments", "groups", "users",
      "internet-service", "internet-service6", "webproxy-forward-server", "utm-status",
    ],
    irrelevant: [
      "uuid", "label", "global-label", "application-list", "av-profile", "block-notification", "casb-profile",
      "cifs-profile", "custom-tags", "decrypted-traffic-mirror", "detect-https-in-http-request",
      "diameter-filter-profile", "disclaimer", "dlp-profile", "dlp-sensor", "dnsfilter-profile",
      "emailfilter-profile", "file-filter-profile", "http-tunnel-auth", "https-sub-category", "icap-profile",
      "ips-sensor", "ips-voip-filter", "log-http-transaction", "logtraffic-start", "mms-profile", "poolname",
      "poolname6", "profile-group", "profile-protocol-options", "profile-type", "redirect-url",
      "replacemsg-override-group", "scan-botnet-connections", "sctp-filter-profile", "session-ttl",
      "spamfilter-profile", "ssh-filter-profile", "ssh-policy-redirect", "ssl-ssh-profile", "telemetry-profile",
      "transparent", "videofilter-profile", "virtual-patch-profile", "voip-profile", "waf-profile", "webcache",
      "webcache-https", "webfilter-profile", "webproxy-profile", "access-proxy", "access-proxy6", "ztna-proxy",
      // Names of an Internet Service: the switch `internet-service` already leaves the addresses open.
      "internet-service-name", "internet-service-id", "internet-service-group", "internet-service-custom",
      "internet-service-custom-group", "internet-service-fortiguard", "internet-service6-name",
      "internet-service6-group", "internet-service6-custom", "internet-service6-custom-group",
    ])

  /// Patterns of requests; that there is one of the name is all that matters.
  static let proxyAddress = FortiSchema(used: ["type", "member"], unknownMatters: false)

  static let explicitWebProxy = FortiSchema(
    used: [
      "status", "sec-default-action", "socks", "incoming-ip", "incoming-ip6", "http-incoming-port",
      "https-incoming-port", "ftp-incoming-port", "socks-incoming-port", "pac-file-server-port",
    ], unknownMatters: false)

  static let explicitFTPProxy = FortiSchema(
    used: ["status", "sec-default-action", "incoming-ip", "incoming-port"], unknownMatters: false)

  static let upstreamProxy = FortiSchema(used: ["addr-type", "ip", "fqdn"], unknownMatters: false)

  static let upstreamByURL = FortiSchema(used: ["status", "forward-server"], unknownMatters: false)
}
