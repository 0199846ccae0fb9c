/// One configuration, policy or inventory file: its whole bytes and where its lines begin.
///
/// The bytes are kept as read; nothing is decoded or normalised, so every offset is an offset into the file on disk.
/// Offsets are 32 bits, which caps a file at 4 GiB; `sizeLimit` caps it lower.
public struct SourceFile: Sendable {
  /// Position of this file in the run's `SourceCatalog`; ranges refer to files by it.
  public let id: UInt32
  /// The path as the user would write it, relative where the user gave it so.
  public let path: String
  /// The whole content.
  public let bytes: [UInt8]
  /// Where each line begins.
  public let lines: LineIndex

  /// The largest file that is read, in bytes.
  public static let sizeLimit = 512 << 20

  /// Takes a file's bytes.
  ///
  /// - Throws: `SourceError.tooLarge` when there are more than `sizeLimit` bytes.
  /// - Complexity: O(n) in the number of bytes.
  public init(id: UInt32 = 0, path: String, bytes: [UInt8]) throws(SourceError) {
    guard bytes.count <= SourceFile.sizeLimit else {
      throw SourceError.tooLarge(path: path, bytes: bytes.count, limit: SourceFile.sizeLimit)
    }
    self.id = id
    self.path = path
    self.bytes = bytes
    self.lines = LineIndex(bytes)
  }

  /// The last part of the path: what stays the same wherever the folder lies.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The range from offset `start` up to but not including `end`.
  public func range(_ start: Int, _ end: Int) -> SourceRange {
    SourceRange(file: id, start: UInt32(start), end: UInt32(max(start, end)))
  }

  /// The range of line `number` (1-based), without its line end.
  public func range(ofLine number: Int) -> SourceRange {
    let bounds = lines.bounds(ofLine: number, in: bytes)
    return range(bounds.lowerBound, bounds.upperBound)
  }

  /// The text of `range`, ill-formed UTF-8 repaired.
  public func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// The text of `range`, ill-formed UTF-8 repaired.
  public func text(_ range: SourceRange) -> String { text(Int(range.start)..<Int(range.end)) }

  /// Line (1-based) and column (1-based, in Unicode scalars) of a byte offset.
  ///
  /// - Complexity: O(log lines + length of the line).
  public func position(at offset: Int) -> SourcePosition {
    let line = lines.line(at: offset)
    let start = lines.start(ofLine: line)
    // Continuation bytes (10xxxxxx) do not begin a scalar.
    let scalars = bytes[start..<min(max(offset, start), bytes.count)].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return SourcePosition(line: line, column: scalars + 1)
  }
}

/// A line and a column, both counted from 1; columns count Unicode scalars.
public struct SourcePosition: Hashable, Sendable, Comparable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (a: SourcePosition, b: SourcePosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A stretch of bytes of one file: from `start` up to but not including `end`.
public struct SourceRange: Hashable, Sendable, Comparable {
  /// The `SourceFile.id`.
  public var file: UInt32
  /// First byte.
  public var start: UInt32
  /// One past the last byte.
  public var end: UInt32

  public init(file: UInt32, start: UInt32, end: UInt32) {
    self.file = file
    self.start = start
    self.end = end
  }

  /// The smallest range that holds both; `self` when `other` lies in another file.
  public func union(_ other: SourceRange) -> SourceRange {
    guard other.file == file else { return self }
    return SourceRange(file: file, start: min(start, other.start), end: max(end, other.end))
  }

  public static func < (a: SourceRange, b: SourceRange) -> Bool {
    (a.file, a.start, a.end) < (b.file, b.start, b.end)
  }
}

/// All files of a run, by `SourceFile.id`.
public struct SourceCatalog: Sendable {
  public private(set) var files: [SourceFile] = []

  public init() {}

  /// Adds a file and gives it the next id.
  ///
  /// - Throws: `SourceError.tooLarge`.
  @discardableResult
  public mutating func add(path: String, bytes: [UInt8]) throws(SourceError) -> SourceFile {
    let file = try SourceFile(id: UInt32(files.count), path: path, bytes: bytes)
    files.append(file)
    return file
  }

  /// The file that `range` lies in.
  public func file(of range: SourceRange) -> SourceFile { files[Int(range.file)] }

  /// The position at which `range` begins.
  public func position(of range: SourceRange) -> SourcePosition { file(of: range).position(at: Int(range.start)) }

  /// `path:line:column`, as compilers write it.
  public func label(of range: SourceRange) -> String {
    let place = position(of: range)
    return "\(file(of: range).path):\(place.line):\(place.column)"
  }
}
