import PacketSets
import RuleModel
import SourceText

/// The pipeline of forwarded packets, by hook and priority as the firewall is put into the kernel: prerouting, destination
/// NAT, routing, forward filter (interface rule sets before 1.4), zones, source NAT ("Firewall", packet flow).
extension VyOSSystem {
  mutating func lowerForwarding() {
    noteBridges()
    let translation = lowerTranslation()
    device.pipeline = rawStages()
    if !translation.before.isEmpty { device.pipeline.append(stage(translation.before, "destination NAT")) }
    device.pipeline.append(Stage(.route, name: "routing table", source: device.source))
    device.pipeline += vrfStages()
    device.pipeline += baseStages("forward")
    device.pipeline += interfaceStages("in") + interfaceStages("out")
    device.pipeline += zoneStages()
    if !translation.behind.isEmpty { device.pipeline.append(stage(translation.behind, "source NAT")) }
    // The default of a device without any firewall is to forward.
    if !device.pipeline.contains(where: { if case .filter = $0.work { true } else { false } }) {
      device.pipeline.append(openForwarding())
    }
  }

  private func stage(_ rules: [TranslationRule], _ name: String) -> Stage {
    Stage(.translate(rules), name: name, source: rules[0].range)
  }

  private func openForwarding() -> Stage {
    let permit = DefaultAction(.permit, .factory("without a firewall everything is forwarded"), logging: .off)
    return Stage(.filter(lists: [], fallback: permit), name: "no firewall", source: device.source)
  }

  /// `firewall ipv4 prerouting raw`: before connection tracking, so that no state is known yet.
  mutating func rawStages() -> [Stage] {
    var result: [Stage] = []
    for family in IPFamily.allCases {
      guard let list = baseChain("prerouting", "raw", family) else { continue }
      for i in device.lists[list].rules.indices {
        var rule = device.lists[list].rules[i]
        guard rule.match.upper.contains(where: { $0.states != .all }) else { continue }
        rule.match = MatchBounds(everything(family)).uncertain(
          Uncertainty(range: rule.source, reason: "states are not known before connection tracking"))
        device.lists[list].rules[i] = rule
      }
      var stage = familyStage(
        list, family, name: device.lists[list].name, device.lists[list].source, asksStates: false)
      stage.isPreparatory = true
      result.append(stage)
    }
    return result
  }

  /// `firewall ipv4 forward filter` and its sister.
  mutating func baseStages(_ hook: String) -> [Stage] {
    var result: [Stage] = []
    for family in IPFamily.allCases {
      guard let list = baseChain(hook, "filter", family) else { continue }
      result.append(familyStage(list, family, name: device.lists[list].name, device.lists[list].source))
    }
    return result
  }

  // MARK: Rule sets at interfaces

  /// `interfaces ethernet eth0 firewall in name X` (1.3) and `firewall interface eth0 in name X` (early 1.4).
  mutating func interfaceStages(_ direction: String) -> [Stage] {
    var result: [Stage] = []
    for (name, node) in interfaceBindings() {
      for part in tree.children(node) where !["in", "out", "local"].contains(tree.word(part)) && !tree.isMarked(part) {
        _ = notRecognised(part)
      }
      guard let place = tree.child(node, direction) else { continue }
      tree.mark(place, .used)
      for part in tree.children(place) {
        guard let family: IPFamily = ["name": .v4, "ipv6-name": .v6][tree.word(part)] else {
          // Marks for policy routing stand here too.
          if tree.word(part) != "modify" { _ = notRecognised(part) }
          continue
        }
        tree.markBelow(part, .used)
        for target in tree.children(part) {
          let list = ruleSet(VyOSRuleSetKey(family: family, name: tree.word(target)), tree.range(target))
          let interface = InterfaceMatch([name])
          result.append(
            familyStage(
              list, family, name: "\(name) \(direction)", tree.range(target),
              ingress: direction == "out" ? .any : interface, egress: direction == "out" ? interface : .any))
        }
      }
    }
    return result
  }

  /// Interfaces with the node that binds rule sets to them.
  private func interfaceBindings() -> [(name: String, node: Int)] {
    var result: [(name: String, node: Int)] = []
    var open = tree.children(of: ["interfaces"]).flatMap { tree.children($0) }.map { (node: $0, name: tree.word($0)) }
    open.reverse()
    while let (node, name) = open.popLast() {
      if let binding = tree.child(node, "firewall") { result.append((name, binding)) }
      for keyword in ["vif", "vif-s", "vif-c"] {
        for vlan in tree.children(of: [keyword], below: node) { open.append((vlan, "\(name).\(tree.word(vlan))")) }
      }
    }
    for node in tree.children(of: ["firewall", "interface"]) { result.append((pattern(tree.word(node)), node)) }
    return result
  }

  // MARK: What is beside the IP firewall

  /// Frames between ports of one bridge do not meet the IP firewall unless `apply-to-bridged-traffic` says so.
  private mutating func noteBridges() {
    if let node = tree.find(["firewall", "bridge"]) {
      _ = notModelled(node, "the firewall of bridges is not modelled; it filters frames between ports of one bridge")
    }
    if let node = tree.find(["firewall", "global-options", "apply-to-bridged-traffic"]) {
      _ = notModelled(node, "rules for bridged traffic are not modelled")
    }
  }

  /// Interfaces of different VRFs do not reach each other unless routes are shared, which the file may do in many ways.
  private mutating func vrfStages() -> [Stage] {
    var rules: [Rule] = []
    for (name, node) in vrfs() {
      let members = members(ofVRF: name)
      guard !members.isEmpty else { continue }
      let reason = Uncertainty(range: tree.range(node), reason: "routes may be shared between VRFs")
      for (ingress, egress) in [
        (InterfaceMatch(members), InterfaceMatch(members, isNegated: true)),
        (InterfaceMatch(members, isNegated: true), InterfaceMatch(members)),
      ] {
        var rule = Rule(
          order: rules.count, name: "vrf \(printable(name))", match: MatchBounds.any.uncertain(reason),
          action: .deny(rejects: false), source: tree.range(node))
        rule.ingress = ingress
        rule.egress = egress
        rule.isExplicit = false
        rule.logging = .off
        rules.append(rule)
      }
    }
    guard !rules.isEmpty else { return [] }
    let list = addList("vrf", rules, leave("the firewall follows"), rules[0].source)
    let permit = DefaultAction(.permit, .implicit("inside a VRF packets are routed"))
    return [Stage(.filter(lists: [list], fallback: permit), name: "vrf", source: rules[0].source)]
  }
}
