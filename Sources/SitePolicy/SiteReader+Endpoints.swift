import PacketSets
import RuleModel
import SourceText

extension SiteReader {
  /// `zone`, `zone/asset`, `zone/10.1.2.3`, or a network literal; `any` is refused.
  mutating func endpoint(_ node: DocumentNode, _ key: String) -> Endpoint? {
    let reader = self
    return document.value(node, key) { (text) throws(TextProblem) in
      try reader.endpoint(text, source: node.range)
    }
  }

  private func endpoint(_ text: String, source: SourceRange) throws(TextProblem) -> Endpoint {
    if text == "any" {
      throw TextProblem(message: "'any' is no end of a conduit", help: "name a zone, an asset or a network")
    }
    if looksLikeNetwork(text) {
      let addresses = try parseNetwork(text)
      return Endpoint(
        text: text, zone: zone(holding: addresses)?.name, asset: nil, addresses: addresses, source: source)
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let index = zoneIndex[parts[0]] else {
      throw parts.count == 1 ? unknownEndpoint(text) : unknownZone(parts[0])
    }
    let zone = zones[index]
    guard parts.count == 2 else {
      return Endpoint(text: text, zone: zone.name, asset: nil, addresses: zone.networks, source: source)
    }
    if looksLikeNetwork(parts[1]) {
      let addresses = try parseNetwork(parts[1])
      guard addresses.isSubset(of: zone.networks) else {
        throw TextProblem(
          message: "zone \(quoted(zone.name)) does not hold \(quoted(parts[1]))",
          help: "its networks are \(zone.networks.summary(limit: 5))")
      }
      return Endpoint(text: text, zone: zone.name, asset: nil, addresses: addresses, source: source)
    }
    let asset = try asset(parts[1], in: zone)
    return Endpoint(
      text: text, zone: zone.name, asset: asset.name, addresses: asset.addresses.intersection(zone.networks),
      source: source)
  }

  private func asset(_ name: String, in zone: Zone) throws(TextProblem) -> Asset {
    guard let index = assetIndex[name] else {
      let names = assets.filter { $0.zone == zone.name }.map(\.name)
      throw TextProblem(
        message: "there is no asset \(quoted(name)) in zone \(quoted(zone.name))",
        help: suggestion(name, among: names) + (names.isEmpty ? "; list it under 'assets'" : ""))
    }
    let asset = assets[index]
    guard asset.zone == zone.name else {
      throw TextProblem(
        message: "asset \(quoted(name)) is not in zone \(quoted(zone.name))",
        help: "did you mean \(quoted("\(asset.zone)/\(name)"))?")
    }
    guard !asset.addresses.isEmpty else {
      throw TextProblem(message: "asset \(quoted(name)) has no address", help: "give it one in the inventory")
    }
    return asset
  }

  /// An unknown word may be an asset whose zone was forgotten.
  private func unknownEndpoint(_ name: String) -> TextProblem {
    guard let index = assetIndex[name] else { return unknownZone(name) }
    return TextProblem(
      message: "\(quoted(name)) is an asset, not a zone",
      help: "did you mean \(quoted("\(assets[index].zone)/\(name)"))?")
  }

  func unknownZone(_ name: String) -> TextProblem {
    TextProblem(message: "there is no zone \(quoted(name))", help: suggestion(name, among: zones.map(\.name)))
  }
}
