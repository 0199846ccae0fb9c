import PacketSets
import RuleModel

/// Packets that two versions of a device's rules decide differently.
public struct RuleDifference: Hashable, Sendable {
  /// The rule that decides in each version; nil where nothing decides for certain, `rule` nil for a default.
  public var old: ListPlace?
  public var new: ListPlace?
  /// What happens to the packets: permitted, denied, or not known for certain.
  public var oldVerdict: Verdict
  public var newVerdict: Verdict
  /// Disjoint products that together are the region; session states and interfaces left free.
  public var region: [PacketMatch]
  /// One packet of the region, confirmed by following it rule by rule in both versions.
  public var witness: Packet

  public enum Verdict: String, Hashable, Sendable { case permit, deny, open }
}

/// Why two versions cannot be compared.
public enum DifferenceError: Error, Hashable, Sendable {
  /// Something besides rules differs: where lists are bound, translations, routes, inspection.
  case shape(String)
  /// The packet-by-packet evaluation does not confirm what the sets say.
  case unconfirmed(String)
}

/// The packets that a device decides differently after a change of its rules, list sequence by list sequence.
///
/// Renamed, reordered, split or merged rules make no difference as long as every packet fares the same. Stages are compared
/// by place. Where lists are bound, translations, routes and inspection must be the same, else there is no answer.
///
/// - Throws: `DifferenceError`.
/// - Complexity: O(n log n) in rules, then a search inside the rules that changed.
public func ruleDifferences(from old: Device, to new: Device) throws(DifferenceError) -> [RuleDifference] {
  let (first, second) = (filterSequences(of: old), filterSequences(of: new))
  let (shape, newShape) = (old.shape, new.shape)
  guard shape == newShape else {
    let other = newShape.first { !shape.contains($0) } ?? shape.first { !newShape.contains($0) } ?? "their order"
    throw .shape(
      "not only rules changed in \(new.label), and nothing else is compared: where lists are bound, translations, routes or inspection; first: \(other)"
    )
  }
  guard first.count == second.count else {
    throw .shape("\(old.label) filters in \(first.count) places, \(new.label) in \(second.count)")
  }
  let ingress = InterfaceClasses(
    interfaceMatches(of: old, \.ingress).union(interfaceMatches(of: new, \.ingress)),
    interfaces: (old.interfaces + new.interfaces).map(\.name),
    isComplete: old.listsAllInterfaces && new.listsAllInterfaces)
  let egress = InterfaceClasses(
    interfaceMatches(of: old, \.egress).union(interfaceMatches(of: new, \.egress)),
    interfaces: (old.interfaces + new.interfaces).map(\.name),
    isComplete: old.listsAllInterfaces && new.listsAllInterfaces)
  var found: [RuleDifference] = []
  for (one, other) in zip(first, second) {
    var before = ListFlattener(old, ingress: ingress, egress: egress)
    var after = ListFlattener(new, ingress: ingress, egress: egress)
    var contexts = before.contexts(of: one.lists, fallback: one.fallback)
    contexts.formUnion(after.contexts(of: other.lists, fallback: other.fallback))
    let base = RuleSequence(contexts: contexts, ingressClasses: ingress.count, egressClasses: egress.count)
    let oldSequence = before.fill(RuleSequence(sharing: base), one.lists, fallback: one.fallback)
    let newSequence = after.fill(RuleSequence(sharing: base), other.lists, fallback: other.fallback)
    let versions = (
      Version(device: old, sequence: one, origins: before.origins),
      Version(device: new, sequence: other, origins: after.origins)
    )
    for region in differences(from: oldSequence, to: newSequence) {
      found.append(
        try confirmed(
          region, versions.0, versions.1, ingress: ingress.examples[region.example.ingressClass],
          egress: egress.examples[region.example.egressClass]))
    }
  }
  return found
}

/// One version of a sequence, for following single packets.
private struct Version {
  let device: Device
  let sequence: ListSequence
  let origins: ListFlattener.Origins

  /// Whether the packet fares as the sets say; what they leave open, and inspection, decides both ways.
  func agrees(_ packet: Packet, _ outcome: BoxOutcome, ingress: String, egress: String) -> Bool {
    guard outcome == .permit || outcome == .deny else { return true }
    let evaluator = ConcreteEvaluator(device: device, ingress: ingress, egress: egress)
    let found = evaluator.trace(lists: sequence.lists, packet, fallback: sequence.fallback ?? .deny)
    return outcome == .permit ? found.mayPermit : found.mayDeny
  }
}

private func confirmed(
  _ region: DifferingRegion, _ old: Version, _ new: Version, ingress: String, egress: String
) throws(DifferenceError) -> RuleDifference {
  let example = region.example
  let packets = example.match.corners.map { $0.with(example.tail) }
  // The corners of a box are all decided alike; the first is as good as any.
  guard let packet = packets.first, old.agrees(packet, region.oldOutcome, ingress: ingress, egress: egress),
    new.agrees(packet, region.newOutcome, ingress: ingress, egress: egress)
  else {
    throw .unconfirmed("a difference in \(old.device.label) is not confirmed by following its packets rule by rule")
  }
  return RuleDifference(
    old: place(region.old, old.origins), new: place(region.new, new.origins), oldVerdict: verdict(region.oldOutcome),
    newVerdict: verdict(region.newOutcome), region: region.matches, witness: packet)
}

extension Packet {
  /// The packet with another's session state and, where its protocol has them, flags and function.
  fileprivate func with(_ tail: Packet) -> Packet {
    var packet = self
    packet.state = tail.state
    packet.tcpFlags = proto == IPProtocol.tcp ? tail.tcpFlags : 0
    let hasFunction = IPProtocol.withPorts.contains(proto)
    packet.function = hasFunction ? tail.function : .none
    packet.unit = hasFunction ? tail.unit : 0
    packet.register = hasFunction ? tail.register : 0
    return packet
  }
}

private func place(_ entry: Int?, _ origins: ListFlattener.Origins) -> ListPlace? {
  entry.map { entry in
    let origin = origins[entry]
    return ListPlace(list: Int(origin.list), rule: origin.rule == ListFlattener.noRule ? nil : Int(origin.rule))
  }
}

private func verdict(_ outcome: BoxOutcome) -> RuleDifference.Verdict {
  outcome.isPermit ? .permit : outcome == .deny ? .deny : .open
}
