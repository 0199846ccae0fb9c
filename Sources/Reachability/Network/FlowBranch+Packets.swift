import PacketSets
import RuleModel

extension FlowBranch {
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
    for step in translations.reversed() {
      let image = TranslationImage(rule: step.rule, egress: .empty)
      sent = step.before.intersection(image.preimage(of: sent))
    }
    let own = space.set(PacketMatch(sources: AddressSet(packet.source)))
    guard let arrival = arriving.witness(), let original = sent.intersection(own).witness() else { return nil }
    return (original, arrival)
  }
}
