import PacketSets
import RuleModel
import SourceText

/// Interfaces, routes, address translation apart from rules, and what does not filter.
extension ROXReader {
  private static let irrelevant: Set<String> = [
    "admin", "apps", "chassis", "global", "hostname", "interface", "interfaces", "qos", "services", "switch",
  ]

  mutating func lowerSystem() {
    if let admin = tree.child(StatementTree.root, "admin") {
      let name = tree.text(admin, "system-name") ?? tree.child(admin, "hostname").flatMap { tree.text($0, "name") }
      if let name { device.name = printable(name) }
    }
    for entry in tree.children(of: ["ip"]) { readAddresses(entry) }
    // Routes of all VRFs stand in one list here.
    if tree.find(["global", "vrf"]) != nil { device.hasOtherRoutes = true }
    for section in tree.children(StatementTree.root) {
      switch tree.word(section) {
      case "ip": tree.mark(section, .used)
      case "routing": readRoutes(section)
      case "tunnel":
        device.hasOtherRoutes = true
        tree.markBelow(section, .notModelled)
        notes.gap(tree.range(section), .notModelled, matters: true, "tunnels are not modelled")
      case let word where Self.irrelevant.contains(word): tree.markBelow(section, .irrelevant)
      default: break
      }
    }
  }

  /// The index of an interface, which is added when it is new.
  mutating func interface(_ name: String, _ source: SourceRange) -> Int {
    if let known = interfaceIndex[name] { return known }
    device.interfaces.append(Interface(name: name, source: source))
    interfaceIndex[name] = device.interfaces.count - 1
    return device.interfaces.count - 1
  }

  /// `ip switch.0001 ipv4 address 10.0.0.1/24`
  private mutating func readAddresses(_ entry: Int) {
    let index = interface(tree.word(entry), tree.range(entry))
    tree.markBelow(entry, .used)
    if tree.child(entry, "vrf-forwarding") != nil { device.hasOtherRoutes = true }
    for family in ["ipv4", "ipv6"] {
      for address in tree.children(of: [family, "address"], below: entry) {
        if let found = LiteralText.interfaceAddress([tree.word(address)]) {
          device.interfaces[index].addresses.append(found)
        }
      }
    }
  }

  /// `routing ipv4 route 0.0.0.0/0 via 10.0.0.254`
  private mutating func readRoutes(_ routing: Int) {
    tree.mark(routing, .used)
    for part in tree.children(routing) {
      guard ["ipv4", "ipv6"].contains(tree.word(part)) else {
        if tree.word(part) != "multicast" { device.hasOtherRoutes = true }
        tree.markBelow(part, .notModelled)
        notes.gap(
          tree.range(part), .notModelled, matters: true, "routing other than static routes is not modelled")
        continue
      }
      tree.mark(part, .used)
      for kind in tree.children(part) where tree.word(kind) == "route" {
        tree.mark(kind, .used)
        for route in tree.children(kind) { readRoute(route) }
      }
    }
  }

  private mutating func readRoute(_ node: Int) {
    tree.markBelow(node, .used)
    let gateway = tree.child(node, "via").flatMap { tree.children($0).first }.flatMap { IPAddress(tree.word($0)) }
    let named = tree.child(node, "dev").flatMap { tree.children($0).first }.map { tree.word($0) }
    let owner = device.interfaces.first { interface in
      gateway.map { gateway in interface.addresses.contains { AddressSet($0.network).contains(gateway) } } ?? false
    }
    guard let network = IPPrefix(tree.word(node)), let interface = named ?? owner?.name else {
      device.hasOtherRoutes = true
      return notes.gap(
        tree.range(node), .notModelled, matters: false, "no interface of the file leads to this route; it is left out")
    }
    device.routes.append(
      Route(network: network, interface: interface, gateway: gateway, distance: 1, source: tree.range(node)))
  }

  // MARK: Masquerading and static NAT

  /// Source addresses change behind the rules, so that these ask for the inner ones (CLI User Guide 6.9.1.3).
  mutating func readNAT(_ config: Int) {
    for entry in tree.children(of: ["fwmasq"], below: config) { readMasquerade(entry) }
    for entry in tree.children(of: ["fwnat"], below: config) { readStatic(entry) }
  }

  /// Masquerading as the outbound interface, or as an address.
  private mutating func readMasquerade(_ entry: Int) {
    let (values, open) = settings(
      entry,
      known: [
        "out-interface", "out-interface-specifics", "source-hosts", "source", "address", "protocol", "ports", "ipsec",
      ])
    var reasons = open
    var match = MatchBounds.any
    if let text = values["source-hosts"] ?? values["source"] {
      let sources = hostList(text, tree.range(entry))
      match = MatchBounds(sources: sources, destinations: AddressBounds(.all), services: ServiceBounds([.any]))
    }
    if values.keys.contains(where: { ["protocol", "ports", "ipsec", "out-interface-specifics"].contains($0) }) {
      reasons.append(Uncertainty(range: tree.range(entry), reason: "the masquerading has conditions of its own"))
    }
    var rule = TranslationRule(
      order: 0, name: "masquerading \(printable(tree.word(entry)))", match: match.uncertain(reasons),
      range: tree.range(entry))
    if let name = values["out-interface"] { rule.egress = InterfaceMatch([name]) }
    if let address = values["address"] {
      rule.source =
        IPAddress(address).map { .pool(AddressSet($0)) }
        ?? .unknown(notModelled(tree.range(entry), "the address of the masquerading is not understood"))
    } else {
      rule.source = .egressInterface
    }
    translationsBehind.append(rule)
  }

  /// One address outside for one inside, in both directions.
  private mutating func readStatic(_ entry: Int) {
    let range = tree.range(entry)
    let (values, open) = settings(
      entry,
      known: [
        "external-address", "external-interface", "internal-address", "ip-alias", "all-interfaces", "local",
      ])
    let outside = values["external-address"].flatMap { IPPrefix($0) }
    let inside = values["internal-address"].flatMap { IPPrefix($0) }
    guard let outside, let inside, outside.length == inside.length,
      outside.base.family == inside.base.family
    else {
      let reason = notModelled(range, "this static translation is not understood; destinations may change in any way")
      var rule = TranslationRule(
        order: 0, name: "static NAT \(printable(tree.word(entry)))", match: MatchBounds.any.uncertain(reason),
        range: range)
      rule.destination = .unknown(reason)
      return translationsBefore.append(rule)
    }
    let name = "static NAT \(printable(tree.word(entry)))"
    // From which interfaces else the outside address is translated depends on a flag whose form is not published.
    let isEverywhere = values["all-interfaces"] != nil
    var forward = TranslationRule(
      order: 0, name: name, match: MatchBounds(PacketMatch(destinations: AddressSet(outside))).uncertain(open),
      range: range)
    var back = TranslationRule(
      order: 0, name: name, match: MatchBounds(PacketMatch(sources: AddressSet(inside))).uncertain(open), range: range)
    if isEverywhere {
      forward.match = forward.match.uncertain(
        Uncertainty(range: range, reason: "`all-interfaces` may extend the translation to other interfaces"))
    } else if let interface = values["external-interface"] {
      forward.ingress = InterfaceMatch([interface])
      back.egress = InterfaceMatch([interface])
    }
    forward.destination = .prefix(from: outside, to: inside)
    back.source = .prefix(from: inside, to: outside)
    translationsBefore.append(forward)
    translationsBehind.append(back)
  }
}
