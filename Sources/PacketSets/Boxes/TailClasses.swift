/// What a match says besides addresses, protocol and ports.
struct PacketTail: Hashable, Sendable {
  var tcpFlags: IntervalSet<UInt8> = .all
  var states: SessionStates = .all
  var function: FunctionMatch = .any

  static let any = PacketTail()
}

/// Divides session states, TCP flags and industrial functions into classes that a list's rules cannot tell apart.
struct TailClasses: Sendable {
  private let bits: [PacketTail: ContextSets.Bits]
  /// At least 1.
  let count: Int
  /// A TCP packet of each class, for its state, flags and function.
  let examples: [Packet]

  /// - Complexity: one set operation for each tail and class so far.
  init(_ tails: Set<PacketTail>) {
    let space = PacketSpace()
    var classes = [space.all]
    let ordered = tails.filter { $0 != .any }.map { ($0, space.tail($0)) }
    for (_, set) in ordered {
      classes = classes.flatMap { [$0.intersection(set), $0.subtracting(set)] }.filter { !$0.isEmpty }
    }
    count = classes.count
    let tcp = space.set(PacketMatch(services: [Service(proto: IPProtocol.tcp)]))
    examples = classes.map { part in
      part.intersection(tcp).witness()
        ?? Packet(source: IPAddress(v4: 0), destination: IPAddress(v4: 0), proto: IPProtocol.tcp)
    }
    var bits = [PacketTail.any: ContextSets.full(classes.count)]
    for (tail, set) in ordered {
      var own = ContextSets.Bits(repeating: 0, count: (classes.count + 63) / 64)
      for (index, part) in classes.enumerated() where part.isSubset(of: set) {
        own[index / 64] |= 1 << UInt64(index % 64)
      }
      bits[tail] = own
    }
    self.bits = bits
  }

  subscript(_ tail: PacketTail) -> ContextSets.Bits { bits[tail] ?? [] }
}

extension PacketSpace {
  /// The points whose flags, state and function a tail allows, whatever their protocol.
  fileprivate func tail(_ tail: PacketTail) -> PacketSet {
    let function = tail.function
    let named =
      function.constrainsModbusFields
      ? function.functions.intersection(functions(of: .modbus)) : function.functions
    let registers = node(function.registers, .register)
    let functions = node(named, .function, yes: node(function.units, .unit, yes: registers))
    let states = diagram.apply(.and, node(tail.tcpFlags, .tcpFlags), statesNode(tail.states))
    return PacketSet(self, diagram.apply(.and, states, functions))
  }
}

extension PacketMatch {
  /// The parts of the match by service and kind of protocol, with the tail that goes with each.
  ///
  /// Packets without ports carry no industrial function, and packets other than TCP no flags; a box of theirs leaves the
  /// field free when the match takes a packet without it, and is left out when it does not.
  func parts(_ body: (Service, IntervalSet<UInt8>, PacketTail) -> Void) {
    for service in services {
      var protocols = service.protocols
      if service.constrainsPorts { protocols = protocols.intersection(IPProtocol.withPorts) }
      if service.constrainsTypes { protocols = protocols.intersection(IPProtocol.withTypes) }
      var tail = PacketTail(tcpFlags: service.tcpFlags, states: states, function: function)
      if !service.tcpFlags.isAll { protocols = protocols.intersection(IntervalSet(IPProtocol.tcp)) }
      if function.isAny {
        body(service, protocols, tail)
        continue
      }
      body(service, protocols.intersection(IPProtocol.withPorts), tail)
      guard function.functions.contains(IndustrialFunction.none.rawValue), !function.constrainsModbusFields else {
        continue
      }
      tail.function = .any
      body(service, protocols.subtracting(IPProtocol.withPorts), tail)
    }
  }

  /// The tails of all parts.
  func collectTails(into tails: inout Set<PacketTail>) {
    if states == .all, function.isAny, services.allSatisfy({ $0.tcpFlags.isAll }) { return }
    parts { _, _, tail in tails.insert(tail) }
  }
}

extension Service {
  /// The ranges that stand for destination port or ICMP type; see `PacketBox`.
  var targetRanges: [ClosedRange<UInt16>] {
    constrainsTypes ? Self.stretched(icmpTypes) : destinationPorts.intervals
  }

  /// The ranges that stand for source port or ICMP code.
  var originRanges: [ClosedRange<UInt16>] { constrainsTypes ? Self.stretched(icmpCodes) : sourcePorts.intervals }

  private static func stretched(_ set: IntervalSet<UInt8>) -> [ClosedRange<UInt16>] {
    set.intervals.map { UInt16($0.lowerBound)...($0.upperBound == .max ? .max : UInt16($0.upperBound)) }
  }
}
