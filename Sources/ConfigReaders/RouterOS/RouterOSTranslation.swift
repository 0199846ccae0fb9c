import PacketSets
import RuleModel
import SourceText

/// Lowers the chains of the nat table (RouterOS documentation, NAT): user chains are unfolded where they are jumped to.
extension RouterOSReader {
  static let translating: Set<String> = [
    "accept", "masquerade", "src-nat", "dst-nat", "redirect", "netmap", "same", "jump", "return", "log", "passthrough",
    "add-src-to-address-list", "add-dst-to-address-list", "endpoint-independent-nat", "socksify",
  ]

  mutating func translationStage(_ chain: String) -> [Stage] {
    var rules = bridgeExemptions()
    for family in IPFamily.allCases {
      let place = RouterOSPlace(family: family, table: .nat)
      guard let table = tables[place] else { continue }
      var unfolding = RouterOSUnfolding(
        rules: table.rules, isDestination: chain == "dstnat", untracked: untracked, own: ownAddresses(family))
      unfolding.unfold(chain)
      for gap in unfolding.gaps { notes.ledger.gap(gap) }
      rules += unfolding.result
    }
    if chain == "dstnat", let range = portMapper {
      var rule = TranslationRule(
        order: 0, name: "port forwards that hosts add",
        match: MatchBounds(PacketMatch(sources: .allV4, destinations: .allV4)).uncertain(
          Uncertainty(range: range, reason: "hosts may add port forwards by themselves")), range: range)
      rule.destination = .unknown(Uncertainty(range: range, reason: "hosts may add port forwards by themselves"))
      rules.append(rule)
    }
    guard rules.contains(where: { !$0.isExemption }) else { return [] }
    for index in rules.indices { rules[index].order = index }
    return [Stage(.translate(rules), name: "nat \(chain)", source: rules.last?.range ?? device.source)]
  }

  /// Bridged packets are not translated.
  private func bridgeExemptions() -> [TranslationRule] {
    interfaces.bridges.sorted { $0.key < $1.key }.compactMap { name, bridge in
      guard !bridge.ports.isEmpty else { return nil }
      var rule = TranslationRule(
        order: 0, name: "bridge \(printable(name)) translates nothing", match: .any, range: bridge.range)
      rule.ingress = InterfaceMatch(interfaces.withPorts(name))
      rule.egress = rule.ingress
      if let range = usesIPFirewall {
        rule.match = rule.match.uncertain(
          Uncertainty(range: range, reason: "bridged packets meet the IP firewall (`use-ip-firewall`)"))
      }
      return rule
    }
  }

  /// Addresses of the router itself; nil when they are not all in the file.
  func ownAddresses(_ family: IPFamily) -> AddressSet? {
    guard interfaces.dynamic.isEmpty else { return nil }
    let own = interfaces.all.flatMap(\.addresses).map(\.address).filter { $0.family == family }
    return own.isEmpty ? nil : own.reduce(.empty) { $0.union(AddressSet($1)) }
  }
}

/// One walk through the chains of a nat table.
private struct RouterOSUnfolding {
  let rules: [RouterOSRule]
  let isDestination: Bool
  /// Packets that may be exempt from connection tracking.
  let untracked: [PacketMatch]
  /// Addresses of the router itself; nil when they are not all in the file.
  let own: AddressSet?
  private let byChain: [String: [Int]]
  var result: [TranslationRule] = []
  var gaps: [LedgerGap] = []
  private var steps = 0

  /// How many rules unfolding may visit; the rest is one translation that is not known.
  private static let stepLimit = 20_000

  /// What holds for all packets that come to a chain.
  private struct Caller {
    var ingress: InterfaceMatch = .any
    var egress: InterfaceMatch = .any
    var match: MatchBounds = .any
    var path: [String] = []
  }

  init(rules: [RouterOSRule], isDestination: Bool, untracked: [PacketMatch], own: AddressSet?) {
    self.untracked = untracked
    self.own = own
    self.rules = rules
    self.isDestination = isDestination
    var byChain: [String: [Int]] = [:]
    for index in rules.indices { byChain[rules[index].chain, default: []].append(index) }
    self.byChain = byChain
  }

  mutating func unfold(_ chain: String) { unfold(chain, Caller()) }

  private mutating func unfold(_ chain: String, _ caller: Caller) {
    guard caller.path.count < 32, !caller.path.contains(chain) else {
      if let range = byChain[chain]?.first.map({ rules[$0].range }) {
        unknown(range, "nat \(printable(chain))", caller, "chains of the nat table lead round in a circle or too deep")
      }
      return
    }
    // Why rules from here on may be skipped by packets that they would match.
    var skip: Uncertainty?
    for (position, index) in (byChain[chain] ?? []).enumerated() {
      let rule = rules[index]
      steps += 1
      guard steps < Self.stepLimit else {
        if steps == Self.stepLimit {
          unknown(
            rule.range, "nat: rules beyond the limit", caller, "the chains of the nat table unfold to too many rules")
        }
        return
      }
      guard !rule.isDisabled, var here = inside(caller, rule) else { continue }
      if let skip { here.match = here.match.uncertain(skip) }
      let name = "nat \(printable(chain)) rule \(position + 1)"
      switch rule.action {
      case "accept": add(rule, name, here) { _ in }
      case "return":
        if caller.path.isEmpty {
          add(rule, name, here) { _ in }
        } else {
          skip = Uncertainty(range: rule.range, reason: "packets that this rule sends back are not followed exactly")
        }
      case "jump":
        here.path = caller.path + [chain]
        if let target = rule.jumpTarget { unfold(target, here) }
      case "log", "passthrough", "add-src-to-address-list", "add-dst-to-address-list": break
      default: translate(rule, name, here)
      }
    }
  }

  /// The caller's conditions with the rule's added; nil when they exclude each other.
  private func inside(_ caller: Caller, _ rule: RouterOSRule) -> Caller? {
    guard let ingress = caller.ingress.meeting(rule.parts.ingress),
      let egress = caller.egress.meeting(rule.parts.egress)
    else { return nil }
    var here = caller
    here.ingress = ingress.both
    here.egress = egress.both
    here.match = caller.match.intersection(rule.parts.match(.done(exempt: untracked)))
    if let change = rule.change {
      here.match = here.match.uncertain(
        Uncertainty(range: change, reason: "this command may have changed, moved or removed the rule"))
    }
    if untracked.contains(where: { packet in here.match.upper.contains { packet.addressesOverlap($0) } }) {
      here.match = here.match.uncertain(
        Uncertainty(range: rule.range, reason: "packets that the raw table exempts from tracking are not translated"))
    }
    return here.match.upper.isEmpty ? nil : here
  }

  private mutating func add(
    _ rule: RouterOSRule, _ name: String, _ here: Caller, _ change: (inout TranslationRule) -> Void
  ) {
    var translation = TranslationRule(order: result.count, name: name, match: here.match, range: rule.range)
    translation.ingress = here.ingress
    translation.egress = here.egress
    change(&translation)
    result.append(translation)
  }

  private mutating func unknown(_ range: SourceRange, _ name: String, _ here: Caller, _ reason: String) {
    let why = Uncertainty(range: range, reason: reason)
    gaps.append(LedgerGap(range: range, state: .notModelled, couldChangeVerdict: true, reason: reason))
    var translation = TranslationRule(
      order: result.count, name: name, match: here.match.uncertain(why), range: range)
    translation.ingress = here.ingress
    translation.egress = here.egress
    if isDestination { translation.destination = .unknown(why) } else { translation.source = .unknown(why) }
    result.append(translation)
  }

  private mutating func translate(_ rule: RouterOSRule, _ name: String, _ here: Caller) {
    switch rule.action {
    case "masquerade" where !isDestination, "endpoint-independent-nat" where !isDestination:
      add(rule, name, here) { $0.source = .egressInterface }
    case "src-nat" where !isDestination, "same" where !isDestination, "netmap": mapped(rule, name, here)
    case "dst-nat" where isDestination, "same" where isDestination: mapped(rule, name, here)
    case "redirect" where isDestination: redirect(rule, name, here)
    default:
      unknown(
        rule.range, name, here, "`action=\(printable(rule.action))` in this chain of the nat table is not understood")
    }
  }

  private mutating func mapped(_ rule: RouterOSRule, _ name: String, _ here: Caller) {
    let family = rule.parts.family
    let word = rule.values["to-addresses"] ?? rule.values["to-address"]
    var addresses: AddressSet?
    if let word, !word.isEmpty {
      guard let known = routerOSAddresses(word, family) else {
        return unknown(rule.range, name, here, "`\(printable(word))` is no address that is understood")
      }
      addresses = known
    }
    guard let ports = targetPorts(rule) else {
      return unknown(rule.range, name, here, "the ports that the rule translates to are not understood")
    }
    guard addresses != nil || !ports.isEmpty else {
      return unknown(rule.range, name, here, "the rule does not say what it translates to")
    }
    let side = isDestination ? rule.parts.destinations : rule.parts.sources
    var change = addresses.map { AddressTranslation.pool($0) }
    // `netmap` swaps networks of equal size and keeps the host's place in it.
    if rule.action == "netmap", let to = addresses.flatMap({ prefix($0) }), side.isExact, let from = prefix(side.upper),
      from.length == to.length
    {
      change = .prefix(from: from, to: to)
    }
    let (isDestination, translatedPorts) = (isDestination, ports)
    add(rule, name, here) { translation in
      if isDestination { translation.destination = change } else { translation.source = change }
      if isDestination, !translatedPorts.isEmpty { translation.destinationPorts = translatedPorts }
    }
  }

  private func prefix(_ set: AddressSet) -> IPPrefix? {
    let prefixes = set.prefixes
    return prefixes.count == 1 ? prefixes[0] : nil
  }

  /// `to-ports`; empty when they stay, nil when not understood.
  private func targetPorts(_ rule: RouterOSRule) -> IntervalSet<UInt16>? {
    guard let word = rule.values["to-ports"], !word.isEmpty else { return .empty }
    return routerOSPorts(word)
  }

  /// To the router itself.
  private mutating func redirect(_ rule: RouterOSRule, _ name: String, _ here: Caller) {
    guard let ports = targetPorts(rule) else {
      return unknown(rule.range, name, here, "the ports that the rule translates to are not understood")
    }
    let why = Uncertainty(range: rule.range, reason: "the router's own addresses are not all in the file")
    let own = own
    add(rule, name, here) {
      $0.destination = own.map { .pool($0) } ?? .unknown(why)
      if !ports.isEmpty { $0.destinationPorts = ports }
    }
  }
}
