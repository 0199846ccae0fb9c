import PacketSets
import Reachability
import RuleModel
import SitePolicy

/// Random packets between the zones of a site, most of them near the edges of what its rules match.
public struct RandomNetworkPackets {
  private var generator: SeededGenerator
  private let topology: SiteTopology
  private let matches: [PacketMatch]

  /// - Parameter topology: its devices' rules and translations give addresses and services.
  public init(seed: UInt64, _ topology: SiteTopology) {
    generator = SeededGenerator(seed: seed)
    self.topology = topology
    matches = topology.devices.flatMap { bound -> [PacketMatch] in
      let rules = bound.device.lists.flatMap { list in list.rules.flatMap(\.match.upper) }
      let translations = bound.device.pipeline.flatMap { stage -> [PacketMatch] in
        if case .translate(let rules) = stage.work { rules.flatMap(\.match.upper) } else { [] }
      }
      return rules + translations
    }
  }

  /// A packet that a host of `origin` sends as the first of a session.
  public mutating func packet(from origin: ZoneReference) -> Packet? {
    let own = topology.networks(of: origin)
    let match = matches.randomElement(using: &generator) ?? .any
    let near = match.sources.intersection(own)
    let target = topology.networks(of: topology.references.randomElement(using: &generator)!)
    let aimed = flip() ? match.destinations : match.destinations.intersection(target)
    guard let source = address(in: flip() && !near.isEmpty ? near : own),
      let destination = address(in: aimed.isEmpty ? target : aimed), source.family == destination.family
    else { return nil }
    let service = (flip() ? match : matches.randomElement(using: &generator) ?? match).services
      .randomElement(using: &generator)
    var packet = Packet(source: source, destination: destination, proto: pick(service?.protocols) ?? IPProtocol.tcp)
    if IPProtocol.withPorts.contains(packet.proto) {
      packet.sourcePort = pick(service?.sourcePorts) ?? 49_152
      packet.destinationPort = pick(service?.destinationPorts) ?? 443
    }
    if IPProtocol.withTypes.contains(packet.proto) {
      packet.icmpType = pick(service?.icmpTypes) ?? 8
      packet.icmpCode = pick(service?.icmpCodes) ?? 0
    }
    if packet.proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    if IPProtocol.withPorts.contains(packet.proto), let function = pick(match.function.functions) {
      packet.function = IndustrialFunction(rawValue: function)
    }
    return packet
  }

  private mutating func flip() -> Bool { Bool.random(using: &generator) }

  /// An end or a middle of one of the intervals.
  private mutating func pick<Value>(_ values: IntervalSet<Value>?) -> Value? {
    guard let interval = values?.intervals.randomElement(using: &generator) else { return nil }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return interval.lowerBound
    case 1: return interval.upperBound
    default: return Value.random(in: interval.lowerBound...interval.upperBound, using: &generator)
    }
  }

  private mutating func address(in set: AddressSet) -> IPAddress? {
    let isV6 = set.v4.isEmpty || (!set.v6.isEmpty && Int.random(in: 0..<5, using: &generator) == 0)
    return isV6 ? pick(set.v6).map { IPAddress(v6: $0) } : pick(set.v4).map { IPAddress(v4: $0) }
  }
}
