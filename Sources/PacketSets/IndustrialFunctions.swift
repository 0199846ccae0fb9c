/// An industrial protocol whose messages are told apart by what they do to the process.
///
/// UMAS of Schneider is no protocol of its own here: it travels as Modbus function 90, which counts as programming.
public enum IndustrialProtocol: UInt8, Sendable, CaseIterable {
  case modbus = 1
  case s7, dnp3, ethernetIP, opcUA, opcClassic, iec104, mms, bacnet, profinet, fins, fox, codesys, gesrtp, hartIP

  /// The name used in site files, policies and reports.
  public var name: String {
    switch self {
    case .modbus: "modbus"
    case .s7: "s7"
    case .dnp3: "dnp3"
    case .ethernetIP: "ethernet-ip"
    case .opcUA: "opc-ua"
    case .opcClassic: "opc-classic"
    case .iec104: "iec-104"
    case .mms: "mms"
    case .bacnet: "bacnet"
    case .profinet: "profinet"
    case .fins: "fins"
    case .fox: "fox"
    case .codesys: "codesys"
    case .gesrtp: "ge-srtp"
    case .hartIP: "hart-ip"
    }
  }

  /// The protocol of that name.
  public init?(name: String) {
    guard let match = IndustrialProtocol.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// What an industrial message does.
public enum FunctionClass: UInt8, Sendable, CaseIterable {
  /// Reads values.
  case read
  /// Changes values: set points, outputs, registers.
  case write
  /// Changes the program, the firmware, the configuration or the mode (run, stop).
  case program
  /// Diagnoses; some diagnose functions restart or silence a device.
  case diagnose
  case other

  /// The name used in site files, policies and reports.
  public var name: String {
    switch self {
    case .read: "read"
    case .write: "write"
    case .program: "program"
    case .diagnose: "diagnose"
    case .other: "other"
    }
  }

  public init?(name: String) {
    guard let match = FunctionClass.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// The function that a packet carries, as a number of 16 bits: protocol in the high byte, code in the low byte.
///
/// For Modbus the code is the function code of the request; for the other protocols it is the function class. Zero is
/// "no industrial function".
public struct IndustrialFunction: Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No industrial function.
  public static let none = IndustrialFunction(rawValue: 0)

  /// A Modbus function code (Modbus Application Protocol V1.1b3, section 5).
  public static func modbus(code: UInt8) -> IndustrialFunction {
    IndustrialFunction(rawValue: UInt16(IndustrialProtocol.modbus.rawValue) << 8 | UInt16(code))
  }

  /// The protocol; nil for no function.
  public var industrialProtocol: IndustrialProtocol? { IndustrialProtocol(rawValue: UInt8(rawValue >> 8)) }

  /// What the function does; nil for no function.
  public var functionClass: FunctionClass? {
    guard let industrialProtocol else { return nil }
    let code = UInt8(truncatingIfNeeded: rawValue)
    if industrialProtocol == .modbus { return modbusClass(code) }
    return FunctionClass(rawValue: code) ?? .other
  }

  /// `modbus 5 (write)`, `s7 program`, `none`.
  public var description: String {
    guard let industrialProtocol, let functionClass else { return "none" }
    guard industrialProtocol == .modbus else { return "\(industrialProtocol.name) \(functionClass.name)" }
    return "modbus function \(rawValue & 0xFF) (\(functionClass.name))"
  }
}

/// The functions of one protocol that fall into one class.
public func functions(
  of industrialProtocol: IndustrialProtocol, _ functionClass: FunctionClass
) -> IntervalSet<UInt16> {
  let base = UInt16(industrialProtocol.rawValue) << 8
  guard industrialProtocol == .modbus else {
    // Codes beyond the five classes do not occur; counting them as `other` keeps the classes a partition.
    let code = UInt16(functionClass.rawValue)
    return functionClass == .other ? IntervalSet((base | code)...(base | 255)) : IntervalSet(base | code)
  }
  let codes = (UInt8.min...UInt8.max).filter { modbusClass($0) == functionClass }
  return IntervalSet(codes.map { (base | UInt16($0))...(base | UInt16($0)) })
}

/// All functions of one protocol.
public func functions(of industrialProtocol: IndustrialProtocol) -> IntervalSet<UInt16> {
  let base = UInt16(industrialProtocol.rawValue) << 8
  return IntervalSet(base...(base | 255))
}

/// Class of a Modbus function code.
///
/// Read, write and programming follow the vendor classification of HM2-FW-MIB `hm2DPIProfileModbusFunctionType`
/// (read-only 1, 2, 3, 4, 7, 11, 12, 17, 20, 24; write 5, 6, 15, 16, 21, 22, 23; programming 40, 42, 90, 125, 126);
/// 8 and 43 are diagnostics and encapsulated transport of the Modbus Application Protocol V1.1b3. Function 23 reads and
/// writes, hence counts as write.
private func modbusClass(_ code: UInt8) -> FunctionClass {
  switch code {
  case 1, 2, 3, 4, 7, 11, 12, 17, 20, 24: .read
  case 5, 6, 15, 16, 21, 22, 23: .write
  case 40, 42, 90, 125, 126: .program
  case 8, 43: .diagnose
  default: .other
  }
}
