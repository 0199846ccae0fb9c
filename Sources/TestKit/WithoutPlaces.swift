import RuleModel
import SourceText

/// The device with every place in a file wiped out, so that the same configuration in two forms gives equal devices.
///
/// What a message says stays; which line is to blame does not.
public func withoutPlaces(_ device: Device) -> Device {
  var device = device
  device.source = nowhere
  for i in device.interfaces.indices { device.interfaces[i].source = nowhere }
  for i in device.routes.indices { device.routes[i].source = nowhere }
  for i in device.management.indices { device.management[i].source = nowhere }
  for i in device.profiles.indices {
    device.profiles[i].source = nowhere
    device.profiles[i].blocked = withoutPlaces(device.profiles[i].blocked)
  }
  device.lists = device.lists.map { list in
    RuleList(
      name: list.name, rules: list.rules.map(withoutPlaces), fallback: withoutPlaces(list.fallback), source: nowhere)
  }
  device.pipeline = device.pipeline.map(withoutPlaces)
  device.localPipeline = device.localPipeline.map(withoutPlaces)
  return device
}

/// Everything that the device says but places, in one text.
public func textWithoutPlaces(_ device: Device) -> String {
  var device = withoutPlaces(device)
  // How a list packs its rules depends on places.
  let lists = device.lists.map { "\($0.name) \($0.fallback) \(Array($0.rules))" }
  device.lists = []
  return String(reflecting: device) + lists.joined(separator: "\n")
}

private let nowhere = SourceRange(file: 0, start: 0, end: 0)

private func withoutPlaces(_ rule: Rule) -> Rule {
  var rule = rule
  rule.source = nowhere
  rule.match = withoutPlaces(rule.match)
  rule.objects = rule.objects.map { ObjectReference(name: $0.name, range: nowhere) }
  return rule
}

private func withoutPlaces(_ match: MatchBounds) -> MatchBounds {
  if match.isExact { return match }
  return MatchBounds(
    lower: match.lower, upper: match.upper, uncertainties: match.uncertainties.map(withoutPlaces))
}

private func withoutPlaces(_ uncertainty: Uncertainty) -> Uncertainty {
  Uncertainty(range: nowhere, reason: uncertainty.reason)
}

private func withoutPlaces(_ fallback: DefaultAction) -> DefaultAction {
  guard case .configured = fallback.origin else { return fallback }
  return DefaultAction(fallback.verdict, .configured(nowhere), logging: fallback.logging)
}

private func withoutPlaces(_ stage: Stage) -> Stage {
  var stage = stage
  stage.source = nowhere
  switch stage.work {
  case .route: break
  case .filter(let lists, let fallback): stage.work = .filter(lists: lists, fallback: withoutPlaces(fallback))
  case .translate(let rules): stage.work = .translate(rules.map(withoutPlaces))
  }
  return stage
}

private func withoutPlaces(_ rule: TranslationRule) -> TranslationRule {
  var rule = rule
  rule.range = nowhere
  rule.match = withoutPlaces(rule.match)
  rule.source = rule.source.map(withoutPlaces)
  rule.destination = rule.destination.map(withoutPlaces)
  return rule
}

private func withoutPlaces(_ change: AddressTranslation) -> AddressTranslation {
  if case .unknown(let uncertainty) = change { .unknown(withoutPlaces(uncertainty)) } else { change }
}
