extension Service: CustomStringConvertible {
  /// As a site file writes it: `tcp/502`, `udp/2222`, `icmp/type 8`, `any`; source ports and flags in words behind it.
  public var description: String {
    if self == .any { return "any" }
    let names = protocols.isAll ? ["any protocol"] : protocolNames
    var parts: [String] = []
    if !destinationPorts.isAll { parts.append(portText(destinationPorts)) }
    if !icmpTypes.isAll { parts.append("type \(numberText(icmpTypes))") }
    if !icmpCodes.isAll { parts.append("code \(numberText(icmpCodes))") }
    var text = names.map { parts.isEmpty ? $0 : "\($0)/\(parts.joined(separator: " "))" }.joined(separator: "+")
    if !sourcePorts.isAll { text += " from port \(portText(sourcePorts))" }
    if !tcpFlags.isAll { text += " with certain flags" }
    return text
  }

  private var protocolNames: [String] {
    protocols.intervals.flatMap { interval -> [String] in
      interval.count <= 4
        ? interval.map { IPProtocol.name($0) } : ["ip/\(interval.lowerBound)-\(interval.upperBound)"]
    }
  }
}

private func portText(_ ports: IntervalSet<UInt16>) -> String {
  let shown = ports.intervals.prefix(6).map {
    $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
  }
  return shown.joined(separator: ",") + (ports.intervals.count > 6 ? ",…" : "")
}

private func numberText(_ numbers: IntervalSet<UInt8>) -> String {
  numbers.intervals.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    .joined(separator: ",")
}

extension FunctionMatch {
  /// Whether it says something about functions that people want to read: packets without any are left out, or some
  /// functions of a protocol are in and others not.
  public var isTelling: Bool {
    if isAny { return false }
    return !functions.contains(0)
      || IndustrialProtocol.allCases.contains {
        let own = PacketSets.functions(of: $0)
        return own.overlaps(functions) && !own.isSubset(of: functions)
      }
  }
}

extension FunctionMatch: CustomStringConvertible {
  /// The classes that occur, protocol by protocol: `modbus read, write`; `any function` when nothing is excluded.
  public var description: String {
    if isAny { return "any function" }
    var parts: [String] = []
    for industrialProtocol in IndustrialProtocol.allCases {
      let own = PacketSets.functions(of: industrialProtocol)
      let included = own.intersection(functions)
      if included.isEmpty || included == own { continue }
      let classes = FunctionClass.allCases.map { ($0, PacketSets.functions(of: industrialProtocol, $0)) }
      let whole = classes.filter { $0.1.isSubset(of: included) }
      if whole.reduce(IntervalSet.empty, { $0.union($1.1) }) == included {
        parts.append("\(industrialProtocol.name) \(whole.map(\.0.name).joined(separator: ", "))")
      } else {
        let codes = IntervalSet(included.intervals.map { UInt8($0.lowerBound & 255)...UInt8($0.upperBound & 255) })
        parts.append("\(industrialProtocol.name) functions \(numberText(codes))")
      }
    }
    if parts.isEmpty { parts.append(functions.contains(0) ? "other than some functions" : "industrial functions") }
    if !units.isAll { parts.append("unit \(numberText(units))") }
    return parts.joined(separator: "; ")
  }
}

extension PacketMatch: CustomStringConvertible {
  /// One line for people: sources, destinations, services, and what else narrows it.
  public var description: String {
    let services =
      self.services.count > 6
      ? self.services.prefix(6).map(\.description).joined(separator: ", ") + " and \(self.services.count - 6) more"
      : self.services.map(\.description).joined(separator: ", ")
    var text = "\(sources.summary(limit: 4)) -> \(destinations.summary(limit: 4)), \(services)"
    if function.isTelling { text += ", \(function)" }
    return text
  }
}
