import PacketSets
import RuleModel
import SourceText

/// Makes a device of a rule table; a word that is not understood leaves its rule open and is a gap.
struct RuleTableLowering {
  let text: RuleTableText
  let file: SourceFile
  var document: CheckedDocument
  private var device: Device
  private var names: RuleTableNames

  init(_ text: RuleTableText, _ file: SourceFile, _ document: CheckedDocument) {
    self.text = text
    self.file = file
    self.document = document
    names = RuleTableNames(text)
    // Without a word on it, replies are not taken to pass: nothing that must get through is then called safe.
    let isStateful = text.stateful?.text.lowercased() == "yes"
    device = Device(
      name: printable(text.device ?? baseName(file.path)), platform: "rule-table", passesReplies: isStateful,
      source: file.range(0, file.bytes.count))
    device.inspectableProtocols = Set(text.rows.flatMap(\.inspectedProtocols))
  }

  mutating func lower() -> Device {
    checkStateful()
    interfaces()
    routes()
    let fallback = fallback()
    var rules = text.rows.enumerated().map { rule($1, order: $0) }
    if fallback == nil { rules.append(openEnd(order: rules.count)) }
    let origin = DefaultOrigin.configured(text.fallback?.range ?? device.source)
    device.lists = [
      RuleList(
        name: "rules", rules: rules, fallback: DefaultAction(fallback ?? .deny, origin), source: device.source)
    ]
    let leave = DefaultAction(.deny, origin)
    let filter = Stage(.filter(lists: [0], fallback: leave), name: "rules", source: device.source)
    let (before, after) = translations()
    device.pipeline = before + [Stage(.route, name: "routing", source: device.source), filter] + after
    management()
    for problem in names.problems { document.unknown(problem.range, problem.reason) }
    return device
  }

  private mutating func checkStateful() {
    guard let word = text.stateful else {
      return document.unknown(
        file.range(0, 0), "the table does not say whether replies pass by themselves; add `stateful: yes` or `no`")
    }
    if !["yes", "no"].contains(word.text.lowercased()) {
      document.unknown(word.range, "stateful must be `yes` or `no`, not \(quoted(word.text))")
    }
  }

  private mutating func fallback() -> DefaultAction.Verdict? {
    guard let word = text.fallback else {
      document.unknown(
        file.range(0, 0), "the table does not say what happens where no rule matches; add `default: deny` or `permit`")
      return nil
    }
    switch word.text.lowercased() {
    case "permit": return .permit
    case "deny", "reject": return .deny
    default:
      document.unknown(word.range, "the default must be `permit` or `deny`, not \(quoted(word.text))")
      return nil
    }
  }

  /// Stands for a default that is not known.
  private func openEnd(order: Int) -> Rule {
    var rule = Rule(order: order, name: "default", match: .any, action: .unknown, source: file.range(0, 0))
    rule.isExplicit = false
    return rule
  }

  // MARK: rules

  private mutating func rule(_ row: RuleTableRow, order: Int) -> Rule {
    let name = row.word("rule").map { "rule \(printable($0.text))" } ?? "rule \(order + 1)"
    for column in ["source", "destination", "service"] where row[column].isEmpty {
      names.problem(row.range, "\(name) has no \(column); write `any` if it is meant to match everything")
    }
    var match = names.match(row)
    let action: Action
    switch row.word("action")?.text.lowercased() {
    case "permit": action = .permit
    case "deny": action = .deny(rejects: false)
    case "reject": action = .deny(rejects: true)
    default:
      action = .unknown
      names.problem(row.word("action")?.range ?? row.range, "the action must be `permit`, `deny` or `reject`")
    }
    if let enabled = row.word("enabled"), !["yes", "no"].contains(enabled.text.lowercased()) {
      let uncertainty = Uncertainty(
        range: enabled.range, reason: "`enabled` must be `yes` or `no`, not \(quoted(enabled.text))")
      names.problem(uncertainty.range, uncertainty.reason)
      match = match.uncertain(uncertainty)
    }
    if action != .permit { match = names.narrowed(match, row) }
    var rule = Rule(order: order, name: name, match: match, action: action, source: row.range)
    rule.ingress = interfaceMatch(row["in"])
    rule.egress = interfaceMatch(row["out"])
    if row.word("enabled")?.text.lowercased() == "no" { rule.state = .disabled }
    switch row.word("log")?.text.lowercased() {
    case "yes": rule.logging = .on
    case "no": rule.logging = .off
    case nil: break
    default: names.problem(row.word("log")?.range ?? row.range, "`log` must be `yes` or `no`")
    }
    rule.comment = row.word("reason").map(\.text)
    if action == .permit, let profile = names.profile(row, name: name) {
      device.profiles.append(profile)
      rule.profile = device.profiles.count - 1
    }
    return rule
  }

  private mutating func interfaceMatch(_ words: [RuleTableWord]) -> InterfaceMatch {
    guard !words.isEmpty, !words.contains(where: { $0.text == "any" }) else { return .any }
    for word in words where !device.interfaces.contains(where: { $0.name == word.text }) {
      if device.listsAllInterfaces {
        let choices = device.interfaces.map(\.name)
        names.problem(
          word.range, "there is no interface \(quoted(word.text)); \(suggestion(word.text, among: choices))")
      } else {
        device.interfaces.append(Interface(name: word.text, source: word.range))
      }
    }
    return InterfaceMatch(words.map(\.text))
  }

  // MARK: the rest of the device

  private mutating func interfaces() {
    device.listsAllInterfaces = text.interfaces != nil
    for (name, words) in text.interfaces ?? [] {
      var interface = Interface(name: name.text, source: name.range)
      for word in words {
        let address = IPAddress(word.text.prefix { $0 != "/" })
        guard let address, let network = IPPrefix(word.text) else {
          names.problem(word.range, "\(quoted(word.text)) is no address with its network, as 10.1.0.1/24")
          continue
        }
        interface.addresses.append(InterfaceAddress(address: address, network: network))
      }
      device.interfaces.append(interface)
    }
  }

  private mutating func routes() {
    if let word = text.otherRoutes {
      device.hasOtherRoutes = word.text.lowercased() != "no"
      if !["yes", "no"].contains(word.text.lowercased()) {
        names.problem(word.range, "other-routes must be `yes` or `no`, not \(quoted(word.text))")
      }
    }
    for route in text.routes {
      guard let to = route.to, let network = IPPrefix(to.text) else {
        device.hasOtherRoutes = true
        names.problem(route.range, "a route needs `to:` with a network, as 10.5.0.0/16")
        continue
      }
      let gateway = route.via.flatMap { IPAddress($0.text) }
      if let via = route.via, gateway == nil { names.problem(via.range, "\(quoted(via.text)) is no address") }
      let interface =
        route.interface?.text
        ?? device.interfaces.first { owner in
          gateway.map { owner.networks.contains($0) } ?? false
        }?.name
      guard let interface else {
        device.hasOtherRoutes = true
        names.problem(route.range, "it is open which interface this route uses; add `interface:`")
        continue
      }
      device.routes.append(
        Route(network: network, interface: interface, gateway: gateway, distance: 1, source: route.range))
    }
  }

  /// Destinations are translated before the rules are asked, sources behind them: rules name what sender and receiver
  /// have as addresses in their own networks.
  private mutating func translations() -> (before: [Stage], after: [Stage]) {
    var before: [TranslationRule] = []
    var after: [TranslationRule] = []
    for (order, entry) in text.translations.enumerated() {
      let name = "translation \(order + 1)"
      var rule = TranslationRule(order: order, name: name, match: names.match(entry.row), range: entry.row.range)
      rule.ingress = interfaceMatch(entry.row["in"])
      if let word = entry.toDestination { rule.destination = names.target(word) }
      if let word = entry.toPort { rule.destinationPorts = names.ports(word) }
      if rule.destination != nil || rule.destinationPorts != nil { before.append(rule) }
      if let word = entry.toSource {
        rule.destination = nil
        rule.destinationPorts = nil
        rule.egress = interfaceMatch(entry.row["out"])
        rule.source = word.text == "interface" ? .egressInterface : names.target(word)
        if !before.isEmpty, before[before.count - 1].order == order {
          names.problem(entry.row.range, "write the change of source and of destination as two entries")
        }
        after.append(rule)
      }
      if entry.toSource == nil, entry.toDestination == nil, entry.toPort == nil {
        names.problem(entry.row.range, "a translation needs `to-source`, `to-destination` or `to-port`")
      }
    }
    func stages(_ rules: [TranslationRule], _ name: String) -> [Stage] {
      rules.isEmpty ? [] : [Stage(.translate(rules), name: name, source: rules[0].range)]
    }
    return (stages(before, "destination translation"), stages(after, "source translation"))
  }

  private mutating func management() {
    for entry in text.management {
      guard let service = entry.service?.text.lowercased() else {
        names.problem(entry.range, "management needs `service:`, as https")
        continue
      }
      if let interface = entry.interface { _ = interfaceMatch([interface]) }
      let sources = entry.sources.isEmpty ? AddressSet.all : names.addresses(entry.sources).upper
      device.management.append(
        ManagementAccess(
          service: service, interface: entry.interface?.text, sources: sources,
          isClearText: ["telnet", "http", "ftp", "tftp", "snmp", "snmpv1", "snmpv2c"].contains(service),
          source: entry.range))
    }
  }
}
