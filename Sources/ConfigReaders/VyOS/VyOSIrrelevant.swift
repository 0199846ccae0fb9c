import RuleModel
import SourceText

/// Statements that are known not to touch filtering, and those that do but are not modelled.
extension VyOSSystem {
  private static let sections: Set<String> = [
    "interfaces", "system", "service", "protocols", "policy", "vpn", "pki", "qos", "traffic-policy",
    "high-availability", "cluster", "vrf", "custom-attributes", "qos-policy", "content-inspection", "zone-policy",
  ]

  /// Parts of `firewall` that set kernel switches, or that are read where they are used.
  private static let firewall: Set<String> = [
    "group", "all-ping", "broadcast-ping", "config-trap", "ip-src-route", "ipv6-receive-redirects", "ipv6-src-route",
    "log-martians", "receive-redirects", "send-redirects", "source-validation", "syn-cookies", "twa-hazards-protection",
    "resolver-cache", "resolver-interval", "resolver-internal", "flowtable", "options", "ipv6-modify", "modify",
  ]

  private static let globalOptions: Set<String> = [
    "all-ping", "broadcast-ping", "directed-broadcast", "ip-src-route", "ipv6-receive-redirects",
    "ipv6-source-validation", "ipv6-src-route", "log-martians", "receive-redirects", "resolver-cache",
    "resolver-interval", "resolver-internal", "send-redirects", "source-validation", "syn-cookies", "timeout",
    "twa-hazards-protection", "geoip",
  ]

  mutating func markIrrelevant() {
    notePolicyRouting()
    noteConntrack()
    noteContainers()
    for part in tree.children(StatementTree.root) where Self.sections.contains(tree.word(part)) {
      tree.markBelow(part, .irrelevant)
    }
    guard let firewall = tree.find(["firewall"]) else { return }
    for part in tree.children(firewall) {
      switch tree.word(part) {
      case let word where Self.firewall.contains(word): tree.markBelow(part, word == "group" ? .used : .irrelevant)
      case "global-options":
        for option in tree.children(part) where Self.globalOptions.contains(tree.word(option)) {
          tree.markBelow(option, .irrelevant)
        }
      case "ipv4", "ipv6": markHooks(part)
      default: break
      }
    }
  }

  /// What the device itself sends passes through nothing that is asked about.
  private mutating func markHooks(_ family: Int) {
    if let output = tree.child(family, "output") { tree.markBelow(output, .irrelevant) }
  }

  private mutating func notePolicyRouting() {
    for path in [["policy", "route"], ["policy", "route6"], ["policy", "local-route"], ["policy", "local-route6"]] {
      for node in tree.children(of: path) {
        if !path[1].hasPrefix("local") { device.hasOtherRoutes = true }
        _ = notModelled(node, "policy routing chooses other routes and may drop packets, which is not followed")
      }
    }
  }

  /// Packets that are exempted from tracking match no state.
  private mutating func noteConntrack() {
    guard let node = tree.find(["system", "conntrack", "ignore"]) else { return }
    _ = notModelled(node, "packets that are exempted from connection tracking are not told apart")
  }

  /// Published ports of containers are translated past the rules of the file.
  private mutating func noteContainers() {
    guard let section = tree.find(["container"]) else { return }
    for node in tree.children(of: ["name"], below: section) {
      guard let port = tree.child(node, "port") else { continue }
      _ = notModelled(port, "published ports of containers are translated, which is not modelled")
    }
    tree.markBelow(section, .irrelevant)
  }
}
