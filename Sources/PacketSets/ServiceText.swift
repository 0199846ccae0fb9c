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

extension FunctionMatch: CustomStringConvertible {
  /// The classes that occur, protocol by protocol: `modbus read, write`; `any function` when nothing is excluded.
  public var description: String {
    if isAny { return "any function" }
    var parts: [String] = []
    for industrialProtocol in IndustrialProtocol.allCases {
      let classes = FunctionClass.allCases.filter {
        PacketSets.functions(of: industrialProtocol, $0).overlaps(functions)
      }
      if classes.isEmpty || classes.count == FunctionClass.allCases.count { continue }
      parts.append("\(industrialProtocol.name) \(classes.map(\.name).joined(separator: ", "))")
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
    if !function.isAny { text += ", \(function)" }
    return text
  }
}
