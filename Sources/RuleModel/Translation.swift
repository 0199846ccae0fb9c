import PacketSets
import SourceText

/// How an address changes.
public enum AddressTranslation: Hashable, Sendable {
  /// Each address of `from` becomes the address at the same place in `to`; equal lengths and families.
  case prefix(from: IPPrefix, to: IPPrefix)
  /// Becomes one of these, whatever it was.
  case pool(AddressSet)
  /// Becomes the address of the interface that the packet leaves by.
  case egressInterface
  /// Changes to something that the file does not tell.
  case unknown(Uncertainty)
}

/// One step of network address translation.
public struct TranslationRule: Hashable, Sendable {
  public var order: Int
  public var name: String
  public var ingress: InterfaceMatch = .any
  public var egress: InterfaceMatch = .any
  /// Packets that are translated, with their addresses before the translation.
  public var match: MatchBounds
  /// Nil: stays.
  public var source: AddressTranslation?
  /// Nil: stays.
  public var destination: AddressTranslation?
  /// New destination port, any of these; nil: stays.
  public var destinationPorts: IntervalSet<UInt16>?
  /// Where the rule stands.
  public var range: SourceRange

  public init(order: Int, name: String, match: MatchBounds, range: SourceRange) {
    self.order = order
    self.name = name
    self.match = match
    self.range = range
  }

  /// A rule that exempts its packets: first match, nothing changes.
  public var isExemption: Bool { source == nil && destination == nil && destinationPorts == nil }
}
