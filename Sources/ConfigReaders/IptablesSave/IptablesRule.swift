import PacketSets
import RuleModel
import SourceText

/// What a rule's test of the connection state sees.
enum ConnectionTracking {
  /// The packet's state; packets of `exempt` may be untracked instead.
  case done(exempt: [PacketMatch])
  /// The raw table comes before tracking (nf_ip_hook_priorities: RAW -300, CONNTRACK -200), so every packet looks
  /// INVALID, unless a CT or NOTRACK rule of the table has already given it a state.
  case pending(isCertain: Bool)
}

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
    sources = AddressBounds(MaskedAddresses.all(family))
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

  /// What the rule matches.
  func match(_ tracking: ConnectionTracking) -> MatchBounds {
    var upper = PacketMatch(
      sources: sources.upper, destinations: destinations.upper, services: services, states: states)
    var lowerStates = certainStates
    var reasons = doubts + sources.uncertainties + destinations.uncertainties
    var isCertain = doubts.isEmpty
    if states != .all {
      switch tracking {
      case .pending(isCertain: true):
        upper.states = states.contains(.invalid) ? .all : []
        lowerStates = upper.states
      case .pending(isCertain: false):
        upper.states = .all
        reasons.append(uncertainty("whether a rule before it has set the packet's state is not followed"))
        isCertain = false
      case .done(let exempt) where exempt.contains { $0.addressesOverlap(upper) }:
        // A packet that the model calls new may in truth be untracked.
        if states.contains(.untracked) { upper.states = .all }
        reasons.append(uncertainty("a rule of the raw table may exempt the packets from tracking"))
        isCertain = false
      case .done: break
      }
    }
    guard upper.mayMatch else { return .nothing }
    if lowerStates != upper.states, isCertain {
      reasons.append(uncertainty("whether a connection is translated or answered is not modelled"))
    }
    guard !reasons.isEmpty else { return MatchBounds(upper) }
    guard isCertain else { return MatchBounds(lower: [], upper: [upper], uncertainties: reasons) }
    let lower = PacketMatch(
      sources: sources.lower, destinations: destinations.lower, services: services, states: lowerStates)
    return MatchBounds(lower: [lower], upper: [upper], uncertainties: reasons)
  }

  private func uncertainty(_ reason: String) -> Uncertainty { Uncertainty(range: range, reason: reason) }
}
