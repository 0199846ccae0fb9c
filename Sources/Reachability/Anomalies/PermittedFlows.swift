import PacketSets
import RuleModel

/// What one rule lets through of the packets that were asked about.
public struct PermittedFlow: Hashable, Sendable {
  /// The rule, or the default, that permits.
  public var place: ListPlace
  /// Whether it certainly does; else something about it or before it is not known.
  public var isCertain: Bool
  /// Disjoint products that together are the region; session states and interfaces left free.
  public var region: [PacketMatch]
  /// One packet of the region.
  public var witness: Packet
}

/// What the lists of a stage may permit of some packets outside of a whitelist, rule by rule.
///
/// A set question over all rules in order: nothing is compared as text, and an empty answer is a proof. Meant for whole lists
/// of any length; a stage's translations and inspection are not looked at.
///
/// - Parameters:
///   - lists: the lists that are asked one after the other, as indexes into `Device.lists`.
///   - fallback: what happens to packets that no list decides.
///   - within: the packets that are asked about, such as those from one zone to another.
///   - whitelist: packets that are no question.
public func permittedFlows(
  of device: Device, lists: [Int], fallback: DefaultAction.Verdict, within: PacketMatch,
  outside whitelist: [PacketMatch]
) -> [PermittedFlow] {
  func classes(_ direction: KeyPath<Rule, InterfaceMatch>) -> InterfaceClasses {
    InterfaceClasses(
      interfaceMatches(of: device, direction), interfaces: device.interfaces.map(\.name),
      isComplete: device.listsAllInterfaces)
  }
  let (ingress, egress) = (classes(\.ingress), classes(\.egress))
  var flattener = ListFlattener(device, ingress: ingress, egress: egress)
  var contexts = flattener.contexts(of: lists, fallback: fallback)
  for match in whitelist + [within] { contexts.collect(match) }
  var sequence = RuleSequence(contexts: contexts, ingressClasses: ingress.count, egressClasses: egress.count)
  for match in whitelist {
    _ = sequence.append(SequenceEntry(.deny, isTested: false))
    sequence.add(match, .both)
  }
  let filled = flattener.fill(sequence, lists, fallback: fallback, behind: whitelist.count)
  return permittedRegions(in: filled, within: within).compactMap { region in
    let origin = flattener.origins[region.entry - whitelist.count]
    guard let witness = region.matches.lazy.flatMap(\.corners).first else { return nil }
    return PermittedFlow(
      place: ListPlace(list: Int(origin.list), rule: origin.rule == ListFlattener.noRule ? nil : Int(origin.rule)),
      isCertain: region.isCertain, region: region.matches, witness: witness)
  }
}
