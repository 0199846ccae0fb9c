import Findings
import PacketSets
import SitePolicy
import SourceText

extension Check {
  static let wideConduit = Check(
    "SEG011", "wide-conduit", .medium,
    "A conduit is wider than the assets behind it, or has no owner, reason, or review date, or has expired.",
    settings: ["require-owner", "require-reason", "require-ticket", "require-review"],
    work: .site { context in
      context.site.conduits.flatMap { conduit in
        gaps(of: conduit, context) + dates(of: conduit, context) + width(of: conduit, context)
      }
    })
}

private func gaps(of conduit: Conduit, _ context: SiteContext) -> [Finding] {
  let answers: [(key: String, word: String, isMissing: Bool)] = [
    ("require-owner", "owner", conduit.owner == nil), ("require-reason", "reason", conduit.reason == nil),
    ("require-ticket", "ticket", conduit.ticket == nil), ("require-review", "review date", conduit.review == nil),
  ]
  let missing = answers.filter { $0.isMissing && context.rule.settings[$0.key]?.flag == true }.map(\.word)
  guard !missing.isEmpty else { return [] }
  return [
    finding(
      conduit, context, subject: "missing " + missing.joined(separator: ","),
      message: "conduit \(conduit.name) has no \(missing.joined(separator: ", no "))", at: conduit.source,
      help: "give the conduit its \(missing.joined(separator: ", ")) in the site file")
  ]
}

private func dates(of conduit: Conduit, _ context: SiteContext) -> [Finding] {
  var findings: [Finding] = []
  if let expires = conduit.expires, expires < context.today {
    findings.append(
      finding(
        conduit, context, subject: "expired",
        message: "conduit \(conduit.name) expired on \(expires); its traffic no longer counts as listed",
        at: conduit.keyRanges["expires"] ?? conduit.source,
        help: "take the traffic out of the rules, or renew the conduit with a new date and reason"))
  }
  if let review = conduit.review, review < context.today {
    findings.append(
      finding(
        conduit, context, subject: "review overdue",
        message: "conduit \(conduit.name) was due for review on \(review)",
        at: conduit.keyRanges["review"] ?? conduit.source,
        help: "review whether the traffic is still needed, then set the next date"))
  }
  return findings
}

/// An end that stands for at least this many addresses per inventoried asset counts as wider than the assets behind it.
private let addressesPerAsset: UInt128 = 16

private func width(of conduit: Conduit, _ context: SiteContext) -> [Finding] {
  var findings: [Finding] = []
  if conduit.services.contains(.any) {
    findings.append(
      finding(
        conduit, context, subject: "any service", message: "conduit \(conduit.name) lists every service",
        at: conduit.keyRanges["services"] ?? conduit.source, help: "list the protocols and ports that it needs"))
  }
  for (key, endpoint) in [("from", conduit.from), ("to", conduit.to)] where endpoint.asset == nil {
    guard let zone = endpoint.zone else { continue }
    let assets = context.site.assets.filter { $0.zone == zone && $0.addresses.overlaps(endpoint.addresses) }
    let addresses = endpoint.addresses.v4.count + min(endpoint.addresses.v6.count, UInt128(UInt64.max))
    guard !assets.isEmpty, addresses > UInt128(assets.count) * addressesPerAsset else { continue }
    findings.append(
      finding(
        conduit, context, subject: "wide \(key)",
        message: """
          conduit \(conduit.name) is open \(key) \(endpoint.text) (\(addresses) addresses), where the inventory knows \
          \(assets.count) asset\(assets.count == 1 ? "" : "s")
          """,
        at: conduit.keyRanges[key] ?? endpoint.source, help: "name the assets that take part: `\(zone)/NAME`"))
  }
  return findings
}

private func finding(
  _ conduit: Conduit, _ context: SiteContext, subject: String, message: String, at range: SourceRange, help: String
) -> Finding {
  Finding(
    code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
    message: message, device: nil, property: "conduit \(conduit.name)", subject: subject, location: range, help: help)
}
