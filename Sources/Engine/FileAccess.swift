import SourceText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Why the job cannot be done.
public enum EngineError: Error, Sendable {
  /// A file or folder cannot be read.
  case unreadable(path: String, reason: String)
  /// Nothing to check was found.
  case nothingFound(path: String)
  /// A file of the site leads out of the site's folder.
  case outside(path: String, root: String)
  /// The platform of a file is not clear.
  case platform(path: String, reason: String)
  /// A site's device cannot be bound to what its file holds.
  case binding(message: String)
  /// The site, a pack or an inventory is wrong; one line for each error.
  case invalid([String])
  /// An analysis outgrew its limits.
  case tooLarge(device: String)
  /// The tool contradicts itself.
  case contradiction(String)

  /// What went wrong and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): return "\(path): \(reason)"
    case .nothingFound(let path):
      return "\(path): no configuration found; name a file, or a folder with configurations or a bulkhead.yml"
    case .outside(let path, let root):
      return "\(path): lies outside of the site's folder \(root); put the file below that folder"
    case .platform(let path, let reason): return "\(path): \(reason)"
    case .binding(let message): return message
    case .invalid(let lines): return lines.joined(separator: "\n")
    case .tooLarge(let device):
      return "\(device): the rules are too entangled to be analysed within the memory limit; please report this file"
    case .contradiction(let message): return message
    }
  }
}

/// Reads a whole file.
///
/// - Throws: `EngineError.unreadable`; also for anything but a regular file, and for a file over the size cap.
public func readFile(_ path: String) throws(EngineError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_NONBLOCK)
  guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw .unreadable(path: path, reason: "is not a regular file")
  }
  guard status.st_size <= SourceFile.sizeLimit else {
    throw .unreadable(path: path, reason: "is larger than the \(SourceFile.sizeLimit) bytes that are read")
  }
  // Read straight into the array's own memory: clearing and copying it would cost more than the reading.
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, filled in
    while filled < buffer.count, let base = buffer.baseAddress {
      let count = read(descriptor, base + filled, buffer.count - filled)
      if count < 0 { failure = errno }
      if count <= 0 { return }
      filled += count
    }
  }
  guard failure == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(failure))) }
  return bytes
}

/// Reads a file that a site names relative to its folder.
///
/// Site files come from pull requests: neither `..` nor a symbolic link may lead to other files of the machine.
///
/// - Throws: `EngineError.outside`, `EngineError.unreadable`.
func readFile(_ path: String, below root: String) throws(EngineError) -> [UInt8] {
  guard !path.hasPrefix("/"), let home = resolved(root) else { throw .outside(path: path, root: root) }
  let full = joined(root, path)
  guard let target = resolved(full) else {
    throw .unreadable(path: full, reason: String(cString: strerror(errno)))
  }
  guard target.hasPrefix(home == "/" ? home : home + "/") else { throw .outside(path: path, root: root) }
  return try readFile(full)
}

/// The names in a folder, sorted; nil when it is no folder.
func names(in folder: String) -> [String]? {
  guard let handle = opendir(folder) else { return nil }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Whether the path is a folder; symbolic links are followed.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether the path is a symbolic link.
func isLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

/// `folder/name`, without a doubled or a leading `./`.
func joined(_ folder: String, _ name: String) -> String {
  if folder.isEmpty || folder == "." { return name }
  return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The folder part of a path; `.` when there is none.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path without links and dots; nil when there is nothing.
func resolved(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}
