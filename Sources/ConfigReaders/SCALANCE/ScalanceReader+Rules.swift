import PacketSets
import RuleModel
import SourceText

/// One end of a rule's direction.
enum ScalanceEnd {
  /// The device itself.
  case device
  case interfaces(InterfaceMatch)
  case unknown
}

/// One `ipv4rule`.
struct ScalanceRule {
  var source: SourceRange
  var from: ScalanceEnd
  var to: ScalanceEnd
  /// The rule but for its interfaces and its place in the order.
  var rule: Rule
  var priority: Int?
}

/// `ipv4rule` (manual 12.3.4.31), `no ipv4rule` (12.3.4.32) and `prerule` (12.3.4.52 to 12.3.4.67).
extension ScalanceReader {
  private static let keywords: Set<String> = [
    "from", "to", "srcip", "dstip", "action", "service", "log", "prior", "comment",
  ]
  private static let required = ["from", "to", "srcip", "dstip", "action"]

  mutating func takeRule(_ line: CommandLine) {
    var values: [String: [String]] = [:]
    var open: [Uncertainty] = []
    var keyword: String?
    for word in line.rest {
      // The comment is one word whatever it says; all other keywords take words until the next.
      if let now = keyword, now == "comment", values[now]?.isEmpty == true {
        values[now] = [word]
      } else if Self.keywords.contains(word), values[word] == nil {
        keyword = word
        values[word] = []
      } else if let now = keyword, now != "comment" {
        values[now, default: []].append(word)
      } else {
        open.append(condition(line, "`\(printable(word))` is not known here"))
      }
    }
    for missing in Self.required where values[missing] == nil {
      open.append(condition(line, "the rule has no `\(missing)`"))
    }
    let sources = addresses(values["srcip"], line, &open)
    let destinations = addresses(values["dstip"], line, &open)
    let services = services(values["service"], line)
    let (from, to) = (end(values["from"], line, &open), end(values["to"], line, &open))
    var rule = Rule(
      order: 0, name: "ipv4rule \(rules.count + 1)",
      match: MatchBounds(sources: sources, destinations: destinations, services: services),
      action: action(values["action"], line), source: line.range)
    rule.logging = logging(values["log"], line)
    rule.comment = values["comment"]?.first
    let priority = priority(values["prior"], line, &open)
    rule.match = rule.match.uncertain(open)
    mark(line, .used)
    rules.append(ScalanceRule(source: line.range, from: from, to: to, rule: rule, priority: priority))
  }

  private mutating func condition(_ line: CommandLine, _ reason: String) -> Uncertainty {
    notes.gap(line.range, .notRecognised, matters: true, reason)
    return Uncertainty(range: line.range, reason: reason)
  }

  /// `0.0.0.0/0`, an address, a network, or a range `A-B`, with or without blanks around the hyphen.
  private mutating func addresses(
    _ words: [String]?, _ line: CommandLine, _ open: inout [Uncertainty]
  ) -> AddressBounds {
    guard let words else { return AddressBounds(.all) }
    let text = words.joined()
    if text == "0.0.0.0/0" { return AddressBounds(.allV4) }
    if words.count == 1 || words.count == 3 && words[1] == "-" {
      if let prefix = IPPrefix(text) { return AddressBounds(AddressSet(prefix)) }
      if let range = LiteralText.range(text) { return AddressBounds(range) }
    }
    return .unknown(condition(line, "`\(printable(String(text.prefix(60))))` is no address, network or range"))
  }

  /// How services are defined is not in the published part of the manual.
  private mutating func services(_ words: [String]?, _ line: CommandLine) -> ServiceBounds {
    guard let name = words?.joined(separator: " "), name.lowercased() != "all" else { return ServiceBounds([.any]) }
    if services[name] == nil { services[name] = line.range }
    return .unknown(
      Uncertainty(range: line.range, reason: "what the service `\(printable(name))` stands for is not known"))
  }

  private mutating func action(_ words: [String]?, _ line: CommandLine) -> Action {
    switch words {
    case ["acc"]: return .permit
    case ["drop"]: return .deny(rejects: false)
    case ["rej"]: return .deny(rejects: true)
    case nil: return .unknown
    default:
      _ = condition(line, "the action of the rule is none of `acc`, `drop` and `rej`")
      return .unknown
    }
  }

  private mutating func logging(_ words: [String]?, _ line: CommandLine) -> Logging {
    switch words {
    case ["no"]: return .off
    case ["info"], ["war"], ["cri"]: return .on
    case nil: return .unknown
    default:
      notes.gap(line.range, .notRecognised, matters: false, "the log level of the rule is not known")
      return .unknown
    }
  }

  private mutating func priority(_ words: [String]?, _ line: CommandLine, _ open: inout [Uncertainty]) -> Int? {
    guard let words else { return nil }
    if words.count == 1, let number = Int(words[0]), (0...127).contains(number) { return number }
    open.append(condition(line, "the priority is no number from 0 to 127"))
    return nil
  }

  /// `vlan 1`, `ppp 2`, `IPsec`, `IPsec all`, `IPsec 3`, `Device`, … (manual 12.3.4.1).
  private mutating func end(_ words: [String]?, _ line: CommandLine, _ open: inout [Uncertainty]) -> ScalanceEnd {
    guard let words, let kind = words.first else { return .unknown }
    if kind.lowercased() == "device", words.count == 1 { return .device }
    if let name = Self.interfaceName(words) {
      _ = interface(name, line.range)
      return .interfaces(InterfaceMatch([name]))
    }
    for connection in ScalanceVPN.allCases where kind.lowercased().hasPrefix(connection.rawValue.lowercased()) {
      let part = (String(kind.dropFirst(connection.rawValue.count)) + words.dropFirst().joined(separator: " "))
      if vpn[connection] == nil { vpn[connection] = line.range }
      let isAll = part.isEmpty || part == "all"
      let name = isAll ? connection.rawValue : "\(connection.rawValue) \(part)"
      _ = interface(name, line.range)
      return .interfaces(InterfaceMatch([isAll ? name + "+" : name]))
    }
    let text = printable(String(words.joined(separator: " ").prefix(60)))
    open.append(condition(line, "`\(text)` is no interface that rules can name"))
    return .unknown
  }

  /// Which rule has which index is the device's to say; a list that begins with `no ipv4rule all` begins anew.
  mutating func removeRules(_ line: CommandLine) {
    if line.words == ["no", "ipv4rule", "all"] {
      rules = []
      doubtful = nil
      return mark(line, .used)
    }
    let index = line.words.count == 4 && line.words[2] == "idx" ? Int(line.words[3]) : nil
    let isIndexed = index.map { (1...128).contains($0) } ?? false
    // A rule of the device that the file does not show.
    if isIndexed, rules.isEmpty { return mark(line, .irrelevant) }
    let reason =
      "which rule this removes depends on indexes that the file does not show; each rule before it may be gone"
    notes.gap(line.range, isIndexed ? .notModelled : .notRecognised, matters: true, reason)
    doubtful = (rules.count, doubtful?.reason ?? Uncertainty(range: line.range, reason: reason))
  }

  // MARK: Predefined services

  /// `prerule SERVICE ipv4 {int TYPE [NUMBER] | all-int} {enabled | disabled}`
  mutating func takePredefined(_ line: CommandLine) {
    let words = line.words
    guard words.count > 4, words[2] == "ipv4", ScalanceServices.table.keys.contains(words[1]),
      let state = words.last, state == "enabled" || state == "disabled"
    else { return unknownFirewallLines.append(line) }
    let setting = ScalancePredefined(isEnabled: state == "enabled", source: line.range)
    if words[3] == "all-int", words.count == 5 {
      predefined[words[1]] = ["": setting]
    } else if words[3] == "int", let name = predefinedInterface(Array(words[4..<words.count - 1])) {
      predefined[words[1], default: [:]][name] = setting
      if !name.hasSuffix("+") { _ = interface(name, line.range) }
    } else {
      return unknownFirewallLines.append(line)
    }
    mark(line, .used)
  }

  private func predefinedInterface(_ words: [String]) -> String? {
    if let name = Self.interfaceName(words) { return name }
    guard let kind = words.first else { return nil }
    for connection in ScalanceVPN.allCases where kind.lowercased().hasPrefix(connection.rawValue.lowercased()) {
      let part = String(kind.dropFirst(connection.rawValue.count)) + words.dropFirst().joined(separator: " ")
      return part.isEmpty || part == "all" ? connection.rawValue + "+" : "\(connection.rawValue) \(part)"
    }
    return nil
  }
}

/// What the predefined rules let in (WBM manual, "Predefined IPv4"); ports are those of IANA.
enum ScalanceServices {
  /// Nil where the ports are not documented.
  static let table: [String: [Service]?] = [
    "cloudconnector": nil, "tcpevent": nil, "systime": nil,
    "dhcp": [udp(67...68)], "dns": [udp(53...53), tcp(53...53)], "http": [tcp(80...80)], "https": [tcp(443...443)],
    "ipsec": [
      udp(500...500), udp(4500...4500), Service(proto: IPProtocol.esp),
    ],
    "ping": [echoRequest], "snmp": [udp(161...161)], "ssh": [tcp(22...22)], "telnet": [tcp(23...23)],
    "vrrp": [Service(proto: 112)], "vxlan": [udp(4789...4789)],
  ]

  /// Services by which the device is administered, and whether in clear text.
  static let management: [String: Bool] = [
    "http": true, "https": false, "ping": false, "snmp": true, "ssh": false, "telnet": true,
  ]

  private static func tcp(_ ports: ClosedRange<UInt16>) -> Service {
    Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))
  }

  private static func udp(_ ports: ClosedRange<UInt16>) -> Service {
    Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports))
  }

  private static var echoRequest: Service {
    var service = Service(proto: IPProtocol.icmp)
    service.icmpTypes = IntervalSet(8)
    return service
  }
}
