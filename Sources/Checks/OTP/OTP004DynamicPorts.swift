import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let dynamicPorts = Check(
    "OTP004", "dynamic-ports", .medium,
    "OPC Classic forces a wide port range open across a level boundary, because DCOM chooses its ports as it goes.",
    work: .device { context in
      let listed = context.space.set(dynamicConduits(context.site, context.today).map(\.traffic))
      func violations(_ bound: KeyPath<SetBounds, PacketSet>) -> [RuleViolation] {
        context.violations(selecting: { context.crossesLevels($0, $1) }) { flow in
          // A conduit that lists the range answers for it.
          besidesMapper(flow, bound, context).subtracting(listed)
        }.filter { context.rule(at: $0.place)?.namesDynamicPorts == true }
      }
      let certain = violations(\.lower).filter(\.isCertain)
      let places = Set(certain.map(\.place))
      let possible = violations(\.upper).filter { !places.contains($0.place) }.map { $0.doubted(context.space) }
      return try (certain + possible).map { violation in
        try context.finding(
          violation,
          message: {
            "\($0.from) \($0.verb) open \($0.traffic) to \($0.to) beside tcp/135: DCOM, whose ports are not known before"
          }, help: remedy)
      }
    })

  /// The part of OTP004 that reads the conduits.
  static let dynamicPortConduits = Check(
    "OTP004", "dynamic-ports", .medium, dynamicPorts.summary,
    work: .site { context in
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
            conduit \(conduit.name) lists \(range.count) ports for DCOM (OPC Classic) beside tcp/135: nobody can tell what \
            runs on them
            """,
          help: remedy
        ) { device in
          device.space.set(conduit.traffic).intersection(device.sessions).intersection(dynamicSpace(device))
        }
      }
    })
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
  fileprivate func doubted(_ space: PacketSpace) -> RuleViolation {
    var violation = self
    for index in violation.parts.indices { violation.parts[index].packets.lower = space.empty }
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

private func dynamicSpace(_ context: DeviceContext) -> PacketSet {
  context.space.set(
    PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: choosable)]))
}

/// Sessions to any port that a host may choose, between hosts of the flow that reach the endpoint mapper too.
private func besidesMapper(
  _ flow: ZoneFlow, _ bound: KeyPath<SetBounds, PacketSet>, _ context: DeviceContext
) -> PacketSet {
  let mapping = context.space.set(PacketMatch(services: [mapper])).intersection(context.sessions)
  let reaching = flow.branches.reduce(context.space.empty) {
    $0.union($1.permitted[keyPath: bound].intersection(mapping))
  }
  return reaching.isEmpty
    ? reaching : reaching.replacingDestinationPort(with: choosable).intersection(context.sessions)
}
