import Glibc

/// Prints what Bulkhead and its peers take for generated lists.
///
/// Figures of one run are comparable with each other; those of different machines are not.
@main
struct Bench {
  static let usage = """
    usage: bench table [--sizes N,…] [--styles NAME,…] [--family 4|6] [--format asa|iptables] [--select CODES|all]
                       [--policy PACK] [OPTIONS]
           bench diff [--sizes N,…] [--styles NAME,…] [--long] [OPTIONS]
           bench edits [--rules N,…] [--styles NAME,…] [--edits N] [OPTIONS]
           bench peers [--sizes N,…] [--styles NAME,…] [--long] [--aclgen NAME=PATH,…] [OPTIONS]
           bench measure FILE FORMAT covered|all
           bench measure-diff OLD NEW FORMAT
           bench measure-edits FILE FORMAT [--edits N]

    --program PATH  the release program (.build/release/bulkhead)
    --data FOLDER   where lists are written (/tmp/bulkhead-bench)
    --reuse         use the lists and truths that are there
    --select …      checks that the program runs (RUL001,RUL002, the covered rules), or all
    --policy PACK   a shipped policy pack besides, such as rule-anomalies
    --edits N       how many edits are timed (3000)
    --long          a million rules as well (diff); large lists for slow peers as well (peers)
    --aclgen …      programs aclgen by name, for capirca and aerleon both call theirs so
    --limit N       stop whatever takes more than N seconds (120)
    """

  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let command = arguments.isEmpty ? "" : arguments.removeFirst()
    do {
      let options = try Options(arguments)
      switch command {
      case "table": try TableCommand(options: options).run()
      case "peers": try PeersCommand(options: options).run()
      case "diff": try DiffCommand(options: options).run()
      case "edits": try EditsCommand(options: options).run()
      case "measure" where options.rest.count == 3:
        guard let question = Measurement.Question(rawValue: options.rest[2]) else { throw BenchError(usage) }
        print(try Measurement(path: options.rest[0], format: options.rest[1], question: question).line)
      case "measure-diff" where options.rest.count == 3:
        let measurement = try DiffMeasurement(options.rest[0], options.rest[1], format: options.rest[2])
        for line in measurement.lines { print(line) }
      case "measure-edits" where options.rest.count == 2:
        try EditMeasurement(path: options.rest[0], format: options.rest[1], edits: options.edits).report()
      default: throw BenchError("which command?\n\n\(usage)")
      }
    } catch {
      let reason = "bench: \((error as? BenchError)?.reason ?? "\(error)")\n"
      _ = write(STDERR_FILENO, reason, reason.utf8.count)
      exit(2)
    }
  }
}
