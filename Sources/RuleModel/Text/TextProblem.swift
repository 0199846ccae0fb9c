import SourceText

/// A text that is not what its place wants.
public struct TextProblem: Error {
  public var message: String
  public var help: String

  public init(message: String, help: String) {
    self.message = message
    self.help = help
  }
}

/// User text in quotes, made safe to print and short.
public func quoted(_ text: String) -> String {
  let shown = printable(text)
  return shown.count <= 60 ? "'\(shown)'" : "'\(shown.prefix(60))…'"
}

/// "did you mean …", or else what there is to choose from.
public func suggestion(_ word: String, among choices: [String]) -> String {
  if let near = nearest(to: String(word.prefix(100)), among: choices) { return "did you mean \(quoted(near))?" }
  return keysHelp(choices)
}

/// What there is to choose from, for a message.
public func keysHelp(_ choices: [String]) -> String {
  guard !choices.isEmpty else { return "none is declared" }
  let shown = choices.prefix(20).map { printable($0) }.joined(separator: ", ")
  return "choose from: \(shown)" + (choices.count > 20 ? ", …" : "")
}
