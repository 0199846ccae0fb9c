import PacketSets
import RuleModel
import SourceText

/// A rule, or a default, of a device.
public struct RulePlace: Hashable, Sendable {
  /// Index into `SiteTopology.devices`.
  public var device: Int
  /// Index into the pipeline.
  public var stage: Int
  /// Index into the device's lists; nil for the stage's default.
  public var list: Int?
  /// Index into the list's rules; nil for the list's default.
  public var rule: Int?

  public init(device: Int, stage: Int, list: Int?, rule: Int?) {
    self.device = device
    self.stage = stage
    self.list = list
    self.rule = rule
  }
}

extension SiteTopology {
  /// Which rules let packets of a flow through, in end-to-end form: those of the last device on the path that has a rule of
  /// the file for them, because it is the one that guards the target; else those of the last one that has a default for them.
  public func blame(_ packets: SetBounds, _ flow: PathFlow) -> [(place: RulePlace, packets: SetBounds)] {
    func last(_ isMeant: (PermitShare) -> Bool) -> Int? {
      flow.path.indices.last { hop in
        flow.branch.shares.contains { $0.hop == hop && isMeant($0) && $0.packets.upper.overlaps(packets.upper) }
      }
    }
    let hop = last { isExplicit($0, flow) } ?? last { $0.list != nil && $0.rule == nil } ?? flow.path.count - 1
    return blame(packets, flow, hop: hop)
  }

  /// Which rules of one device on the path let the packets through: of the first stage that has a rule of the file for them,
  /// else of the last one whose default does, else (rules that the platform implies) of the last one.
  public func blame(_ packets: SetBounds, _ flow: PathFlow, hop: Int) -> [(place: RulePlace, packets: SetBounds)] {
    let index = flow.path[hop].device
    let own = flow.branch.shares.filter { $0.hop == hop }
    let chosen = blamedStage(own, packets, flow, devices[index].device)
    var blamed = packets.upper.space.empty
    var parts: [(place: RulePlace, packets: SetBounds)] = []
    var indexes: [RulePlace: Int] = [:]
    for share in own where share.stage == chosen {
      let part = SetBounds(
        lower: share.packets.lower.intersection(packets.lower),
        upper: share.packets.upper.intersection(packets.upper))
      guard !part.upper.isEmpty else { continue }
      let place = RulePlace(device: index, stage: share.stage, list: share.list, rule: share.rule)
      // A rule that several jumps lead to has a share for each.
      if let known = indexes[place] {
        parts[known].packets = parts[known].packets.union(part)
      } else {
        indexes[place] = parts.count
        parts.append((place, part))
      }
      // One subtraction at the end is far cheaper than one for each rule: unions copy only what the rules share.
      blamed = blamed.union(part.upper)
    }
    let rest = SetBounds(lower: packets.lower.subtracting(blamed), upper: packets.upper.subtracting(blamed))
    // Nothing that passes may go unreported because no rule is to blame: a device without filters, say.
    if !rest.upper.isEmpty {
      parts.append((RulePlace(device: index, stage: chosen ?? 0, list: nil, rule: nil), rest))
    }
    return parts
  }

  private func blamedStage(_ shares: [PermitShare], _ packets: SetBounds, _ flow: PathFlow, _ device: Device) -> Int? {
    let stages = Set(shares.map(\.stage)).sorted()
    func lets(_ stage: Int, _ isMeant: (PermitShare) -> Bool) -> Bool {
      shares.contains { $0.stage == stage && isMeant($0) && $0.packets.upper.overlaps(packets.upper) }
    }
    return stages.first { lets($0) { isExplicit($0, flow) } }
      ?? stages.last { stage in
        lets(stage) { $0.list != nil && $0.rule == nil } && !device.pipeline[stage].isPreparatory
      } ?? stages.last
  }

  /// Whether a rule that stands in the file lets the packets through, and not a default.
  public func isExplicit(_ share: PermitShare, _ flow: PathFlow) -> Bool {
    guard let list = share.list, let rule = share.rule else { return false }
    return devices[flow.path[share.hop].device].device.lists[list].rules[rule].isExplicit
  }
}

extension SiteTopology {
  /// Where to look for a place in the file.
  public func location(of place: RulePlace) -> SourceRange {
    let device = devices[place.device].device
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

  /// How an engineer would name a place; nil for a device that filters nothing.
  public func name(of place: RulePlace) -> String? {
    let device = devices[place.device].device
    guard let list = place.list else {
      return device.pipeline.indices.contains(place.stage)
        ? "the default of \(device.pipeline[place.stage].name)" : nil
    }
    return place.rule.map { device.lists[list].rules[$0].name } ?? device.lists[list].defaultName
  }
}

extension RuleList {
  /// `the implicit default of OUTSIDE_in (every access list ends so)`.
  public var defaultName: String {
    switch fallback.origin {
    case .configured: "the configured default of \(name)"
    case .implicit(let text): "the implicit default of \(name) (\(text))"
    case .factory(let text): "the factory default of \(name) (\(text))"
    }
  }
}
