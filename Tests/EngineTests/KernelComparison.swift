import Engine
import PacketSets
import Reachability
import RuleModel

/// What Bulkhead says about packets of a network, held against what the kernel did with them.
struct KernelComparison {
  /// A packet as a gateway puts it onto the wire of its zone.
  struct Place: Hashable {
    var zone: ZoneReference
    var destination: IPAddress
    var port: UInt16
  }
  private let network: SiteNetwork
  private let walk: NetworkWalk
  private var flows: [ZoneReference: [PathFlow]] = [:]

  init(_ network: SiteNetwork) {
    self.network = network
    walk = NetworkWalk(network.topology)
    for zone in network.topology.references {
      flows[zone] = OriginFlows(network.map, from: zone).flows.filter { $0.branch.state == .new }
    }
  }

  func zone(of address: IPAddress) -> ZoneReference {
    network.topology.references.first { network.topology.networks(of: $0).contains(address) }!
  }

  /// The wire that hosts of a zone are on.
  private func wire(of zone: ZoneReference) -> String {
    network.topology.zone(zone)?.name ?? "corporate"
  }

  /// Where Bulkhead lets a packet arrive, one by one, with the ways that it takes.
  func predicted(_ sent: KernelNetwork.SentPacket) -> [Walk] {
    let packet = sent.packet
    return walk.ways(of: packet, from: zone(of: packet.source)).filter { way in
      // Outside and corporate share a wire; between them nothing passes a gateway.
      way.arrival.map { wire(of: $0) != wire(of: zone(of: packet.source)) } ?? false
    }
  }

  /// The flows of sets that a packet may take to other wires.
  func flows(of sent: KernelNetwork.SentPacket) -> [PathFlow] {
    let packet = sent.packet
    let origin = zone(of: packet.source)
    return flows[origin]!.filter { wire(of: $0.to) != wire(of: origin) && $0.branch.asSent.upper.contains(packet) }
  }

  /// What of the gateways' frames stands on the wire of its destination, and not on the way there.
  func arrived(_ arrivals: [KernelNetwork.Arrival], of sent: KernelNetwork.SentPacket) -> [KernelNetwork.Arrival] {
    arrivals.filter {
      $0.wire == wire(of: zone(of: IPAddress($0.destination)!)) && $0.wire != wire(of: zone(of: sent.packet.source))
    }
  }

  /// Each disagreement about one packet, in words; none when all agree.
  func disagreements(_ sent: KernelNetwork.SentPacket, _ arrivals: [KernelNetwork.Arrival]) -> [String] {
    let packet = sent.packet
    let arrived = arrived(arrivals, of: sent)
    let observed = Set(arrived.map { place(of: $0) })
    let ways = predicted(sent)
    var wrong: [String] = []
    func complain(_ text: String) { wrong.append("\(packet): \(text); the kernel: \(arrived)") }

    let single = Set(
      ways.map { Place(zone: $0.arrival!, destination: $0.packet.destination, port: $0.packet.destinationPort) })
    if single != observed { complain("single packets arrive at \(single.map(describe))") }
    if walk.ways(of: packet, from: zone(of: packet.source)).contains(where: { $0.arrival != nil && $0.mayStop }) {
      complain("left open")
    }

    let symbolic = flows(of: sent)
    let zones = Set(symbolic.map(\.to))
    if zones != Set(observed.map(\.zone)) { complain("sets arrive in \(zones.map(network.topology.label))") }
    for arrival in arrived {
      if let text = contradiction(arrival, packet, ways, symbolic) { complain(text) }
    }
    return wrong
  }

  /// Holds one arrival, with both addresses as translated, against the ways and sets that lead there.
  private func contradiction(
    _ arrival: KernelNetwork.Arrival, _ packet: Packet, _ ways: [Walk], _ symbolic: [PathFlow]
  ) -> String? {
    var delivered = packet
    delivered.destination = IPAddress(arrival.destination)!
    delivered.destinationPort = arrival.destinationPort
    var seen = delivered
    seen.source = IPAddress(arrival.source)!
    let here = symbolic.filter {
      $0.to == zone(of: seen.destination) && $0.branch.permitted.upper.contains(seen)
        && $0.branch.endToEnd.upper.contains(delivered)
    }
    if here.isEmpty { return "no set holds \(seen)" }
    guard here.contains(where: { $0.branch.endToEnd.lower.contains(delivered) }) else {
      return "the sets leave it open"
    }
    // A masquerading interface gives its own address, which is not in the file.
    let isMasqueraded = here.contains { $0.branch.translations.contains { $0.rule.source == .egressInterface } }
    let sources = ways.filter { $0.packet.destination == seen.destination }.map(\.packet.source)
    if isMasqueraded { return seen.source == packet.source ? "the kernel did not masquerade" : nil }
    if !sources.contains(seen.source) { return "the source becomes \(sources)" }
    let changed = seen.source != packet.source
    return changed && here.contains { $0.branch.permitted.upper.contains(delivered) }
      ? "sets hold the source that was sent" : nil
  }

  private func place(of arrival: KernelNetwork.Arrival) -> Place {
    let destination = IPAddress(arrival.destination)!
    return Place(zone: zone(of: destination), destination: destination, port: arrival.destinationPort)
  }

  private func describe(_ place: Place) -> String {
    "\(network.topology.label(place.zone)) \(place.destination):\(place.port)"
  }

  /// Whether an answer to what took this way comes back: each gateway is asked in the other direction.
  ///
  /// A gateway that translates undoes it for answers without asking its rules; its filter sees the destination that the
  /// packet left with and the source that it came with.
  func answers(_ way: Walk) -> Bool {
    way.steps.indices.allSatisfy { index in
      let step = way.steps[index]
      let left = index + 1 < way.steps.count ? way.steps[index + 1].packet : way.packet
      var answer = Packet(source: left.destination, destination: step.packet.source, proto: left.proto)
      answer.sourcePort = left.destinationPort
      answer.destinationPort = left.sourcePort
      answer.tcpFlags = 0b01_0010
      answer.state = .reply
      let evaluator = ConcreteEvaluator(
        device: network.topology.devices[step.hop.device].device, ingress: step.hop.egress, egress: step.hop.ingress)
      return evaluator.forward(answer).isPermitted
    }
  }
}

extension KernelNetwork.SentPacket {
  var packet: Packet {
    var packet = Packet(source: IPAddress(source)!, destination: IPAddress(destination)!, proto: proto)
    if proto == IPProtocol.icmp {
      packet.icmpType = icmpType
    } else {
      packet.sourcePort = sourcePort
      packet.destinationPort = destinationPort
    }
    if proto == IPProtocol.tcp { packet.tcpFlags = tcpFlags }
    return packet
  }
}
