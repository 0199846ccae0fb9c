/// Finds the covered rules of a list by a simple exact search, to hold other engines against.
///
/// A tree over destinations finds the earlier rules that a rule may meet; then the rule's box is taken apart along the
/// rule that shares most with it, until some piece meets nothing (not covered) or all pieces lie within one rule.
///
/// - Complexity: exponential at worst. Meant for some ten thousand rules.
public struct ReferenceEvaluator {
  private var boxes: [Box] = []
  private var index: DestinationTree
  /// The candidates of every open call of `isCovered`, one behind the other.
  private var stack: [Int32] = []

  public init(family: Family) { index = DestinationTree(family: family) }

  /// Every covered rule of a list, with how.
  public static func truth(of set: RuleSet) -> [Int: Anomaly] {
    var evaluator = ReferenceEvaluator(family: set.family)
    var truth: [Int: Anomaly] = [:]
    for (place, rule) in set.rules.enumerated() {
      let earlier = evaluator.meeting(rule.box)
      if let single = earlier.filter({ evaluator.boxes[Int($0)].contains(rule.box) }).min() {
        let other = set.rules[Int(single)]
        let isSame = other.permits == rule.permits
        truth[place] =
          other.box == rule.box
          ? (isSame ? .duplicateSame : .duplicateOpposite) : (isSame ? .insideSame : .insideOpposite)
      } else if evaluator.isCovered(rule.box, by: earlier) {
        truth[place] = .union
      }
      evaluator.append(rule.box)
    }
    return truth
  }

  private mutating func append(_ box: Box) {
    index.insert(Int32(boxes.count), at: box.destination)
    boxes.append(box)
  }

  private func meeting(_ box: Box) -> [Int32] {
    var found: [Int32] = []
    index.forEach(meeting: box.destination) { if boxes[Int($0)].overlaps(box) { found.append($0) } }
    return found
  }

  private mutating func isCovered(_ box: Box, by candidates: [Int32]) -> Bool {
    stack = candidates
    return isCovered(box, from: 0)
  }

  /// Whether the candidates from a place of the stack on, all of which meet the box, cover it. Empties the stack to there.
  private mutating func isCovered(_ box: Box, from start: Int) -> Bool {
    defer { stack.removeLast(stack.count - start) }
    var best: (place: Int, shared: Int)?
    for place in start..<stack.count {
      let other = boxes[Int(stack[place])]
      if other.contains(box) { return true }
      let shared = box.sharedBits(other)
      if shared > best?.shared ?? -1 { best = (place, shared) }
    }
    guard let best else { return false }
    let chosen = boxes[Int(stack[best.place])]
    var pieces: [Box] = []
    box.subtract(chosen) { pieces.append($0) }
    let end = stack.count
    for piece in pieces {
      for place in start..<end where place != best.place && boxes[Int(stack[place])].overlaps(piece) {
        stack.append(stack[place])
      }
      if !isCovered(piece, from: end) { return false }
    }
    return true
  }
}
