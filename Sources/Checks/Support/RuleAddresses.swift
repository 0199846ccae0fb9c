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
    pipeline.flatMap { stage -> [TranslationRule] in
      if case .translate(let rules) = stage.work { rules } else { [] }
    }.reduce(.empty) { found, rule in
      var found = found
      for match in rule.match.upper {
        if rule.source != nil { found = found.union(match.sources.named) }
        if rule.destination != nil { found = found.union(match.destinations.named) }
      }
      for target in [rule.source, rule.destination] {
        switch target {
        case .prefix(let from, let to): found = found.union(AddressSet(from)).union(AddressSet(to))
        case .pool(let addresses): found = found.union(addresses.named)
        case .egressInterface, .unknown, nil: break
        }
      }
      return found
    }
  }
}
