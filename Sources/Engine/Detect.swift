import ConfigReaders
import SourceText

/// The platform of a file, and why.
struct DetectedPlatform {
  var platform: Platform
  var reason: String
}

/// Takes the format that is named, or else the one that the file itself shows.
///
/// - Throws: `EngineError.platform` when the name is unknown, no format or more than one claims the file: it is never
///   guessed. `EngineError.unreadable` when a line is too long for a configuration.
func detect(_ file: SourceFile, format: String?) throws(EngineError) -> DetectedPlatform {
  if let line = firstOverlongLine(file) {
    throw .unreadable(
      path: "\(file.path):\(line)",
      reason: """
        the line is longer than the \(lineLimit) bytes that are read, so this is no configuration as a device writes it; \
        export it anew, or name another file
        """)
  }
  if let format {
    guard let platform = Platform.named(format) else {
      let names = Platform.all.map(\.id)
      let hint = nearest(to: format, among: names).map { "; did you mean \($0)?" } ?? ""
      throw .platform(
        path: file.path, reason: "format `\(format)` is not known\(hint) Known are: \(names.joined(separator: ", "))")
    }
    return DetectedPlatform(platform: platform, reason: "named by the user")
  }
  switch detectPlatform(file) {
  case .platform(let platform, let reason): return DetectedPlatform(platform: platform, reason: reason)
  case .ambiguous(let claims):
    let list = claims.map { "\($0.platform.id) (\($0.reason))" }.joined(separator: ", ")
    throw .platform(path: file.path, reason: "could be \(list); say which with `format:` or `--format`")
  case .unknown:
    let hint = file.bytes.isEmpty ? "the file is empty" : "no known platform writes files like this"
    throw .platform(
      path: file.path,
      reason: "\(hint); say which it is with `format:` or `--format`, or see `bulkhead formats`")
  }
}

/// The longest line of a configuration, in bytes. Devices take some thousand (FortiOS, group with all members) and write
/// no longer ones; readers may then look at a line more than once.
private let lineLimit = 1 << 20

/// The number of the first line over `lineLimit`; O(lines).
private func firstOverlongLine(_ file: SourceFile) -> Int? {
  // Most files are shorter than that as a whole.
  guard file.bytes.count > lineLimit else { return nil }
  return (1...file.lines.count).first { file.lines.bounds(ofLine: $0, in: file.bytes).count > lineLimit }
}

/// The platform of a file and the reason, for commands that read one file.
///
/// - Throws: `EngineError.platform`, `EngineError.unreadable`.
public func platform(of file: SourceFile, format: String?) throws(EngineError) -> (Platform, reason: String) {
  let detected = try detect(file, format: format)
  return (detected.platform, detected.reason)
}
