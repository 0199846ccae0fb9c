/// A run of field values that lead to the same rest of the diagram; both ends included.
struct DiagramRange {
  var low: UInt128
  var high: UInt128
  var child: NodeID

  var size: PacketCount { PacketCount(high - low) + PacketCount(UInt64(1)) }
}

/// The values of `field` in ascending order with what follows each, neighbours with the same rest joined; values that
/// lead to the empty set are left out.
func diagramRanges(_ diagram: DecisionDiagram, _ root: NodeID, _ field: PacketField) -> [DiagramRange] {
  var result: [DiagramRange] = []
  func walk(_ id: NodeID, _ bit: Int, _ low: UInt128) {
    if id == DecisionDiagram.empty { return }
    let node = diagram.nodes[Int(id)]
    let end = field.start + UInt16(field.width)
    let span: UInt128 = bit == 0 && field.width == 128 ? .max : (1 << UInt128(field.width - bit)) &- 1
    guard node.variable < end else {
      if let last = result.last, last.child == id, last.high &+ 1 == low {
        result[result.count - 1].high = low | span
      } else {
        result.append(DiagramRange(low: low, high: low | span, child: id))
      }
      return
    }
    let next = bit + 1
    let half: UInt128 = 1 << UInt128(field.width - next)
    let tested = node.variable == field.start + UInt16(bit)
    walk(tested ? node.low : id, next, low)
    walk(tested ? node.high : id, next, low | half)
  }
  walk(root, 0, 0)
  return result
}

/// What follows one value of `field`.
func diagramChild(_ diagram: DecisionDiagram, _ root: NodeID, _ field: PacketField, at value: UInt128) -> NodeID {
  var id = root
  while field.variables.contains(diagram.nodes[Int(id)].variable) {
    let node = diagram.nodes[Int(id)]
    let bit = field.width - 1 - Int(node.variable - field.start)
    id = value >> UInt128(bit) & 1 == 1 ? node.high : node.low
  }
  return id
}
