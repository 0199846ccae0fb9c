import ConfigReaders
import RuleModel
import SourceText
import Testing

/// Whether a platform's reader says that static routes are not all that decides where packets leave.
func hasOtherRoutes(_ platform: String, _ text: String) throws -> Bool {
  let file = try SourceFile(path: "device.cfg", bytes: Array(text.utf8))
  let reading = try #require(Platform.named(platform)).read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return try #require(reading.devices.first).hasOtherRoutes
}

/// Routes that are learned or chosen by policy: a static route then rules out no other way (`Device.hasOtherRoutes`).
@Suite struct OtherRoutesTests {
  /// Each of `lines` behind `base` must be seen, none of `others`.
  private func check(_ platform: String, _ base: String, _ lines: [String], but others: [String]) throws {
    for text in others + (base.isEmpty ? [] : [""]) {
      #expect(try !hasOtherRoutes(platform, base + text + "\n"), "\(text)")
    }
    for text in lines { #expect(try hasOtherRoutes(platform, base + text + "\n"), "\(text)") }
  }

  /// Secure Firewall ASA General Operations CLI guide: "OSPF", "BGP", "Policy Based Routing", "Traffic Zones"; command
  /// reference: `route` (track), `crypto map set reverse-route`, `ip address dhcp` (setroute brings a default route only);
  /// firewall CLI guide, NAT, "Determining the Egress Interface" (a static rule names it, a dynamic one does not).
  @Test func `Cisco ASA`() throws {
    try check(
      "cisco-asa", asaInterfaces + "route inside 10.5.0.0 255.255.0.0 10.0.0.9 1\n",
      [
        "router ospf 1\n network 10.0.0.0 255.255.255.0 area 0", "router bgp 65000", "router eigrp 1", "router rip",
        "ipv6 router ospf 1", "interface GigabitEthernet1/2\n policy-route route-map VENDOR",
        "interface GigabitEthernet1/2\n vrf forwarding plant", "interface GigabitEthernet1/2\n zone-member wan",
        "route inside 10.6.0.0 255.255.0.0 10.0.0.9 1 track 1", "route inside GROUP 10.0.0.9",
        "crypto map vpn 10 set reverse-route",
        "object network SERVER\n host 10.0.0.20\n nat (inside,outside) static 192.0.2.20",
      ],
      but: [
        "route inside 10.6.0.0 255.255.0.0 10.0.0.9 1", "interface GigabitEthernet1/1\n ip address dhcp setroute",
        "interface GigabitEthernet1/2\n vrf forwarding default", "route-map VENDOR permit 10", "multicast-routing",
      ])
  }

  /// IP Routing: Protocol-Independent configuration guide: "Policy-Based Routing", "VRF-lite", "Object Tracking"; Security
  /// Command Reference, `reverse-route`; IP Addressing Command Reference, `ip nat outside source` (add-route).
  @Test func `Cisco IOS`() throws {
    let inside = "interface GigabitEthernet0/0\n"
    try check(
      "cisco-ios", iosInterfaces + "ip route 10.5.0.0 255.255.0.0 10.0.0.9\n",
      [
        "router ospf 1", "router bgp 65000", "ipv6 router rip x", inside + " ip policy route-map VENDOR",
        inside + " ipv6 policy route-map VENDOR", inside + " ip ospf 1 area 0", inside + " ip router isis",
        inside + " ospfv3 1 ipv6 area 0", inside + " ip vrf forwarding plant", inside + " vrf forwarding plant",
        inside + " ip wccp 61 redirect in", "ip wccp 61", "ip route 10.6.0.0 255.255.0.0 10.0.0.9 track 1",
        "ip route 10.6.0.0 255.255.0.0 172.16.0.1", "crypto map vpn 10 ipsec-isakmp\n reverse-route",
        "ip nat outside source static 192.168.1.9 10.9.9.9 add-route",
      ],
      but: [
        "ip route 10.6.0.0 255.255.0.0 10.0.0.9", "ip route 0.0.0.0 0.0.0.0 192.168.1.254",
        inside + " ip address dhcp", "route-map VENDOR permit 10\n set ip next-hop 10.0.0.9",
        "ip local policy route-map VENDOR", "no router ospf 1", "ip nat outside source static 192.168.1.9 10.9.9.9",
      ])
  }

  /// FortiOS 7.6 administration guide: "Dynamic routing", "Policy routes", "SD-WAN rules", "VRF"; a full configuration has
  /// the sections of all protocols, empty. CLI reference, `config vpn ipsec phase1-interface` (add-route, default enable).
  @Test func `FortiOS`() throws {
    let route = """
      config router static
          edit 1
              set dst 10.5.0.0 255.255.0.0
              set gateway 10.0.2.9
              set device "port2"
          next
      end

      """
    func section(_ path: String, _ content: String...) -> String {
      "config \(path)\n" + content.map { "    \($0)\n" }.joined() + "end\n"
    }
    func inner(_ path: String, _ content: String) -> String { "config \(path)\n\(content)\nend" }
    try check(
      "fortios", fortiBase + route,
      [
        section("router ospf", inner("area", "edit 0.0.0.0\nnext")),
        section("router ospf", inner("network", "edit 1\nset prefix 10.0.2.0 255.255.255.0\nnext")),
        section("router bgp", "set as 65000", inner("neighbor", "edit 10.0.2.9\nset remote-as 65001\nnext")),
        section("router rip", inner("interface", "edit \"port2\"\nnext")),
        section("router isis", inner("isis-interface", "edit \"port2\"\nset status enable\nnext")),
        section("router policy", "edit 1", "set input-device \"port1\"", "set output-device \"port3\"", "next"),
        section("router policy6", "edit 1", "set output-device \"port3\"", "next"),
        section("system sdwan", "set status enable", inner("service", "edit 1\nset dst \"plc\"\nnext")),
        section("system interface", "edit \"port2\"", "set vrf 7", "next"),
        section("router static", "edit 2", "set internet-service 65537", "set device \"port1\"", "next"),
        section("vpn ipsec phase1-interface", "edit \"dialup\"", "set type dynamic", "next"),
      ],
      but: [
        section("router ospf", inner("redistribute \"connected\"", "")),
        section("router ospf", inner("area", ""), inner("network", "")),
        section("router bgp", inner("redistribute \"static\"", "")),
        section("router policy"), section("router policy", "edit 1", "set status disable", "next"),
        section("system sdwan", "set status disable", inner("service", "edit 1\nset dst \"plc\"\nnext")),
        section("system sdwan", "set status enable", inner("service", "")),
        section("system interface", "edit \"port1\"", "set mode dhcp", "next"),
        section("vpn ipsec phase1-interface", "edit \"site\"", "set interface \"port1\"", "next"),
      ])
  }

  /// "OSPF User Guide", "BGP User Guide", "Filter-Based Forwarding Overview", "Routing Instances Overview", "IP Monitoring",
  /// "Traffic Selectors in Route-Based VPNs" (Auto Route Insertion), "Advanced Policy-Based Routing".
  @Test func `Junos SRX`() throws {
    let term = "set firewall family inet filter f term t"
    try check(
      "junos-srx", junosBase + "set routing-options static route 10.5.0.0/16 next-hop 10.0.2.9\n",
      [
        "set protocols ospf area 0.0.0.0 interface ge-0/0/1.0", "set protocols bgp group g neighbor 10.0.2.9",
        "set protocols isis interface ge-0/0/1.0", "set protocols rip group g neighbor ge-0/0/1.0",
        "\(term) then routing-instance vendor", "\(term) then next-ip 10.0.3.9/32",
        "set routing-instances vendor instance-type virtual-router",
        "set routing-options static route 10.6.0.0/16 next-table vendor.inet.0",
        "set routing-options static route 10.6.0.0/16 next-hop 172.16.0.1",
        "set services ip-monitoring policy p then preferred-route route 10.6.0.0/16 next-hop 10.0.3.9",
        "set security ipsec vpn v traffic-selector t remote-ip 10.6.0.0/16",
        "set security advance-policy-based-routing profile p rule r then routing-instance vendor",
      ],
      but: [
        "set protocols lldp interface all", "set protocols rstp interface ge-0/0/1", "\(term) then accept",
        "set protocols ospf area 0.0.0.0 interface ge-0/0/1.0\ndeactivate protocols ospf",
        "\(term) then routing-instance vendor\ndeactivate firewall family inet filter f term t",
        "set interfaces ge-0/0/3 unit 0 family inet dhcp", "set security ipsec vpn v bind-interface st0.0",
      ])
  }

  /// PAN-OS networking administrator's guide: "OSPF", "BGP", "Policy-Based Forwarding", "Virtual Routers", "Static Route
  /// Removal Based on Path Monitoring"; a full configuration has `<ospf><enable>no`.
  @Test func `PAN-OS`() throws {
    let router = "set network virtual-router"
    let route = "\(router) default routing-table ip static-route"
    let pbf = "set rulebase pbf rules vendor"
    try check(
      "panos", panBase + "\(route) plant destination 10.5.0.0/16\n\(route) plant nexthop ip-address 10.0.2.9\n",
      [
        "\(router) default protocol ospf enable yes", "\(router) default protocol bgp enable yes",
        "\(pbf) action forward egress-interface ethernet1/2",
        "set rulebase sdwan rules vendor action traffic-distribution-profile p",
        "set network interface ethernet ethernet1/3 layer3 ip 10.0.3.1/24\n\(router) vendor interface ethernet1/3",
        "\(route) other destination 10.6.0.0/16\n\(route) other nexthop next-vr vendor",
        "\(route) other destination somewhere\n\(route) other nexthop ip-address 10.0.2.9",
        "\(route) plant path-monitor enable yes",
        "set network logical-router l vrf default ospf enable yes",
      ],
      but: [
        "\(router) default protocol ospf enable no", "\(router) default protocol rip enable no",
        "\(pbf) action forward egress-interface ethernet1/2\n\(pbf) disabled yes",
        "\(router) vendor protocol bgp enable no", "\(route) plant path-monitor enable no",
        "set network interface ethernet ethernet1/3 layer3 dhcp-client enable yes",
      ])
  }

  /// pfSense documentation, "Policy routing configuration" and "FRR Package"; OPNsense documentation, "Multi WAN" and
  /// "Dynamic Routing", "OpenVPN", "IPsec".
  @Test(arguments: ["opnsense", "pfsense"]) func `OPNsense and pfSense`(product: String) throws {
    func text(rules: String = "", more: String = "") -> String {
      var text = PfText()
      text.root = product
      let rule =
        "<rule><type>pass</type><interface>lan</interface><source><any/></source><destination><any/></destination>"
      text.rules = rules.isEmpty ? "" : "\(rule)\(rules)</rule>"
      text.more =
        "<gateways><gateway_item><interface>opt1</interface><gateway>10.2.0.9</gateway><name>VENDOR</name></gateway_item>"
        + "</gateways><staticroutes><route><network>10.5.0.0/16</network><gateway>VENDOR</gateway></route></staticroutes>"
        + more
      return text.text
    }
    let frr =
      product == "opnsense"
      ? "<OPNsense><quagga><general><enabled>1</enabled></general></quagga></OPNsense>"
      : "<installedpackages><frr><config><enable>on</enable></config></frr></installedpackages>"
    let off =
      product == "opnsense"
      ? "<OPNsense><quagga><general><enabled>0</enabled></general></quagga></OPNsense>"
      : "<installedpackages><frr><config></config></frr></installedpackages>"
    try check(
      product, "",
      [
        text(rules: "<gateway>VENDOR</gateway>"), text(more: frr),
        text(more: "<openvpn><openvpn-server><remote_network>10.6.0.0/16</remote_network></openvpn-server></openvpn>"),
        text(more: "<ipsec><phase1><ikeid>1</ikeid></phase1></ipsec>"),
        text(more: "<staticroutes><route><network>10.6.0.0/16</network><gateway>GONE</gateway></route></staticroutes>")
          .replacing("<gateway>VENDOR</gateway></route>", with: "<gateway>GONE</gateway></route>"),
      ],
      but: [
        text(), text(rules: "<log/>"), text(rules: "<gateway></gateway>"), text(more: off),
        text(rules: "<gateway>VENDOR</gateway><disabled>1</disabled>"), text(more: "<ipsec><vtimaps/></ipsec>"),
      ])
  }
}
