import Glibc

/// Prints what Bulkhead and its peers take for generated lists.
///
/// Figures of one run are comparable with each other; those of different machines are not.
@main
struct Bench {
  static let usage = """
    usage: bench table [--sizes N,…] [--styles NAME,…] [--family 4|6] [--format asa|iptables] [OPTIONS]
           bench peers [--sizes N,…] [--styles NAME,…] [--long] [--aclgen NAME=PATH,…] [OPTIONS]
           bench measure FILE FORMAT

    --program PATH  the release program (.build/release/bulkhead)
    --data FOLDER   where lists are written (/tmp/bulkhead-bench)
    --reuse         use the lists and truths that are there
    --long          give large lists to slow peers as well
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
      case "measure" where options.rest.count == 2:
        print(try Measurement(path: options.rest[0], format: options.rest[1]).line)
      default: throw BenchError("which command?\n\n\(usage)")
      }
    } catch {
      let reason = "bench: \((error as? BenchError)?.reason ?? "\(error)")\n"
      _ = write(STDERR_FILENO, reason, reason.utf8.count)
      exit(2)
    }
  }
}
