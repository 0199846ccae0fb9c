import PacketSets
import RuleModel
import SourceText

/// NAT: `nat destination`, `nat source`, `nat static`, `nat66`; rules by number, the first that matches decides.
extension VyOSSystem {
  struct Translations {
    var before: [TranslationRule] = []
    var behind: [TranslationRule] = []
  }

  mutating func lowerTranslation() -> Translations {
    var result = Translations()
    for (section, family) in [("nat", IPFamily.v4), ("nat66", .v6)] {
      guard let node = tree.find([section]) else { continue }
      for kind in tree.children(node) {
        switch tree.word(kind) {
        case "destination": for rule in numbered(kind) { destination(rule, family, section, &result) }
        case "source": for rule in numbered(kind) { source(rule, family, section, &result) }
        case "static": for rule in numbered(kind) { fixed(rule, family, &result) }
        case "cgnat": noteCarrierNAT(kind, family, &result)
        default: _ = notRecognised(kind)
        }
        tree.mark(kind, .used)
        if let rules = tree.child(kind, "rule") { tree.mark(rules, .used) }
      }
    }
    if let node = tree.find(["nat64"]) {
      _ = notModelled(node, "translation between IPv4 and IPv6 is not modelled")
    }
    if let node = tree.find(["load-balancing", "wan"]) {
      _ = notModelled(node, "WAN load balancing chooses routes and translates sources, which is not modelled")
    }
    for i in result.before.indices { result.before[i].order = i }
    for i in result.behind.indices { result.behind[i].order = i }
    return result
  }

  /// The rule with its match; nil when it is switched off.
  private mutating func translation(_ node: Int, _ family: IPFamily, _ kind: String) -> TranslationRule? {
    if tree.isInactive(node) || tree.child(node, "disable") != nil {
      tree.markBelow(node, .irrelevant)
      return nil
    }
    tree.mark(node, .used)
    var match = VyOSMatch(family)
    for part in tree.children(node) {
      switch tree.word(part) {
      case "translation", "description", "log", "exclude": tree.markBelow(part, .used)
      case "load-balance": match.open.append(notModelled(part, "the new address is chosen among several"))
      default: if !read(part, &match) { match.open.append(notRecognised(part)) }
      }
    }
    if tree.isCutOff(node) { match.open.append(cutOff(node)) }
    var rule = TranslationRule(
      order: 0, name: "\(kind) rule \(printable(tree.word(node)))", match: match.bounds, range: tree.range(node))
    rule.ingress = match.ingress
    rule.egress = match.egress
    return rule
  }

  private mutating func destination(_ node: Int, _ family: IPFamily, _ section: String, _ result: inout Translations) {
    guard var rule = translation(node, family, "\(section) destination") else { return }
    if tree.child(node, "exclude") == nil {
      guard let target = tree.child(node, "translation") else {
        rule.destination = .unknown(notModelled(node, "the translation names no target"))
        return result.before.append(rule)
      }
      if let port = tree.text(target, "port") {
        rule.destinationPorts = portRange(port)
        if rule.destinationPorts == nil {
          rule.destination = .unknown(notModelled(target, "the new port cannot be read"))
        }
      }
      if let address = tree.value(target, "address") {
        rule.destination = change(address, from: tree.find(["destination", "address"], below: node))
      } else if tree.child(target, "redirect") != nil {
        rule.destination = .unknown(
          Uncertainty(range: tree.range(target), reason: "the packet is redirected to the device itself"))
      }
    }
    result.before.append(rule)
  }

  private mutating func source(_ node: Int, _ family: IPFamily, _ section: String, _ result: inout Translations) {
    guard var rule = translation(node, family, "\(section) source") else { return }
    if tree.child(node, "exclude") == nil {
      if let address = tree.find(["translation"], below: node).flatMap({ tree.value($0, "address") }) {
        rule.source =
          tree.word(address) == "masquerade"
          ? .egressInterface
          : change(address, from: tree.find(["source", family == .v6 ? "prefix" : "address"], below: node))
      } else {
        rule.source = .unknown(
          Uncertainty(range: tree.range(node), reason: "the new source address is not in the file"))
      }
    }
    result.behind.append(rule)
  }

  /// One to one in both directions ("NAT", static).
  private mutating func fixed(_ node: Int, _ family: IPFamily, _ result: inout Translations) {
    guard var rule = translation(node, family, "nat static") else { return }
    let inner = tree.find(["translation"], below: node).flatMap { tree.value($0, "address") }
    let outer = tree.find(["destination"], below: node).flatMap { tree.value($0, "address") }
    guard let inner, let outer, let to = IPPrefix(tree.word(inner)), let from = IPPrefix(tree.word(outer)),
      to.length == from.length, to.base.family == from.base.family
    else {
      rule.destination = .unknown(notModelled(node, "the two addresses of this translation cannot be read"))
      return result.before.append(rule)
    }
    rule.destination = .prefix(from: from, to: to)
    result.before.append(rule)
    var back = rule
    back.match = MatchBounds(PacketMatch(sources: AddressSet(to)))
    back.egress = rule.ingress
    back.ingress = .any
    back.destination = nil
    back.source = .prefix(from: to, to: from)
    result.behind.append(back)
  }

  private mutating func noteCarrierNAT(_ node: Int, _ family: IPFamily, _ result: inout Translations) {
    let reason = notModelled(node, "carrier-grade NAT is not modelled; sources may change")
    var rule = TranslationRule(
      order: 0, name: "nat cgnat", match: MatchBounds(everything(family)).uncertain(reason), range: tree.range(node))
    rule.source = .unknown(reason)
    result.behind.append(rule)
  }

  /// A new address: one, a range, or a prefix that the old one maps to address by address.
  private mutating func change(_ node: Int, from old: Int?) -> AddressTranslation {
    if let to = IPPrefix(tree.word(node)), to.length < to.base.family.bits,
      let from = old.flatMap({ tree.children($0).last }).flatMap({ IPPrefix(tree.word($0)) }), from.length == to.length,
      from.base.family == to.base.family
    {
      return .prefix(from: from, to: to)
    }
    if let set = addressText(tree.word(node)) { return .pool(set) }
    return .unknown(notRecognised(node))
  }

  private func portRange(_ text: String) -> IntervalSet<UInt16>? {
    LiteralText.ports(text).map { IntervalSet($0) } ?? ServiceNames.ports(text)
  }
}
