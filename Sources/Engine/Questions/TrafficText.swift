import Checks
import PacketSets

extension PacketSet {
  /// The set without its functions, where packets without any function belong to it wherever others do.
  var withoutNeedlessFunctions: PacketSet {
    let plain = space.set(PacketMatch(function: FunctionMatch(functions: IntervalSet(0))))
    let whole = forgettingFunctions
    return intersection(plain).forgettingFunctions == whole ? whole : self
  }

  /// The set in compact regions for people; `and more` behind them where there are more.
  func regions(limit: Int) -> [String] {
    let cover = withoutNeedlessFunctions.boxes(limit: limit)
    return cover.boxes.map(\.withoutFlags.description) + (cover.isComplete ? [] : ["and more"])
  }

  /// What the set holds apart from its addresses: `tcp/502, modbus read`, one entry each.
  func services(limit: Int) -> [String] {
    let cover = forgettingAddresses.withoutNeedlessFunctions.boxes(limit: limit)
    var result: [String] = []
    for box in cover.boxes.map(\.withoutFlags) {
      var parts: [String] = []
      for service in box.services {
        let name = service.withoutDetail.description
        if !parts.contains(name) { parts.append(name) }
      }
      if box.services.contains(where: { $0.protocols.count > 128 && !$0.constrainsPorts }) { parts = ["nearly any"] }
      if box.services == [.any] { parts = ["any service"] }
      let text = parts.joined(separator: ", ") + (box.function.isTelling ? ", \(box.function)" : "")
      if !result.contains(text) { result.append(text) }
    }
    return result + (cover.isComplete ? [] : ["and more"])
  }
}
