import SourceText

#if canImport(Glibc)
  import Glibc
#endif

/// Reads a whole file; nil when it cannot be opened.
public func readBytes(_ path: String) -> [UInt8]? {
  guard let handle = fopen(path, "rb") else { return nil }
  defer { fclose(handle) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, handle)
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// The regular files below a folder, sorted by path; empty when the folder is missing.
public func filesBelow(_ folder: String) -> [String] {
  guard let handle = opendir(folder) else { return [] }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted().flatMap { name -> [String] in
    let path = "\(folder)/\(name)"
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return status.st_mode & S_IFMT == S_IFDIR ? filesBelow(path) : [path]
  }
}

/// The folder of real configurations, schemas and oracle vectors beside the package; nil when it is not there.
///
/// It is no part of the project: tests that need it skip without it.
public func sharedFolder(file: String = #filePath) -> String? {
  let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  let path = "\(root)/../shared"
  return opendir(path).map {
    closedir($0)
    return path
  }
}

/// The package's own folder.
public func packageFolder(file: String = #filePath) -> String {
  file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
}
