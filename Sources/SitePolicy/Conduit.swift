import PacketSets
import SourceText

/// One end of a conduit.
public struct Endpoint: Hashable, Sendable {
  /// As written: `zone`, `zone/asset`, `zone/10.1.2.3`, or a network.
  public var text: String
  /// The zone that holds all of the addresses; nil for a network that lies in no zone or in several.
  public var zone: String?
  /// The asset, where one is named.
  public var asset: String?
  /// Never empty.
  public var addresses: AddressSet
  public var source: SourceRange
}

/// A listed communication between two zones (IEC 62443-1-1), opened from `from` to `to`.
public struct Conduit: Sendable {
  public var name: String
  public var from: Endpoint
  public var to: Endpoint
  /// Alternatives; never empty.
  public var services: [Service]
  /// Industrial functions that the conduit carries; packets that carry none (a handshake) are always included.
  public var functions: FunctionMatch
  /// Whether the plant needs it: a device that blocks it is then a finding.
  public var isRequired: Bool
  /// Whether no session may be opened in the other direction.
  public var isOneWay: Bool
  public var owner: String?
  public var reason: String?
  public var ticket: String?
  /// The day by which it must be looked at again.
  public var review: CalendarDate?
  /// The last day on which it may be used.
  public var expires: CalendarDate?
  public var source: SourceRange
  /// Where the value of each given key stands: `services`, `owner`, ….
  public var keyRanges: [String: SourceRange]
}
