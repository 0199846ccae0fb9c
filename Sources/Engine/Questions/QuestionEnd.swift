import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// One end of a question: addresses, by the zones that hold them.
struct QuestionEnd {
  /// For people: `corporate`, `jump-1 (10.35.0.5)`.
  var text: String
  var addresses: AddressSet
  /// The zones that hold some of the addresses, with what of them they hold.
  var parts: [(zone: ZoneReference, addresses: AddressSet)]
}

extension SiteNetwork {
  /// A zone, an asset, `zone/asset`, `zone/address`, an address or network, or `outside` for addresses of no zone.
  ///
  /// - Parameter option: the option that the text was given to, for messages.
  /// - Throws: `EngineError.invalid` with the nearest name.
  func end(_ text: String, _ option: String) throws(EngineError) -> QuestionEnd {
    if let index = site.zones.firstIndex(where: { $0.name == text }) {
      return QuestionEnd(
        text: text, addresses: site.zones[index].networks, parts: [(.zone(index), site.zones[index].networks)])
    }
    if let asset = site.assets.first(where: { $0.name == text }) { return try end(of: asset, within: nil, option) }
    if ["outside", "unzoned", topology.label(.unzoned)].contains(text) {
      return QuestionEnd(
        text: topology.label(.unzoned), addresses: site.unzonedAddresses, parts: [(.unzoned, site.unzonedAddresses)])
    }
    if looksLikeNetwork(text) { return end(text, holding: try network(text, option)) }
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    if parts.count == 2, let zone = site.zones.first(where: { $0.name == parts[0] }) {
      if let asset = site.assets.first(where: { $0.name == parts[1] }) {
        return try end(of: asset, within: zone.networks, option)
      }
      let addresses = try network(parts[1], option).intersection(zone.networks)
      if !addresses.isEmpty { return end(text, holding: addresses) }
      throw .invalid(["\(option): zone \(quoted(zone.name)) does not hold \(quoted(parts[1]))"])
    }
    let names = site.zones.map(\.name) + site.assets.map(\.name)
    let hint =
      nearest(to: text, among: names).map { "did you mean \(quoted($0))?" } ?? keysHelp(site.zones.map(\.name))
    throw .invalid([
      "\(option): there is no zone and no asset \(quoted(text)); \(hint) Addresses, networks and `outside` will do as well"
    ])
  }

  /// Addresses with the zones that hold them.
  func end(_ text: String, holding addresses: AddressSet) -> QuestionEnd {
    let parts = topology.references.compactMap { reference -> (ZoneReference, AddressSet)? in
      let here = addresses.intersection(topology.networks(of: reference))
      return here.isEmpty ? nil : (reference, here)
    }
    return QuestionEnd(text: text, addresses: addresses, parts: parts)
  }

  private func end(
    of asset: Asset, within networks: AddressSet?, _ option: String
  ) throws(EngineError) -> QuestionEnd {
    let addresses = networks.map { asset.addresses.intersection($0) } ?? asset.addresses
    guard !addresses.isEmpty else {
      throw .invalid(["\(option): asset \(quoted(asset.name)) has no address there; name its zone instead"])
    }
    return end("\(asset.name) (\(addresses.summary(limit: 3)))", holding: addresses)
  }

  private func network(_ text: String, _ option: String) throws(EngineError) -> AddressSet {
    do { return try parseNetwork(text) } catch { throw .invalid(["\(option): \(error.message); \(error.help)"]) }
  }

  /// The addresses of the inventory in a zone.
  func hosts(in reference: ZoneReference) -> AddressSet {
    guard let zone = topology.zone(reference) else {
      // Outside, the addresses that documents use for examples (RFC 5737, TEST-NET-3).
      return IPPrefix("203.0.113.0/24").map { AddressSet($0) } ?? .empty
    }
    return site.assets.reduce(.empty) { $0.union($1.addresses.intersection(zone.networks)) }
  }

  /// Examples that people recognise: hosts of the inventory, ports that matter.
  func preferences(from: ZoneReference, to: ZoneReference) -> [PacketMatch] {
    var preferred: [PacketMatch] = []
    let targets = hosts(in: to)
    if !targets.isEmpty { preferred.append(PacketMatch(destinations: targets)) }
    let origins = hosts(in: from)
    if !origins.isEmpty { preferred.append(PacketMatch(sources: origins)) }
    let ports: [UInt16] = [502, 102, 44818, 3389, 5900, 22, 445, 443]
    preferred += ports.map {
      PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet($0))])
    }
    return preferred
  }
}
