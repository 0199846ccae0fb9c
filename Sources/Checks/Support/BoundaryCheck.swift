import Findings
import PacketSets
import Reachability
import SitePolicy

/// What the checks of forbidden or unlisted traffic between zones have in common.
struct BoundaryCheck {
  /// What is wrong, in a sentence.
  var message: @Sendable (Crossing) -> String
  var help: String
  /// Whether every packet counts, not only those that open a session.
  var countsEveryPacket = false

  func run(_ context: DeviceContext) throws -> [Finding] {
    let listed = context.rule.expect == .listed ? context.listedTraffic : context.space.empty
    let counted = countsEveryPacket ? context.plausible : context.sessions
    let forbidden = counted.subtracting(listed)
    return try context.violations { _ in forbidden }.map {
      try context.finding($0, message: message, help: help)
    }
  }
}

extension DeviceContext {
  /// Everything that conduits in force list.
  var listedTraffic: PacketSet { space.set(site.listed(today: today)) }
}
