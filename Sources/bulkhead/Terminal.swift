import Engine
import SitePolicy

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One of the two streams that a command writes to.
enum Stream: Int32 {
  case standardOutput = 1
  case standardError = 2
}

/// Writes all bytes; a reader that has gone away ends the process by SIGPIPE, as other tools do.
///
/// A report that cannot be written (disk full) ends the process with exit code 2.
func write(_ bytes: [UInt8], to stream: Stream) {
  var start = 0
  while start < bytes.count {
    let count = bytes[start...].withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      guard stream == .standardOutput else { return }
      let reason = String(cString: strerror(errno))
      write("bulkhead: exit 2: standard output cannot be written: \(reason)\n", to: .standardError)
      leave(2)
    }
    start += count
  }
}

/// Writes a text.
func write(_ text: String, to stream: Stream) { write(Array(text.utf8), to: stream) }

/// Ends the process.
func leave(_ code: Int32) -> Never { exit(code) }

/// Writes a file so that readers see the old or the new content, never a part.
///
/// - Throws: `EngineError.unreadable` with the system's reason.
func writeFile(_ bytes: [UInt8], to path: String) throws(EngineError) {
  let temporary = "\(path).tmp-\(getpid())"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
  var start = 0
  while start < bytes.count {
    let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    if count < 0 { break }
    start += count
  }
  let isComplete = start == bytes.count && close(descriptor) == 0
  guard isComplete, rename(temporary, path) == 0 else {
    let reason = String(cString: strerror(errno))
    unlink(temporary)
    throw .unreadable(path: path, reason: reason)
  }
}

/// Whether to colour a stream: the flag first, then FORCE_COLOR, NO_COLOR, and whether the stream is a terminal.
func isColoured(_ choice: ColourChoice, _ stream: Stream) -> Bool {
  switch choice {
  case .always: return true
  case .never: return false
  case .auto:
    if let force = getenv("FORCE_COLOR"), force.pointee != 0 { return true }
    if let never = getenv("NO_COLOR"), never.pointee != 0 { return false }
    if let terminal = getenv("TERM"), String(cString: terminal) == "dumb" { return false }
    return isatty(stream.rawValue) == 1
  }
}

/// Today in UTC, so that one run gives one answer wherever it runs.
func today() -> CalendarDate? {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  return CalendarDate(year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday))
}
