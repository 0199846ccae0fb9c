import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let assetMisplaced = Check(
    "AST002", "asset-misplaced", .medium,
    "An asset's address lies in the network of an interface that is bound to another zone than the asset's.",
    work: .site { context in
      context.site.assets.compactMap { asset in
        for bound in context.topology.devices {
          if let wire = wire(of: asset, bound, context.site) { return finding(asset, wire, bound, context) }
        }
        return nil
      }
    })
}

/// The interface in whose network the asset lies although its zone is not there; nil when there is none.
private func wire(
  of asset: Asset, _ bound: BoundDevice, _ site: Site
) -> (bound: BoundInterface, interface: Interface)? {
  let wires = bound.interfaces.compactMap { entry in
    bound.device.interfaces.first { $0.name == entry.name }.map { (bound: entry, interface: $0) }
  }
  /// The length of the longest prefix at the interface that holds an address of the asset.
  func length(_ interface: Interface) -> Int {
    interface.addresses.filter { AddressSet($0.network).overlaps(asset.addresses) }.map(\.network.length).max() ?? 0
  }
  // The longest prefix decides where packets for the asset go.
  let longest = wires.map { length($0.interface) }.max() ?? 0
  guard longest > 0 else { return nil }
  let nearest = wires.filter { length($0.interface) == longest }
  func isAtHome(_ entry: BoundInterface) -> Bool {
    entry.attached.isEmpty || entry.attached.contains { site.zones[$0].name == asset.zone }
  }
  return nearest.contains { isAtHome($0.bound) } ? nil : nearest.first
}

private func finding(
  _ asset: Asset, _ wire: (bound: BoundInterface, interface: Interface), _ bound: BoundDevice,
  _ context: SiteContext
) -> Finding {
  let zones = wire.bound.attached.sorted().map { context.site.zones[$0].name }.joined(separator: ", ")
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
    message: """
      asset \(asset.name) belongs to zone \(asset.zone), but its address \(asset.addresses.summary(limit: 2)) lies in the \
      network of interface \(wire.bound.name) of \(bound.device.label), which is bound to \(zones)
      """,
    device: nil, property: "asset \(asset.name)", subject: "misplaced at \(bound.device.label) \(wire.bound.name)",
    location: asset.source,
    help: """
      correct the asset's zone or address, or move the asset; if the interface carries both zones, bind it to both, and no \
      filter stands between them there
      """)
  finding.related = [RelatedPlace(range: wire.interface.source, label: "the interface")]
  finding.consequence = asset.consequence ?? context.site.zone(named: asset.zone)?.touched
  return finding
}
