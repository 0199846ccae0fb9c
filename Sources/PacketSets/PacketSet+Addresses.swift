extension PacketSet {
  /// The addresses that some packet of the set goes to. O(nodes of the set's addresses).
  public var destinationAddresses: AddressSet {
    let rest = PacketField.source.variables.lowerBound..<PacketField.register.variables.upperBound
    return addresses(of: .destination, in: space.diagram.forgetting(rest, in: root))
  }

  /// The addresses that some packet of the set comes from.
  public var sourceAddresses: AddressSet {
    let rest = PacketField.proto.variables.lowerBound..<PacketField.register.variables.upperBound
    let pairs = space.diagram.forgetting(rest, in: root)
    return addresses(of: .source, in: space.diagram.forgetting(PacketField.destination.variables, in: pairs))
  }

  /// The packets whatever their addresses; each keeps its family.
  public var forgettingAddresses: PacketSet {
    let both = PacketField.destination.variables.lowerBound..<PacketField.source.variables.upperBound
    return PacketSet(space, space.diagram.forgetting(both, in: root))
  }

  private func addresses(of field: PacketField, in root: NodeID) -> AddressSet {
    var result = AddressSet.empty
    for part in diagramRanges(space.diagram, root, .family) {
      for family in IPFamily.allCases where (part.low...part.high).contains(UInt128(family.rawValue)) {
        let ranges = diagramRanges(space.diagram, part.child, field.narrowed(to: family))
        if family == .v4 {
          result.v4 = IntervalSet(ranges.map { UInt32($0.low)...UInt32($0.high) })
        } else {
          result.v6 = IntervalSet(ranges.map { $0.low...$0.high })
        }
      }
    }
    return result
  }
}
