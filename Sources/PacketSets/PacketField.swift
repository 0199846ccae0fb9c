/// A header field and its place among the diagram's variables, most significant bit first.
struct PacketField: Hashable {
  /// First variable.
  let start: UInt16
  /// Bits.
  let width: Int

  var variables: Range<UInt16> { start..<start + UInt16(width) }

  // The order decides the size of the diagrams. Addresses come first because rules differ most in them: on generated
  // lists it is forty times faster than protocol and ports first.
  static let family = PacketField(start: 0, width: 1)
  static let destination = PacketField(start: 1, width: 128)
  static let source = PacketField(start: 129, width: 128)
  static let proto = PacketField(start: 257, width: 8)
  static let destinationPort = PacketField(start: 265, width: 16)
  static let sourcePort = PacketField(start: 281, width: 16)
  static let icmpType = PacketField(start: 297, width: 8)
  static let icmpCode = PacketField(start: 305, width: 8)
  static let tcpFlags = PacketField(start: 313, width: 8)
  static let state = PacketField(start: 321, width: 3)
  static let function = PacketField(start: 324, width: 16)
  static let unit = PacketField(start: 340, width: 8)
  static let register = PacketField(start: 348, width: 16)

  /// The address field as the family uses it: IPv4 takes the first 32 variables.
  func narrowed(to family: IPFamily) -> PacketField { PacketField(start: start, width: family.bits) }
}

extension Packet {
  /// The value of the bit that `variable` stands for.
  func bit(_ variable: UInt16) -> Bool {
    func bit(_ value: some FixedWidthInteger, _ field: PacketField) -> Bool {
      value >> (field.width - 1 - Int(variable - field.start)) & 1 == 1
    }
    switch variable {
    case PacketField.family.variables: return source.family == .v6
    case PacketField.destination.variables:
      return bit(destination.value, PacketField.destination.narrowed(to: destination.family))
    case PacketField.source.variables: return bit(source.value, PacketField.source.narrowed(to: source.family))
    case PacketField.proto.variables: return bit(proto, .proto)
    case PacketField.destinationPort.variables: return bit(destinationPort, .destinationPort)
    case PacketField.sourcePort.variables: return bit(sourcePort, .sourcePort)
    case PacketField.icmpType.variables: return bit(icmpType, .icmpType)
    case PacketField.icmpCode.variables: return bit(icmpCode, .icmpCode)
    case PacketField.tcpFlags.variables: return bit(tcpFlags, .tcpFlags)
    case PacketField.state.variables: return bit(state.rawValue, .state)
    case PacketField.function.variables: return bit(function.rawValue, .function)
    case PacketField.unit.variables: return bit(unit, .unit)
    default: return bit(register, .register)
    }
  }
}
