import PacketSets
import SourceText

/// Something that a diode carries from its sender side to its receiver side.
public struct DiodeTransfer: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// A stream of datagrams or of a terminated TCP session.
    case stream(Service)
    case files(from: String, to: String)
    /// Polled on the sender side and served as a copy on the receiver side; register and coil ranges, both ends included.
    case modbus(registers: IntervalSet<UInt16>, coils: IntervalSet<UInt16>)
    case opcUA(nodes: [String])
    case screen
  }
  public var name: String
  public var content: Content
  /// Key settings that both sides must share (mtu, block size, port, key digest), by name.
  public var parameters: [String: String]
  public var source: SourceRange

  public init(name: String, content: Content, parameters: [String: String], source: SourceRange) {
    self.name = name
    self.content = content
    self.parameters = parameters
    self.source = source
  }
}

/// One side's configuration of a diode or unidirectional gateway.
public struct DiodeSide: Hashable, Sendable {
  public enum Role: Hashable, Sendable {
    case sender, receiver
    /// One file describes both sides.
    case both
  }
  public var role: Role
  public var transfers: [DiodeTransfer]
  public var source: SourceRange

  public init(role: Role, transfers: [DiodeTransfer], source: SourceRange) {
    self.role = role
    self.transfers = transfers
    self.source = source
  }
}

/// Whether physics or a program enforces the one direction.
public enum DiodeEnforcement: Hashable, Sendable {
  case hardware
  /// Programs on hosts that could also talk back; not a diode by itself. The text says what was seen.
  case software(String)
  /// The configuration does not say.
  case unknown
}

/// A data diode or unidirectional gateway: permits from sender to receiver and nothing back.
///
/// Sessions end on the sender side and begin anew on the receiver side, so a flow over it is two flows and a copy.
public struct Diode: Sendable {
  public var name: String
  public var platform: String
  public var enforcement: DiodeEnforcement
  /// As read, one for each file (or one with role `both`).
  public var sides: [DiodeSide]
  /// Problems that the reader found in the configuration itself.
  public var defects: [DiodeDefect]
  /// Declared sending and receiving network or zone names, when the file has them.
  public var senderZone: String?
  public var receiverZone: String?
  public var source: SourceRange

  public init(
    name: String, platform: String, enforcement: DiodeEnforcement, sides: [DiodeSide], defects: [DiodeDefect] = [],
    source: SourceRange
  ) {
    self.name = name
    self.platform = platform
    self.enforcement = enforcement
    self.sides = sides
    self.defects = defects
    self.source = source
  }
}

/// Something in a diode's configuration that loses data or defeats the diode.
public struct DiodeDefect: Hashable, Sendable {
  public var range: SourceRange
  /// Plain words.
  public var message: String
  public var help: String

  public init(range: SourceRange, message: String, help: String) {
    self.range = range
    self.message = message
    self.help = help
  }
}
