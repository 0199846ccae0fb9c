import Engine
import Foundation
import PacketSets
import Reachability
import TestKit
import Testing

/// A whole network in the running kernel: what its gateways carry from zone to zone, Bulkhead must say, and nothing else.
@Suite(.serialized) struct KernelNetworkTests {
  /// How many random networks.
  private static var count: Int {
    ProcessInfo.processInfo.environment["BULKHEAD_KERNEL_NETWORKS"].flatMap { Int($0) } ?? 4
  }

  @Test func statefulGatewaysAgree() throws {
    let packets = KernelPackets.packets
    let connections = KernelPackets.connections
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
    let packets = KernelPackets.packets
    let connections = KernelPackets.connections
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
    #expect(answered > 10 && unanswered > 5)
  }

  @Test func aChangedRuleChangesTheOutcome() throws {
    let packets = KernelPackets.connections
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

  /// The source that a masquerading gateway gives is in no file; rules of the next gateway that look at it stay open.
  @Test func sourcesOfMasqueradingStayOpen() throws {
    var plant = KernelPlant()
    plant.plant = plant.plant.replacing("snat to 10.2.0.51", with: "masquerade")
    plant.edge = plant.edge.replacing("-s 10.2.0.51/32", with: "-s 10.2.0.2/32")
    let packets = KernelPackets.packets.filter { $0.source.hasPrefix("10.3.") }
    guard let run = try Run(plant, packets) else { return }
    let masked = packets.indices.filter { run.arrived($0).contains { $0.wire == "corporate" } }
    #expect(masked.count > 20)
    for number in masked {
      let zones = Set(run.arrived(number).map { run.comparison.zone(of: IPAddress($0.destination)!) })
      #expect(
        Set(run.comparison.flows(of: packets[number]).map(\.to)).isSuperset(of: zones), "\(packets[number].packet)")
    }
    let stopped = masked.filter { run.comparison.predicted(packets[$0]).isEmpty }.map { packets[$0].packet }
    #expect(
      stopped.isEmpty, "the kernel carries \(stopped.count) of them, such as \(stopped.first?.description ?? "-")")
  }

  /// A gateway may send a packet back to the wire that it came from, to a host that the sender could not reach itself.
  @Test func publishedOnTheWireItCameFrom() throws {
    var plant = KernelPlant()
    plant.plant = plant.plant
      .replacing("tcp dport 502 dnat to 10.3.0.10", with: "tcp dport 502 dnat to 10.2.0.10")
      .replacing("udp dport 33434 accept", with: "udp dport 33434 accept\n ip daddr 10.2.0.10 tcp dport 502 accept")
    let packets = KernelPackets.packets.filter {
      $0.from == "office-1" && $0.destinationPort == 502 && ["10.2.0.50", "10.2.0.10"].contains($0.destination)
    }
    guard let run = try Run(plant, packets) else { return }
    let reached = packets.map { packet in packet.destination == "10.2.0.50" }
    #expect(packets.indices.map { run.arrived($0).contains { $0.destination == "10.2.0.10" } } == reached)
    expectAgreement(run, packets)
  }

  /// Random rules and translations on all gateways.
  @Test(arguments: 1...count) func randomGatewaysAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let plant = KernelPlant.random(&generator)
    let packets = Array(KernelPackets.packets.shuffled(using: &generator).prefix(500))
    guard let run = try Run(plant, packets) else { return }
    #expect(run.network.gaps.isEmpty, "\(run.network.gaps)")
    expectAgreement(run, packets)
    let count = packets.indices.count { !run.arrived($0).isEmpty }
    print("the kernel carried \(count) of \(packets.count) packets through random gateways")
    #expect(count > 20 && count < 480)
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
}
