import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let overPermissive = Check(
    "RUL007", "over-permissive", .medium,
    "A permit is far wider than needed: all services, all sources or destinations, or most of a zone.",
    settings: ["share-of-zone-percent", "max-addresses"],
    work: .lists { context in
      context.wideRules { list, rule in
        guard rule.action == .permit, !rule.permitsAny, rule.opensSessions else { return nil }
        let certain = rule.widths(rule.match.lower)
        let reasons = certain.isEmpty ? rule.widths : certain
        guard !reasons.isEmpty else { return nil }
        let verb = certain.isEmpty ? "may permit" : "permits"
        return context.finding(
          list, wide: rule, isCertain: !certain.isEmpty,
          message: "\(rule.name) \(verb) \(reasons.joined(separator: " and "))",
          help: "name the hosts and the services that are needed")
      }
    })

  /// The part of RUL007 that needs zones: blocks that hold most of a zone.
  static let zoneWide = Check(
    "RUL007", "over-permissive", .medium, overPermissive.summary, settings: overPermissive.settings,
    work: .device { context in
      let share = UInt128(context.rule.settings["share-of-zone-percent"]?.number.map { max($0, 0) } ?? 50)
      let most = UInt128(context.rule.settings["max-addresses"]?.number.map { max($0, 0) } ?? 256)
      return context.device.forwardingLists.flatMap { index in
        context.device.lists[index].rules.compactMap { rule in
          guard rule.action == .permit, rule.isExplicit, rule.state != .disabled, rule.opensSessions,
            rule.widths.isEmpty, !rule.permitsAny, let zone = wideZone(rule, context, share: share, most: most)
          else { return nil }
          let verb = rule.match.isExact ? "opens" : "may open"
          return Finding(
            code: context.check.code, name: context.check.name,
            severity: context.rule.severity ?? context.check.severity,
            confidence: rule.match.isExact ? .certain : .possible,
            message: "\(rule.name) \(verb) most of zone \(zone.name) (\(zone.networks.summary(limit: 2)))",
            device: context.device.label, property: context.device.lists[index].name, subject: rule.subject,
            location: rule.source, help: "name the hosts that take part")
        }
      }
    })
}

/// The first zone of which the rule's destinations hold too large a share.
private func wideZone(_ rule: Rule, _ context: DeviceContext, share: UInt128, most: UInt128) -> Zone? {
  context.site.zones.first { zone in
    // IPv6 zones are so large that a share says nothing; hosts are counted in IPv4.
    let size = zone.networks.v4.count
    return rule.match.upper.contains { match in
      let held = match.destinations.v4.intersection(zone.networks.v4).count
      return held > most && held * 100 > size * share
    }
  }
}

extension Rule {
  /// Whether the rule can open sessions, and is not one for replies only.
  var opensSessions: Bool { match.upper.contains { $0.states.contains(.new) } }

  /// In which ways the rule names everything, as far as is known.
  var widths: [String] { widths(match.upper) }

  /// The same for one of the bounds of the match.
  func widths(_ bound: [PacketMatch]) -> [String] {
    guard let match = bound.first, bound.count == 1 else { return [] }
    var reasons: [String] = []
    let anySource = match.sources.v4.isAll || match.sources.v6.isAll
    let anyDestination = match.destinations.v4.isAll || match.destinations.v6.isAll
    if match.services.contains(.any) { reasons.append("every service") }
    // An interface narrows what "any" means there.
    if anySource, ingress == .any || anyDestination { reasons.append("any source") }
    if anyDestination { reasons.append("any destination") }
    return reasons
  }
}
