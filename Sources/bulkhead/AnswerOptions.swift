import ArgumentParser
import Engine
import Findings
import Reports
import SitePolicy

/// The formats of an answer.
enum AnswerFormat: String, CaseIterable {
  case text, json, csv, markdown
}

/// What every question about the network can be given.
struct AnswerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the answer as text, json, csv or markdown (as far as the command has it), to standard output or to a file; may be given several times.",
      valueName: "format[=file]"))
  var output: [OutputChoice<AnswerFormat>] = []

  @Option(help: ArgumentHelp("The site file to use.", valueName: "file"))
  var site: String?

  @Flag(help: "Exit with 0 instead of 3 when something that could change the answer was not understood.")
  var allowIncomplete = false

  @Option(help: "Colour the text: auto, always or never.")
  var color = ColourChoice.auto

  func validate() throws {
    if output.count(where: { $0.path == nil }) > 1 {
      throw ValidationError("Only one answer can go to standard output; give the others a file: --output json=FILE")
    }
  }

  /// Refuses formats that a command does not have.
  func check(_ known: [AnswerFormat]) throws {
    guard let choice = output.first(where: { !known.contains($0.format) }) else { return }
    let names = known.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("This answer has no form as \(choice.format.rawValue); choose from: \(names)")
  }

  /// Reads the site in `path`.
  func network(_ path: String) throws -> SiteNetwork { try readNetwork(path, site: site) }

  /// Writes the answer in each chosen form, and ends the run.
  func finish(_ frame: AnswerFrame, _ forms: [AnswerFormat: (TextStyle) -> [UInt8]]) throws {
    for choice in output.isEmpty ? [OutputChoice<AnswerFormat>(.text)] : output {
      guard let form = forms[choice.format] else { continue }
      let isColoured = choice.path == nil && bulkhead.isColoured(color, .standardOutput)
      let bytes = form(TextStyle(isColoured: isColoured))
      if let path = choice.path { try writeFile(bytes, to: path) } else { write(bytes, to: .standardOutput) }
    }
    guard !frame.gaps.isEmpty, !allowIncomplete else { return }
    let more = frame.gaps.count > 2 ? " and \(frame.gaps.count - 2) more" : ""
    throw RunEnd(
      outcome: .incomplete, reason: "answered, but incomplete: \(frame.gaps.prefix(2).joined(separator: "; "))\(more)")
  }
}

/// The day to compare dates with: the one that is given, or today.
func day(_ text: String?) throws -> CalendarDate {
  guard let text else {
    guard let now = bulkhead.today() else { throw ValidationError("The clock shows no date; give one with --today") }
    return now
  }
  guard let date = CalendarDate(iso: text) else {
    throw ValidationError("\(text) is no date; write it as 2027-03-31")
  }
  return date
}
