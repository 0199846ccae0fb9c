import PacketSets
import RuleModel
import SourceText

/// A rule line interpreted: what it takes and what it does, not yet tied to lists.
struct IptablesRule {
  let range: SourceRange
  let family: IPFamily
  var ingress: InterfaceMatch = .any
  var egress: InterfaceMatch = .any
  var sources: AddressBounds
  var destinations: AddressBounds
  var services: [Service] = [.any]
  /// Session states that it may take and those that it certainly takes.
  var states: SessionStates = .all
  var certainStates: SessionStates = .all
  /// Why the rule may or may not take a packet that its other parts describe.
  var doubts: [Uncertainty] = []
  /// Whether every doubt is about the rate at which it matches.
  var isOnlyRateLimited = true
  var schedule: [String] = []
  var comment: String?
  var hits: UInt64?
  var target: String?
  var isGoto = false
  /// Options of the target with their arguments.
  var targetOptions: [String: [String]] = [:]
  /// The rule is marked for the other family and not loaded for this one (`-4`, `-6`).
  var isForOtherFamily = false
  /// Parts that were not understood, in plain words.
  var problems: [String] = []
  /// Sets and host names whose addresses are not in the file.
  var dynamicNames: [String] = []

  init(range: SourceRange, family: IPFamily) {
    self.range = range
    self.family = family
    sources = AddressBounds(IptablesAddresses.all(family))
    destinations = sources
  }

  /// Notes that the rule may or may not take a packet.
  mutating func doubt(_ reason: String, isRate: Bool = false) {
    doubts.append(Uncertainty(range: range, reason: reason))
    if !isRate { isOnlyRateLimited = false }
  }

  /// Notes a part that was not understood; the rule then takes at most what its other parts say.
  mutating func problem(_ reason: String) {
    problems.append(reason)
    doubt(reason)
  }

  /// Keeps only packets that one of `alternatives` takes too.
  mutating func narrow(to alternatives: [Service]) {
    services = services.flatMap { service in alternatives.compactMap { service.intersection($0) } }
  }

  /// What the rule matches; `untracked` holds the packets that some rule may exempt from tracking.
  func match(untracked: [PacketMatch]) -> MatchBounds {
    var upper = PacketMatch(
      sources: sources.upper, destinations: destinations.upper, services: services, states: states)
    var reasons = doubts + sources.uncertainties + destinations.uncertainties
    var isCertain = doubts.isEmpty
    if states != .all, untracked.contains(where: { $0.addressesOverlap(upper) }) {
      // A packet that the model calls new may in truth be untracked.
      if states.contains(.untracked) { upper.states = .all }
      reasons.append(Uncertainty(range: range, reason: "a rule of the raw table may exempt the packets from tracking"))
      isCertain = false
    }
    if certainStates != states {
      reasons.append(
        Uncertainty(range: range, reason: "whether a connection is translated or answered is not modelled"))
    }
    guard !reasons.isEmpty else { return MatchBounds(upper) }
    guard isCertain else { return MatchBounds(lower: [], upper: [upper], uncertainties: reasons) }
    let lower = PacketMatch(
      sources: sources.lower, destinations: destinations.lower, services: services, states: certainStates)
    return MatchBounds(lower: [lower], upper: [upper], uncertainties: reasons)
  }
}
