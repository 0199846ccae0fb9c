import Findings
import PacketSets
import Reachability
import RuleModel

/// A rule that never matches, and those that take what it would.
struct CoveredFinding {
  /// Index into the device's lists.
  var index: Int
  var list: RuleList
  var rule: Rule
  var covering: [Rule]
}

extension ListContext {
  /// Covered permit and deny rules of lists that are in use, with the rules that cover them.
  func coveredRules(where condition: (Rule, [Rule]) -> Bool) -> [CoveredFinding] {
    let unbound = Set(device.unboundLists)
    return coverage.filter { !unbound.contains($0.list) }.flatMap { coverage -> [CoveredFinding] in
      let list = device.lists[coverage.list]
      return coverage.covered.compactMap { covered in
        let rule = list.rules[covered.rule]
        let covering = covered.coveredBy.map { list.rules[$0] }
        // Where a jump or return takes the packets, what becomes of them is decided elsewhere.
        guard rule.action.decides, covering.allSatisfy(\.action.decides), condition(rule, covering) else { return nil }
        return CoveredFinding(index: coverage.list, list: list, rule: rule, covering: covering)
      }
    }
  }

  /// A packet that the rule is meant for and never gets, taken by a rule of the other action where there is one.
  ///
  /// - Throws: `CheckError.unconfirmedWitness` when the packet-by-packet evaluator lets the rule decide it.
  func witness(of covered: CoveredFinding) throws -> Witness? {
    let packets = covered.rule.match.upper.flatMap { match in match.corners.map { plain($0, match) } }
    let opposite = covered.covering.filter { $0.action.isPermit != covered.rule.action.isPermit }
    let shown = packets.first { packet in
      opposite.contains { $0.match.lower.contains { $0.contains(packet) } }
    }
    guard let packet = shown ?? packets.first else { return nil }
    let evaluator = ConcreteEvaluator(
      device: device, ingress: name(covered.rule.ingress), egress: name(covered.rule.egress))
    let verdict = evaluator.evaluate(list: covered.index, packet)
    let decides = verdict.trace.contains { $0.range == covered.rule.source && $0.rule == covered.rule.name }
    guard !decides else {
      throw CheckError.unconfirmedWitness(
        check: check.code, device: device.label, packet: packet.description,
        detail: "\(covered.rule.name) should never be reached, and is")
    }
    return Witness(
      packet: packet, from: "", to: "", path: "\(device.label): \(covered.list.name)", steps: verdict.steps)
  }

  /// The packet as people expect it, if the match takes it so: a SYN from a high port.
  private func plain(_ corner: Packet, _ match: PacketMatch) -> Packet {
    var packet = corner
    if IPProtocol.withPorts.contains(packet.proto) { packet.sourcePort = 49152 }
    if packet.proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    packet.function = .none
    packet.unit = 0
    packet.register = 0
    return match.contains(packet) ? packet : corner
  }

  /// An interface that the match means; the empty name where it means all.
  private func name(_ match: InterfaceMatch) -> String {
    guard !match.isNegated, let pattern = match.patterns?.first else { return "" }
    return pattern.hasSuffix("+") ? pattern.dropLast() + "0" : pattern
  }
}
