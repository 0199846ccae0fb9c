/// Where packet sets live: sets of one space share their parts and compare in constant time.
///
/// A space is not shared between tasks; each analysis makes its own and drops it. Sets of different spaces must not meet.
public final class PacketSpace {
  let diagram: DecisionDiagram
  private var serviceNodes: [[Service]: NodeID] = [:]
  private var functionNodes: [FunctionMatch: NodeID] = [:]
  private lazy var portProtocols = node(IPProtocol.withPorts, .proto)
  private lazy var typeProtocols = node(IPProtocol.withTypes, .proto)

  /// - Parameter nodeLimit: how many diagram nodes (12 bytes and their share of the tables) may be made before the space
  ///   gives up; see `isExhausted`.
  public init(nodeLimit: Int = 50_000_000) { diagram = DecisionDiagram(nodeLimit: nodeLimit) }

  /// Whether the node limit was hit. Sets made since are meaningless; whoever asks a question must look here before
  /// believing the answer.
  public var isExhausted: Bool { diagram.isExhausted }

  /// No packet.
  public var empty: PacketSet { PacketSet(self, DecisionDiagram.empty) }
  /// Every packet of both families.
  public var all: PacketSet { PacketSet(self, DecisionDiagram.full) }

  /// The packets that a match takes; linear in the intervals of its fields.
  public func set(_ match: PacketMatch) -> PacketSet {
    guard match.mayMatch else { return empty }
    let tail = tailNode(match)
    let v4 = addressNode(match.destinations.v4, match.sources.v4, .v4, tail)
    let v6 = addressNode(match.destinations.v6, match.sources.v6, .v6, tail)
    return PacketSet(self, diagram.node(PacketField.family.start, low: v4, high: v6))
  }

  /// The packets that at least one of the matches takes.
  public func set(_ matches: [PacketMatch]) -> PacketSet {
    matches.reduce(empty) { $0.union(set($1)) }
  }

  /// The set that holds just `packet`.
  public func set(_ packet: Packet) -> PacketSet {
    var service = Service(proto: packet.proto)
    if IPProtocol.withPorts.contains(packet.proto) {
      service.sourcePorts = IntervalSet(packet.sourcePort)
      service.destinationPorts = IntervalSet(packet.destinationPort)
    }
    if IPProtocol.withTypes.contains(packet.proto) {
      service.icmpTypes = IntervalSet(packet.icmpType)
      service.icmpCodes = IntervalSet(packet.icmpCode)
    }
    if packet.proto == IPProtocol.tcp { service.tcpFlags = IntervalSet(packet.tcpFlags) }
    var function = FunctionMatch(functions: IntervalSet(packet.function.rawValue))
    if packet.function.industrialProtocol == .modbus {
      function.units = IntervalSet(packet.unit)
      function.registers = IntervalSet(packet.register)
    }
    return set(
      PacketMatch(
        sources: AddressSet(packet.source), destinations: AddressSet(packet.destination), services: [service],
        states: SessionStates(packet.state), function: function))
  }

  /// Everything behind the addresses: services, states and function.
  private func tailNode(_ match: PacketMatch) -> NodeID {
    let services = servicesNode(match.services)
    let states = diagram.apply(.and, services, statesNode(match.states))
    return match.function.isAny ? states : diagram.apply(.and, states, functionNode(match.function))
  }

  private func addressNode(
    _ destinations: IntervalSet<some FixedWidthInteger>, _ sources: IntervalSet<some FixedWidthInteger>,
    _ family: IPFamily, _ tail: NodeID
  ) -> NodeID {
    if destinations.isEmpty || sources.isEmpty { return DecisionDiagram.empty }
    let inner = node(sources, PacketField.source.narrowed(to: family), yes: tail)
    return node(destinations, PacketField.destination.narrowed(to: family), yes: inner)
  }

  private func servicesNode(_ services: [Service]) -> NodeID {
    if services == [.any] { return DecisionDiagram.full }
    if let known = serviceNodes[services] { return known }
    let result = services.reduce(DecisionDiagram.empty) { diagram.apply(.or, $0, serviceNode($1)) }
    serviceNodes[services] = result
    return result
  }

  private func serviceNode(_ service: Service) -> NodeID {
    let flags = node(service.tcpFlags, .tcpFlags)
    let codes = node(service.icmpCodes, .icmpCode, yes: flags)
    let types = node(service.icmpTypes, .icmpType, yes: codes)
    let sourcePorts = node(service.sourcePorts, .sourcePort, yes: types)
    let ports = node(service.destinationPorts, .destinationPort, yes: sourcePorts)
    var result = node(service.protocols, .proto, yes: ports)
    if service.constrainsPorts { result = diagram.apply(.and, result, portProtocols) }
    if service.constrainsTypes { result = diagram.apply(.and, result, typeProtocols) }
    if !service.tcpFlags.isAll {
      result = diagram.apply(.and, result, node(IntervalSet(IPProtocol.tcp), .proto))
    }
    return result
  }

  func statesNode(_ states: SessionStates) -> NodeID {
    if states == .all { return DecisionDiagram.full }
    // Untracked stands for 4 to 7, so that the three bits hold nothing but the five states.
    let values = SessionState.allCases.filter { states.contains(state: $0) }.map {
      $0 == .untracked ? UInt8(4)...7 : $0.rawValue...$0.rawValue
    }
    return node(IntervalSet(values), .state)
  }

  /// Packets without ports carry no industrial function, which counts as function zero.
  private func functionNode(_ match: FunctionMatch) -> NodeID {
    if let known = functionNodes[match] { return known }
    let registers = node(match.registers, .register)
    let units = node(match.units, .unit, yes: registers)
    let named = match.constrainsModbusFields ? match.functions.intersection(functions(of: .modbus)) : match.functions
    var result = diagram.apply(.and, portProtocols, node(named, .function, yes: units))
    if named.contains(0) {
      result = diagram.apply(.or, result, diagram.apply(.subtract, DecisionDiagram.full, portProtocols))
    }
    functionNodes[match] = result
    return result
  }

  /// The diagram of "the field's value is in `set`" that goes on with `yes`.
  func node(
    _ set: IntervalSet<some FixedWidthInteger>, _ field: PacketField, yes: NodeID = DecisionDiagram.full
  ) -> NodeID {
    if set.isAll { return yes }
    let intervals = set.intervals
    func build(_ bit: Int, _ low: UInt128, _ slice: Range<Int>) -> NodeID {
      let high = low | (bit == 0 && field.width == 128 ? .max : (1 << UInt128(field.width - bit)) &- 1)
      var slice = slice
      while let first = slice.first, UInt128(intervals[first].upperBound) < low { slice.removeFirst() }
      while let last = slice.last, UInt128(intervals[last].lowerBound) > high { slice.removeLast() }
      guard let first = slice.first else { return DecisionDiagram.empty }
      if UInt128(intervals[first].lowerBound) <= low, high <= UInt128(intervals[first].upperBound) { return yes }
      let half = low | 1 << UInt128(field.width - 1 - bit)
      return diagram.node(
        field.start + UInt16(bit), low: build(bit + 1, low, slice), high: build(bit + 1, half, slice))
    }
    return build(0, 0, 0..<intervals.count)
  }
}
