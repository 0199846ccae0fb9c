import RuleModel
import SourceText

/// Schedules: Bulkhead has no clock, so all that matters is whether one ever ends.
extension FortiDomain {
  private static let allDays: Set<String> = [
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
  ]

  /// Whether a schedule holds at every time.
  mutating func isAlways(_ name: String, _ use: SourceRange) -> Bool {
    if let node = entry(name, in: "firewall schedule recurring") {
      // Equal start and stop mean the whole day (FortiOS administration guide, "Schedules": recurring).
      return Set(tree.words("day", of: node)).isSuperset(of: Self.allDays)
        && (tree.value("start", of: node) ?? "00:00") == (tree.value("end", of: node) ?? "00:00")
        && tree.nodes[node].unknown.isEmpty
    }
    if entry(name, in: "firewall schedule onetime") != nil || entry(name, in: "firewall schedule group") != nil {
      return false
    }
    // `always` is there from the factory.
    if name == "always" { return true }
    if name != "none" { _ = undefined("schedule", name, use, like: [], or: ["always", "none"]) }
    return false
  }
}
