import CExpat

/// One XML element; names are as written, namespaces are not resolved.
public struct XMLElement: Sendable, Equatable {
  public var name: String
  /// In file order.
  public var attributes: [XMLAttribute]
  /// Elements and text in file order; text that is only white space is left out where elements stand beside it.
  public var children: [XMLNode]
  /// From the `<` of the start tag up to and including the `>` of the end tag.
  public var range: SourceRange
}

/// One attribute of an XML element.
public struct XMLAttribute: Sendable, Equatable {
  public var name: String
  /// Entities and character references resolved.
  public var value: String
  /// `name="value"`, quotes included.
  public var range: SourceRange
}

/// What stands between an element's tags.
public enum XMLNode: Sendable, Equatable {
  case element(XMLElement)
  /// Text with references resolved; CDATA sections are text.
  case text(String, SourceRange)
}

extension XMLElement {
  /// The child elements in file order.
  public var elements: [XMLElement] {
    children.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  /// The first child element of this name; nil when there is none. O(children).
  public func element(named name: String) -> XMLElement? {
    for case .element(let element) in children where element.name == name { return element }
    return nil
  }

  /// The child elements of this name, in file order.
  public func elements(named name: String) -> [XMLElement] { elements.filter { $0.name == name } }

  /// The value of an attribute; nil when it is not there.
  public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// The element's own text, joined, white space at both ends removed; text of child elements is not in it.
  public var text: String {
    var joined = Substring()
    for case .text(let text, _) in children { joined += text }
    while joined.first?.isWhitespace == true { joined.removeFirst() }
    while joined.last?.isWhitespace == true { joined.removeLast() }
    return String(joined)
  }
}

/// Reads one XML document and gives its root element.
///
/// No document type is read, and so no entity declaration: both are refused. The file must be UTF-8 whatever its
/// declaration says. Comments and processing instructions are passed over.
///
/// - Throws: `SourceError` with the place and what to do.
/// - Complexity: O(n) in the number of bytes.
public func parseXML(_ file: SourceFile, limits: DocumentLimits = .standard) throws(SourceError) -> XMLElement {
  let budget = try DocumentBudget(file, limits)
  guard file.bytes.count <= Int32.max else {
    throw SourceError.tooLarge(path: file.path, bytes: file.bytes.count, limit: Int(Int32.max))
  }
  guard let parser = XML_ParserCreate("UTF-8") else {
    throw file.malformed(at: 0, "there is not enough memory to read XML", help: "free some and try again")
  }
  defer { XML_ParserFree(parser) }
  var builder = XMLBuilder(parser: parser, budget: budget)
  let status = withUnsafeMutablePointer(to: &builder) { builder in
    XML_SetUserData(parser, builder)
    setHandlers(parser)
    return file.bytes.withUnsafeBytes { bytes in
      XML_Parse(parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), 1)
    }
  }
  if let failure = builder.failure { throw failure }
  guard status == XML_STATUS_OK, let root = builder.root else { throw builder.syntaxError() }
  return root
}

/// Hands expat's callbacks on to the `XMLBuilder` behind the user data.
private func setHandlers(_ parser: XML_Parser) {
  XML_SetElementHandler(
    parser,
    { builder($0)?.pointee.start($1, $2) },
    { data, _ in builder(data)?.pointee.end() })
  XML_SetCharacterDataHandler(parser) { builder($0)?.pointee.characters($1, $2) }
  XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in builder(data)?.pointee.doctype() }
}

private func builder(_ data: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLBuilder>? {
  data?.assumingMemoryBound(to: XMLBuilder.self)
}

/// Collects expat's events into a tree; the first error stops the parser.
private struct XMLBuilder {
  let parser: XML_Parser
  var budget: DocumentBudget
  var root: XMLElement?
  var failure: SourceError?
  private var open: [XMLElement] = []
  private var text: [UInt8] = []
  private var textRange = 0..<0
  private var file: SourceFile { budget.file }

  init(parser: XML_Parser, budget: DocumentBudget) {
    self.parser = parser
    self.budget = budget
  }

  /// The bytes of the event that is being reported.
  private var eventRange: Range<Int> {
    let start = min(max(0, Int(XML_GetCurrentByteIndex(parser))), file.bytes.count)
    return start..<min(file.bytes.count, start + Int(XML_GetCurrentByteCount(parser)))
  }

  mutating func start(
    _ name: UnsafePointer<XML_Char>?, _ list: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
  ) {
    guard failure == nil, let name else { return }
    let range = eventRange
    do {
      try flushText()
      try budget.enter(at: range.lowerBound)
      try budget.count(at: range.lowerBound)
      let attributes = try attributes(list, tag: range)
      open.append(
        XMLElement(
          name: String(cString: name), attributes: attributes, children: [],
          range: file.range(range.lowerBound, range.upperBound)))
    } catch { stop(error) }
  }

  mutating func end() {
    guard failure == nil else { return }
    do { try flushText() } catch { return stop(error) }
    guard var element = open.popLast() else { return }
    budget.leave()
    element.range.end = UInt32(max(eventRange.upperBound, Int(element.range.end)))
    if element.children.contains(where: { if case .element = $0 { true } else { false } }) {
      element.children.removeAll { if case .text(let text, _) = $0 { text.allSatisfy(\.isWhitespace) } else { false } }
    }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(.element(element)) }
  }

  mutating func characters(_ bytes: UnsafePointer<XML_Char>?, _ count: Int32) {
    guard failure == nil else { return }
    let range = eventRange
    textRange = (text.isEmpty ? range.lowerBound : textRange.lowerBound)..<range.upperBound
    UnsafeRawBufferPointer(start: bytes, count: Int(count)).withMemoryRebound(to: UInt8.self) {
      text.append(contentsOf: $0)
    }
  }

  mutating func doctype() {
    stop(
      file.malformed(
        at: eventRange.lowerBound, "a document type (<!DOCTYPE>) is not read", help: "remove it and its entities"))
  }

  /// What expat found wrong when no handler stopped it.
  func syntaxError() -> SourceError {
    let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unknown reason"
    return file.malformed(
      at: Int(XML_GetCurrentByteIndex(parser)), "this is not valid XML: \(reason)",
      help: "check the tags and & signs here; the file may be cut off")
  }

  private mutating func flushText() throws(SourceError) {
    guard !text.isEmpty, !open.isEmpty else { return }
    try budget.count(at: textRange.lowerBound)
    let range = file.range(textRange.lowerBound, textRange.upperBound)
    open[open.count - 1].children.append(.text(String(decoding: text, as: UTF8.self), range))
    text.removeAll(keepingCapacity: true)
  }

  /// Pairs expat's attributes with their places in the start tag, which it does not report.
  private mutating func attributes(
    _ list: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?, tag: Range<Int>
  ) throws(SourceError) -> [XMLAttribute] {
    var result: [XMLAttribute] = []
    var position = tag.lowerBound
    while let list, let name = list[result.count * 2], let value = list[result.count * 2 + 1] {
      let range = nextAttribute(&position, end: tag.upperBound)
      try budget.count(at: range.lowerBound)
      result.append(
        XMLAttribute(
          name: String(cString: name), value: String(cString: value),
          range: file.range(range.lowerBound, range.upperBound)))
    }
    return result
  }

  /// The next `name = "value"` of a tag that expat has found well-formed; white space separates attributes.
  private func nextAttribute(_ position: inout Int, end: Int) -> Range<Int> {
    let bytes = file.bytes
    while position < end, !isSpace(bytes[position]) { position += 1 }
    while position < end, isSpace(bytes[position]) { position += 1 }
    let start = position
    while position < end, bytes[position] != ASCII.quote, bytes[position] != UInt8(ascii: "'") { position += 1 }
    guard position < end else { return start..<end }
    let quote = bytes[position]
    position += 1
    while position < end, bytes[position] != quote { position += 1 }
    position = min(position + 1, end)
    return start..<position
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
  }

  private mutating func stop(_ error: SourceError) {
    if failure == nil { failure = error }
    XML_StopParser(parser, XML_Bool(XML_FALSE))
  }
}
