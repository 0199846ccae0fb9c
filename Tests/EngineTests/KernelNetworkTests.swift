import Engine
import Foundation
import PacketSets
import Reachability
import Testing

/// A whole network in the running kernel: what its gateways carry from zone to zone, Bulkhead must say, and nothing else.
@Suite(.serialized) struct KernelNetworkTests {
  @Test func statefulGatewaysAgree() throws {
    let packets = everything()
    let connections = everything(firstPort: 30_000, tcpOnly: true)
    guard let run = try Run(KernelPlant(), packets, connections) else { return }
    #expect(run.network.gaps.isEmpty, "\(run.network.gaps)")
    expectAgreement(run, packets)
    let fates = packets.indices.map { run.arrived($0) }
    let count = fates.count { !$0.isEmpty }
    let translated = packets.indices.count { number in
      fates[number].contains { $0.source != packets[number].source || $0.destination != packets[number].destination }
    }
    print("the kernel carried \(count) of \(packets.count) packets to other zones, \(translated) of them translated")
    // A referee that lets everything or nothing through would decide nothing.
    #expect(packets.count > 600 && count > 150 && count < packets.count / 2 && translated > 50)
    #expect(fates.contains { $0.count > 1 }, "a chain of publications arrives at both of its addresses")

    var connected = 0
    for (connection, seen) in zip(connections, run.result.connections) {
      let arrives = run.comparison.predicted(connection).filter { isListener($0.packet.destination) }
      #expect(seen.clientIsConnected == !arrives.isEmpty, "\(connection.packet): \(seen)")
      #expect(seen.accepted.map(\.by) == arrives.map { name(of: $0.packet.destination) }, "\(connection.packet)")
      // With stateful gateways the answer always comes back.
      #expect(arrives.allSatisfy { run.comparison.answers($0) }, "\(connection.packet)")
      if seen.clientIsConnected { connected += 1 }
    }
    print("\(connected) of \(connections.count) connections came about")
    #expect(connections.count > 400 && connected > 30 && connected < connections.count / 2)
  }

  @Test func answersNeedRulesWhereNothingIsTracked() throws {
    let plant = KernelPlant(plant: KernelPlant.statelessPlant)
    let packets = everything()
    let connections = everything(firstPort: 30_000, tcpOnly: true)
    guard let run = try Run(plant, packets, connections) else { return }
    #expect(run.network.gaps.isEmpty, "\(run.network.gaps)")
    expectAgreement(run, packets)
    var answered = 0
    var unanswered = 0
    for (connection, seen) in zip(connections, run.result.connections) {
      let arrives = run.comparison.predicted(connection).filter { isListener($0.packet.destination) }
      let answers = arrives.contains { run.comparison.answers($0) }
      #expect(seen.clientIsConnected == answers, "\(connection.packet): \(seen)")
      #expect(seen.accepted.isEmpty == !answers, "\(connection.packet): \(seen)")
      if answers { answered += 1 } else if !arrives.isEmpty { unanswered += 1 }
    }
    print("\(answered) connections were answered; \(unanswered) openings arrived whose answer was dropped")
    #expect(answered > 10 && unanswered > 10)
  }

  @Test func aChangedRuleChangesTheOutcome() throws {
    let packets = everything()
    var plant = KernelPlant()
    guard let before = try Run(plant, packets) else { return }
    plant.plant = plant.plant.replacing("tcp dport { 22, 3389 } accept", with: "tcp dport { 80, 3389 } accept")
    guard let after = try Run(plant, packets) else { return }
    expectAgreement(after, packets)
    // The kernel with the new rule contradicts what Bulkhead says about the old one, for just the packets of that rule.
    var changed: Set<UInt16> = []
    for (number, packet) in packets.enumerated() {
      let contradicts = !before.comparison.disagreements(packet, after.result.arrivals[number]).isEmpty
      #expect(contradicts == (before.arrived(number) != after.arrived(number)), "\(packet.packet)")
      if contradicts { changed.insert(packet.destinationPort) }
    }
    #expect(changed == [22, 80])
  }

  /// One network in the kernel, and what Bulkhead reads from the rules that the kernel lists.
  private struct Run {
    let network: SiteNetwork
    let result: KernelNetwork.Result
    let comparison: KernelComparison
    let packets: [KernelNetwork.SentPacket]

    /// Nil, with a line that says why, where the machine does not allow it.
    init?(
      _ plant: KernelPlant, _ packets: [KernelNetwork.SentPacket], _ connections: [KernelNetwork.SentPacket] = []
    ) throws {
      var kernel = plant.network
      kernel.packets = packets
      kernel.connections = connections
      switch try kernel.ask() {
      case .unavailable(let why):
        #expect(!why.contains("syntax") && !why.contains("invalid") && !why.contains("Command failed"), "\(why)")
        print("skipped: the kernel cannot be asked about networks here: \(why)")
        return nil
      case .observed(let result):
        let folder = try TemporaryFolder()
        try folder.write("bulkhead.yml", KernelPlant.site)
        for (name, text) in result.configs { try folder.write(name, text) }
        network = try readNetwork(folder.path)
        withExtendedLifetime(folder) {}
        comparison = KernelComparison(network)
        self.result = result
        self.packets = packets
      }
    }

    func arrived(_ number: Int) -> Set<KernelNetwork.Arrival> {
      Set(comparison.arrived(result.arrivals[number], of: packets[number]))
    }
  }

  private func expectAgreement(_ run: Run, _ packets: [KernelNetwork.SentPacket]) {
    let wrong = packets.indices.flatMap { run.comparison.disagreements(packets[$0], run.result.arrivals[$0]) }
    #expect(wrong.isEmpty, "\(wrong.count) disagreements: \(wrong.prefix(5).joined(separator: "\n"))")
  }

  private func isListener(_ address: IPAddress) -> Bool {
    KernelPlant.hosts.contains { $0.address == address.description }
  }

  private func name(of address: IPAddress) -> String {
    KernelPlant.hosts.first { $0.address == address.description }!.name
  }

  /// From every host to every host and published address on another wire, on every service.
  ///
  /// Source ports and echo identifiers are never used twice, so that every packet opens a session of its own.
  private func everything(firstPort: UInt16 = 20_000, tcpOnly: Bool = false) -> [KernelNetwork.SentPacket] {
    let hosts = KernelPlant.hosts.map { ($0.wire, $0.address) }
    let published = KernelPlant.published.map { ($0.wire, $0.address) }
    var packets: [KernelNetwork.SentPacket] = []
    func add(_ host: (name: String, wire: String, address: String), _ target: String, _ proto: UInt8, _ number: Int) {
      packets.append(
        KernelNetwork.SentPacket(
          from: host.name, source: host.address, destination: target, proto: proto,
          sourcePort: firstPort + UInt16(packets.count), destinationPort: proto == IPProtocol.icmp ? 0 : UInt16(number),
          icmpType: proto == IPProtocol.icmp ? UInt8(number) : 0))
    }
    for host in KernelPlant.hosts {
      // What is published on a wire is for those on it as well; the edge's own address only for them.
      let others = hosts.filter { $0.0 != host.wire }.map(\.1) + published.map(\.1)
      for target in others + (host.wire == "corporate" ? [KernelPlant.ownOfEdge] : []) {
        for port in [22, 80, 443, 502, 3389, 5020, 8080, 8443] { add(host, target, IPProtocol.tcp, port) }
        if tcpOnly { continue }
        for port in [53, 123, 161, Int(KernelPlant.markPort)] { add(host, target, IPProtocol.udp, port) }
        // Echo request and timestamp.
        for type in [8, 13] { add(host, target, IPProtocol.icmp, type) }
      }
    }
    return packets
  }
}
