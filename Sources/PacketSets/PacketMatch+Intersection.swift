extension PacketMatch {
  /// The packets that both matches take; nil when some field leaves nothing.
  ///
  /// - Complexity: the product of the numbers of service alternatives.
  public func intersection(_ other: PacketMatch) -> PacketMatch? {
    if self == .any { return other }
    if other == .any { return self }
    let both = PacketMatch(
      sources: sources.intersection(other.sources), destinations: destinations.intersection(other.destinations),
      services: services == [.any]
        ? other.services : services.flatMap { one in other.services.compactMap { one.intersection($0) } },
      states: states.intersection(other.states), function: function.intersection(other.function))
    return both.mayMatch && !both.function.functions.isEmpty ? both : nil
  }
}

extension FunctionMatch {
  /// What both allow.
  func intersection(_ other: FunctionMatch) -> FunctionMatch {
    var both = FunctionMatch(functions: functions.intersection(other.functions))
    both.units = units.intersection(other.units)
    both.registers = registers.intersection(other.registers)
    return both
  }
}
