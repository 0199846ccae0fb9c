import ArgumentParser
import Engine
import Reports

/// `bulkhead matrix`: who can open what towards whom, held against the conduits.
struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix",
    abstract: "Show what each zone can open towards each other one, and how that differs from the conduits.",
    discussion: """
      All devices on all paths count, with their translations and inspections. Exit codes: 0 answered; 2 the job could not be \
      done; 3 answered, but something that could change the answer was not understood.
      """)

  @Argument(help: "A site file, or a folder with one.")
  var path = "."

  @OptionGroup var options: AnswerOptions

  @Option(help: ArgumentHelp("The day to compare dates with, as 2027-03-31; today when left out.", valueName: "date"))
  var today: String?

  func run() throws {
    try options.check([.text, .json, .csv, .markdown])
    let report = try zoneMatrix(options.network(path), today: day(today))
    try options.finish(
      report.frame,
      [
        .text: { Array(matrixText(report, style: $0).utf8) }, .json: { _ in matrixJSON(report) },
        .csv: { _ in matrixCSV(report) }, .markdown: { _ in Array(matrixMarkdown(report).utf8) },
      ])
  }
}
