import PacketSets

/// The usual service in ten bytes: any protocol or one, and an interval of ports on each side or of ICMP types and codes.
public struct PlainService: Hashable, Sendable {
  public enum Kind: UInt8, Sendable {
    /// Any IP packet.
    case any
    /// One protocol; `first` is source ports, `second` destination ports.
    case ports
    /// One protocol; `first` is ICMP types, `second` codes, both below 256.
    case types
  }
  public let kind: Kind
  /// The protocol number; 0 where any is meant.
  public let proto: UInt8
  public let firstLow: UInt16
  public let firstHigh: UInt16
  public let secondLow: UInt16
  public let secondHigh: UInt16

  /// Any IP packet.
  @inlinable public static var any: PlainService {
    PlainService(.any, proto: 0, first: 0...UInt16.max, second: 0...UInt16.max)
  }

  /// One protocol with intervals of ports, both ends included.
  @inlinable
  public init(
    proto: UInt8, sourcePorts: ClosedRange<UInt16> = 0...UInt16.max, destinationPorts: ClosedRange<UInt16>
  ) {
    self.init(.ports, proto: proto, first: sourcePorts, second: destinationPorts)
  }

  /// One protocol with intervals of ICMP types and codes, both ends included; as any ports when neither is limited.
  @inlinable
  public init(proto: UInt8, types: ClosedRange<UInt8>, codes: ClosedRange<UInt8>) {
    guard types != 0...UInt8.max || codes != 0...UInt8.max else {
      self.init(proto: proto, destinationPorts: 0...UInt16.max)
      return
    }
    self.init(
      .types, proto: proto, first: UInt16(types.lowerBound)...UInt16(types.upperBound),
      second: UInt16(codes.lowerBound)...UInt16(codes.upperBound))
  }

  /// The alternatives in packed form; nil when they are more than that form can say.
  public init?(_ alternatives: [Service]) {
    guard alternatives.count == 1, let service = alternatives.first else { return nil }
    if service == .any {
      self = .any
      return
    }
    guard let proto = service.protocols.single, proto.count == 1, service.tcpFlags.isAll,
      let sources = service.sourcePorts.single, let destinations = service.destinationPorts.single,
      let types = service.icmpTypes.single, let codes = service.icmpCodes.single
    else { return nil }
    guard service.constrainsTypes else {
      self.init(proto: proto.lowerBound, sourcePorts: sources, destinationPorts: destinations)
      return
    }
    guard !service.constrainsPorts else { return nil }
    self.init(proto: proto.lowerBound, types: types, codes: codes)
  }

  @usableFromInline
  init(_ kind: Kind, proto: UInt8, first: ClosedRange<UInt16>, second: ClosedRange<UInt16>) {
    self.kind = kind
    self.proto = proto
    firstLow = first.lowerBound
    firstHigh = first.upperBound
    secondLow = second.lowerBound
    secondHigh = second.upperBound
  }

  /// The service as rules hold it.
  public var service: Service {
    switch kind {
    case .any: return .any
    case .ports:
      return Service(
        proto: proto, destinationPorts: IntervalSet(secondLow...secondHigh),
        sourcePorts: IntervalSet(firstLow...firstHigh))
    case .types:
      var service = Service(proto: proto)
      service.icmpTypes = IntervalSet(UInt8(firstLow)...UInt8(firstHigh))
      service.icmpCodes = IntervalSet(UInt8(secondLow)...UInt8(secondHigh))
      return service
    }
  }

  /// A number that spreads services over a hash table.
  @inline(__always)
  var spread: UInt64 {
    let ports = UInt64(firstLow) << 48 | UInt64(firstHigh) << 32 | UInt64(secondLow) << 16 | UInt64(secondHigh)
    // Fibonacci hashing: multiplying by 2^64 over the golden ratio spreads neighbours far apart.
    let mixed = (ports ^ UInt64(proto) << 24 ^ UInt64(kind.rawValue) << 40) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ mixed >> 32
  }
}

extension IntervalSet {
  fileprivate var single: ClosedRange<Bound>? { intervals.count == 1 ? intervals[0] : nil }
}
