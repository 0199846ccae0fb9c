import RuleModel
import Testing

/// The same for routers, industrial firewalls and rule tables.
@Suite struct OtherRoutesOfRoutersTests {
  /// Each of `lines` behind `base` must be seen, none of `others`.
  private func check(_ platform: String, _ base: String, _ lines: [String], but others: [String]) throws {
    for text in others + (base.isEmpty ? [] : [""]) {
      #expect(try !hasOtherRoutes(platform, base + text + "\n"), "\(text)")
    }
    for text in lines { #expect(try hasOtherRoutes(platform, base + text + "\n"), "\(text)") }
  }

  /// RouterOS documentation: "OSPF", "BGP", "Policy Routing", "Virtual Routing and Forwarding", "IP Routing"
  /// (check-gateway), "PPP AAA" (routes), "OpenVPN" (route-nopull).
  @Test func `RouterOS`() throws {
    let rule = "/ip firewall mangle\nadd chain=prerouting action=mark-routing new-routing-mark=vendor"
    try check(
      "mikrotik-routeros", routerOSInterfaces + "/ip route\nadd dst-address=10.5.0.0/16 gateway=10.2.0.9\n",
      [
        rule, "/routing rule\nadd src-address=10.1.0.0/24 action=lookup table=vendor",
        "/ip route rule\nadd src-address=10.1.0.0/24 table=vendor", "/routing ospf instance\nadd name=v2",
        "/routing bgp connection\nadd name=peer", "/ip vrf\nadd interfaces=cell name=vendor",
        "/ip route\nadd dst-address=10.6.0.0/16 gateway=172.16.0.1",
        "/ip route\nadd dst-address=10.6.0.0/16 gateway=10.2.0.9 check-gateway=ping",
        "/ppp secret\nadd name=site routes=\"10.6.0.0/16 10.2.0.9 1\"", "/interface ovpn-client\nadd name=ovpn-out1",
      ],
      but: [
        rule + " disabled=yes", "/ip firewall mangle\nadd chain=prerouting action=mark-packet new-packet-mark=x",
        "/routing ospf instance\nset [ find default=yes ] disabled=yes", "/routing filter\nadd chain=x action=accept",
        "/routing rule\nadd src-address=10.1.0.0/24 table=vendor disabled=yes", "/routing table\nadd fib name=vendor",
        "/ip dhcp-client\nadd interface=wan", "/ppp secret\nadd name=user",
      ])
  }

  /// VyOS documentation: "Protocols", "Policy-Based Routing", "VRF", "WAN load balancing", "OpenVPN".
  @Test func `VyOS`() throws {
    try check(
      "vyos", vyosBase + "set protocols static route 10.5.0.0/16 next-hop 10.0.2.9\n",
      [
        "set protocols ospf area 0 network '10.0.2.0/24'", "set protocols bgp 65000 neighbor 10.0.2.9 remote-as 65001",
        "set protocols babel interface eth1", "set policy route VENDOR rule 10 set table '10'",
        "set policy route6 VENDOR rule 10 set table '10'", "set vrf name vendor table '100'",
        "set protocols failover route 10.6.0.0/16 next-hop 10.0.3.9",
        "set load-balancing wan interface-health eth2 nexthop '10.0.3.9'",
        "set interfaces openvpn vtun0 mode 'client'", "set protocols static route 10.6.0.0/16 next-hop 172.16.0.1",
      ],
      but: [
        "set protocols igmp-proxy interface eth1", "set policy local-route rule 10 set table '10'",
        "set policy prefix-list p rule 10 action permit", "set interfaces ethernet eth3 address dhcp",
        "set protocols static route 10.6.0.0/16 blackhole",
      ])
  }

  /// OpenWrt user guide: "IP rules" (`config rule` of the network package), "Routing tables", "mwan3", "WireGuard"
  /// (route_allowed_ips), "Static routes".
  @Test func `OpenWrt`() throws {
    let base = "package network\n\n" + UCIRouter.network + "package firewall\n\n" + UCIRouter.defaults + UCIRouter.zones
    func network(_ text: String) -> String { "package network\n\n\(text)\n" }
    try check(
      "openwrt-uci", base,
      [
        network("config rule\n\toption src '10.0.0.0/24'\n\toption lookup '100'"),
        network("config rule6\n\toption lookup '100'"),
        "package mwan3\n\nconfig member 'a'\n\toption interface 'wan'\n",
        network("config route\n\toption interface 'wan'\n\toption target '10.6.0.0/16'\n\toption table '100'"),
        network("config route\n\toption target '10.6.0.0/16'\n\toption gateway '172.16.0.1'"),
        network("config route\n\toption interface 'wan'\n\toption target 'somewhere'"),
        network("config interface 'vpn'\n\toption proto 'static'\n\toption ip4table '100'"),
        network("config wireguard_wg0\n\toption route_allowed_ips '1'"),
        "package ospf\n\nconfig ospf 'general'\n\toption enabled '1'\n",
      ],
      but: [
        network("config rule\n\toption lookup '100'\n\toption disabled '1'"),
        network("config route\n\toption target '10.6.0.0/16'\n\toption gateway '10.0.0.9'"),
        network("config route\n\toption interface 'wan'\n\toption target '10.6.0.0/16'\n\toption table 'main'"),
        network("config interface 'modem'\n\toption device 'wwan0'\n\toption proto 'dhcp'"),
        network("config wireguard_wg0\n\toption route_allowed_ips '0'"),
        "package ospf\n\nconfig ospf 'general'\n\toption enabled '0'\n", "package dhcp\n\nconfig dnsmasq\n",
      ])
  }

  /// A route without an interface leaves by the one whose network holds the gateway ("Static routes": interface); it is no
  /// route that drops. Sections of the network package are no rules of the firewall.
  @Test func `OpenWrt routes find their interface`() throws {
    let route = "config route\n\toption target '10.6.0.0/16'\n\toption gateway '192.0.2.9'\n"
    let router = try UCIRouter(
      whole:
        "package network\n\n\(UCIRouter.network)\(route)\nconfig rule\n\toption lookup '100'\n\npackage firewall\n\n"
        + UCIRouter.defaults + UCIRouter.zones)
    #expect(router.device.routes.map(\.interface) == ["br-lan", "eth1"])
    #expect(router.gaps.isEmpty, "\(router.gaps)")
  }

  /// SNS user configuration manual, "Routing" (policy based routing in filter rules, dynamic routing by BIRD).
  @Test func `Stormshield SNS`() throws {
    try check(
      "stormshield-sns", stormshieldObjects,
      [
        "[Filter]\npass route gateway from scada to plcs port modbus", "[StaticRoutes]\nplcs=gateway\n[Filter]",
        "[Bird]\nState=1\n[Filter]",
      ],
      but: [
        "[Filter]\npass from scada to plcs port modbus",
        "[Filter]\noff pass route gateway from scada to plcs port modbus",
      ])
  }

  /// RUGGEDCOM ROX II CLI User Guide, "Managing Dynamic Routing" (RIP, BGP, OSPF), "Virtual Routing and Forwarding".
  @Test func `ROX II`() throws {
    try check(
      "rox", rox() + "routing ipv4 route 10.5.0.0/16 via 10.2.0.9\n",
      [
        "routing dynamic ospf enabled", "routing dynamic bgp enabled", "routing isis enabled",
        "global vrf definition vendor", "tunnel ipsec connection x", "routing ipv4 route 10.6.0.0/16 via 172.16.0.1",
      ],
      but: ["routing ipv4 route 10.6.0.0/16 via 10.3.0.9", "routing multicast static enabled", "services ntp enabled"])
  }

  /// PH_SCALANCE-S615-CLI_76, 9.1.2.5 (`ip route`); `router ospf` and `router rip` are of the SCALANCE XM-400/XR-500 CLI.
  @Test func `SCALANCE`() throws {
    func text(_ lines: String) -> String { scalance().replacing("\nfirewall\n", with: "\n\(lines)\nfirewall\n") }
    try check(
      "scalance", "",
      [
        text("router ospf"), text("router rip"), text("ip route 10.5.0.0 255.255.0.0 vlan 2"),
        text("ip route 10.5.0.0 255.255.0.0 172.16.0.1"), text("sinemarc"), text("route-map vendor permit 10"),
      ],
      but: [
        text("ip route 10.5.0.0 255.255.0.0 10.2.0.9"), text("ntp"), text("interface vlan 2\nip address dhcp\nexit"),
      ])
  }

  /// Westermo OS Management Guide 4.17.0-0, chapters "OSPF Dynamic Routing", "RIP Dynamic Routing", "Tunneling".
  @Test func `WeOS`() throws {
    try check(
      "weos", "",
      [
        weos("") + "router\n ospf\n  network 10.2.0.0/24\n end\nend", weos("") + "tunnel\n ipsec 0\n end\nend",
        weos("route 10.5.0.0/16 172.16.0.1"), weos("route 10.5.0.0/16 10.2.0.9 5"),
      ], but: [weos(""), weos("route 10.5.0.0/16 10.2.0.9"), weos(firewall: "enable")])
  }

  /// RFC 4750, `ospfAdminStat` enabled(1), disabled(2); HM2-PLATFORM-ROUTING-MIB, `hm2AgentRouterRipAdminState`.
  @Test func `HiSecOS`() throws {
    func route(_ hop: String) -> String {
      mib(
        "IP-FORWARD-MIB",
        mibTable(
          "inetCidrRouteEntry",
          ["inetCidrRouteDest=10.5.0.0 inetCidrRoutePfxLen=16 inetCidrRouteNextHop=\(hop) inetCidrRouteStatus=1"]))
    }
    func text(_ more: String, hop: String = "10.20.0.9") -> String { container(hisecosPorts + route(hop) + more) }
    func ospf(_ state: Int) -> String { mib("OSPF-MIB", mibScalars("ospfGeneralGroup", "ospfAdminStat=\(state)")) }
    let port = mib("OSPF-MIB", mibTable("ospfIfEntry", ["ospfIfIpAddress=10.20.0.1 ospfIfAdminStat=1"]))
    func rip(_ state: Int) -> String {
      mib("HM2-PLATFORM-ROUTING-MIB", mibScalars("rip", "hm2AgentRouterRipAdminState=\(state)"))
    }
    try check(
      "hisecos", "", [text(ospf(1)), text(port), text(rip(1)), text("", hop: "172.16.0.1")],
      but: [text(""), text(ospf(2)), text(ospf(2) + port), text(rip(2))])
    // A route whose interface is not known is left out; it is none that drops.
    #expect(try hisecosDevice(text("", hop: "172.16.0.1")).routes.isEmpty)
  }

  /// No manual is public; services that may learn routes and tunnels are in doubt (docs/formats/garderos.md).
  @Test func `Garderos`() throws {
    let base = """
      acl.ipv4.input.1.action=DROP
      interface.eth.1.ipv4=10.42.101.5/24
      route.ipv4.1.gateway=10.42.101.1
      route.ipv4.1.network=10.0.0.0/8

      """
    try check(
      "garderos", base,
      [
        "service.bgp.enable=true", "tunnel.ipsec.1.peer=192.0.2.1", "route.ipv6.1.network=2001:db8::/32",
        "route.ipv4.2.network=10.5.0.0/16", "route.ipv4.1.metric=5",
      ], but: ["service.bgp.enable=false", "service.ntp.enable=true", "system.name=x"])
  }

  /// docs/formats/rule-table.md, `other-routes`.
  @Test func `Rule table`() throws {
    let base = """
      rule-table: 1
      stateful: yes
      default: deny
      interfaces: {wan: 10.0.5.1/24, lan: 10.10.0.1/24}
      routes: [{to: 10.20.0.0/16, via: 10.0.5.254}]

      """
    try check(
      "rule-table", base, ["other-routes: yes", "other-routes: perhaps"],
      but: ["other-routes: no", "product: Example"])
    #expect(try hasOtherRoutes("rule-table", base.replacing("via: 10.0.5.254", with: "via: 172.16.0.1")))
  }
}
