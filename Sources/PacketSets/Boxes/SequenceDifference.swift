/// Packets that two versions of a sequence decide differently, all by the same two entries.
public struct DifferingRegion: Hashable, Sendable {
  /// The entries that decide; nil where none does for certain.
  public var old: Int?
  public var new: Int?
  public var oldOutcome: BoxOutcome
  public var newOutcome: BoxOutcome
  /// Disjoint products that together are the region; session states, flags, functions and interfaces left free.
  public var matches: [PacketMatch]
  /// What else is needed to meet it: one of the classes of interfaces, and a packet whose state, flags and function do.
  public var example: Example

  public struct Example: Hashable, Sendable {
    public var ingressClass: Int
    public var egressClass: Int
    public var tail: Packet
    /// The first of the matches.
    public var match: PacketMatch
  }
}

/// The packets that two versions of a sequence decide differently: nothing when they only differ in order or spelling.
///
/// - Parameters:
///   - old, new: made over the same contexts (`RuleSequence.init(sharing:)`).
/// - Returns: disjoint regions, in the order of the entries that changed.
/// - Complexity: O(n log n) to compare and to index; then a search inside the boxes of the entries that changed.
public func differences(from old: RuleSequence, to new: RuleSequence) -> [DifferingRegion] {
  let alignment = SequenceAlignment(old, new)
  if alignment.changedOld.isEmpty, alignment.changedNew.isEmpty { return [] }
  func search<Address>(
    _ boxes: KeyPath<RuleSequence, ContiguousArray<BoxRecord<Address>>>
  ) -> DifferenceSearch<Address> {
    DifferenceSearch(
      old: BoxSearch(old[keyPath: boxes], entries: old.entries, contexts: old.contexts),
      new: BoxSearch(new[keyPath: boxes], entries: new.entries, contexts: old.contexts), alignment)
  }
  var search4 = search(\.v4)
  var regions = search4.run(old.tails.examples)
  var search6 = search(\.v6)
  for region in search6.run(old.tails.examples) {
    if let known = regions.firstIndex(where: { $0.isLike(region) }) {
      regions[known].matches += region.matches
    } else {
      regions.append(region)
    }
  }
  return regions
}

extension DifferingRegion {
  fileprivate func isLike(_ other: DifferingRegion) -> Bool {
    old == other.old && new == other.new && oldOutcome == other.oldOutcome && newOutcome == other.newOutcome
  }
}

/// Searches one family.
private struct DifferenceSearch<Address: FixedWidthInteger & UnsignedInteger & Sendable> {
  typealias Box = PacketBox<Address>
  private let old: BoxSearch<Address>
  private let new: BoxSearch<Address>
  private let alignment: SequenceAlignment
  /// Boxes of entries that changed, with the place in the old order from which the versions may differ.
  private let changed: [(box: Box, from: Int)]

  init(old: BoxSearch<Address>, new: BoxSearch<Address>, _ alignment: SequenceAlignment) {
    self.old = old
    self.new = new
    self.alignment = alignment
    var changed: [(box: Box, from: Int)] = []
    for entry in alignment.changedOld { changed += old.boxes(of: entry, .upper).map { ($0, entry) } }
    // What stands before a new entry in the old version: as many entries as are unchanged before it, at least.
    var position = 0
    for entry in alignment.changedNew {
      let unchanged = entry - position
      position += 1
      changed += new.boxes(of: entry, .upper).map { ($0, unchanged) }
    }
    self.changed = changed.sorted { $0.from < $1.from }
  }

  /// All regions; each part of the world is looked at once, for the first box that changed there.
  mutating func run(_ tails: [Packet]) -> [DifferingRegion] {
    var regions: [DifferingRegion] = []
    var places: [Pair: Int] = [:]
    for (index, change) in changed.enumerated() {
      var rest = [change.box]
      for earlier in changed[..<index] where earlier.box.meets(change.box) {
        rest = old.subtract(earlier.box, from: rest)
      }
      compare(rest) { pair, box in
        if let place = places[pair] { return regions[place].matches.append(box.match) }
        places[pair] = regions.count
        regions.append(
          DifferingRegion(
            old: pair.old, new: pair.new, oldOutcome: pair.oldOutcome, newOutcome: pair.newOutcome,
            matches: [box.match], example: example(box, tails)))
      }
    }
    return regions
  }

  struct Pair: Hashable {
    var old: Int?
    var new: Int?
    var oldOutcome: BoxOutcome
    var newOutcome: BoxOutcome
  }

  private func example(_ box: Box, _ tails: [Packet]) -> DifferingRegion.Example {
    let product = old.contexts.product(box.context)
    func first(_ bits: ContextSets.Bits) -> Int {
      bits.indices.first { bits[$0] != 0 }.map { $0 * 64 + bits[$0].trailingZeroBitCount } ?? 0
    }
    return DifferingRegion.Example(
      ingressClass: first(product.ingress), egressClass: first(product.egress), tail: tails[first(product.tail)],
      match: box.match)
  }

  private func compare(_ boxes: [Box], _ report: (Pair, Box) -> Void) {
    var stack = boxes
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      let point = piece.point(steps)
      if old.skips.isEmpty, let cover = old.cover(of: piece, at: point, before: firstChange(in: piece)) {
        old.apply(cover, to: piece, &stack)
        continue
      }
      let before = old.following(piece, point, after: -1)
      let after = new.following(piece, point, after: -1)
      var part = piece
      if let before { part = old.common(part, before.box) }
      if let after { part = old.common(part, after.box) }
      let outcomes = (Self.outcome(before), Self.outcome(after))
      if let divider = divider(old, part, before, outcomes.0) ?? divider(new, part, after, outcomes.1) {
        piece.subtract(divider, old.contexts, into: &stack)
        stack.append(old.common(piece, divider))
        continue
      }
      if outcomes.0 != outcomes.1 {
        let pair = Pair(
          old: before.map { Int($0.entry) }, new: after.map { Int($0.entry) }, oldOutcome: outcomes.0,
          newOutcome: outcomes.1)
        report(pair, part)
      }
      piece.subtract(part, old.contexts, into: &stack)
    }
  }

  /// A box before the deciding entry that could decide a part otherwise; one that holds the whole part divides nothing.
  private func divider(
    _ search: BoxSearch<Address>, _ part: Box, _ record: BoxRecord<Address>?, _ outcome: BoxOutcome
  ) -> Box? {
    let end = record.map { Int($0.entry) } ?? search.entries.count
    return search.interference(part, after: -1, before: end, outcome, dividing: true)
  }

  private static func outcome(_ record: BoxRecord<Address>?) -> BoxOutcome {
    guard let record, record.flags.contains(.lower) else { return .open }
    return record.outcome
  }

  /// The first old entry from which the versions may differ within a piece.
  private func firstChange(in piece: Box) -> Int {
    guard changed.count <= 512 else { return changed.first?.from ?? 0 }
    return changed.first { $0.box.meets(piece) }?.from ?? old.entries.count
  }
}

extension PacketBox {
  /// The box as a match, contexts left free.
  var match: PacketMatch {
    var service = Service(protocols: IntervalSet(protoLow...protoHigh))
    if protoLow == protoHigh, IPProtocol.withTypes.contains(protoLow) {
      service.icmpTypes = Self.byte(targetLow, targetHigh)
      service.icmpCodes = Self.byte(originLow, originHigh)
    } else {
      service.destinationPorts = IntervalSet(targetLow...targetHigh)
      service.sourcePorts = IntervalSet(originLow...originHigh)
    }
    func set(_ low: Address, _ high: Address) -> AddressSet {
      Address.bitWidth == 32
        ? AddressSet(v4: IntervalSet(UInt32(truncatingIfNeeded: low)...UInt32(truncatingIfNeeded: high)))
        : AddressSet(v6: IntervalSet(UInt128(low)...UInt128(high)))
    }
    return PacketMatch(
      sources: set(sourceLow, sourceHigh), destinations: set(destinationLow, destinationHigh), services: [service])
  }

  private static func byte(_ low: UInt16, _ high: UInt16) -> IntervalSet<UInt8> {
    low > 255 ? .empty : IntervalSet(UInt8(low)...UInt8(min(high, 255)))
  }
}
