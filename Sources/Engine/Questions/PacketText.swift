import PacketSets
import RuleModel
import SitePolicy
import SourceText

extension SiteNetwork {
  /// A packet as people write it, or as reports print it.
  ///
  /// `tcp 10.0.0.5 > 10.20.0.7:502 function write`, `tcp 10.0.5.20:49152 -> 10.20.0.5:502, modbus function 5 (write)`,
  /// `icmp 10.0.0.5 > 10.20.0.7 type 8 code 0`. Ends may be names of assets. What is left out is what a client does first: a
  /// high source port, a SYN, an echo request.
  ///
  /// - Throws: `EngineError.invalid` with what is wrong.
  func packet(_ text: String) throws(EngineError) -> Packet {
    do { return try PacketReader(site: site).read(text) } catch {
      throw .invalid(["the packet: \(error.message); \(error.help)"])
    }
  }
}

private struct PacketReader {
  let site: Site
  private static let form =
    "write it as 'tcp 10.0.0.5 > 10.20.0.7:502' or 'tcp 10.0.0.5 > 10.20.0.7:502 function write'"

  func read(_ text: String) throws(TextProblem) -> Packet {
    let halves = text.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2 else {
      throw TextProblem(message: "\(quoted(text)) has no '>' between its two ends", help: Self.form)
    }
    let left = words(halves[0].hasSuffix("-") ? halves[0].dropLast() : halves[0])
    let right = words(halves[1])
    guard left.count == 2, let target = right.first else {
      throw TextProblem(message: "\(quoted(text)) is no packet", help: Self.form)
    }
    let proto = try proto(left[0])
    let (source, sourcePort) = try end(left[1])
    let (destination, destinationPort) = try end(target)
    guard source.family == destination.family else {
      throw TextProblem(message: "one end is IPv4 and the other IPv6", help: "give both ends of one kind")
    }
    var packet = Packet(source: source, destination: destination, proto: proto)
    if IPProtocol.withPorts.contains(proto) {
      guard let destinationPort else {
        throw TextProblem(message: "\(quoted(target)) has no port", help: "add it: \(destination):502")
      }
      packet.sourcePort = sourcePort ?? 49152
      packet.destinationPort = destinationPort
    } else if sourcePort ?? destinationPort != nil {
      throw TextProblem(message: "\(left[0]) has no ports", help: "leave the port out")
    }
    if IPProtocol.withTypes.contains(proto) { packet.icmpType = proto == IPProtocol.icmp ? 8 : 128 }
    try readRest(right.dropFirst(), &packet)
    // An answer of TCP has ACK; anything else opens.
    if proto == IPProtocol.tcp { packet.tcpFlags = packet.state == .reply ? 16 : Packet.syn }
    return packet
  }

  /// Words without commas and brackets around them; the brackets of an IPv6 address stay.
  private func words(_ text: Substring) -> [String] {
    text.split { $0 == " " || $0 == "," || $0 == "\t" }.map { word in
      guard word.first == "[" || word.last == "]", !word.contains(":") else { return String(word) }
      return String(word.filter { $0 != "[" && $0 != "]" })
    }
  }

  private func proto(_ text: String) throws(TextProblem) -> UInt8 {
    let known = ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "gre", "esp", "ah"]
    let numbers = [
      IPProtocol.tcp, IPProtocol.udp, IPProtocol.icmp, IPProtocol.icmpV6, IPProtocol.sctp, IPProtocol.dccp,
      IPProtocol.gre, IPProtocol.esp, IPProtocol.ah,
    ]
    if let place = known.firstIndex(of: text.lowercased()) { return numbers[place] }
    if let number = UInt8(text.hasPrefix("ip/") ? String(text.dropFirst(3)) : text) { return number }
    throw TextProblem(
      message: "\(quoted(text)) is no protocol", help: suggestion(text, among: known) + ", or ip/47 by its number")
  }

  private func end(_ text: String) throws(TextProblem) -> (IPAddress, UInt16?) {
    var host = Substring(text)
    var port: UInt16?
    if host.first == "[", let close = host.firstIndex(of: "]") {
      let rest = host[host.index(after: close)...]
      if rest.first == ":" { port = try number(rest.dropFirst(), "port") }
      host = host[host.index(after: host.startIndex)..<close]
    } else if host.count(where: { $0 == ":" }) == 1, let colon = host.firstIndex(of: ":") {
      port = try number(host[host.index(after: colon)...], "port")
      host = host[..<colon]
    }
    if let address = IPAddress(host) { return (address, port) }
    let name = String(host)
    if let address = site.assets.first(where: { $0.name == name })?.addresses.first { return (address, port) }
    if looksLikeNetwork(name) {
      throw TextProblem(message: "\(quoted(name)) is no address", help: Self.form)
    }
    let names = site.assets.filter { !$0.addresses.isEmpty }.map(\.name)
    throw TextProblem(
      message: "\(quoted(name)) is neither an address nor an asset with one", help: suggestion(name, among: names))
  }

  private func number<Number: FixedWidthInteger>(
    _ text: some StringProtocol, _ what: String
  ) throws(TextProblem) -> Number {
    guard let value = Number(text) else {
      throw TextProblem(message: "\(quoted(String(text))) is no \(what)", help: "write a number up to \(Number.max)")
    }
    return value
  }

  /// Message type, state and industrial function.
  private func readRest(_ words: ArraySlice<String>, _ packet: inout Packet) throws(TextProblem) {
    var rest = words.map { $0.lowercased() }[...]
    var named: IndustrialProtocol?
    while let word = rest.popFirst() {
      if let state = SessionState.allCases.first(where: { $0.name == word }) {
        packet.state = state
      } else if word == "type" || word == "code" {
        let value: UInt8 = try number(rest.popFirst() ?? "", word)
        if word == "type" { packet.icmpType = value } else { packet.icmpCode = value }
      } else if word == "unit" {
        packet.unit = try number(rest.popFirst() ?? "", word)
      } else if word == "register" {
        packet.register = try number(rest.popFirst() ?? "", word)
      } else if let name = IndustrialProtocol(name: word) {
        named = name
      } else if word.hasPrefix("(") {
        // The class behind a code only repeats it.
        continue
      } else {
        let what = word == "function" ? rest.popFirst() ?? "" : word
        packet.function = try function(what, named, packet)
      }
    }
  }

  private func function(
    _ what: String, _ named: IndustrialProtocol?, _ packet: Packet
  ) throws(TextProblem) -> IndustrialFunction {
    guard FunctionClass(name: what) != nil || UInt8(what) != nil else {
      throw TextProblem(message: "\(quoted(what)) is not understood in a packet", help: Self.form)
    }
    let service = Service(proto: packet.proto, destinationPorts: IntervalSet(packet.destinationPort))
    let text = named.map { "\($0.name) \(what)" } ?? what
    guard let first = try industrialFunctions(text, on: service).intervals.first else { return .none }
    return IndustrialFunction(rawValue: first.lowerBound)
  }
}
