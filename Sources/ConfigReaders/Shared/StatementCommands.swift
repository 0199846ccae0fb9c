import SourceText

/// Words that begin a line of the form in which the tree is written as commands.
enum StatementCommand: String, CaseIterable {
  case set, delete, deactivate, activate, insert, rename, copy, annotate, comment, protect, unprotect, edit, top, up,
    exit, quit,
    commit, save, configure, run, show
}

// Lines that begin with a command.
extension StatementParser {
  mutating func run(_ command: StatementCommand, _ bytes: Span<UInt8>, _ start: Int) {
    var words: [String] = []
    var lists: [Int: [String]] = [:]
    var end = position
    while position < bytes.count, bytes[position] != ASCII.lineFeed {
      if isSpace(bytes[position]) {
        position += 1
        continue
      }
      if bytes[position] == UInt8(ascii: "["), position + 1 < bytes.count, isSpace(bytes[position + 1]) {
        lists[words.count] = list(bytes, inLine: true)
        words.append("")
      } else {
        words.append(word(bytes, inLine: true))
      }
      end = position
    }
    let range = file.range(start, end)
    guard words.count + place.count <= Self.wordLimit else {
      return notes.gap(range, .notRecognised, matters: true, "the statement is too long to be one")
    }
    for path in paths(words, lists) { apply(command, place + path, range, written: path) }
  }

  private mutating func apply(
    _ command: StatementCommand, _ path: [String], _ range: SourceRange, written: [String]
  ) {
    switch command {
    case .set:
      guard !written.isEmpty else { return missing(range) }
      let node = tree.insert(path, below: StatementTree.root, range)
      if let comment { tree.setComment(node, comment) }
      return
    case .edit: place = path
    case .top: place = []
    case .up: place = Array(place.dropLast(max(0, written.first.flatMap { Int($0) } ?? 1)))
    case .exit, .quit: place = []
    case .commit, .save, .configure, .run, .show, .protect, .unprotect: break
    case .delete: change(path, range) { $0.remove($1) }
    case .deactivate: change(path, range) { $0.setInactive($1, true) }
    case .activate: change(path, range) { $0.setInactive($1, false) }
    case .annotate, .comment:
      change(Array(path.dropLast()), range) { $0.setComment($1, path[path.count - 1]) }
    case .insert: insert(path, range)
    case .rename, .copy: renameOrCopy(command, path, range)
    }
    notes.ledger.mark(range, .irrelevant)
  }

  private mutating func missing(_ range: SourceRange) {
    notes.gap(
      range, .notModelled, matters: true,
      "this refers to a statement that the file does not hold; it changes nothing here")
  }

  private func node(at path: [String]) -> Int? {
    var node = StatementTree.root
    for word in path {
      guard let next = tree.anyChild(node, word) else { return nil }
      node = next
    }
    return node == StatementTree.root ? nil : node
  }

  private mutating func change(_ path: [String], _ range: SourceRange, _ work: (inout StatementTree, Int) -> Void) {
    guard let node = node(at: path) else { return missing(range) }
    work(&tree, node)
    notes.ledger.mark(range, .used)
  }

  /// `insert … policy A before policy B`
  private mutating func insert(_ path: [String], _ range: SourceRange) {
    guard let at = path.lastIndex(where: { $0 == "before" || $0 == "after" }),
      let node = node(at: Array(path[..<at])),
      let sibling = tree.anyChild(tree.parent(node), path[path.count - 1])
    else { return missing(range) }
    tree.move(node, before: path[at] == "before", sibling)
    notes.ledger.mark(range, .used)
  }

  /// `rename … policy A to policy B`
  private mutating func renameOrCopy(_ command: StatementCommand, _ path: [String], _ range: SourceRange) {
    guard let at = path.lastIndex(of: "to"), at + 1 < path.count, let node = node(at: Array(path[..<at])) else {
      return missing(range)
    }
    let name = path[path.count - 1]
    if command == .rename {
      guard tree.rename(node, to: name) else { return missing(range) }
    } else {
      let copy = tree.makeCopy(of: node, below: tree.parent(node), as: name, isInherited: false)
      tree.copyContent(of: node, to: copy.node, isInherited: false)
    }
    notes.ledger.mark(range, .used)
  }
}

extension StatementTree {
  /// Adds copies of everything below `original` that `target` does not hold yet.
  mutating func copyContent(of original: Int, to target: Int, isInherited: Bool) {
    // What is there now is copied, not what the copying adds.
    let last = count
    var open = [(original, target)]
    while let (from, to) = open.popLast() {
      for child in allChildren(from) where child < last {
        open.append((child, makeCopy(of: child, below: to, isInherited: isInherited).node))
      }
    }
  }
}
