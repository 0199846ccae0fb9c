import PacketSets
import RuleModel
import SourceText

private let nowhere = SourceRange(file: 0, start: 0, end: 0)

/// The device with every place in its file erased, so that the same configuration in two forms can be compared.
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
      name: list.name, rules: list.rules.map { withoutPlaces($0) }, fallback: withoutPlaces(list.fallback),
      source: nowhere)
  }
  device.pipeline = device.pipeline.map { withoutPlaces($0) }
  device.localPipeline = device.localPipeline.map { withoutPlaces($0) }
  return device
}

private func withoutPlaces(_ rule: Rule) -> Rule {
  var rule = rule
  rule.source = nowhere
  rule.match = withoutPlaces(rule.match)
  for i in rule.objects.indices { rule.objects[i].range = nowhere }
  return rule
}

private func withoutPlaces(_ match: MatchBounds) -> MatchBounds {
  if match.isExact { return match }
  return MatchBounds(
    lower: match.lower, upper: match.upper, uncertainties: match.uncertainties.map { withoutPlaces($0) })
}

private func withoutPlaces(_ reason: Uncertainty) -> Uncertainty {
  Uncertainty(range: nowhere, reason: reason.reason)
}

private func withoutPlaces(_ action: DefaultAction) -> DefaultAction {
  var action = action
  if case .configured = action.origin { action.origin = .configured(nowhere) }
  return action
}

private func withoutPlaces(_ stage: Stage) -> Stage {
  var stage = stage
  stage.source = nowhere
  switch stage.work {
  case .filter(let lists, let fallback): stage.work = .filter(lists: lists, fallback: withoutPlaces(fallback))
  case .translate(let rules): stage.work = .translate(rules.map { withoutPlaces($0) })
  case .route: break
  }
  return stage
}

private func withoutPlaces(_ rule: TranslationRule) -> TranslationRule {
  var rule = rule
  rule.range = nowhere
  rule.match = withoutPlaces(rule.match)
  for path in [\TranslationRule.source, \TranslationRule.destination] {
    if case .unknown(let reason) = rule[keyPath: path] { rule[keyPath: path] = .unknown(withoutPlaces(reason)) }
  }
  return rule
}
