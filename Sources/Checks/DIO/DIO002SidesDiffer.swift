import Findings
import RuleModel

extension Check {
  static let sidesDiffer = Check(
    "DIO002", "sides-differ", .high,
    "The configurations of a diode's two sides do not match, lose data, or describe no real diode.",
    work: .site { context in
      context.diodes.flatMap { diode -> [Finding] in
        var findings = diode.diode.defects.map { defect in
          var finding = diode.finding(context, subject: defect.message, message: defect.message, help: defect.help)
          finding.location = defect.range
          return finding
        }
        if case .software(let seen) = diode.diode.enforcement {
          var finding = diode.finding(
            context, subject: "software only",
            message: "\(diode.entry.name) is no diode: \(seen)",
            help: "put one-way hardware between the two sides, or describe the hardware that is there in a diode.yml")
          finding.location = diode.diode.source
          findings.append(finding)
        }
        return findings
      }
    })
}
