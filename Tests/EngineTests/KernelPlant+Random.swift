import TestKit

extension KernelPlant {
  /// Other rules on the same gateways: only matches that Bulkhead knows exactly, each with a packet to take.
  ///
  /// Destinations are translated only where the packet comes past the gateway in any case, and never back to the wire that
  /// it came from: hosts' routes and traffic that leaves by the interface it came in by are not in Bulkhead's model. So the first rules drop
  /// the latter.
  static func random(_ generator: inout SeededGenerator) -> KernelPlant {
    var plant = KernelPlant()
    plant.edge = iptables(
      &generator, forwards: ["-i eth0 -o eth1 ", "-i eth1 -o eth0 "],
      publish: [
        ("eth0", ["10.1.0.50", "10.1.0.1"], dmz + inside + ["10.2.0.50"]), ("eth1", ["10.1.0.50"], offices),
      ],
      hide: [("eth0", "10.1.0.51"), ("eth1", "10.2.0.1")])
    plant.plant = nftables(&generator)
    plant.cell = iptables(
      &generator, forwards: ["-i eth0 -o eth1 ", "-i eth1 -o eth0 "],
      publish: [
        ("eth0", ["10.4.0.10", "10.4.0.11"], safety), ("eth1", ["10.3.0.11", "10.2.0.50"], control + dmz + offices),
      ],
      hide: [("eth0", "10.254.0.2"), ("eth1", "10.4.0.1")])
    return plant
  }

  private static let offices = ["10.1.0.10", "10.1.0.11", "198.51.100.9"]
  private static let dmz = ["10.2.0.10", "10.2.0.11"]
  private static let control = ["10.3.0.10", "10.3.0.11"]
  private static let safety = ["10.4.0.10", "10.4.0.11"]
  private static var inside: [String] { control + safety }
  /// Networks, hosts and addresses that gateways give; each rule names some.
  private static let ends =
    ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24", "10.4.0.0/24", "10.2.0.0/15", "10.1.0.51", "10.2.0.50", "10.2.0.52"]
    + ["10.3.0.1", "10.254.0.0/30"] + offices + dmz + inside
  private static let ports = ["22", "80", "443", "502", "3389", "5020", "8080", "8443"]

  private typealias Publication = (interface: String, addresses: [String], targets: [String])
  private typealias Hiding = (interface: String, address: String)

  private static func iptables(
    _ generator: inout SeededGenerator, forwards: [String], publish: [Publication], hide: [Hiding]
  ) -> String {
    func pick(_ values: [String]) -> String { values.randomElement(using: &generator)! }
    func match() -> String {
      var text = pick(["", ""] + forwards)
      for option in ["-s", "-d"] where Bool.random(using: &generator) {
        text += pick(["", "", "! "]) + "\(option) \(pick(ends)) "
      }
      let service = [
        "", "-p tcp ", "! -p udp ", "-p tcp -m tcp --dport 80:502 ", "-p tcp -m multiport --dports 22,443,8080:8443 ",
        "-p tcp -m tcp ! --dport \(pick(ports)) ", "-p udp -m udp --dport \(pick(["53", "123", "161"])) ",
        "-p tcp -m tcp --syn ", "-p tcp -m tcp --sport 502 ", "-p icmp -m icmp --icmp-type 8 ", "-p icmp ",
        "-m conntrack --ctstate NEW ", "-m conntrack --ctstate RELATED,ESTABLISHED ",
      ]
      return text + pick(service)
    }
    func rules(_ chain: String, _ most: Int, _ verdicts: [String]) -> String {
      (0..<Int.random(in: 2...most, using: &generator)).map { _ in "-A \(chain) \(match())-\(pick(verdicts))\n" }
        .joined()
    }
    let verdicts = ["j ACCEPT", "j ACCEPT", "j ACCEPT", "j DROP", "j REJECT", "j RETURN"]
    var text = "*nat\n"
    for entry in publish {
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let to = pick(entry.targets) + pick(["", ":\(pick(ports))"])
        text +=
          "-A PREROUTING -i \(entry.interface) -d \(pick(entry.addresses)) -p tcp -m tcp --dport \(pick(ports))"
          + " -j DNAT --to-destination \(to)\n"
      }
    }
    for entry in hide where Bool.random(using: &generator) {
      text += "-A POSTROUTING -o \(entry.interface) -s \(pick(ends)) -j SNAT --to-source \(entry.address)\n"
    }
    return text + "COMMIT\n*filter\n:FORWARD \(pick(["ACCEPT", "DROP"])) [0:0]\n:ONE - [0:0]\n"
      + "-A FORWARD -i eth0 -o eth0 -j DROP\n-A FORWARD -i eth1 -o eth1 -j DROP\n"
      + "-A FORWARD -p udp -m udp --dport \(markPort) -j ACCEPT\n"
      + rules("FORWARD", 9, verdicts + ["j ONE", "g ONE"]) + rules("ONE", 4, verdicts) + "COMMIT\n"
  }

  private static func nftables(_ generator: inout SeededGenerator) -> String {
    func pick(_ values: [String]) -> String { values.randomElement(using: &generator)! }
    func match() -> String {
      let interfaces = [
        "iifname \"eth0\" ", "oifname != \"eth2\" ", "iifname . oifname { \"eth0\" . \"eth1\", \"eth1\" . \"eth0\" } ",
      ]
      var text = pick(["", ""] + interfaces)
      for side in ["ip saddr", "ip daddr"] where Bool.random(using: &generator) {
        text += "\(side) \(pick(["", "", "!= "]))\(pick(ends)) "
      }
      let service = [
        "", "meta l4proto tcp ", "meta l4proto != udp ", "tcp dport 80-502 ", "tcp dport { 22, 443, 8080-8443 } ",
        "tcp dport != \(pick(ports)) ", "udp dport \(pick(["53", "123", "161"])) ", "tcp flags syn ",
        "tcp flags & (syn | ack) == ack ", "tcp sport 502 ", "icmp type echo-request ", "ip protocol icmp ",
        "ct state new ", "ct state established,related ",
      ]
      return text + pick(service)
    }
    func rules(_ most: Int, _ verdicts: [String]) -> String {
      (0..<Int.random(in: 2...most, using: &generator)).map { _ in "\(match())\(pick(verdicts))\n" }.joined()
    }
    let published: [Publication] = [
      ("eth0", ["10.2.0.50", "10.3.0.10"], inside), ("eth1", ["10.4.0.10", "10.1.0.50"], safety + dmz + offices),
      ("eth2", ["10.3.0.10", "10.2.0.50"], control + dmz + offices),
    ]
    var publish = ""
    for entry in published {
      let to = pick(entry.targets) + pick(["", ":\(pick(ports))"])
      publish +=
        "iifname \"\(entry.interface)\" ip daddr \(pick(entry.addresses)) tcp dport { \(pick(ports)), 8443 } dnat to \(to)\n"
    }
    var hide = ""
    for entry in [("eth0", "10.2.0.52"), ("eth1", "10.3.0.1"), ("eth2", "10.254.0.1")]
    where Bool.random(using: &generator) {
      hide += "oifname \"\(entry.0)\" ip saddr \(pick(ends)) snat to \(entry.1)\n"
    }
    let verdicts = ["accept", "accept", "accept", "drop", "reject", "return"]
    return """
      table ip nat {
      chain publish {
      type nat hook prerouting priority dstnat; policy accept;
      \(publish)}
      chain hide {
      type nat hook postrouting priority srcnat; policy accept;
      \(hide)}
      }
      table inet filter {
      chain one {
      \(rules(4, verdicts))}
      chain forward {
      type filter hook forward priority filter; policy \(pick(["accept", "drop"]));
      iifname . oifname { "eth0" . "eth0", "eth1" . "eth1", "eth2" . "eth2" } drop
      udp dport \(markPort) accept
      \(rules(9, verdicts + ["jump one", "goto one"]))}
      }

      """
  }
}
