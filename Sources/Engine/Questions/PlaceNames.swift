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
    let device = topology.devices[place.device].device
    return line(location(of: place, device), device: device, name: name(of: place, device))
  }

  func line(_ range: SourceRange, device: Device, name: String) -> RuleLine {
    RuleLine(
      device: device.label, name: name, path: catalog.file(of: range).path, line: catalog.position(of: range).line)
  }

  private func location(of place: RulePlace, _ device: Device) -> SourceRange {
    guard let list = place.list else {
      guard device.pipeline.indices.contains(place.stage) else { return device.source }
      let stage = device.pipeline[place.stage]
      if case .filter(_, let fallback) = stage.work, case .configured(let range) = fallback.origin { return range }
      return stage.source
    }
    if let rule = place.rule { return device.lists[list].rules.source(at: rule) }
    if case .configured(let range) = device.lists[list].fallback.origin { return range }
    return device.lists[list].source
  }

  private func name(of place: RulePlace, _ device: Device) -> String {
    guard let list = place.list else {
      return device.pipeline.indices.contains(place.stage)
        ? "the default of \(device.pipeline[place.stage].name)" : "no filter"
    }
    guard let rule = place.rule else { return defaultName(device.lists[list]) }
    return device.lists[list].rules[rule].name
  }

  /// `the implicit default of OUTSIDE_in (every access list ends so)`.
  func defaultName(_ list: RuleList) -> String {
    switch list.fallback.origin {
    case .configured: "the configured default of \(list.name)"
    case .implicit(let text): "the implicit default of \(list.name) (\(text))"
    case .factory(let text): "the factory default of \(list.name) (\(text))"
    }
  }
}
