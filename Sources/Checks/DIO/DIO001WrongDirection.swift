import Findings
import SitePolicy

extension Check {
  static let wrongDirection = Check(
    "DIO001", "wrong-direction", .critical, "The diode points the wrong way for the levels on its sides.",
    work: .site { context in
      context.diodes.compactMap { diode in
        guard let from = diode.entry.from.flatMap({ context.site.zone(named: $0) }),
          let to = diode.entry.to.flatMap({ context.site.zone(named: $0) })
        else {
          var finding = diode.finding(
            context, subject: "no sides",
            message: """
              the site file does not say which zones diode \(diode.entry.name) joins, so its direction and the ways \
              round it are not judged
              """,
            help: "give the device `from: ZONE` and `to: ZONE` in the site file")
          finding.confidence = .possible
          finding.counts = context.rule.possibleCounts
          return finding
        }
        // Data leaves the more critical side: a safety system first, then the lower level.
        let isDownward = from.isSafety == to.isSafety ? from.level > to.level : to.isSafety
        guard isDownward else { return nil }
        return diode.finding(
          context, subject: "\(from.name) -> \(to.name)",
          message: """
            diode \(diode.entry.name) sends from \(from.name) (level \(from.level)) to \(to.name) (level \(to.level)\
            \(to.isSafety ? ", SIS" : "")): the more critical side can be written to and tells nothing
            """,
          help: "turn the diode round, or correct `from` and `to` in the site file")
      }
    })
}

extension SiteDiode {
  /// A finding about the diode as a whole.
  func finding(_ context: SiteContext, subject: String, message: String, help: String) -> Finding {
    Finding(
      code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
      message: message, device: entry.name, property: "diode \(entry.name)", subject: subject,
      location: entry.source, help: help)
  }
}
