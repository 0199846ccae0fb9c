import PacketSets

/// A service as site files and rule tables write it: `tcp/502`, `tcp/1024-65535`, `icmp/echo-request`, `icmp/8`, `ip/47` or `any`.
public func parseService(_ text: String) throws(TextProblem) -> Service {
  if text == "any" { return .any }
  let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  guard parts.count == 2 else {
    throw TextProblem(message: "\(quoted(text)) is not a service", help: serviceForms)
  }
  switch parts[0] {
  case "tcp": return try ported(IPProtocol.tcp, parts[1], text)
  case "udp": return try ported(IPProtocol.udp, parts[1], text)
  case "sctp": return try ported(IPProtocol.sctp, parts[1], text)
  case "dccp": return try ported(IPProtocol.dccp, parts[1], text)
  case "icmp": return try typed(IPProtocol.icmp, parts[1], icmpTypes, text)
  case "icmpv6": return try typed(IPProtocol.icmpV6, parts[1], icmpV6Types, text)
  case "ip":
    guard let number = wholeNumber(parts[1]), let proto = UInt8(exactly: number) else {
      throw TextProblem(message: "\(quoted(text)) names no IP protocol", help: "write a number from 0 to 255, as ip/47")
    }
    return Service(proto: proto)
  default:
    throw TextProblem(
      message: "\(quoted(text)) names no protocol that is known by name",
      help: suggestion(parts[0], among: ["tcp", "udp", "sctp", "dccp", "icmp", "icmpv6", "ip"]))
  }
}

private let serviceForms =
  "write protocol and port: tcp/502, tcp/1024-65535, icmp/echo-request, ip/47, or any; one list entry each"

private func ported(_ proto: UInt8, _ ports: String, _ text: String) throws(TextProblem) -> Service {
  let ends = ports.split(separator: "-", omittingEmptySubsequences: false).map { wholeNumber(String($0)) }
  guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
    let low = UInt16(exactly: first), let high = UInt16(exactly: last)
  else {
    throw TextProblem(message: "\(quoted(text)) names no port from 0 to 65535", help: serviceForms)
  }
  return Service(proto: proto, destinationPorts: IntervalSet(low...high))
}

private func typed(
  _ proto: UInt8, _ type: String, _ names: KeyValuePairs<String, UInt8>, _ text: String
) throws(TextProblem) -> Service {
  var service = Service(proto: proto)
  if type == "any" { return service }
  if let number = wholeNumber(type), let value = UInt8(exactly: number) {
    service.icmpTypes = IntervalSet(value)
  } else if let value = names.first(where: { $0.key == type })?.value {
    service.icmpTypes = IntervalSet(value)
  } else {
    throw TextProblem(
      message: "\(quoted(text)) names no message type", help: suggestion(type, among: names.map(\.key) + ["any"]))
  }
  return service
}

/// A number of digits only, at most six of them.
private func wholeNumber(_ text: String) -> Int? {
  text.utf8.count <= 6 && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
}

/// ICMP types (IANA "ICMP Parameters").
private let icmpTypes: KeyValuePairs<String, UInt8> = [
  "echo-reply": 0, "destination-unreachable": 3, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
  "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13,
  "timestamp-reply": 14,
]

/// ICMPv6 types (IANA "ICMPv6 Parameters").
private let icmpV6Types: KeyValuePairs<String, UInt8> = [
  "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128,
  "echo-reply": 129, "router-solicitation": 133, "router-advertisement": 134, "neighbour-solicitation": 135,
  "neighbour-advertisement": 136, "redirect": 137,
]

/// The functions that one class name, or one Modbus function code, stands for.
public func parseFunctions(_ text: String, of industrial: IndustrialProtocol) throws(TextProblem) -> IntervalSet<UInt16>
{
  if let functionClass = FunctionClass(name: text) { return functions(of: industrial, functionClass) }
  let names = FunctionClass.allCases.map(\.name)
  guard industrial == .modbus, let code = wholeNumber(text), (1...127).contains(code) else {
    let codes = industrial == .modbus ? "; or a Modbus function code from 1 to 127" : ""
    throw TextProblem(
      message: "\(quoted(text)) is no function of \(industrial.name)", help: suggestion(text, among: names) + codes)
  }
  return IntervalSet(IndustrialFunction.modbus(code: UInt8(code)).rawValue)
}
