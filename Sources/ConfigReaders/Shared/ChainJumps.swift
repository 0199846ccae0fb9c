/// A jump or goto from one chain to another, by their places in the table.
struct ChainJump: Hashable {
  var chain: Int
  var target: Int
}

/// The jumps between the chains of one table.
struct ChainJumpGraph {
  /// For each chain the chains that it leads to, each once, in order of first mention.
  let targets: [[Int]]

  /// How deep chains may nest before a jump is no longer followed; hand-made rule sets stay below ten.
  static let depthLimit = 128

  /// Chains that packets can reach from `starts`.
  func reachable(from starts: [Int]) -> Set<Int> {
    var reached = Set(starts)
    var pending = starts
    while let chain = pending.popLast() {
      for target in targets[chain] where reached.insert(target).inserted { pending.append(target) }
    }
    return reached
  }

  /// Jumps that lead back to a chain that is being walked, and jumps that nest deeper than `depthLimit`.
  ///
  /// The kernel refuses loops when rules are loaded; hostile input must not send an evaluator round and round.
  func refused() -> Set<ChainJump> {
    var refused: Set<ChainJump> = []
    // Chains from the leaves up, with their height; a chain that is still open when met again closes a loop.
    var height = [Int?](repeating: nil, count: targets.count)
    var isOpen = [Bool](repeating: false, count: targets.count)
    for start in targets.indices where height[start] == nil {
      var path = [(chain: start, next: 0, height: 0)]
      isOpen[start] = true
      while let top = path.last {
        if top.next == targets[top.chain].count {
          path.removeLast()
          isOpen[top.chain] = false
          height[top.chain] = top.height
          if let caller = path.last {
            note(ChainJump(chain: caller.chain, target: top.chain), top.height, &path, &refused)
          }
          continue
        }
        path[path.count - 1].next += 1
        let target = targets[top.chain][top.next]
        if isOpen[target] {
          refused.insert(ChainJump(chain: top.chain, target: target))
        } else if let known = height[target] {
          note(ChainJump(chain: top.chain, target: target), known, &path, &refused)
        } else {
          isOpen[target] = true
          path.append((target, 0, 0))
        }
      }
    }
    return refused
  }

  /// Takes a finished target's height into account for the chain on top of the path.
  private func note(
    _ jump: ChainJump, _ height: Int, _ path: inout [(chain: Int, next: Int, height: Int)],
    _ refused: inout Set<ChainJump>
  ) {
    if height + 1 > Self.depthLimit {
      refused.insert(jump)
    } else {
      path[path.count - 1].height = max(path[path.count - 1].height, height + 1)
    }
  }
}
