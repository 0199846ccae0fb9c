import PacketSets
import RuleModel
import SourceText

/// Which packets a rule's header and options take.
struct SuricataCondition {
  /// What the header alone takes, at most.
  private(set) var headers: [PacketMatch] = []
  private(set) var match = MatchBounds.nothing
  /// What is no Suricata at all, for the ledger.
  private(set) var problems: [String] = []
  private var open: [Uncertainty] = []
  private let range: SourceRange

  init(_ text: SuricataRuleText, _ range: SourceRange) {
    self.range = range
    let service = service(text)
    let source = addresses(text.source)
    let destination = addresses(text.destination)
    let (narrow, wide) = functions(text)
    func packets(_ from: AddressSet, _ to: AddressSet, _ service: Service?, _ function: FunctionMatch?) -> [PacketMatch]
    {
      guard let service, let function else { return [] }
      return [PacketMatch(sources: from, destinations: to, services: [service], function: function)]
    }
    func bothWays(
      _ from: AddressSet, _ to: AddressSet, _ service: Service?, _ function: FunctionMatch?
    ) -> [PacketMatch] {
      let there = packets(from, to, service, function)
      guard text.isBothWays else { return there }
      let back = service.map { service in
        var turned = service
        turned.sourcePorts = service.destinationPorts
        turned.destinationPorts = service.sourcePorts
        return turned
      }
      return there + packets(to, from, back, function)
    }
    headers = bothWays(source.upper, destination.upper, service.upper, .any)
    let upper = bothWays(source.upper, destination.upper, service.upper, wide)
    let reasons = open + source.uncertainties + destination.uncertainties
    match =
      reasons.isEmpty
      ? MatchBounds(upper)
      : MatchBounds(
        lower: open.isEmpty ? bothWays(source.lower, destination.lower, service.lower, narrow) : [], upper: upper,
        uncertainties: reasons)
  }

  private mutating func leaveOpen(_ reason: String) { open.append(Uncertainty(range: range, reason: reason)) }

  // MARK: header

  /// Application protocols and what carries them; a rule for one takes only messages that its parser recognises.
  private static let carriers: [String: (proto: UInt8, industrial: IndustrialProtocol?)] = [
    "modbus": (IPProtocol.tcp, .modbus), "dnp3": (IPProtocol.tcp, .dnp3), "enip": (IPProtocol.tcp, .ethernetIP),
  ]

  private mutating func service(_ text: SuricataRuleText) -> (lower: Service?, upper: Service?) {
    var service: Service
    switch text.proto {
    case "ip": service = .any
    case "tcp", "modbus", "dnp3": service = Service(proto: IPProtocol.tcp)
    case "udp": service = Service(proto: IPProtocol.udp)
    // EtherNet/IP has a parser for either transport.
    case "enip":
      service = Service(protocols: IntervalSet([IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp]))
    case "icmp": service = Service(protocols: IPProtocol.withTypes)
    default:
      service = .any
      leaveOpen("which packets are `\(printable(text.proto))` is for Suricata's parser to tell")
    }
    service.sourcePorts = ports(text.sourcePort)
    service.destinationPorts = ports(text.destinationPort)
    return (service, service)
  }

  /// `any`, an address, a network, a list in brackets, each perhaps with `!`; variables are open.
  private mutating func addresses(_ text: String, depth: Int = 0) -> AddressBounds {
    if text.hasPrefix("!"), depth < 16 { return addresses(String(text.dropFirst()), depth: depth + 1).complement }
    if text == "any" { return AddressBounds(.all) }
    if text.hasPrefix("$") {
      return .unknown(
        Uncertainty(range: range, reason: "the variable \(printable(text)) is defined in suricata.yaml, not here"))
    }
    if text.hasPrefix("["), text.hasSuffix("]"), depth < 16 {
      let parts = Self.list(text)
      var taken = AddressBounds.empty
      var left = AddressBounds.empty
      for part in parts {
        if part.hasPrefix("!") {
          left = left.union(addresses(String(part.dropFirst()), depth: depth + 1))
        } else {
          taken = taken.union(addresses(part, depth: depth + 1))
        }
      }
      if parts.allSatisfy({ $0.hasPrefix("!") }) { taken = AddressBounds(.all) }
      return taken.subtracting(left)
    }
    if let prefix = IPPrefix(text) { return AddressBounds(AddressSet(prefix)) }
    problems.append("`\(printable(text))` is no address; the rule is taken to stop anything or nothing")
    return .unknown(Uncertainty(range: range, reason: "`\(printable(text))` is no address"))
  }

  /// The ports of a header; all of them, and the rule open, when the text does not tell.
  private mutating func ports(_ text: String) -> IntervalSet<UInt16> {
    if let ports = Self.knownPorts(text, depth: 0) { return ports }
    leaveOpen("which ports `\(printable(text))` stands for is not in this file")
    if !text.contains("$") { problems.append("`\(printable(text))` is no port") }
    return .all
  }

  /// `any`, `502`, `502:505`, `:1023`, `1024:`, `[502,20000]`, each perhaps with `!`; nil for anything else.
  private static func knownPorts(_ text: String, depth: Int) -> IntervalSet<UInt16>? {
    guard depth < 16 else { return nil }
    if text.hasPrefix("!") { return knownPorts(String(text.dropFirst()), depth: depth + 1)?.complement }
    if text == "any" { return .all }
    if text.hasPrefix("["), text.hasSuffix("]") {
      let parts = list(text)
      var set = parts.allSatisfy { $0.hasPrefix("!") } ? IntervalSet<UInt16>.all : .empty
      for part in parts where !part.hasPrefix("!") {
        guard let ports = knownPorts(part, depth: depth + 1) else { return nil }
        set = set.union(ports)
      }
      for part in parts where part.hasPrefix("!") {
        guard let ports = knownPorts(part, depth: depth + 1) else { return nil }
        set = set.intersection(ports)
      }
      return set
    }
    let ends = pieces(text, at: ASCII.colon)
    let first = ends[0].isEmpty ? 0 : UInt16(ends[0])
    let last = ends[ends.count - 1].isEmpty ? UInt16.max : UInt16(ends[ends.count - 1])
    guard ends.count <= 2, ends != [""], let first, let last, first <= last else { return nil }
    return IntervalSet(first...last)
  }

  /// The parts of `[a,b,[c,d]]`, outermost commas only.
  private static func list(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    for character in text.dropFirst().dropLast() {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(part)
        part = ""
      } else {
        part.append(character)
      }
    }
    parts.append(part)
    return parts.filter { !$0.isEmpty }
  }

  // MARK: options

  /// Options that say nothing about which packets match.
  private static let notes: Set<String> = [
    "msg", "sid", "rev", "gid", "classtype", "priority", "reference", "metadata", "target", "noalert", "requires",
  ]

  /// What the options leave of the industrial functions, certainly and at most.
  private mutating func functions(_ text: SuricataRuleText) -> (narrow: FunctionMatch?, wide: FunctionMatch?) {
    var wide = FunctionMatch.any
    if let industrial = Self.carriers[text.proto]?.industrial {
      wide.functions = PacketSets.functions(of: industrial)
    }
    for option in text.options where !Self.notes.contains(option.name) {
      switch option.name {
      case "modbus":
        wide.functions = wide.functions.intersection(PacketSets.functions(of: .modbus))
        modbus(option.value, &wide)
      case "flow"
      where ["to_server", "established", "established,to_server", "to_server,established"].contains(flow(option)):
        // Requests of a session that the firewall let open: nothing is left out.
        break
      case "flowbits" where option.value.hasPrefix("set,") || option.value == "noalert": break
      case "dnp3_func", "dnp3.func", "dnp3_ind", "dnp3_obj", "cip_service", "enip_command":
        leaveOpen("`\(printable(option.name))` tells functions apart that are one class here")
      default: leaveOpen("the condition `\(printable(option.name))` is not modelled")
      }
    }
    return (wide, wide)
  }

  private func flow(_ option: (name: String, value: String)) -> String {
    String(option.value.filter { !$0.isWhitespace })
  }

  /// `function 5`, `function 8, subfunction 4`, `access write holding, address 100`, `unit 10, function 5`, … (User Guide,
  /// Modbus Keyword). Ranges of units, addresses and values stay open: a request reaches behind its first address, which is
  /// all that is known of it here.
  private mutating func modbus(_ value: String, _ wide: inout FunctionMatch) {
    for part in pieces(value, at: UInt8(ascii: ",")) {
      let words = part.split(separator: " ").map(String.init)
      switch words.first {
      case "unit" where words.count == 2:
        if let unit = UInt8(words[1]) { wide.units = IntervalSet(unit) } else { leaveOpenModbus(part) }
      case "function" where words.count == 2:
        if let code = UInt8(words[1]) {
          wide.functions = wide.functions.intersection(IntervalSet(IndustrialFunction.modbus(code: code).rawValue))
        } else if words[1] != "all" {
          leaveOpenModbus(part)
        }
      case "access" where words.count == 2 || words.count == 3:
        access(words, &wide)
      default: leaveOpenModbus(part)
      }
    }
  }

  private mutating func leaveOpenModbus(_ part: String) {
    leaveOpen("the Modbus condition `\(printable(part))` is known only in part")
  }

  /// Functions by what they do to which table. 23 reads and writes holding registers.
  private mutating func access(_ words: [String], _ wide: inout FunctionMatch) {
    let tables: [String: [String: [UInt8]]] = [
      "read": ["coils": [1], "discretes": [2], "holding": [3, 23], "input": [4]],
      "write": ["coils": [5, 15], "holding": [6, 16, 22, 23]],
    ]
    guard let kinds = tables[words[1]] else { return leaveOpenModbus(words.joined(separator: " ")) }
    let codes: [UInt8]
    if words.count == 3 {
      guard let named = kinds[words[2]] else { return leaveOpenModbus(words.joined(separator: " ")) }
      codes = named
    } else {
      codes = kinds.values.flatMap { $0 }
    }
    let values = codes.map { IndustrialFunction.modbus(code: $0).rawValue }
    wide.functions = wide.functions.intersection(IntervalSet(values.map { $0...$0 }))
  }
}
