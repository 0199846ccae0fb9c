import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let assetUnmentioned = Check(
    "AST003", "asset-unmentioned", .info, "An asset that no rule mentions and no conduit names.",
    work: .site { context in
      let mentioned = mentionedAddresses(context)
      return context.site.assets.filter { asset in
        guard let zone = context.site.zone(named: asset.zone), context.rule.to?.selects(zone) ?? true else {
          return false
        }
        // What has no address cannot be named by a rule.
        return !asset.addresses.isEmpty && !asset.addresses.overlaps(mentioned)
      }.map { asset in
        var finding = Finding(
          code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
          message: """
            asset \(asset.name) (\(asset.addresses.summary(limit: 2)), zone \(asset.zone)) is in no rule and no conduit: either \
            it talks within its zone only, or it is gone
            """,
          device: nil, property: "asset \(asset.name)", subject: "unmentioned", location: asset.source,
          help:
            "take the asset out of the inventory if it is gone; if it talks across zones, find out past which device")
        finding.consequence = asset.consequence ?? context.site.zone(named: asset.zone)?.touched
        return finding
      }
    })
}

/// Every address that a rule, a translation, a conduit or an interface names; rules that are switched off do not.
private func mentionedAddresses(_ context: SiteContext) -> AddressSet {
  let ends = context.site.conduits.flatMap { [$0.from, $0.to] } + (context.site.remoteAccess?.jumpHosts ?? [])
  let named = context.topology.devices.map(\.device).flatMap { device -> [AddressSet] in
    let rules = device.lists.flatMap { list in
      list.rules.filter { $0.isExplicit && $0.state != .disabled }.map(\.namedAddresses)
    }
    return [device.translatedAddresses, device.ownAddresses] + rules
  }
  return AddressSet(unionOf: ends.map(\.addresses) + named)
}
