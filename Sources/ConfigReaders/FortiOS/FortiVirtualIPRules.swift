import PacketSets
import RuleModel
import SourceText

/// Policies for virtual IPs.
///
/// "Traffic that is handled by VIPs is processed through the associated policy before the traffic is checked against
/// other policies" (FortiOS 5.0 handbook, "Exception to policy order (VIPs)"). A policy on plain addresses does not match
/// such traffic, `all` included, unless `match-vip` is set (Fortinet technical tip "DENY policy for Virtual IP firewall
/// policy", ta-p/192456). Hence a list of its own in front of the other policies.
extension FortiDomain {
  /// Packets that virtual IPs on the same interfaces take.
  private struct Space {
    var interfaces: [String]?
    var lower: [PacketMatch]
    var upper: [PacketMatch]
    var source: SourceRange
  }

  mutating func virtualIPLists(_ policies: [FortiPolicy]) -> [Int] {
    let applied = appliedVirtualIPs(policies)
    guard !applied.isEmpty else { return [] }
    let spaces = spaces(of: applied)
    // Addresses before and after the translation.
    let touched = union(of: spaces.flatMap(\.upper).map(\.destinations) + virtualIPs.map(\.mapped.upper))
    var rules: [Rule] = []
    for policy in policies {
      rules += policy.virtualIPs.isEmpty ? matchingRules(policy, spaces, touched) : namedRules(policy)
    }
    // What no policy takes is either dropped or treated like traffic without a virtual IP; the documents disagree.
    for space in spaces {
      let reason = Uncertainty(
        range: space.source, reason: "no policy for the virtual IP matches; other policies may or may not")
      var rule = Rule(
        order: policies.count, name: "virtual IP without a matching policy",
        match: MatchBounds(lower: [], upper: space.upper, uncertainties: [reason]), action: .deny(rejects: false),
        source: space.source)
      rule.ingress = InterfaceMatch(space.interfaces)
      rule.isExplicit = false
      rules.append(rule)
    }
    return [addList("firewall policy (virtual IPs)", rules, rules[0].source)]
  }

  /// Virtual IPs that some policy in force names: only these are checked (technical tip ta-p/350101).
  func appliedVirtualIPs(_ policies: [FortiPolicy]) -> [Int] {
    var named: Set<Int> = []
    for policy in policies where policy.state != .disabled { named.formUnion(policy.virtualIPs) }
    return named.sorted().filter { virtualIPs[$0].isEnabled && virtualIPs[$0].translation != nil }
  }

  /// Rules of a policy that names virtual IPs, one for each set of interfaces.
  private func namedRules(_ policy: FortiPolicy) -> [Rule] {
    var groups: [(ingress: InterfaceMatch, lower: [PacketMatch], upper: [PacketMatch], reasons: [Uncertainty])] = []
    var changesPort = false
    for index in policy.virtualIPs {
      let vip = virtualIPs[index]
      guard vip.isEnabled, vip.translation != nil, let ingress = common(policy.ingress, vip.interfaces) else {
        continue
      }
      changesPort = changesPort || vip.forward?.changesPort == true
      let match = vip.match(sources: policy.sources, services: policy.services)
      let at = groups.firstIndex { $0.ingress == ingress } ?? groups.endIndex
      if at == groups.endIndex { groups.append((ingress, [], [], [])) }
      groups[at].lower += match.lower
      groups[at].upper += match.upper
      groups[at].reasons += match.uncertainties
    }
    return groups.map { group in
      var match = MatchBounds(group.upper)
      if !group.reasons.isEmpty {
        match = MatchBounds(lower: group.lower, upper: group.upper, uncertainties: limited(group.reasons))
      }
      var rule = policy.rule(match, ingress: group.ingress)
      if changesPort, rule.profile != nil {
        // Profiles look at translated ports, the match at those that clients name.
        rule.profile = nil
        rule.match = rule.match.uncertain(
          Uncertainty(range: policy.range, reason: "inspection behind a port translation is not modelled"))
      }
      return rule
    }
  }

  /// Rules of a policy on plain addresses that matches virtual IPs too (`match-vip`).
  private func matchingRules(_ policy: FortiPolicy, _ spaces: [Space], _ touched: AddressSet) -> [Rule] {
    let decision = matchesVirtualIPs(policy)
    guard decision != false else { return [] }
    // Whether the address before or after the translation counts is not documented: certain when both are matched.
    let isSure =
      decision == true && policy.services.lower.contains(.any)
      && touched.isSubset(of: policy.destinations.lower)
    guard isSure || touched.overlaps(policy.destinations.upper) else { return [] }
    return spaces.compactMap { space in
      guard let ingress = common(policy.ingress, space.interfaces) else { return nil }
      let reason = Uncertainty(
        range: policy.range, reason: "whether the policy matches virtual IPs (`match-vip`) is not certain")
      func cut(_ matches: [PacketMatch], _ sources: AddressSet) -> [PacketMatch] {
        matches.map {
          var cut = $0
          cut.sources = cut.sources.intersection(sources)
          return cut
        }
      }
      let lower = isSure ? cut(space.lower, policy.sources.lower) : []
      let upper = cut(space.upper, policy.sources.upper)
      let match =
        isSure && lower == upper
        ? MatchBounds(upper)
        : MatchBounds(lower: lower, upper: upper, uncertainties: [reason] + policy.sources.uncertainties)
      return policy.rule(match, ingress: ingress)
    }
  }

  /// `match-vip` of a policy; nil when the release decides and is not known.
  ///
  /// Only deny policies have it since 6.4.3 (FortiOS 6.4.8 release notes, "Enabling match-vip in firewall policies"), and
  /// there it is on by default since 7.2.3 or 7.2.4 (technical tip ta-p/192456 and the FortiGate 7.6 administrator study
  /// guide differ).
  private func matchesVirtualIPs(_ policy: FortiPolicy) -> Bool? {
    if tree.isEnabled("match-vip-only", of: policy.node) { return true }
    if let value = tree.value("match-vip", of: policy.node) { return value == "enable" }
    guard case .deny = policy.action else { return false }
    guard let version else { return nil }
    if version.isAtLeast(7, 2, 4) == true { return true }
    return version.isAtLeast(7, 2, 3) == false ? false : nil
  }

  /// The interfaces that both name; nil when there is none.
  func common(_ ingress: InterfaceMatch, _ interfaces: [String]?) -> InterfaceMatch? {
    guard let interfaces else { return ingress }
    guard let own = ingress.patterns else { return InterfaceMatch(interfaces) }
    let both = own.filter(interfaces.contains)
    return both.isEmpty ? nil : InterfaceMatch(both)
  }

  private func spaces(of applied: [Int]) -> [Space] {
    var result: [Space] = []
    var byInterfaces: [[String]?: Int] = [:]
    for index in applied {
      let vip = virtualIPs[index]
      let at = byInterfaces[vip.interfaces] ?? result.count
      if at == result.count {
        byInterfaces[vip.interfaces] = at
        result.append(Space(interfaces: vip.interfaces, lower: [], upper: [], source: vip.range))
      }
      let whole = vip.whole
      merge(whole.lower, into: &result[at].lower)
      merge(whole.upper, into: &result[at].upper)
    }
    return result
  }

  /// Adds products, joining those that differ in the destination only: hundreds of one-to-one VIPs become one.
  private func merge(_ matches: [PacketMatch], into all: inout [PacketMatch]) {
    for match in matches {
      let same = all.firstIndex { $0.services == match.services && $0.sources == match.sources }
      if let same {
        all[same].destinations = all[same].destinations.union(match.destinations)
      } else {
        all.append(match)
      }
    }
  }
}
