import PacketSets
import RuleModel
import SourceText

/// Where Cisco says what happens without an access list.
private let implicitPermits =
  "ASA CLI configuration guide, \"Access Rules\", Implicit Permits: unicast from a higher to a lower security interface"

extension ASAReader {
  /// The stages for forwarded packets: destinations untranslated, ingress lists, egress lists, sources translated.
  mutating func lowerForwarding(_ device: inout Device) {
    let translations = lowerTranslations()
    if !translations.entering.isEmpty {
      device.pipeline.append(
        Stage(.translate(translations.entering), name: "NAT of destinations", source: translations.entering[0].range))
    }
    // For translated destinations the rule names the egress interface, not the routing table ("Determining the Egress
    // Interface" in the NAT chapter of the firewall CLI guide).
    if !translations.entering.isEmpty { device.hasOtherRoutes = true }
    device.pipeline.append(Stage(.route, name: "route lookup", source: config.source))
    let global = lists(at: .global, &device)
    let interfaces = namedInterfaces
    for interface in interfaces {
      addIsolation(of: interface, among: interfaces, &device)
      addIngress(of: interface, among: interfaces, global, &device)
    }
    for interface in interfaces { addEgress(of: interface, &device) }
    if !translations.leaving.isEmpty {
      device.pipeline.append(
        Stage(.translate(translations.leaving), name: "NAT of sources", source: translations.leaving[0].range))
    }
  }

  // MARK: - Pairs that no list can join

  private mutating func addIsolation(of interface: ASAInterface, among all: [ASAInterface], _ device: inout Device) {
    guard let name = interface.nameif else { return }
    if interface.isManagementOnly {
      let reason = "`management-only` interfaces pass no through traffic"
      device.pipeline.append(deny(reason, interface, ingress: InterfaceMatch([name])))
      device.pipeline.append(deny(reason, interface, egress: InterfaceMatch([name])))
      return
    }
    let separate = all.filter { isSeparate(interface, $0) }.compactMap(\.nameif)
    if !separate.isEmpty {
      device.pipeline.append(
        deny(
          "bridge groups cannot communicate with each other (\"Transparent or Routed Firewall Mode\")", interface,
          ingress: InterfaceMatch([name]), egress: InterfaceMatch(separate)))
    }
  }

  private func deny(
    _ reason: String, _ interface: ASAInterface, ingress: InterfaceMatch = .any, egress: InterfaceMatch = .any
  ) -> Stage {
    Stage(
      .filter(lists: [], fallback: DefaultAction(.deny, .implicit(reason))), name: reason, source: interface.source,
      ingress: ingress, egress: egress)
  }

  /// Whether bridging keeps the two apart: different groups, unless both are routed by named bridge interfaces.
  private func isSeparate(_ a: ASAInterface, _ b: ASAInterface) -> Bool {
    guard a.bridgeGroup != b.bridgeGroup, a.bridgeNumber == nil, b.bridgeNumber == nil else { return false }
    if config.isTransparent { return a.bridgeGroup != nil && b.bridgeGroup != nil }
    return isIsolated(a) || isIsolated(b)
  }

  /// A member of a bridge group whose virtual interface has no name is not routed.
  private func isIsolated(_ interface: ASAInterface) -> Bool {
    guard let group = interface.bridgeGroup else { return false }
    return bridge(group)?.nameif == nil
  }

  // MARK: - Ingress

  private mutating func addIngress(
    of interface: ASAInterface, among all: [ASAInterface], _ global: [Int], _ device: inout Device
  ) {
    guard let name = interface.nameif, !interface.isManagementOnly else { return }
    var bound = lists(at: .inbound(name), &device)
    if let group = interface.bridgeGroup, let bridgeName = bridge(group)?.nameif {
      let bridged = lists(at: .inbound(bridgeName), &device)
      noteBridgeList(bridged, bridgeName)
      bound += bridged
    }
    let families = uncovered(bound + global, device)
    if !families.isEmpty {
      device.lists.append(implicitList(of: interface, among: all, families))
    }
    let implicit = families.isEmpty ? [] : [device.lists.count - 1]
    if families != .all { addSameLevelDoubt(of: interface, among: all, &device) }
    let chain = open(bound + global, leaves: families != .empty, &device)
    device.pipeline.append(
      Stage(
        .filter(
          lists: chain + implicit,
          fallback: DefaultAction(
            .deny, .implicit("implicit deny after interface and global access rules (\"Access Rules\", Implicit Deny)"))
        ),
        name: ingressName(name, bound, global, device), source: bindingSource(name) ?? interface.source,
        ingress: InterfaceMatch([name])))
  }

  private func ingressName(_ name: String, _ bound: [Int], _ global: [Int], _ device: Device) -> String {
    var parts = bound.map { "access-group \(device.lists[$0].name) in interface \(name)" }
    parts += global.map { "access-group \(device.lists[$0].name) global" }
    return parts.isEmpty ? "security level of \(name)" : parts.joined(separator: ", then ")
  }

  private func bindingSource(_ name: String) -> SourceRange? {
    config.bindings.first { $0.place == .inbound(name) || $0.place == .global }?.source
  }

  /// The families that no list speaks for; before 9.0 each family has its own lists.
  private func uncovered(_ bound: [Int], _ device: Device) -> AddressSet {
    guard config.hasSeparateIPv6Lists else { return bound.isEmpty ? .all : .empty }
    var left = AddressSet.all
    for index in bound {
      let isV6 = config.accessLists.first { $0.name == device.lists[index].name }?.isIPv6Only ?? false
      left = left.subtracting(isV6 ? .allV6 : .allV4)
    }
    return left
  }

  /// Lists with a successor end undecided, so that the successor is asked; the stage has the implicit deny.
  private func open(_ lists: [Int], leaves: Bool, _ device: inout Device) -> [Int] {
    for index in leaves ? lists : lists.dropLast() { device.lists[index].fallback.verdict = .leave }
    return lists
  }

  /// The rules that security levels imply for packets that enter here.
  private func implicitList(
    of interface: ASAInterface, among all: [ASAInterface], _ families: AddressSet
  ) -> RuleList {
    let name = interface.nameif ?? ""
    var rules: [Rule] = []
    let unicast = families.subtracting(ASAReader.notUnicast)
    // The guides from 9.0 on say that unicast is permitted; earlier ones do not limit it.
    let doubt = Uncertainty(
      range: interface.source, reason: "whether security levels alone let multicast pass depends on the release")
    func permit(_ text: String, to egress: [String], certain: Bool) {
      guard !egress.isEmpty else { return }
      var match = MatchBounds(
        lower: [PacketMatch(sources: families, destinations: unicast)],
        upper: [PacketMatch(sources: families, destinations: families)], uncertainties: [doubt])
      if !certain {
        match = match.uncertain(
          Uncertainty(
            range: interface.source,
            reason: "whether the level of the bridge group or of its member counts is not documented"))
      }
      var rule = Rule(
        order: rules.count, name: "\(text) (security-level)", match: match, action: .permit, source: interface.source)
      rule.egress = InterfaceMatch(egress)
      rule.isExplicit = false
      rule.logging = .off
      rules.append(rule)
    }
    let others = all.filter { $0.nameif != name }
    permit(
      "\(name) to less secure", to: others.filter { reaches(interface, $0) == .certain }.compactMap(\.nameif),
      certain: true)
    permit(
      "\(name) to less secure", to: others.filter { reaches(interface, $0) == .possible }.compactMap(\.nameif),
      certain: false)
    if config.permitsSameInterface || config.isThreatDefense {
      permit("\(name) to itself", to: [name], certain: true)
    }
    return RuleList(
      name: "implicit rules of \(name)", rules: rules,
      fallback: DefaultAction(.deny, .implicit(implicitPermits), logging: .on), source: interface.source)
  }

  private enum Reach { case no, possible, certain }

  /// Whether levels alone let packets from `a` to `b`; by the member's and by the bridge group's level.
  private func reaches(_ a: ASAInterface, _ b: ASAInterface) -> Reach {
    let (own, other) = (levels(a, towards: b), levels(b, towards: a))
    let answers = own.flatMap { x in other.map { y in x > y || (x == y && permitsSameLevel) } }
    if answers.allSatisfy({ $0 }) { return .certain }
    return answers.contains(true) ? .possible : .no
  }

  private func levels(_ interface: ASAInterface, towards peer: ASAInterface) -> [Int] {
    guard let group = interface.bridgeGroup, peer.bridgeGroup != group, let bridge = bridge(group), bridge.nameif != nil
    else { return [interface.securityLevel] }
    return [interface.securityLevel, bridge.securityLevel]
  }

  /// Threat Defense has one level for all interfaces and always lets them communicate.
  private var permitsSameLevel: Bool { config.permitsSameLevel || config.isThreatDefense }

  /// Multicast and broadcast.
  private static let notUnicast = AddressSet(
    v4: IntervalSet([0xE000_0000...0xEFFF_FFFF, 0xFFFF_FFFF...0xFFFF_FFFF]),
    v6: IntervalSet(0xFF00_0000_0000_0000_0000_0000_0000_0000...UInt128.max))

  /// Interfaces of one level cannot communicate without `same-security-traffic`; whether an access list changes that is
  /// not documented, so the packet may be dropped before the list is asked.
  private mutating func addSameLevelDoubt(
    of interface: ASAInterface, among all: [ASAInterface], _ device: inout Device
  ) {
    guard let name = interface.nameif else { return }
    var peers: [String] = []
    if !permitsSameLevel {
      peers = all.filter { $0.nameif != name && $0.securityLevel == interface.securityLevel }.compactMap(\.nameif)
    }
    if !config.permitsSameInterface, !config.isThreatDefense { peers.append(name) }
    guard !peers.isEmpty else { return }
    let reason = "interfaces of the same security level do not communicate without `same-security-traffic`"
    var rule = Rule(
      order: 0, name: "same security level as \(name)",
      match: MatchBounds.any.uncertain(
        Uncertainty(
          range: interface.source, reason: "\(reason); whether an access list overrides this is not documented")),
      action: .deny(rejects: false), source: interface.source)
    rule.isExplicit = false
    let fallback = DefaultAction(.permit, .implicit("the access list is asked next"))
    device.lists.append(
      RuleList(name: "same security level as \(name)", rules: [rule], fallback: fallback, source: interface.source))
    device.pipeline.append(
      Stage(
        .filter(lists: [device.lists.count - 1], fallback: fallback), name: reason, source: interface.source,
        ingress: InterfaceMatch([name]), egress: InterfaceMatch(peers)))
  }

  /// The order member, bridge group, global is documented; whether it holds between members of one group is not.
  private mutating func noteBridgeList(_ lists: [Int], _ name: String) {
    guard !lists.isEmpty, let binding = config.bindings.first(where: { $0.place == .inbound(name) }) else { return }
    ledger.gap(
      LedgerGap(
        range: binding.source, state: .notModelled, couldChangeVerdict: true,
        reason:
          "an access list on a bridge group is applied to all its members' traffic; the device may not do so between members"
      ))
  }

  // MARK: - Egress

  private mutating func addEgress(of interface: ASAInterface, _ device: inout Device) {
    guard let name = interface.nameif, !interface.isManagementOnly else { return }
    var bound: [Int] = []
    if let group = interface.bridgeGroup, let bridgeName = bridge(group)?.nameif {
      bound += lists(at: .outbound(bridgeName), &device)
    }
    bound += lists(at: .outbound(name), &device)
    guard !bound.isEmpty else { return }
    let left = uncovered(bound, device)
    let source = config.bindings.first { $0.place == .outbound(name) }?.source ?? interface.source
    var chain = open(bound, leaves: !left.isEmpty, &device)
    if !left.isEmpty {
      device.lists.append(otherFamily(left, name, source))
      chain.append(device.lists.count - 1)
    }
    device.pipeline.append(
      Stage(
        .filter(
          lists: chain,
          fallback: DefaultAction(.deny, .implicit("implicit deny of outbound access lists (\"Access Rules\")"))),
        name: "access-group \(bound.map { device.lists[$0].name }.joined(separator: ", ")) out interface \(name)",
        source: source, egress: InterfaceMatch([name])))
  }

  /// The family that no outbound list speaks for passes.
  private func otherFamily(_ family: AddressSet, _ name: String, _ source: SourceRange) -> RuleList {
    var rule = Rule(
      order: 0, name: "no outbound list for the other IP version",
      match: MatchBounds(PacketMatch(sources: family, destinations: family)), action: .permit, source: source)
    rule.isExplicit = false
    let fallback = DefaultAction(.leave, .implicit("the implicit deny of the outbound list follows"))
    return RuleList(name: "other IP version out interface \(name)", rules: [rule], fallback: fallback, source: source)
  }
}
