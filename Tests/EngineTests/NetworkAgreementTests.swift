import Engine
import Foundation
import PacketSets
import Reachability
import TestKit
import Testing

/// What the sets say about whole networks, and what single packets do that are followed device by device.
@Suite struct NetworkAgreementTests {
  /// How many packets for each plant; the benchmarks run a hundred thousand.
  private var count: Int { ProcessInfo.processInfo.environment["BULKHEAD_PACKETS"].flatMap { Int($0) } ?? 5_000 }

  @Test(arguments: plants) func setsAgreeWithSinglePackets(plant: String) throws {
    let network = try readNetwork(plantFolder(plant))
    var agreement = NetworkAgreement(network.map)
    let disagreements = agreement.compare(packets: count, seed: 7)
    #expect(disagreements.isEmpty, "\(plant): \(disagreements.prefix(5).joined(separator: "; "))")
    #expect(agreement.arrived > 0 && agreement.stopped > 0, "\(plant): the packets must show both fates")
  }
}
