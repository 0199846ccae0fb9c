import Findings
import PacketSets
import Reachability
import RuleModel

extension Check {
  static let noDiode = Check(
    "DIO005", "no-diode", .high, "Policy demands a diode at a boundary and there is only a firewall.",
    work: .site { context in
      let zones = context.site.zones.indices.map { ZoneReference.zone($0) }
      return zones.flatMap { from in
        zones.compactMap { to -> Finding? in
          guard from != to, context.policy.selects(context.rule, from, to, context.topology) else { return nil }
          let joining = context.diodes.filter { $0.joins(from, to, context.site) }
          if joining.contains(where: { $0.diode.enforcement == .hardware }) { return nil }
          if let unproven = joining.first(where: { $0.diode.enforcement == .unknown }) {
            return unproven.withoutProof(context)
          }
          guard let path = context.map.paths(from: from, to: to).paths.first?.path, let last = path.last else {
            return nil
          }
          let device = context.topology.devices[last.device].device
          let names = path.map { context.topology.devices[$0.device].device.label }.joined(separator: " and ")
          let (source, target) = (context.topology.label(from), context.topology.label(to))
          var finding = Finding(
            code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
            message:
              "policy demands a diode from \(source) to \(target); only \(names) \(path.count == 1 ? "stands" : "stand") there",
            device: device.label, property: "\(source) -> \(target)", subject: "no diode",
            location: device.source,
            help: "put a unidirectional gateway between the two zones, or change the policy pack")
          finding.consequence = [from, to].compactMap { context.topology.zone($0)?.touched }.max()
          return finding
        }
      }
    })
}

extension SiteDiode {
  /// The configurations of DYODE and lidi do not say what wire they run over.
  fileprivate func withoutProof(_ context: SiteContext) -> Finding {
    var finding = finding(
      context, subject: "unproven hardware",
      message: "nothing in the configuration of \(entry.name) shows that hardware enforces its direction",
      help: """
        describe the hardware in a diode.yml (`enforcement: hardware`) and name it beside the other file: \
        `config: [FILE, diode.yml]`
        """)
    finding.confidence = .possible
    finding.counts = context.rule.possibleCounts
    return finding
  }
}
