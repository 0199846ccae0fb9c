import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Expects two readings of one file to be the same: devices, every rule, the account of every line, and all messages.
func expectSame(_ one: Reading, _ other: Reading, _ path: String) {
  #expect(one.ledger.states == other.ledger.states, "\(path)")
  #expect(one.ledger.gaps == other.ledger.gaps, "\(path)")
  #expect(one.issues == other.issues, "\(path)")
  #expect(one.devices.count == other.devices.count, "\(path)")
  for (first, second) in zip(one.devices, other.devices) {
    #expect(first.lists.count == second.lists.count, "\(path)")
    for (list, twin) in zip(first.lists, second.lists) {
      #expect(list.name == twin.name && list.fallback == twin.fallback && list.source == twin.source, "\(path)")
      #expect(list.rules.count == twin.rules.count, "\(path): \(list.name)")
      let differing = zip(list.rules, twin.rules).first { $0 != $1 }
      #expect(differing == nil, "\(path): \(list.name)")
    }
    var (rest, twin) = (first, second)
    rest.lists = []
    twin.lists = []
    #expect(String(reflecting: rest) == String(reflecting: twin), "\(path)")
  }
}

/// How many rules of a reading are packed.
func packedCount(_ reading: Reading) -> Int {
  reading.devices.flatMap(\.lists).reduce(0) { sum, list in
    sum + list.rules.indices.count { list.rules.packed(at: $0) != nil }
  }
}

/// Picks pieces of configuration text.
struct TextPicker {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &generator) ?? "" }

  /// True once in `n` times.
  mutating func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &generator) == 0 }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
}
