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
      result = moved(result, change)
    }
    if let ports = rule.destinationPorts {
      result.upper = result.upper.replacingDestinationPort(with: ports)
      result.lower =
        ports.count == 1 ? result.lower.replacingDestinationPort(with: ports) : result.lower.space.empty
    }
    return result
  }

  /// The packets with their new sources: with all that the device may give them, in the lower bound as well.
  ///
  /// Source ports stay as they are: whoever chooses the port that is translated can choose the one that comes out
  /// (RFC 4787, section 4.2.1, port preservation), so nothing that could pass is lost.
  func sources(of packets: SetBounds) -> SetBounds {
    guard let change = rule.source else { return packets }
    func translated(_ packets: PacketSet) -> PacketSet {
      switch change {
      case .prefix(let from, let to):
        // Readers make prefixes of equal length; anything else leaves the target open.
        packets.movingSource(from: from, to: to) ?? packets.replacingSource(with: AddressSet(to))
      case .pool(let addresses): packets.replacingSource(with: addresses)
      case .egressInterface: packets.replacingSource(with: egress.isEmpty ? .all : egress)
      case .unknown: packets.replacingSource(with: .all)
      }
    }
    return SetBounds(lower: translated(packets.lower), upper: translated(packets.upper))
  }

  /// The packets that may become some of `packets`; the caller cuts them to those that the rule took.
  func preimage(of packets: PacketSet) -> PacketSet {
    var result = packets
    if let change = rule.source {
      result = original(
        result, change, prefix: { $0.movingSource(from: $1, to: $2) }, any: { $0.replacingSource(with: $1) })
    }
    if let change = rule.destination {
      result = original(
        result, change, prefix: { $0.movingDestination(from: $1, to: $2) },
        any: { $0.replacingDestination(with: $1) })
    }
    return rule.destinationPorts == nil ? result : result.replacingDestinationPort(with: .all)
  }

  private func moved(_ packets: SetBounds, _ change: AddressTranslation) -> SetBounds {
    let nothing = packets.lower.space.empty
    func toAny(_ addresses: AddressSet) -> SetBounds {
      // Which address of a larger pool a packet gets is the device's choice, so none of them is certain.
      let isOne = addresses.v4.count <= 1 && addresses.v6.count <= 1
      return SetBounds(
        lower: isOne ? packets.lower.replacingDestination(with: addresses) : nothing,
        upper: packets.upper.replacingDestination(with: addresses))
    }
    switch change {
    case .prefix(let from, let to):
      guard let upper = packets.upper.movingDestination(from: from, to: to),
        let lower = packets.lower.movingDestination(from: from, to: to)
      else { return toAny(AddressSet(to)) }
      return SetBounds(lower: lower, upper: upper)
    case .pool(let addresses): return toAny(addresses)
    case .egressInterface: return toAny(egress.isEmpty ? .all : egress)
    case .unknown: return toAny(.all)
    }
  }

  private func original(
    _ packets: PacketSet, _ change: AddressTranslation, prefix: (PacketSet, IPPrefix, IPPrefix) -> PacketSet?,
    any: (PacketSet, AddressSet) -> PacketSet
  ) -> PacketSet {
    // A family that the new addresses have none of stays as it is.
    func families(_ addresses: AddressSet) -> AddressSet {
      AddressSet(v4: addresses.v4.isEmpty ? .empty : .all, v6: addresses.v6.isEmpty ? .empty : .all)
    }
    switch change {
    case .prefix(let from, let to): return prefix(packets, to, from) ?? any(packets, families(AddressSet(to)))
    case .pool(let addresses): return any(packets, families(addresses))
    case .egressInterface: return any(packets, egress.isEmpty ? .all : families(egress))
    case .unknown: return any(packets, .all)
    }
  }
}
