#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The byte offset at which each line of a file begins.
///
/// A line ends at LF; a CR before it belongs to the line end. A file without a final line end has one more line.
public struct LineIndex: Sendable {
  @usableFromInline let starts: [UInt32]

  /// Records the line starts of `bytes`; O(n).
  public init(_ bytes: [UInt8]) {
    var starts: [UInt32] = [0]
    // The C library looks at 32 bytes at a time, which a loop over bytes does not.
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var next = 0
      while next < buffer.count, let found = memchr(base + next, Int32(ASCII.lineFeed), buffer.count - next) {
        next = UnsafeRawPointer(found) - base + 1
        if next < buffer.count { starts.append(UInt32(next)) }
      }
    }
    self.starts = starts
  }

  /// The number of lines; 1 for an empty file.
  public var count: Int { starts.count }

  /// The 1-based line that holds `offset`; O(log lines).
  public func line(at offset: Int) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The offset of the first byte of a 1-based line.
  public func start(ofLine line: Int) -> Int { Int(starts[line - 1]) }

  /// The bytes of a 1-based line without its line end.
  @inlinable
  public func bounds(ofLine line: Int, in bytes: [UInt8]) -> Range<Int> {
    let start = Int(starts[line - 1])
    var end = line < starts.count ? Int(starts[line]) : bytes.count
    if end > start, bytes[end - 1] == ASCII.lineFeed { end -= 1 }
    if end > start, bytes[end - 1] == ASCII.carriageReturn { end -= 1 }
    return start..<end
  }
}
