import PacketSets
import RuleModel
import SourceText

/// Lowers the chains of raw and filter tables to rule lists.
extension RouterOSReader {
  /// Actions that end in no verdict.
  private static let passing: Set<String> = [
    "passthrough", "log", "add-src-to-address-list", "add-dst-to-address-list", "notrack",
  ]

  /// The list of a built-in chain; chains that rules of the table jump to come with it. Nil for a raw table without rules.
  mutating func chainList(_ place: RouterOSPlace, _ chain: String) -> Int? {
    if tables[place] == nil, place.table == .raw { return nil }
    if chainLists[place] == nil { lowerTable(place) }
    return chainLists[place]?[chain]
  }

  private func title(_ place: RouterOSPlace, _ chain: String) -> String {
    (place.table == .raw ? "raw " : "") + printable(chain) + (place.family == .v6 ? " (IPv6)" : "")
  }

  private mutating func lowerTable(_ place: RouterOSPlace) {
    let rules = tables[place]?.rules ?? []
    let named = tables[place]?.chains ?? []
    let missing = place.table.builtIn.subtracting(named).subtracting(["output"]).sorted()
    let chains = missing + named
    let first = device.lists.count
    var places: [String: Int] = [:]
    for (index, chain) in chains.enumerated() { places[chain] = first + index }
    chainLists[place] = places
    var byChain: [String: [Int]] = [:]
    for index in rules.indices { byChain[rules[index].chain, default: []].append(index) }
    let refused = refusedJumps(rules, byChain, chains)
    for chain in chains {
      let isBuiltIn = place.table.builtIn.contains(chain)
      let name = title(place, chain)
      var table = RuleTable(prefix: "\(name) rule ", file: file.id)
      for (order, index) in (byChain[chain] ?? []).enumerated() {
        table.append(
          lower(rules[index], order, name, places, refused: refused.contains(index), isBuiltIn: isBuiltIn))
      }
      let end = DefaultAction(.leave, .implicit("the end of a chain leads back to where it was called from"))
      device.lists.append(
        RuleList(
          name: name, rules: table, fallback: isBuiltIn ? acceptance : end,
          source: byChain[chain]?.first.map { rules[$0].range } ?? device.source))
    }
  }

  private mutating func lower(
    _ rule: RouterOSRule, _ order: Int, _ list: String, _ places: [String: Int], refused: Bool, isBuiltIn: Bool
  ) -> Rule {
    let tracking: ConnectionTracking = trackingOff == nil ? .done(exempt: untracked) : .pending(isCertain: false)
    var lowered = Rule(
      order: order, name: "\(list) rule \(order + 1)", match: rule.parts.match(tracking), action: .permit,
      source: rule.range)
    lowered.ingress = rule.parts.ingress
    lowered.egress = rule.parts.egress
    lowered.comment = rule.parts.comment
    lowered.logging = rule.logging
    lowered.objects = ["src-address-list", "dst-address-list"].compactMap { key in
      guard let word = rule.values[key], !word.isEmpty else { return nil }
      let name = word.hasPrefix("!") ? String(word.dropFirst()) : word
      return addressLists[rule.parts.family]?.ranges[name].map { ObjectReference(name: name, range: $0) }
    }
    if rule.isDisabled {
      lowered.state = .disabled
    } else if !rule.parts.schedule.isEmpty {
      lowered.state = .scheduled(name: rule.parts.schedule.joined(separator: " "))
    }
    if let change = rule.change {
      lowered.match = lowered.match.uncertain(
        Uncertainty(range: change, reason: "this command may have changed, moved or removed the rule"))
    }
    lowered.action = action(of: rule, places, refused: refused, isBuiltIn: isBuiltIn, &lowered)
    return lowered
  }

  private mutating func action(
    of rule: RouterOSRule, _ places: [String: Int], refused: Bool, isBuiltIn: Bool, _ lowered: inout Rule
  ) -> Action {
    switch rule.action {
    case "accept": return .permit
    case "drop": return .deny(rejects: false)
    case "reject": return .deny(rejects: true)
    // Holds the connection and lets nothing through.
    case "tarpit": return .deny(rejects: false)
    // There is nothing to go back to from a built-in chain, so its default holds.
    case "return": return isBuiltIn ? .permit : .leave
    case "fasttrack-connection":
      // Later packets of the connection meet no rule; this one may.
      lowered.match = lowered.match.uncertain(
        Uncertainty(range: rule.range, reason: "later packets of a fasttracked connection meet no rules"))
      return .permit
    case "jump":
      guard !refused else {
        notes.gap(
          rule.range, .notModelled, matters: true,
          "the jump closes a loop of chains or nests too deep; its effect is open")
        return .unknown
      }
      guard let target = rule.jumpTarget, let list = places[target] else {
        // A chain without rules leads straight back.
        if !rule.isDisabled, let target = rule.jumpTarget {
          _ = notes.undefined("chain", target, rule.range, among: places.keys.sorted())
        }
        return .proceed
      }
      return .jump(list: list)
    case let name where Self.passing.contains(name): return .proceed
    default:
      if !rule.isDisabled {
        notes.gap(
          rule.range, .notRecognised, matters: true,
          "`action=\(printable(rule.action))` is not known; the rule may permit, deny or do nothing")
      }
      return .unknown
    }
  }

  /// Rules whose jump would lead round in a circle or too deep.
  private func refusedJumps(_ rules: [RouterOSRule], _ byChain: [String: [Int]], _ chains: [String]) -> Set<Int> {
    var index: [String: Int] = [:]
    for (place, chain) in chains.enumerated() { index[chain] = place }
    let targets = chains.map { chain in
      var seen: Set<Int> = []
      return (byChain[chain] ?? []).compactMap { rule -> Int? in
        guard rules[rule].action == "jump", let target = rules[rule].jumpTarget.flatMap({ index[$0] }),
          seen.insert(target).inserted
        else { return nil }
        return target
      }
    }
    let refused = ChainJumpGraph(targets: targets).refused()
    return Set(
      rules.indices.filter { rule in
        guard rules[rule].action == "jump", let from = index[rules[rule].chain],
          let to = rules[rule].jumpTarget.flatMap({ index[$0] })
        else { return false }
        return refused.contains(ChainJump(chain: from, target: to))
      })
  }

  /// Chains that no built-in chain leads to.
  mutating func noteUnboundChains() {
    for (place, lists) in chainLists.sorted(by: { $0.value.values.min() ?? 0 < $1.value.values.min() ?? 0 }) {
      var open = place.table.builtIn.compactMap { lists[$0] }
      var reached = Set(open)
      while let list = open.popLast() {
        let rules = device.lists[list].rules
        for index in rules.indices {
          if case .jump(let target) = rules.action(at: index), reached.insert(target).inserted { open.append(target) }
        }
      }
      device.unboundLists += lists.values.filter { !reached.contains($0) }.sorted()
    }
  }
}
