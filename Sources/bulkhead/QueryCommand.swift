import ArgumentParser
import Engine
import Reports

/// `bulkhead query`: what gets from here to there.
struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Show everything that gets from one place to another, or what stops it.",
    discussion: """
      Ends are zones, assets, addresses, networks, or `outside` for addresses of no zone. Exit codes: 0 answered, whether \
      something gets through or not; 2 the job could not be done; 3 answered, but something that could change the answer was \
      not understood.
      """)

  @Argument(help: "A site file, or a folder with one.")
  var path = "."

  @Option(help: ArgumentHelp("Who sends: a zone, asset, address or network.", valueName: "place"))
  var from: String

  @Option(help: ArgumentHelp("Who receives: a zone, asset, address or network.", valueName: "place"))
  var to: String

  @Option(help: ArgumentHelp("Only this service, such as tcp/502 or icmp/any.", valueName: "service"))
  var service: String?

  @Option(
    help: ArgumentHelp(
      "Only this industrial function: read, write, program, diagnose or other, or with its protocol 'modbus write'.",
      valueName: "function"))
  var function: String?

  @OptionGroup var options: AnswerOptions

  func run() throws {
    try options.check([.text, .json])
    let question = NetworkQuestion(from: from, to: to, service: service, function: function)
    let report = try answer(question, options.network(path), today: day(nil))
    try options.finish(
      report.frame, [.text: { Array(queryText(report, style: $0).utf8) }, .json: { _ in queryJSON(report) }])
  }
}
