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

  func run(_ context: SiteContext) throws -> [Finding] {
    let onlyUnlisted = context.rule.expect == .listed
    return try context.violations { traffic, _ in
      traffic.counted(countsEveryPacket ? .everyPacket : .sessions, onlyUnlisted: onlyUnlisted)
    }.map {
      try context.finding($0, message: message, help: help)
    }
  }
}
