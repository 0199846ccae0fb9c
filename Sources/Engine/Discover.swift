import SourceText

/// What there is to check.
enum Target {
  /// A site file, by path.
  case site(String)
  /// Configurations without a site, by path.
  case configurations([String])
}

/// The name that a site file has by convention.
let siteFileName = "bulkhead.yml"

/// Finds out what a path means: a site file, a folder that holds one, a configuration, or a folder of configurations.
///
/// - Throws: `EngineError.unreadable`, `EngineError.nothingFound`.
func discover(_ path: String, site: String?) throws(EngineError) -> Target {
  if let site { return .site(site) }
  guard isFolder(path) else {
    return path == siteFileName || path.hasSuffix("/\(siteFileName)") ? .site(path) : .configurations([path])
  }
  let candidate = joined(path, siteFileName)
  if names(in: path)?.contains(siteFileName) == true { return .site(candidate) }
  let files = filesBelow(path, depth: 0)
  guard !files.isEmpty else { throw .nothingFound(path: path) }
  return .configurations(files)
}

/// The files of a folder that may be configurations, sorted by path.
///
/// Hidden files and prose are left out. Links are not followed, so that no cycle and no foreign file comes in.
func filesBelow(_ folder: String, depth: Int) -> [String] {
  guard depth < 32, let names = names(in: folder) else { return [] }
  return names.flatMap { name -> [String] in
    let path = joined(folder, name)
    if name.hasPrefix(".") || isLink(path) { return [] }
    if isFolder(path) { return filesBelow(path, depth: depth + 1) }
    // A table of rules says so in its name; any other CSV is an inventory or the like.
    if name.hasSuffix(".rules.csv") { return [path] }
    let isProse = [".md", ".csv", ".png", ".svg", ".pdf", ".html"].contains { name.hasSuffix($0) }
    return isProse || name == "LICENSE" ? [] : [path]
  }
}
