/// Packets that one entry of a sequence may permit, and no entry before it certainly decides.
public struct PermittedRegion: Hashable, Sendable {
  public var entry: Int
  /// Whether the entry certainly permits them all: none is merely possible.
  public var isCertain: Bool
  /// Disjoint products that together are the region; session states, flags, functions and interfaces left free.
  public var matches: [PacketMatch]
}

/// What a sequence may permit within some packets, entry by entry, in order.
///
/// Packets of a whitelist stand as the first entries, with the outcome `deny`: what they take is left out.
/// - Complexity: O(n log n) to index; then a cut for each earlier entry that shapes the result.
public func permittedRegions(in sequence: RuleSequence, within: PacketMatch) -> [PermittedRegion] {
  var probe = RuleSequence(sharing: sequence)
  _ = probe.append(SequenceEntry(.permit, isTested: false))
  probe.add(within, .both)
  let first = regions(
    BoxSearch(sequence.v4, entries: sequence.entries, contexts: sequence.contexts), probe.v4.map(\.box))
  let second = regions(
    BoxSearch(sequence.v6, entries: sequence.entries, contexts: sequence.contexts), probe.v6.map(\.box))
  var result: [Int: PermittedRegion] = [:]
  for region in first + second {
    guard var known = result[region.entry] else {
      result[region.entry] = region
      continue
    }
    known.matches += region.matches
    known.isCertain = known.isCertain && region.isCertain
    result[region.entry] = known
  }
  return result.values.sorted { $0.entry < $1.entry }
}

private func regions<Address>(_ search: BoxSearch<Address>, _ within: [PacketBox<Address>]) -> [PermittedRegion] {
  var pieces: [Int: [PacketBox<Address>]] = [:]
  for box in within {
    search.index.overlaps(box, below: .max) { place in
      let record = search.index.records[place]
      guard record.outcome.isPermit || record.outcome == .open, record.flags.contains(.upper),
        !record.flags.contains(.copy), search.meetsContext(record.box, box)
      else { return true }
      pieces[Int(record.entry), default: []].append(search.common(record.box, box))
      return true
    }
  }
  return pieces.keys.sorted().compactMap { entry in
    let left = search.left(of: pieces[entry] ?? [], before: entry)
    if left.isEmpty { return nil }
    let isCertain =
      search.entries[entry].outcome.isPermit && search.skips.isEmpty && search.isDecided(left, by: entry)
    return PermittedRegion(entry: entry, isCertain: isCertain, matches: left.map(\.match))
  }
}

extension BoxSearch {
  /// What earlier entries certainly leave of some boxes, as disjoint boxes.
  fileprivate func left(of boxes: [Box], before entry: Int) -> [Box] {
    var result: [Box] = []
    var stack: [Box] = []
    for box in boxes { stack += disjoint(box, from: stack) }
    var steps: UInt64 = 0
    while let piece = stack.popLast() {
      steps += 1
      let point = piece.point(UInt64(entry) << 24 &+ steps)
      if let cover = cover(of: piece, at: point, before: entry) ?? usableCover(of: piece, before: entry) {
        apply(cover, to: piece, &stack)
      } else {
        result.append(piece)
      }
    }
    return result
  }

  /// A box without those that come before it, so that no packet counts twice.
  private func disjoint(_ box: Box, from others: [Box]) -> [Box] {
    others.reduce([box]) { subtract($1, from: $0) }
  }

  /// Whether an entry certainly takes all of the boxes, and nothing before it possibly does.
  fileprivate func isDecided(_ boxes: [Box], by entry: Int) -> Bool {
    guard isCovered(boxes, by: self.boxes(of: entry, .lower)) == true else { return false }
    return boxes.allSatisfy { box in
      index(for: box).overlaps(box, below: UInt32(entry)) { place in
        let record = index(for: box).records[place]
        return record.flags.contains(.lower) || !meetsContext(record.box, box)
      }
    }
  }
}
