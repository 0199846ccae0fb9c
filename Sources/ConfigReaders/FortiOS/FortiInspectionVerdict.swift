import PacketSets
import RuleModel
import SourceText

/// Collects, entry by entry, what an inspection profile blocks.
///
/// The first matching entry decides: a block counts for functions that no earlier entry passes.
struct FortiInspectionVerdict {
  /// Ports on which Modbus is recognised.
  var ports = IntervalSet<UInt16>(502)
  /// Set when packets without an industrial signature may be blocked too.
  var blocksUnnamed: Uncertainty?
  private var surelyBlocked: [FunctionMatch] = []
  private var possiblyBlocked: [FunctionMatch] = []
  private var surelyPassed: IntervalSet<UInt16> = .empty
  private var possiblyPassed: IntervalSet<UInt16> = .empty
  private var reasons: [Uncertainty] = []
  private var blocksSomething = false

  /// Every Modbus function.
  let allModbus = FunctionMatch(functions: functions(of: .modbus))

  mutating func pass(surely: [FunctionMatch], possibly: [FunctionMatch]) {
    for match in surely where match.units.isAll && match.registers.isAll {
      surelyPassed = surelyPassed.union(match.functions)
    }
    for match in possibly { possiblyPassed = possiblyPassed.union(match.functions) }
  }

  mutating func block(surely: [FunctionMatch], possibly: [FunctionMatch], _ reason: Uncertainty) {
    blocksSomething = true
    surelyBlocked += cut(surely, by: possiblyPassed)
    possiblyBlocked += cut(possibly, by: surelyPassed)
    reasons.append(reason)
  }

  mutating func mayBlockAnything(_ reason: Uncertainty) {
    blocksSomething = true
    possiblyBlocked.append(.any)
    reasons.append(reason)
  }

  private func cut(_ matches: [FunctionMatch], by passed: IntervalSet<UInt16>) -> [FunctionMatch] {
    matches.compactMap {
      var match = $0
      match.functions = match.functions.subtracting(passed)
      return match.functions.isEmpty ? nil : match
    }
  }

  /// The finished profile.
  func profile(named name: String, _ isSure: Bool, _ exclusion: String?, _ source: SourceRange) -> InspectionProfile {
    var mode: InspectionProfile.Mode = blocksSomething ? .enforcing : .monitoring
    var blocked = MatchBounds.nothing
    if let exclusion {
      // Without signatures industrial messages are unknown traffic, which a list may block as such.
      mode = blocksUnnamed == nil ? .inert(exclusion) : .enforcing
      if let blocksUnnamed { blocked = MatchBounds(lower: [], upper: [.any], uncertainties: [blocksUnnamed]) }
    } else if blocksSomething {
      let onPorts = [Service(proto: IPProtocol.tcp, destinationPorts: ports)]
      let lower = isSure && !ports.isEmpty ? surelyBlocked.map { PacketMatch(services: onPorts, function: $0) } : []
      let upper = possiblyBlocked.map { PacketMatch(function: $0) }
      blocked = MatchBounds(lower: lower, upper: upper + lower, uncertainties: limited(reasons))
    }
    return InspectionProfile(
      name: name, mode: mode, blocked: blocked, protocols: [.modbus], source: source)
  }
}
