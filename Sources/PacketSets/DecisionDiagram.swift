/// A node of the diagram: 0 is the empty set, 1 is everything, any other number is an entry of the node table.
typealias NodeID = UInt32

/// Reduced ordered binary decision diagrams with hash consing: equal sets are equal node numbers.
///
/// R. E. Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", IEEE Trans. Computers C-35(8), 1986. Nodes
/// are never freed; a diagram lives as long as one analysis.
final class DecisionDiagram {
  struct Node {
    var low: NodeID
    var high: NodeID
    var variable: UInt16
  }

  enum Operation: UInt8 { case and, or, subtract }

  /// One remembered result of `apply`.
  private struct CacheEntry {
    var a: NodeID = 0
    var b: NodeID = 0
    var result: NodeID = 0
    var operation: UInt8 = .max
  }

  static let empty: NodeID = 0
  static let full: NodeID = 1

  private(set) var nodes: ContiguousArray<Node>
  private var table: ContiguousArray<NodeID>
  private var cache: ContiguousArray<CacheEntry>
  private let nodeLimit: Int
  /// Set once the node limit was hit; every answer since then is meaningless.
  private(set) var isExhausted = false

  init(nodeLimit: Int) {
    self.nodeLimit = nodeLimit
    let terminal = Node(low: 0, high: 0, variable: .max)
    nodes = [terminal, terminal]
    table = ContiguousArray(repeating: 0, count: 1 << 12)
    cache = ContiguousArray(repeating: CacheEntry(), count: 1 << 12)
  }

  /// The node that decides `variable` first; `low` when both branches agree.
  func node(_ variable: UInt16, low: NodeID, high: NodeID) -> NodeID {
    if low == high { return low }
    let mask = table.count - 1
    var slot = Int(truncatingIfNeeded: mix(UInt64(low), UInt64(high) << 16 | UInt64(variable))) & mask
    while table[slot] != 0 {
      let found = nodes[Int(table[slot])]
      if found.low == low, found.high == high, found.variable == variable { return table[slot] }
      slot = (slot + 1) & mask
    }
    guard nodes.count < nodeLimit else {
      isExhausted = true
      return DecisionDiagram.empty
    }
    let id = NodeID(nodes.count)
    nodes.append(Node(low: low, high: high, variable: variable))
    table[slot] = id
    if nodes.count * 2 > table.count { grow() }
    return id
  }

  /// The set operation on two diagrams; O(a·b) nodes at worst, shared results remembered.
  func apply(_ operation: Operation, _ a: NodeID, _ b: NodeID) -> NodeID {
    if let known = trivial(operation, a, b) { return known }
    // Union and intersection commute; one order serves both.
    let (a, b) = operation != .subtract && a > b ? (b, a) : (a, b)
    let slot = Int(truncatingIfNeeded: mix(UInt64(a), UInt64(b) << 8 | UInt64(operation.rawValue))) & (cache.count - 1)
    let entry = cache[slot]
    if entry.a == a, entry.b == b, entry.operation == operation.rawValue { return entry.result }
    let left = nodes[Int(a)]
    let right = nodes[Int(b)]
    let variable = min(left.variable, right.variable)
    let (leftLow, leftHigh) = left.variable == variable ? (left.low, left.high) : (a, a)
    let (rightLow, rightHigh) = right.variable == variable ? (right.low, right.high) : (b, b)
    let low = apply(operation, leftLow, rightLow)
    let high = apply(operation, leftHigh, rightHigh)
    let result = node(variable, low: low, high: high)
    // The cache may have grown below; the slot is found anew.
    let place = Int(truncatingIfNeeded: mix(UInt64(a), UInt64(b) << 8 | UInt64(operation.rawValue))) & (cache.count - 1)
    cache[place] = CacheEntry(a: a, b: b, result: result, operation: operation.rawValue)
    return result
  }

  /// The set with the variables of `range` forgotten: a packet belongs when it did with some value of them.
  func forgetting(_ range: Range<UInt16>, in root: NodeID) -> NodeID {
    var memo: [NodeID: NodeID] = [:]
    func forget(_ id: NodeID) -> NodeID {
      let current = nodes[Int(id)]
      if current.variable >= range.upperBound { return id }
      if let known = memo[id] { return known }
      let low = forget(current.low)
      let high = forget(current.high)
      let result =
        range.contains(current.variable)
        ? apply(.or, low, high) : node(current.variable, low: low, high: high)
      memo[id] = result
      return result
    }
    return forget(root)
  }

  private func trivial(_ operation: Operation, _ a: NodeID, _ b: NodeID) -> NodeID? {
    switch operation {
    case .and:
      if a == 0 || b == 0 { return 0 }
      if a == 1 || a == b { return b }
      if b == 1 { return a }
    case .or:
      if a == 1 || b == 1 { return 1 }
      if a == 0 || a == b { return b }
      if b == 0 { return a }
    case .subtract:
      if a == 0 || b == 1 || a == b { return 0 }
      if b == 0 { return a }
    }
    return nil
  }

  private func grow() {
    let size = table.count * 2
    table = ContiguousArray(repeating: 0, count: size)
    let mask = size - 1
    for id in 2..<nodes.count {
      let node = nodes[id]
      var slot = Int(truncatingIfNeeded: mix(UInt64(node.low), UInt64(node.high) << 16 | UInt64(node.variable))) & mask
      while table[slot] != 0 { slot = (slot + 1) & mask }
      table[slot] = NodeID(id)
    }
    // A lossy cache: entries move to where the larger table looks for them.
    if cache.count < 1 << 22 {
      var larger = ContiguousArray(repeating: CacheEntry(), count: cache.count * 2)
      for entry in cache where entry.operation != .max {
        let key = mix(UInt64(entry.a), UInt64(entry.b) << 8 | UInt64(entry.operation))
        larger[Int(truncatingIfNeeded: key) & (larger.count - 1)] = entry
      }
      cache = larger
    }
  }
}

/// A multiplicative mix of two words; the constant is 2^64 divided by the golden ratio (Knuth, TAOCP 3, section 6.4).
@inline(__always)
private func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
  var x = (a &* 0x9E37_79B9_7F4A_7C15) ^ b
  x ^= x >> 32
  x = x &* 0x9E37_79B9_7F4A_7C15
  return x ^ (x >> 29)
}
