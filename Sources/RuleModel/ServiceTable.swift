import PacketSets

/// The service alternatives that the packed rules of a list refer to, each once: usual ones packed, others in full.
///
/// A list of a million rules can have a hundred thousand services; as arrays of interval sets they would take more memory
/// than the rules. Reading an element makes the alternatives; `plain(at:)` does not.
public struct ServiceTable: Sendable {
  private var rows: ContiguousArray<Row> = []
  private var others: [[Service]] = []
  private var otherIndex: [[Service]: UInt32] = [:]
  /// Places of packed services by hash, open addressing with linear probing; `empty` is free.
  private var slots: ContiguousArray<UInt32> = []
  private var plainCount = 0

  private static let empty = UInt32.max

  private struct Row {
    var service: PlainService
    /// Place among `others`, which stands in the packed service's stead.
    var other: UInt32?
  }

  init() {}

  /// The service at a place in packed form; nil when it is one of the others.
  public func plain(at index: Int) -> PlainService? {
    let row = rows[index]
    return row.other == nil ? row.service : nil
  }

  /// The place of a service; it is added when it is new.
  ///
  /// - Complexity: O(1) on average.
  mutating func intern(_ service: PlainService) -> UInt32 {
    if slots.count <= plainCount * 2 { grow() }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: service.spread) & mask
    while slots[slot] != Self.empty {
      if rows[Int(slots[slot])].service == service { return slots[slot] }
      slot = (slot + 1) & mask
    }
    let place = UInt32(rows.count)
    slots[slot] = place
    plainCount += 1
    rows.append(Row(service: service, other: nil))
    return place
  }

  /// The place of alternatives; they are added when they are new.
  mutating func intern(_ alternatives: [Service]) -> UInt32 {
    if let plain = PlainService(alternatives) { return intern(plain) }
    if let known = otherIndex[alternatives] { return known }
    let place = UInt32(rows.count)
    rows.append(Row(service: .any, other: UInt32(others.count)))
    others.append(alternatives)
    otherIndex[alternatives] = place
    return place
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: Self.empty, count: Swift.max(16, slots.count * 2))
    let mask = slots.count - 1
    for place in rows.indices where rows[place].other == nil {
      var slot = Int(truncatingIfNeeded: rows[place].service.spread) & mask
      while slots[slot] != Self.empty { slot = (slot + 1) & mask }
      slots[slot] = UInt32(place)
    }
  }
}

extension ServiceTable: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { rows.count }

  public subscript(index: Int) -> [Service] {
    let row = rows[index]
    return row.other.map { others[Int($0)] } ?? [row.service.service]
  }
}
