/// One alternative of what a rule says about protocol and ports.
///
/// A constraint on ports holds only for packets whose protocol has ports, one on ICMP type or code only for ICMP and
/// ICMPv6, one on flags only for TCP; a packet without the field does not match a constraint on it.
public struct Service: Hashable, Sendable {
  public var protocols: IntervalSet<UInt8>
  public var sourcePorts: IntervalSet<UInt16> = .all
  public var destinationPorts: IntervalSet<UInt16> = .all
  public var icmpTypes: IntervalSet<UInt8> = .all
  public var icmpCodes: IntervalSet<UInt8> = .all
  public var tcpFlags: IntervalSet<UInt8> = .all

  public init(protocols: IntervalSet<UInt8>) { self.protocols = protocols }

  /// A protocol by number with any ports, types and codes.
  public init(proto: UInt8) { protocols = IntervalSet(proto) }

  /// TCP, UDP, SCTP or DCCP to the given destination ports.
  public init(
    proto: UInt8, destinationPorts: IntervalSet<UInt16>, sourcePorts: IntervalSet<UInt16> = .all
  ) {
    protocols = IntervalSet(proto)
    self.destinationPorts = destinationPorts
    self.sourcePorts = sourcePorts
  }

  /// Any IP packet.
  public static let any = Service(protocols: .all)

  @inlinable public var constrainsPorts: Bool { !sourcePorts.isAll || !destinationPorts.isAll }
  @inlinable public var constrainsTypes: Bool { !icmpTypes.isAll || !icmpCodes.isAll }

  /// Whether the packet's protocol and the fields that go with it match.
  public func contains(_ packet: Packet) -> Bool {
    guard protocols.contains(packet.proto) else { return false }
    if constrainsPorts {
      guard IPProtocol.withPorts.contains(packet.proto), sourcePorts.contains(packet.sourcePort),
        destinationPorts.contains(packet.destinationPort)
      else { return false }
    }
    if constrainsTypes {
      guard IPProtocol.withTypes.contains(packet.proto), icmpTypes.contains(packet.icmpType),
        icmpCodes.contains(packet.icmpCode)
      else { return false }
    }
    if !tcpFlags.isAll {
      guard packet.proto == IPProtocol.tcp, tcpFlags.contains(packet.tcpFlags) else { return false }
    }
    return true
  }

  /// Whether some packet matches both; exact.
  public func overlaps(_ other: Service) -> Bool {
    guard protocols.overlaps(other.protocols) else { return false }
    // A constraint excludes packets without the field, so ranges that are apart leave nothing.
    guard
      destinationPorts.overlaps(other.destinationPorts), sourcePorts.overlaps(other.sourcePorts),
      icmpTypes.overlaps(other.icmpTypes), icmpCodes.overlaps(other.icmpCodes), tcpFlags.overlaps(other.tcpFlags)
    else { return false }
    return intersection(other) != nil
  }

  /// What both alternatives match; nil when nothing.
  public func intersection(_ other: Service) -> Service? {
    var both = Service(protocols: protocols.intersection(other.protocols))
    both.sourcePorts = sourcePorts.intersection(other.sourcePorts)
    both.destinationPorts = destinationPorts.intersection(other.destinationPorts)
    both.icmpTypes = icmpTypes.intersection(other.icmpTypes)
    both.icmpCodes = icmpCodes.intersection(other.icmpCodes)
    both.tcpFlags = tcpFlags.intersection(other.tcpFlags)
    if both.constrainsPorts { both.protocols = both.protocols.intersection(IPProtocol.withPorts) }
    if both.constrainsTypes { both.protocols = both.protocols.intersection(IPProtocol.withTypes) }
    if !both.tcpFlags.isAll { both.protocols = both.protocols.intersection(IntervalSet(IPProtocol.tcp)) }
    let isEmpty =
      both.protocols.isEmpty || both.sourcePorts.isEmpty || both.destinationPorts.isEmpty || both.icmpTypes.isEmpty
      || both.icmpCodes.isEmpty || both.tcpFlags.isEmpty
    return isEmpty ? nil : both
  }
}

/// Session states as a set.
public struct SessionStates: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public init(_ state: SessionState) { rawValue = 1 << state.rawValue }

  public static let new = SessionStates(SessionState.new)
  public static let reply = SessionStates(SessionState.reply)
  public static let related = SessionStates(SessionState.related)
  public static let invalid = SessionStates(SessionState.invalid)
  public static let untracked = SessionStates(SessionState.untracked)
  public static let all: SessionStates = [.new, .reply, .related, .invalid, .untracked]

  public func contains(state: SessionState) -> Bool { rawValue & (1 << state.rawValue) != 0 }
}

/// What a match says about the industrial function, unit and register.
public struct FunctionMatch: Hashable, Sendable {
  /// `IndustrialFunction.rawValue`s.
  public var functions: IntervalSet<UInt16> = .all
  public var units: IntervalSet<UInt8> = .all
  public var registers: IntervalSet<UInt16> = .all

  public init(functions: IntervalSet<UInt16> = .all) { self.functions = functions }

  /// Any function or none.
  public static let any = FunctionMatch()

  @inlinable public var isAny: Bool { functions.isAll && units.isAll && registers.isAll }

  /// Whether unit or register is constrained, which only Modbus messages can meet.
  @inlinable public var constrainsModbusFields: Bool { !units.isAll || !registers.isAll }

  public func contains(_ packet: Packet) -> Bool {
    guard functions.contains(packet.function.rawValue) else { return false }
    guard constrainsModbusFields else { return true }
    return packet.function.industrialProtocol == .modbus && units.contains(packet.unit)
      && registers.contains(packet.register)
  }
}

/// A product of field constraints: a packet matches when every field does.
///
/// Source and destination hold both families; a packet has one, so the product is (v4 × v4) ∪ (v6 × v6).
public struct PacketMatch: Hashable, Sendable {
  public var sources: AddressSet = .all
  public var destinations: AddressSet = .all
  /// Alternatives; a packet matches when one of them does.
  public var services: [Service] = [.any]
  public var states: SessionStates = .all
  public var function: FunctionMatch = .any

  public init(
    sources: AddressSet = .all, destinations: AddressSet = .all, services: [Service] = [.any],
    states: SessionStates = .all, function: FunctionMatch = .any
  ) {
    self.sources = sources
    self.destinations = destinations
    self.services = services
    self.states = states
    self.function = function
  }

  /// Every packet.
  public static let any = PacketMatch()

  /// Whether every field of the packet matches.
  public func contains(_ packet: Packet) -> Bool {
    states.contains(state: packet.state) && sources.contains(packet.source)
      && destinations.contains(packet.destination) && function.contains(packet)
      && services.contains { $0.contains(packet) }
  }

  /// False when some field already excludes every packet; true does not promise that one exists.
  public var mayMatch: Bool {
    !services.isEmpty && !states.isEmpty
      && ((!sources.v4.isEmpty && !destinations.v4.isEmpty) || (!sources.v6.isEmpty && !destinations.v6.isEmpty))
  }

  /// Whether some packet may match both, field by field; never wrongly false.
  public func mayOverlap(_ other: PacketMatch) -> Bool {
    !states.intersection(other.states).isEmpty && addressesOverlap(other)
      && services.contains { service in other.services.contains { service.overlaps($0) } }
  }

  /// Whether the addresses of the two leave room for a common packet; cheap, never wrongly false.
  public func addressesOverlap(_ other: PacketMatch) -> Bool {
    (destinations.v4.overlaps(other.destinations.v4) && sources.v4.overlaps(other.sources.v4))
      || (destinations.v6.overlaps(other.destinations.v6) && sources.v6.overlaps(other.sources.v6))
  }
}
