/// A set of packets: exact, canonical, immutable, cheap to copy.
///
/// Equality and hashing take constant time. Both operands of an operation must come from one `PacketSpace`.
public struct PacketSet: Hashable {
  public let space: PacketSpace
  let root: NodeID

  init(_ space: PacketSpace, _ root: NodeID) {
    self.space = space
    self.root = root
  }

  public static func == (a: PacketSet, b: PacketSet) -> Bool { a.root == b.root && a.space === b.space }
  public func hash(into hasher: inout Hasher) { hasher.combine(root) }

  /// Whether no packet belongs to the set.
  public var isEmpty: Bool { root == DecisionDiagram.empty }
  /// Whether every packet belongs to the set.
  public var isAll: Bool { root == DecisionDiagram.full }

  /// Packets in either set; O(a·b) diagram nodes at worst.
  public func union(_ other: PacketSet) -> PacketSet { combined(.or, other) }
  /// Packets in both sets.
  public func intersection(_ other: PacketSet) -> PacketSet { combined(.and, other) }
  /// Packets of this set that are not in `other`.
  public func subtracting(_ other: PacketSet) -> PacketSet { combined(.subtract, other) }
  /// Packets outside the set.
  public var complement: PacketSet { space.all.subtracting(self) }
  /// Whether every packet of this set is in `other`.
  public func isSubset(of other: PacketSet) -> Bool { subtracting(other).isEmpty }
  /// Whether the sets share a packet.
  public func overlaps(_ other: PacketSet) -> Bool { !intersection(other).isEmpty }

  /// Whether `packet` belongs to the set; O(number of header bits).
  public func contains(_ packet: Packet) -> Bool {
    var id = root
    while id > 1 {
      let node = space.diagram.nodes[Int(id)]
      id = packet.bit(node.variable) ? node.high : node.low
    }
    return id == DecisionDiagram.full
  }

  private func combined(_ operation: DecisionDiagram.Operation, _ other: PacketSet) -> PacketSet {
    precondition(space === other.space, "packet sets of different spaces cannot be combined")
    return PacketSet(space, space.diagram.apply(operation, root, other.root))
  }
}

extension PacketSet {
  /// The same packets with another destination address: any of `addresses` (the target of a translation to a pool).
  ///
  /// Packets of a family that `addresses` has none of stay as they are.
  public func replacingDestination(with addresses: AddressSet) -> PacketSet {
    replacing(.destination, addresses) { PacketMatch(destinations: $0) }
  }

  /// The same packets with another source address: any of `addresses`; see `replacingDestination`.
  public func replacingSource(with addresses: AddressSet) -> PacketSet {
    replacing(.source, addresses) { PacketMatch(sources: $0) }
  }

  /// The same packets with another destination port: any of `ports`. Packets without ports stay as they are.
  public func replacingDestinationPort(with ports: IntervalSet<UInt16>) -> PacketSet {
    let service = Service(protocols: IPProtocol.withPorts)
    let withPorts = intersection(space.set(PacketMatch(services: [service])))
    let open = PacketSet(space, space.diagram.forgetting(PacketField.destinationPort.variables, in: withPorts.root))
    var target = service
    target.destinationPorts = ports
    return open.intersection(space.set(PacketMatch(services: [target]))).union(subtracting(withPorts))
  }

  /// The packets to prefix `from`, sent to the same host of prefix `to` instead; nil when the prefixes differ in length or
  /// family. Packets to other addresses are dropped.
  public func movingDestination(from: IPPrefix, to: IPPrefix) -> PacketSet? {
    moving(.destination, from, to) { PacketMatch(destinations: AddressSet($0)) }
  }

  /// The packets from prefix `from`, with the same host of prefix `to` as their source; nil when the prefixes differ in
  /// length or family. Packets from other addresses are dropped.
  public func movingSource(from: IPPrefix, to: IPPrefix) -> PacketSet? {
    moving(.source, from, to) { PacketMatch(sources: AddressSet($0)) }
  }

  /// The packets whatever industrial function, unit and register they carry.
  public var forgettingFunctions: PacketSet {
    let variables = PacketField.function.variables.lowerBound..<PacketField.register.variables.upperBound
    return PacketSet(space, space.diagram.forgetting(variables, in: root))
  }

  /// The packets whatever their source address; each keeps its family.
  public var forgettingSource: PacketSet {
    PacketSet(space, space.diagram.forgetting(PacketField.source.variables, in: root))
  }

  private func replacing(
    _ field: PacketField, _ addresses: AddressSet, _ match: (AddressSet) -> PacketMatch
  ) -> PacketSet {
    // A translation keeps the family; the family bit stays, so each family gets its own targets.
    var translatable = AddressSet.empty
    if !addresses.v4.isEmpty { translatable.v4 = .all }
    if !addresses.v6.isEmpty { translatable.v6 = .all }
    let family = space.set(PacketMatch(sources: translatable, destinations: translatable))
    let open = PacketSet(space, space.diagram.forgetting(field.variables, in: intersection(family).root))
    return open.intersection(space.set(match(addresses))).union(subtracting(family))
  }

  private func moving(
    _ field: PacketField, _ from: IPPrefix, _ to: IPPrefix, _ match: (IPPrefix) -> PacketMatch
  ) -> PacketSet? {
    guard from.base.family == to.base.family, from.length == to.length else { return nil }
    let inside = intersection(space.set(match(from)))
    // Only the bits of the prefix change; the host bits stay as they are.
    let prefixBits = field.start..<field.start + UInt16(from.length)
    let open = PacketSet(space, space.diagram.forgetting(prefixBits, in: inside.root))
    return open.intersection(space.set(match(to)))
  }
}
