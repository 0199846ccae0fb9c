import RuleModel
import SourceText

extension Platform {
  static let opnsense = pf(
    .opnsense, support: .exports,
    documentation: [
      "OPNsense documentation, Firewall: Rules, NAT, Aliases, Groups, Settings",
      "OPNsense core, src/etc/inc/filter.lib.inc and mvc/app/library/OPNsense/Firewall (the generator of the rules)",
    ])

  static let pfsense = pf(
    .pfsense, support: .manual,
    documentation: [
      "pfSense documentation, Firewall: Rule Processing Order, Floating Rules, NAT, Aliases",
      "pfSense, src/etc/inc/filter.inc (the generator of the rules)",
    ])

  private static func pf(_ product: PfProduct, support: Support, documentation: [String]) -> Platform {
    Platform(
      id: product.rawValue, title: "\(product.title) config.xml", support: support,
      documentation: documentation + ["pf.conf(5): quick, last match"],
      modelled: [
        "interfaces, VLANs, LAGG, groups, virtual addresses, static routes",
        "rules of both stores: floating, group and interface rules, quick and last match, both directions",
        "automatic rules: default deny, anti-lockout, private networks, ICMPv6, DHCP",
        "aliases, nested and of both stores", "port forwards, 1:1 and outbound NAT, NPt",
        "access to web interface, SSH and SNMP",
      ],
      bounded: [
        "host names, URL tables, GeoIP and other aliases with content from outside", "bogon networks",
        "rules with a gateway (policy routing), schedule, tag, limits, operating system, no state",
        "addresses that interfaces get by DHCP, PPPoE or prefix delegation",
        "source addresses in outgoing rules behind NAT",
      ],
      ignored: [
        "users, certificates, DNS, DHCP, NTP, logging, shaping", "secrets", "bans that the device makes by itself",
      ],
      detect: { file in
        PfDocument(file)?.product == product ? "its root element is <\(product.root)>" : nil
      }, read: { readPf($0) })
  }
}
