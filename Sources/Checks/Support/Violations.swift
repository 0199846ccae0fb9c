import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// A rule, or a default, of a device.
struct RulePlace: Hashable {
  /// Index into the pipeline.
  var stage: Int
  /// Index into the device's lists; nil for the stage's default.
  var list: Int?
  /// Index into the list's rules; nil for the list's default.
  var rule: Int?
}

/// The forbidden traffic of one zone pair that one rule lets through.
struct ViolationPart {
  var flow: ZoneFlow
  var branch: FlowBranch
  /// As the packets leave the device.
  var packets: SetBounds
}

/// Everything forbidden that one rule lets through.
struct RuleViolation {
  var place: RulePlace
  var parts: [ViolationPart]

  var isCertain: Bool { parts.contains { !$0.packets.lower.isEmpty } }
}

extension DeviceContext {
  /// The flows that this check's policy rule answers for, with what of them is forbidden, rule by rule.
  ///
  /// - Parameters:
  ///   - selecting: which zone pairs to look at; by default those that the policy rule answers for.
  ///   - forbidden: the forbidden packets of a flow, as they leave the device.
  func violations(
    selecting: ((ZoneReference, ZoneReference) -> Bool)? = nil, forbidden: (ZoneFlow) -> PacketSet
  ) -> [RuleViolation] {
    var order: [RulePlace] = []
    var parts: [RulePlace: [ViolationPart]] = [:]
    let answers = selecting ?? { policy.answers(rule, $0, $1, topology) }
    let local = space.set(PacketMatch(destinations: device.ownAddresses))
    for flow in analysis.flows where answers(flow.from, flow.to) {
      let set = forbidden(flow)
      for branch in flow.branches + flow.strays {
        let packets = branch.permitted.intersection(set)
        if packets.upper.isEmpty { continue }
        // What a rule permits to the device's own addresses alone is not forwarded.
        for (place, part) in shares(of: packets, branch) where !part.upper.subtracting(local).isEmpty {
          if parts[place] == nil { order.append(place) }
          parts[place, default: []].append(ViolationPart(flow: flow, branch: branch, packets: part))
        }
      }
    }
    return order.map { RuleViolation(place: $0, parts: parts[$0] ?? []) }
  }

  /// Which rules let the packets through: of the first stage that has a rule of the file for them, else of the last one
  /// whose default does, else (rules that the platform implies) of the last one.
  private func shares(of packets: SetBounds, _ branch: FlowBranch) -> [(RulePlace, SetBounds)] {
    let stages = Set(branch.shares.map(\.stage)).sorted()
    func lets(_ stage: Int, _ isMeant: (PermitShare) -> Bool) -> Bool {
      branch.shares.contains { $0.stage == stage && isMeant($0) && $0.packets.upper.overlaps(packets.upper) }
    }
    let chosen =
      stages.first { lets($0, isExplicit) }
      ?? stages.last { stage in
        lets(stage) { $0.list != nil && $0.rule == nil } && !device.pipeline[stage].isPreparatory
      } ?? stages.last
    var blamed = space.empty
    var parts: [(RulePlace, SetBounds)] = []
    for share in branch.shares where share.stage == chosen {
      let part = SetBounds(
        lower: share.packets.lower.intersection(packets.lower),
        upper: share.packets.upper.intersection(packets.upper))
      guard !part.upper.isEmpty else { continue }
      parts.append((RulePlace(stage: share.stage, list: share.list, rule: share.rule), part))
      // One subtraction at the end is far cheaper than one for each rule: unions copy only what the rules share.
      blamed = blamed.union(part.upper)
    }
    let rest = SetBounds(lower: packets.lower.subtracting(blamed), upper: packets.upper.subtracting(blamed))
    // Nothing that passes may go unreported because no rule is to blame: a device without filters, say.
    if !rest.upper.isEmpty { parts.append((RulePlace(stage: chosen ?? 0, list: nil, rule: nil), rest)) }
    return parts
  }

  /// Whether a rule that stands in the file lets the packets through, and not a default.
  func isExplicit(_ share: PermitShare) -> Bool {
    guard let list = share.list, let rule = share.rule else { return false }
    return device.lists[list].rules[rule].isExplicit
  }

  /// The rule of a place; nil for a default.
  func rule(at place: RulePlace) -> Rule? {
    guard let list = place.list, let rule = place.rule else { return nil }
    return device.lists[list].rules[rule]
  }

  /// Where to look for a place in the file.
  func location(of place: RulePlace) -> SourceRange {
    if let rule = rule(at: place) { return rule.source }
    guard let list = place.list else {
      guard device.pipeline.indices.contains(place.stage) else { return device.source }
      if case .filter(_, let fallback) = device.pipeline[place.stage].work,
        case .configured(let range) = fallback.origin
      {
        return range
      }
      return device.pipeline[place.stage].source
    }
    if case .configured(let range) = device.lists[list].fallback.origin { return range }
    return device.lists[list].source
  }

  /// How an engineer would name a place.
  func name(of place: RulePlace) -> String {
    if let rule = rule(at: place) { return rule.name }
    guard let list = place.list else {
      return device.pipeline.indices.contains(place.stage)
        ? "the default of \(device.pipeline[place.stage].name)" : "\(device.label), which filters nothing,"
    }
    let fallback = device.lists[list].fallback
    switch fallback.origin {
    case .configured: return "the configured default of \(device.lists[list].name)"
    case .implicit(let text): return "the implicit default of \(device.lists[list].name) (\(text))"
    case .factory(let text): return "the factory default of \(device.lists[list].name) (\(text))"
    }
  }
}

extension Device {
  /// The addresses of its interfaces that are up.
  var ownAddresses: AddressSet {
    interfaces.filter { !$0.isShutdown }.flatMap(\.addresses).reduce(.empty) { $0.union(AddressSet($1.address)) }
  }
}
