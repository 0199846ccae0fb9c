import PacketSets
import Reachability
import SitePolicy

/// What one zone can send to the others, with the packet sets that checks compare it with; each is made once.
public final class ZoneTraffic {
  public let flows: OriginFlows
  private let today: CalendarDate
  /// Where findings are worked out.
  let small = SmallSpace()

  package var space: PacketSpace { flows.space }
  var openings: PacketSet { flows.openings }
  private var site: Site { flows.topology.site }

  /// - Parameter today: conduits that have expired by then list nothing.
  public init(_ flows: OriginFlows, today: CalendarDate) {
    self.flows = flows
    self.today = today
  }

  /// Which packets count as traffic.
  enum Counting: Hashable { case sessions, everyPacket }
  private struct Question: Hashable {
    var counting: Counting
    var onlyUnlisted: Bool
  }
  private var answers: [Question: PacketSet] = [:]

  /// The packets that count, without those that conduits list if these do not.
  func counted(_ counting: Counting, onlyUnlisted: Bool) -> PacketSet {
    let question = Question(counting: counting, onlyUnlisted: onlyUnlisted)
    if let known = answers[question] { return known }
    let counted = counting == .sessions ? sessions : plausible
    let answer = onlyUnlisted ? counted.subtracting(listed) : counted
    answers[question] = answer
    return answer
  }

  /// The sessions of some services.
  func sessions(of services: [PacketMatch], except decided: [PacketMatch] = []) -> PacketSet {
    space.set(services).intersection(sessions).subtracting(space.set(decided))
  }

  /// Everything that conduits in force list.
  package private(set) lazy var listed: PacketSet = space.set(site.listed(today: today))

  /// Packets whose industrial function can be what it says: no function of one protocol on the port of another.
  ///
  /// On ports that belong to no industrial protocol every protocol is possible.
  private(set) lazy var plausible: PacketSet = {
    let standard = space.set(industrialServices.map { PacketMatch(services: [$0.service]) })
    return carrying(on: { $0.union(standard.complement) })
  }()

  /// Packets that a service without a word on functions stands for: those without any, and those of the protocol whose port
  /// it is. What a permit of a port lets through besides is `plausible`, but nobody needs it.
  private(set) lazy var usual: PacketSet = carrying(on: { $0 })

  /// Packets without industrial function, and those with one on what `ports` makes of the protocol's own ports.
  private func carrying(on ports: (PacketSet) -> PacketSet) -> PacketSet {
    let own = industrialServices.reduce(into: [IndustrialProtocol: [PacketMatch]]()) { own, known in
      for name in known.protocols { own[name, default: []].append(PacketMatch(services: [known.service])) }
    }
    return IndustrialProtocol.allCases.reduce(
      space.set(PacketMatch(function: FunctionMatch(functions: IntervalSet(0))))
    ) { result, name in
      let messages = space.set(PacketMatch(function: FunctionMatch(functions: functions(of: name))))
      return result.union(messages.intersection(ports(space.set(own[name] ?? []))))
    }
  }

  /// Packets that open a session.
  package private(set) lazy var sessions: PacketSet = openings.intersection(plausible)
}
