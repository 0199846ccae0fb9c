import PacketSets
import Reachability
import SitePolicy

/// The policy rules that are in force, and which of them answers for a pair of zones.
public struct SiteRules: Sendable {
  public let rules: [PolicyRule]

  public init(_ rules: [PolicyRule]) { self.rules = rules.filter(\.isEnabled) }

  /// When several checks forbid traffic between the same two zones, the first of these reports it, so that one hole in a
  /// boundary is one finding.
  static let boundaryCodes = [
    "SIS001", "SIS003", "SIS004", "SEG001", "SEG002", "SEG005", "SEG008", "SEG007", "SEG003",
    "SEG015",
  ]

  /// Whether `rule` is the one that reports traffic from one zone to another.
  func answers(_ rule: PolicyRule, _ from: ZoneReference, _ to: ZoneReference, _ topology: SiteTopology) -> Bool {
    guard selects(rule, from, to, topology) else { return false }
    guard let rank = Self.boundaryCodes.firstIndex(of: rule.check) else { return true }
    return !rules.contains { other in
      guard let otherRank = Self.boundaryCodes.firstIndex(of: other.check), otherRank < rank else { return false }
      return selects(other, from, to, topology)
    }
  }

  /// Whether the rule is about traffic from one zone to another.
  func selects(_ rule: PolicyRule, _ from: ZoneReference, _ to: ZoneReference, _ topology: SiteTopology) -> Bool {
    guard selects(rule.from, from, topology), selects(rule.to, to, topology) else { return false }
    switch rule.check {
    case "SEG002":
      return rule.settings["only-with-dmz"]?.flag != true
        || topology.site.zones.contains { $0.level == .demilitarised }
    case "SEG007":
      guard let from = topology.zone(from), let to = topology.zone(to) else { return false }
      return skipsLevel(from, to, onlyInUse: rule.settings["only-levels-in-use"]?.flag ?? true, topology.site)
    case "SEG015":
      guard let from = topology.zone(from), let to = topology.zone(to) else { return false }
      return from.level == to.level && from.level.isOperational
    default: return true
    }
  }

  func selects(_ selector: ZoneSelector?, _ zone: ZoneReference, _ topology: SiteTopology) -> Bool {
    guard let selector else { return true }
    guard let zone = topology.zone(zone) else { return selector.includesUnzoned }
    return selector.selects(zone)
  }

  /// Whether some level lies between the two; what lies outside has no level to skip.
  private func skipsLevel(_ from: Zone, _ to: Zone, onlyInUse: Bool, _ site: Site) -> Bool {
    guard !from.level.isExternal, !to.level.isExternal else { return false }
    let low = min(from.level, to.level)
    let high = max(from.level, to.level)
    // A plant without zones at level 2 or 3 still has those levels; a demilitarised zone or an office level it may lack.
    let used = site.zones.map(\.level) + PurdueLevel.all.filter(\.isOperational)
    let levels = onlyInUse ? used : PurdueLevel.all
    return levels.contains { low < $0 && $0 < high }
  }
}

extension Site {
  /// What conduits that have not expired list, as sessions from their sources to their destinations.
  func listed(today: CalendarDate) -> [PacketMatch] {
    conduits.filter { $0.isInForce(today) }.map(\.traffic)
  }
}

extension Conduit {
  /// Whether the conduit may still be used on that day.
  package func isInForce(_ today: CalendarDate) -> Bool { expires.map { today <= $0 } ?? true }

  /// The sessions that the conduit stands for.
  package var traffic: PacketMatch {
    PacketMatch(
      sources: from.addresses, destinations: to.addresses, services: services, states: .new, function: functions)
  }
}
