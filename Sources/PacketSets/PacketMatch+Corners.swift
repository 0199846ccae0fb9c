extension PacketMatch {
  /// Packets at the ends of the match's ranges, at most two for each family; every one is matched.
  ///
  /// A corner that some set does not hold proves at once that the set does not hold the match.
  public var corners: [Packet] {
    guard let service = services.first(where: { $0.isSatisfiable }) else { return [] }
    var packets: [Packet] = []
    for isHigh in [false, true] {
      if let source = Self.end(sources.v4, isHigh), let destination = Self.end(destinations.v4, isHigh) {
        packets.append(corner(IPAddress(v4: source), IPAddress(v4: destination), service, isHigh))
      }
      if let source = Self.end(sources.v6, isHigh), let destination = Self.end(destinations.v6, isHigh) {
        packets.append(corner(IPAddress(v6: source), IPAddress(v6: destination), service, isHigh))
      }
    }
    return packets.filter { contains($0) }
  }

  private func corner(_ source: IPAddress, _ destination: IPAddress, _ service: Service, _ isHigh: Bool) -> Packet {
    let protocols = service.effectiveProtocols
    var packet = Packet(source: source, destination: destination, proto: Self.end(protocols, isHigh) ?? 0)
    if IPProtocol.withPorts.contains(packet.proto) {
      packet.sourcePort = Self.end(service.sourcePorts, isHigh) ?? 0
      packet.destinationPort = Self.end(service.destinationPorts, isHigh) ?? 0
      packet.function = IndustrialFunction(rawValue: Self.end(function.functions, isHigh) ?? 0)
    }
    if IPProtocol.withTypes.contains(packet.proto) {
      packet.icmpType = Self.end(service.icmpTypes, isHigh) ?? 0
      packet.icmpCode = Self.end(service.icmpCodes, isHigh) ?? 0
    }
    if packet.proto == IPProtocol.tcp { packet.tcpFlags = Self.end(service.tcpFlags, isHigh) ?? 0 }
    if packet.function.industrialProtocol == .modbus {
      packet.unit = Self.end(function.units, isHigh) ?? 0
      packet.register = Self.end(function.registers, isHigh) ?? 0
    }
    packet.state = SessionState.allCases.first { states.contains(state: $0) } ?? .new
    return packet
  }

  private static func end<Bound>(_ set: IntervalSet<Bound>, _ isHigh: Bool) -> Bound? {
    isHigh ? set.intervals.last?.upperBound : set.intervals.first?.lowerBound
  }
}

extension Service {
  /// The protocols that can meet the constraints on ports, types and flags.
  fileprivate var effectiveProtocols: IntervalSet<UInt8> {
    var result = protocols
    if constrainsPorts { result = result.intersection(IPProtocol.withPorts) }
    if constrainsTypes { result = result.intersection(IPProtocol.withTypes) }
    if !tcpFlags.isAll { result = result.intersection(IntervalSet(IPProtocol.tcp)) }
    return result
  }

  fileprivate var isSatisfiable: Bool {
    !effectiveProtocols.isEmpty && !sourcePorts.isEmpty && !destinationPorts.isEmpty && !icmpTypes.isEmpty
      && !icmpCodes.isEmpty && !tcpFlags.isEmpty
  }
}
