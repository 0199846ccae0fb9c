import Reachability
import SitePolicy

extension SiteNetwork {
  /// The zones from the outside inwards: addresses of no zone where they matter, then the highest level first, safety systems
  /// last, else in the order of the site file.
  var orderedReferences: [ZoneReference] {
    topology.references.filter { $0 != .unzoned || reachesOutside }.sorted { rank($0) < rank($1) }
  }

  /// Whether packets of addresses of no zone enter or leave somewhere.
  var reachesOutside: Bool {
    topology.devices.contains { $0.interfaces.contains { $0.leadsOutside || $0.isEntrance } }
  }

  private func rank(_ reference: ZoneReference) -> (Int, Int, Int) {
    guard case .zone(let index) = reference else { return (-100, 0, 0) }
    let zone = site.zones[index]
    return (-zone.level.tenths, zone.isSafety ? 1 : 0, index)
  }
}
