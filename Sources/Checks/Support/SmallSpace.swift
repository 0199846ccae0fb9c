import Findings
import PacketSets
import Reachability

/// A packet space for the few packets of one finding.
///
/// The space of a device with ten thousand rules holds millions of nodes, and every step there waits for memory. What a
/// finding shows is a few boxes: in a space that fits the processor's cache the same questions are answered many times
/// faster. Sets are canonical, so the answers are the same.
///
/// Several checks may find the same traffic at fault; what was worked out for one is kept for the others.
public final class SmallSpace {
  /// Traffic by which a witness is known: it passes untranslated.
  struct Passage: Hashable {
    var packets: PacketSet
    var path: [Hop]
    var to: ZoneReference
    var state: SessionState
    var isCertain: Bool
  }
  private var space = PacketSpace()
  private var copies = 0
  /// The addresses of the inventory by zone, gathered once.
  private var hosts: [ZoneReference: AddressSet] = [:]

  /// The same set in the small space with its boxes; the set itself, and no boxes, when it is no few boxes.
  func copy(of set: PacketSet) -> (set: PacketSet, boxes: [PacketMatch]) {
    let cover = set.boxes(limit: 16)
    guard cover.isComplete, !set.isEmpty else { return (set, []) }
    // Spaces forget nothing, so a fresh one takes over before this one is large.
    if copies == 64 {
      space = PacketSpace()
      copies = 0
    }
    copies += 1
    return (space.set(cover.boxes), cover.boxes)
  }

  /// What was found out about traffic before.
  var known: [Passage: (cover: PacketCover, witness: Witness)] = [:]

  public init() {}

  /// What `gather` found for the zone when it was first asked.
  func hosts(_ reference: ZoneReference, gather: () -> AddressSet) -> AddressSet {
    if let known = hosts[reference] { return known }
    let found = gather()
    hosts[reference] = found
    return found
  }
}
