/// One step of a rule sequence: what a rule does where it stands.
public struct SequenceEntry: Hashable, Sendable {
  public var outcome: BoxOutcome
  /// Whether questions are asked about it; defaults and implied rules only take packets.
  public var isTested: Bool
  /// For `skip`: the first entry that is asked again.
  public var skipEnd: UInt32

  public init(_ outcome: BoxOutcome, isTested: Bool, skipEnd: UInt32 = 0) {
    self.outcome = outcome
    self.isTested = isTested
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

    func classes() -> TailClasses { TailClasses(tails) }
  }

  public private(set) var entries: ContiguousArray<SequenceEntry> = []
  let contexts: ContextSets
  var v4 = ContiguousArray<BoxRecord<UInt32>>()
  var v6 = ContiguousArray<BoxRecord<UInt128>>()
  private let tails: TailClasses
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

  /// Adds an entry of one IPv4 range on each side, as `add` does for a match of them with these services and nothing else.
  public mutating func addPlain(
    sources: ClosedRange<UInt32>, destinations: ClosedRange<UInt32>, _ services: [Service]
  ) {
    let entry = UInt32(entries.count - 1)
    let outcome = entries[entries.count - 1].outcome
    if services.count == 1, let range = services[0].simple {
      v4.append(
        BoxRecord(
          box: PacketBox(
            destinationLow: destinations.lowerBound, destinationHigh: destinations.upperBound,
            sourceLow: sources.lowerBound, sourceHigh: sources.upperBound, targetLow: range.target.lowerBound,
            targetHigh: range.target.upperBound, originLow: range.origin.lowerBound,
            originHigh: range.origin.upperBound, context: 0, protoLow: range.proto.lowerBound,
            protoHigh: range.proto.upperBound),
          outcome: outcome, flags: [.lower, .upper], entry: entry))
      return
    }
    add(
      PacketMatch(
        sources: AddressSet(v4: IntervalSet(sources)), destinations: AddressSet(v4: IntervalSet(destinations)),
        services: services), .both)
  }
}

extension Service {
  /// The one range of each field, when the service is one box.
  fileprivate var simple: (proto: ClosedRange<UInt8>, target: ClosedRange<UInt16>, origin: ClosedRange<UInt16>)? {
    guard protocols.intervals.count == 1, destinationPorts.intervals.count == 1, sourcePorts.intervals.count == 1,
      !constrainsTypes, tcpFlags.isAll
    else { return nil }
    let proto = protocols.intervals[0]
    if constrainsPorts { guard proto.count == 1, IPProtocol.withPorts.contains(proto.lowerBound) else { return nil } }
    return (proto, destinationPorts.intervals[0], sourcePorts.intervals[0])
  }
}
