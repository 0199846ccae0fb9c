import Glibc
import RuleSets

/// Writes generated lists, their truth and an edited version into a folder.
@main
struct Generate {
  static let usage = """
    usage: generate [--style NAME,…] [--rules N,…] [--family 4|6] [--seed N] [--formats NAME,…] [--share PART]
                    [--edits K] [--truth auto|always|never] --out FOLDER

    styles   acl (planted anomalies), fw (heavy overlap), cb-acl, cb-fw, cb-ipc (after ClassBench's acl1, fw1, ipc1)
    formats  asa, iptables, tsv; for peers: nft, capirca, fwb
    truth    of fw and cb styles: auto works it out up to 10000 rules; NAME.truth.tsv has one covered rule a line
    edits    half delete covered rules, half flip live ones; NAME-edit.* and NAME-edit.truth.tsv
    """

  static func main() {
    do {
      let request = try Request(Array(CommandLine.arguments.dropFirst()))
      for style in request.styles {
        for count in request.counts { try request.write(style, count) }
      }
    } catch let error as UsageError {
      fail("\(error.reason)\n\n\(usage)")
    } catch {
      fail("\(error)")
    }
  }

  private static func fail(_ reason: String) -> Never {
    let text = "generate: \(reason)\n"
    _ = write(STDERR_FILENO, text, text.utf8.count)
    exit(2)
  }
}

/// What is wrong with the command line.
struct UsageError: Error {
  var reason: String
}
