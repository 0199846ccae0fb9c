import PacketSets
import RuleModel

extension FlowBranch {
  /// The packets of this branch as their hosts send them; the lower bound may be smaller than need be where destinations
  /// were translated.
  public var asSent: SetBounds {
    var upper = permitted.upper
    for step in translations.reversed() { upper = step.preimage(of: upper) }
    guard translations.contains(where: { $0.rule.destination != nil || $0.rule.destinationPorts != nil }) else {
      return SetBounds(lower: endToEnd.lower, upper: upper)
    }
    return SetBounds(lower: upper.space.empty, upper: upper)
  }

  /// A packet as its host sends it and as it arrives, given both in end-to-end form: the source as sent, the rest as it
  /// arrives. Nil when no such packet takes this branch.
  public func packets(arrivingLike packet: Packet) -> (sent: Packet, arriving: Packet)? {
    guard !translations.isEmpty else { return (packet, packet) }
    let space = permitted.upper.space
    let single = space.set(packet)
    let like = senders == nil ? single : single.forgettingSource
    let certain = permitted.lower.intersection(like)
    let arriving = certain.isEmpty ? permitted.upper.intersection(like) : certain
    var sent = arriving
    for step in translations.reversed() { sent = step.preimage(of: sent) }
    let own = space.set(PacketMatch(sources: AddressSet(packet.source)))
    guard let arrival = arriving.witness(), let original = sent.intersection(own).witness() else { return nil }
    return (original, arrival)
  }
}

extension AppliedTranslation {
  /// The packets, before the translation, that may become some of `packets`.
  fileprivate func preimage(of packets: PacketSet) -> PacketSet {
    before.intersection(TranslationImage(rule: rule, egress: egress).preimage(of: packets))
  }
}
