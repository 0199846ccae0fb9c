import PacketSets
import Reachability
import TestKit
import Testing

/// Sets against single packets on random networks: translations, loops, routes, next hops, uncertain rules.
@Suite struct NetworkFlowsTests {
  @Test(arguments: 0..<60) func setsAgreeWithSinglePackets(seed: UInt64) throws {
    var random = RandomNetwork(seed: seed)
    for round in 0..<4 {
      var agreement = NetworkAgreement(NetworkMap(try random.make()))
      let wrong = agreement.compare(packets: 400, seed: seed)
      #expect(wrong.isEmpty, "seed \(seed), round \(round): \(wrong.prefix(3).joined(separator: "; "))")
    }
  }

  @Test func aSearchThatIsCutStillFindsEveryPacket() throws {
    for seed in UInt64(0)..<30 {
      var random = RandomNetwork(seed: seed)
      let map = NetworkMap(try random.make())
      for origin in map.topology.references {
        let whole = OriginFlows(map, from: origin)
        let cut = OriginFlows(map, from: origin, stepLimit: 0)
        for to in map.topology.references {
          #expect(arriving(whole, to).count == arriving(cut, to).count, "seed \(seed), \(origin) to \(to)")
        }
      }
    }
  }

  /// The packets, as they were sent, that arrive somewhere.
  private func arriving(_ flows: OriginFlows, _ to: ZoneReference) -> PacketSet {
    flows.flows.filter { $0.to == to }.reduce(flows.space.empty) { $0.union($1.branch.asSent.upper) }
  }
}
