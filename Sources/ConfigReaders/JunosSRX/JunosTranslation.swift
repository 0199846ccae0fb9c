import PacketSets
import RuleModel
import SourceText

/// Static, destination and source NAT.
///
/// Static rules go before destination rules, their reverse before source rules ("Understanding Static NAT"). Among rules
/// of one kind a rule set for an interface goes before one for a zone, and that before one for a routing instance
/// ("Understanding NAT Rule Sets and Rules"); otherwise the file's order counts.
extension JunosSystem {
  /// What is translated before policies are asked, and what behind them.
  struct Translations {
    var before: [TranslationRule] = []
    var behind: [TranslationRule] = []
  }

  private struct RuleSet {
    var node: Int
    var ingress: InterfaceMatch
    var egress: InterfaceMatch
    /// 0 for interfaces, 1 for zones, 2 for routing instances; both directions added up.
    var rank: Int
  }

  mutating func lowerTranslation() -> Translations {
    var result = Translations()
    guard let security, let nat = tree.child(security, "nat") else { return result }
    for kind in tree.children(nat) {
      switch tree.word(kind) {
      case "static", "destination", "source": tree.mark(kind, .used)
      case "proxy-arp", "proxy-ndp", "traceoptions", "allow-overlapping-pools", "natv6v4":
        tree.markBelow(kind, .irrelevant)
      default: _ = notRecognised(kind)
      }
    }
    for set in ruleSets("static", below: nat) { lowerStatic(set, &result) }
    for set in ruleSets("destination", below: nat) { lowerDestination(set, nat, &result) }
    for set in ruleSets("source", below: nat) { lowerSource(set, nat, &result) }
    for i in result.before.indices { result.before[i].order = i }
    for i in result.behind.indices { result.behind[i].order = i }
    return result
  }

  // MARK: Rule sets

  private mutating func ruleSets(_ kind: String, below nat: Int) -> [RuleSet] {
    guard let section = tree.child(nat, kind) else { return [] }
    var sets: [RuleSet] = []
    for part in tree.children(section) {
      switch tree.word(part) {
      case "rule-set": for set in tree.children(part) { sets.append(ruleSet(set)) }
      case "pool": readPools(part)
      default: tree.markBelow(part, .irrelevant)
      }
    }
    return sets.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
  }

  private mutating func ruleSet(_ node: Int) -> RuleSet {
    tree.mark(node, .used)
    var set = RuleSet(node: node, ingress: .any, egress: .any, rank: 0)
    if let from = tree.child(node, "from") { set.ingress = direction(from, &set.rank) }
    if let to = tree.child(node, "to") { set.egress = direction(to, &set.rank) }
    if let description = tree.child(node, "description") { tree.markBelow(description, .irrelevant) }
    return set
  }

  /// `zone [ a b ]`, `interface ge-0/0/0.0`, `routing-instance RI`.
  private mutating func direction(_ node: Int, _ rank: inout Int) -> InterfaceMatch {
    var patterns: [String] = []
    tree.mark(node, .used)
    for kind in tree.children(node) {
      let range = tree.range(kind)
      tree.markBelow(kind, .used)
      for value in tree.children(kind) {
        switch tree.word(kind) {
        case "interface": patterns.append(logicalName(value))
        case "zone":
          rank = max(rank, 1)
          patterns += interfaces(ofZone: tree.word(value), range).patterns ?? []
        case "routing-instance":
          rank = max(rank, 2)
          patterns += instanceMembers(tree.word(value), range)
        default: _ = notRecognised(kind)
        }
      }
    }
    return patterns.isEmpty ? .any : InterfaceMatch(patterns)
  }

  private mutating func instanceMembers(_ name: String, _ range: SourceRange) -> [String] {
    let instances = tree.child(own, "routing-instances")
    if name == "default" {
      let others = instances.map { tree.children($0) } ?? []
      let taken = Set(others.flatMap { tree.children(of: ["interface"], below: $0) }.map { logicalName($0) })
      return device.interfaces.map(\.name).filter { !taken.contains($0) }
    }
    guard let instance = instances.flatMap({ tree.child($0, name) }) else {
      _ = undefined("routing instance", name, range)
      return [name]
    }
    return tree.children(of: ["interface"], below: instance).map { logicalName($0) }
  }

  private mutating func rules(of set: RuleSet) -> [Int] {
    var result: [Int] = []
    for part in tree.children(set.node) where !["from", "to", "description"].contains(tree.word(part)) {
      if tree.word(part) == "rule" { result += tree.children(part) } else { _ = notRecognised(part) }
    }
    return result
  }

  private func translation(_ rule: Int, _ set: RuleSet, _ match: MatchBounds, _ kind: String) -> TranslationRule {
    var result = TranslationRule(
      order: 0, name: "\(kind) NAT rule \(printable(tree.word(rule)))", match: match, range: tree.range(rule))
    result.ingress = set.ingress
    result.egress = set.egress
    return result
  }

  /// What a rule asks for; the global address book alone is used ("Address Books and Address Sets").
  private mutating func match(_ rule: Int) -> (match: MatchBounds, destinations: AddressBounds) {
    tree.mark(rule, .used)
    var sources: [AddressBounds] = []
    var destinations: [AddressBounds] = []
    var applications: [ServiceBounds] = []
    var protocols: [UInt8] = []
    var sourcePorts: [ClosedRange<UInt16>] = []
    var destinationPorts: [ClosedRange<UInt16>] = []
    var open: [Uncertainty] = []
    if let node = tree.child(rule, "match") {
      tree.mark(node, .used)
      for part in tree.children(node) {
        switch tree.word(part) {
        case "source-address", "source-address-name": sources.append(addressBounds(part, zone: nil))
        case "destination-address", "destination-address-name": destinations.append(addressBounds(part, zone: nil))
        case "application": applications.append(applicationBounds(part))
        case "protocol":
          let words = names(part)
          protocols += words.compactMap { JunosNames.proto($0) }
          if words.contains(where: { JunosNames.proto($0) == nil }) { open.append(notRecognised(part)) }
        case "source-port": readPorts(part, &sourcePorts, &open)
        case "destination-port": readPorts(part, &destinationPorts, &open)
        default: open.append(notRecognised(part))
        }
      }
    }
    for part in tree.children(rule) where !["match", "then"].contains(tree.word(part)) {
      if tree.word(part) == "description" { tree.markBelow(part, .used) } else { open.append(notRecognised(part)) }
    }
    var service = Service.any
    if !protocols.isEmpty { service.protocols = IntervalSet(protocols.map { $0...$0 }) }
    if !sourcePorts.isEmpty { service.sourcePorts = IntervalSet(sourcePorts) }
    if !destinationPorts.isEmpty { service.destinationPorts = IntervalSet(destinationPorts) }
    let services = applications.isEmpty ? ServiceBounds([service]) : union(applications)
    let target = destinations.isEmpty ? AddressBounds(.all) : union(of: destinations)
    var bounds = MatchBounds(
      sources: sources.isEmpty ? AddressBounds(.all) : union(of: sources), destinations: target, services: services)
    for reason in open { bounds = bounds.uncertain(reason) }
    return (bounds, target)
  }

  /// `80`, `100 to 200`
  private mutating func readPorts(_ node: Int, _ ports: inout [ClosedRange<UInt16>], _ open: inout [Uncertainty]) {
    tree.markBelow(node, .used)
    for first in tree.children(node) {
      let last = tree.text(first, "to") ?? tree.word(first)
      if let low = UInt16(tree.word(first)), let high = UInt16(last), low <= high {
        ports.append(low...high)
      } else if let range = JunosNames.ports(tree.word(first)) {
        ports.append(range)
      } else {
        open.append(notRecognised(node))
      }
    }
  }

  // MARK: Static

  private mutating func lowerStatic(_ set: RuleSet, _ result: inout Translations) {
    for rule in rules(of: set) {
      let (bounds, destinations) = match(rule)
      let target = staticTarget(rule)
      var forward = translation(rule, set, bounds, "static")
      let from = destinations.upper.prefix
      if let from, let to = target.prefix, from.length == to.length, from.base.family == to.base.family {
        forward.destination = .prefix(from: from, to: to)
        forward.destinationPorts = target.ports
        var back = translation(
          rule, set, MatchBounds(PacketMatch(sources: AddressSet(to))), "static")
        // The reverse of the rule: what the host behind it sends out to where the rule set listens.
        back.ingress = .any
        back.egress = set.ingress
        back.source = .prefix(from: to, to: from)
        result.behind.append(back)
      } else {
        let reason = notModelled(rule, "the target of this static translation is not known")
        forward.destination = .unknown(reason)
      }
      result.before.append(forward)
    }
  }

  private mutating func staticTarget(_ rule: Int) -> (prefix: IPPrefix?, ports: IntervalSet<UInt16>?) {
    guard let node = tree.find(["then", "static-nat"], below: rule) else { return (nil, nil) }
    if let then = tree.child(rule, "then") { tree.markBelow(then, .used) }
    var prefix: IPPrefix?
    var ports: IntervalSet<UInt16>?
    for (key, value) in tree.options(node) {
      let word = value.map { tree.word($0) } ?? ""
      switch tree.word(key) {
      case "prefix": if let found = IPPrefix(word) { prefix = found }
      case "prefix-name":
        if prefix == nil, word != "routing-instance", word != "mapped-port" {
          let bounds = address(word, zone: nil, tree.range(key), depth: 0)
          prefix = bounds.isExact ? bounds.upper.prefix : nil
        }
      case "mapped-port": ports = JunosNames.ports(word).map { IntervalSet($0) }
      default: break
      }
    }
    return (prefix, ports)
  }

  // MARK: Destination

  private mutating func lowerDestination(_ set: RuleSet, _ nat: Int, _ result: inout Translations) {
    for rule in rules(of: set) {
      let (bounds, _) = match(rule)
      var translated = translation(rule, set, bounds, "destination")
      guard let target = tree.find(["then", "destination-nat"], below: rule) else {
        translated.destination = .unknown(notModelled(rule, "the translation names no target"))
        result.before.append(translated)
        continue
      }
      if let then = tree.child(rule, "then") { tree.markBelow(then, .used) }
      if tree.child(target, "off") == nil { setDestination(target, nat, &translated) }
      result.before.append(translated)
    }
  }

  private mutating func setDestination(_ target: Int, _ nat: Int, _ rule: inout TranslationRule) {
    guard let name = tree.value(target, "pool") else {
      rule.destination = .unknown(notModelled(target, "the translation's target is not known"))
      return
    }
    guard let pool = tree.find(["destination", "pool", tree.word(name)], below: nat) else {
      rule.destination = .unknown(undefined("destination NAT pool", tree.word(name), tree.range(name)))
      return
    }
    let (addresses, port) = poolAddresses(pool)
    rule.destination =
      addresses.isEmpty
      ? .unknown(notModelled(pool, "the pool names no address")) : .pool(addresses)
    rule.destinationPorts = port.map { IntervalSet($0) }
  }

  /// Addresses of a pool, and the port that destinations get.
  private func poolAddresses(_ pool: Int) -> (AddressSet, UInt16?) {
    var sets: [AddressSet] = []
    var port: UInt16?
    for first in tree.children(of: ["address"], below: pool) {
      if tree.word(first) == "port" {
        // `address port 22` in a statement of its own.
        port = tree.children(first).first.flatMap { UInt16(tree.word($0)) } ?? port
        continue
      }
      if let number = tree.text(first, "port") { port = UInt16(number) }
      if let last = tree.text(first, "to"), let low = IPAddress(bare(tree.word(first))),
        let high = IPAddress(bare(last)),
        let set = AddressSet(first: low, last: high)
      {
        sets.append(set)
      } else if let prefix = IPPrefix(tree.word(first)) {
        sets.append(AddressSet(prefix))
      }
    }
    return (sets.isEmpty ? .empty : union(of: sets), port)
  }

  private func bare(_ text: String) -> String { String(text.prefix { $0 != "/" }) }

  private mutating func readPools(_ section: Int) {
    for pool in tree.children(section) {
      tree.mark(pool, .used)
      for part in tree.children(pool) {
        tree.markBelow(part, tree.word(part) == "address" ? .used : .irrelevant)
      }
    }
  }

  // MARK: Source

  private mutating func lowerSource(_ set: RuleSet, _ nat: Int, _ result: inout Translations) {
    for rule in rules(of: set) {
      let (bounds, _) = match(rule)
      var translated = translation(rule, set, bounds, "source")
      if let then = tree.child(rule, "then") { tree.markBelow(then, .used) }
      if let target = tree.find(["then", "source-nat"], below: rule) {
        if tree.child(target, "interface") != nil {
          translated.source = .egressInterface
        } else if let name = tree.value(target, "pool") {
          translated.source = sourcePool(tree.word(name), nat, tree.range(name))
        } else if tree.child(target, "off") == nil {
          translated.source = .unknown(notModelled(target, "the new source address is not known"))
        }
      } else {
        translated.source = .unknown(notModelled(rule, "the translation names no new source"))
      }
      result.behind.append(translated)
    }
  }

  private mutating func sourcePool(_ name: String, _ nat: Int, _ range: SourceRange) -> AddressTranslation {
    guard let pool = tree.find(["source", "pool", name], below: nat) else {
      return .unknown(undefined("source NAT pool", name, range))
    }
    let (addresses, _) = poolAddresses(pool)
    return addresses.isEmpty
      ? .unknown(Uncertainty(range: tree.range(pool), reason: "the pool names no address")) : .pool(addresses)
  }
}
