import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// The rule that an entry means.
  mutating func rule(_ entry: ASAEntry, _ list: ASAAccessList, _ number: Int, _ order: Int) -> Rule {
    var match = MatchBounds(
      sources: entry.sources, destinations: entry.destinations, services: services(of: entry))
    if entry.action == .unknown, entry.isAdvanced, entry.uncertainties.isEmpty {
      match = match.uncertain(
        Uncertainty(
          range: here, reason: "`permit` hands the packet to Snort, whose rules are not in this file"))
    }
    for uncertainty in entry.uncertainties { match = match.uncertain(uncertainty) }
    if let schedule = entry.schedule {
      match = match.uncertain(
        Uncertainty(range: here, reason: "in force only during time range `\(printable(schedule))`"))
    }
    var rule = Rule(
      order: order, name: "access-list \(list.name) line \(number)", match: match, action: entry.action, source: here)
    rule.ingress = entry.ingress
    rule.egress = entry.egress
    rule.objects = entry.objects
    rule.hits = hitCount()
    if entry.isInactive {
      rule.state = .disabled
    } else if let schedule = entry.schedule {
      rule.state = .scheduled(name: schedule)
    }
    // Without `log`, denied packets are logged by message 106023 and permitted ones not at all (command reference,
    // `access-list extended`, "log").
    let isDenyLogged = entry.action == .deny(rejects: false) && !entry.isAdvanced
    rule.logging = entry.logging ?? (isDenyLogged ? .on : .off)
    return rule
  }

  private mutating func services(of entry: ASAEntry) -> ServiceBounds {
    if let key = entry.simple {
      if let known = serviceCache[key] { return ServiceBounds(known) }
      var service = Service(proto: key.proto)
      service.sourcePorts = key.source.set
      service.destinationPorts = key.destination.set
      serviceCache[key] = [service]
      return ServiceBounds([service])
    }
    let base = entry.protocols ?? ServiceBounds([.any])
    let named = entry.services ?? ServiceBounds([.any])
    return ServiceBounds(
      lower: product(base.lower, named.lower, entry, \.lower),
      upper: product(base.upper, named.upper, entry, \.upper),
      uncertainties: base.uncertainties + named.uncertainties + entry.sourcePorts.uncertainties
        + entry.destinationPorts.uncertainties)
  }

  /// What protocol, named services and ports have in common.
  private func product(
    _ protocols: [Service], _ named: [Service], _ entry: ASAEntry, _ bound: KeyPath<PortBounds, IntervalSet<UInt16>>
  ) -> [Service] {
    var condition = Service.any
    condition.sourcePorts = entry.sourcePorts[keyPath: bound]
    condition.destinationPorts = entry.destinationPorts[keyPath: bound]
    condition.icmpTypes = entry.icmpTypes
    condition.icmpCodes = entry.icmpCodes
    let isFree = condition == .any
    if isFree, named == [.any] { return protocols }
    if isFree, protocols == [.any] { return named }
    return protocols.flatMap { proto in
      named.compactMap { $0.intersection(proto)?.intersection(condition) }
    }
  }
}
