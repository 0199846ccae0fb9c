/// What was changed between two versions of a list.
public enum Edit: String, Sendable {
  /// A covered rule was deleted: nothing changes.
  case noOpDelete = "noop_delete"
  /// The action of a live rule was turned round: the verdict of its own packets changes.
  case flip
}

extension RuleSet {
  /// An edited version: half of the edits delete covered rules, half flip live ones, each another rule.
  ///
  /// - Returns: nil when the truth is not known; else the version, and the edits by index into this list.
  public func edited(_ count: Int, seed: UInt64) -> (version: RuleSet, edits: [Int: Edit])? {
    guard let truth else { return nil }
    var random = SplitMix64(seed: seed ^ 0xED17)
    func sample(_ indices: [Int], _ count: Int) -> Set<Int> {
      var left = indices
      var sample: Set<Int> = []
      while sample.count < count, !left.isEmpty {
        left.swapAt(random.below(left.count), left.count - 1)
        sample.insert(left.removeLast())
      }
      return sample
    }
    let deleted = sample(truth.keys.sorted(), count / 2)
    let flipped = sample(rules.indices.filter { truth[$0] == nil }, count - deleted.count)
    var edits: [Int: Edit] = [:]
    var version = RuleSet(name: name + "-edit", family: family, rules: [], truth: nil)
    for (index, rule) in rules.enumerated() {
      if deleted.contains(index) {
        edits[index] = .noOpDelete
        continue
      }
      var rule = rule
      if flipped.contains(index) {
        edits[index] = .flip
        rule.permits.toggle()
      }
      version.rules.append(rule)
    }
    return (version, edits)
  }
}
