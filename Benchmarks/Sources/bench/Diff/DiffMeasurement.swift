import Reachability
import RuleModel

/// Times of one analysis and of the difference of two versions in this process, and what differs.
struct DiffMeasurement {
  /// Covered rules of the old version.
  var analysis: StepTime = (.infinity, .infinity)
  var difference: StepTime = (.infinity, .infinity)
  /// For each region the number of the rule, from 1, that decided it before; 0 when the region is no plain flip: it was
  /// not decided by a rule, or it is not permitted in one version and denied in the other.
  var regions: [Int] = []

  init(_ old: String, _ new: String, format: String) throws {
    let (before, after) = (try device(old, format: format), try device(new, format: format))
    for _ in 0..<3 where analysis.wall == .infinity || analysis.wall + difference.wall < 10 {
      analysis = least(analysis, try timed { try ruleAnomalies(of: before, kinds: .covered) }.1)
      let (found, time) = try timed { try ruleDifferences(from: before, to: after) }
      difference = least(difference, time)
      regions = found.map { region in
        let isFlip = Set([region.oldVerdict, region.newVerdict]) == [.permit, .deny]
        return isFlip ? (region.old?.rule).map { $0 + 1 } ?? 0 : 0
      }
    }
  }

  /// Lines that `init(file:)` understands.
  var lines: [String] {
    ["\(analysis.wall) \(analysis.user) \(difference.wall) \(difference.user)"] + regions.map { "\($0)" }
  }

  init?(file: String) {
    var first: [Double] = []
    var numbers: [Int] = []
    forEachLine(of: file) { line in
      if first.isEmpty {
        first = text(line).split(separator: " ").compactMap { Double($0) }
      } else if let number = Int(text(line)) {
        numbers.append(number)
      }
    }
    guard first.count == 4 else { return nil }
    analysis = (first[0], first[1])
    difference = (first[2], first[3])
    regions = numbers
  }
}
