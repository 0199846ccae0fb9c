import PacketSets
import RuleModel
import SourceText

/// Which ports of a switch carry which VLAN.
struct IOSSwitching {
  /// Access ports by VLAN.
  private(set) var ports: [Int: [String]] = [:]
  /// The VLANs' routed interfaces.
  private(set) var routed: [Int: [String]] = [:]
  /// Ports of which the file does not tell the one VLAN that they carry, or whose VLAN is not routed here.
  private(set) var trunks: [String] = []

  init(_ interfaces: [IOSInterface] = []) {
    for interface in interfaces {
      if let vlan = interface.switchedVLAN {
        routed[vlan, default: []].append(interface.name)
      } else if interface.isSwitchport, let vlan = interface.accessVLAN {
        ports[vlan, default: []].append(interface.name)
      }
    }
    trunks = interfaces.filter { $0.isSwitchport && $0.accessVLAN.flatMap { routed[$0] } == nil }.map(\.name)
  }
}

extension IOSReader {
  /// A routed interface with the access ports of its VLAN: a packet that enters by one of them and leaves the VLAN is
  /// routed by the VLAN's own interface.
  func ports(of name: String) -> [String] {
    guard let index = config.interfaceIndex[name], let vlan = config.interfaces[index].switchedVLAN else {
      return [name]
    }
    return [name] + (switching.ports[vlan] ?? [])
  }

  func isPort(_ name: String) -> Bool {
    config.interfaceIndex[name].map { config.interfaces[$0].isSwitchport } ?? false
  }

  // MARK: - Port lists

  /// Port lists: exact for packets that enter by the port, and possible for all that enter by its VLAN.
  mutating func addPortLists() {
    for binding in orderedBindings where binding.place.direction == .inbound {
      guard let index = config.interfaceIndex[binding.place.interface], config.interfaces[index].isSwitchport else {
        continue
      }
      let list = bound(binding)
      addStage(binding, ingress: InterfaceMatch([binding.place.interface]), egress: .any, list)
      guard let vlan = config.interfaces[index].accessVLAN else { continue }
      for routed in switching.routed[vlan] ?? [] {
        let doubt = Uncertainty(
          range: binding.source,
          reason: "only packets that enter VLAN \(vlan) by \(binding.place.interface) meet this port list")
        var rule = Rule(
          order: 0, name: "port list of \(binding.place.interface)", match: MatchBounds.any.uncertain(doubt),
          action: .jump(list: list), source: binding.source)
        rule.isExplicit = false
        let helper = addHelper("port list of \(binding.place.interface)", [rule])
        device.pipeline.append(
          Stage(
            .filter(
              lists: [otherFamily(isV6: binding.place.isV6), helper],
              fallback: DefaultAction(.permit, .implicit("other ports of the VLAN have no such list"))),
            name: "port list of \(binding.place.interface) in VLAN \(vlan)", source: binding.source,
            ingress: InterfaceMatch([routed])))
      }
    }
  }

  // MARK: - VLAN maps

  /// VLAN maps: for all packets of their VLANs, switched, routed in and routed out (Catalyst software configuration guides,
  /// "Configuring Network Security with ACLs", VLAN Maps).
  mutating func addVLANMaps(isIngress: Bool) {
    for name in config.vlanMaps.keys.sorted() {
      guard let map = config.vlanMaps[name], !map.vlans.isEmpty else { continue }
      let interfaces = config.interfaces.filter {
        ($0.isSwitchport ? $0.accessVLAN : $0.switchedVLAN).flatMap { UInt16(exactly: $0) }.map {
          map.vlans.contains($0)
        }
          ?? false
      }.map(\.name)
      guard !interfaces.isEmpty else { continue }
      let list = helperLists["vlan access-map \(name)"] ?? lower(map)
      let patterns = InterfaceMatch(interfaces)
      device.pipeline.append(
        Stage(
          .filter(lists: [list], fallback: device.lists[list].fallback), name: "vlan access-map \(name)",
          source: map.source, ingress: isIngress ? patterns : .any, egress: isIngress ? .any : patterns))
    }
  }

  private mutating func lower(_ map: IOSVLANMap) -> Int {
    var rules: [Rule] = []
    var families: (v4: Bool, v6: Bool) = (false, false)
    for entry in map.entries.sorted(by: { $0.sequence < $1.sequence }) {
      // Without `action` an entry forwards (command reference, `action`).
      let action: Action =
        switch entry.work {
        case .drop: .deny(rejects: false)
        case .unknown: .unknown
        case .forward, nil: .permit
        }
      let verdict = Verdict(action: action, logging: .off, label: "vlan access-map \(map.name) \(entry.sequence)")
      if entry.lists.isEmpty {
        rules.append(Rule(order: rules.count, name: verdict.label, match: .any, action: action, source: entry.source))
      }
      for (name, isV6) in entry.lists {
        if isV6 { families.v6 = true } else { families.v4 = true }
        let known = isV6 ? config.listIndexV6[name] : config.listIndex[name]
        let list = known.flatMap { selector($0, isNegated: false, verdict) }
        if known == nil { undefined("access list", name, at: entry.source, among: { $0.lists.map(\.name) }) }
        var rule = Rule(order: rules.count, name: verdict.label, match: .any, action: action, source: entry.source)
        if let list {
          rule.action = .jump(list: list)
        } else {
          rule.match = rule.match.uncertain(
            Uncertainty(range: entry.source, reason: "access list `\(printable(name))` is not known"))
        }
        rules.append(rule)
      }
    }
    // A kind of packet that some entry looks for is dropped when none takes it; other kinds pass.
    for (isLooked, family) in [(families.v4, AddressSet.allV4), (families.v6, .allV6)] where !isLooked {
      var rule = Rule(
        order: rules.count, name: "vlan access-map \(map.name) has no condition for this IP version",
        match: MatchBounds(PacketMatch(sources: family, destinations: family)), action: .permit, source: map.source)
      rule.isExplicit = false
      rules.append(rule)
    }
    device.lists.append(
      RuleList(
        name: "vlan access-map \(map.name)", rules: rules,
        fallback: DefaultAction(
          .deny,
          .implicit("a VLAN map with conditions drops what none of them takes (\"VLAN Map Configuration Guidelines\")"),
          logging: .off), source: map.source))
    helperLists["vlan access-map \(map.name)"] = device.lists.count - 1
    return device.lists.count - 1
  }
}
