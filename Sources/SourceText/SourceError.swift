/// Why a file could not be taken in at all.
public enum SourceError: Error, Sendable, Equatable {
  /// The file is larger than the cap.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The file's text breaks the rules of its format; `related` points at an earlier place that it clashes with.
  case malformed(path: String, position: SourcePosition, message: String, help: String)

  /// What went wrong and what to do, with the place in front where there is one.
  public var description: String {
    switch self {
    case .tooLarge(let path, let bytes, let limit):
      return "\(path): \(bytes) bytes are more than the \(limit) that are read; split the file or leave it out"
    case .malformed(let path, let position, let message, let help):
      return "\(path):\(position.line):\(position.column): \(message); \(help)"
    }
  }
}
