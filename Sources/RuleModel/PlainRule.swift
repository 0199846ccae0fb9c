import PacketSets
import SourceText

/// The usual rule in 36 bytes: one IPv4 range or everything on each side, session states, exact, permit or deny.
///
/// Lists of a million rules exist, and a `Rule` with its arrays takes fifteen times as much memory; `RuleTable` keeps the
/// usual ones in this form, counters beside them. Addresses are inclusive ranges.
public struct PlainRule: Hashable, Sendable {
  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The source is everything, of both families.
    @inlinable public static var anySource: Flags { Flags(rawValue: 1) }
    /// The destination is everything, of both families.
    @inlinable public static var anyDestination: Flags { Flags(rawValue: 2) }
    /// Permits; else it denies.
    @inlinable public static var permits: Flags { Flags(rawValue: 4) }
    /// A deny that tells the sender.
    @inlinable public static var rejects: Flags { Flags(rawValue: 8) }
    @inlinable public static var isLogged: Flags { Flags(rawValue: 16) }
    @inlinable public static var isNotLogged: Flags { Flags(rawValue: 32) }
    @inlinable public static var isDisabled: Flags { Flags(rawValue: 64) }
    /// No plain rule after all: `service` is a place among the table's full rules.
    @inlinable static var isDetailed: Flags { Flags(rawValue: 128) }
    /// What a reader of `RuleTable.plain(at:)` need not know of: no plain rule, or not for all session states.
    @inlinable static var isNoPlainMatch: Flags { Flags(rawValue: 0x1F << stateShift | isDetailed.rawValue) }

    /// Session states that are *not* matched take the bits from here on, so that a usual rule has none of them.
    @inlinable static var stateShift: UInt16 { 8 }

    /// Matches packets of these session states only.
    public static func onlyStates(_ states: SessionStates) -> Flags {
      Flags(rawValue: UInt16(SessionStates.all.subtracting(states).rawValue) << stateShift)
    }

    /// The session states that are matched.
    public var states: SessionStates {
      SessionStates.all.subtracting(SessionStates(rawValue: UInt8(truncatingIfNeeded: rawValue >> Self.stateShift)))
    }
  }
  public var sourceLow: UInt32
  public var sourceHigh: UInt32
  public var destinationLow: UInt32
  public var destinationHigh: UInt32
  /// Index into `RuleTable.services`.
  public var service: UInt32
  /// What follows the table's prefix in the rule's name.
  public var number: UInt32
  /// Offset of the rule in its file, and its length in bytes.
  @usableFromInline var start: UInt32
  @usableFromInline var length: UInt16
  public var flags: Flags

  /// A rule whose addresses are given in full or by the flags.
  ///
  /// - Returns: nil when the statement is longer than 65,535 bytes.
  @inlinable
  public init?(
    sources: ClosedRange<UInt32>, destinations: ClosedRange<UInt32>, service: UInt32, number: Int, flags: Flags,
    range: SourceRange
  ) {
    guard let length = UInt16(exactly: range.end - range.start), let number = UInt32(exactly: number) else {
      return nil
    }
    sourceLow = sources.lowerBound
    sourceHigh = sources.upperBound
    destinationLow = destinations.lowerBound
    destinationHigh = destinations.upperBound
    self.service = service
    self.number = number
    start = range.start
    self.length = length
    self.flags = flags
  }

  /// Stands for the full rule at `place`.
  init(detail place: Int) {
    sourceLow = 0
    sourceHigh = 0
    destinationLow = 0
    destinationHigh = 0
    service = UInt32(place)
    number = 0
    start = 0
    length = 0
    flags = .isDetailed
  }

  /// Both families when the source is everything.
  var sources: AddressSet { flags.contains(.anySource) ? .all : AddressSet(v4: IntervalSet(sourceLow...sourceHigh)) }
  /// Both families when the destination is everything.
  var destinations: AddressSet {
    flags.contains(.anyDestination) ? .all : AddressSet(v4: IntervalSet(destinationLow...destinationHigh))
  }

  /// The session states of the packets that match.
  public var states: SessionStates { flags.states }

  public var action: Action {
    flags.contains(.permits) ? .permit : .deny(rejects: flags.contains(.rejects))
  }

  var logging: Logging {
    if flags.contains(.isLogged) { return .on }
    return flags.contains(.isNotLogged) ? .off : .unknown
  }
}
