import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension SiteContext {
  /// The zones that an end of a conduit has addresses in, and the unzoned space when it has others too.
  func zones(of endpoint: Endpoint) -> [ZoneReference] {
    let zones = site.zones.indices.filter { site.zones[$0].networks.overlaps(endpoint.addresses) }
    let isUnzoned = endpoint.addresses.overlaps(site.unzonedAddresses)
    return zones.map { .zone($0) } + (isUnzoned ? [.unzoned] : [])
  }

  /// A finding about a conduit itself, with the rules that let `traffic` of it through and a packet of it.
  func finding(
    _ conduit: Conduit, at key: String, subject: String, message: String, help: String,
    traffic: (DeviceContext) -> PacketSet
  ) throws -> Finding {
    var finding = Finding(
      code: check.code, name: check.name, severity: severity, confidence: .certain, message: message, device: nil,
      property: "conduit \(conduit.name)", subject: subject, location: conduit.keyRanges[key] ?? conduit.source,
      help: help)
    finding.consequence = (zones(of: conduit.from) + zones(of: conduit.to)).compactMap { topology.zone($0)?.touched }
      .max()
    if finding.consequence == .safety { finding.severity = max(finding.severity, .high) }
    for analysis in analyses {
      let context = device(analysis)
      let carried = traffic(context)
      for violation in context.violations(selecting: { $0 != $1 }, forbidden: { _ in carried }) {
        let verb = violation.isCertain ? "lets" : "may let"
        if finding.related.count < 6 {
          finding.related.append(
            RelatedPlace(
              range: context.location(of: violation.place),
              label: "\(context.name(of: violation.place)) of \(context.device.label) \(verb) it through"))
        }
        guard finding.witness == nil else { continue }
        let proof = try context.finding(violation, message: { _ in message }, help: help)
        finding.witness = proof.witness
        finding.regions = proof.regions
      }
    }
    return finding
  }
}
