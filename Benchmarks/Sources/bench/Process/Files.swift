import Glibc

/// Calls `body` with each line of a text file, which need not fit into memory.
///
/// - Returns: false when there is no such file.
@discardableResult
func forEachLine(of path: String, _ body: (UnsafeBufferPointer<CChar>) -> Void) -> Bool {
  guard let file = fopen(path, "r") else { return false }
  defer { fclose(file) }
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  while true {
    let count = getline(&line, &capacity, file)
    guard count > 0, let line else { return true }
    body(UnsafeBufferPointer(start: line, count: line[count - 1] == 10 ? count - 1 : count))
  }
}

/// A line as text.
func text(_ line: UnsafeBufferPointer<CChar>) -> String {
  String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Size in bytes; nil when there is no such file.
func fileSize(_ path: String) -> Int? {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

/// The full path of a program that the shell would find; nil when it is not installed.
func installed(_ program: String) -> String? {
  if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
  let path = getenv("PATH").map { String(cString: $0) } ?? ""
  let folders = path.split(separator: ":").map { String($0) } + ["/usr/sbin", "/sbin"]
  return folders.map { $0 + "/" + program }.first { access($0, X_OK) == 0 }
}
