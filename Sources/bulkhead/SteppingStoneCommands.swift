import ArgumentParser
import Engine
import Reports

/// `bulkhead chains`: stepping stones from outside to what matters.
struct ChainsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chains", abstract: "Show how somebody gets from outside to what matters, host by host.",
    discussion: """
      Without --from, chains begin at zones of level 4 and above, addresses of no zone, and the zones of remote users; without \
      --to, they end at safety systems, levels 0 and 1, and assets whose loss costs production or safety. Exit codes: 0 answered; \
      2 the job could not be done; 3 answered, but something that could change the answer was not understood.
      """)

  @Argument(help: "A site file, or a folder with one.")
  var path = "."

  @Option(
    help: ArgumentHelp(
      "Where somebody begins: a zone, asset or address; may be given several times.", valueName: "place"))
  var from: [String] = []

  @Option(
    help: ArgumentHelp(
      "What is to be reached: a zone, asset or address; may be given several times.", valueName: "place"))
  var to: [String] = []

  @OptionGroup var options: AnswerOptions

  func run() throws {
    try options.check([.text, .json, .markdown])
    let report = try steppingStoneChains(options.network(path), from: from, to: to)
    try options.finish(
      report.frame,
      [
        .text: { Array(chainsText(report, style: $0).utf8) }, .json: { _ in chainsJSON(report) },
        .markdown: { _ in Array(chainsMarkdown(report).utf8) },
      ])
  }
}

/// `bulkhead cascade`: what follows when a host is taken over.
struct CascadeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cascade", abstract: "Show everything that can follow when somebody holds a host.",
    discussion: """
      Exit codes: 0 answered; 2 the job could not be done; 3 answered, but something that could change the answer was not \
      understood.
      """)

  @Argument(help: "A site file, or a folder with one.")
  var path = "."

  @Option(help: ArgumentHelp("The host as an asset of the inventory.", valueName: "name"))
  var asset: String?

  @Option(help: ArgumentHelp("The host as an address.", valueName: "address"))
  var host: String?

  @OptionGroup var options: AnswerOptions

  func validate() throws {
    guard (asset == nil) != (host == nil) else {
      throw ValidationError("Say which host: either --asset NAME or --host ADDRESS")
    }
  }

  func run() throws {
    try options.check([.text, .json])
    let report = try cascade(options.network(path), asset: asset, host: host)
    try options.finish(
      report.frame, [.text: { Array(cascadeText(report, style: $0).utf8) }, .json: { _ in cascadeJSON(report) }])
  }
}
