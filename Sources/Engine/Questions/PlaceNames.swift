import Findings
import Reachability
import RuleModel
import SourceText

extension SiteNetwork {
  /// What every answer carries.
  var frame: AnswerFrame {
    AnswerFrame(toolVersion: toolVersion, site: site.name, gaps: gaps, notCovered: notCovered)
  }

  /// The zone for people.
  func title(_ reference: ZoneReference) -> ZoneTitle {
    let zone = topology.zone(reference)
    return ZoneTitle(
      name: zone?.name ?? topology.label(reference), level: zone?.level.description, isSafety: zone?.isSafety ?? false,
      label: topology.label(reference))
  }

  /// The path for people.
  func hops(_ path: [Hop]) -> [PathHop] {
    path.map { PathHop(device: topology.devices[$0.device].device.label, ingress: $0.ingress, egress: $0.egress) }
  }

  /// The line behind a place.
  func line(_ place: RulePlace) -> RuleLine {
    line(
      topology.location(of: place), device: topology.devices[place.device].device,
      name: topology.name(of: place) ?? "no filter")
  }

  func line(_ range: SourceRange, device: Device, name: String) -> RuleLine {
    RuleLine(
      device: device.label, name: name, path: catalog.file(of: range).path, line: catalog.position(of: range).line)
  }
}
