@testable import RuleSets

/// Whether earlier rules take every packet of a rule, by looking at one packet of each cell that their ends cut it into.
///
/// Shares nothing with the subtraction of boxes. The number of cells is the product of the ends in the five fields.
func isCoveredByBruteForce(_ box: Box, by earlier: [Box]) -> Bool {
  let near = earlier.filter { $0.overlaps(box) }
  func starts<T>(_ own: Interval<T>, _ others: [Interval<T>]) -> [T] {
    var starts: Set<T> = [own.low]
    for other in others {
      if own.contains(other.low) { starts.insert(other.low) }
      if other.high < own.high { starts.insert(other.high + 1) }
    }
    return Array(starts)
  }
  let destinations = starts(box.destination, near.map(\.destination))
  let protocols = starts(box.proto, near.map(\.proto))
  let sourcePorts = starts(box.sourcePort, near.map(\.sourcePort))
  let destinationPorts = starts(box.destinationPort, near.map(\.destinationPort))
  for source in starts(box.source, near.map(\.source)) {
    let atSource = near.filter { $0.source.contains(source) }
    for destination in destinations {
      let atBoth = atSource.filter { $0.destination.contains(destination) }
      for proto in protocols {
        for sourcePort in sourcePorts {
          for destinationPort in destinationPorts {
            let isTaken = atBoth.contains {
              $0.proto.contains(proto) && $0.sourcePort.contains(sourcePort)
                && $0.destinationPort.contains(destinationPort)
            }
            if !isTaken { return false }
          }
        }
      }
    }
  }
  return true
}

/// Indices of covered rules, by brute force.
func coveredByBruteForce(_ set: RuleSet) -> Set<Int> {
  let boxes = set.rules.map(\.box)
  return Set(boxes.indices.filter { isCoveredByBruteForce(boxes[$0], by: Array(boxes[..<$0])) })
}
