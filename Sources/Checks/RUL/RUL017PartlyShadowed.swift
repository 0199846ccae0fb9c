import Findings
import Reachability
import RuleModel

extension Check {
  static let partlyShadowed = Check(
    "RUL017", "partly-shadowed", .low, "A rule is partly shadowed: earlier rules leave less than a tenth of it.",
    work: .lists { context in
      context.anomalies.partlyCovered.compactMap { partly in
        guard let rule = context.rule(at: partly.place), !rule.isFinalDeny else { return nil }
        return context.finding(
          context.device.lists[partly.place.list], rule,
          message: "earlier rules leave \(share(partly.shareLeft)) of what \(rule.name) says",
          help: "move the rule up if it should decide more, or narrow it to what it decides")
      }
    })
}

/// A share as percent, from below and from above where they differ.
private func share(_ bounds: ClosedRange<Double>) -> String {
  let (low, high) = (percent(bounds.lowerBound), percent(bounds.upperBound))
  return low == high ? low : "between \(low) and \(high)"
}

private func percent(_ share: Double) -> String {
  let hundredths = Int((share * 10_000).rounded())
  if hundredths == 0 { return "less than 0.01 %" }
  let decimals = String(hundredths % 100)
  return "\(hundredths / 100).\(decimals.count < 2 ? "0" : "")\(decimals) %"
}
