import ArgumentParser
import Engine
import Findings
import Reports
import SitePolicy

/// When to colour.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// The least severity that fails a run.
struct FailOn: ExpressibleByArgument {
  /// Nil for never.
  var severity: Severity?

  init?(argument: String) {
    guard argument != "never" else { return }
    guard let severity = Severity(rawValue: argument) else { return nil }
    self.severity = severity
  }

  init(_ severity: Severity) { self.severity = severity }

  static var allValueStrings: [String] { Severity.allCases.reversed().map(\.rawValue) + ["never"] }
  var defaultValueDescription: String { severity?.rawValue ?? "never" }
}

/// A report format, and where it goes.
struct OutputChoice<Format: RawRepresentable & CaseIterable>: ExpressibleByArgument where Format.RawValue == String {
  var format: Format
  /// Nil for standard output.
  var path: String?

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let format = Format(rawValue: String(parts[0])), parts.count == 1 || !parts[1].isEmpty else { return nil }
    self.format = format
    path = parts.count == 2 ? String(parts[1]) : nil
  }

  init(_ format: Format) { self.format = format }

  static var allValueStrings: [String] { Format.allCases.map(\.rawValue) }
  var defaultValueDescription: String { format.rawValue }
}

/// The formats of a report.
enum ReportFormat: String, CaseIterable {
  case text, json
}

/// `bulkhead check`: the main job.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a site, a configuration, or a folder of configurations.",
    discussion: """
      A folder with a bulkhead.yml is checked as a site: zones, Purdue boundaries, safety systems, diodes, conduits. \
      Configurations alone get every check that needs no zones.
      """)

  @Argument(help: "A site file, a configuration file, or a folder of either.")
  var path = "."

  @Option(
    help: ArgumentHelp(
      "Write the report as text or json, to standard output or to a file; may be given several times.",
      valueName: "format[=file]"))
  var output: [OutputChoice<ReportFormat>] = []

  @Option(help: "The least severity that makes the exit code 1: critical, high, medium, low, info or never.")
  var failOn = FailOn(.medium)

  @Option(help: ArgumentHelp("The site file to check against.", valueName: "file"))
  var site: String?

  @Option(help: ArgumentHelp("The format of bare configurations, see `bulkhead formats`.", valueName: "name"))
  var format: String?

  @Option(
    help: ArgumentHelp(
      "A shipped policy pack to hold bare configurations to as well, such as rule-anomalies; may be given several times.",
      valueName: "pack"))
  var policy: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run only these checks, by code or the beginning of one: RUL001,SIS.", valueName: "codes"))
  var select: [String] = []

  @Flag(help: "Exit with 0 instead of 3 when something that could change a verdict was not understood.")
  var allowIncomplete = false

  @Option(help: "Colour the text report: auto, always or never.")
  var color = ColourChoice.auto

  @Option(help: ArgumentHelp("The day to compare dates with, as 2027-03-31; today when left out.", valueName: "date"))
  var today: String?

  func run() throws {
    var request = CheckRequest(path: path, site: site, format: format, today: try day(today))
    request.policies = policy
    request.selected = select.flatMap { $0.split(separator: ",").map(String.init) }
    let report = try Engine.run(request)
    let outcome = report.outcome(failOn: failOn.severity, allowsIncomplete: allowIncomplete)
    let reason = self.reason(report, outcome)
    for choice in output.isEmpty ? [OutputChoice(.text)] : output {
      try write(report, choice, outcome, reason)
    }
    if outcome != .clean { throw RunEnd(outcome: outcome, reason: reason) }
  }

  func validate() throws {
    if output.count(where: { $0.path == nil }) > 1 {
      throw ValidationError("Only one report can go to standard output; give the others a file: --output json=FILE")
    }
  }

  private func write(_ report: RunReport, _ choice: OutputChoice<ReportFormat>, _ outcome: RunOutcome, _ reason: String)
    throws
  {
    switch (choice.format, choice.path) {
    case (.text, nil):
      let style = TextStyle(isColoured: bulkhead.isColoured(color, .standardOutput))
      writeTextReport(report, style: style) { bulkhead.write($0, to: .standardOutput) }
    case (.text, let path?):
      try writeFile(Array(textReport(report, style: TextStyle(isColoured: false)).utf8), to: path)
    case (.json, let path):
      let bytes = jsonReport(report, outcome: outcome, reason: reason)
      if let path { try writeFile(bytes, to: path) } else { bulkhead.write(bytes, to: .standardOutput) }
    }
  }

  /// Why the exit code is what it is.
  private func reason(_ report: RunReport, _ outcome: RunOutcome) -> String {
    let devices = "\(report.devices) device\(report.devices == 1 ? "" : "s")"
    let threshold = failOn.severity?.rawValue ?? "never"
    let shown = report.gaps.prefix(2).joined(separator: "; ")
    let more = report.gaps.count > 2 ? " and \(report.gaps.count - 2) more" : ""
    let gaps = report.gaps.isEmpty ? "" : "; incomplete: \(shown)\(more)"
    return "\(report.tally) in \(devices) (fail-on \(threshold))\(gaps)"
  }
}
