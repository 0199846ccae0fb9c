import Reachability
import SitePolicy

/// What the answers of a run say nothing about, so that "no findings" is not taken for more than it is.
func blindSpots(_ site: Site, _ bound: BoundSite) -> [String] {
  let topology = SiteTopology(site: site, devices: bound.devices)
  let interfaces = topology.devices.flatMap(\.interfaces)
  let ends = Set(bound.diodes.flatMap { [$0.entry.from, $0.entry.to].compactMap { $0 } })
  let placed = interfaces.reduce(into: Set<Int>()) { $0.formUnion($1.behind) }
  var remarks = site.zones.indices.filter { index in
    let name = site.zones[index].name
    return !placed.contains(index) && !ends.contains(name) && !site.scope.excludedZones.contains(name)
  }.map { index in
    "zone \(site.zones[index].name) lies behind no interface that the files show; nothing that it reaches is judged"
  }
  for device in topology.devices {
    // Zones outside of the plant may share their way in.
    for interface in device.interfaces
    where interface.attached.count > 1 && interface.attached.contains(where: { site.zones[$0].level < .corporate }) {
      let names = interface.attached.sorted().map { site.zones[$0].name }.joined(separator: ", ")
      remarks.append(
        "zones \(names) lie behind one interface, \(interface.name) of \(device.device.label); what passes between them "
          + "is not judged")
    }
  }
  return remarks
}
