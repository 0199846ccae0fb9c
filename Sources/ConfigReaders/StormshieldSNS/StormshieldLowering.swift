import PacketSets
import RuleModel
import SourceText

/// An interface of the network file.
struct StormshieldInterface {
  var section: String
  var range: SourceRange
  var name: String?
  var address: String?
  var mask: String?
  var isDown = false

  init(section: String, range: SourceRange) {
    self.section = section
    self.range = range
  }

  mutating func set(_ key: String, _ value: String) {
    switch key {
    case "name": name = value
    case "address": address = value
    case "mask": mask = value
    case "state": isDown = value == "0"
    default: break
    }
  }
}

/// Makes a device of rules and objects.
struct StormshieldLowering {
  let reader: StormshieldReader
  var ledger: ReadingLedger
  var issues: [ReadIssue] { reader.issues + resolver.issues + ownIssues }
  var resolver: StormshieldResolver
  var device: Device
  var profiles: [StormshieldInspectionKey: Int] = [:]
  private var ownIssues: [ReadIssue] = []
  private var names: [String: String] = [:]

  init(_ reader: StormshieldReader) {
    self.reader = reader
    ledger = reader.ledger
    let own = ownAddresses(reader.interfaces)
    resolver = StormshieldResolver(reader.objects, own: own)
    device = Device(
      name: baseName(reader.file.path), platform: "stormshield-sns", passesReplies: true,
      source: reader.file.range(ofLine: 1))
    device.inspectableProtocols = [.modbus, .s7, .opcUA, .iec104, .ethernetIP, .bacnet]
  }

  mutating func note(_ range: SourceRange, _ state: LineState, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: true, reason: reason))
  }

  mutating func lower() -> Device {
    lowerInterfaces()
    let (slot, isSure) = chosenSlot()
    let closed = DefaultAction(.deny, .implicit("SNS blocks what no filter rule matches"))
    var lists: [Int] = []
    if let global = reader.slots.slots[StormshieldSlots.global] {
      let rules = filterRules(global, isSure: true, isGlobal: true)
      lists.append(addList("global filter", rules, DefaultAction(.leave, .implicit("the local policy follows"))))
    }
    let rules = filterRules(slot, isSure: isSure)
    lists.append(addList("filter", rules, closed))
    // The filter is evaluated on the addresses before translation (user manual, "Filtering and NAT").
    device.pipeline = [Stage(.filter(lists: lists, fallback: closed), name: "filter policy", source: device.source)]
    let translations =
      (reader.slots.slots[StormshieldSlots.global].map { translationRules($0, isSure: true) } ?? [])
      + translationRules(slot, isSure: isSure)
    if !translations.isEmpty { addTranslation(translations) }
    device.pipeline.append(Stage(.route, name: "routing", source: device.source))
    lowerLocal(lists, closed)
    lowerRoutes()
    return device
  }

  mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction) -> Int {
    var rules = rules
    for place in rules.indices { rules[place].order = place }
    device.lists.append(
      RuleList(name: name, rules: rules, fallback: fallback, source: rules.first?.source ?? device.source))
    return device.lists.count - 1
  }

  private mutating func addTranslation(_ rules: [TranslationRule]) {
    var rules = rules
    for place in rules.indices { rules[place].order = place }
    device.pipeline.append(Stage(.translate(rules), name: "address translation", source: rules[0].range))
  }

  // MARK: Slots

  /// The policy in force, and whether that is certain.
  private mutating func chosenSlot() -> (StormshieldSlot, isSure: Bool) {
    let local = reader.slots.slots.filter { $0.key != StormshieldSlots.global }.sorted { $0.key < $1.key }
    if let active = reader.slots.active {
      if let found = reader.slots.slots[active.filter] { return (found, true) }
      ownIssues.append(
        ReadIssue(
          kind: .undefinedReference, range: active.range,
          message: "slot \(active.filter) is put in force but holds no rule",
          help: "put the rules of this slot into the file", couldChangeVerdict: true))
      return (local.first?.value ?? StormshieldSlot(), false)
    }
    // A global policy alone says nothing about the local one behind it.
    guard let first = local.first else { return (StormshieldSlot(), reader.slots.isEmpty) }
    if local.count == 1 { return (first.value, true) }
    for other in local.dropFirst() {
      let place =
        other.value.filter.lazy.compactMap { $0 }.first ?? other.value.translation.lazy.compactMap { $0 }.first
      let range = place.map { reader.slots.rules[$0].range } ?? device.source
      note(range, .notModelled, "the file holds several policies; which one is in force is not in it")
    }
    return (first.value, false)
  }

  private mutating func filterRules(_ slot: StormshieldSlot, isSure: Bool, isGlobal: Bool = false) -> [Rule] {
    var disturbances = Array(slot.disturbances.prefix(4))
    if !isSure {
      disturbances.append(
        Uncertainty(range: device.source, reason: "which local policy is in force is not in the file"))
    }
    var rules: [Rule] = []
    for place in slot.filter.lazy.compactMap({ $0 }) {
      let text = reader.slots.rules[place]
      var rule = filterRule(text, rules.count + 1, disturbances)
      if rule.action == .leave, !isGlobal {
        note(text.range, .notModelled, "the rule delegates to a local policy that is not in the file")
        rule.action = .unknown
      }
      rules.append(rule)
    }
    if let reason = disturbances.first { rules.append(anything(reason)) }
    return rules
  }

  /// Rules that are not known may permit anything.
  private func anything(_ reason: Uncertainty) -> Rule {
    var rule = Rule(
      order: 0, name: "rules that are not known",
      match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]), action: .permit, source: reason.range)
    rule.isExplicit = false
    return rule
  }

  // MARK: Interfaces and routes

  private mutating func lowerInterfaces() {
    for own in reader.interfaces {
      let name = own.name.flatMap { $0.isEmpty ? nil : $0 } ?? own.section
      guard names[name.lowercased()] == nil else { continue }
      names[name.lowercased()] = name
      var interface = Interface(name: name, source: own.range)
      interface.aliases = [own.section]
      interface.isShutdown = own.isDown
      if let network = stormshieldNetwork(own) { interface.addresses = [network] }
      device.interfaces.append(interface)
    }
    device.listsAllInterfaces = !reader.interfaces.isEmpty
    for text in reader.slots.rules {
      for token in ["srcif", "dstif"] {
        guard let name = text[token], !name.isEmpty, name.lowercased() != "any", names[name.lowercased()] == nil else {
          continue
        }
        names[name.lowercased()] = name
        device.interfaces.append(Interface(name: name, source: text.range))
      }
    }
  }

  /// The name as the interface itself is written.
  func interfaceName(_ name: String) -> String { names[name.lowercased()] ?? name }

  private mutating func lowerRoutes() {
    if reader.hasOtherRoutes { device.hasOtherRoutes = true }
    guard let gateway = reader.defaultGateway else { return }
    let bounds = resolver.addresses(gateway.name, gateway.range)
    guard bounds.isExact, bounds.upper.v4.count == 1, let hop = bounds.upper.first,
      let network = IPPrefix(IPAddress(v4: 0), length: 0)
    else { return }
    let interface = device.interfaces.first { $0.networks.contains(hop) }?.name
    device.routes.append(
      Route(network: network, interface: interface, gateway: hop, distance: 1, source: gateway.range))
  }

  // MARK: The firewall itself

  /// Implicit rules come first and let some of the firewall's own services be reached (user manual, "Implicit rules"); which
  /// of them are on is not in these files.
  private mutating func lowerLocal(_ lists: [Int], _ closed: DefaultAction) {
    let reason = Uncertainty(range: device.source, reason: "which implicit rules are on is not in the file")
    let tcp = IntervalSet<UInt16>([22...22, 53...53, 443...443, 1300...1300, 1723...1723])
    let udp = IntervalSet<UInt16>([53...53, 67...68, 500...500, 546...547, 1194...1194, 4500...4500])
    let services = [
      Service(proto: IPProtocol.tcp, destinationPorts: tcp), Service(proto: IPProtocol.udp, destinationPorts: udp),
      Service(protocols: IntervalSet([2...2, 47...47, 50...50, 58...58])),
    ]
    var rule = Rule(
      order: 0, name: "implicit rules", match: MatchBounds(PacketMatch(services: services)).uncertain(reason),
      action: .permit, source: device.source)
    rule.isExplicit = false
    let list = addList("implicit rules", [rule], DefaultAction(.leave, .implicit("the filter policy follows")))
    device.localPipeline = [
      Stage(
        .filter(lists: [list] + lists, fallback: closed), name: "traffic to the firewall itself", source: device.source)
    ]
  }
}

/// Address and mask of an interface; nil when it has none of its own.
func stormshieldNetwork(_ interface: StormshieldInterface) -> InterfaceAddress? {
  guard let address = interface.address.flatMap({ IPAddress($0) }), address.value != 0,
    let length = interface.mask.flatMap({ IPAddress($0) })?.v4.prefixLength,
    let network = IPPrefix(address, length: length)
  else { return nil }
  return InterfaceAddress(address: address, network: network)
}

/// Objects that the firewall makes of each interface: `Firewall_lan` is its address, `Network_lan` its network.
private func ownAddresses(_ interfaces: [StormshieldInterface]) -> [String: AddressSet] {
  var own: [String: AddressSet] = [:]
  for interface in interfaces {
    guard let name = interface.name?.lowercased(), !name.isEmpty, let address = stormshieldNetwork(interface) else {
      continue
    }
    own["firewall_\(name)"] = AddressSet(address.address)
    own["network_\(name)"] = AddressSet(address.network)
  }
  return own
}
