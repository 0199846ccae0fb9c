/// An example plant for the kernel: office and outside, DMZ, control and safety in a chain of three gateways.
///
/// ```
/// corporate, outside -- fw-edge -- dmz -- fw-plant -- control
///                      iptables          nftables \
///                                                  \ link
///                                                   fw-cell -- safety
///                                                   iptables
/// ```
///
/// Rules carry neither addresses nor routes of the gateways, so Bulkhead knows only which zones are wired to which interface:
/// what no attached zone decides may leave by any interface. The kernel's routing tables (`nodes`) would add that it
/// leaves by one of them only. In a network without a second way that makes no difference: a packet that left by another
/// interface arrives nowhere. Nor does Bulkhead know that an address of a zone is a gateway's own, where the kernel delivers
/// to the gateway itself; so packets go to hosts, to addresses that gateways stand for, and to the gateway's own address only
/// on its own wire.
struct KernelPlant {
  var edge = Self.edge
  var plant = Self.plant
  var cell = Self.cell

  /// Markers of the referee; the rules let them through everywhere, and they are sent as test packets too.
  static let markPort: UInt16 = 33434

  static let hosts = [
    (name: "office-1", wire: "corporate", address: "10.1.0.10"),
    (name: "office-2", wire: "corporate", address: "10.1.0.11"),
    (name: "outside", wire: "corporate", address: "198.51.100.9"),
    (name: "historian", wire: "dmz", address: "10.2.0.10"),
    (name: "jump", wire: "dmz", address: "10.2.0.11"),
    (name: "plc", wire: "control", address: "10.3.0.10"),
    (name: "operator", wire: "control", address: "10.3.0.11"),
    (name: "sis", wire: "safety", address: "10.4.0.10"),
    (name: "sis-panel", wire: "safety", address: "10.4.0.11"),
  ]

  /// Addresses of no host: published ones, one that nobody translates, and the edge's own.
  static let published = ["10.1.0.50", "10.2.0.50", "10.2.0.51"]
  static let ownOfEdge = "10.1.0.1"

  var network: KernelNetwork {
    let routes = [
      "corporate": ["default via 10.1.0.1"],
      "dmz": ["default via 10.2.0.2", "10.1.0.0/24 via 10.2.0.1", "198.51.100.0/24 via 10.2.0.1"],
      "control": ["default via 10.3.0.1"], "safety": ["default via 10.4.0.1"],
    ]
    let hosts = Self.hosts.map { host in
      KernelNetwork.Node(
        name: host.name, ports: [.init(name: "eth0", wire: host.wire, address: "\(host.address)/24")],
        routes: host.name == "outside"
          ? ["10.1.0.0/24 dev eth0", "default via 10.1.0.1"] : routes[host.wire]!)
    }
    let edge = KernelNetwork.Node(
      name: "fw-edge",
      ports: [
        .init(name: "eth0", wire: "corporate", address: "10.1.0.1/24", standsFor: ["10.1.0.50", "10.1.0.51"]),
        .init(name: "eth1", wire: "dmz", address: "10.2.0.1/24"),
      ],
      routes: ["198.51.100.0/24 dev eth0", "default via 10.2.0.2"], rules: .iptables(self.edge))
    let plant = KernelNetwork.Node(
      name: "fw-plant",
      ports: [
        .init(
          name: "eth0", wire: "dmz", address: "10.2.0.2/24", standsFor: ["10.2.0.50", "10.2.0.51", "10.2.0.52"]),
        .init(name: "eth1", wire: "control", address: "10.3.0.1/24"),
        .init(name: "eth2", wire: "link", address: "10.254.0.1/30"),
      ],
      routes: ["10.4.0.0/24 via 10.254.0.2", "default via 10.2.0.1"], rules: .nftables(self.plant))
    let cell = KernelNetwork.Node(
      name: "fw-cell",
      ports: [
        .init(name: "eth0", wire: "link", address: "10.254.0.2/30"),
        .init(name: "eth1", wire: "safety", address: "10.4.0.1/24"),
      ],
      routes: ["default via 10.254.0.1"], rules: .iptables(self.cell))
    return KernelNetwork(nodes: hosts + [edge, plant, cell], markPort: Self.markPort)
  }

  static let site = """
    version: 1
    site: referee
    zones:
      corporate: {level: 4, networks: [10.1.0.0/24]}
      dmz:       {level: 3.5, networks: [10.2.0.0/24]}
      control:   {level: 1, networks: [10.3.0.0/24]}
      safety:    {level: 1, networks: [10.4.0.0/24], sis: true, sil: 2}
    devices:
      fw-edge:  {config: fw-edge, format: iptables-save, interfaces: {eth0: corporate, eth1: dmz}}
      fw-plant: {config: fw-plant, format: nftables, interfaces: {eth0: dmz, eth1: control}}
      fw-cell:  {config: fw-cell, format: iptables-save, interfaces: {eth1: safety}}
    links:
      - {a: "fw-plant:eth2", b: "fw-cell:eth0"}

    """

  /// A published server, one behind two translations, and everything that leaves under other addresses.
  static let edge = """
    *nat
    :PREROUTING ACCEPT [0:0]
    :POSTROUTING ACCEPT [0:0]
    -A PREROUTING -d 10.1.0.50/32 -i eth0 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.2.0.10:8443
    -A PREROUTING -d 10.1.0.50/32 -i eth0 -p tcp -m tcp --dport 5020 -j DNAT --to-destination 10.2.0.50:502
    -A PREROUTING -d 10.1.0.1/32 -i eth0 -p udp -m udp --dport 161 -j DNAT --to-destination 10.2.0.11
    -A POSTROUTING -s 10.2.0.11/32 -o eth0 -j SNAT --to-source 10.1.0.51
    -A POSTROUTING -o eth0 -j MASQUERADE
    COMMIT
    *filter
    :FORWARD DROP [0:0]
    :INWARD - [0:0]
    :OUTWARD - [0:0]
    -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A FORWARD -m conntrack --ctstate INVALID -j DROP
    -A FORWARD -p udp -m udp --dport 33434 -j ACCEPT
    -A FORWARD -i eth0 -o eth1 -j INWARD
    -A FORWARD -i eth1 -o eth0 -g OUTWARD
    -A INWARD -d 10.2.0.10/32 -p tcp -m tcp --dport 8443 -j ACCEPT
    -A INWARD -s 10.1.0.0/24 -d 10.2.0.50/32 -p tcp -m tcp --dport 502 -j ACCEPT
    -A INWARD -d 10.2.0.11/32 -p udp -m udp --dport 161 -j ACCEPT
    -A INWARD -s 10.1.0.10/32 -p tcp -m multiport --dports 22,3389 -j ACCEPT
    -A INWARD -s 10.1.0.11/32 -p icmp -m icmp --icmp-type 8 -j ACCEPT
    -A INWARD ! -s 10.1.0.0/24 -j DROP
    -A INWARD -d 10.2.0.0/24 -p udp -m udp --dport 53 -j ACCEPT
    -A OUTWARD -s 10.2.0.51/32 -p tcp -m tcp --dport 443 -j ACCEPT
    -A OUTWARD -s 10.2.0.52/32 -p udp -m udp --dport 123 -j ACCEPT
    -A OUTWARD -s 10.2.0.10/31 -p tcp -m multiport --dports 80,443 -j ACCEPT
    -A OUTWARD -s 10.3.0.0/24 -d 10.1.0.0/24 -p icmp -j ACCEPT
    -A OUTWARD -j REJECT --reject-with icmp-port-unreachable
    COMMIT

    """

  /// Publishes a controller and a server of the safety system to the DMZ; control and safety leave under other addresses.
  static let plant = """
    table ip nat {
      chain publish {
        type nat hook prerouting priority dstnat; policy accept;
        iifname "eth0" ip daddr 10.2.0.50 tcp dport 502 dnat to 10.3.0.10
        iifname "eth0" ip daddr 10.2.0.50 tcp dport 8080 dnat to 10.4.0.10:80
      }
      chain hide {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "eth0" ip saddr 10.3.0.0/24 meta l4proto { tcp, udp } snat to 10.2.0.51
        oifname "eth0" ip saddr 10.254.0.2 snat to 10.2.0.52
      }
    }
    table inet filter {
      set engineers {
        type ipv4_addr
        elements = { 10.1.0.10, 10.2.0.10 }
      }
      chain forward {
        type filter hook forward priority filter; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        udp dport 33434 accept
        iifname . oifname vmap { "eth0" . "eth1" : jump dmz_control, "eth0" . "eth2" : jump dmz_safety, "eth1" . "eth0" : goto control_dmz, "eth1" . "eth2" : jump control_safety, "eth2" . "eth0" : jump safety_dmz, "eth2" . "eth1" : jump safety_control }
      }
      chain dmz_control {
        ip daddr 10.3.0.10 tcp dport 502 accept
        ip saddr @engineers tcp dport { 22, 3389 } accept
        ip saddr { 10.1.0.11, 10.2.0.0/24 } icmp type echo-request accept
      }
      chain dmz_safety {
        ip saddr 10.2.0.0/24 ip daddr 10.4.0.10 tcp dport 80 accept
      }
      chain control_dmz {
        ip protocol icmp accept
        tcp dport { 443, 8443 } accept
        ip saddr != 10.3.0.11 udp dport { 53, 123 } accept
      }
      chain control_safety {
        ip saddr 10.3.0.11 tcp dport { 443, 502 } accept
        icmp type echo-request accept
      }
      chain safety_dmz {
        ip saddr 10.254.0.2 udp dport 123 accept
        ip saddr 10.4.0.0/24 accept
      }
      chain safety_control {
        ip saddr 10.4.0.0/24 drop
        tcp dport 22 accept
      }
    }

    """

  static let cell = """
    *nat
    :POSTROUTING ACCEPT [0:0]
    -A POSTROUTING -s 10.4.0.0/24 -o eth0 -j SNAT --to-source 10.254.0.2
    COMMIT
    *filter
    :FORWARD DROP [0:0]
    -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A FORWARD -p udp -m udp --dport 33434 -j ACCEPT
    -A FORWARD -s 10.3.0.11/32 -d 10.4.0.10/32 -i eth0 -o eth1 -p tcp -m tcp --dport 502 -j ACCEPT
    -A FORWARD -s 10.2.0.0/24 -d 10.4.0.10/32 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
    -A FORWARD ! -s 10.3.0.10/32 -i eth0 -p icmp -m icmp --icmp-type 8 -j ACCEPT
    -A FORWARD -i eth1 -o eth0 -p udp -m udp --dport 123 -j ACCEPT
    -A FORWARD -s 10.4.0.11/32 -i eth1 -p tcp -m multiport --dports 22,443 -j ACCEPT
    COMMIT

    """

  /// Without connection tracking: whoever wants an answer needs a rule for it. Modbus has one, the others have none.
  static let statelessPlant = """
    table inet filter {
      chain forward {
        type filter hook forward priority filter; policy drop;
        udp dport 33434 accept
        iifname "eth0" oifname "eth1" tcp dport { 22, 502 } accept
        iifname "eth1" oifname "eth0" tcp sport 502 tcp flags & (syn | ack) != syn accept
        iifname "eth1" oifname "eth2" tcp dport 502 accept
        iifname "eth1" oifname "eth0" tcp dport 443 accept
        iifname "eth2" oifname "eth1" tcp dport 22 accept
        iifname "eth1" oifname "eth2" tcp sport 22 tcp flags & ack == ack accept
      }
    }

    """
}
