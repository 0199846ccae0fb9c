/// One step of a rule sequence: what a rule does where it stands.
public struct SequenceEntry: Hashable, Sendable {
  public var outcome: BoxOutcome
  /// Whether questions are asked about it; defaults and implied rules only take packets.
  public var isTested: Bool
  /// Whether its order among opposite entries is of interest; entries for replies only overlap with everything.
  public var isCompared: Bool
  /// For `skip`: the first entry that is asked again.
  public var skipEnd: UInt32

  public init(_ outcome: BoxOutcome, isTested: Bool, isCompared: Bool = true, skipEnd: UInt32 = 0) {
    self.outcome = outcome
    self.isTested = isTested
    self.isCompared = isTested && isCompared
    self.skipEnd = skipEnd
  }
}

/// Rules in the order in which packets meet them, as boxes: the form in which anomalies are looked for.
///
/// The first entry that takes a packet decides, but for `skip` entries, which leave entries out. Entries are added in order.
/// Filling takes two rounds, since the classes of contexts come from all matches: `RuleSequence.Contexts` first.
public struct RuleSequence {
  /// The classes of session states, flags and functions, and of interfaces.
  public struct Contexts: Sendable {
    private var tails: Set<PacketTail> = []

    public init() {}

    /// Takes note of what a match says besides addresses, protocol and ports.
    public mutating func collect(_ match: PacketMatch) { match.collectTails(into: &tails) }

    /// Takes note of session states.
    public mutating func collect(_ states: SessionStates) {
      if states != .all { tails.insert(PacketTail(states: states)) }
    }

    public mutating func formUnion(_ other: Contexts) { tails.formUnion(other.tails) }

    func classes() -> TailClasses { TailClasses(tails) }
  }

  public private(set) var entries: ContiguousArray<SequenceEntry> = []
  let contexts: ContextSets
  var v4 = ContiguousArray<BoxRecord<UInt32>>()
  var v6 = ContiguousArray<BoxRecord<UInt128>>()
  let tails: TailClasses
  private let ingressClasses: Int
  private let egressClasses: Int

  /// - Parameters:
  ///   - contexts: has seen every match that will be added.
  ///   - ingressClasses: classes of interfaces that packets enter by.
  ///   - egressClasses: the same for leaving.
  public init(contexts: Contexts, ingressClasses: Int = 1, egressClasses: Int = 1) {
    tails = contexts.classes()
    self.ingressClasses = ingressClasses
    self.egressClasses = egressClasses
    self.contexts = ContextSets(ingress: ingressClasses, egress: egressClasses, tail: tails.count)
  }

  /// An empty sequence over the contexts of another one, so that the two can be compared.
  public init(sharing other: RuleSequence) {
    tails = other.tails
    ingressClasses = other.ingressClasses
    egressClasses = other.egressClasses
    contexts = other.contexts
  }

  public mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    v4.reserveCapacity(count)
  }

  /// Adds an entry and returns its number.
  public mutating func append(_ entry: SequenceEntry) -> Int {
    entries.append(entry)
    return entries.count - 1
  }

  /// Sets where a `skip` entry goes on.
  public mutating func end(skip entry: Int, at end: Int) { entries[entry].skipEnd = UInt32(end) }

  /// Which bounds of an entry's match a box belongs to.
  public enum Bound: Sendable {
    case both, lower, upper

    fileprivate var flags: BoxFlags {
      switch self {
      case .both: [.lower, .upper]
      case .lower: .lower
      case .upper: .upper
      }
    }
  }

  /// Adds the boxes of a match to the last entry.
  ///
  /// - Parameters:
  ///   - ingress: classes of interfaces that the packet may have entered by; nil for all.
  ///   - egress: the same for leaving.
  public mutating func add(
    _ match: PacketMatch, _ bound: Bound, ingress: ContextSets.Bits? = nil, egress: ContextSets.Bits? = nil
  ) {
    let entry = UInt32(entries.count - 1)
    let outcome = entries[entries.count - 1].outcome
    match.parts { service, protocols, tail in
      let context = contexts.number(
        ingress: ingress ?? ContextSets.full(ingressClasses), egress: egress ?? ContextSets.full(egressClasses),
        tail: tails[tail])
      if context == ContextSets.nothing { return }
      for proto in protocols.intervals {
        for target in service.targetRanges {
          for origin in service.originRanges {
            func addAll<Address: FixedWidthInteger & UnsignedInteger>(
              _ sources: IntervalSet<Address>, _ destinations: IntervalSet<Address>,
              _ records: inout ContiguousArray<BoxRecord<Address>>
            ) {
              for source in sources.intervals {
                for destination in destinations.intervals {
                  let box = PacketBox(
                    destinationLow: destination.lowerBound, destinationHigh: destination.upperBound,
                    sourceLow: source.lowerBound, sourceHigh: source.upperBound, targetLow: target.lowerBound,
                    targetHigh: target.upperBound, originLow: origin.lowerBound, originHigh: origin.upperBound,
                    context: context, protoLow: proto.lowerBound, protoHigh: proto.upperBound)
                  records.append(
                    BoxRecord(
                      box: box, outcome: outcome, flags: bound.flags, entry: entry))
                }
              }
            }
            addAll(match.sources.v4, match.destinations.v4, &v4)
            addAll(match.sources.v6, match.destinations.v6, &v6)
          }
        }
      }
    }
  }

  /// Ranges of protocol and ports, or ICMP type and code, of an entry of one box.
  public struct PlainRanges: Sendable {
    public var protocols: ClosedRange<UInt8>
    /// Destination ports, or ICMP types with 255 stretched to 65,535.
    public var targets: ClosedRange<UInt16>
    /// Source ports, or ICMP codes with 255 stretched to 65,535.
    public var origins: ClosedRange<UInt16>

    public init(protocols: ClosedRange<UInt8>, targets: ClosedRange<UInt16>, origins: ClosedRange<UInt16>) {
      self.protocols = protocols
      self.targets = targets
      self.origins = origins
    }
  }

  /// Adds a box of one IPv4 range on each side to the last entry, known exactly.
  ///
  /// - Parameter isBothFamilies: adds every IPv6 address on each side as well.
  public mutating func addPlain(
    sources: ClosedRange<UInt32>, destinations: ClosedRange<UInt32>, _ ranges: PlainRanges,
    states: SessionStates = .all, isBothFamilies: Bool
  ) {
    let entry = UInt32(entries.count - 1)
    let outcome = entries[entries.count - 1].outcome
    let context = states == .all ? 0 : number(PacketTail(states: states))
    if context == ContextSets.nothing { return }
    func box<Address>(_ source: ClosedRange<Address>, _ destination: ClosedRange<Address>) -> BoxRecord<Address> {
      BoxRecord(
        box: PacketBox(
          destinationLow: destination.lowerBound, destinationHigh: destination.upperBound,
          sourceLow: source.lowerBound, sourceHigh: source.upperBound, targetLow: ranges.targets.lowerBound,
          targetHigh: ranges.targets.upperBound, originLow: ranges.origins.lowerBound,
          originHigh: ranges.origins.upperBound, context: context, protoLow: ranges.protocols.lowerBound,
          protoHigh: ranges.protocols.upperBound),
        outcome: outcome, flags: [.lower, .upper], entry: entry)
    }
    v4.append(box(sources, destinations))
    if isBothFamilies { v6.append(box(UInt128.min...UInt128.max, UInt128.min...UInt128.max)) }
  }

  private func number(_ tail: PacketTail) -> UInt32 {
    contexts.number(
      ingress: ContextSets.full(ingressClasses), egress: ContextSets.full(egressClasses), tail: tails[tail])
  }
}
