/// A number of packets, exact up to 2^512.
public struct PacketCount: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Least significant word first.
  private var words: [UInt64]

  public init(_ value: UInt64) { words = [value] + Array(repeating: 0, count: 7) }

  init(_ value: UInt128) {
    self.init(UInt64(truncatingIfNeeded: value))
    words[1] = UInt64(truncatingIfNeeded: value >> 64)
  }

  public static func < (a: PacketCount, b: PacketCount) -> Bool {
    for i in (0..<8).reversed() where a.words[i] != b.words[i] { return a.words[i] < b.words[i] }
    return false
  }

  public static func + (a: PacketCount, b: PacketCount) -> PacketCount {
    var sum = a
    var carry: UInt64 = 0
    for i in 0..<8 {
      let (partial, first) = a.words[i].addingReportingOverflow(b.words[i])
      let (total, second) = partial.addingReportingOverflow(carry)
      sum.words[i] = total
      carry = (first ? 1 : 0) + (second ? 1 : 0)
    }
    return sum
  }

  public static func * (a: PacketCount, b: PacketCount) -> PacketCount {
    var product = PacketCount(UInt64(0))
    for i in 0..<8 where a.words[i] != 0 {
      var carry: UInt128 = 0
      for j in 0..<(8 - i) {
        let term = UInt128(a.words[i]) * UInt128(b.words[j]) + UInt128(product.words[i + j]) + carry
        product.words[i + j] = UInt64(truncatingIfNeeded: term)
        carry = term >> 64
      }
    }
    return product
  }

  /// The nearest double.
  public var approximate: Double { words.reversed().reduce(0) { $0 * 0x1p64 + Double($1) } }

  /// Exact below 2^64, else as a power of two.
  public var description: String {
    if words.dropFirst().allSatisfy({ $0 == 0 }) { return "\(words[0])" }
    let top = words.lastIndex { $0 != 0 }!
    return "about 2^\(top * 64 + 63 - words[top].leadingZeroBitCount)"
  }
}

extension PacketSet {
  /// How many packets the set holds; fields that a packet's protocol does not have count once.
  ///
  /// - Complexity: linear in diagram nodes times the intervals that leave them.
  public var count: PacketCount {
    var counter = PacketCounter(diagram: space.diagram)
    let zero = PacketCount(UInt64(0))
    return diagramRanges(space.diagram, root, .family).reduce(zero) { total, part in
      (part.low...part.high).reduce(total) { $0 + counter.count(part.child, 0, $1 == 0 ? .v4 : .v6, .other) }
    }
  }
}

/// Which optional fields a packet has, from its protocol.
private enum ProtocolKind: CaseIterable {
  case tcp, ports, types, other

  var members: IntervalSet<UInt8> {
    switch self {
    case .tcp: IntervalSet(IPProtocol.tcp)
    case .ports: IPProtocol.withPorts.subtracting(IntervalSet(IPProtocol.tcp))
    case .types: IPProtocol.withTypes
    case .other: IPProtocol.withPorts.union(IPProtocol.withTypes).complement
    }
  }
}

private struct PacketCounter {
  let diagram: DecisionDiagram
  private struct Key: Hashable {
    var node: NodeID
    var stage: Int
    var family: IPFamily
    var kind: ProtocolKind
  }
  private var memo: [Key: PacketCount] = [:]

  init(diagram: DecisionDiagram) { self.diagram = diagram }

  private static let stages: [PacketField] = [
    .destination, .source, .proto, .destinationPort, .sourcePort, .icmpType, .icmpCode, .tcpFlags, .state, .function,
    .unit, .register,
  ]

  /// Packets below `node` from field `stage` on.
  mutating func count(_ node: NodeID, _ stage: Int, _ family: IPFamily, _ kind: ProtocolKind) -> PacketCount {
    if node == DecisionDiagram.empty { return PacketCount(UInt64(0)) }
    if stage == PacketCounter.stages.count { return PacketCount(UInt64(1)) }
    let key = Key(node: node, stage: stage, family: family, kind: kind)
    if let known = memo[key] { return known }
    let result = counted(node, stage, family, kind)
    memo[key] = result
    return result
  }

  private mutating func counted(
    _ node: NodeID, _ stage: Int, _ family: IPFamily, _ kind: ProtocolKind
  ) -> PacketCount {
    let field = PacketCounter.stages[stage]
    var total = PacketCount(UInt64(0))
    switch field {
    case .proto:
      for part in diagramRanges(diagram, node, field) {
        for kind in ProtocolKind.allCases {
          let values = kind.members.intersection(IntervalSet(UInt8(part.low)...UInt8(part.high)))
          if !values.isEmpty {
            total = total + PacketCount(values.count) * count(part.child, stage + 1, family, kind)
          }
        }
      }
    case .destination, .source:
      for part in diagramRanges(diagram, node, field.narrowed(to: family)) {
        total = total + part.size * count(part.child, stage + 1, family, kind)
      }
    case .state:
      for part in diagramRanges(diagram, node, field) {
        // 4 to 7 are one state.
        let size = UInt64(min(part.high, 4) - min(part.low, 4) + 1)
        total = total + PacketCount(size) * count(part.child, stage + 1, family, kind)
      }
    case .function where kind == .tcp || kind == .ports:
      total = countFunctions(node, stage, family, kind)
    case .destinationPort where kind == .tcp || kind == .ports, .sourcePort where kind == .tcp || kind == .ports,
      .icmpType where kind == .types, .icmpCode where kind == .types, .tcpFlags where kind == .tcp:
      for part in diagramRanges(diagram, node, field) {
        total = total + part.size * count(part.child, stage + 1, family, kind)
      }
    default:
      // A field that the packet does not have is zero.
      return count(diagramChild(diagram, node, field, at: 0), stage + 1, family, kind)
    }
    return total
  }

  /// Unit and register exist only in Modbus messages.
  private mutating func countFunctions(
    _ node: NodeID, _ stage: Int, _ family: IPFamily, _ kind: ProtocolKind
  ) -> PacketCount {
    var total = PacketCount(UInt64(0))
    let modbus = functions(of: .modbus)
    for part in diagramRanges(diagram, node, .function) {
      let values = IntervalSet(UInt16(part.low)...UInt16(part.high))
      let others = values.subtracting(modbus).count
      let plain = diagramChild(diagram, diagramChild(diagram, part.child, .unit, at: 0), .register, at: 0)
      total = total + PacketCount(others) * count(plain, stage + 3, family, kind)
      var inside = PacketCount(UInt64(0))
      for unit in diagramRanges(diagram, part.child, .unit) {
        for register in diagramRanges(diagram, unit.child, .register) {
          inside = inside + unit.size * register.size * count(register.child, stage + 3, family, kind)
        }
      }
      total = total + PacketCount(values.intersection(modbus).count) * inside
    }
    return total
  }
}
