import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let dynamicPorts = Check(
    "OTP004", "dynamic-ports", .medium,
    "OPC Classic forces a wide port range open across a level boundary, because DCOM chooses its ports as it goes.",
    work: .site { context in try openRanges(context) + listedRanges(context) })
}

/// Rules that open a range beside the endpoint mapper, where no conduit answers for it.
private func openRanges(_ context: SiteContext) throws -> [Finding] {
  let listed = dynamicConduits(context.site, context.today).map(\.traffic)
  func violations(_ bound: KeyPath<SetBounds, PacketSet>) -> [RuleViolation] {
    var reaching = ReachingMapper(bound: bound)
    return context.violationsOfEveryDevice(selecting: { context.crossesLevels($0, $1) }) { traffic, flow, _ in
      reaching.sessions(beside: flow, traffic).subtracting(traffic.space.set(listed))
    }.filter { context.rule(at: $0.place)?.namesDynamicPorts == true }
  }
  let certain = violations(\.lower).filter(\.isCertain)
  let places = Set(certain.map(\.place))
  let possible = violations(\.upper).filter { !places.contains($0.place) }.map(\.doubted)
  return try (certain + possible).map { violation in
    try context.finding(
      violation,
      message: {
        "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) beside tcp/135: DCOM, whose ports are not known before"
      }, help: remedy)
  }
}

/// Conduits that list a range.
private func listedRanges(_ context: SiteContext) throws -> [Finding] {
  try dynamicConduits(context.site, context.today).filter { conduit in
    let targets = context.zones(of: conduit.to).map { context.topology.zone($0)?.level }
    return context.zones(of: conduit.from).contains { from in
      targets.contains { $0 != context.topology.zone(from)?.level }
    }
  }.map { conduit in
    let range = conduit.services.dynamicPorts
    return try context.finding(
      conduit, at: "services", subject: "dynamic ports",
      message: """
        conduit \(conduit.name) lists \(range.count) ports for DCOM (OPC Classic) beside tcp/135: nobody can tell what runs on \
        them
        """,
      help: remedy
    ) { traffic in
      traffic.sessions(of: [conduit.traffic]).intersection(traffic.space.set(choosablePorts))
    }
  }
}

private let remedy = """
  move to OPC UA, which needs one port; or put an OPC tunneller, or a firewall that follows DCOM and opens each port as it is \
  agreed, in between; or fix the servers' DCOM port range to a few ports and open only those
  """

/// From here on a host may listen on a port of its choice (RFC 6335, section 6: registered and dynamic ports).
private let choosable = IntervalSet<UInt16>(1024...65535)

/// A fixed DCOM range is some dozen ports for each server; Windows chooses among 16384, older releases among 3976
/// (Microsoft, "Service overview and network port requirements for Windows").
private let fewPorts = 256

extension [Service] {
  /// The ports of a wide range over TCP; empty when there is none, or when a service means every port.
  fileprivate var dynamicPorts: IntervalSet<UInt16> {
    let tcp = filter { $0.protocols.contains(IPProtocol.tcp) }
    // Every service, or all of TCP, is no range for DCOM but no restriction at all, which RUL007 and SEG011 report.
    if tcp.contains(where: { IntervalSet<UInt16>(1...1023).isSubset(of: $0.destinationPorts) }) { return .empty }
    let ports = tcp.reduce(IntervalSet<UInt16>.empty) { $0.union($1.destinationPorts) }.intersection(choosable)
    return ports.count > fewPorts ? ports : .empty
  }

  /// Whether the endpoint mapper of DCOM is among them.
  fileprivate var holdMapper: Bool { contains { $0.overlaps(mapper) } }
}

private let mapper = Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(135))

extension Rule {
  /// Whether the rule opens a wide range of ports by name.
  fileprivate var namesDynamicPorts: Bool { match.upper.contains { !$0.services.dynamicPorts.isEmpty } }
}

extension RuleViolation {
  /// The same as a violation that is possible only.
  fileprivate var doubted: RuleViolation {
    var violation = self
    for index in violation.parts.indices {
      violation.parts[index].packets.lower = violation.parts[index].traffic.space.empty
    }
    return violation
  }
}

/// Conduits in force with a wide range, where one between the same sides lists the endpoint mapper.
private func dynamicConduits(_ site: Site, _ today: CalendarDate) -> [Conduit] {
  let inForce = site.conduits.filter { $0.isInForce(today) }
  return inForce.filter { conduit in
    !conduit.services.dynamicPorts.isEmpty
      && inForce.contains { other in
        other.services.holdMapper && other.from.addresses.overlaps(conduit.from.addresses)
          && other.to.addresses.overlaps(conduit.to.addresses)
      }
  }
}

private let choosablePorts = PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: choosable)])

/// Which hosts reach the endpoint mapper of which, by one of the bounds; worked out once for each pair of zones.
private struct ReachingMapper {
  let bound: KeyPath<SetBounds, PacketSet>
  private struct Pair: Hashable {
    var from: ZoneReference
    var to: ZoneReference
  }
  private var known: [Pair: PacketSet] = [:]

  init(bound: KeyPath<SetBounds, PacketSet>) { self.bound = bound }

  /// Sessions to any port that a host may choose, between hosts of the flow's zones that reach the mapper too.
  mutating func sessions(beside flow: PathFlow, _ traffic: ZoneTraffic) -> PacketSet {
    let pair = Pair(from: flow.from, to: flow.to)
    if let known = known[pair] { return known }
    let mapping = traffic.sessions(of: [PacketMatch(services: [mapper])])
    let reaching = traffic.flows.flows.filter { $0.to == flow.to }.reduce(traffic.space.empty) {
      $0.union($1.branch.endToEnd[keyPath: bound].intersection(mapping))
    }
    let sessions =
      reaching.isEmpty
      ? reaching : reaching.replacingDestinationPort(with: choosable).intersection(traffic.sessions)
    known[pair] = sessions
    return sessions
  }
}
