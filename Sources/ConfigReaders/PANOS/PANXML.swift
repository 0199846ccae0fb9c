import SourceText

/// Builds the tree of an XML export (`running-config.xml`, or the answer of the XML API).
struct PANXMLBuilder {
  var tree: PANTree
  let file: SourceFile

  /// Elements and texts of the largest configurations, and nesting well beyond any.
  private static let limits = DocumentLimits(bytes: SourceFile.sizeLimit, depth: 96, nodes: 40_000_000)

  init(_ file: SourceFile) {
    self.file = file
    tree = PANTree(file: file.id)
  }

  /// Reads the whole file.
  ///
  /// - Throws: when it is no well-formed XML; the tree is empty then.
  mutating func read() throws(SourceError) {
    let document = try parseXML(file, limits: Self.limits)
    // The API wraps the configuration: `<response><result>…`.
    var root = document
    while ["response", "result"].contains(root.name), let inner = root.elements.first, root.elements.count == 1 {
      mention(root, PANTree.root)
      root = inner
    }
    if ["config", "response", "result"].contains(root.name) {
      mention(root, PANTree.root)
      for element in root.elements { add(element, to: PANTree.root) }
    } else {
      add(root, to: PANTree.root)
    }
  }

  /// Adds an element; the depth limit of the parser bounds the recursion.
  private mutating func add(_ element: XMLElement, to parent: Int) {
    let tag = startTag(of: element)
    let name = element.name == "entry" ? element.attribute("name") ?? "entry" : element.name
    if element.name == "member" {
      mention(element, tree.make(element.text, of: parent, start: tag.lowerBound, end: tag.upperBound))
      return
    }
    let node = tree.make(path: [name], from: parent, range: tag)
    mention(element, node)
    let elements = element.elements
    for inner in elements { add(inner, to: node) }
    guard elements.isEmpty else { return }
    let text = element.text
    if !text.isEmpty { _ = tree.make(text, of: node, start: tag.lowerBound, end: tag.upperBound) }
  }

  /// The bytes up to the first element inside; all of an element without any.
  private func startTag(of element: XMLElement) -> Range<Int> {
    var end = Int(element.range.end)
    for case .element(let inner) in element.children {
      end = Int(inner.range.start)
      break
    }
    let bytes = file.bytes
    let start = Int(element.range.start)
    while end > start,
      ASCII.isBlank(bytes[end - 1]) || bytes[end - 1] == ASCII.lineFeed
        || bytes[end - 1] == ASCII.carriageReturn
    { end -= 1 }
    return start..<end
  }

  private mutating func mention(_ element: XMLElement, _ node: Int) {
    let tag = startTag(of: element)
    tree.mention(node, start: tag.lowerBound, end: tag.upperBound)
    let end = Int(element.range.end)
    if end > tag.upperBound { tree.mention(node, start: end - 1, end: end) }
  }
}

extension PANXMLBuilder {
  /// The lines in front of the root, and those that comments cover, are no statements.
  func markComments(_ notes: inout PANNotes) {
    let bytes = file.bytes
    let opening = Array("<!--".utf8)
    var place = 0
    while place + 1 < bytes.count {
      let isTag = bytes[place] == opening[0]
      let isDeclaration = isTag && bytes[place + 1] == UInt8(ascii: "?")
      guard isDeclaration || (isTag && bytes[place...].starts(with: opening)) else {
        place += 1
        continue
      }
      let start = place
      while place < bytes.count, !(bytes[place] == UInt8(ascii: ">") && (isDeclaration || bytes[place - 1] == 45)) {
        place += 1
      }
      notes.mark(file.range(start, min(place + 1, bytes.count)), .irrelevant)
    }
  }
}
