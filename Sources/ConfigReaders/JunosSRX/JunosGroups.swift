import RuleModel
import SourceText

/// Carries out `apply-groups`: statements of configuration groups are copied to where they are inherited.
///
/// "Use Configuration Groups to Quickly Configure Devices": the group named first goes before the next; what stands at the
/// place itself goes before all groups; `<…>` in a group stands for every object that matches and is there; policies that
/// are inherited stand behind those of the place.
struct JunosGroups {
  var tree: StatementTree
  var notes: ReaderNotes
  /// Nodes that may still be looked at or made; hostile files must not multiply.
  private var budget = 4_000_000
  private var applied: Set<[Int]> = []

  init(_ tree: StatementTree, _ notes: ReaderNotes) {
    self.tree = tree
    self.notes = notes
  }

  mutating func expand() {
    let groups = tree.child(StatementTree.root, "groups")
    // What no place inherits has no effect.
    if let groups = tree.anyChild(StatementTree.root, "groups") { tree.markBelow(groups, .irrelevant) }
    // Nodes that groups add may ask for groups themselves.
    var next = 0
    while next < tree.count {
      let last = tree.count
      for name in requests(in: next..<last) { apply(name, groups) }
      next = last
    }
    if budget <= 0 {
      notes.gap(
        tree.range(groups ?? 0), .notModelled, matters: true,
        "the configuration groups multiply beyond what is followed; some are not applied")
    }
  }

  /// Names behind `apply-groups`: those of inner places first, since what they inherit goes before what the places around
  /// them do; those of one place in order.
  private func requests(in nodes: Range<Int>) -> [Int] {
    let names = nodes.filter { $0 > 0 && tree.word(tree.parent($0)) == "apply-groups" }
    return names.map { (node: $0, depth: tree.depth($0)) }.sorted { ($1.depth, $0.node) < ($0.depth, $1.node) }.map(
      \.node)
  }

  private mutating func apply(_ name: Int, _ groups: Int?) {
    let statement = tree.parent(name)
    let place = tree.parent(statement)
    guard !tree.isInactive(statement), !tree.isInactive(name), !isInside(groups, place) else { return }
    tree.mark(statement, .used)
    tree.mark(name, .used)
    let word = tree.word(name) == "${node}" ? "node0" : tree.word(name)
    if tree.word(name) == "${node}" { noteNode(name) }
    guard let group = groups.flatMap({ tree.child($0, word) }) else {
      if word != "junos-defaults" { noteUndefined(word, name) }
      return
    }
    if let condition = tree.child(group, "when") {
      notes.gap(
        tree.range(condition), .notModelled, matters: true, "the group applies only under a condition; it is applied")
    }
    merge(sources(in: group, at: place), into: place, group: word)
  }

  /// Which of the two groups of a cluster counts is not in the file.
  private mutating func noteNode(_ name: Int) {
    notes.issue(
      .dynamicObject, tree.range(name),
      "the groups node0 and node1 belong to the two members of a cluster; the device is read as node0",
      help: "keep what filters out of these groups", matters: false)
  }

  private mutating func noteUndefined(_ word: String, _ name: Int) {
    notes.issue(
      .undefinedReference, tree.range(name), "configuration group `\(printable(word))` is not defined in this file",
      help: "export the whole configuration, or correct the name")
  }

  private func isInside(_ section: Int?, _ node: Int) -> Bool {
    var node = node
    while node > 0 {
      if node == section { return true }
      node = tree.parent(node)
    }
    return false
  }

  /// Places inside a group that stand for `place`.
  private mutating func sources(in group: Int, at place: Int) -> [Int] {
    var path: [String] = []
    var node = place
    while node > 0 {
      path.append(tree.word(node))
      node = tree.parent(node)
    }
    var found = [group]
    for word in path.reversed() {
      found = found.flatMap { source in tree.children(source).filter { matches($0, word) } }
      budget -= found.count
    }
    return found
  }

  private func matches(_ node: Int, _ word: String) -> Bool {
    let pattern = tree.word(node)
    return pattern == word || wildcard(pattern).map { glob($0, matches: word) } == true
  }

  /// The inside of `<…>`; nil for a plain word.
  private func wildcard(_ word: String) -> String? {
    word.utf8.first == UInt8(ascii: "<") && word.utf8.last == UInt8(ascii: ">")
      ? String(word.dropFirst().dropLast()) : nil
  }

  private mutating func merge(_ sources: [Int], into place: Int, group: String) {
    var open = sources.map { (from: $0, to: place) }
    while let (from, to) = open.popLast() {
      guard applied.insert([from, to]).inserted, !isExcepted(to, group) else { continue }
      for child in tree.children(from) {
        guard budget > 0 else { return }
        budget -= 1
        if let pattern = wildcard(tree.word(child)) {
          for target in tree.allChildren(to) {
            budget -= 1
            if !tree.word(target).hasPrefix("apply-groups"), glob(pattern, matches: tree.word(target)) {
              open.append((child, target))
            }
          }
        } else if tree.anyChild(to, tree.word(child)) != nil || !holdsPatternsAlone(child) {
          open.append((child, tree.makeCopy(of: child, below: to, isInherited: true).node))
        }
      }
    }
  }

  /// Whether there is nothing to inherit where nothing stands yet.
  private func holdsPatternsAlone(_ node: Int) -> Bool {
    let children = tree.children(node)
    return !children.isEmpty && children.allSatisfy { wildcard(tree.word($0)) != nil }
  }

  /// Whether the place or one around it refuses the group.
  private func isExcepted(_ place: Int, _ group: String) -> Bool {
    var node = place
    while node >= 0 {
      if let except = tree.child(node, "apply-groups-except"), tree.anyChild(except, group) != nil { return true }
      if node == 0 { return false }
      node = tree.parent(node)
    }
    return false
  }
}
