import PacketSets
import RuleModel

/// What a translation makes of packets, and which packets it made others of.
struct TranslationImage {
  let rule: TranslationRule
  /// The addresses of the interface that the packets leave by; empty when they are not known.
  let egress: AddressSet

  /// The packets with their new destinations and destination ports.
  func destinations(of packets: SetBounds) -> SetBounds {
    var result = packets
    if let change = rule.destination {
      result = changed(
        result, change, prefix: { $0.movingDestination(from: $1, to: $2) }, pool: { $0.replacingDestination(with: $1) })
    }
    if let ports = rule.destinationPorts {
      result.upper = result.upper.replacingDestinationPort(with: ports)
      result.lower =
        ports.count == 1 ? result.lower.replacingDestinationPort(with: ports) : result.lower.space.empty
    }
    return result
  }

  /// The packets with their new sources.
  ///
  /// Source ports stay as they are: whoever chooses the port that is translated can choose the one that comes out
  /// (RFC 4787, section 4.2.1, port preservation), so nothing that could pass is lost.
  func sources(of packets: SetBounds) -> SetBounds {
    guard let change = rule.source else { return packets }
    return changed(
      packets, change, prefix: { $0.movingSource(from: $1, to: $2) }, pool: { $0.replacingSource(with: $1) })
  }

  /// The packets that may become some of `packets`; the caller cuts them to those that the rule took.
  func preimage(of packets: PacketSet) -> PacketSet {
    var result = packets
    if let change = rule.source {
      result = original(
        result, change, prefix: { $0.movingSource(from: $1, to: $2) }, forgetting: { $0.forgettingSource })
    }
    if let change = rule.destination {
      result = original(
        result, change, prefix: { $0.movingDestination(from: $1, to: $2) }, forgetting: { $0.forgettingDestination })
    }
    return rule.destinationPorts == nil ? result : result.replacingDestinationPort(with: .all)
  }

  private func changed(
    _ packets: SetBounds, _ change: AddressTranslation,
    prefix: (PacketSet, IPPrefix, IPPrefix) -> PacketSet?, pool: (PacketSet, AddressSet) -> PacketSet
  ) -> SetBounds {
    let nothing = packets.lower.space.empty
    switch change {
    case .prefix(let from, let to):
      // Readers make prefixes of equal length; anything else leaves the target open.
      guard let upper = prefix(packets.upper, from, to), let lower = prefix(packets.lower, from, to) else {
        return SetBounds(lower: nothing, upper: pool(packets.upper, AddressSet(to)))
      }
      return SetBounds(lower: lower, upper: upper)
    case .pool(let addresses):
      // Which address of a larger pool a packet gets is the device's choice, so none of them is certain.
      let isOne = addresses.v4.count + addresses.v6.count == 1
      return SetBounds(lower: isOne ? pool(packets.lower, addresses) : nothing, upper: pool(packets.upper, addresses))
    case .egressInterface:
      return egress.isEmpty
        ? SetBounds(lower: nothing, upper: pool(packets.upper, .all))
        : SetBounds(lower: pool(packets.lower, egress), upper: pool(packets.upper, egress))
    case .unknown:
      return SetBounds(lower: nothing, upper: pool(packets.upper, .all))
    }
  }

  private func original(
    _ packets: PacketSet, _ change: AddressTranslation, prefix: (PacketSet, IPPrefix, IPPrefix) -> PacketSet?,
    forgetting: (PacketSet) -> PacketSet
  ) -> PacketSet {
    if case .prefix(let from, let to) = change, let moved = prefix(packets, to, from) { return moved }
    return forgetting(packets)
  }
}
