import PacketSets
import TestKit
import Testing

/// Answers that are kept up with edits are those that a new search gives.
@Suite struct EditableSequenceTests {
  private func rule(_ generator: inout SeededGenerator) -> EditableSequence.Rule {
    func range(_ end: UInt32) -> ClosedRange<UInt32> {
      let low = UInt32.random(in: 0..<end, using: &generator)
      return low...UInt32.random(in: low..<end, using: &generator)
    }
    let low = UInt16.random(in: 0..<4, using: &generator)
    let service = Service(
      proto: IPProtocol.udp, destinationPorts: IntervalSet(low...UInt16.random(in: low..<4, using: &generator)))
    var match = PacketMatch(
      sources: AddressSet(v4: IntervalSet(range(8))), destinations: AddressSet(v4: IntervalSet(range(3))),
      services: [service])
    if Int.random(in: 0..<4, using: &generator) == 0 {
      let network = UInt128(UInt32.random(in: 0..<4, using: &generator))
      match.sources.v6 = IntervalSet(network...network + 2)
      match.destinations.v6 = .all
    }
    return EditableSequence.Rule(Bool.random(using: &generator) ? .permit : .deny, [match])
  }

  private func covered(_ rules: [EditableSequence.Rule]) throws -> [Int] {
    var sequence = RuleSequence(contexts: RuleSequence.Contexts())
    for rule in rules {
      _ = sequence.append(SequenceEntry(rule.outcome, isTested: true))
      for match in rule.matches { sequence.add(match, .both) }
    }
    return try anomalies(in: sequence, kinds: [], workers: 1).covered.map(\.entry)
  }

  @Test(arguments: 0..<4)
  func everyEditAgreesWithANewSearch(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var all = (0..<30).map { _ in rule(&generator) }
    var order = Array(all.indices)
    var edited = EditableSequence(all)
    for _ in 0..<400 {
      let before = Set(edited.covered)
      var changed: [Int] = []
      var gone: Int?
      switch Int.random(in: 0..<3, using: &generator) {
      case 0 where order.count > 5:
        let place = Int.random(in: order.indices, using: &generator)
        gone = order[place]
        changed = edited.remove(order.remove(at: place))
      case 1:
        let moved = order.remove(at: Int.random(in: order.indices, using: &generator))
        let place = Int.random(in: 0...order.count, using: &generator)
        order.insert(moved, at: place)
        changed = edited.move(moved, to: place)
      default:
        let place = Int.random(in: 0...order.count, using: &generator)
        all.append(rule(&generator))
        order.insert(all.count - 1, at: place)
        let (number, changes) = edited.insert(all[all.count - 1], at: place)
        #expect(number == all.count - 1)
        changed = changes
      }
      #expect(edited.order == order)
      let expected = try covered(order.map { all[$0] }).map { order[$0] }
      #expect(edited.covered == expected)
      #expect(Set(changed) == before.symmetricDifference(expected).subtracting([gone].compactMap { $0 }))
    }
  }
}
