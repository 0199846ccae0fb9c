import PacketSets
import RuleModel

/// Interfaces of one direction, grouped so that the rules of a device cannot tell the members of a group apart.
struct InterfaceClasses {
  private var bits: [InterfaceMatch: ContextSets.Bits] = [:]
  /// At least 1.
  private(set) var count = 1
  /// An interface of each group.
  private(set) var examples = [""]

  /// - Parameters:
  ///   - matches: everything that rules say about the direction.
  ///   - interfaces: the names that the device is known to have.
  ///   - isComplete: whether it has no others.
  init(_ matches: Set<InterfaceMatch>, interfaces: [String], isComplete: Bool) {
    let special = matches.filter { $0 != .any }
    guard !special.isEmpty else { return }
    var names = Set(interfaces)
    for pattern in special.flatMap({ $0.patterns ?? [] }) {
      // One more interface that the pattern stands for and nothing else names.
      if pattern.hasSuffix("+") { names.insert(pattern.dropLast() + "\u{1}") } else { names.insert(pattern) }
    }
    // An interface that no rule names; without it, rules for all known ones would not add up to "any".
    if !isComplete || interfaces.isEmpty { names.insert("\u{1}") }
    let ordered = special.sorted { ($0.patterns ?? []).lexicographicallyPrecedes($1.patterns ?? []) }
    var classes: [[Bool]: Int] = [:]
    examples = []
    for name in names.sorted() {
      let signature = ordered.map { $0.contains(name) }
      guard classes[signature] == nil else { continue }
      classes[signature] = classes.count
      examples.append(name)
    }
    count = classes.count
    for (place, match) in ordered.enumerated() {
      var own = ContextSets.Bits(repeating: 0, count: (count + 63) / 64)
      for (signature, number) in classes where signature[place] { own[number / 64] |= 1 << UInt64(number % 64) }
      bits[match] = own
    }
  }

  /// The groups that a match means; nil for all.
  subscript(_ match: InterfaceMatch) -> ContextSets.Bits? { bits[match] }
}
