import PacketSets
import RuleModel
import SourceText

/// Zones, and which interfaces and hosts belong to them (ROX v2.2 User Guide, RX5000, 35.3.1 to 35.3.3).
extension ROXReader {
  mutating func readZones(_ config: Int) {
    for entry in tree.children(of: ["fwzone"], below: config) {
      let name = tree.word(entry)
      let (values, open) = settings(entry, known: ["type"])
      let type = values["type"] ?? "ipv4"
      if !["ipv4", "ipv6", "ipsec", "firewall"].contains(type) || !open.isEmpty {
        let reason = Uncertainty(range: tree.range(entry), reason: "zone `\(printable(name))` is not fully understood")
        if open.isEmpty { notes.gap(tree.range(entry), .notRecognised, matters: true, reason.reason) }
        openRules.append(.open("zone \(printable(name))", reason))
      }
      zones[name] = ROXZone(name: name, type: type, source: tree.range(entry))
      zoneNames.append(name)
    }
    if zones["fw"] == nil {
      zones["fw"] = ROXZone(name: "fw", type: "firewall", source: tree.range(config))
      zoneNames.append("fw")
    }
  }

  /// Options of interfaces that no new connection passes by (shorewall-interfaces(5)).
  private static let harmless: Set<String> = [
    "arp-filter", "broadcast", "broadcast-option", "broadcast-options", "dhcp", "logmartians", "nosmurfs", "optional",
    "proxyarp", "routeback", "routefilter", "tcpflags",
  ]
  /// Options that drop by source address.
  private static let dropping: Set<String> = ["blacklist", "maclist", "norfc1918"]

  mutating func readInterfaces(_ config: Int) {
    for entry in tree.children(of: ["fwinterface"], below: config) {
      let name = tree.word(entry)
      _ = interface(name, tree.range(entry))
      let (values, open) = settings(
        entry, known: Self.dropping.union(["zone"]), ignored: Self.harmless)
      for reason in open {
        var rule = Rule.open("options of \(printable(name))", reason)
        rule.ingress = InterfaceMatch([name])
        openRules.append(rule)
      }
      for option in values.keys.sorted() where Self.dropping.contains(option) && values[option] != "false" {
        let reason = notModelled(
          tree.range(entry), "`\(option)` of \(printable(name)) drops packets by where they come from")
        var rule = Rule.implied(
          "\(option) of \(printable(name))", MatchBounds.any.uncertain(reason), .deny(rejects: false), reason.range)
        rule.ingress = InterfaceMatch([name])
        openRules.append(rule)
      }
      guard let zone = values["zone"], !["any", "-", ""].contains(zone.lowercased()) else {
        interfaceZones[name] = .some(nil)
        continue
      }
      interfaceZones[name] = zone
      guard zones[zone] != nil else {
        openZone(zone, tree.range(entry), interface: name)
        continue
      }
      addMember(name, to: zone)
    }
  }

  private mutating func addMember(_ interface: String, to zone: String) {
    guard let family = zones[zone]?.family else { return }
    // Whole interfaces of a zone are one member.
    if zones[zone]?.members.first?.addresses == AddressBounds(family) {
      zones[zone]?.members[0].interfaces.append(interface)
    } else {
      zones[zone]?.members.insert(
        ROXZone.Member(interfaces: [interface], addresses: AddressBounds(family)), at: 0)
    }
  }

  private mutating func openZone(_ zone: String, _ range: SourceRange, interface: String) {
    let reason = undefined(zone, range)
    for direction in [\Rule.ingress, \Rule.egress] {
      var rule = Rule.open("zone \(printable(zone))", reason)
      rule[keyPath: direction] = InterfaceMatch([interface])
      openRules.append(rule)
    }
  }

  mutating func undefined(_ zone: String, _ range: SourceRange) -> Uncertainty {
    let message = "zone `\(printable(zone))` is not defined in this file"
    notes.issue(.undefinedReference, range, message, help: "export the whole configuration, or correct the name")
    return Uncertainty(range: range, reason: message)
  }

  /// Hosts assign zones to addresses behind an interface that handles several networks (35.3.3).
  mutating func readHosts(_ config: Int) {
    for entry in tree.children(of: ["fwhost"], below: config) {
      let range = tree.range(entry)
      let (values, open) = settings(
        entry, known: ["zone", "interface", "ip-address", "ipaddress", "address", "ip-addresses", "type", "ipsec"])
      let text = values["ip-address"] ?? values["ipaddress"] ?? values["address"] ?? values["ip-addresses"]
      guard let zone = values["zone"], let name = values["interface"], let text else {
        openRules.append(
          .open(
            "host \(printable(tree.word(entry)))",
            notModelled(range, "the entry names no zone, interface or address that is understood")))
        continue
      }
      var addresses = hostList(text, range)
      if let first = open.first {
        addresses = AddressBounds(lower: .empty, upper: addresses.upper, uncertainties: [first])
      }
      _ = interface(name, range)
      hosts[name] = hosts[name].map { $0.union(addresses) } ?? addresses
      if interfaceZones[name] == nil { interfaceZones[name] = .some(nil) }
      guard zones[zone] != nil else {
        openZone(zone, range, interface: name)
        continue
      }
      zones[zone]?.members.append(ROXZone.Member(interfaces: [name], addresses: addresses))
    }
  }

  /// Packets of which it is open to which zone they belong: of interfaces in no zone, of addresses that hosts leave over,
  /// and of those that belong to the interface's zone and to that of a host as well.
  mutating func findStrangers() {
    guard !interfaceZones.isEmpty else { return }
    let known = InterfaceMatch(interfaceZones.keys.sorted(), isNegated: true)
    addStranger(known, .any, .any, "interfaces in no zone", "the interface is in no zone")
    for (name, zone) in interfaceZones.sorted(by: { $0.key < $1.key }) {
      let own = InterfaceMatch([name])
      let addresses = hosts[name]?.upper ?? .empty
      if zone != nil {
        guard !addresses.isEmpty else { continue }
        addStranger(
          own, MatchBounds(PacketMatch(sources: addresses)), MatchBounds(PacketMatch(destinations: addresses)),
          "hosts behind \(printable(name))", "the interface and these hosts are in different zones")
      } else {
        let rest = (hosts[name]?.lower ?? .empty).complement
        addStranger(
          own, MatchBounds(PacketMatch(sources: rest)), MatchBounds(PacketMatch(destinations: rest)),
          "others behind \(printable(name))", "only hosts that are named belong to a zone on this interface")
      }
    }
  }

  private mutating func addStranger(
    _ interfaces: InterfaceMatch, _ from: MatchBounds, _ to: MatchBounds, _ name: String, _ reason: String
  ) {
    let uncertainty = Uncertainty(range: active.map { tree.range($0) } ?? device.source, reason: reason)
    var rule = Rule.open(name, uncertainty, match: from)
    rule.ingress = interfaces
    openRules.append(rule)
    rule.match = to.uncertain(uncertainty)
    rule.ingress = .any
    rule.egress = interfaces
    openRules.append(rule)
  }

  // MARK: Lists of addresses

  /// `10.0.0.1,10.0.1.0/24,10.0.0.1-10.0.0.9`, and behind `!` what is excluded (shorewall-rules(5)).
  mutating func hostList(_ text: String, _ range: SourceRange) -> AddressBounds {
    var included: AddressBounds?
    var excluded = AddressBounds.empty
    var isExcluded = false
    for piece in pieces(text, at: UInt8(ascii: ",")) {
      var word = Substring(piece.filter { $0 != " " })
      if word.first == "!" {
        isExcluded = true
        word = word.dropFirst()
      }
      let bounds: AddressBounds
      if let prefix = IPPrefix(word) {
        bounds = AddressBounds(AddressSet(prefix))
      } else if let addresses = LiteralText.range(String(word)) {
        bounds = AddressBounds(addresses)
      } else {
        bounds = .unknown(notModelled(range, "`\(printable(String(word.prefix(60))))` is no address, network or range"))
      }
      if isExcluded {
        excluded = excluded.union(bounds)
      } else {
        included = included.map { $0.union(bounds) } ?? bounds
      }
    }
    return (included ?? AddressBounds(.all)).subtracting(excluded)
  }
}
