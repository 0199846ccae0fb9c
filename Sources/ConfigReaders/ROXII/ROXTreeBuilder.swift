import SourceText

/// Makes one tree of statements of the forms in which a ROX II configuration comes.
struct ROXTreeBuilder {
  private let file: SourceFile
  private(set) var tree: StatementTree
  private(set) var notes: ReaderNotes

  init(_ file: SourceFile) {
    self.file = file
    tree = StatementTree(file)
    notes = ReaderNotes(file)
  }

  mutating func build() {
    let content = file.bytes.drop { $0 <= ASCII.space || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    if content.first == UInt8(ascii: "<") {
      buildXML()
    } else if hasBracesOrSet {
      var parser = StatementParser(file, StatementDialect(endsWithSemicolon: true, isNoise: isROXNoise))
      parser.parse()
      (tree, notes) = (parser.tree, parser.notes)
    } else {
      buildCommands()
    }
  }

  /// Whether a line before any other statement opens a brace or is a `set` line.
  private var hasBracesOrSet: Bool {
    let bytes = file.bytes.span
    for number in 1...min(file.lines.count, 4000) {
      let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
      let line = commandStart(bytes, bounds)..<bounds.upperBound
      guard !line.isEmpty else { continue }
      if begins(bytes, line, with: "set ") || begins(bytes, line, with: "delete ") { return true }
      if file.bytes[line].last(where: { $0 > ASCII.space }) == UInt8(ascii: "{") { return true }
    }
    return false
  }

  // MARK: Command line

  /// First words of the whole configuration.
  private static let sections: Set<String> = [
    "admin", "apps", "chassis", "global", "hostname", "interface", "interfaces", "ip", "mpls", "qos", "routing",
    "security",
    "services", "switch", "tunnel",
  ]
  /// Entries that a line without indentation goes into.
  private static let entries: Set<String> = [
    "fwconfig", "fwzone", "fwinterface", "fwhost", "fwpolicy", "fwnat", "fwmasq", "fwrule",
  ]
  private static let noise: Set<String> = ["commit", "revert", "abort", "config", "configure", "show", "quit", "save"]

  /// Lines below others by indentation, as `show running-config` writes them, or by what was entered before, as scripts do.
  private mutating func buildCommands() {
    var open: [(depth: Int, node: Int)] = []
    for number in 1...file.lines.count {
      guard let line = commandLine(file, number, &notes.ledger) else { continue }
      if Self.noise.contains(line.first) || ["end", "top", "exit"].contains(line.first) {
        notes.ledger.mark(line.range, .irrelevant)
        if line.first == "exit", open.last?.depth == 0 { open.removeLast() }
        if line.first == "end" || line.first == "top" { open = [] }
        continue
      }
      let isRemoval = line.first == "no" && line.words.count > 1
      let words = isRemoval ? Array(line.words.dropFirst()) : line.words
      let depth = indentation(file, number)
      if depth > 0 {
        while let last = open.last, last.depth >= depth { open.removeLast() }
      } else if Self.sections.contains(words[0]) {
        open = []
      } else if Self.entries.contains(words[0]), words[0] != "fwconfig" {
        // An entry stands beside the one that was entered before.
        while let last = open.last, isEntry(last.node) { open.removeLast() }
      }
      let parent = open.last?.node ?? StatementTree.root
      if isRemoval {
        remove(words, below: parent, line.range)
        continue
      }
      guard words.count <= 48, open.count < 64 else {
        notes.gap(line.range, .notRecognised, matters: true, "the statement is nested too deep or too long to be one")
        continue
      }
      let node = tree.insert(words, below: parent, line.range)
      // Without indentation only an entry is gone into; a setting stands beside the next.
      let isEntered = depth > 0 || parent == StatementTree.root || (words.count == 2 && Self.entries.contains(words[0]))
      if isEntered { open.append((depth, node)) }
    }
  }

  private func isEntry(_ node: Int) -> Bool {
    let list = tree.word(tree.parent(node))
    return list != "fwconfig" && Self.entries.contains(list)
  }

  private mutating func remove(_ words: [String], below parent: Int, _ range: SourceRange) {
    notes.ledger.mark(range, .used)
    var node = parent
    for word in words {
      // What is not there needs no removal.
      guard let next = tree.anyChild(node, word) else { return }
      node = next
    }
    tree.remove(node)
  }

  // MARK: XML

  /// Entries of lists, whose first element is their key.
  private static let lists: Set<String> = entries.union(["ip", "address", "route"])
  private static let wrappers: Set<String> = ["config", "data", "rpc-reply", "configuration"]

  private mutating func buildXML() {
    let root: XMLElement
    do {
      root = try parseXML(file)
    } catch {
      return notes.gap(
        file.range(0, file.bytes.count), .notRecognised, matters: true, "the file cannot be read: \(error.description)")
    }
    markFrame(root)
    var open: [(element: XMLElement, parent: Int)] = [(root, StatementTree.root)]
    while let (element, parent) = open.popLast() {
      if Self.wrappers.contains(name(element)) {
        markEnds(element)
        for child in element.elements.reversed() { open.append((child, parent)) }
        continue
      }
      add(element, below: parent, &open)
    }
  }

  private mutating func add(
    _ element: XMLElement, below parent: Int, _ open: inout [(element: XMLElement, parent: Int)]
  ) {
    let name = name(element)
    let children = element.elements
    guard let first = children.first else {
      let text = element.text
      _ = tree.insert(text.isEmpty ? [name] : [name, text], below: parent, element.range)
      return
    }
    markEnds(element)
    let head = headRange(element)
    if Self.lists.contains(name), first.elements.isEmpty {
      let node = tree.insert([name, first.text], below: parent, head)
      notes.ledger.mark(first.range, .irrelevant)
      for child in children.dropFirst().reversed() { open.append((child, node)) }
    } else {
      let node = tree.insert([name], below: parent, head)
      for child in children.reversed() { open.append((child, node)) }
    }
  }

  /// Without a namespace prefix.
  private func name(_ element: XMLElement) -> String {
    element.name.split(separator: ":").last.map(String.init) ?? element.name
  }

  /// The start tag's line.
  private func headRange(_ element: XMLElement) -> SourceRange {
    let line = file.lines.line(at: Int(element.range.start))
    return file.range(Int(element.range.start), file.lines.bounds(ofLine: line, in: file.bytes).upperBound)
  }

  /// The lines of the start tag and the end tag say nothing themselves.
  private mutating func markEnds(_ element: XMLElement) {
    notes.ledger.mark(headRange(element), .irrelevant)
    notes.ledger.mark(file.range(Int(element.range.end) - 1, Int(element.range.end)), .irrelevant)
  }

  /// The declaration and comments in front of the root element, and comments on lines of their own.
  private mutating func markFrame(_ root: XMLElement) {
    let first = file.lines.line(at: Int(root.range.start))
    for number in 1...file.lines.count {
      let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
      let content = file.bytes[bounds].drop { ASCII.isBlank($0) }
      if number < first || content.starts(with: "<!--".utf8) { notes.ledger.mark(line: number, .irrelevant) }
    }
  }
}

/// Prompts with commands, and what devices print between.
@Sendable
private func isROXNoise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
  let start = commandStart(bytes, range)
  return start > range.lowerBound && !begins(bytes, start..<range.upperBound, with: "set ")
}
