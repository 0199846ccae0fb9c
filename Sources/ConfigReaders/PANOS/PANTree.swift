import SourceText

/// What became of a node and, unless they say otherwise, of the nodes below it.
enum PANState: UInt8 {
  case inherited, irrelevant, used, notModelled, notRecognised
}

/// A PAN-OS configuration as one tree of names, whichever form it was written in.
///
/// `set rulebase security rules r from trust`, the same in braces, and the XML of it give the same nodes: an XML
/// `<entry name="r">` is the node `r`, a `<member>` or a text is a node without children.
struct PANTree {
  private struct Node {
    var name: Int32
    var parent: Int32
    var first: Int32 = -1
    var last: Int32 = -1
    var next: Int32 = -1
    var previous: Int32 = -1
    /// The bytes that first named the node.
    var start: UInt32
    var end: UInt32
    /// When the node was last set, to find the value that counts of an attribute that was set twice.
    var turn: UInt32
    var state = PANState.inherited
  }

  /// Bytes that set or closed a node.
  struct Mention {
    var start: UInt32
    var end: UInt32
    var node: Int32
  }

  static let root = 0

  let file: UInt32
  private var nodes: ContiguousArray<Node>
  private var names: [String] = [""]
  private var nameIndex: [String: Int32] = ["": 0]
  /// Children by parent and name.
  private var index: [UInt64: Int32] = [:]
  private(set) var mentions: ContiguousArray<Mention> = []
  private var turn: UInt32 = 0

  init(file: UInt32) {
    self.file = file
    nodes = [Node(name: 0, parent: -1, start: 0, end: 0, turn: 0)]
  }

  var isEmpty: Bool { nodes[Self.root].first < 0 }

  // MARK: Reading

  func name(of node: Int) -> String { names[Int(nodes[node].name)] }
  func parent(of node: Int) -> Int? { nodes[node].parent < 0 ? nil : Int(nodes[node].parent) }
  func isLeaf(_ node: Int) -> Bool { nodes[node].first < 0 }

  func range(of node: Int) -> SourceRange {
    SourceRange(file: file, start: nodes[node].start, end: nodes[node].end)
  }

  func child(_ name: String, of node: Int) -> Int? {
    guard let name = nameIndex[name] else { return nil }
    return index[key(node, name)].map { Int($0) }
  }

  /// The node at the end of a path of names.
  func node(_ path: [String], from start: Int) -> Int? {
    var current = start
    for name in path {
      guard let next = child(name, of: current) else { return nil }
      current = next
    }
    return current
  }

  /// The children in the platform's order.
  func children(of node: Int?) -> [Int] {
    guard let node else { return [] }
    var result: [Int] = []
    var current = nodes[node].first
    while current >= 0 {
      result.append(Int(current))
      current = nodes[Int(current)].next
    }
    return result
  }

  /// The members of a list attribute.
  func words(_ name: String, of node: Int) -> [String] {
    children(of: child(name, of: node)).map { self.name(of: $0) }
  }

  /// The value of an attribute: the one set last.
  func value(_ name: String, of node: Int) -> String? {
    child(name, of: node).flatMap { value(of: $0) }
  }

  /// The only word below a node; the one set last when several were.
  func value(of node: Int) -> String? {
    children(of: node).max { nodes[$0].turn < nodes[$1].turn }.map { name(of: $0) }
  }

  /// Whether an attribute is `yes`.
  func isYes(_ name: String, of node: Int) -> Bool { value(name, of: node) == "yes" }

  // MARK: Changing

  /// The child of that name; made at the end when there is none.
  mutating func make(_ name: String, of parent: Int, start: Int, end: Int) -> Int {
    turn &+= 1
    let name = intern(name)
    if let known = index[key(parent, name)] {
      nodes[Int(known)].turn = turn
      return Int(known)
    }
    let made = Int32(nodes.count)
    nodes.append(
      Node(
        name: name, parent: Int32(parent), previous: nodes[parent].last, start: UInt32(start), end: UInt32(end),
        turn: turn))
    if nodes[parent].last >= 0 { nodes[Int(nodes[parent].last)].next = made } else { nodes[parent].first = made }
    nodes[parent].last = made
    index[key(parent, name)] = made
    return Int(made)
  }

  /// Notes that bytes speak about a node.
  mutating func mention(_ node: Int, start: Int, end: Int) {
    mentions.append(Mention(start: UInt32(start), end: UInt32(end), node: Int32(node)))
  }

  /// Takes a node out of its parent, with all below it.
  mutating func remove(_ node: Int) {
    index[key(Int(nodes[node].parent), nodes[node].name)] = nil
    unlink(node)
  }

  /// Gives a node another name; false when its parent has a child of that name.
  mutating func rename(_ node: Int, to name: String) -> Bool {
    let name = intern(name)
    let parent = Int(nodes[node].parent)
    guard index[key(parent, name)] == nil else { return false }
    index[key(parent, nodes[node].name)] = nil
    nodes[node].name = name
    index[key(parent, name)] = Int32(node)
    return true
  }

  enum Place {
    case top, bottom
    case before(Int)
    case after(Int)
  }

  /// Moves a node among its brothers; false when the target is none of them.
  mutating func move(_ node: Int, to place: Place) -> Bool {
    let parent = Int(nodes[node].parent)
    switch place {
    case .before(let other), .after(let other):
      guard other != node, Int(nodes[other].parent) == parent else { return false }
    case .top, .bottom: break
    }
    unlink(node)
    let next: Int32
    switch place {
    case .top: next = nodes[parent].first
    case .bottom: next = -1
    case .before(let other): next = Int32(other)
    case .after(let other): next = nodes[other].next
    }
    let previous = next < 0 ? nodes[parent].last : nodes[Int(next)].previous
    nodes[node].previous = previous
    nodes[node].next = next
    if previous < 0 { nodes[parent].first = Int32(node) } else { nodes[Int(previous)].next = Int32(node) }
    if next < 0 { nodes[parent].last = Int32(node) } else { nodes[Int(next)].previous = Int32(node) }
    return true
  }

  private mutating func unlink(_ node: Int) {
    let parent = Int(nodes[node].parent)
    let (previous, next) = (nodes[node].previous, nodes[node].next)
    if previous < 0 { nodes[parent].first = next } else { nodes[Int(previous)].next = next }
    if next < 0 { nodes[parent].last = previous } else { nodes[Int(next)].previous = previous }
    nodes[node].previous = -1
    nodes[node].next = -1
  }

  private mutating func intern(_ name: String) -> Int32 {
    if let known = nameIndex[name] { return known }
    let made = Int32(names.count)
    names.append(name)
    nameIndex[name] = made
    return made
  }

  private func key(_ parent: Int, _ name: Int32) -> UInt64 { UInt64(parent) << 32 | UInt64(UInt32(name)) }

  // MARK: Accounting

  mutating func set(_ state: PANState, on node: Int) { nodes[node].state = state }

  /// The state of every node, those that have none of their own taking their parent's.
  func states() -> ContiguousArray<PANState> {
    var result = ContiguousArray(repeating: PANState.used, count: nodes.count)
    // Parents are made before their children.
    for node in nodes.indices.dropFirst() {
      result[node] = nodes[node].state == .inherited ? result[Int(nodes[node].parent)] : nodes[node].state
    }
    return result
  }
}
