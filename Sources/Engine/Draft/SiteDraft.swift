import ConfigReaders
import PacketSets
import RuleModel
import SourceText

/// A first site file for a folder of configurations: what the files tell, and questions for what they do not.
public struct SiteDraft: Sendable {
  /// The path that a site file of the folder has.
  public var path: String
  /// Whether there is one already.
  public var exists: Bool
  public var text: String
  public var devices: Int
  public var zones: Int
  public var questions: Int
  /// Files whose format is not known, with the reason.
  public var unread: [String]
}

/// Drafts a site file from the configurations below a folder.
///
/// - Throws: `EngineError.unreadable`, `.nothingFound` when there is no configuration.
public func draftSite(_ folder: String) throws(EngineError) -> SiteDraft {
  guard isFolder(folder) else {
    throw .unreadable(path: folder, reason: "is no folder; name the one that holds the configurations")
  }
  let path = joined(folder, siteFileName)
  var files: [ReadFile] = []
  var unread: [String] = []
  for file in filesBelow(folder, depth: 0) where file != path {
    // Paths in a site file are relative to it.
    let name = folder == "." ? file : String(file.dropFirst(joined(folder, "").count))
    let source: SourceFile
    do { source = try SourceFile(id: UInt32(files.count), path: name, bytes: readFile(file)) } catch let error
      as SourceError
    {
      throw .invalid([error.description])
    } catch { throw error as? EngineError ?? .unreadable(path: file, reason: "\(error)") }
    do throws(EngineError) { files.append(try read(source, device: source.name, format: nil)) } catch {
      unread.append(error.description)
    }
  }
  guard !files.isEmpty else { throw .nothingFound(path: folder) }
  var writer = DraftWriter(files: files, unread: unread)
  let text = writer.document(site: siteName(folder))
  return SiteDraft(
    path: path, exists: names(in: folder)?.contains(siteFileName) ?? false, text: text, devices: writer.deviceCount,
    zones: writer.zones.count, questions: writer.questions.count, unread: unread)
}

/// The folder's own name, where it is a word.
private func siteName(_ folder: String) -> String {
  let last = (resolved(folder) ?? folder).split(separator: "/").last.map(String.init) ?? ""
  let name = draftName(last)
  return name.contains(where: \.isLetter) ? name : "plant"
}

/// A name that a site file takes: letters, digits, `-`, `_` and `.`; anything else becomes `-`.
func draftName(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(Character(scalar)))
    if isPlain || "_-.".unicodeScalars.contains(scalar) {
      result.unicodeScalars.append(scalar)
    } else if !result.hasSuffix("-"), !result.isEmpty {
      result += "-"
    }
  }
  while let last = result.last, "-.".contains(last) { result.removeLast() }
  while let first = result.first, "-._".contains(first) { result.removeFirst() }
  // YAML's word for nothing is no name.
  return result.lowercased() == "null" ? "null-1" : String(result.prefix(60))
}
