import PacketSets
import RuleModel
import SourceText

/// Multicast policies: multicast packets pass by these alone, not by firewall policies (FortiOS 7.0 administration guide,
/// "Configuring multicast forwarding": "you must add multicast policies to allow multicast packets").
extension FortiDomain {
  /// All multicast addresses (RFC 5771, RFC 4291 section 2.7).
  private static let multicast = AddressSet(
    v4: IntervalSet(0xE000_0000...0xEFFF_FFFF), v6: IntervalSet((UInt128(0xFF) << 120)...UInt128.max))

  mutating func multicastList(isTransparent: Bool) -> Int {
    var rules: [Rule] = []
    let isForwarded = sectionValue("multicast-forward", in: "system settings") != "disable"
    if isForwarded || isTransparent {
      for (path, family) in [("firewall multicast-policy", IPFamily.v4), ("firewall multicast-policy6", .v6)] {
        for node in entries(path) { rules.append(multicastRule(node, family, rules.count)) }
      }
    }
    var last = Rule(
      order: rules.count, name: "multicast without a multicast policy",
      match: MatchBounds(PacketMatch(destinations: Self.multicast)), action: .deny(rejects: false),
      source: device.source)
    last.isExplicit = false
    let skips = sectionSetting("multicast-skip-policy", in: "system settings")
    if isTransparent || skips?.words == ["enable"] {
      last.match = last.match.uncertain(
        Uncertainty(range: skips?.range ?? device.source, reason: "in transparent mode multicast may skip the policies")
      )
    }
    let source = tree.section("firewall multicast-policy", in: scope.own).map { tree.nodes[$0].range }
    return addList("firewall multicast-policy", rules + [last], source ?? device.source)
  }

  private mutating func multicastRule(_ node: Int, _ family: IPFamily, _ order: Int) -> Rule {
    var open = unknownStatements(of: node)
    let range = tree.nodes[node].range
    var destinations = Self.multicast
    var uncertainties: [Uncertainty] = []
    var lowerDestinations = destinations
    if let setting = tree.setting("dstaddr", of: node) {
      let bounds = addressBounds(setting, family)
      destinations = bounds.upper.intersection(Self.multicast)
      lowerDestinations = bounds.lower.intersection(Self.multicast)
      uncertainties = bounds.uncertainties
    }
    let sources = tree.setting("srcaddr", of: node).map { addressBounds($0, family) } ?? AddressBounds(.all)
    let match = MatchBounds(
      sources: sources,
      destinations: AddressBounds(lower: lowerDestinations, upper: destinations, uncertainties: uncertainties),
      services: ServiceBounds([multicastService(node, &open)]))
    var rule = Rule(
      order: order, name: "multicast policy \(printable(tree.nodes[node].name))", match: match,
      action: multicastAction(node), source: range)
    for reason in limited(open) { rule.match = rule.match.uncertain(reason) }
    rule.ingress = interfaceMatch(tree.setting("srcintf", of: node)) ?? .any
    rule.egress = interfaceMatch(tree.setting("dstintf", of: node)) ?? .any
    rule.comment = tree.value("comments", of: node)
    rule.logging = ["enable", "all"].contains(tree.value("logtraffic", of: node)) ? .on : .off
    if tree.value("status", of: node) == "disable" { rule.state = .disabled }
    return rule
  }

  /// Accept is the default here (FortiOS CLI reference, `config firewall multicast-policy`: action).
  private mutating func multicastAction(_ node: Int) -> Action {
    switch tree.value("action", of: node) ?? "accept" {
    case "accept": return .permit
    case "deny": return .deny(rejects: false)
    default:
      notes.gap(tree.nodes[node].range, .notRecognised, matters: true, "the action of the policy cannot be read")
      return .unknown
    }
  }

  private func multicastService(_ node: Int, _ open: inout [Uncertainty]) -> Service {
    guard let word = tree.value("protocol", of: node), word != "0" else { return .any }
    guard let proto = UInt8(word) else {
      open.append(Uncertainty(range: tree.nodes[node].range, reason: "the protocol cannot be read"))
      return .any
    }
    guard IPProtocol.withPorts.contains(proto) else { return Service(proto: proto) }
    let first = tree.value("start-port", of: node).flatMap { UInt16($0) } ?? 1
    let last = tree.value("end-port", of: node).flatMap { UInt16($0) } ?? 65535
    guard first <= last else {
      open.append(Uncertainty(range: tree.nodes[node].range, reason: "the ports cannot be read"))
      return Service(proto: proto)
    }
    // The default 1-65535 stands for every port.
    return Service(proto: proto, destinationPorts: (first, last) == (1, 65535) ? .all : IntervalSet(first...last))
  }
}
