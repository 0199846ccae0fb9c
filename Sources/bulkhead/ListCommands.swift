import ArgumentParser
import Checks
import ConfigReaders
import SourceText

/// `bulkhead explain CODE`: a check's page.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Explain what a finding's code means and how to fix it.")

  @Argument(help: "A code such as SEG001, or a check's name.")
  var code: String

  func run() throws {
    let wanted = code.uppercased()
    guard let check = Check.all.first(where: { $0.code == wanted || $0.name == code }) else {
      let hint = nearest(to: wanted, among: Check.all.map(\.code)).map { " Did you mean \($0)?" } ?? ""
      throw ValidationError("There is no check \(code).\(hint) `bulkhead rules` lists them.")
    }
    write(check.page, to: .standardOutput)
  }
}

/// `bulkhead rules`: the code table.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "List the checks with their codes and severities.")

  func run() throws {
    var seen: Set<String> = []
    for check in Check.all where seen.insert(check.code).inserted {
      let name = check.name.padded(24)
      write("\(check.code)  \(check.severity.rawValue.padded(8))  \(name)  \(check.summary)\n", to: .standardOutput)
    }
  }
}

/// `bulkhead formats [NAME]`: what is read.
struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the configuration formats, or say what is understood of one.")

  @Argument(help: "A format's name.")
  var name: String?

  func run() throws {
    guard let name else {
      let width = Platform.all.map(\.id.count).max() ?? 0
      for platform in Platform.all {
        let support = platform.support.rawValue.padded(17)
        write("\(platform.id.padded(width))  \(support)  \(platform.title)\n", to: .standardOutput)
      }
      return
    }
    guard let platform = Platform.named(name) else {
      let hint = nearest(to: name, among: Platform.all.map(\.id)).map { " Did you mean \($0)?" } ?? ""
      throw ValidationError("There is no format \(name).\(hint) `bulkhead formats` lists them.")
    }
    var text = "\(platform.title) (\(platform.id))\nProved on: \(platform.support.rawValue)\n"
    let sections = [
      ("Modelled", platform.modelled), ("Known between two bounds", platform.bounded),
      ("Read over, since it does not touch filtering", platform.ignored), ("Documentation", platform.documentation),
    ]
    for (title, lines) in sections where !lines.isEmpty {
      text += "\n\(title)\n" + lines.map { "  - \($0)\n" }.joined()
    }
    write(text, to: .standardOutput)
  }
}

extension String {
  /// The text with spaces behind it, up to a width.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
