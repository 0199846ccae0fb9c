extension PacketSet {
  /// A packet of the set, the same one every time; nil when the set is empty.
  ///
  /// - Parameter preferences: taken in order, each narrows the choice if something of the set is left. Behind them come
  ///   what people expect of an example: a TCP packet that opens a session, from a high port, between host addresses.
  /// - Complexity: one intersection for each preference.
  public func witness(preferring preferences: [PacketMatch] = []) -> Packet? {
    guard !isEmpty else { return nil }
    var choice = self
    func prefer(_ set: PacketSet) {
      let narrowed = choice.intersection(set)
      if !narrowed.isEmpty { choice = narrowed }
    }
    for preference in preferences { prefer(space.set(preference)) }
    for preference in Self.usual { prefer(space.set(preference)) }
    for set in space.hostPreferences { prefer(set) }
    return choice.lowest()
  }

  private static let usual: [PacketMatch] = {
    var highPort = Service(protocols: IPProtocol.withPorts)
    highPort.sourcePorts = IntervalSet(49152)
    var opening = Service(proto: IPProtocol.tcp)
    opening.tcpFlags = IntervalSet(Packet.syn)
    var echo = Service(protocols: IPProtocol.withTypes)
    echo.icmpTypes = IntervalSet(8)
    return [
      PacketMatch(sources: .allV4, destinations: .allV4),
      PacketMatch(states: .new),
      PacketMatch(services: [Service(proto: IPProtocol.tcp)]),
      PacketMatch(services: [Service(proto: IPProtocol.udp)]),
      PacketMatch(services: [highPort]),
      PacketMatch(services: [opening]),
      PacketMatch(services: [echo]),
      PacketMatch(function: FunctionMatch(functions: IntervalSet(0))),
    ]
  }()

  /// The packet with the smallest field values, first field first.
  private func lowest() -> Packet? {
    var values: [UInt16: Bool] = [:]
    var id = root
    while id > 1 {
      let node = space.diagram.nodes[Int(id)]
      let takesHigh = node.low == DecisionDiagram.empty
      values[node.variable] = takesHigh
      id = takesHigh ? node.high : node.low
    }
    guard id == DecisionDiagram.full else { return nil }
    func number(_ field: PacketField) -> UInt128 {
      field.variables.reduce(0) { $0 << 1 | (values[$1] == true ? 1 : 0) }
    }
    let family: IPFamily = number(.family) == 1 ? .v6 : .v4
    var packet = Packet(
      source: IPAddress(family: family, value: number(PacketField.source.narrowed(to: family))),
      destination: IPAddress(family: family, value: number(PacketField.destination.narrowed(to: family))),
      proto: UInt8(number(.proto)))
    if IPProtocol.withPorts.contains(packet.proto) {
      packet.sourcePort = UInt16(number(.sourcePort))
      packet.destinationPort = UInt16(number(.destinationPort))
      packet.function = IndustrialFunction(rawValue: UInt16(number(.function)))
    }
    if packet.function.industrialProtocol == .modbus {
      packet.unit = UInt8(number(.unit))
      packet.register = UInt16(number(.register))
    }
    if IPProtocol.withTypes.contains(packet.proto) {
      packet.icmpType = UInt8(number(.icmpType))
      packet.icmpCode = UInt8(number(.icmpCode))
    }
    if packet.proto == IPProtocol.tcp { packet.tcpFlags = UInt8(number(.tcpFlags)) }
    packet.state = SessionState(rawValue: UInt8(min(number(.state), 4))) ?? .untracked
    return packet
  }
}

extension PacketSpace {
  /// Addresses that look like hosts: last octet 10, or else neither a network nor a broadcast address.
  var hostPreferences: [PacketSet] {
    [PacketField.source, .destination].flatMap { field in
      [IntervalSet<UInt8>(10), IntervalSet<UInt8>(1...254)].map { octets in
        let v4 = node(octets, PacketField(start: field.start + 24, width: 8))
        let v6 = node(octets, PacketField(start: field.start + 120, width: 8))
        return PacketSet(self, diagram.node(PacketField.family.start, low: v4, high: v6))
      }
    }
  }
}
