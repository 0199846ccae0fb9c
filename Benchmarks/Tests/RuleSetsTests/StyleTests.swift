import Testing

@testable import RuleSets

@Suite struct StyleTests {
  /// A checksum of a list's numbers (FNV-1a).
  private func checksum(_ set: RuleSet) -> UInt64 {
    Format.tsv.files(of: set)[0].bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  @Test(arguments: Style.allCases, Family.allCases)
  func aSeedGivesTheSameListAgainAndAnotherGivesAnother(style: Style, family: Family) {
    let first = checksum(style.make(family: family, count: 200, seed: 3))
    #expect(first == checksum(style.make(family: family, count: 200, seed: 3)))
    #expect(first != checksum(style.make(family: family, count: 200, seed: 4)))
  }

  @Test(arguments: [Style.cbACL, .cbFW, .cbIPC], Family.allCases)
  func classBenchListsHoldNoDuplicates(style: Style, family: Family) {
    let set = style.make(family: family, count: 2000, seed: 1)
    #expect(Set(set.rules.map(\.box)).count == set.rules.count)
    #expect(set.rules.count > 1900)
  }

  @Test func theFirewallSeedOverlapsMostAndHasFewestAddresses() {
    func statistics(_ style: Style) -> (meetings: Int, sources: Int) {
      let boxes = style.make(family: .v4, count: 1000, seed: 1).rules.map(\.box)
      let meetings = boxes.indices.reduce(0) { sum, index in
        sum + boxes[..<index].count { $0.overlaps(boxes[index]) }
      }
      return (meetings, Set(boxes.map(\.source)).count)
    }
    let (acl, ipc, fw) = (statistics(.cbACL), statistics(.cbIPC), statistics(.cbFW))
    #expect(fw.meetings > 3 * ipc.meetings && ipc.meetings > 3 * acl.meetings)
    #expect(fw.sources < ipc.sources)
  }

  @Test(arguments: Style.allCases, Family.allCases)
  func addressesAreNetworksAndPortsHaveAProtocol(style: Style, family: Family) {
    for box in style.make(family: family, count: 300, seed: 2).rules.map(\.box) {
      #expect(family.prefix(box.source.low, family.length(box.source)) == box.source)
      #expect(family.prefix(box.destination.low, family.length(box.destination)) == box.destination)
      if !box.proto.hasPorts { #expect(box.sourcePort == .all && box.destinationPort == .all) }
    }
  }
}
