import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  /// Lowers the configuration to a device.
  ///
  /// The order is Cisco's: access list of the ingress interface, translation of packets from outside, routing, zone
  /// policy, translation of packets from inside, access list of the egress interface (document 6209, "NAT Order of
  /// Operation"; "Zone-Based Policy Firewalls", "Firewall and Network Address Translation").
  mutating func finish() {
    device.name = config.hostname ?? "unnamed"
    switching = IOSSwitching(config.interfaces)
    orderedBindings = config.bindings.values.sorted { $0.source < $1.source }
    for index in config.lists.indices { device.lists.append(lower(index)) }
    device.interfaces = lowerInterfaces()
    device.routes = lowerRoutes()
    // Routes of all virtual routing tables stand in one list here.
    device.hasOtherRoutes =
      config.hasOtherRoutes || !config.leaks.isEmpty || config.interfaces.contains { $0.vrf != nil }
    addIsolation()
    addVLANMaps(isIngress: true)
    addPortLists()
    for binding in orderedBindings where binding.place.direction == .inbound { addList(binding) }
    let translations = lowerTranslations()
    add(translations.entering, "NAT of destinations from outside")
    add(translations.enteringSources, "NAT of sources from outside")
    device.pipeline.append(Stage(.route, name: "routing", source: config.source))
    addZonePolicies()
    add(translations.leaving, "NAT of sources from inside")
    add(translations.leavingDestinations, "NAT of destinations from inside")
    for binding in orderedBindings where binding.place.direction == .outbound { addList(binding) }
    addVLANMaps(isIngress: false)
    lowerLocal()
    device.unboundLists = unboundLists
  }

  private mutating func add(_ rules: [TranslationRule], _ name: String) {
    guard let first = rules.first else { return }
    device.pipeline.append(Stage(.translate(rules), name: name, source: first.range))
  }

  // MARK: - Interfaces

  private func lowerInterfaces() -> [Interface] {
    config.interfaces.map { source in
      var interface = Interface(name: source.name, source: source.source)
      interface.aliases = source.description.map { [$0] } ?? []
      interface.platformZone = source.zone
      interface.addresses = source.addresses
      if interface.addresses.isEmpty, let lender = source.borrowsFrom.flatMap(interfaceName),
        let index = config.interfaceIndex[lender]
      {
        interface.addresses = config.interfaces[index].addresses
      }
      interface.vlan = source.vlan ?? source.accessVLAN
      interface.isShutdown = source.isShutdown
      // Ports of a switch do not route; the interface of their VLAN would check.
      interface.checksSourceAddress = source.isSwitchport ? nil : source.checksSourceAddress
      if let dot = source.name.lastIndex(of: ".") {
        let parent = String(source.name[..<dot])
        interface.parent = parent
        if let index = config.interfaceIndex[parent], config.interfaces[index].isShutdown {
          interface.isShutdown = true
        }
      } else if source.isSwitchport, let vlan = source.accessVLAN {
        interface.parent = "Vlan\(vlan)"
      }
      return interface
    }
  }

  // MARK: - Access lists

  private mutating func addList(_ binding: IOSBinding) {
    if isPort(binding.place.interface), binding.place.direction == .inbound { return }
    let names = ports(of: binding.place.interface)
    // Inside a VLAN packets are switched and do not meet the list of its routed interface.
    let others = InterfaceMatch(names.count > 1 ? names : nil, isNegated: names.count > 1)
    addStage(
      binding, ingress: binding.place.direction == .inbound ? InterfaceMatch(names) : others,
      egress: binding.place.direction == .inbound ? others : InterfaceMatch(names), bound(binding))
  }

  mutating func addStage(
    _ binding: IOSBinding, ingress: InterfaceMatch, egress: InterfaceMatch, _ list: Int
  ) {
    let way = binding.place.direction == .inbound ? "in" : "out"
    let command = binding.place.isV6 ? "ipv6 traffic-filter" : "ip access-group"
    let before = [otherFamily(isV6: binding.place.isV6)] + (inspectionReturns().map { [$0] } ?? [])
    var stage = Stage(
      .filter(lists: before + [list], fallback: device.lists[list].fallback),
      name: "\(command) \(binding.list) \(way) on \(binding.place.interface)", source: binding.source)
    stage.ingress = ingress
    stage.egress = egress
    device.pipeline.append(stage)
  }

  /// The list that a binding names; one that does not exist lets everything pass.
  mutating func bound(_ binding: IOSBinding) -> Int {
    if let index = binding.place.isV6 ? config.listIndexV6[binding.list] : config.listIndex[binding.list] {
      return index
    }
    undefined(
      "access list", binding.list, at: binding.source, among: { $0.lists.map(\.name) },
      consequence: "; the device lets all packets pass here")
    let name = "\(binding.list) (not defined)"
    if let known = helperLists[name] { return known }
    helperLists[name] = device.lists.count
    device.lists.append(
      RuleList(
        name: name, rules: RuleTable([]), fallback: DefaultAction(.permit, .implicit(emptyListPermits), logging: .off),
        source: binding.source))
    return device.lists.count - 1
  }

  /// The list by which packets of the other IP version pass a list of this one.
  mutating func otherFamily(isV6: Bool) -> Int {
    let name = isV6 ? "IPv4 passes IPv6 lists" : "IPv6 passes IPv4 lists"
    if let known = helperLists[name] { return known }
    let family: AddressSet = isV6 ? .allV4 : .allV6
    var rule = Rule(
      order: 0, name: "no list for the other IP version",
      match: MatchBounds(PacketMatch(sources: family, destinations: family)), action: .permit, source: config.source)
    rule.isExplicit = false
    rule.logging = .off
    return addHelper(name, [rule])
  }

  /// Adds a list of implied rules that leaves all other packets to the next list.
  mutating func addHelper(_ name: String, _ rules: [Rule]) -> Int {
    device.lists.append(
      RuleList(
        name: name, rules: rules, fallback: DefaultAction(.leave, .implicit("the next list is asked")),
        source: rules.first?.source ?? config.source))
    helperLists[name] = device.lists.count - 1
    return device.lists.count - 1
  }

  // MARK: - Inspection of the older kind

  /// What `ip inspect` lets back in: it opens access lists for packets that answer inspected sessions; new sessions are
  /// the access lists' to decide (Cisco IOS Security Configuration Guide, "Configuring Context-Based Access Control").
  private mutating func inspectionReturns() -> Int? {
    let name = "returns of ip inspect"
    if let known = helperLists[name] { return known }
    guard !config.inspections.isEmpty else { return nil }
    var rules: [Rule] = []
    for inspection in config.inspections.values.sorted(by: { $0.source < $1.source }) {
      let protocols = config.inspectRules[inspection.name]
      if protocols == nil {
        undefined(
          "inspection rule", inspection.name, at: inspection.source, among: { $0.inspectRules.keys.sorted() })
      }
      var rule = Rule(
        order: rules.count, name: "ip inspect \(inspection.name) at \(inspection.place.interface)",
        match: returns(protocols ?? [], inspection), action: .permit, source: inspection.source)
      // Sessions inspected where they leave come back by the same interface; those inspected where they enter leave by it.
      if inspection.place.direction == .inbound {
        rule.egress = InterfaceMatch(ports(of: inspection.place.interface))
      } else {
        rule.ingress = InterfaceMatch(ports(of: inspection.place.interface))
      }
      rule.isExplicit = false
      rules.append(rule)
    }
    return addHelper(name, rules)
  }

  private func returns(_ protocols: [String], _ inspection: IOSInspection) -> MatchBounds {
    let numbers: [String: UInt8] = ["tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "icmp": IPProtocol.icmp]
    let certain = protocols.compactMap { numbers[$0] }
    let upper = IntervalSet<UInt8>([1...1, 6...6, 17...17, 58...58])
    let lower = PacketMatch(services: [Service(protocols: IntervalSet(certain.map { $0...$0 }))], states: .reply)
    return MatchBounds(
      lower: certain.isEmpty ? [] : [lower],
      upper: [PacketMatch(services: [Service(protocols: upper)], states: [.reply, .related])],
      uncertainties: [
        Uncertainty(
          range: inspection.source, reason: "which packets answer inspected sessions is known at run time only")
      ])
  }

  // MARK: - Lists without use

  /// Lists that neither filter nor serve address translation, routing, VPN, classes or another purpose.
  private var unboundLists: [Int] {
    var used = Set(orderedBindings.map(\.list))
    used.formUnion(
      config.classMaps.values.flatMap(\.matches).compactMap {
        if case .list(let name) = $0.subject { name } else { nil }
      })
    used.formUnion(config.vlanMaps.values.flatMap(\.entries).flatMap(\.lists).map(\.name))
    used.formUnion(config.terminals.flatMap { [$0.accessClass, $0.accessClassV6].compactMap { $0 } })
    used.formUnion(config.listeners.flatMap { [$0.list, $0.listV6].compactMap { $0 } })
    used.formUnion([webList.v4, webList.v6].compactMap { $0 })
    let names = Set(config.lists.map(\.name)).subtracting(used)
    if !names.isEmpty {
      var other = CiscoWords(bytes: file.bytes)
      for number in config.otherLines + config.translations {
        other.load(file.lines.bounds(ofLine: number, in: file.bytes))
        // A number by itself is mostly none of a list.
        let mayNumber = IOSReader.namesLists(other.statement)
        for word in other.ranges {
          let text = other.text(word)
          if names.contains(text), mayNumber || Int(text) == nil { used.insert(text) }
        }
      }
    }
    return config.lists.indices.filter { !used.contains(config.lists[$0].name) }
  }

  private static func namesLists(_ statement: String) -> Bool {
    [
      "access-group", "access-class", "distribute-list", "address", " list ", "match", "filter", "boundary", "rp-",
      "acl",
    ]
    .contains { statement.contains($0) }
  }
}
