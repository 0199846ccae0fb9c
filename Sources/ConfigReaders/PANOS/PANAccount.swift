import SourceText

/// Says of every section of the tree whether the rule model holds it, so that no line is passed over in silence.
///
/// Attributes of rules are looked at where the rules are lowered.
struct PANAccount {
  var tree: PANTree
  var notes: PANNotes

  private struct Sections {
    var used: Set<String> = []
    var irrelevant: Set<String> = []
    /// Whether a section of another name could decide about traffic.
    var matters = true
  }

  /// Walks the whole tree.
  mutating func run() {
    for node in tree.children(of: PANTree.root) {
      switch tree.name(of: node) {
      case "shared": objects(node)
      case "devices": for device in tree.children(of: node) { self.device(device) }
      case "readonly": tree.set(.used, on: node)
      case "mgt-config", "panorama", "predefined": tree.set(.irrelevant, on: node)
      case "policy": sections(node, Sections(irrelevant: ["shared"])) { $0 == "panorama" ? { $0.objects($1) } : nil }
      default: unknown(node, matters: true)
      }
    }
  }

  private mutating func unknown(_ node: Int, matters: Bool) {
    tree.set(.notRecognised, on: node)
    notes.gap(
      tree.range(of: node), .notRecognised, matters: matters,
      "the section `\(printable(tree.name(of: node)))` is not known")
  }

  /// Marks the children of a node; `inside` gives the work for those that are looked into.
  private mutating func sections(
    _ node: Int, _ sections: Sections, inside: (String) -> ((inout PANAccount, Int) -> Void)?
  ) {
    for child in tree.children(of: node) {
      let name = tree.name(of: child)
      if let work = inside(name) {
        work(&self, child)
      } else if sections.used.contains(name) {
        tree.set(.used, on: child)
      } else if sections.irrelevant.contains(name) {
        tree.set(.irrelevant, on: child)
      } else {
        unknown(child, matters: sections.matters)
      }
    }
  }

  private mutating func device(_ device: Int) {
    let known = Sections(
      irrelevant: [
        "log-collector", "log-collector-group", "platform", "plugins", "wildfire-appliance",
        "wildfire-appliance-cluster",
      ])
    sections(device, known) { name in
      switch name {
      case "deviceconfig": { $0.settings($1) }
      case "network": { $0.network($1) }
      case "vsys", "device-group": { $0.each($1) { $0.objects($1) } }
      case "template", "template-stack": { $0.each($1) { $0.template($1) } }
      default: nil
      }
    }
  }

  private mutating func each(_ list: Int, _ work: (inout PANAccount, Int) -> Void) {
    for entry in tree.children(of: list) { work(&self, entry) }
  }

  private mutating func template(_ node: Int) {
    let known = Sections(
      used: ["description", "devices", "templates", "variable"], irrelevant: ["settings", "user-group-source"],
      matters: false)
    sections(node, known) { name in
      guard name == "config" else { return nil }
      return { account, config in
        account.sections(config, Sections(irrelevant: ["mgt-config", "panorama"])) { name in
          switch name {
          case "shared": { $0.objects($1) }
          case "devices": { $0.each($1) { $0.device($1) } }
          default: nil
          }
        }
      }
    }
  }

  /// Settings of the device as a whole: who may administer it counts, the rest does not touch filtering.
  private mutating func settings(_ node: Int) {
    let known = Sections(irrelevant: ["cluster", "high-availability", "redistribution", "setting"], matters: false)
    let system = Sections(
      used: [
        "default-gateway", "hostname", "ip-address", "ipv6-address", "netmask", "panorama", "panorama-server",
        "panorama-server-2", "permitted-ip", "service", "type",
      ],
      irrelevant: [
        "ack-login-banner", "authentication-profile", "certificate-profile", "cloud-services",
        "config-bundle-export-schedule", "device-telemetry", "dns-setting", "domain", "eth1", "fqdn-refresh-time",
        "geo-location", "hsm-settings", "ipv6-default-gateway", "lcaas-use-proxy", "lldp", "locale",
        "log-export-schedule",
        "login-banner", "motd-and-banner", "mtu", "non-ui-authentication-profile", "ntp-servers", "route",
        "secure-proxy-port",
        "secure-proxy-server", "secure-proxy-user", "secure-proxy-password", "server-verification", "snmp-setting",
        "speed-duplex", "ssh", "ssl-tls-service-profile", "timezone", "tls-min-version", "update-schedule",
        "update-server", "vpn-disable-mode",
      ],
      matters: false)
    sections(node, known) { name in
      name == "system" ? { account, node in account.sections(node, system) { _ in nil } } : nil
    }
  }

  private mutating func network(_ node: Int) {
    let known = Sections(
      used: ["interface", "logical-router", "shared-gateway", "virtual-router", "virtual-wire", "vlan"],
      irrelevant: [
        "dhcp", "dns-proxy", "ike", "lldp", "proxy", "qos", "routing-profile", "secure-web-gateway", "tunnel",
        "underlay-net",
      ])
    let profiles = Sections(
      used: ["interface-management-profile"],
      irrelevant: [
        "bfd-profile", "lldp-profile", "macsec-profile", "monitor-profile", "qos-profile", "zone-protection-profile",
      ])
    sections(node, known) { name in
      name == "profiles" ? { account, node in account.sections(node, profiles) { _ in nil } } : nil
    }
  }

  /// Objects and rules of a virtual system, a device group, or all of them.
  private mutating func objects(_ node: Int) {
    let known = Sections(
      used: [
        "address", "address-group", "application", "application-filter", "application-group", "description",
        "devices", "display-name", "external-list", "import", "parent-dg", "region", "schedule", "service",
        "service-group", "zone",
      ],
      irrelevant: [
        "admin-role", "alg-override", "application-status", "application-tag", "authentication-object",
        "authentication-profile", "authentication-sequence", "authorization-code", "botnet", "captive-portal",
        "certificate", "certificate-profile", "content-preview", "device-object", "dns-proxy", "dynamic-user-group",
        "email-scheduler", "global-protect", "group-mapping", "import-list", "iot", "ldap", "local-user-database",
        "log-settings", "master-device", "ocsp-responder", "override", "pdf-summary-report", "profile-group",
        "profiles",
        "redistribution-agent", "reference-templates", "report-group", "reports", "response-page", "scep",
        "sdwan-interface-profile",
        "server-profile", "setting", "ssl-decrypt", "ssl-tls-service-profile", "tag", "threats", "ts-agent",
        "user-context-cloud", "user-id-agent", "user-id-collector", "user-id-hub", "vm-info-source", "to-sw-version",
      ])
    sections(node, known) { name in
      ["rulebase", "pre-rulebase", "post-rulebase"].contains(name) ? { $0.rulebase($1) } : nil
    }
  }

  /// Rule tables; those for decryption, quality of service and the packet broker permit and deny nothing.
  private mutating func rulebase(_ node: Int) {
    let known = Sections(
      used: ["application-override", "default-security-rules", "nat", "security"],
      irrelevant: ["decryption", "network-packet-broker", "qos"])
    let deciding: [String: String] = [
      "authentication": "authentication rules may stop traffic until a user has logged in",
      "captive-portal": "captive portal rules may stop traffic until a user has logged in",
      "dos": "DoS protection rules may stop traffic",
      "pbf": "policy-based forwarding may send traffic out of another interface, and so to another zone",
      "sdwan": "SD-WAN rules may send traffic out of another interface",
      "tunnel-inspect": "tunnel inspection asks the security rules about traffic inside tunnels too",
    ]
    sections(node, known) { name in
      guard let reason = deciding[name] else { return nil }
      return { $0.unmodelled($1, reason) }
    }
  }

  /// A rule table that is recognised only; it matters when it has a rule that is in force.
  private mutating func unmodelled(_ table: Int, _ reason: String) {
    tree.set(.irrelevant, on: table)
    for rule in tree.children(of: tree.child("rules", of: table)) where !tree.isYes("disabled", of: rule) {
      if tree.name(of: table) == "dos", tree.value("action", of: rule) == "allow" { continue }
      tree.set(.notModelled, on: rule)
      notes.gap(tree.range(of: rule), .notModelled, matters: true, reason)
    }
  }

  /// Carries the states over to the lines.
  mutating func mark(_ file: SourceFile) {
    let states = tree.states()
    for mention in tree.mentions {
      let state: LineState =
        switch states[Int(mention.node)] {
        case .irrelevant: .irrelevant
        case .notModelled: .notModelled
        case .notRecognised: .notRecognised
        case .used, .inherited: .used
        }
      notes.mark(SourceRange(file: file.id, start: mention.start, end: mention.end), state)
    }
  }
}
