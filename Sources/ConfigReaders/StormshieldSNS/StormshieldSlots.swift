import RuleModel
import SourceText

/// One policy: filter rules and rules of address translation.
struct StormshieldSlot {
  /// Places of rules and separators; a separator is nil.
  var filter: [Int?] = []
  var translation: [Int?] = []
  /// Why the order or content of the rules is not certain.
  var disturbances: [Uncertainty] = []
}

/// The policies that the file holds, by number.
struct StormshieldSlots {
  /// Rules as written; slots refer to them by index.
  private(set) var rules: [StormshieldRuleText] = []
  private(set) var slots: [Int: StormshieldSlot] = [:]
  /// The slots that the file puts in force.
  var active: (filter: Int, range: SourceRange)?
  private var current = 0
  private var begun: Set<String> = []

  /// The policy for all slots, asked before them.
  static let global = -1

  var isEmpty: Bool { rules.isEmpty }

  /// A second section of the same kind belongs to another slot.
  mutating func begin(_ section: String) {
    if !begun.insert(section).inserted {
      current += 1
      begun = [section]
    }
  }

  mutating func append(_ rule: StormshieldRuleText, isNAT: Bool) { insert(rule, into: current, at: nil, isNAT: isNAT) }

  mutating func appendSeparator(isNAT: Bool) { insertSeparator(into: current, at: nil, isNAT: isNAT) }

  /// Puts a rule before the place of that number (1-based), or at the end.
  mutating func insert(_ rule: StormshieldRuleText, into slot: Int, at place: Int?, isNAT: Bool) {
    rules.append(rule)
    insert(rules.count - 1, into: slot, at: place, isNAT: isNAT)
  }

  mutating func insertSeparator(into slot: Int, at place: Int?, isNAT: Bool) {
    insert(nil, into: slot, at: place, isNAT: isNAT)
  }

  private mutating func insert(_ index: Int?, into slot: Int, at place: Int?, isNAT: Bool) {
    let list = isNAT ? \StormshieldSlot.translation : \.filter
    let count = slots[slot]?[keyPath: list].count ?? 0
    slots[slot, default: StormshieldSlot()][keyPath: list].insert(index, at: min(count, max(0, (place ?? .max) - 1)))
  }

  mutating func disturb(_ slot: Int, _ reason: Uncertainty) {
    slots[slot, default: StormshieldSlot()].disturbances.append(reason)
  }
}
