/// A compact cover of a packet set for people to read.
public struct PacketCover: Hashable, Sendable {
  /// Products of field sets that together are exactly the set, or part of it when `isComplete` is false.
  public var boxes: [PacketMatch]
  /// Whether `boxes` is the whole set.
  public var isComplete: Bool
}

extension PacketSet {
  /// The set as at most `limit` products of field sets, largest groups first in address order.
  ///
  /// Values that lead to the same rest are grouped, so a set that is a product comes out as one box. The boxes are
  /// disjoint.
  public func boxes(limit: Int = 64) -> PacketCover {
    var builder = CoverBuilder(diagram: space.diagram, limit: limit)
    for part in diagramRanges(space.diagram, root, .family) {
      for family in IPFamily.allCases where (part.low...part.high).contains(UInt128(family.rawValue)) {
        builder.addresses(part.child, family)
      }
    }
    return PacketCover(boxes: builder.boxes, isComplete: !builder.isCut)
  }
}

private struct CoverBuilder {
  let diagram: DecisionDiagram
  let limit: Int
  var boxes: [PacketMatch] = []
  var isCut = false

  init(diagram: DecisionDiagram, limit: Int) {
    self.diagram = diagram
    self.limit = limit
  }

  mutating func addresses(_ root: NodeID, _ family: IPFamily) {
    for destination in grouped(root, PacketField.destination.narrowed(to: family)) {
      for source in grouped(destination.child, PacketField.source.narrowed(to: family)) {
        guard boxes.count < limit else {
          isCut = true
          return
        }
        tails(source.child, addressSet(source.values, family), addressSet(destination.values, family))
      }
    }
  }

  /// Everything behind the addresses; boxes that differ only in the service are joined.
  private mutating func tails(_ root: NodeID, _ sources: AddressSet, _ destinations: AddressSet) {
    var order: [Tail] = []
    var services: [Tail: [Service]] = [:]
    for (service, rest) in self.services(root) {
      for state in grouped(rest, .state) {
        for function in self.functions(state.child) {
          let tail = Tail(states: states(state.values), function: function)
          if services[tail] == nil { order.append(tail) }
          services[tail, default: []].append(service)
        }
      }
    }
    for tail in order {
      boxes.append(
        PacketMatch(
          sources: sources, destinations: destinations, services: services[tail] ?? [], states: tail.states,
          function: tail.function))
    }
  }

  private struct Tail: Hashable {
    var states: SessionStates
    var function: FunctionMatch
  }

  private func services(_ root: NodeID) -> [(Service, NodeID)] {
    var result: [(Service, NodeID)] = []
    for proto in grouped(root, .proto) {
      for destinationPort in grouped(proto.child, .destinationPort) {
        for sourcePort in grouped(destinationPort.child, .sourcePort) {
          for type in grouped(sourcePort.child, .icmpType) {
            for code in grouped(type.child, .icmpCode) {
              for flags in grouped(code.child, .tcpFlags) {
                var service = Service(protocols: narrow(proto.values))
                service.destinationPorts = narrow(destinationPort.values)
                service.sourcePorts = narrow(sourcePort.values)
                service.icmpTypes = narrow(type.values)
                service.icmpCodes = narrow(code.values)
                service.tcpFlags = narrow(flags.values)
                result.append((service, flags.child))
              }
            }
          }
        }
      }
    }
    return result
  }

  private func functions(_ root: NodeID) -> [FunctionMatch] {
    var result: [FunctionMatch] = []
    for function in grouped(root, .function) {
      for unit in grouped(function.child, .unit) {
        for register in grouped(unit.child, .register) where register.child == DecisionDiagram.full {
          var match = FunctionMatch(functions: narrow(function.values))
          match.units = narrow(unit.values)
          match.registers = narrow(register.values)
          result.append(match)
        }
      }
    }
    return result
  }

  /// The values of a field by what follows them, in the order in which they first occur.
  private func grouped(_ root: NodeID, _ field: PacketField) -> [(values: [ClosedRange<UInt128>], child: NodeID)] {
    var order: [NodeID] = []
    var values: [NodeID: [ClosedRange<UInt128>]] = [:]
    for part in diagramRanges(diagram, root, field) {
      if values[part.child] == nil { order.append(part.child) }
      values[part.child, default: []].append(part.low...part.high)
    }
    return order.map { ($0 == DecisionDiagram.empty ? [] : values[$0] ?? [], $0) }
  }

  private func narrow<Bound>(_ values: [ClosedRange<UInt128>]) -> IntervalSet<Bound> {
    IntervalSet(values.map { Bound(truncatingIfNeeded: $0.lowerBound)...Bound(truncatingIfNeeded: $0.upperBound) })
  }

  private func addressSet(_ values: [ClosedRange<UInt128>], _ family: IPFamily) -> AddressSet {
    family == .v4 ? AddressSet(v4: narrow(values)) : AddressSet(v6: narrow(values))
  }

  private func states(_ values: [ClosedRange<UInt128>]) -> SessionStates {
    SessionState.allCases.reduce(into: []) { result, state in
      if values.contains(where: { $0.contains(UInt128(state.rawValue)) }) {
        result.insert(SessionStates(state))
      }
    }
  }
}
