import PacketSets
import RuleModel
import SourceText

/// What rules lead to, before they are lowered.
enum NFTJumps {
  /// The jumps between the chains of a table.
  static func graph(of table: NFTTable, _ ruleset: NFTRuleset) -> ChainJumpGraph {
    ChainJumpGraph(
      targets: table.chains.map { chain in
        var seen: Set<Int> = []
        var found: [Int] = []
        for verdict in chain.rules.lazy.flatMap({ verdicts(of: $0, table, ruleset) }) {
          guard let name = verdict.target, let place = table.chain(name), table.chains[place].base == nil,
            seen.insert(place).inserted
          else { continue }
          found.append(place)
        }
        return found
      })
  }

  /// All verdicts that a rule can give.
  private static func verdicts(of rule: NFTRule, _ table: NFTTable, _ ruleset: NFTRuleset) -> [NFTVerdict] {
    rule.statements.flatMap { statement -> [NFTVerdict] in
      switch statement {
      case .verdict(let verdict): return [verdict]
      case .verdictMap(_, let map):
        return elements(map, table, ruleset).compactMap { element in
          if case .verdict(let verdict) = element.value { verdict } else { nil }
        }
      default: return []
      }
    }
  }

  private static func elements(_ map: NFTExpression, _ table: NFTTable, _ ruleset: NFTRuleset) -> [NFTElement] {
    switch map {
    case .set(let elements): elements
    case .named(let name): table.sets[name]?.elements ?? []
    case .variable(let place): elements(ruleset.definitions[place], table, ruleset)
    default: []
    }
  }

  /// Whether a rule can stop a packet by itself.
  static func mayDeny(_ rule: NFTRule, _ table: NFTTable, _ ruleset: NFTRuleset) -> Bool {
    guard !rule.isDisabled else { return false }
    return rule.statements.contains { statement in
      switch statement {
      case .reject, .fate, .unread, .problem, .verdict(.queue), .verdict(.drop): true
      case .verdictMap(_, let map):
        switch elements(map, table, ruleset) {
        case let elements where elements.isEmpty: true
        case let elements: elements.contains { $0.value == .verdict(.drop) || $0.value == .verdict(.queue) }
        }
      default: false
      }
    }
  }

  /// The first rule on the way from a chain that writes addresses or ports; nil when none does.
  static func rewrites(from chain: Int, _ table: NFTTable, _ graph: ChainJumpGraph) -> SourceRange? {
    graph.reachable(from: [chain]).sorted().lazy.flatMap { table.chains[$0].rules }.first { rule in
      rule.statements.contains { if case .rewrite = $0 { true } else { false } }
    }?.range
  }
}

extension NFTVerdict {
  /// The chain that it leads to.
  fileprivate var target: String? {
    switch self {
    case .jump(let name), .goto(let name): name
    default: nil
    }
  }
}

extension ChainJumpGraph {
  /// For each chain whether it leads to one of `goals` or is one.
  func leading(to goals: [Bool]) -> [Bool] {
    var callers = Array(repeating: [Int](), count: targets.count)
    for (chain, next) in targets.enumerated() { for target in next { callers[target].append(chain) } }
    var result = goals
    var pending = goals.indices.filter { goals[$0] }
    while let chain = pending.popLast() {
      for caller in callers[chain] where !result[caller] {
        result[caller] = true
        pending.append(caller)
      }
    }
    return result
  }
}

/// Where destination translation leads.
enum NFTDestinations {
  /// The packets that the rules can have made, as they look afterwards.
  static func made(by rules: [TranslationRule]) -> [PacketMatch] {
    rules.filter { !$0.isExemption }.flatMap { rule in
      rule.match.upper.map { match in
        var match = match
        switch rule.destination {
        case .pool(let addresses): match.destinations = addresses
        case .prefix(_, let to): match.destinations = AddressSet(to)
        case .egressInterface, .unknown: match.destinations = .all
        case nil: break
        }
        if let ports = rule.destinationPorts {
          match.services = match.services.map { service in
            var service = service
            service.destinationPorts = ports
            return service
          }
        }
        match.states = .all
        return match
      }
    }
  }
}
