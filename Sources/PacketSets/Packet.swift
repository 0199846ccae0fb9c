/// Where a packet stands in the life of its session, as a stateful filter sees it.
public enum SessionState: UInt8, Sendable, CaseIterable {
  /// Opens a session.
  case new = 0
  /// Belongs to a session that was already permitted (established, either direction).
  case reply = 1
  /// Opens a session that an existing one announced (FTP data, ICMP errors).
  case related = 2
  /// Belongs to no session that the device could follow.
  case invalid = 3
  /// Exempted from session tracking.
  case untracked = 4

  /// The name used in reports.
  public var name: String {
    switch self {
    case .new: "new"
    case .reply: "reply"
    case .related: "related"
    case .invalid: "invalid"
    case .untracked: "untracked"
    }
  }
}

/// IP protocol numbers that have a meaning here (IANA "Assigned Internet Protocol Numbers").
public enum IPProtocol {
  public static let icmp: UInt8 = 1
  public static let tcp: UInt8 = 6
  public static let udp: UInt8 = 17
  public static let dccp: UInt8 = 33
  public static let gre: UInt8 = 47
  public static let esp: UInt8 = 50
  public static let ah: UInt8 = 51
  public static let icmpV6: UInt8 = 58
  public static let sctp: UInt8 = 132

  /// Protocols whose headers have ports: tcp, udp, dccp, sctp.
  public static let withPorts = IntervalSet<UInt8>([tcp...tcp, udp...udp, dccp...dccp, sctp...sctp])
  /// ICMP and ICMPv6.
  public static let withTypes = IntervalSet<UInt8>([icmp...icmp, icmpV6...icmpV6])

  /// `tcp`, `udp`, … or `ip/47`.
  public static func name(_ number: UInt8) -> String {
    switch number {
    case icmp: "icmp"
    case tcp: "tcp"
    case udp: "udp"
    case dccp: "dccp"
    case icmpV6: "icmpv6"
    case sctp: "sctp"
    default: "ip/\(number)"
    }
  }
}

/// One concrete packet.
///
/// Fields that its protocol does not have are zero, so that equal packets are equal.
public struct Packet: Hashable, Sendable {
  public var source: IPAddress
  public var destination: IPAddress
  /// IP protocol number.
  public var proto: UInt8
  public var sourcePort: UInt16 = 0
  public var destinationPort: UInt16 = 0
  public var icmpType: UInt8 = 0
  public var icmpCode: UInt8 = 0
  /// TCP flags, low six bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32; ECE 64, CWR 128 (RFC 9293, RFC 3168).
  public var tcpFlags: UInt8 = 0
  public var state: SessionState = .new
  public var function: IndustrialFunction = .none
  /// Modbus unit identifier.
  public var unit: UInt8 = 0
  /// First register or coil that a Modbus request names.
  public var register: UInt16 = 0

  /// A packet; both addresses must be of one family.
  public init(source: IPAddress, destination: IPAddress, proto: UInt8) {
    precondition(source.family == destination.family, "a packet's addresses are of one family")
    self.source = source
    self.destination = destination
    self.proto = proto
  }

  /// TCP SYN.
  public static let syn: UInt8 = 2
}

extension Packet: CustomStringConvertible {
  /// `tcp 10.0.5.20:49152 -> 10.20.0.5:502, modbus function 5 (write)`.
  public var description: String {
    let ports = IPProtocol.withPorts.contains(proto)
    func end(_ address: IPAddress, _ port: UInt16) -> String {
      guard ports else { return address.description }
      return address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
    var text = "\(IPProtocol.name(proto)) \(end(source, sourcePort)) -> \(end(destination, destinationPort))"
    if IPProtocol.withTypes.contains(proto) { text += " type \(icmpType) code \(icmpCode)" }
    if state != .new { text += ", \(state.name)" }
    if function != .none { text += ", \(function.description)" }
    return text
  }
}
