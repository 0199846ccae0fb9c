import PacketSets
import RuleModel
import SourceText

/// Reads the flat `key=value` export of a Garderos router.
func readGarderos(_ file: SourceFile) -> Reading {
  var reader = GarderosReader(file)
  reader.read()
  reader.ledger.finish(file)
  var reading = Reading(ledger: reader.ledger)
  reading.devices = [reader.device]
  reading.issues = reader.issues
  return reading
}

private struct GarderosReader {
  let file: SourceFile
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  var device: Device
  /// Keys by `family.kind.number`, such as `acl.ipv4.input.1`, each with the rest of its keys.
  private var entries: [String: [String: GarderosKey]] = [:]

  /// Services that may learn routes; the manual that would tell is not public.
  private static let routing: Set<String> = [
    "babel", "bgp", "bird", "eigrp", "frr", "isis", "nhrp", "ospf", "quagga", "rip", "routing",
  ]

  init(_ file: SourceFile) {
    self.file = file
    ledger = ReadingLedger(file)
    // Nothing tells whether replies pass by themselves; what must get through is then not called safe.
    device = Device(
      name: baseName(file.path), platform: "garderos", passesReplies: false, source: file.range(0, file.bytes.count))
  }

  mutating func read() {
    for line in 1...file.lines.count { take(line) }
    interfaces()
    routes()
    lists()
    if entries["service.snmp"]?["query-agent.enable"]?.value == "true" { snmp() }
  }

  private func range(_ key: GarderosKey) -> SourceRange { file.range(ofLine: key.line) }

  private mutating func take(_ line: Int) {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    guard let first = file.bytes[bounds].first(where: { !ASCII.isBlank($0) && $0 != ASCII.carriageReturn }) else {
      return
    }
    if first == ASCII.hash { return ledger.mark(line: line, .irrelevant) }
    guard let key = GarderosKey(file.bytes.span, bounds, line: line) else {
      return gap(file.range(ofLine: line), "the line is no `key=value`")
    }
    switch key.parts.first {
    case "hardware", "user": ledger.mark(line: line, .irrelevant)
    case "system":
      ledger.mark(line: line, key.parts == ["system", "name"] ? .used : .irrelevant)
      if key.parts == ["system", "name"] { device.name = printable(key.value) }
    case "service":
      ledger.mark(line: line, key.parts.starts(with: ["service", "snmp"]) ? .used : .irrelevant)
      keep(key, depth: 2)
      if key.parts.count > 1, Self.routing.contains(key.parts[1]), key.value != "false" { device.hasOtherRoutes = true }
    case "acl": keep(key, depth: 4)
    case "interface", "route": keep(key, depth: 3)
    case "tunnel":
      device.hasOtherRoutes = true
      ledger.gap(
        LedgerGap(
          range: range(key), state: .notModelled, couldChangeVerdict: true,
          reason: "tunnels are not modelled: what comes and goes through this one is not judged"))
    default: gap(range(key), "the key `\(printable(key.parts.joined(separator: ".")))` is not known")
    }
  }

  /// Files a key under its first parts; the last of two equal keys counts, as in any file of settings.
  private mutating func keep(_ key: GarderosKey, depth: Int) {
    guard key.parts.count > depth else { return gap(range(key), "the key is shorter than those that are known") }
    let owner = key.parts[..<depth].joined(separator: ".")
    let rest = key.parts[depth...].joined(separator: ".")
    if let earlier = entries[owner, default: [:]].updateValue(key, forKey: rest), earlier.value != key.value {
      gap(range(key), "the key is given twice with different values, first at line \(earlier.line)")
    }
  }

  private mutating func gap(_ range: SourceRange, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: .notRecognised, couldChangeVerdict: true, reason: reason))
  }

  /// The entries `prefix.N` in the order of their numbers.
  private func numbered(_ prefix: String) -> [(number: Int, keys: [String: GarderosKey])] {
    entries.compactMap { name, keys -> (number: Int, keys: [String: GarderosKey])? in
      guard name.hasPrefix(prefix + "."), let number = Int(name.dropFirst(prefix.count + 1)) else { return nil }
      return (number, keys)
    }.sorted { $0.number < $1.number }
  }

  private func span(_ keys: [String: GarderosKey]) -> SourceRange {
    let lines = keys.values.map(\.line)
    return file.range(ofLine: lines.min() ?? 1)
  }

  /// Marks the keys of an entry: those read, those that do not matter, and the rest as gaps; true when there are none.
  private mutating func account(
    _ keys: [String: GarderosKey], used: Set<String>, irrelevant: Set<String> = [], _ what: String
  ) -> Bool {
    var isKnown = true
    for (name, key) in keys.sorted(by: { $0.value.line < $1.value.line }) {
      if used.contains(name) || irrelevant.contains(name) {
        ledger.mark(line: key.line, used.contains(name) ? .used : .irrelevant)
      } else {
        isKnown = false
        gap(range(key), "`\(printable(name))` of \(what) is not known")
      }
    }
    return isKnown
  }

  // MARK: interfaces and routes

  private mutating func interfaces() {
    for (number, keys) in numbered("interface.eth") {
      let name = keys["name"]?.value ?? "eth\(number)"
      _ = account(
        keys, used: ["name", "ipv4", "description"], irrelevant: ["ip-assignment"], "interface \(printable(name))")
      var interface = Interface(name: name, source: span(keys))
      if let description = keys["description"]?.value { interface.aliases.append(description) }
      if let key = keys["ipv4"] {
        if let address = IPAddress(key.value.prefix { $0 != "/" }), let network = IPPrefix(key.value) {
          interface.addresses.append(InterfaceAddress(address: address, network: network))
        } else {
          gap(range(key), "`\(printable(key.value))` is no address with its network")
        }
      }
      device.interfaces.append(interface)
    }
    for owner in entries.keys.sorted() where owner.hasPrefix("interface.") && !owner.hasPrefix("interface.eth.") {
      for key in entries[owner]?.values.sorted(by: { $0.line < $1.line }) ?? [] {
        gap(range(key), "interfaces other than Ethernet are not known, bind them in the site file")
      }
    }
  }

  private mutating func routes() {
    for (number, keys) in numbered("route.ipv4") {
      if !account(keys, used: ["gateway", "network", "interface"], irrelevant: ["description"], "route \(number)") {
        device.hasOtherRoutes = true
      }
      let gateway = keys["gateway"].flatMap { IPAddress($0.value) }
      let interface =
        keys["interface"]?.value
        ?? device.interfaces.first { owner in gateway.map { owner.networks.contains($0) } ?? false }?.name
      guard let network = keys["network"].flatMap({ IPPrefix($0.value) }), let interface else {
        device.hasOtherRoutes = true
        gap(span(keys), "the network or the interface of route \(number) is not known")
        continue
      }
      device.routes.append(
        Route(network: network, interface: interface, gateway: gateway, distance: 1, source: span(keys)))
    }
    for owner in entries.keys.sorted() where owner.hasPrefix("route.") && !owner.hasPrefix("route.ipv4.") {
      for key in entries[owner]?.values.sorted(by: { $0.line < $1.line }) ?? [] {
        device.hasOtherRoutes = true
        gap(range(key), "routes of this kind are not known")
      }
    }
  }

  // MARK: rules

  /// The input rules; what the router does with a packet that none of them takes is not published, nor how it filters what
  /// it forwards.
  private mutating func lists() {
    for owner in entries.keys.sorted() where owner.hasPrefix("acl.") && !owner.hasPrefix("acl.ipv4.input.") {
      for key in entries[owner]?.values.sorted(by: { $0.line < $1.line }) ?? [] {
        gap(range(key), "rules of this kind are not known; they may permit or deny anything")
      }
    }
    let numbered = numbered("acl.ipv4.input")
    var rules = numbered.enumerated().map { rule($1.number, $1.keys, order: $0) }
    rules.append(open("no rule", order: rules.count))
    let none = DefaultAction(.deny, .implicit("the rule before it leaves open what happens"))
    let source = numbered.first.map { span($0.keys) } ?? device.source
    device.lists = [
      RuleList(name: "input", rules: rules, fallback: none, source: source),
      RuleList(name: "forwarding", rules: [open("forwarding", order: 0)], fallback: none, source: device.source),
    ]
    device.localPipeline = [Stage(.filter(lists: [0], fallback: none), name: "acl.ipv4.input", source: source)]
    device.pipeline = [
      Stage(.route, name: "routing", source: device.source),
      Stage(.filter(lists: [1], fallback: none), name: "forwarding", source: device.source),
    ]
    issues.append(
      ReadIssue(
        kind: .dynamicObject, range: file.range(0, 0),
        message: "the export does not say what the router does with packets that it forwards",
        help: "if it forwards between zones, describe its rules in a rule table", couldChangeVerdict: true))
  }

  /// A rule that may permit, deny or do nothing: what is not documented.
  private func open(_ name: String, order: Int) -> Rule {
    var rule = Rule(order: order, name: name, match: .any, action: .unknown, source: device.source)
    rule.isExplicit = false
    return rule
  }

  private mutating func rule(_ number: Int, _ keys: [String: GarderosKey], order: Int) -> Rule {
    let name = "acl.ipv4.input.\(number)"
    let isKnown = account(
      keys, used: ["action", "description", "dest-ports", "protocol", "source-network"], "rule \(name)")
    var match = match(keys)
    if !isKnown {
      match = match.uncertain(Uncertainty(range: span(keys), reason: "\(name) has a condition that is not known"))
    }
    let action: Action
    switch keys["action"]?.value {
    case "ACCEPT": action = .permit
    case "DROP": action = .deny(rejects: false)
    case "REJECT": action = .deny(rejects: true)
    default:
      action = .unknown
      gap(keys["action"].map { range($0) } ?? span(keys), "\(name) has no action that is known")
    }
    var rule = Rule(order: order, name: name, match: match, action: action, source: span(keys))
    rule.comment = keys["description"]?.value
    return rule
  }

  private mutating func match(_ keys: [String: GarderosKey]) -> MatchBounds {
    var sources = AddressBounds(AddressSet(v4: .all))
    if let key = keys["source-network"] {
      if let prefix = IPPrefix(key.value) {
        sources = AddressBounds(AddressSet(prefix))
      } else {
        sources = .unknown(unknown(key, "is no network"))
      }
    }
    var services = ServiceBounds([.any])
    let protocols: [String: UInt8] = ["tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "icmp": IPProtocol.icmp]
    if let key = keys["protocol"] {
      if let proto = protocols[key.value.lowercased()] ?? UInt8(key.value) {
        services = ServiceBounds([Service(proto: proto)])
      } else {
        services = .unknown(unknown(key, "is no protocol that is known"))
      }
    }
    if let key = keys["dest-ports"], let service = services.upper.first {
      if let ports = ports(key.value), IPProtocol.withPorts.overlaps(service.protocols) {
        var narrowed = service
        narrowed.destinationPorts = ports
        services.upper = [narrowed]
        services.lower = services.lower.map { _ in narrowed }
      } else {
        services = .unknown(unknown(key, "is no port of that protocol"))
      }
    }
    return MatchBounds(sources: sources, destinations: AddressBounds(.all), services: services)
  }

  private mutating func unknown(_ key: GarderosKey, _ what: String) -> Uncertainty {
    let reason = "`\(printable(key.value))` \(what)"
    gap(range(key), reason)
    return Uncertainty(range: range(key), reason: reason)
  }

  /// `22`, `22,80` or `8000-8010`.
  private func ports(_ text: String) -> IntervalSet<UInt16>? {
    var ranges: [ClosedRange<UInt16>] = []
    for piece in pieces(text, at: UInt8(ascii: ",")) {
      let ends = pieces(piece, at: UInt8(ascii: "-")).map { UInt16($0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else { return nil }
      ranges.append(first...last)
    }
    return IntervalSet(ranges)
  }

  private mutating func snmp() {
    guard let key = entries["service.snmp"]?["query-agent.enable"] else { return }
    device.management.append(
      ManagementAccess(service: "snmp", interface: nil, sources: .all, isClearText: true, source: range(key)))
  }
}
