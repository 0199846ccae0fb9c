import PacketSets
import RuleModel

/// Joins what was found about the entries of several sequences to what it says about rules.
///
/// A rule has several entries when several jumps lead to its chain or several stages ask its list.
struct AnomalyCollector {
  private var found = RuleAnomalies()
  /// How many entries each rule of each list has; empty for lists without.
  private var counts: [[UInt16]] = []
  private var hasSeveral = false

  mutating func add(
    _ anomalies: SequenceAnomalies, _ origins: ListFlattener.Origins, _ device: Device, asked: [Int]
  ) {
    func place(_ entry: Int) -> ListPlace {
      let origin = origins[entry]
      return ListPlace(list: Int(origin.list), rule: origin.rule == ListFlattener.noRule ? nil : Int(origin.rule))
    }
    func places(_ entries: [Int]) -> [ListPlace] {
      var seen: Set<ListPlace> = []
      return entries.map(place).filter { seen.insert($0).inserted }
    }
    count(origins, device)
    found.covered += anomalies.covered.map {
      CoveredRule(place: place($0.entry), coveredBy: places($0.covers), isOpposite: $0.isOpposite, asked: asked)
    }
    found.redundant += anomalies.redundant.map { RedundantRule(place: place($0.entry), takers: places($0.takers)) }
    found.overlapping += anomalies.overlapping.map {
      OverlappingRule(place: place($0.entry), inside: places($0.inside), across: places($0.across))
    }
    found.partlyCovered += anomalies.partlyCovered.map {
      PartlyCoveredRule(place: place($0.entry), shareLeft: $0.shareLeft)
    }
  }

  private mutating func count(_ origins: ListFlattener.Origins, _ device: Device) {
    if counts.isEmpty { counts = device.lists.map { _ in [] } }
    for origin in origins where origin.isTested {
      let list = Int(origin.list)
      if counts[list].isEmpty { counts[list] = Array(repeating: 0, count: device.lists[list].rules.count) }
      let place = Int(origin.rule)
      if counts[list][place] < .max { counts[list][place] += 1 }
      if counts[list][place] > 1 { hasSeveral = true }
    }
  }

  private func count(_ place: ListPlace) -> Int { place.rule.map { Int(counts[place.list][$0]) } ?? 0 }

  /// What holds for each rule as a whole.
  var result: RuleAnomalies {
    var result = hasSeveral ? joined : found
    result.covered.sort { $0.place < $1.place }
    result.redundant.sort { $0.place < $1.place }
    result.overlapping.sort { $0.place < $1.place }
    result.partlyCovered.sort { $0.place < $1.place }
    return result
  }

  /// Covered, redundant or partly covered is what is so at every entry, overlapping what is so at some.
  private var joined: RuleAnomalies {
    var result = RuleAnomalies()
    let covered = Dictionary(grouping: found.covered, by: \.place)
    for (place, parts) in covered where parts.count == count(place) {
      result.covered.append(
        CoveredRule(
          place: place, coveredBy: unique(parts.flatMap(\.coveredBy)), isOpposite: parts.contains(where: \.isOpposite),
          asked: parts[0].asked))
    }
    func isComplete(_ place: ListPlace, _ count: Int) -> Bool {
      count + (covered[place]?.count ?? 0) == self.count(place)
    }
    for (place, parts) in Dictionary(grouping: found.redundant, by: \.place) where isComplete(place, parts.count) {
      result.redundant.append(RedundantRule(place: place, takers: unique(parts.flatMap(\.takers)).sorted()))
    }
    for (place, parts) in Dictionary(grouping: found.partlyCovered, by: \.place) where isComplete(place, parts.count) {
      let low = parts.map(\.shareLeft.lowerBound).max() ?? 0
      let high = parts.map(\.shareLeft.upperBound).max() ?? 0
      result.partlyCovered.append(PartlyCoveredRule(place: place, shareLeft: low...high))
    }
    for (place, parts) in Dictionary(grouping: found.overlapping, by: \.place) {
      let shown = SequenceAnomalies.shownOpposites
      result.overlapping.append(
        OverlappingRule(
          place: place, inside: Array(unique(parts.flatMap(\.inside)).sorted().prefix(shown)),
          across: Array(unique(parts.flatMap(\.across)).sorted().prefix(shown))))
    }
    return result
  }

  private func unique(_ places: [ListPlace]) -> [ListPlace] {
    var seen: Set<ListPlace> = []
    return places.filter { seen.insert($0).inserted }
  }
}
