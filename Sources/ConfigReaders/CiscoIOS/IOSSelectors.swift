import PacketSets
import RuleModel
import SourceText

/// How many rules may be copied for classes; beyond it a class is left open.
private let copyLimit = 500_000
/// How deep class maps may nest; the device allows three levels.
private let nestingLimit = 16

extension IOSReader {
  /// What a class or map does with its packets.
  struct Verdict {
    var action: Action
    var logging: Logging
    /// For people: `policy-map P class C`.
    var label: String
  }

  /// A list that decides on the packets which an access list permits and leaves all others.
  ///
  /// An access list that serves as a condition is met by what it permits; what it denies is not met, and the next condition
  /// or class is asked.
  mutating func selector(_ index: Int, isNegated: Bool, _ verdict: Verdict) -> Int? {
    let source = device.lists[index]
    guard copiedRules + source.rules.count <= copyLimit else { return nil }
    copiedRules += source.rules.count
    var rules = RuleTable(prefix: "", file: file.id)
    rules.reserveCapacity(source.rules.count)
    for original in source.rules {
      var rule = original
      rule.order = rules.count
      // An entry that is not understood may be either.
      if original.action != .unknown {
        let isMet = (original.action == .permit) != isNegated
        rule.action = isMet ? verdict.action : .leave
        rule.logging = isMet ? verdict.logging : .off
      }
      rules.append(rule)
    }
    if isNegated {
      var rest = Rule(
        order: rules.count, name: "\(verdict.label), not in access-list \(source.name)", match: .any,
        action: verdict.action, source: source.source)
      rest.logging = verdict.logging
      rules.append(rest)
    }
    device.lists.append(
      RuleList(
        name: "\(verdict.label), access-list \(source.name)", rules: rules,
        fallback: DefaultAction(.leave, .implicit("what the access list denies is not of the class")),
        source: source.source))
    return device.lists.count - 1
  }

  // MARK: - Class maps

  /// A list that decides on the packets of a class map and leaves all others.
  mutating func classList(_ name: String, _ verdict: Verdict, at range: SourceRange, depth: Int = 0) -> Int {
    guard let classMap = config.classMaps[name] else {
      undefined("class map", name, at: range, among: { $0.classMaps.keys.sorted() })
      return openList(
        "class map \(name)", verdict,
        Uncertainty(range: range, reason: "class map `\(printable(name))` is not defined in this file"))
    }
    guard depth < nestingLimit else {
      let reason = "class map `\(printable(name))` contains itself, or is nested more than \(nestingLimit) deep"
      issues.append(
        ReadIssue(
          kind: .undefinedReference, range: range, message: reason,
          help: "take the class map out of its own conditions",
          couldChangeVerdict: true))
      return openList("class map \(name)", verdict, Uncertainty(range: range, reason: reason))
    }
    guard !classMap.matches.isEmpty else {
      return openList(
        "class map \(name)", verdict, Uncertainty(range: classMap.source, reason: "the class map has no condition"))
    }
    return classMap.isMatchAny
      ? anyList(classMap, verdict, depth) : allList(classMap, verdict, depth)
  }

  private mutating func anyList(_ classMap: IOSClassMap, _ verdict: Verdict, _ depth: Int) -> Int {
    var rules: [Rule] = []
    for match in classMap.matches { rules.append(rule(for: match, verdict, order: rules.count, depth)) }
    return addClassList(classMap.name, rules, verdict, classMap.source)
  }

  /// All conditions: each leads on to the next, and the last decides. Access lists come last, so that the entry that lets
  /// a packet through is the one that is named.
  private mutating func allList(_ classMap: IOSClassMap, _ verdict: Verdict, _ depth: Int) -> Int {
    func isList(_ match: IOSClassMatch) -> Bool { if case .list = match.subject { true } else { false } }
    let ordered = classMap.matches.filter { !isList($0) } + classMap.matches.filter(isList)
    var next = verdict
    var list = 0
    for match in ordered.reversed() {
      let rule = rule(for: match, next, order: 0, depth)
      list = addClassList(classMap.name, [rule], verdict, classMap.source)
      next.action = .goto(list: list)
      next.logging = .off
    }
    return list
  }

  private mutating func addClassList(_ name: String, _ rules: [Rule], _ verdict: Verdict, _ source: SourceRange) -> Int
  {
    device.lists.append(
      RuleList(
        name: "\(verdict.label), class-map \(name)", rules: rules,
        fallback: DefaultAction(.leave, .implicit("the next class is asked")), source: source))
    return device.lists.count - 1
  }

  /// A list that may or may not decide.
  private mutating func openList(_ name: String, _ verdict: Verdict, _ reason: Uncertainty) -> Int {
    addClassList(name, [openRule(verdict, reason, order: 0)], verdict, reason.range)
  }

  private func openRule(_ verdict: Verdict, _ reason: Uncertainty, order: Int) -> Rule {
    var rule = Rule(
      order: order, name: verdict.label, match: MatchBounds.any.uncertain(reason), action: verdict.action,
      source: reason.range)
    rule.logging = verdict.logging
    return rule
  }

  /// The rule for one condition.
  private mutating func rule(for match: IOSClassMatch, _ verdict: Verdict, order: Int, _ depth: Int) -> Rule {
    switch match.subject {
    case .unknown(let reason): return openRule(verdict, reason, order: order)
    case .any:
      return decision(match.isNegated ? .nothing : .any, verdict, order, match.source, "match any")
    case .application(let name):
      let services = services(ofApplication: name, at: match.source)
      let bounds = MatchBounds(
        sources: AddressBounds(.all), destinations: AddressBounds(.all), services: services)
      guard match.isNegated else { return decision(bounds, verdict, order, match.source, "match protocol \(name)") }
      let except = [
        decision(
          bounds, Verdict(action: .leave, logging: .off, label: verdict.label), 0, match.source,
          "match not protocol \(name)"),
        decision(.any, verdict, 1, match.source, "match not protocol \(name)"),
      ]
      return jump(addClassList("not \(name)", except, verdict, match.source), verdict, order, match.source)
    case .list(let name):
      guard let index = config.listIndex[name] ?? config.listIndexV6[name] else {
        undefined("access list", name, at: match.source, among: { $0.lists.map(\.name) })
        return openRule(
          verdict,
          Uncertainty(range: match.source, reason: "access list `\(printable(name))` is not defined in this file"),
          order: order)
      }
      guard config.lists[index].hasEntries else {
        return openRule(
          verdict,
          Uncertainty(
            range: match.source, reason: "what a class takes by an access list without entries is not documented"),
          order: order)
      }
      guard let list = selector(index, isNegated: match.isNegated, verdict) else {
        let reason = "too many classes use long access lists; this one is left open"
        gap(at: match.source, changes: true, reason)
        return openRule(verdict, Uncertainty(range: match.source, reason: reason), order: order)
      }
      return jump(list, verdict, order, match.source)
    case .classMap(let name):
      guard !match.isNegated else {
        return openRule(
          verdict, Uncertainty(range: match.source, reason: "an excluded class map is not modelled"), order: order)
      }
      return jump(classList(name, verdict, at: match.source, depth: depth + 1), verdict, order, match.source)
    }
  }

  private func decision(
    _ bounds: MatchBounds, _ verdict: Verdict, _ order: Int, _ source: SourceRange, _ text: String
  ) -> Rule {
    var rule = Rule(
      order: order, name: "\(verdict.label), \(text)", match: bounds, action: verdict.action, source: source)
    rule.logging = verdict.logging
    return rule
  }

  private func jump(_ list: Int, _ verdict: Verdict, _ order: Int, _ source: SourceRange) -> Rule {
    Rule(order: order, name: verdict.label, match: .any, action: .jump(list: list), source: source)
  }

  // MARK: - Applications

  /// What `match protocol NAME` takes: a transport protocol, or the ports of an application.
  private func services(ofApplication name: String, at range: SourceRange) -> ServiceBounds {
    switch name {
    case "tcp": return ServiceBounds([Service(proto: IPProtocol.tcp)])
    case "udp": return ServiceBounds([Service(proto: IPProtocol.udp)])
    case "icmp": return ServiceBounds([Service(proto: IPProtocol.icmp), Service(proto: IPProtocol.icmpV6)])
    default: break
    }
    let maps = config.portMaps[name] ?? []
    var certain: [Service] = []
    var possible: [Service] = []
    if let known = IOSTables.applications[name] {
      let ports = IntervalSet(known.ports.map { $0...$0 })
      certain = known.protocols.map { Service(proto: $0, destinationPorts: ports) }
    } else if maps.isEmpty || !name.hasPrefix("user-") {
      // Applications with several connections, and industrial ones: their ports are not listed here.
      possible = [Service(protocols: IOSReader.tcpAndUDP)]
    }
    for map in maps {
      let services = map.protocols.map { Service(proto: $0, destinationPorts: map.ports) }
      if map.isLimited { possible += services } else { certain += services }
    }
    guard !possible.isEmpty else { return ServiceBounds(certain) }
    return ServiceBounds(
      lower: certain, upper: certain + possible,
      uncertainties: [
        Uncertainty(
          range: range, reason: "which packets are of protocol `\(printable(name))` is the device's to recognise")
      ])
  }
}
