import PacketSets
import TestKit
import Testing

@Suite struct IntervalSetTests {
  /// Random sets of bytes beside the plain `Set` that they stand for.
  private func randomPair(_ generator: inout SeededGenerator) -> (IntervalSet<UInt8>, Set<UInt8>) {
    let ranges = (0..<Int.random(in: 0...5, using: &generator)).map { _ -> ClosedRange<UInt8> in
      let a = UInt8.random(in: 0...255, using: &generator)
      let b = UInt8.random(in: 0...255, using: &generator)
      return min(a, b)...max(a, b)
    }
    return (IntervalSet(ranges), Set(ranges.flatMap { Array($0) }))
  }

  @Test func operationsEqualPlainSets() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let (a, plainA) = randomPair(&generator)
      let (b, plainB) = randomPair(&generator)
      #expect(Set((0...255).filter { a.union(b).contains($0) }) == plainA.union(plainB))
      #expect(Set((0...255).filter { a.intersection(b).contains($0) }) == plainA.intersection(plainB))
      #expect(Set((0...255).filter { a.subtracting(b).contains($0) }) == plainA.subtracting(plainB))
      #expect(a.complement.complement == a)
      #expect(a.count == UInt128(plainA.count))
      #expect(a.isSubset(of: b) == plainA.isSubset(of: plainB))
      #expect(a.overlaps(b) == !plainA.isDisjoint(with: plainB))
      #expect(a.union(b) == b.union(a))
    }
  }

  @Test func formIsCanonical() {
    #expect(IntervalSet<UInt8>([3...4, 0...2, 5...5]) == IntervalSet(0...5))
    #expect(IntervalSet<UInt8>([0...255]).isAll)
    #expect(IntervalSet<UInt8>([0...100, 50...255]).isAll)
    #expect(IntervalSet<UInt128>.all.count == .max)
  }

  @Test func discontiguousMasksMatchBitByBit() throws {
    // The wildcard 0.0.0.19 (bits 0, 1 and 4 free) of an IOS access list.
    let set = try #require(AddressSet(v4: 0x0A00_0020, mask: ~0x0000_0013))
    for host in UInt32(0x0A00_0000)...0x0A00_00FF {
      #expect(set.contains(IPAddress(v4: host)) == (host & ~0x13 == 0x0A00_0020))
    }
    #expect(AddressSet(v4: 0, mask: 0) == .allV4)
    #expect(AddressSet(v4: 0, mask: 0x5555_5555 | 1) != nil)
    #expect(AddressSet(v4: 0, mask: 0x0000_0001) == nil)
  }
}

@Suite struct AddressTextTests {
  @Test(arguments: [
    ("10.0.0.1", "10.0.0.1"), ("::", "::"), ("::1", "::1"), ("2001:DB8::0:1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("fe80::192.0.2.1", "fe80::c000:201"), ("1::", "1::"),
    ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
  ])
  func readsAndWrites(_ text: String, _ canonical: String) throws {
    #expect(try #require(IPAddress(text)).description == canonical)
  }

  @Test(arguments: [
    "", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1.1", "1::2::3", ":1", "1:", "1:2:3:4:5:6:7", ":::", "12345::",
    "1:2:3:4:5:6:7:8:9", "10.0.0.-1", " 10.0.0.1", "g::",
  ])
  func refusesEverythingElse(_ text: String) { #expect(IPAddress(text) == nil) }

  @Test func prefixesClearHostBits() throws {
    let prefix = try #require(IPPrefix("10.1.2.3/22"))
    #expect(prefix.description == "10.1.0.0/22")
    #expect(prefix.last == IPAddress("10.1.3.255"))
    #expect(IPPrefix("10.0.0.0/33") == nil)
    #expect(IPPrefix("10.0.0.0/+8") == nil)
    #expect(IPPrefix("::/0")?.last.value == .max)
    #expect(AddressSet(IPPrefix("0.0.0.0/0")!) == .allV4)
    #expect(AddressSet(v4: IntervalSet(0x0A00_0001...0x0A00_0003)).description == "10.0.0.1-10.0.0.3")
  }
}
