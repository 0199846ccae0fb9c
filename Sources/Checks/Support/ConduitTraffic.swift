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

  /// A finding about a conduit itself, with the rules of every device that let the traffic through and a packet of it.
  func finding(
    _ conduit: Conduit, at key: String, subject: String, message: String, help: String,
    traffic carried: (ZoneTraffic) -> PacketSet
  ) throws -> Finding {
    var finding = Finding(
      code: check.code, name: check.name, severity: severity, confidence: .certain, message: message, device: nil,
      property: "conduit \(conduit.name)", subject: subject, location: conduit.keyRanges[key] ?? conduit.source,
      help: help)
    finding.consequence = (zones(of: conduit.from) + zones(of: conduit.to)).compactMap { topology.zone($0)?.touched }
      .max()
    if finding.consequence == .safety { finding.severity = max(finding.severity, .high) }
    var sets: [ObjectIdentifier: PacketSet] = [:]
    let violations = violationsOfEveryDevice(
      selecting: { $0 != $1 },
      forbidden: { traffic, _, _ in
        let set = sets[ObjectIdentifier(traffic)] ?? carried(traffic)
        sets[ObjectIdentifier(traffic)] = set
        return set
      })
    finding.related = violations.prefix(6).map { violation in
      let verb = violation.isCertain ? "lets" : "may let"
      let device = device(of: violation.place).label
      return RelatedPlace(
        range: location(of: violation.place), label: "\(name(of: violation.place)) of \(device) \(verb) it through")
    }
    if let first = violations.first(where: \.isCertain) ?? violations.first {
      let proof = try self.finding(first, message: { _ in message }, help: help)
      finding.witness = proof.witness
      finding.regions = proof.regions
    }
    return finding
  }
}
