import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// The sets and the single packets must tell the same story; they share nothing but the field types.
@Suite struct EvaluatorAgreementTests {
  @Test(arguments: 0..<8)
  func setsAgreeWithSinglePackets(seed: UInt64) throws {
    var random = RandomDevice(seed: seed)
    for _ in 0..<40 {
      let device = random.make()
      let space = PacketSpace()
      let cache = RuleSetCache(device: device, space: space)
      let flow = DeviceFlow(ingress: "in", egress: "out", cache: cache)
      let concrete = ConcreteEvaluator(device: device, ingress: "in", egress: "out")
      for _ in 0..<40 {
        let packet = random.packet()
        let branches = flow.forward(space.set(packet))
        let verdict = concrete.forward(packet)
        let possible = branches.contains { !$0.permitted.upper.isEmpty }
        let certain = branches.contains { !$0.endToEnd.lower.isEmpty }
        #expect(possible == verdict.mayPermit, "seed \(seed): \(packet)")
        // The lower bound may be more careful than the packet's own walk, never less.
        if certain { #expect(verdict.isPermitted, "seed \(seed): \(packet)") }
      }
    }
  }

  @Test func sharesOfEveryStageHoldWhatIsPermitted() {
    var random = RandomDevice(seed: 99)
    for _ in 0..<80 {
      var device = random.make()
      device.passesReplies = false
      let space = PacketSpace()
      let flow = DeviceFlow(ingress: "in", egress: "out", cache: RuleSetCache(device: device, space: space))
      for branch in flow.forward(space.all) {
        for (stage, shares) in Dictionary(grouping: branch.shares, by: \.stage) {
          let union = shares.reduce(space.empty) { $0.union($1.packets.upper) }
          #expect(branch.endToEnd.upper.isSubset(of: union), "stage \(stage)")
        }
      }
    }
  }

  @Test func aCycleOfListsLeavesEverythingOpen() {
    let nowhere = SourceRange(file: 0, start: 0, end: 0)
    var device = Device(name: "loop", platform: "test", passesReplies: false, source: nowhere)
    let jump = Rule(order: 0, name: "jump", match: .any, action: .jump(list: 0), source: nowhere)
    device.lists = [
      RuleList(name: "loop", rules: [jump], fallback: DefaultAction(.deny, .implicit("test")), source: nowhere)
    ]
    device.pipeline = [
      Stage(.filter(lists: [0], fallback: DefaultAction(.deny, .implicit("test"))), name: "filter", source: nowhere)
    ]
    let space = PacketSpace()
    let flow = DeviceFlow(ingress: "a", egress: "b", cache: RuleSetCache(device: device, space: space))
    let branches = flow.forward(space.all)
    #expect(branches.count == 1)
    #expect(branches[0].permitted.upper.isAll)
    #expect(branches[0].permitted.lower.isEmpty)
    let packet = Packet(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), proto: 6)
    let verdict = ConcreteEvaluator(device: device, ingress: "a", egress: "b").forward(packet)
    #expect(verdict.mayPermit && verdict.mayDeny)
  }
}
