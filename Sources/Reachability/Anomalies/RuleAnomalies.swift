import PacketSets
import RuleModel

/// A rule that can never match, because earlier ones take all that it could.
public struct CoveredRule: Hashable, Sendable {
  public var place: ListPlace
  /// Earlier rules that together cover it, as few as possible; the biggest of another verdict first. Rules of other
  /// lists stand here too when they are asked before.
  public var coveredBy: [ListPlace]
  /// Whether rules of another verdict (a return included) are needed to cover it.
  public var isOpposite: Bool
  /// The lists that packets go through until they would meet it, in the order in which they are asked.
  public var asked: [Int]
}

/// A rule without which every verdict would be the same.
public struct RedundantRule: Hashable, Sendable {
  public var place: ListPlace
  /// Later rules that would decide instead, defaults (`rule` nil) among them; `list` -1 is a stage's own default.
  public var takers: [ListPlace]
}

/// A rule that overlaps earlier ones of the opposite verdict.
public struct OverlappingRule: Hashable, Sendable {
  public var place: ListPlace
  /// Earlier rules inside it, the first few: it generalises them.
  public var inside: [ListPlace]
  /// Earlier rules that lie across it, the first few: order decides.
  public var across: [ListPlace]
}

/// A rule of which earlier ones leave less than a tenth.
public struct PartlyCoveredRule: Hashable, Sendable {
  public var place: ListPlace
  /// Bounds of what is left, above 0 and below 0.1; equal up to rounding where it is known exactly.
  public var shareLeft: ClosedRange<Double>
}

/// What is odd about the rules of one device; every list is in the order of lists and rules.
public struct RuleAnomalies: Hashable, Sendable {
  public var covered: [CoveredRule] = []
  public var redundant: [RedundantRule] = []
  public var overlapping: [OverlappingRule] = []
  public var partlyCovered: [PartlyCoveredRule] = []
}

/// Finds rules that can never match, are not needed, or overlap others of the opposite verdict.
///
/// Rules are looked at where packets meet them: lists that are asked one after the other are one sequence, chains stand
/// where rules jump to them. A rule that stands in several places is covered when it is covered in each. A match that is
/// known only between bounds counts with its upper bound as a rule and with its lower bound as a cover, so an answer holds
/// whatever the unknown parts are. Rules that the platform implies, disabled ones and those of unbound lists are not asked
/// about. Jumps so many that following them would multiply the rules by more than twenty are left open, and their chains
/// are looked at by themselves: what is found there holds, but rules may be covered that are not named.
///
/// - Parameters:
///   - kinds: what to look for besides covered rules.
///   - workers: how many threads share the work; the answer does not depend on it.
/// - Throws: `SearchError.tooLarge`.
/// - Complexity: near O(n log n) in rules for usual lists; see `anomalies(in:)`.
public func ruleAnomalies(
  of device: Device, kinds: AnomalyKinds = .all, workers: Int = 2
) throws(SearchError) -> RuleAnomalies {
  var collector = AnomalyCollector()
  let (ingress, egress) = interfaceClasses(of: device)
  var done: Set<ListSequence> = []
  var visited: Set<Int> = []
  var open = sequences(of: device)
  while let next = open.popLast() {
    guard done.insert(next).inserted else { continue }
    var flattener = ListFlattener(device, ingress: ingress, egress: egress)
    // Handed over without keeping it: the boxes of a long list are needed once, to index them.
    let found = try anomalies(
      in: flattener.flatten(next.lists, fallback: next.fallback), kinds: kinds, workers: workers)
    visited.formUnion(flattener.origins.lazy.map { Int($0.list) })
    collector.add(found, flattener.origins, device, asked: next.lists)
    open += flattener.unfollowed.subtracting(visited).sorted().map { ListSequence(lists: [$0], fallback: nil) }
    // Lists that no stage and no jump leads to, but that are in use otherwise.
    if open.isEmpty {
      let idle = Set(device.lists.indices).subtracting(visited).subtracting(device.unboundLists)
      visited.formUnion(idle)
      open = idle.sorted().map { ListSequence(lists: [$0], fallback: nil) }
    }
  }
  return collector.result
}

/// Lists that are asked one after the other, and what happens to packets that none decides.
struct ListSequence: Hashable {
  var lists: [Int]
  var fallback: DefaultAction.Verdict?
}

/// What the stages of a device ask, in order.
func filterSequences(of device: Device) -> [ListSequence] {
  (device.pipeline + device.localPipeline).compactMap { stage -> ListSequence? in
    guard case .filter(let lists, let fallback) = stage.work, !lists.isEmpty else { return nil }
    // A list that ends in a verdict is the last that is asked.
    let last = lists.firstIndex { device.lists[$0].fallback.verdict != .leave } ?? lists.count - 1
    return ListSequence(lists: Array(lists[...last]), fallback: fallback.verdict)
  }
}

/// The same, or each list by itself where no stage asks any; the last comes first.
private func sequences(of device: Device) -> [ListSequence] {
  let all = filterSequences(of: device)
  return all.isEmpty
    ? device.lists.indices.filter { !device.unboundLists.contains($0) }.map { ListSequence(lists: [$0], fallback: nil) }
      .reversed() : all.reversed()
}

/// Everything that a device's rules say about the interfaces of one direction.
func interfaceMatches(of device: Device, _ direction: KeyPath<Rule, InterfaceMatch>) -> Set<InterfaceMatch> {
  var matches: Set<InterfaceMatch> = []
  for list in device.lists {
    for place in list.rules.indices where list.rules.packed(at: place) == nil {
      matches.insert(list.rules[place][keyPath: direction])
    }
  }
  return matches
}

private func interfaceClasses(of device: Device) -> (InterfaceClasses, InterfaceClasses) {
  func classes(_ direction: KeyPath<Rule, InterfaceMatch>) -> InterfaceClasses {
    InterfaceClasses(
      interfaceMatches(of: device, direction), interfaces: device.interfaces.map(\.name),
      isComplete: device.listsAllInterfaces)
  }
  return (classes(\.ingress), classes(\.egress))
}
