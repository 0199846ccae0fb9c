import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension SiteContext {
  /// A packet that proves the part, confirmed by the packet-by-packet evaluator.
  ///
  /// - Parameter shown: the part's packets of which one is taken, in whatever space, and their boxes where they are few.
  /// - Throws: `CheckError.unconfirmedWitness` when the evaluator disagrees.
  func witness(
    of part: ViolationPart, in shown: (set: PacketSet, boxes: [PacketMatch]), severityOfDoubt certain: Bool
  ) throws -> Witness {
    // A preference that meets no box narrows nothing; fields tell that faster than sets do.
    let preferred = preferences(part).filter { preference in
      shown.boxes.isEmpty || shown.boxes.contains { $0.mayOverlap(preference) }
    }
    guard let proof = shown.set.witness(preferring: preferred) else {
      throw unconfirmed(part.flow, "\(topology.label(part.flow.to))", "no packet in what passes")
    }
    return try witness(proof, on: part.flow, certain: certain)
  }

  /// A packet in end-to-end form as a witness, confirmed by the packet-by-packet evaluator.
  func witness(_ packet: Packet, on flow: PathFlow, certain: Bool) throws -> Witness {
    let confirmed: ConfirmedPacket
    do throws(WalkDisagreement) {
      confirmed = try NetworkWalk(topology).confirmed(packet, on: flow, certain: certain)
    } catch { throw unconfirmed(flow, error.packet.description, error.detail) }
    return Witness(
      packet: confirmed.sent, translated: confirmed.translated, from: topology.label(flow.from),
      to: topology.label(flow.to), path: name(of: flow.path), steps: told(confirmed.steps))
  }

  private func unconfirmed(_ flow: PathFlow, _ packet: String, _ detail: String) -> CheckError {
    let devices = flow.path.map { topology.devices[$0.device].device.label }.joined(separator: ", ")
    return .unconfirmedWitness(check: check.code, device: devices, packet: packet, detail: detail)
  }

  /// `fw-office: outside -> dmz, fw-plant: dmz -> inside`.
  func name(of path: [Hop]) -> String {
    path.map { "\(topology.devices[$0.device].device.label): \($0.ingress) -> \($0.egress)" }.joined(separator: ", ")
  }

  /// What each device did, with its name where there are several.
  private func told(_ steps: [WalkStep]) -> [String] {
    let isAlone = Set(steps.map(\.hop.device)).count == 1
    return steps.flatMap { step in
      step.verdict.steps.map { isAlone ? $0 : "\(topology.devices[step.hop.device].device.label), \($0)" }
    }
  }

  /// Examples that people recognise: hosts of the inventory and the ports that matter most behind the boundary.
  private func preferences(_ part: ViolationPart) -> [PacketMatch] {
    func hosts(_ reference: ZoneReference) -> AddressSet {
      // Outside, the addresses that documents use for examples (RFC 5737, TEST-NET-3).
      guard let zone = topology.zone(reference) else {
        return IPPrefix("203.0.113.0/24").map { AddressSet($0) } ?? .empty
      }
      return part.traffic.small.hosts(reference) {
        site.assets.filter { $0.zone == zone.name }.reduce(.empty) { $0.union($1.addresses) }
      }
    }
    let sensitive: [UInt16] = [502, 102, 44818, 3389, 5900, 22, 445, 443]
    var preferred: [PacketMatch] = []
    let targets = hosts(part.flow.to)
    if !targets.isEmpty { preferred.append(PacketMatch(destinations: targets)) }
    let origins = hosts(part.flow.from)
    if !origins.isEmpty { preferred.append(PacketMatch(sources: origins)) }
    preferred += sensitive.map {
      PacketMatch(services: [Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet($0))])
    }
    preferred.append(PacketMatch(function: FunctionMatch(functions: IntervalSet(0))))
    preferred.append(PacketMatch(function: FunctionMatch(functions: functions(of: .modbus, .write))))
    return preferred
  }
}
