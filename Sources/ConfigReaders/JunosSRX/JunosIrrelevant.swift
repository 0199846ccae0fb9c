import RuleModel
import SourceText

/// Statements that are known not to touch filtering, and those that do but are not modelled.
extension JunosSystem {
  private static let sections: Set<String> = [
    "version", "groups", "apply-groups", "apply-groups-except", "system", "snmp", "chassis", "access", "access-profile",
    "accounting-options", "applications", "class-of-service", "event-options", "ethernet-switching-options",
    "interfaces",
    "jsrc", "multicast-snooping-options", "multi-chassis", "policy-options", "poe", "protocols", "routing-options",
    "schedulers", "session-limit-group", "smtp", "switch-options", "virtual-chassis", "vlans", "bridge-domains", "wlan",
    "vmhost", "dynamic-profiles", "diameter", "extensions", "fabric", "hypervisor", "security-profile", "smtp-client",
    "unified-edge", "partition", "rcsid", "host-options", "language",
  ]

  /// Parts of `security` that neither permit nor deny sessions by themselves.
  private static let security: Set<String> = [
    "alarms", "alg", "analysis", "application-firewall", "application-tracking", "authentication-key-chains",
    "key-chain", "certificates", "cloud", "datapath-debug", "dns-cache", "dynamic-address", "dynamic-application",
    "dynamic-vpn", "firewall-authentication", "flow", "gprs", "group-vpn", "host-vpn", "idp", "ike", "ipsec",
    "ipsec-policy", "ipv6", "jexec", "key-protection", "l3vpn", "log", "macsec", "metadata-streaming", "pki",
    "remote-access", "resource-manager", "screen", "secintel", "ssh-known-hosts", "ssl", "tcp-encap", "traceoptions",
    "traffic-selector", "tunnel-inspection", "user-identification", "utm", "content-security", "webauth",
    "advance-policy-based-routing", "advanced-anti-malware", "secure-web-proxy", "address-book", "apply-groups",
    "apply-groups-except", "policies", "zones", "nat", "forwarding-options", "forwarding-process", "mirror",
    "nat-softwire", "softwires", "apbr", "password-policy", "distribution-profile", "cap-policy",
    "unified-threat-management",
  ]

  mutating func markIrrelevant() {
    for part in tree.children(own) {
      switch tree.word(part) {
      case let word where Self.sections.contains(word): tree.markBelow(part, .irrelevant)
      case "security":
        for inner in tree.children(part) where Self.security.contains(tree.word(inner)) { markSecurity(inner) }
      case "firewall", "logical-systems", "tenants": break
      case "routing-instances": tree.markBelow(part, .used)
      case "services": noteServices(part)
      case "forwarding-options": noteForwardingOptions(part)
      default: break
      }
    }
    noteDynamicRouting()
  }

  private mutating func markSecurity(_ node: Int) {
    switch tree.word(node) {
    // Objects of books that nothing refers to.
    case "address-book", "applications":
      for book in tree.children(node) { tree.markBelow(book, .used) }
    // What is left in these was read and reported statement by statement.
    case "policies", "zones", "nat": break
    case "advance-policy-based-routing", "apbr":
      tree.markBelow(node, .used)
      device.hasOtherRoutes = true
      notes.gap(tree.range(node), .notModelled, matters: true, "policy-based routing by application is not followed")
    default: tree.markBelow(node, .irrelevant)
    }
  }

  /// Services cards of routers filter and translate too; measurements and captive portals do not.
  private mutating func noteServices(_ node: Int) {
    for part in tree.children(node) {
      switch tree.word(part) {
      case "stateful-firewall", "nat", "service-set", "ids":
        _ = notModelled(part, "`services \(tree.word(part))` of routers is not modelled; it may filter or translate")
      // A failed probe puts another route in place ("IP Monitoring", `then preferred-route`).
      case "ip-monitoring":
        tree.markBelow(part, .used)
        device.hasOtherRoutes = true
      default: tree.markBelow(part, .irrelevant)
      }
    }
  }

  private mutating func noteForwardingOptions(_ node: Int) {
    for family in tree.children(of: ["family"], below: node) {
      guard let filter = tree.child(family, "filter") else { continue }
      notes.gap(
        tree.range(filter), .notModelled, matters: true,
        "the filter of the whole forwarding table is not modelled; it can only drop more")
    }
    tree.markBelow(node, .irrelevant)
  }

  /// Routes that the device learns are not in the file; which zone lies behind which interface may follow from them.
  private mutating func noteDynamicRouting() {
    for name in ["bgp", "isis", "ospf", "ospf3", "rip", "ripng", "mpls", "ldp", "rsvp", "evpn"] {
      guard let node = tree.find(["protocols", name], below: own) else { continue }
      device.hasOtherRoutes = true
      notes.issue(
        .dynamicObject, tree.range(node), "routes learned by \(name) are not in the file",
        help: "bind zones to interfaces in the site file where only dynamic routing places them", matters: false)
    }
    // A traffic selector brings a route to the networks behind the peer ("Traffic Selectors in Route-Based VPNs", Auto Route
    // Insertion).
    for tunnel in tree.children(of: ["security", "ipsec", "vpn"], below: own)
    where tree.child(tunnel, "traffic-selector") != nil { device.hasOtherRoutes = true }
  }
}
