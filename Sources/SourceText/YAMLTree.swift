import CLibYAML

/// Reads one YAML document.
///
/// Deliberately less than all of YAML: no anchors or aliases, one document a file, no key twice, text keys only, no
/// tags beyond the plain ones (`!!str`, `!!int`, `!!map`, …). Scalars are not resolved; see `DocumentNode`.
///
/// - Throws: `SourceError` with the place and what to do; also for an empty document.
/// - Complexity: O(n) in the number of bytes.
public func parseYAML(_ file: SourceFile, limits: DocumentLimits = .standard) throws(SourceError) -> DocumentNode {
  let budget = try DocumentBudget(file, limits)
  return try file.bytes.withUnsafeBufferPointer { (bytes) throws(SourceError) -> DocumentNode in
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      throw file.malformed(at: 0, "there is not enough memory to read YAML", help: "free some and try again")
    }
    defer { yaml_parser_delete(parser) }
    // Without this a file could declare itself UTF-16, and marks would no longer fit the bytes.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    // libyaml counts a byte-order mark as a column, which would indent the first key.
    let text = UnsafeBufferPointer(rebasing: bytes.dropFirst(file.byteOrderMarkLength))
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    var builder = YAMLBuilder(parser: parser, budget: budget, offsets: ScalarOffsets(text))
    return try builder.document()
  }
}

/// Turns libyaml's events into a tree.
///
/// Every event is deleted before the next one is asked for; only `Event` values leave `next`.
private struct YAMLBuilder {
  let parser: UnsafeMutablePointer<yaml_parser_t>
  var budget: DocumentBudget
  var offsets: ScalarOffsets
  var file: SourceFile { budget.file }

  /// What the tree needs of an event; offsets are bytes.
  private struct Event {
    enum Kind {
      case streamStart, streamEnd, documentStart, documentEnd
      case scalar(String, ScalarStyle)
      case list, map, end
    }
    var kind: Kind
    var start: Int
    var end: Int
    /// Block lists and maps end where their last value does; libyaml marks their end at the next token.
    var isFlow: Bool
  }

  init(parser: UnsafeMutablePointer<yaml_parser_t>, budget: DocumentBudget, offsets: ScalarOffsets) {
    self.parser = parser
    self.budget = budget
    self.offsets = offsets
  }

  mutating func document() throws(SourceError) -> DocumentNode {
    _ = try next()
    guard case .documentStart = try next().kind else {
      throw file.malformed(at: 0, "the document is empty", help: "write the keys that this kind of file needs")
    }
    let root = try node(next())
    if root.isNull, root.range.start == root.range.end {
      throw file.malformed(at: 0, "the document is empty", help: "write the keys that this kind of file needs")
    }
    _ = try next()
    let after = try next()
    guard case .streamEnd = after.kind else {
      throw file.malformed(
        at: after.start, "a second YAML document begins here", help: "put it in a file of its own")
    }
    return root
  }

  private mutating func node(_ event: Event) throws(SourceError) -> DocumentNode {
    try budget.count(at: event.start)
    switch event.kind {
    case .scalar(let text, let style):
      return .scalar(text: text, range: file.range(event.start, event.end), style: style)
    case .list: return try list(event)
    case .map: return try map(event)
    default: throw file.malformed(at: event.start, "a value is missing here", help: "write one")
    }
  }

  private mutating func list(_ opening: Event) throws(SourceError) -> DocumentNode {
    try budget.enter(at: opening.start)
    var items: [DocumentNode] = []
    var end = opening.end
    while true {
      let event = try next()
      if case .end = event.kind {
        budget.leave()
        return .list(items, file.range(opening.start, opening.isFlow ? event.end : end))
      }
      let item = try node(event)
      end = max(end, Int(item.range.end))
      items.append(item)
    }
  }

  private mutating func map(_ opening: Event) throws(SourceError) -> DocumentNode {
    try budget.enter(at: opening.start)
    var entries: [DocumentEntry] = []
    var seen = SeenKeys()
    var end = opening.end
    while true {
      let event = try next()
      if case .end = event.kind {
        budget.leave()
        return .map(entries, file.range(opening.start, opening.isFlow ? event.end : end))
      }
      guard case .scalar(let key, _) = event.kind else {
        throw file.malformed(
          at: event.start, "a key must be plain text, not a list or map", help: "name it with a word")
      }
      try budget.count(at: event.start)
      try seen.insert(key, at: event.start, in: file)
      let value = try node(next())
      end = max(end, event.end, Int(value.range.end))
      entries.append(DocumentEntry(key: key, keyRange: file.range(event.start, event.end), value: value))
    }
  }

  private mutating func next() throws(SourceError) -> Event {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&raw) }
    let start = offset(of: raw.start_mark)
    let end = offset(of: raw.end_mark)
    var event = Event(kind: .end, start: start, end: end, isFlow: false)
    switch raw.type {
    case YAML_STREAM_START_EVENT: event.kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: event.kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: event.kind = .documentEnd
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      try refuse(anchor: scalar.anchor, tag: scalar.tag, at: start)
      event.kind = try .scalar(text(scalar, at: start), style(of: scalar))
    case YAML_SEQUENCE_START_EVENT:
      try refuse(anchor: raw.data.sequence_start.anchor, tag: raw.data.sequence_start.tag, at: start)
      event.kind = .list
      event.isFlow = raw.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
    case YAML_MAPPING_START_EVENT:
      try refuse(anchor: raw.data.mapping_start.anchor, tag: raw.data.mapping_start.tag, at: start)
      event.kind = .map
      event.isFlow = raw.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
    case YAML_ALIAS_EVENT:
      throw file.malformed(at: start, "aliases (*name) are not read", help: "write the value out")
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: event.kind = .end
    default: event.kind = .streamEnd
    }
    return event
  }

  private mutating func offset(of mark: yaml_mark_t) -> Int {
    file.byteOrderMarkLength + offsets.byteOffset(ofScalar: mark.index)
  }

  private func text(
    _ scalar: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar, at offset: Int
  ) throws(SourceError) -> String {
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    guard !bytes.contains(0) else {
      throw file.malformed(at: offset, "the text holds a NUL character", help: "remove the \\0 escape")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func style(of scalar: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar) -> ScalarStyle {
    if let tag = scalar.tag, name(tag) == corePrefix + "str" { return .quoted }
    return scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at offset: Int
  ) throws(SourceError) {
    if anchor != nil {
      throw file.malformed(at: offset, "anchors (&name) are not read", help: "write the value out where it is needed")
    }
    guard let tag, !coreTags.contains(name(tag)) else { return }
    throw file.malformed(at: offset, "the tag '\(printable(name(tag)))' is not read", help: "remove it")
  }

  private func name(_ text: UnsafePointer<yaml_char_t>) -> String { String(cString: text) }

  private mutating func syntaxError() -> SourceError {
    let failed = parser.pointee
    let problem = failed.problem.map { String(cString: $0) } ?? "out of memory"
    if failed.error == YAML_READER_ERROR {
      return file.malformed(
        at: file.byteOrderMarkLength + Int(failed.problem_offset), "this character is not allowed in YAML (\(problem))",
        help: "remove it")
    }
    var message = "this is not valid YAML: \(problem)"
    if let context = failed.context {
      message += " \(String(cString: context)) that begins on line \(failed.context_mark.line + 1)"
    }
    return file.malformed(
      at: offset(of: failed.problem_mark), message,
      help: "check indentation (spaces only), colons, brackets and quotes here and on the line above")
  }
}

private let corePrefix = "tag:yaml.org,2002:"
private let coreTags = Set(["str", "int", "float", "bool", "null", "seq", "map"].map { corePrefix + $0 })

/// Converts libyaml's marks, which count Unicode scalars, to byte offsets.
///
/// Marks rise (almost) steadily through a document, so a cursor that walks from the last answer is O(n) in all.
private struct ScalarOffsets {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let isASCII: Bool
  private var scalar = 0
  private var offset = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    isASCII = bytes.allSatisfy { $0 < 0x80 }
  }

  mutating func byteOffset(ofScalar index: Int) -> Int {
    if isASCII { return min(index, bytes.count) }
    while scalar < index, offset < bytes.count {
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      scalar += 1
    }
    while scalar > index {
      offset -= 1
      while bytes[offset] & 0xC0 == 0x80 { offset -= 1 }
      scalar -= 1
    }
    return offset
  }
}
