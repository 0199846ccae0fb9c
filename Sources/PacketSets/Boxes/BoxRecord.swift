/// What becomes of a packet that an entry of a rule sequence takes.
///
/// Permits of different inspection are different outcomes; `isPermit` tells permits from the rest.
public struct BoxOutcome: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let deny = BoxOutcome(rawValue: 0)
  /// Permits without inspection.
  public static let permit = BoxOutcome(rawValue: 1)
  /// May permit, deny or do nothing.
  public static let open = BoxOutcome(rawValue: 2)
  /// Leaves out the entries that follow, up to an entry that is named (the end of a chain).
  public static let skip = BoxOutcome(rawValue: 3)

  /// Permits with inspection by profile `index`; profiles from the 250th on count as one.
  public static func inspected(_ index: Int) -> BoxOutcome { BoxOutcome(rawValue: UInt8(min(index, 250)) + 4) }

  @inlinable public var isPermit: Bool { rawValue == 1 || rawValue >= 4 }
  @inlinable public var decides: Bool { self != .open && self != .skip }
  /// One bit for permits, one for denials, one for the rest; for quick looks at many records.
  var mask: UInt8 { isPermit ? 1 : self == .deny ? 2 : 4 }
}

/// What a box is to its entry.
struct BoxFlags: OptionSet, Sendable {
  let rawValue: UInt8
  /// The entry certainly takes the box's packets.
  static let lower = BoxFlags(rawValue: 1)
  /// The entry may take the box's packets.
  static let upper = BoxFlags(rawValue: 2)
  /// The box stands in the index at another place as well, and counts there.
  static let copy = BoxFlags(rawValue: 4)
}

/// One box of one entry, as the index holds it.
struct BoxRecord<Address: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  var box: PacketBox<Address>
  var outcome: BoxOutcome
  var flags: BoxFlags
  /// The entry, which is its place in the order of evaluation.
  var entry: UInt32
}
