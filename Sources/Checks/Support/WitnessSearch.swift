import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension DeviceContext {
  /// A packet that proves the part, confirmed by the packet-by-packet evaluator.
  ///
  /// - Parameter shown: the part's packets of which one is taken, in whatever space, and their boxes where they are few.
  /// - Throws: `CheckError.unconfirmedWitness` when the evaluator disagrees.
  func witness(
    of part: ViolationPart, in shown: (set: PacketSet, boxes: [PacketMatch]), severityOfDoubt certain: Bool
  ) throws -> Witness {
    // A preference that meets no box narrows nothing; fields tell that faster than sets do.
    let preferred = preferences(part.flow).filter { preference in
      shown.boxes.isEmpty || shown.boxes.contains { $0.mayOverlap(preference) }
    }
    let context = "\(topology.label(part.flow.from)) to \(topology.label(part.flow.to))"
    guard var leaving = shown.set.witness(preferring: preferred), var entering = original(of: leaving, part)
    else {
      throw CheckError.unconfirmedWitness(
        check: check.code, device: device.label, packet: context, detail: "no packet enters this way")
    }
    leaving.state = part.branch.state
    entering.state = part.branch.state
    let evaluator = ConcreteEvaluator(device: device, ingress: part.flow.ingress, egress: part.flow.egress)
    let verdict = evaluator.forward(entering, hint: leaving.destination)
    guard verdict.mayPermit, !certain || !verdict.mayDeny else {
      throw CheckError.unconfirmedWitness(
        check: check.code, device: device.label, packet: entering.description,
        detail: verdict.trace.map { "\($0.place): \($0.rule) \($0.effect)" }.joined(separator: "; "))
    }
    return Witness(
      packet: entering, translated: leaving == entering ? nil : leaving, from: topology.label(part.flow.from),
      to: topology.label(part.flow.to), path: "\(device.label): \(part.flow.ingress) -> \(part.flow.egress)",
      steps: verdict.steps)
  }

  /// The packet before the branch's translations.
  private func original(of leaving: Packet, _ part: ViolationPart) -> Packet? {
    guard !part.branch.translations.isEmpty else { return leaving }
    var match = PacketMatch(states: SessionStates(leaving.state))
    var service = Service(proto: leaving.proto)
    if IPProtocol.withPorts.contains(leaving.proto) {
      service.sourcePorts = IntervalSet(leaving.sourcePort)
      if part.branch.translations.allSatisfy({ $0.destinationPorts == nil }) {
        service.destinationPorts = IntervalSet(leaving.destinationPort)
      }
    }
    if IPProtocol.withTypes.contains(leaving.proto) {
      service.icmpTypes = IntervalSet(leaving.icmpType)
      service.icmpCodes = IntervalSet(leaving.icmpCode)
    }
    if leaving.proto == IPProtocol.tcp { service.tcpFlags = IntervalSet(leaving.tcpFlags) }
    match.services = [service]
    match.function = FunctionMatch(functions: IntervalSet(leaving.function.rawValue))
    if part.branch.translations.allSatisfy({ $0.source == nil }) { match.sources = AddressSet(leaving.source) }
    for translation in part.branch.translations {
      switch translation.destination {
      case nil: match.destinations = AddressSet(leaving.destination)
      case .prefix(let from, let to):
        let host = leaving.destination.value ^ to.base.value
        match.destinations = AddressSet(IPAddress(family: from.base.family, value: from.base.value | host))
      default: break
      }
    }
    return part.branch.entered.intersection(space.set(match)).witness(preferring: preferences(part.flow))
  }

  /// Examples that people recognise: hosts of the inventory and the ports that matter most behind the boundary.
  private func preferences(_ flow: ZoneFlow) -> [PacketMatch] {
    func hosts(_ reference: ZoneReference) -> AddressSet {
      // Outside, the addresses that documents use for examples (RFC 5737, TEST-NET-3).
      guard let zone = topology.zone(reference) else {
        return IPPrefix("203.0.113.0/24").map { AddressSet($0) } ?? .empty
      }
      return small.hosts(reference) {
        site.assets.filter { $0.zone == zone.name }.reduce(.empty) { $0.union($1.addresses) }
      }
    }
    let sensitive: [UInt16] = [502, 102, 44818, 3389, 5900, 22, 445, 443]
    var preferred: [PacketMatch] = []
    let targets = hosts(flow.to)
    if !targets.isEmpty { preferred.append(PacketMatch(destinations: targets)) }
    let origins = hosts(flow.from)
    if !origins.isEmpty { preferred.append(PacketMatch(sources: origins)) }
    preferred += sensitive.map {
      PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet($0))])
    }
    preferred.append(PacketMatch(function: FunctionMatch(functions: IntervalSet(0))))
    preferred.append(PacketMatch(function: FunctionMatch(functions: functions(of: .modbus, .write))))
    return preferred
  }
}
