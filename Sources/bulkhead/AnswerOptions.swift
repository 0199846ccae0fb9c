import ArgumentParser
import Engine
import Findings
import Reports
import SitePolicy

/// A format of an answer, and where it goes.
struct AnswerChoice: ExpressibleByArgument {
  enum Format: String, CaseIterable {
    case text, json, csv, markdown
  }
  var format: Format
  /// Nil for standard output.
  var path: String?

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let format = Format(rawValue: String(parts[0])), parts.count == 1 || !parts[1].isEmpty else { return nil }
    self.format = format
    path = parts.count == 2 ? String(parts[1]) : nil
  }

  init(_ format: Format) { self.format = format }

  static var allValueStrings: [String] { Format.allCases.map(\.rawValue) }
  var defaultValueDescription: String { format.rawValue }
}

/// What every question about the network can be given.
struct AnswerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the answer as text, json, csv or markdown (as far as the command has it), to standard output or to a file; may be given several times.",
      valueName: "format[=file]"))
  var output: [AnswerChoice] = []

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
  func check(_ known: [AnswerChoice.Format]) throws {
    guard let choice = output.first(where: { !known.contains($0.format) }) else { return }
    let names = known.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("This answer has no form as \(choice.format.rawValue); choose from: \(names)")
  }

  /// Reads the site in `path`.
  func network(_ path: String) throws -> SiteNetwork { try readNetwork(path, site: site) }

  /// Writes the answer in each chosen form, and ends the run.
  func finish(_ frame: AnswerFrame, _ forms: [AnswerChoice.Format: (TextStyle) -> [UInt8]]) throws {
    for choice in output.isEmpty ? [AnswerChoice(.text)] : output {
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
