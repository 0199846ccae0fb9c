import Findings
import PacketSets
import Reachability

extension Check {
  static let secondPath = Check(
    "DIO003", "second-path", .critical, "A second path joins the diode's two sides.",
    work: .site { context in
      try context.diodes.flatMap { diode in
        try context.violations(selecting: { from, to in
          diode.joins(from, to, context.site) || diode.joins(to, from, context.site)
        }) { traffic, _ in traffic.sessions }.map { violation in
          var finding = try context.finding(
            violation,
            message: { "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) past diode \(diode.entry.name)" },
            help:
              "delete this permit, or disconnect the device from one of the two sides: the diode must be the only way")
          finding.property = "diode \(diode.entry.name)"
          finding.related.append(RelatedPlace(range: diode.entry.source, label: "the diode that it goes round"))
          return finding
        }
      }
    })
}
