/// The decision diagram as a fallback: follows an entry's boxes through the sequence as one set.
///
/// Slower for the usual list, but its size does not grow with the number of pieces. Contexts are numbered by class in the
/// variables of fields that boxes do not use.
struct DiagramSearch<Address: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let search: BoxSearch<Address>
  private let space = PacketSpace(nodeLimit: 20_000_000)

  init(_ search: BoxSearch<Address>) { self.search = search }

  /// The entries that take packets of the boxes before `entry`, in order, and whether some packet is left; nil when the
  /// diagram outgrows its limit.
  func takers(of boxes: [PacketBox<Address>], before entry: Int) -> (takers: [Int], isLive: Bool)? {
    let everything = search.contexts.product(0)
    // Each kind of class is numbered in 16 bits.
    guard [everything.ingress, everything.egress, everything.tail].allSatisfy({ $0.count * 64 <= 1 << 16 }) else {
      return nil
    }
    var rest = boxes.reduce(space.empty) { $0.union(set($1)) }
    var waiting: [(end: UInt32, set: PacketSet)] = []
    var found: [Int] = []
    for place in search.overlapping(boxes, before: entry) {
      let record = search.index.records[place]
      for group in waiting where group.end <= record.entry { rest = rest.union(group.set) }
      waiting.removeAll { $0.end <= record.entry }
      let part = rest.intersection(set(record.box))
      if part.isEmpty { continue }
      if record.outcome == .skip {
        waiting.append((search.entries[Int(record.entry)].skipEnd, part))
        if !record.flags.contains(.lower) { continue }
      } else if !record.outcome.decides || !record.flags.contains(.lower) {
        continue
      }
      rest = rest.subtracting(part)
      if found.last != Int(record.entry) { found.append(Int(record.entry)) }
      if rest.isEmpty, waiting.isEmpty { break }
    }
    for group in waiting where group.end <= entry { rest = rest.union(group.set) }
    return space.isExhausted ? nil : (found, !rest.isEmpty)
  }

  private func set(_ box: PacketBox<Address>) -> PacketSet {
    let diagram = space.diagram
    let product = search.contexts.product(box.context)
    let tails = space.node(classes(product.tail), .register)
    let egress = space.node(classes(product.egress), .function, yes: tails)
    // Type and code stand in the port fields, which leaves their own 16 bits free for the way in.
    let ingress = space.node(
      classes(product.ingress), PacketField(start: PacketField.icmpType.start, width: 16), yes: egress)
    let origins = space.node(IntervalSet(box.originLow...box.originHigh), .sourcePort, yes: ingress)
    let targets = space.node(IntervalSet(box.targetLow...box.targetHigh), .destinationPort, yes: origins)
    let protocols = space.node(IntervalSet(box.protoLow...box.protoHigh), .proto, yes: targets)
    let family: IPFamily = Address.bitWidth == 32 ? .v4 : .v6
    let sources = space.node(
      IntervalSet(box.sourceLow...box.sourceHigh), PacketField.source.narrowed(to: family), yes: protocols)
    let root = space.node(
      IntervalSet(box.destinationLow...box.destinationHigh), PacketField.destination.narrowed(to: family), yes: sources)
    return PacketSet(space, diagram.isExhausted ? DecisionDiagram.empty : root)
  }

  private func classes(_ bits: ContextSets.Bits) -> IntervalSet<UInt16> {
    let members = (0..<bits.count * 64).filter { bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    return IntervalSet(members.map { UInt16($0)...UInt16($0) })
  }
}
