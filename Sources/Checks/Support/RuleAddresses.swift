import PacketSets
import RuleModel

extension AddressSet {
  /// Addresses that no zone needs to hold: this network, loopback, link-local, multicast and broadcast (RFC 6890, RFC 4291).
  static let withoutZone: AddressSet = [
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "::/127", "fe80::/10",
    "ff00::/8",
  ].compactMap { IPPrefix($0) }.reduce(.empty) { $0.union(AddressSet($1)) }

  /// The same without a family that is there as a whole: a set that stands for "any" names no address.
  var named: AddressSet { AddressSet(v4: v4.isAll ? .empty : v4, v6: v6.isAll ? .empty : v6) }

  /// All addresses of the sets; O(n log n) in their intervals, where one union after the other would be quadratic.
  init(unionOf sets: [AddressSet]) {
    self.init(
      v4: IntervalSet(sets.flatMap { $0.v4.intervals }), v6: IntervalSet(sets.flatMap { $0.v6.intervals }))
  }

  /// The intervals, each as a set of its own, IPv4 first.
  var intervals: [AddressSet] {
    v4.intervals.map { AddressSet(v4: IntervalSet($0)) } + v6.intervals.map { AddressSet(v6: IntervalSet($0)) }
  }

  /// How many addresses of both families, saturating.
  var count: UInt128 {
    let (sum, overflow) = v4.count.addingReportingOverflow(v6.count)
    return overflow ? .max : sum
  }
}

extension Rule {
  /// Whether the rule is a permit of the file that takes part.
  var isActivePermit: Bool { action == .permit && isExplicit && state != .disabled }

  /// The addresses that the rule names, on both sides and in both bounds.
  ///
  /// A group with an unknown member is "any" from above; its other members are still named from below.
  var namedAddresses: AddressSet {
    let bounds = match.isExact ? match.upper : match.upper + match.lower
    return bounds.reduce(.empty) { $0.union($1.sources.named).union($1.destinations.named) }
  }
}

extension Device {
  /// Addresses that its translations take or give: on such an address another host may answer.
  var translatedAddresses: AddressSet {
    let rules = pipeline.flatMap { stage -> [TranslationRule] in
      if case .translate(let rules) = stage.work { rules } else { [] }
    }
    return AddressSet(unionOf: rules.flatMap(\.changedAddresses))
  }
}

extension TranslationRule {
  /// The addresses before and after, where the rule names them.
  fileprivate var changedAddresses: [AddressSet] {
    let before = match.upper.flatMap { match in
      (source == nil ? [] : [match.sources.named]) + (destination == nil ? [] : [match.destinations.named])
    }
    return before
      + [source, destination].flatMap { target -> [AddressSet] in
        switch target {
        case .prefix(let from, let to): [AddressSet(from), AddressSet(to)]
        case .pool(let addresses): [addresses.named]
        case .egressInterface, .unknown, nil: []
        }
      }
  }
}
