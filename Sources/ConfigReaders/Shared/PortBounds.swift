import PacketSets
import RuleModel

/// Ports known between two bounds; what port objects and groups resolve to.
struct PortBounds {
  var lower: IntervalSet<UInt16>
  var upper: IntervalSet<UInt16>
  var uncertainties: [Uncertainty] = []

  /// Ports that are known exactly.
  init(_ ports: IntervalSet<UInt16>) {
    lower = ports
    upper = ports
  }

  /// Ports of which nothing is known, for the reason given.
  init(unknown reason: Uncertainty) {
    lower = .empty
    upper = .all
    uncertainties = [reason]
  }

  func union(_ other: PortBounds) -> PortBounds {
    var result = self
    result.lower = lower.union(other.lower)
    result.upper = upper.union(other.upper)
    result.uncertainties += other.uncertainties
    return result
  }

  func intersection(_ other: PortBounds) -> PortBounds {
    var result = self
    result.lower = lower.intersection(other.lower)
    result.upper = upper.intersection(other.upper)
    result.uncertainties += other.uncertainties
    return result
  }

  var complement: PortBounds {
    var result = self
    result.lower = upper.complement
    result.upper = lower.complement
    return result
  }
}
