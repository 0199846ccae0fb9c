import ArgumentParser
import Engine
import Findings
import SourceText

/// The command line: what a run prints, and how it ends.
@main
struct Bulkhead: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bulkhead",
    abstract: "Checks firewall and data-diode configurations against the segmentation policy of a plant.",
    discussion: """
      Exit codes: 0 nothing found and everything understood; 1 findings at or above --fail-on; 2 the job could not be \
      done; 3 no such finding, but something that could change a verdict was not understood.
      """,
    version: toolVersion,
    subcommands: [
      CheckCommand.self, InitCommand.self, MatrixCommand.self, QueryCommand.self, TraceCommand.self, ChainsCommand.self,
      CascadeCommand.self, DiffCommand.self, ExplainCommand.self, RulesCommand.self,
      FormatsCommand.self, ModelCommand.self,
    ],
    defaultSubcommand: CheckCommand.self)

  /// Parses and runs; every failure is exit code 2, and the last line on stderr says why it is not 0.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let end as RunEnd {
      finish(end.outcome, end.reason)
    } catch let error as EngineError {
      finish(.failed, error.description)
    } catch {
      // Help and version come as errors that mean success.
      guard exitCode(for: error) != .success else {
        write(fullMessage(for: error) + "\n", to: .standardOutput)
        finish(.clean, "")
      }
      finish(.failed, fullMessage(for: error))
    }
  }

  /// Ends the process. A reason of several lines stands above the last line, which repeats its first.
  private static func finish(_ outcome: RunOutcome, _ reason: String) -> Never {
    guard outcome != .clean else { leave(outcome.rawValue) }
    let lines = printable(lines: reason)
    if lines.count > 1 { write(lines.map { $0 + "\n" }.joined(), to: .standardError) }
    let more = lines.count > 1 ? " (\(lines.count - 1) more line\(lines.count == 2 ? "" : "s") above)" : ""
    write("bulkhead: exit \(outcome.rawValue): \(lines.first ?? "")\(more)\n", to: .standardError)
    leave(outcome.rawValue)
  }

  /// The lines of a message, made safe to show: paths and names in it come from strangers.
  private static func printable(lines text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: true).map { SourceText.printable(String($0)) }
  }
}

/// The regular end of a run that does not end with 0.
struct RunEnd: Error {
  var outcome: RunOutcome
  var reason: String
}
