/// Rule numbers by destination prefix, in a binary tree.
struct DestinationTree {
  private let family: Family
  /// For each node its two children, 0 for none.
  private var children: [(Int32, Int32)] = [(0, 0)]
  private var rules: [[Int32]] = [[]]

  init(family: Family) { self.family = family }

  mutating func insert(_ rule: Int32, at prefix: Interval<UInt128>) {
    var node = 0
    for level in 0..<family.length(prefix) {
      let isOne = bit(prefix.low, level)
      var next = isOne ? children[node].1 : children[node].0
      if next == 0 {
        next = Int32(children.count)
        children.append((0, 0))
        rules.append([])
        if isOne { children[node].1 = next } else { children[node].0 = next }
      }
      node = Int(next)
    }
    rules[node].append(rule)
  }

  /// Calls `body` with each rule whose prefix holds the given one or lies in it.
  func forEach(meeting prefix: Interval<UInt128>, _ body: (Int32) -> Void) {
    var node = 0
    for level in 0..<family.length(prefix) {
      rules[node].forEach(body)
      let next = bit(prefix.low, level) ? children[node].1 : children[node].0
      if next == 0 { return }
      node = Int(next)
    }
    var open = [node]
    while let node = open.popLast() {
      rules[node].forEach(body)
      let (zero, one) = children[node]
      if zero != 0 { open.append(Int(zero)) }
      if one != 0 { open.append(Int(one)) }
    }
  }

  private func bit(_ address: UInt128, _ level: Int) -> Bool {
    address >> UInt128(family.width - 1 - level) & 1 == 1
  }
}
