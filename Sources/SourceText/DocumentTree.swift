/// How a scalar is written, which decides whether it can mean "nothing".
public enum ScalarStyle: Sendable, Equatable {
  /// Written bare: a YAML plain scalar, or a JSON number, `true`, `false` or `null`.
  case plain
  /// Written in quotes, as a block of text, or tagged `!!str`: always text.
  case quoted
}

/// One value of a YAML or JSON document, with the bytes that it was read from.
///
/// Scalars stay text: nothing turns `22:22`, `010` or `no` into a number or a truth value. Whoever reads a key knows
/// what it should hold and parses the text accordingly.
public enum DocumentNode: Sendable, Equatable {
  /// A single value; `range` includes the quotes.
  case scalar(text: String, range: SourceRange, style: ScalarStyle)
  /// Values in order.
  case list([DocumentNode], SourceRange)
  /// Named values in the order of the file; no key occurs twice.
  case map([DocumentEntry], SourceRange)
}

/// One `key: value` pair of a map.
public struct DocumentEntry: Sendable, Equatable {
  /// The key's text, escapes resolved.
  public var key: String
  /// Where the key stands, with its quotes.
  public var keyRange: SourceRange
  public var value: DocumentNode

  public init(key: String, keyRange: SourceRange, value: DocumentNode) {
    self.key = key
    self.keyRange = keyRange
    self.value = value
  }

  /// From the key's first byte to the value's last.
  public var range: SourceRange { keyRange.union(value.range) }
}

extension DocumentNode {
  /// The bytes of the value: brackets and quotes included, comments and blanks around it not.
  ///
  /// A value that is left out (`key:`) has an empty range behind its key.
  public var range: SourceRange {
    switch self {
    case .scalar(_, let range, _), .list(_, let range), .map(_, let range): return range
    }
  }

  /// "text", "list" or "map", for messages.
  public var kindName: String {
    switch self {
    case .scalar: return "text"
    case .list: return "list"
    case .map: return "map"
    }
  }

  /// A scalar's text; nil for a list or map.
  public var text: String? {
    if case .scalar(let text, _, _) = self { return text }
    return nil
  }

  /// A list's values; nil for anything else.
  public var items: [DocumentNode]? {
    if case .list(let items, _) = self { return items }
    return nil
  }

  /// A map's entries in file order; nil for anything else.
  public var entries: [DocumentEntry]? {
    if case .map(let entries, _) = self { return entries }
    return nil
  }

  /// Whether the value says "nothing": left out, `~` or `null`, and not quoted.
  public var isNull: Bool {
    guard case .scalar(let text, _, .plain) = self else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The entry with this key; nil when there is none or the value is no map. O(entries).
  public func entry(named key: String) -> DocumentEntry? { entries?.first { $0.key == key } }

  /// The value of this key; nil when there is none or the value is no map. O(entries).
  public subscript(key: String) -> DocumentNode? { entry(named: key)?.value }
}
