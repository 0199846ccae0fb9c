import ArgumentParser
import Engine
import Reports

/// `bulkhead trace PACKET`: what happens to one packet.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Follow one packet device by device and rule by rule, on every path.",
    usage: "bulkhead trace [<site>] <packet> [--from <zone>]",
    discussion: """
      A packet is written 'tcp 10.0.0.5 > 10.20.0.7:502', with 'function write' or 'modbus function 5' behind it, or as other \
      answers print it; ends may be names of assets. Exit codes: 0 answered, whether it arrives or not; 2 the job could not be \
      done; 3 answered, but something that could change the answer was not understood.
      """)

  @Argument(help: ArgumentHelp("A site file or a folder with one, then the packet.", valueName: "site packet"))
  var arguments: [String]

  @Option(
    help: ArgumentHelp(
      "The zone that sends the packet, where its source address does not tell; `outside` for addresses of no zone.",
      valueName: "zone"))
  var from: String?

  @OptionGroup var options: AnswerOptions

  func validate() throws {
    guard (1...2).contains(arguments.count) else {
      throw ValidationError("Put the packet in quotes: bulkhead trace . 'tcp 10.0.0.5 > 10.20.0.7:502'")
    }
  }

  func run() throws {
    try options.check([.text, .json])
    let network = try options.network(arguments.count == 2 ? arguments[0] : ".")
    let report = try trace(arguments[arguments.count - 1], from: from, network)
    try options.finish(
      report.frame, [.text: { Array(traceText(report, style: $0).utf8) }, .json: { _ in traceJSON(report) }])
  }
}
