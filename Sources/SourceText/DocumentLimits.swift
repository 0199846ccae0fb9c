/// Caps that keep a hostile document from exhausting memory, stack or time.
public struct DocumentLimits: Sendable {
  /// Largest file, in bytes.
  public var bytes: Int
  /// Deepest nesting of lists, maps or elements; the outermost has depth 1.
  public var depth: Int
  /// Most values (scalars, lists, maps, elements, attributes) in one file.
  public var nodes: Int

  public init(bytes: Int = 64 << 20, depth: Int = 64, nodes: Int = 5_000_000) {
    self.bytes = bytes
    self.depth = depth
    self.nodes = nodes
  }

  /// 64 MiB, 64 levels, five million values.
  public static let standard = DocumentLimits()
}

/// Counts depth and values against the limits while a document is read.
struct DocumentBudget {
  let file: SourceFile
  let limits: DocumentLimits
  private(set) var depth = 0
  private var nodes = 0

  /// - Throws: when the file is too large, is not UTF-8, or holds a NUL byte.
  init(_ file: SourceFile, _ limits: DocumentLimits) throws(SourceError) {
    self.file = file
    self.limits = limits
    guard file.bytes.count <= limits.bytes else {
      throw SourceError.tooLarge(path: file.path, bytes: file.bytes.count, limit: limits.bytes)
    }
    do {
      _ = try UTF8Span(validating: file.bytes.span)
    } catch {
      throw file.malformed(
        at: error.byteOffsets.lowerBound, "this byte is not valid UTF-8", help: "save the file as UTF-8")
    }
    if let offset = file.bytes.firstIndex(of: 0) {
      throw file.malformed(
        at: offset, "a NUL byte has no place in a text file",
        help: "remove it, or save the file as UTF-8 (not UTF-16)")
    }
  }

  /// Counts one value that begins at `offset`.
  mutating func count(at offset: Int) throws(SourceError) {
    nodes += 1
    guard nodes <= limits.nodes else {
      throw file.malformed(
        at: offset, "more than \(limits.nodes) values in one file", help: "split the file")
    }
  }

  /// Goes one level down; `leave` goes back up.
  mutating func enter(at offset: Int) throws(SourceError) {
    depth += 1
    guard depth <= limits.depth else {
      throw file.malformed(
        at: offset, "nested more than \(limits.depth) levels deep", help: "flatten the document")
    }
  }

  mutating func leave() { depth -= 1 }
}

/// The keys of one map and where each stands, so that a second use can name the first.
struct SeenKeys {
  private var first: [String: Int] = [:]

  /// - Throws: naming both places when `key` was there before.
  mutating func insert(_ key: String, at offset: Int, in file: SourceFile) throws(SourceError) {
    guard let earlier = first.updateValue(offset, forKey: key) else { return }
    let place = file.position(at: earlier)
    throw file.malformed(
      at: offset, "the key '\(printable(key))' is given twice, first at \(file.path):\(place.line):\(place.column)",
      help: "remove or rename one of the two")
  }
}

extension SourceFile {
  /// 3 when the file begins with a UTF-8 byte-order mark, which says nothing and is passed over; else 0.
  public var byteOrderMarkLength: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  /// A `malformed` error at a byte offset of this file.
  public func malformed(at offset: Int, _ message: String, help: String) -> SourceError {
    let inside = max(0, min(offset, bytes.count))
    return .malformed(path: path, position: position(at: inside), message: message, help: help)
  }
}
