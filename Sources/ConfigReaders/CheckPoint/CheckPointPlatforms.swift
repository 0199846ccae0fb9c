import SourceText

extension Platform {
  /// Check Point: answers of the management API.
  static let checkPointManagement = Platform(
    id: "checkpoint-mgmt", title: "Check Point (management API, JSON)", support: .samples,
    documentation: [
      "Check Point Management API Reference: show-access-rulebase, show-nat-rulebase, show-package",
      "R81 Security Management Administration Guide: Ordered Layers and Inline Layers, Configuring the NAT Policy",
    ],
    modelled: [
      "ordered and inline layers, sections, implicit cleanup",
      "hosts, networks, ranges, wildcards, groups with exclusion",
      "TCP, UDP, SCTP, ICMP and other services, groups", "negation, disabled rules, tracking, installation targets",
      "NAT rules, manual and automatic", "gateways with their interfaces",
    ],
    bounded: [
      "applications and sites", "access roles, security zones, domains, dynamic and updatable objects",
      "VPN, time and content columns", "Ask, user and client authentication", "implied rules",
    ],
    ignored: ["threat prevention, HTTPS inspection, quality of service", "VPN communities", "who changed what when"],
    detect: detectCheckPointManagement, read: readCheckPointManagement)

  /// Check Point Quantum Spark and Rugged, locally managed (Gaia Embedded).
  static let checkPointGaiaEmbedded = Platform(
    id: "checkpoint-gaia-embedded", title: "Check Point Quantum Spark, Rugged 1500R (Gaia Embedded)", support: .manual,
    documentation: [
      "Quantum Spark CLI Reference Guide: access-rule",
      "Quantum Spark Locally Managed Administration Guide: Access Policy",
    ],
    modelled: [
      "access rules of both tables in their order", "hosts, networks, ranges, groups, services",
      "negation, disabled rules, logging",
    ],
    bounded: ["the default policy (Strict, Standard, Off) and generated rules", "applications, users, hours"],
    ignored: ["settings of the appliance that do not filter"],
    detect: detectGaiaEmbedded, read: readGaiaEmbedded)
}
