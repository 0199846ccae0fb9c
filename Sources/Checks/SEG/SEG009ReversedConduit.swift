import Findings
import PacketSets
import Reachability

extension Check {
  static let reversedConduit = Check(
    "SEG009", "reversed-conduit", .high, "A conduit is one-way by declaration and the reverse can be opened too.",
    work: .site { context in
      try context.site.conduits.filter { $0.isOneWay && $0.isInForce(context.today) }.flatMap { conduit in
        let reverse = PacketMatch(
          sources: conduit.to.addresses, destinations: conduit.from.addresses, states: .new)
        return try context.violations(selecting: { _, _ in true }) { traffic, _ in
          traffic.space.set(reverse).intersection(traffic.counted(.sessions, onlyUnlisted: true))
        }.map { violation in
          var finding = try context.finding(
            violation,
            message: {
              "conduit \(conduit.name) is one-way, but \($0.from) \($0.verb) open \($0.traffic) back to \($0.to)"
            },
            help: "delete or narrow this permit, or drop `one-way` from the conduit and say why")
          finding.property = "conduit \(conduit.name)"
          finding.related.append(RelatedPlace(range: conduit.source, label: "the conduit"))
          return finding
        }
      }
    })
}
