import PacketSets
import RuleModel
import SourceText

/// What a rule asks for, of the firewall as well as of NAT.
struct VyOSMatch {
  let family: IPFamily
  var sources: AddressBounds
  var destinations: AddressBounds
  var protocols: IntervalSet<UInt8> = .all
  var sourcePorts = PortBounds(.all)
  var destinationPorts = PortBounds(.all)
  var types: IntervalSet<UInt8> = .all
  var codes: IntervalSet<UInt8> = .all
  var flags: IntervalSet<UInt8> = .all
  var states: SessionStates = .all
  var ingress = InterfaceMatch.any
  var egress = InterfaceMatch.any
  /// Reasons why the rule may match less than its conditions say.
  var open: [Uncertainty] = []

  init(_ family: IPFamily) {
    self.family = family
    sources = AddressBounds(family == .v4 ? .allV4 : .allV6)
    destinations = sources
  }

  var bounds: MatchBounds {
    let ports = sourcePorts.uncertainties + destinationPorts.uncertainties
    var services = ServiceBounds([service(\.upper)])
    if !ports.isEmpty {
      services = ServiceBounds(lower: [service(\.lower)], upper: [service(\.upper)], uncertainties: ports)
    }
    var result = MatchBounds(sources: sources, destinations: destinations, services: services, states: states)
    for reason in limited(open) { result = result.uncertain(reason) }
    return result
  }

  private func service(_ side: KeyPath<PortBounds, IntervalSet<UInt16>>) -> Service {
    var service = Service(protocols: protocols)
    service.sourcePorts = sourcePorts[keyPath: side]
    service.destinationPorts = destinationPorts[keyPath: side]
    service.icmpTypes = types
    service.icmpCodes = codes
    service.tcpFlags = flags
    return service
  }
}

// Conditions.
extension VyOSSystem {
  /// Takes a condition into `match`; false when the word is no condition.
  mutating func read(_ node: Int, _ match: inout VyOSMatch) -> Bool {
    let word = tree.word(node)
    switch word {
    case "source": readSide(node, &match, \.sources, \.sourcePorts)
    case "destination": readSide(node, &match, \.destinations, \.destinationPorts)
    case "protocol": readProtocol(node, &match)
    case "state": readStates(node, &match)
    case "icmp", "icmpv6": readICMP(node, &match)
    case "tcp": readTCP(node, &match)
    case "inbound-interface": match.ingress = interfaces(node, &match)
    case "outbound-interface": match.egress = interfaces(node, &match)
    case let other where Self.openConditions.contains(other):
      tree.markBelow(node, .used)
      match.open.append(Uncertainty(range: tree.range(node), reason: "`\(other)` is not a condition that is modelled"))
    default: return false
    }
    tree.mark(node, .used)
    return true
  }

  /// Conditions that are known and that the packet model has no field for.
  private static let openConditions: Set<String> = [
    "connection-mark", "connection-status", "conntrack-helper", "dscp", "dscp-exclude", "fragment", "gre", "hop-limit",
    "ipsec", "limit", "mark", "packet-length", "packet-length-exclude", "packet-type", "recent", "time", "ttl", "p2p",
    "vlan", "ethernet-type",
  ]

  private mutating func readSide(
    _ node: Int, _ match: inout VyOSMatch, _ addresses: WritableKeyPath<VyOSMatch, AddressBounds>,
    _ ports: WritableKeyPath<VyOSMatch, PortBounds>
  ) {
    let mask = tree.text(node, "address-mask")
    for part in tree.children(node) {
      let range = tree.range(part)
      switch tree.word(part) {
      case "address", "prefix":
        for value in tree.children(part) { narrow(&match, addresses, addressValue(value, mask)) }
      case "address-mask": break
      case "port":
        for value in tree.children(part) {
          match[keyPath: ports] = match[keyPath: ports].intersection(self.ports(tree.word(value), part))
        }
      case "group": for group in tree.children(part) { readGroup(group, &match, addresses, ports) }
      case "fqdn", "geoip":
        let reason = dynamic(range, "`\(tree.word(part))` stands for addresses that are not in this file")
        narrow(&match, addresses, .unknown(reason))
      case "mac-address":
        match.open.append(Uncertainty(range: range, reason: "hardware addresses are not modelled"))
      default: match.open.append(notRecognised(part))
      }
      tree.markBelow(part, .used)
    }
  }

  private mutating func readGroup(
    _ group: Int, _ match: inout VyOSMatch, _ addresses: WritableKeyPath<VyOSMatch, AddressBounds>,
    _ ports: WritableKeyPath<VyOSMatch, PortBounds>
  ) {
    let kind = tree.word(group)
    for name in tree.children(group) {
      switch kind {
      case "address-group", "network-group", "ipv6-address-group", "ipv6-network-group":
        narrow(&match, addresses, addressGroup(kind, name, match.family))
      case "port-group": match[keyPath: ports] = match[keyPath: ports].intersection(portGroup(name))
      case "domain-group", "dynamic-address-group", "dynamic-ipv6-address-group", "remote-group":
        narrow(&match, addresses, learnedGroup(kind, name))
      case "mac-group":
        match.open.append(Uncertainty(range: tree.range(group), reason: "hardware addresses are not modelled"))
      default: match.open.append(notRecognised(group))
      }
    }
  }

  private func narrow(
    _ match: inout VyOSMatch, _ field: WritableKeyPath<VyOSMatch, AddressBounds>, _ part: AddressBounds
  ) {
    let all = match[keyPath: field]
    match[keyPath: field] = AddressBounds(
      lower: all.lower.intersection(part.lower), upper: all.upper.intersection(part.upper),
      uncertainties: limited(all.uncertainties + part.uncertainties))
  }

  /// An address, prefix or range, perhaps with a mask or a `!` in front.
  private mutating func addressValue(_ node: Int, _ mask: String?) -> AddressBounds {
    let (word, isNegated) = negation(tree.word(node))
    var set = addressText(word)
    if let mask, let mask = IPAddress(mask), let base = IPAddress(word), base.family == .v4, mask.family == .v4 {
      guard let masked = AddressSet(v4: base.v4, mask: mask.v4) else {
        return .unknown(notModelled(node, "the mask has more holes than are followed"))
      }
      set = masked
    } else if mask != nil {
      set = nil
    }
    guard let set else { return .unknown(notRecognised(node)) }
    return isNegated ? AddressBounds(set).complement : AddressBounds(set)
  }

  private mutating func readProtocol(_ node: Int, _ match: inout VyOSMatch) {
    guard let value = tree.children(node).last else { return }
    tree.markBelow(node, .used)
    let (word, isNegated) = negation(tree.word(value))
    let set: IntervalSet<UInt8>
    if word == "tcp_udp" {
      set = IntervalSet([IPProtocol.tcp...IPProtocol.tcp, IPProtocol.udp...IPProtocol.udp])
    } else if let known = ServiceNames.protocols(word) {
      set = known
    } else {
      match.open.append(notRecognised(value))
      return
    }
    match.protocols = isNegated ? set.complement : set
  }

  /// `state established` (1.4) or `state established enable` (1.3): any of those named.
  private mutating func readStates(_ node: Int, _ match: inout VyOSMatch) {
    tree.markBelow(node, .used)
    var states: SessionStates = []
    for value in tree.children(node) {
      if tree.child(value, "disable") != nil { continue }
      guard let state = Self.states[tree.word(value)] else {
        match.open.append(notRecognised(value))
        states = .all
        continue
      }
      states.formUnion(state)
    }
    if !states.isEmpty { match.states = states }
  }

  /// Packets of either direction of a known connection are ESTABLISHED (iptables-extensions(8), conntrack).
  static let states: [String: SessionStates] = [
    "new": .new, "established": .reply, "related": .related, "invalid": .invalid,
  ]

  private mutating func readICMP(_ node: Int, _ match: inout VyOSMatch) {
    for (key, value) in tree.options(node) {
      let word = value.map { tree.word($0) } ?? ""
      switch tree.word(key) {
      case "type":
        if let type = UInt8(word) { match.types = IntervalSet(type) } else { match.open.append(notRecognised(key)) }
      case "code":
        if let code = UInt8(word) { match.codes = IntervalSet(code) } else { match.open.append(notRecognised(key)) }
      case "type-name":
        guard let (types, codes) = ServiceNames.icmp(word, family: match.family) else {
          match.open.append(notRecognised(key))
          continue
        }
        (match.types, match.codes) = (types, codes)
      default: match.open.append(notRecognised(key))
      }
      tree.markBelow(key, .used)
    }
  }

  /// `flags syn` and `flags not ack` (1.4), or `flags SYN,!ACK` (1.3): of the flags named exactly those without a negation
  /// are set.
  private mutating func readTCP(_ node: Int, _ match: inout VyOSMatch) {
    for part in tree.children(node) {
      guard tree.word(part) == "flags" else {
        tree.markBelow(part, .used)
        match.open.append(
          Uncertainty(range: tree.range(part), reason: "`tcp \(printable(tree.word(part)))` is not modelled"))
        continue
      }
      tree.markBelow(part, .used)
      var (mask, wanted): (UInt8, UInt8) = (0, 0)
      var isRead = true
      for value in tree.children(part) {
        let negated = tree.word(value) == "not"
        let texts =
          negated ? tree.children(value).map { "!" + tree.word($0) } : pieces(tree.word(value), at: UInt8(ascii: ","))
        for text in texts {
          let (name, isOut) = negation(text)
          guard let bit = Self.flagBits[name.lowercased()] else {
            isRead = false
            continue
          }
          mask |= bit
          if !isOut { wanted |= bit }
        }
      }
      guard isRead else {
        match.open.append(notRecognised(part))
        continue
      }
      match.flags = IntervalSet((UInt8.min...UInt8.max).filter { $0 & mask == wanted }.map { $0...$0 })
    }
  }

  private static let flagBits: [String: UInt8] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "ece": 64, "cwr": 128,
  ]

  /// `eth0` (1.3), `name eth0`, `group LAN`, with `!` in front.
  private mutating func interfaces(_ node: Int, _ match: inout VyOSMatch) -> InterfaceMatch {
    tree.markBelow(node, .used)
    var result = InterfaceMatch.any
    for part in tree.children(node) {
      switch tree.word(part) {
      case "name", "interface-name": for value in tree.children(part) { result = interface(tree.word(value)) }
      case "group", "interface-group":
        for value in tree.children(part) {
          let (name, isNegated) = negation(tree.word(value))
          guard let members = interfaceGroup(name, tree.range(value)) else {
            match.open.append(Uncertainty(range: tree.range(value), reason: "the group of interfaces is not defined"))
            continue
          }
          result = InterfaceMatch(members, isNegated: isNegated)
        }
      case let word: result = interface(word)
      }
    }
    return result
  }

  private func interface(_ text: String) -> InterfaceMatch {
    let (word, isNegated) = negation(text)
    return word == "any" ? .any : InterfaceMatch([pattern(word)], isNegated: isNegated)
  }
}

// Firewall rules.
extension VyOSSystem {
  /// A rule of the firewall, with the order in which it stands.
  mutating func firewallRule(_ node: Int, _ order: Int, _ family: IPFamily) -> Rule {
    tree.mark(node, .used)
    var match = VyOSMatch(family)
    var action: Action = .unknown
    var hasAction = false
    var rule = Rule(
      order: order, name: "rule \(printable(tree.word(node)))", match: .any, action: .unknown, source: tree.range(node))
    rule.logging = .off
    for part in tree.children(node) {
      switch tree.word(part) {
      case "action":
        hasAction = true
        tree.markBelow(part, .used)
        action = self.action(tree.text(node, "action") ?? "", node, family, &match)
      case "description": rule.comment = tree.text(node, "description")
      case "disable": rule.state = .disabled
      case "log": if !["disable"].contains(tree.text(node, "log") ?? "enable") { rule.logging = .on }
      case "jump-target", "offload-target", "queue", "queue-options", "log-options", "log-level", "set",
        "add-address-to-group", "synproxy":
        break
      case let word:
        if !read(part, &match) { match.open.append(notRecognised(part)) }
        if word == "time" { rule.state = rule.state == .disabled ? .disabled : .scheduled(name: "time") }
        continue
      }
      tree.markBelow(part, .used)
    }
    if tree.isInactive(node) { rule.state = .disabled }
    if !hasAction, rule.state != .disabled {
      notes.gap(tree.range(node), .notModelled, matters: true, "the rule has no action; it may do anything")
    }
    if tree.isCutOff(node) { match.open.append(cutOff(node)) }
    rule.action = action
    rule.match = match.bounds
    rule.ingress = match.ingress
    rule.egress = match.egress
    rule.comment = rule.comment ?? tree.comment(node)
    rule.objects = references(node, family)
    return rule
  }

  private mutating func action(_ word: String, _ node: Int, _ family: IPFamily, _ match: inout VyOSMatch) -> Action {
    switch word {
    case "accept": return .permit
    case "drop": return .deny(rejects: false)
    case "reject": return .deny(rejects: true)
    case "return": return .leave
    // A flow table takes over packets of sessions that were permitted; the rules go on.
    case "continue", "offload": return .proceed
    case "jump":
      guard let target = tree.value(node, "jump-target") else { break }
      return .jump(list: ruleSet(VyOSRuleSetKey(family: family, name: tree.word(target)), tree.range(target)))
    default: break
    }
    notes.gap(
      tree.range(node), .notModelled, matters: true,
      "action `\(printable(word))` is not modelled; the rule may permit, deny or do nothing")
    return .unknown
  }

  /// The groups that a rule's match came through.
  private func references(_ node: Int, _ family: IPFamily) -> [ObjectReference] {
    var result: [ObjectReference] = []
    for side in ["source", "destination"] {
      for kind in tree.children(of: [side, "group"], below: node) {
        for value in tree.children(kind) {
          let name = negation(tree.word(value)).word
          let isAddress = ["address-group", "network-group"].contains(tree.word(kind))
          let section = isAddress && family == .v6 ? "ipv6-" + tree.word(kind) : tree.word(kind)
          guard let object = tree.find(["firewall", "group", section, name]) else { continue }
          result.append(ObjectReference(name: name, range: tree.range(object)))
        }
      }
    }
    return result
  }
}
