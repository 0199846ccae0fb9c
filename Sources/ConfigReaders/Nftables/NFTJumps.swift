import PacketSets
import RuleModel
import SourceText

/// What rules lead to, before they are lowered.
enum NFTJumps {
  /// How many jumps of a table are followed; long verdict maps that many chains use make more.
  private static let jumpLimit = 2_000_000

  /// The jumps between the chains of a table, and whether there are too many to follow.
  static func graph(of table: NFTTable, _ ruleset: NFTRuleset) -> (graph: ChainJumpGraph, isCut: Bool) {
    var maps = MapTargets(table: table, ruleset: ruleset)
    var count = 0
    let targets = table.chains.map { chain -> [Int] in
      var seen: Set<Int> = []
      var found: [Int] = []
      func add(_ places: [Int]) {
        for place in places where count < jumpLimit && seen.insert(place).inserted {
          found.append(place)
          count += 1
        }
      }
      for rule in chain.rules {
        for statement in rule.statements {
          switch statement {
          case .verdict(let verdict): add(maps.place(verdict).map { [$0] } ?? [])
          case .verdictMap(_, let map): if count < jumpLimit { add(maps.content(map).places) }
          default: break
          }
        }
      }
      return found
    }
    return (ChainJumpGraph(targets: targets), count >= jumpLimit)
  }

  /// Whether rules of each chain can stop a packet by themselves.
  static func denials(of table: NFTTable, _ ruleset: NFTRuleset) -> [Bool] {
    var maps = MapTargets(table: table, ruleset: ruleset)
    return table.chains.map { chain in
      chain.base?.accepts == false || chain.isCutOff
        || chain.rules.contains { rule in
          !rule.isDisabled
            && rule.statements.contains { statement in
              switch statement {
              case .reject, .fate, .unread, .problem, .verdict(.queue), .verdict(.drop): true
              case .verdictMap(_, let map): maps.content(map).mayDeny
              default: false
              }
            }
        }
    }
  }

  /// What verdict maps lead to, each named one looked at once.
  private struct MapTargets {
    let table: NFTTable
    let ruleset: NFTRuleset
    private var known: [NFTExpression: (places: [Int], mayDeny: Bool)] = [:]

    init(table: NFTTable, ruleset: NFTRuleset) {
      self.table = table
      self.ruleset = ruleset
    }

    func place(_ verdict: NFTVerdict) -> Int? {
      guard let place = verdict.target.flatMap({ table.chain($0) }), table.chains[place].base == nil else { return nil }
      return place
    }

    mutating func content(_ map: NFTExpression) -> (places: [Int], mayDeny: Bool) {
      switch map {
      case .set(let elements): return content(elements)
      case .named(let name):
        if let content = known[map] { return content }
        let made = content(table.sets[name]?.elements ?? [])
        known[map] = made
        return made
      case .variable(let place):
        if let content = known[map] { return content }
        let made = content(ruleset.definitions[place])
        known[map] = made
        return made
      default: return ([], true)
      }
    }

    /// A map without elements is filled while the gateway runs and may do anything.
    private func content(_ elements: [NFTElement]) -> (places: [Int], mayDeny: Bool) {
      let verdicts = elements.compactMap { element -> NFTVerdict? in
        if case .verdict(let verdict) = element.value { verdict } else { nil }
      }
      var seen: Set<Int> = []
      let places = verdicts.compactMap { place($0) }.filter { seen.insert($0).inserted }
      return (places, elements.isEmpty || verdicts.contains { $0 == .drop || $0 == .queue })
    }
  }

  /// A rule that writes addresses or ports, for each chain that leads to one.
  static func rewrites(of table: NFTTable, _ graph: ChainJumpGraph) -> (leads: [Bool], range: SourceRange?) {
    var first: SourceRange?
    let own = table.chains.map { chain -> Bool in
      let rule = chain.rules.first { rule in
        rule.statements.contains { if case .rewrite = $0 { true } else { false } }
      }
      if first == nil { first = rule?.range }
      return rule != nil
    }
    return (graph.leading(to: own), first)
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
          match.services = match.services.flatMap { service -> [Service] in
            var changed = service
            changed.destinationPorts = ports
            // Packets without ports only get the new address.
            var other = service
            other.protocols = service.protocols.subtracting(IPProtocol.withPorts)
            return other.protocols.isEmpty || service.constrainsPorts ? [changed] : [changed, other]
          }
        }
        match.states = .all
        return match
      }
    }
  }
}
