import PacketSets
import RuleModel
import SourceText

/// Puts the tables of a ruleset together as one gateway.
///
/// Base chains of one hook are asked in the order of their priorities, and a packet must be accepted by all of them
/// (nft(8), CHAINS and VERDICT STATEMENT). Translation takes place at the priorities of the kernel's own hooks, -100 and
/// 100, whatever priority a nat chain has among others (kernel, `nf_nat_register_fn`).
struct NFTDeviceBuilder {
  let file: SourceFile
  let ruleset: NFTRuleset
  var device: Device
  var gaps: [LedgerGap] = []
  var issues: [ReadIssue] = []
  private var lowering: NFTLowering
  private var tracking = NFTTracking()
  private var graphs: [ChainJumpGraph] = []
  private var refused: [Set<ChainJump>] = []
  private var contexts: [[NFTContext]] = []
  /// Whether rules that a chain leads to may stop a packet.
  private var denies: [[Bool]] = []
  /// Hooks with a chain that may stop a packet.
  private var denyingHooks: Set<NFTBase.Hook> = []
  /// Chains that lead to a rule that writes addresses or ports, and the first such rule, by table.
  private var rewrites: [(leads: [Bool], range: SourceRange?)] = []
  /// The list of each chain in `device.lists`; nil for chains that only translate.
  private var lists: [[Int?]] = []
  private var passLists: [IPFamily: Int] = [:]
  private var translations: [NFTBase.Hook: [TranslationRule]] = [:]

  init(_ file: SourceFile, _ ruleset: NFTRuleset, name: String, platform: String) {
    self.file = file
    self.ruleset = ruleset
    lowering = NFTLowering(matcher: NFTMatcher(NFTResolver(ruleset)))
    device = Device(
      name: name, platform: platform, passesReplies: false, source: ruleset.tables.first?.source ?? file.range(0, 0))
    device.listsAllInterfaces = false
  }

  /// Fills `device`; what was noticed on the way is in `gaps` and `issues`.
  mutating func build() {
    for table in ruleset.tables {
      let (graph, isCut) = NFTJumps.graph(of: table, ruleset)
      graphs.append(graph)
      rewrites.append(NFTJumps.rewrites(of: table, graph))
      if isCut {
        gaps.append(
          LedgerGap(
            range: table.source, state: .notModelled, couldChangeVerdict: true,
            reason: "the table has too many jumps; those beyond the limit are not followed"))
      }
    }
    refused = graphs.map { $0.refused() }
    findContexts()
    findDenials()
    findExemptions()
    for hook in [NFTBase.Hook.prerouting, .input, .postrouting] { translations[hook] = translated(hook) }
    lowering.matcher.translated = NFTDestinations.made(by: translations[.prerouting] ?? [])
    addLists()
    addPassLists()
    addInterfaces()
    let before = stages(.ingress) + stages(.prerouting)
    device.pipeline = before + [Stage(.route, name: "routing", source: device.source)]
    device.pipeline += stages(.forward) + stages(.postrouting) + stages(.egress)
    device.localPipeline = before + stages(.input)
    issues += lowering.matcher.resolver.issues
    noteOtherFamilies()
  }
}

// What is known of chains before their rules are lowered.
extension NFTDeviceBuilder {
  private mutating func findContexts() {
    for (table, content) in ruleset.tables.enumerated() {
      var contexts = Array(repeating: NFTContext(), count: content.chains.count)
      // Bases of one kind lead to the same knowledge; walking each kind once keeps this linear.
      let starts = Dictionary(grouping: content.chains.indices.filter { content.chains[$0].base != nil }) {
        content.chains[$0].base.map { NFTContext($0) } ?? []
      }
      for (context, places) in starts {
        for chain in graphs[table].reachable(from: places) { contexts[chain].formUnion(context) }
      }
      self.contexts.append(contexts)
    }
  }

  private mutating func findDenials() {
    for (table, content) in ruleset.tables.enumerated() {
      let own = NFTJumps.denials(of: content, ruleset)
      denies.append(graphs[table].leading(to: own))
      guard content.family.filtersIP, !content.isDormant else { continue }
      for (place, chain) in content.chains.enumerated() where denies[table][place] {
        if let base = chain.base, base.kind != .nat { denyingHooks.insert(base.hook) }
      }
    }
  }

  /// Packets that rules before connection tracking exempt from it.
  private mutating func findExemptions() {
    for (table, content) in ruleset.tables.enumerated() where !content.isDormant {
      for (place, chain) in content.chains.enumerated() where contexts[table][place].contains(.beforeTracking) {
        lowering.matcher.context = contexts[table][place]
        for rule in chain.rules where !rule.isDisabled && rule.statements.contains(.notrack) {
          tracking.exempt += lowering.lower(rule, table: table).steps.flatMap { step in
            step.condition.bounds.upper.map { match in
              var match = match
              match.states = .all
              return match
            }
          }
        }
      }
    }
  }

  /// The base chains of a hook in the order in which packets meet them; those of equal priority as they stand.
  private func bases(_ hook: NFTBase.Hook, where fits: (NFTBase) -> Bool) -> [(table: Int, chain: Int, base: NFTBase)] {
    var found: [(table: Int, chain: Int, base: NFTBase)] = []
    for (table, content) in ruleset.tables.enumerated() where content.family.filtersIP && !content.isDormant {
      for (place, chain) in content.chains.enumerated() {
        if let base = chain.base, base.hook == hook, fits(base) { found.append((table, place, base)) }
      }
    }
    return found.enumerated().sorted { ($0.element.base.priority, $0.offset) < ($1.element.base.priority, $1.offset) }
      .map(\.element)
  }
}

// Translation.
extension NFTDeviceBuilder {
  private mutating func translated(_ hook: NFTBase.Hook) -> [TranslationRule] {
    let chains = bases(hook) { $0.kind == .nat }
    var builder = NFTTranslationBuilder(lowering, tracking, changesDestination: hook == .prerouting)
    for (order, entry) in chains.enumerated() {
      let family = ruleset.tables[entry.table].family
      let isLast = !chains[(order + 1)...].contains { ruleset.tables[$0.table].family.meets(family) }
      builder.add(
        entry.chain, table: entry.table, refused[entry.table], isLast: isLast,
        context: contexts[entry.table][entry.chain])
    }
    gaps += builder.gaps
    lowering = builder.lowering
    guard let open = openOrder(chains) else { return builder.rules }
    // Which of two nat chains of one priority is asked first depends on which was added first.
    return builder.rules.map { rule in
      var rule = rule
      rule.match = rule.match.uncertain(open)
      return rule
    }
  }

  private func openOrder(_ chains: [(table: Int, chain: Int, base: NFTBase)]) -> Uncertainty? {
    for (one, next) in zip(chains, chains.dropFirst())
    where one.base.priority == next.base.priority
      && ruleset.tables[one.table].family.meets(ruleset.tables[next.table].family)
    {
      return Uncertainty(
        range: ruleset.tables[next.table].chains[next.chain].source,
        reason: "two nat chains of one hook have the same priority, so their order is not known")
    }
    return nil
  }
}

// Lists.
extension NFTDeviceBuilder {
  private mutating func addLists() {
    var names: [String: Int] = [:]
    for content in ruleset.tables { for chain in content.chains { names[chain.name, default: 0] += 1 } }
    var plan: [(table: Int, chain: Int)] = []
    for (table, content) in ruleset.tables.enumerated() {
      let dropsInTranslation = content.chains.indices.contains { place in
        denies[table][place] && content.chains[place].base?.kind == .nat
      }
      lists.append(
        content.chains.indices.map { chain -> Int? in
          let isOnlyForTranslation =
            contexts[table][chain].isDisjoint(with: .isForFiltering)
            && contexts[table][chain].contains(.isForTranslation)
          guard content.family.filtersIP, !isOnlyForTranslation || dropsInTranslation else { return nil }
          plan.append((table, chain))
          return plan.count - 1
        })
    }
    var builder = NFTListBuilder(lowering: lowering, tracking: tracking)
    for (table, place) in plan {
      let content = ruleset.tables[table]
      let chain = content.chains[place]
      let isUnique = names[chain.name] == 1
      device.lists.append(
        builder.list(
          NFTListBuilder.Chain(
            table: table, chain: chain, place: place,
            name: isUnique ? chain.name : "\(content.family.rawValue) \(content.name) \(chain.name)",
            context: contexts[table][place], lists: lists[table], chainPlaces: { content.chain($0) },
            refusedJumps: refused[table], isBase: { content.chains[$0].base != nil }), file: file.id))
      let isReached = !contexts[table][place].isEmpty && !content.isDormant
      if !isReached { device.unboundLists.append(device.lists.count - 1) }
    }
    gaps += builder.gaps
    issues += builder.issues
    lowering = builder.lowering
  }

  /// For each family a list by which packets of the other family pass: a table of one family only sees its own.
  private mutating func addPassLists() {
    for family in IPFamily.allCases where ruleset.tables.contains(where: { $0.family.only == family }) {
      let other: IPFamily = family == .v4 ? .v6 : .v4
      let all = MaskedAddresses.all(other)
      let title = other == .v4 ? "IPv4" : "IPv6"
      var rule = Rule(
        order: 0, name: "\(title) does not come here",
        match: MatchBounds(PacketMatch(sources: all, destinations: all)), action: .permit, source: device.source)
      rule.isExplicit = false
      rule.logging = .off
      passLists[family] = device.lists.count
      device.lists.append(
        RuleList(
          name: "\(title) beside the tables of the other family", rules: [rule],
          fallback: DefaultAction(.leave, .implicit("a table of one family only sees its own packets")),
          source: device.source))
    }
  }

  /// Interfaces that rules name.
  private mutating func addInterfaces() {
    var seen: Set<String> = ["lo"]
    for (list, range) in device.lists.flatMap({ list in list.rules.indices.lazy.map { (list, $0) } })
    where list.rules.plain(at: range) == nil {
      let rule = list.rules[range]
      for name in (rule.ingress.patterns ?? []) + (rule.egress.patterns ?? [])
      where !name.hasSuffix("+") && seen.insert(name).inserted {
        device.interfaces.append(Interface(name: name, source: rule.source))
      }
    }
    for rule in translations.values.joined().sorted(by: { $0.range < $1.range }) {
      for name in (rule.ingress.patterns ?? []) + (rule.egress.patterns ?? [])
      where !name.hasSuffix("+") && seen.insert(name).inserted {
        device.interfaces.append(Interface(name: name, source: rule.range))
      }
    }
  }
}

// Stages.
extension NFTDeviceBuilder {
  /// The stages of a hook in order; chains that stop nothing are left out, they change no verdict.
  private func stages(_ hook: NFTBase.Hook) -> [Stage] {
    let filters = bases(hook) { $0.kind != .nat }
    let translates = bases(hook) { $0.kind == .nat }
    // Kernel, `nf_nat_ipv4_ops`: destinations before, sources behind the other chains.
    let place = hook == .prerouting ? -100 : 100
    var result: [Stage] = []
    for entry in filters where entry.base.priority <= place { result += stage(entry) }
    for entry in translates where denies[entry.table][entry.chain] { result += stage(entry) }
    if let rules = translations[hook], !rules.isEmpty {
      result.append(Stage(.translate(rules), name: "nat \(hook.rawValue)", source: rules[0].range))
    }
    for entry in filters where entry.base.priority > place { result += stage(entry) }
    if hook == .forward || hook == .input, !filters.contains(where: { $0.base.priority == 0 }) {
      result += missing(hook, filters.map(\.table))
    }
    return result
  }

  private func stage(_ entry: (table: Int, chain: Int, base: NFTBase)) -> [Stage] {
    guard let list = lists[entry.table][entry.chain] else { return [] }
    let content = device.lists[list]
    let isMain = entry.base.hook == .forward || entry.base.hook == .input
    let rewrites = rewrites[entry.table].leads[entry.chain] ? rewrites[entry.table].range : nil
    // Beside a chain that may stop packets, one that stops none decides nothing.
    guard denies[entry.table][entry.chain] || (isMain && !denyingHooks.contains(entry.base.hook)) || rewrites != nil
    else { return [] }
    let pass = ruleset.tables[entry.table].family.only.flatMap { passLists[$0] }
    var stage = Stage(
      .filter(lists: (pass.map { [$0] } ?? []) + [list], fallback: content.fallback), name: "\(content.name) chain",
      source: content.source)
    stage.isPreparatory = !isMain
    if !entry.base.devices.isEmpty {
      let devices = InterfaceMatch(entry.base.devices.map { $0.hasSuffix("*") ? $0.dropLast() + "+" : $0 })
      if entry.base.hook == .ingress { stage.ingress = devices } else { stage.egress = devices }
    }
    return rewrites.map { [rewriting($0, stage), stage] } ?? [stage]
  }

  /// A chain with rules that write addresses or ports: what they are behind it is not known.
  private func rewriting(_ range: SourceRange, _ stage: Stage) -> Stage {
    let why = Uncertainty(range: range, reason: "this rule writes addresses or ports into the packet")
    var rule = TranslationRule(
      order: 0, name: "packets changed by \(stage.name)", match: MatchBounds.any.uncertain(why), range: range)
    rule.source = .unknown(why)
    rule.destination = .unknown(why)
    rule.destinationPorts = .all
    return Stage(
      .translate([rule]), name: rule.name, source: range, ingress: stage.ingress, egress: stage.egress)
  }

  /// A hook that no base chain of a family is at accepts.
  private func missing(_ hook: NFTBase.Hook, _ tables: [Int]) -> [Stage] {
    let families = tables.map { ruleset.tables[$0].family }
    let open = IPFamily.allCases.filter { family in !families.contains { $0 == .inet || $0.only == family } }
    guard let family = open.first else { return [] }
    let title = open.count == 2 ? "" : family == .v4 ? "IPv4 " : "IPv6 "
    return [
      Stage(
        .filter(
          lists: [],
          fallback: DefaultAction(
            .permit,
            .factory("no chain of the file is at hook \(hook.rawValue) for \(title)packets; the kernel accepts"),
            logging: .off)),
        name: "\(title)\(hook.rawValue), no chain in the file", source: device.source)
    ]
  }

  /// Tables of bridges and ARP stop frames, which the model does not hold.
  private mutating func noteOtherFamilies() {
    for (table, content) in ruleset.tables.enumerated() where !content.family.filtersIP && !content.isDormant {
      for (place, chain) in content.chains.enumerated() where chain.base != nil && denies[table][place] {
        let reason =
          "chain `\(printable(chain.name))` of a \(content.family.rawValue) table stops frames, which is not modelled; fewer packets may pass"
        gaps.append(
          LedgerGap(range: chain.source, state: .notModelled, couldChangeVerdict: true, reason: reason))
        guard content.family == .bridge else { continue }
        let stage = bridged(chain, reason)
        device.pipeline.append(stage)
        device.localPipeline.append(stage)
      }
    }
  }

  private mutating func bridged(_ chain: NFTChain, _ reason: String) -> Stage {
    var rule = Rule(
      order: 0, name: "bridge \(chain.name)",
      match: MatchBounds.any.uncertain(Uncertainty(range: chain.source, reason: reason)),
      action: .deny(rejects: false), source: chain.source)
    rule.isExplicit = false
    let fallback = DefaultAction(.permit, .implicit("goes on to the other tables"), logging: .off)
    device.lists.append(
      RuleList(name: "bridge \(chain.name)", rules: [rule], fallback: fallback, source: chain.source))
    var stage = Stage(
      .filter(lists: [device.lists.count - 1], fallback: fallback), name: "bridge \(chain.name) chain",
      source: chain.source)
    stage.isPreparatory = true
    return stage
  }
}

extension NFTFamily {
  /// The family that a table is limited to; nil for both.
  var only: IPFamily? { self == .ip ? .v4 : self == .ip6 ? .v6 : nil }

  /// Whether packets can meet tables of both families.
  func meets(_ other: NFTFamily) -> Bool { addresses.overlaps(other.addresses) }
}
