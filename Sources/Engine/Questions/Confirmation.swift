import Findings
import PacketSets
import Reachability
import RuleModel

extension SiteNetwork {
  /// A packet as its host sends it and as it arrives, given what both have in common, once the walk device by device agrees
  /// with the sets that it gets through.
  ///
  /// - Throws: `EngineError.contradiction` when it does not.
  func confirmed(
    _ packet: Packet, _ flow: PathFlow, certain: Bool
  ) throws(EngineError) -> (sent: Packet, arriving: Packet) {
    do throws(WalkDisagreement) {
      let confirmed = try NetworkWalk(topology).confirmed(packet, on: flow, certain: certain)
      return (confirmed.sent, confirmed.arriving)
    } catch {
      throw .contradiction(
        """
        internal error: the sets and the packet-by-packet evaluation disagree about \(error.packet) on the path \
        \(hops(flow.path).text) (\(error.detail)); please report this with the configuration
        """)
    }
  }

  /// The line behind a step of a packet's trace.
  func line(_ step: TraceStep, _ device: Device) -> RuleLine {
    guard !step.isExplicit, step.rule == "default" else { return line(step.range, device: device, name: step.rule) }
    guard let list = device.lists.first(where: { $0.name == step.place && $0.source == step.range }) else {
      return line(step.range, device: device, name: "the default of \(step.place)")
    }
    var range = step.range
    if case .configured(let place) = list.fallback.origin { range = place }
    return line(range, device: device, name: list.defaultName)
  }

  /// A translation for people.
  func line(_ applied: AppliedTranslation, _ path: [Hop]) -> TranslationLine {
    let device = topology.devices[path[applied.hop].device].device
    var changes: [String] = []
    if let change = applied.rule.source { changes.append("source becomes \(words(change))") }
    if let change = applied.rule.destination { changes.append("destination becomes \(words(change))") }
    if let ports = applied.rule.destinationPorts?.intervals.first {
      let text = ports.count == 1 ? "\(ports.lowerBound)" : "one of \(ports.lowerBound)-\(ports.upperBound)"
      changes.append("destination port becomes \(text)")
    }
    return TranslationLine(
      rule: line(applied.rule.range, device: device, name: applied.rule.name), change: changes.joined(separator: ", "))
  }

  private func words(_ change: AddressTranslation) -> String {
    switch change {
    case .prefix(let from, let to):
      to.length == to.base.family.bits ? "\(to.base)" : "the same host of \(to), from \(from)"
    case .pool(let pool): pool.pieces.count == 1 && !pool.description.contains("-") ? "\(pool)" : "one of \(pool)"
    case .egressInterface: "the address of the interface that it leaves by"
    case .unknown(let uncertainty): "something that the file does not tell: \(uncertainty.reason)"
    }
  }
}

extension PacketVerdict {
  /// The step that stops, or may stop, the packet.
  var stop: TraceStep? { trace.last { $0.effect.contains("den") || $0.effect.contains("block") } }
}

extension TraceStep {
  /// Why the packet fares so, in words.
  var reason: String {
    if effect.contains("block") { return "an inspection profile blocks it" }
    return rule == "default" && !isExplicit ? "no rule takes it" : "the rule \(effect) it"
  }
}
