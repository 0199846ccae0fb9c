import ArgumentParser
import Engine
import PacketSets
import Reachability
import RuleModel
import SourceText

/// `bulkhead diff OLD NEW`: which packets two versions of a configuration decide differently.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show which packets the rules of two versions of a configuration decide differently.",
    discussion: """
      Rules that are moved, renamed, split or merged make no difference as long as every packet fares the same. Only rules \
      are compared: where lists are bound elsewhere, or translations, routes or inspection differ, there is no answer. Exit code 0: no difference; 1: differences; 2: the job could not be done; \
      3: no difference, but something that could change that was not understood.
      """)

  @Argument(help: "The configuration as it was.")
  var old: String

  @Argument(help: "The configuration as it will be.")
  var new: String

  @Option(help: ArgumentHelp("The format of both, see `bulkhead formats`.", valueName: "name"))
  var format: String?

  func run() throws {
    let report = try compare(old, new, format: format)
    for entry in report.entries { write(text(entry, report.catalog), to: .standardOutput) }
    let count = report.entries.count
    let gaps = report.gaps.isEmpty ? "" : "; incomplete: \(report.gaps.prefix(2).joined(separator: "; "))"
    if count > 0 {
      throw RunEnd(outcome: .violated, reason: "\(count) difference\(count == 1 ? "" : "s")\(gaps)")
    }
    write("no packet fares differently\n", to: .standardOutput)
    if !report.gaps.isEmpty { throw RunEnd(outcome: .incomplete, reason: "no difference\(gaps)") }
  }

  private func text(_ entry: ComparisonReport.Entry, _ catalog: SourceCatalog) -> String {
    let difference = entry.difference
    var lines = ["\(headline(difference)): \(difference.witness)"]
    lines.append("  old     " + decider(difference.old, difference.oldVerdict, entry.old, catalog))
    lines.append("  new     " + decider(difference.new, difference.newVerdict, entry.new, catalog))
    for (index, match) in difference.region.prefix(4).enumerated() {
      lines.append("  \(index == 0 ? "traffic" : "       ") \(match)")
    }
    if difference.region.count > 4 { lines.append("          and \(difference.region.count - 4) more regions") }
    return lines.map { printable($0) + "\n" }.joined() + "\n"
  }

  private func headline(_ difference: RuleDifference) -> String {
    switch (difference.oldVerdict, difference.newVerdict) {
    case (.permit, .permit): "inspected otherwise"
    case (_, .permit): "newly permitted"
    case (_, .deny): "newly denied"
    default: "no longer certain"
    }
  }

  private func decider(
    _ place: ListPlace?, _ verdict: RuleDifference.Verdict, _ device: Device, _ catalog: SourceCatalog
  ) -> String {
    let does = verdict == .permit ? "permits" : verdict == .deny ? "denies" : "may permit or deny"
    guard let place, place.list >= 0 else { return "the default \(does)" }
    let list = device.lists[place.list]
    guard let rule = place.rule else { return "\(catalog.label(of: list.source)): the default of \(list.name) \(does)" }
    return "\(catalog.label(of: list.rules.source(at: rule))): \(list.rules[rule].name) \(does)"
  }
}
