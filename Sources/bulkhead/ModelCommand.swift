import ArgumentParser
import ConfigReaders
import Engine
import SourceText

/// `bulkhead ir FILE`: the rule model of one file.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ir", abstract: "Print the rule model that a configuration is read into, as JSON.")

  @Argument(help: "A configuration file.")
  var file: String

  @Option(help: ArgumentHelp("The format, when it cannot be detected.", valueName: "name"))
  var format: String?

  func run() throws {
    let source: SourceFile
    do { source = try SourceFile(path: file, bytes: readFile(file)) } catch let error as SourceError {
      throw EngineError.invalid([error.description])
    }
    let (platform, reason) = try Engine.platform(of: source, format: format)
    var dump = ModelDump(file: source)
    write(dump.document(platform.read(source), platform: platform.id, reason: reason), to: .standardOutput)
  }
}
