import Testing

@testable import RuleSets

@Suite struct BoxTests {
  /// A box whose every field lies within 0 to 3.
  private func smallBox(_ random: inout SplitMix64) -> Box {
    func ends() -> (Int, Int) {
      let low = random.below(4)
      return (low, random.within(low, 3))
    }
    func small<T>(_ ends: (Int, Int)) -> Interval<T> { Interval(T(ends.0), T(ends.1)) }
    return Box(
      proto: small(ends()), source: small(ends()), destination: small(ends()), sourcePort: small(ends()),
      destinationPort: small(ends()))
  }

  private func points(_ box: Box) -> Int {
    Int(box.source.high - box.source.low + 1) * Int(box.destination.high - box.destination.low + 1)
      * Int(box.proto.high - box.proto.low + 1) * Int(box.sourcePort.high - box.sourcePort.low + 1)
      * Int(box.destinationPort.high - box.destinationPort.low + 1)
  }

  @Test func subtractionLeavesDisjointPiecesOfTheRightSize() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<2000 {
      let (a, b) = (smallBox(&random), smallBox(&random))
      var pieces: [Box] = []
      a.subtract(b) { pieces.append($0) }
      var shared = 0
      b.subtract(a) { shared -= points($0) }
      shared += points(b)
      #expect(pieces.reduce(0) { $0 + points($1) } == points(a) - shared)
      for piece in pieces {
        #expect(a.contains(piece) && !piece.overlaps(b))
        #expect(pieces.count { $0.overlaps(piece) } == 1)
      }
    }
  }

  @Test func coverAgreesWithBruteForce() {
    var random = SplitMix64(seed: 6)
    var covered = 0
    for _ in 0..<2000 {
      let box = smallBox(&random)
      let others = (0..<12).map { _ in smallBox(&random) }
      let isCovered = box.isCovered(by: others)
      #expect(isCovered == isCoveredByBruteForce(box, by: others))
      covered += isCovered ? 1 : 0
    }
    #expect(covered > 100 && covered < 1900)
  }
}
