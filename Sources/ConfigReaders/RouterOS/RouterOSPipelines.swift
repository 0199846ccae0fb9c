import PacketSets
import RuleModel
import SourceText

/// What packets go through (RouterOS documentation, "Packet Flow in RouterOS"): raw prerouting, connection tracking,
/// mangle, translation of destinations, routing, filter forward, translation of sources; for the router itself filter
/// input in place of the last two.
extension RouterOSReader {
  mutating func lowerPipelines() {
    restrictNATStates()
    untracked = untrackedPackets()
    let passing = passingLists()
    let raw = tableStage(.raw, "prerouting", passing)
    let forward = tableStage(.filter, "forward", passing + unforwardedList())
    let input = tableStage(.filter, "input", [])
    let destinations = translationStage("dstnat")
    let sources = translationStage("srcnat")
    noteUnboundChains()
    let before = raw + destinations
    device.pipeline = before + [Stage(.route, name: "routing", source: device.source)] + forward + sources
    device.localPipeline = raw + destinations + input
  }

  /// What a chain does with packets that no rule decides ("If a packet has not matched any rule within the chain, then it is
  /// accepted", RouterOS documentation, Firewall).
  var acceptance: DefaultAction {
    DefaultAction(.permit, .implicit("RouterOS accepts what no rule of the chain matches"), logging: .off)
  }

  /// The stages of one chain, one for each family; raw tables without rules are left out.
  private mutating func tableStage(_ table: RouterOSTable, _ chain: String, _ passing: [Int]) -> [Stage] {
    IPFamily.allCases.compactMap { family in
      guard let list = chainList(RouterOSPlace(family: family, table: table), chain) else { return nil }
      var stage = Stage(
        .filter(lists: passing + [otherFamily(than: family), list], fallback: acceptance),
        name: "\(table.rawValue) \(chain)" + (family == .v6 ? " (IPv6)" : ""), source: device.lists[list].source)
      stage.isPreparatory = table == .raw
      return stage
    }
  }

  /// A list by which packets of the other family pass a family's own stage.
  private mutating func otherFamily(than family: IPFamily) -> Int {
    if let known = familyLists[family] { return known }
    let all = MaskedAddresses.all(family == .v4 ? .v6 : .v4)
    let name = family == .v4 ? "IPv6 beside the IPv4 rules" : "IPv4 beside the IPv6 rules"
    var rule = Rule(
      order: 0, name: name, match: MatchBounds(PacketMatch(sources: all, destinations: all)), action: .permit,
      source: device.source)
    rule.isExplicit = false
    rule.logging = .off
    let list = addList(name, [rule], device.source)
    familyLists[family] = list
    return list
  }

  // MARK: packets that the IP firewall does not see

  /// Ports of one bridge, and routing in the switch chip.
  private mutating func passingLists() -> [Int] {
    var rules: [Rule] = []
    for (name, bridge) in interfaces.bridges.sorted(by: { $0.key < $1.key }) where !bridge.ports.isEmpty {
      rules.append(bridgeRule(name, bridge, rules.count))
    }
    var lists = rules.isEmpty ? [] : [addList("ports of one bridge", rules, rules[0].source)]
    if let range = hardwareRouting {
      notes.gap(
        range, .notModelled, matters: true,
        "the switch chip routes packets past the firewall (`l3-hw-offloading`); every flow is taken as possible")
      var rule = Rule(
        order: 0, name: "routing in the switch chip",
        match: MatchBounds.any.uncertain(
          Uncertainty(range: range, reason: "packets that the switch chip routes meet no rule")), action: .permit,
        source: range)
      rule.isExplicit = false
      lists.append(addList("routing in the switch chip", [rule], range))
    }
    return lists
  }

  /// Frames between ports of a bridge meet no IP firewall unless `use-ip-firewall` is set (RouterOS documentation,
  /// Bridging and Switching, "Bridge Settings").
  private func bridgeRule(_ name: String, _ bridge: RouterOSInterfaces.Bridge, _ order: Int) -> Rule {
    var rule = Rule(
      order: order, name: "bridge \(printable(name)) joins its ports", match: .any, action: .permit,
      source: bridge.range)
    rule.ingress = InterfaceMatch(interfaces.withPorts(name))
    rule.egress = rule.ingress
    rule.isExplicit = false
    rule.logging = .off
    var doubts = bridge.doubts
    if let range = usesIPFirewall {
      doubts.append(Uncertainty(range: range, reason: "bridged packets meet the IP firewall (`use-ip-firewall`)"))
    }
    if let range = bridgeFilter {
      doubts.append(Uncertainty(range: range, reason: "rules of the bridge may drop bridged packets"))
    }
    for doubt in doubts { rule.match = rule.match.uncertain(doubt) }
    return rule
  }

  /// A router that forwards nothing.
  private mutating func unforwardedList() -> [Int] {
    var rules = unforwarded.sorted { $0.key.bits < $1.key.bits }.map { family, range in
      let all = MaskedAddresses.all(family)
      var rule = Rule(
        order: 0, name: "\(family == .v4 ? "IPv4" : "IPv6") is not forwarded",
        match: MatchBounds(PacketMatch(sources: all, destinations: all)), action: .deny(rejects: false), source: range)
      rule.isExplicit = false
      return rule
    }
    if unforwarded[.v6] == nil, !hasIPv6Section, version?.hasPrefix("6.") ?? true {
      // IPv6 is a package that RouterOS 6 has switched off when it leaves the factory.
      let all = AddressSet.allV6
      let why = Uncertainty(range: device.source, reason: "whether IPv6 is switched on is not in the file")
      var rule = Rule(
        order: 0, name: "IPv6 may be switched off",
        match: MatchBounds(PacketMatch(sources: all, destinations: all)).uncertain(why), action: .deny(rejects: false),
        source: device.source)
      rule.isExplicit = false
      rules.append(rule)
    }
    for index in rules.indices { rules[index].order = index }
    return rules.isEmpty ? [] : [addList("forwarding of the router", rules, rules[0].source)]
  }

  mutating func addList(_ name: String, _ rules: [Rule], _ source: SourceRange) -> Int {
    device.lists.append(
      RuleList(
        name: name, rules: rules, fallback: DefaultAction(.leave, .implicit("the next list is asked")), source: source))
    return device.lists.count - 1
  }

  // MARK: states

  /// Packets that rules of the raw table may exempt from connection tracking.
  private func untrackedPackets() -> [PacketMatch] {
    IPFamily.allCases.flatMap { family in
      (tables[RouterOSPlace(family: family, table: .raw)]?.rules ?? [])
        .filter { $0.action == "notrack" && !$0.isDisabled }
        .flatMap { $0.parts.match(.pending(isCertain: false)).upper }
    }
  }

  /// Cuts rules that ask for `connection-nat-state` to the packets that can have it.
  ///
  /// When the filter sees a new packet, only its destination can have been translated; then it is a target of some rule of
  /// the chain `dstnat`.
  private mutating func restrictNATStates() {
    let targets = Dictionary(uniqueKeysWithValues: IPFamily.allCases.map { ($0, translationTargets($0)) })
    for place in tables.keys {
      guard var table = tables[place], let target = targets[place.family] else { continue }
      for index in table.rules.indices {
        guard let word = table.rules[index].values["connection-nat-state"], !word.isEmpty else { continue }
        restrict(&table.rules[index].parts, to: word, target)
      }
      tables[place] = table
    }
  }

  private func restrict(_ rule: inout IptablesRule, to word: String, _ targets: AddressSet) {
    guard word == "dstnat" || word == "!dstnat" else {
      return rule.doubt("it asks for translated connections (`connection-nat-state`)")
    }
    let why = Uncertainty(range: rule.range, reason: "whether a connection was translated is not followed exactly")
    if word == "dstnat" {
      rule.destinations = rule.destinations.meeting(
        AddressBounds(lower: .empty, upper: targets, uncertainties: targets.isEmpty ? [] : [why]))
    } else if !targets.isEmpty {
      rule.destinations = AddressBounds(
        lower: rule.destinations.lower.subtracting(targets), upper: rule.destinations.upper,
        uncertainties: rule.destinations.uncertainties + [why])
      rule.certainStates = rule.certainStates.intersection(.new)
    }
  }

  /// All that destinations may be translated to.
  private func translationTargets(_ family: IPFamily) -> AddressSet {
    let all = MaskedAddresses.all(family)
    if family == .v4, portMapper != nil { return all }
    var targets = AddressSet.empty
    for rule in tables[RouterOSPlace(family: family, table: .nat)]?.rules ?? [] where !rule.isDisabled {
      guard ["dst-nat", "redirect", "netmap", "same"].contains(rule.action) || !Self.translating.contains(rule.action)
      else {
        continue
      }
      guard rule.action != "redirect", let word = rule.values["to-addresses"] ?? rule.values["to-address"],
        let addresses = routerOSAddresses(word, family)
      else { return all }
      targets = targets.union(addresses)
    }
    return targets
  }
}
