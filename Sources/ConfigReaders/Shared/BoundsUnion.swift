import PacketSets
import RuleModel

/// Bounds of a union, built in one go: pairwise unions of thousands of group members would be quadratic.
func union(of parts: [AddressBounds]) -> AddressBounds {
  AddressBounds(
    lower: union(of: parts.map(\.lower)), upper: union(of: parts.map(\.upper)),
    uncertainties: limited(parts.flatMap { $0.uncertainties.prefix(uncertaintyLimit) }))
}

/// The union of many sets; O(n log n) in their intervals.
func union(of sets: [AddressSet]) -> AddressSet {
  if sets.count == 1 { return sets[0] }
  return AddressSet(
    v4: IntervalSet(sets.flatMap(\.v4.intervals)), v6: IntervalSet(sets.flatMap(\.v6.intervals)))
}

/// How many reasons one object or rule keeps: a group of ten thousand FQDNs needs no ten thousand reasons.
let uncertaintyLimit = 16

/// At most `uncertaintyLimit` reasons, the first ones.
func limited(_ uncertainties: [Uncertainty]) -> [Uncertainty] {
  uncertainties.count > uncertaintyLimit ? Array(uncertainties.prefix(uncertaintyLimit)) : uncertainties
}

/// Bounds of alternatives taken together, each alternative once.
func union(_ parts: [ServiceBounds]) -> ServiceBounds {
  ServiceBounds(
    lower: distinct(parts.flatMap(\.lower)), upper: distinct(parts.flatMap(\.upper)),
    uncertainties: limited(parts.flatMap { $0.uncertainties.prefix(uncertaintyLimit) }))
}

/// The alternatives without repetition; one that takes everything stands alone.
private func distinct(_ services: [Service]) -> [Service] {
  if services.contains(.any) { return [.any] }
  var seen: Set<Service> = []
  return services.filter { seen.insert($0).inserted }
}

extension ServiceBounds {
  /// What none of the alternatives takes (`service-negate`).
  var complement: ServiceBounds {
    let all = PacketSets.Service.any
    guard let surely = subtract(upper, from: all), let possibly = subtract(lower, from: all) else {
      return ServiceBounds(lower: [], upper: [all], uncertainties: uncertainties)
    }
    return ServiceBounds(lower: surely, upper: possibly, uncertainties: uncertainties)
  }

  /// Nil when the pieces multiply beyond reason.
  private func subtract(_ services: [Service], from whole: Service) -> [Service]? {
    var pieces = [whole]
    for service in services {
      pieces = pieces.flatMap { remainder($0, service) }
      if pieces.count > 4096 { return nil }
    }
    return pieces
  }

  /// `whole` without `part`, as disjoint pieces: one for each field that differs.
  private func remainder(_ whole: Service, _ part: Service) -> [Service] {
    guard let both = whole.intersection(part) else { return [whole] }
    var pieces: [Service] = []
    func add(_ piece: Service) {
      let isEmpty =
        piece.protocols.isEmpty || piece.sourcePorts.isEmpty || piece.destinationPorts.isEmpty
        || piece.icmpTypes.isEmpty || piece.icmpCodes.isEmpty
      if !isEmpty { pieces.append(piece) }
    }
    var rest = whole
    rest.protocols = whole.protocols.subtracting(both.protocols)
    add(rest)
    rest = whole
    rest.protocols = both.protocols
    if part.constrainsPorts {
      var piece = rest
      piece.destinationPorts = rest.destinationPorts.subtracting(both.destinationPorts)
      add(piece)
      rest.destinationPorts = both.destinationPorts
      rest.sourcePorts = rest.sourcePorts.subtracting(both.sourcePorts)
      add(rest)
    } else if part.constrainsTypes {
      var piece = rest
      piece.icmpTypes = rest.icmpTypes.subtracting(both.icmpTypes)
      add(piece)
      rest.icmpTypes = both.icmpTypes
      rest.icmpCodes = rest.icmpCodes.subtracting(both.icmpCodes)
      add(rest)
    }
    return pieces
  }
}
