import ArgumentParser
import Engine
import Findings
import SourceText

/// `bulkhead init DIR`: a first site file.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a first site file from a folder of configurations.",
    discussion: """
      Devices and formats are filled in; zones, and their levels, are proposals to be corrected; what the files do not tell is \
      asked at the end. Exit codes: 0 written; 2 the job could not be done; 3 written, but some files were not understood.
      """)

  @Argument(help: "The folder that holds the configurations.")
  var folder = "."

  @Option(help: ArgumentHelp("`-` prints the file instead of writing it.", valueName: "-"))
  var output: String?

  @Flag(help: "Overwrite a site file that is there already.")
  var force = false

  func validate() throws {
    guard output == nil || output == "-" else {
      throw ValidationError(
        "The site file is written into the folder, since its paths are relative to it; use --output - to print it")
    }
  }

  func run() throws {
    let draft = try draftSite(folder)
    if output == "-" {
      write(draft.text, to: .standardOutput)
    } else {
      guard force || !draft.exists else {
        throw EngineError.invalid(["\(draft.path) is there already; --force overwrites it, --output - only prints"])
      }
      try writeFile(Array(draft.text.utf8), to: draft.path)
      write(
        "\(printable(draft.path)): \(count(draft.devices, "device")), \(count(draft.zones, "zone")) proposed, "
          + "\(count(draft.questions, "question"))\nCorrect the zones in it, then run `bulkhead check`.\n",
        to: .standardOutput)
    }
    if !draft.unread.isEmpty {
      throw RunEnd(
        outcome: .incomplete, reason: "\(count(draft.unread.count, "file")) not understood: \(draft.unread[0])")
    }
  }

  private func count(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
}
