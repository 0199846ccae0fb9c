import SourceText

/// A configuration that is a tree of statements (Junos, VyOS, confd): one node for each word of a statement's path.
///
/// `policy P { match { source-address [ a b ]; } }` and `set policy P match source-address a` (and `b`) make the same
/// nodes, so what reads the tree need not know which form the file has. Children stand in the order in which they were
/// first named, unless a statement moved them.
struct StatementTree {
  /// The node that holds all others.
  static let root = 0

  private struct Node {
    var word: Int32
    var parent: Int32
    var firstChild: Int32 = -1
    var lastChild: Int32 = -1
    var next: Int32 = -1
    var previous: Int32 = -1
    var start: UInt32
    var end: UInt32
    /// When a statement last ended here; among several values of a setting the latest counts.
    var age: Int32 = 0
    var flags: Flags = []
  }

  private struct Flags: OptionSet {
    let rawValue: UInt8
    /// Switched off (`inactive:`, `deactivate`).
    static let isInactive = Flags(rawValue: 1)
    /// A statement or the head of a block ends here.
    static let endsStatement = Flags(rawValue: 2)
    /// The file ends inside this block.
    static let isCutOff = Flags(rawValue: 4)
    /// Taken from elsewhere (a configuration group, `copy`).
    static let isCopy = Flags(rawValue: 8)
  }

  private let file: UInt32
  private var nodes: ContiguousArray<Node>
  private var words: [String] = [""]
  private var wordIndex: [String: Int32] = ["": 0]
  /// Children by parent and word.
  private var index: [UInt64: Int32] = [:]
  private var comments: [Int: String] = [:]
  /// Statements that say once more what a node already holds.
  private var repetitions: [(node: Int32, start: UInt32, end: UInt32)] = []
  private var clock: Int32 = 0
  /// Grows downwards: what is inherited is older than anything that the file says at the place itself.
  private var inheritedClock: Int32 = 0
  /// What the reader made of each node; the high bit says that it holds for everything below.
  private var marks: [UInt8] = [0]

  init(_ file: SourceFile) {
    self.file = file.id
    nodes = [Node(word: 0, parent: -1, start: 0, end: 0)]
  }

  var count: Int { nodes.count }

  // MARK: Looking

  func word(_ node: Int) -> String { words[Int(nodes[node].word)] }

  func parent(_ node: Int) -> Int { Int(nodes[node].parent) }

  /// How many nodes lie between the node and the root, the root included.
  func depth(_ node: Int) -> Int {
    var (depth, node) = (0, node)
    while node > 0 {
      depth += 1
      node = parent(node)
    }
    return depth
  }

  /// The words from the root down to the node, with blanks between.
  func path(_ node: Int) -> String {
    var parts: [String] = []
    var node = node
    while node > 0 {
      parts.append(word(node))
      node = parent(node)
    }
    return parts.reversed().joined(separator: " ")
  }

  /// The statement that first named the node; of a block its head.
  func range(_ node: Int) -> SourceRange {
    SourceRange(file: file, start: nodes[node].start, end: nodes[node].end)
  }

  /// The comment in front of the statement.
  func comment(_ node: Int) -> String? { comments[node] }

  /// Whether the node itself is switched off.
  func isInactive(_ node: Int) -> Bool { nodes[node].flags.contains(.isInactive) }

  /// Whether the file ends inside the node's block, so that more may follow in it.
  func isCutOff(_ node: Int) -> Bool { nodes[node].flags.contains(.isCutOff) }

  func hasChildren(_ node: Int) -> Bool { nodes[node].firstChild >= 0 }

  /// The child of that word, switched off or not.
  func anyChild(_ node: Int, _ word: String) -> Int? {
    guard let id = wordIndex[word] else { return nil }
    return index[key(node, id)].map { Int($0) }
  }

  /// The child of that word, unless it is switched off.
  func child(_ node: Int, _ word: String) -> Int? {
    anyChild(node, word).flatMap { isInactive($0) ? nil : $0 }
  }

  /// The node at a path, unless something on the way is switched off.
  func find(_ path: [String], below node: Int = root) -> Int? {
    var node = node
    for word in path {
      guard let next = child(node, word) else { return nil }
      node = next
    }
    return node
  }

  /// All children in order.
  func allChildren(_ node: Int) -> [Int] {
    var result: [Int] = []
    var next = nodes[node].firstChild
    while next >= 0 {
      result.append(Int(next))
      next = nodes[Int(next)].next
    }
    return result
  }

  /// Children that are not switched off, in order.
  func children(_ node: Int) -> [Int] { allChildren(node).filter { !isInactive($0) } }

  /// Children of the node at a path.
  func children(of path: [String], below node: Int = root) -> [Int] {
    find(path, below: node).map { children($0) } ?? []
  }

  /// The value of a setting that has one: the child of `key` that was set last.
  func value(_ node: Int, _ key: String) -> Int? {
    child(node, key).flatMap { setting in
      children(setting).max { nodes[$0].age < nodes[$1].age }
    }
  }

  /// Whether a statement last ended at or below the children of one node later than at those of another.
  func isNewer(_ node: Int, than other: Int) -> Bool {
    let latest = allChildren(other).map { nodes[$0].age }.max() ?? nodes[other].age
    return nodes[node].age > latest
  }

  func text(_ node: Int, _ key: String) -> String? { value(node, key).map { word($0) } }

  /// Options written one behind the other (`protocol tcp destination-port 80`) or in statements of their own.
  ///
  /// - Parameter blocks: keys that are no options and are left out with what they hold.
  /// - Returns: each key with its value; nil for a key that ends the statement.
  func options(_ node: Int, without blocks: Set<String> = []) -> [(key: Int, value: Int?)] {
    var result: [(key: Int, value: Int?)] = []
    var open = Array(children(node).filter { !blocks.contains(word($0)) }.reversed())
    while let key = open.popLast() {
      let values = children(key)
      if values.isEmpty { result.append((key, nil)) }
      for value in values { result.append((key, value)) }
      for value in values.reversed() { open += children(value).reversed() }
    }
    return result
  }

  // MARK: Building

  private func key(_ parent: Int, _ word: Int32) -> UInt64 { UInt64(parent) << 32 | UInt64(UInt32(bitPattern: word)) }

  private mutating func id(of word: String) -> Int32 {
    if let known = wordIndex[word] { return known }
    let id = Int32(words.count)
    words.append(word)
    wordIndex[word] = id
    return id
  }

  /// The child of that word; made at the end when there is none.
  mutating func makeChild(_ parent: Int, _ word: String, start: UInt32, end: UInt32) -> Int {
    let id = id(of: word)
    let key = key(parent, id)
    if let known = index[key] { return Int(known) }
    let made = nodes.count
    nodes.append(Node(word: id, parent: Int32(parent), start: start, end: end))
    marks.append(0)
    index[key] = Int32(made)
    append(made, to: parent)
    return made
  }

  private mutating func append(_ node: Int, to parent: Int) {
    let last = nodes[parent].lastChild
    nodes[node].previous = last
    nodes[node].next = -1
    if last < 0 { nodes[parent].firstChild = Int32(node) } else { nodes[Int(last)].next = Int32(node) }
    nodes[parent].lastChild = Int32(node)
  }

  /// Adds a statement and returns its last word's node.
  mutating func insert(_ path: [String], below parent: Int, _ range: SourceRange) -> Int {
    var node = parent
    for word in path { node = makeChild(node, word, start: range.start, end: range.end) }
    if nodes[node].flags.contains(.endsStatement) {
      repetitions.append((Int32(node), range.start, range.end))
    } else {
      nodes[node].flags.insert(.endsStatement)
      // A word in the middle of an earlier statement gets a statement of its own.
      if nodes[node].start != range.start { repetitions.append((Int32(node), range.start, range.end)) }
    }
    clock += 1
    nodes[node].age = clock
    return node
  }

  mutating func setInactive(_ node: Int, _ isInactive: Bool) {
    if isInactive { nodes[node].flags.insert(.isInactive) } else { nodes[node].flags.remove(.isInactive) }
  }

  mutating func setCutOff(_ node: Int) { nodes[node].flags.insert(.isCutOff) }

  mutating func setComment(_ node: Int, _ text: String) { comments[node] = text }

  private mutating func unlink(_ node: Int) {
    let (parent, previous, next) = (Int(nodes[node].parent), nodes[node].previous, nodes[node].next)
    if previous < 0 { nodes[parent].firstChild = next } else { nodes[Int(previous)].next = next }
    if next < 0 { nodes[parent].lastChild = previous } else { nodes[Int(next)].previous = previous }
  }

  /// Removes a node with everything below it.
  mutating func remove(_ node: Int) {
    guard node != Self.root else { return }
    unlink(node)
    index[key(parent(node), nodes[node].word)] = nil
    markBelow(node, .irrelevant)
  }

  /// Moves a node in front of or behind one of its siblings.
  mutating func move(_ node: Int, before: Bool, _ sibling: Int) {
    guard node != sibling, parent(node) == parent(sibling) else { return }
    unlink(node)
    let next = before ? Int32(sibling) : nodes[sibling].next
    let previous = before ? nodes[sibling].previous : Int32(sibling)
    nodes[node].next = next
    nodes[node].previous = previous
    if previous < 0 { nodes[parent(node)].firstChild = Int32(node) } else { nodes[Int(previous)].next = Int32(node) }
    if next < 0 { nodes[parent(node)].lastChild = Int32(node) } else { nodes[Int(next)].previous = Int32(node) }
  }

  /// Gives a node another word; false when a sibling has it already.
  mutating func rename(_ node: Int, to word: String) -> Bool {
    let id = id(of: word)
    guard index[key(parent(node), id)] == nil else { return false }
    index[key(parent(node), nodes[node].word)] = nil
    nodes[node].word = id
    index[key(parent(node), id)] = Int32(node)
    return true
  }

  /// A child like `original`, made when there is none; it keeps the original's place in the file.
  ///
  /// - Parameter isInherited: whether what the file says at the place itself goes before.
  mutating func makeCopy(of original: Int, below parent: Int, as word: String? = nil, isInherited: Bool) -> (
    node: Int, isNew: Bool
  ) {
    let before = nodes.count
    let (start, end) = (nodes[original].start, nodes[original].end)
    let node = makeChild(parent, word ?? self.word(original), start: start, end: end)
    guard node == before else { return (node, false) }
    nodes[node].flags = nodes[original].flags.union(.isCopy)
    if isInherited {
      inheritedClock -= 1
      nodes[node].age = inheritedClock
    } else {
      nodes[node].age = nodes[original].age
    }
    if let comment = comments[original] { comments[node] = comment }
    return (node, true)
  }

  // MARK: Accounting

  private static let below: UInt8 = 0x80

  /// Says what became of the statement that ends at the node; the worst counts.
  mutating func mark(_ node: Int, _ state: LineState) {
    if marks[node] & ~Self.below < state.rawValue { marks[node] = state.rawValue | marks[node] & Self.below }
  }

  /// The same for everything below as well.
  mutating func markBelow(_ node: Int, _ state: LineState) {
    mark(node, state)
    marks[node] |= Self.below
  }

  func isMarked(_ node: Int) -> Bool { marks[node] != 0 }

  /// Tells the ledger what became of every statement.
  ///
  /// Statements that nothing has read are gaps that could change a verdict, one for each whole subtree that nothing has
  /// looked into: what is known not to touch filtering must have been marked so.
  mutating func account(in ledger: inout ReadingLedger) {
    resolveMarks()
    let isTouched = nodesAboveMarks()
    var gapAbove = [Bool](repeating: false, count: nodes.count)
    for node in nodes.indices.dropFirst() {
      let state = LineState(rawValue: marks[node] & ~Self.below) ?? .unread
      gapAbove[node] = gapAbove[parent(node)]
      if state != .unread {
        if nodes[node].flags.contains(.endsStatement) { ledger.mark(range(node), state) }
      } else if isTouched[node] {
        // The head of a block whose inside was read.
        if nodes[node].flags.contains(.endsStatement) { ledger.mark(range(node), .irrelevant) }
      } else if gapAbove[node] {
        ledger.mark(range(node), .notRecognised)
      } else {
        gapAbove[node] = true
        marks[node] = LineState.notRecognised.rawValue
        ledger.gap(
          LedgerGap(
            range: range(node), state: .notRecognised, couldChangeVerdict: true,
            reason: "the statement `\(withoutSecrets(printable(path(node))))` is not known here"))
      }
    }
    for repetition in repetitions {
      let node = Int(repetition.node)
      let state = LineState(rawValue: marks[node] & ~Self.below) ?? .unread
      let line = SourceRange(file: file, start: repetition.start, end: repetition.end)
      ledger.mark(line, state != .unread ? state : isTouched[node] ? .irrelevant : .notRecognised)
    }
  }

  /// Hands marks that hold below a node down; what is switched off and unread does not matter.
  private mutating func resolveMarks() {
    // Parents stand before their children.
    for node in nodes.indices.dropFirst() {
      let above = marks[parent(node)]
      if above & Self.below != 0 {
        marks[node] = max(marks[node] & ~Self.below, above & ~Self.below) | Self.below
      } else if isInactive(node), marks[node] == 0 {
        marks[node] = LineState.irrelevant.rawValue | Self.below
      }
    }
  }

  private func nodesAboveMarks() -> [Bool] {
    var result = [Bool](repeating: false, count: nodes.count)
    for node in nodes.indices.dropFirst().reversed() where marks[node] != 0 || result[node] {
      result[parent(node)] = true
    }
    return result
  }
}
