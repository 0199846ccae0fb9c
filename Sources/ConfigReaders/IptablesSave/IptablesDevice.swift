import PacketSets
import RuleModel
import SourceText

/// Puts the tables of a file together as one gateway.
struct IptablesDeviceBuilder {
  private let file: SourceFile
  private var tables: [IptablesReadTable]
  private var device: Device
  private var gaps: [LedgerGap] = []
  private var issues: [ReadIssue]
  /// Where each table's chains begin in `device.lists`.
  private var firstLists: [Int] = []
  private var refused: [Set<ChainJump>] = []
  /// Packets that rules of the raw table may exempt from tracking.
  private var untracked: [PacketMatch] = []
  /// Translation stages by chain; both pipelines begin with PREROUTING.
  private var translations: [String: [Stage]] = [:]
  /// Lists that let the other family pass a family's own stages, by family.
  private var passLists: [IPFamily: Int] = [:]

  init(_ file: SourceFile, _ tables: [IptablesReadTable], name: String, issues: [ReadIssue]) {
    self.file = file
    self.tables = tables
    self.issues = issues
    let start = tables.map(\.table.source).min() ?? file.range(0, 0)
    device = Device(name: name, platform: "iptables-save", passesReplies: false, source: start)
    device.listsAllInterfaces = false
  }

  /// The device, with what was noticed on the way.
  mutating func build() -> (device: Device, gaps: [LedgerGap], issues: [ReadIssue]) {
    let graphs = tables.map { ChainJumpGraph($0) }
    refused = graphs.map { $0.refused() }
    untracked = tables.filter { $0.table.name == "raw" }.flatMap { read in
      read.others.filter(IptablesTargets.isExemptingFromTracking).flatMap {
        $0.match(.pending(isCertain: false)).upper
      }
    }
    addLists()
    for index in tables.indices { noteUnbound(index, graphs[index]) }
    addPassLists()
    addInterfaces()
    device.pipeline = before() + [Stage(.route, name: "routing", source: device.source)]
    for (table, chain) in [("mangle", "FORWARD"), ("filter", "FORWARD"), ("security", "FORWARD")] {
      device.pipeline += filter(table, chain)
    }
    device.pipeline += filter("mangle", "POSTROUTING") + translation("POSTROUTING")
    device.localPipeline = before()
    for table in ["mangle", "filter", "security"] { device.localPipeline += filter(table, "INPUT") }
    device.localPipeline += translation("INPUT")
    return (device, gaps, issues)
  }

  private var families: [IPFamily] { IPFamily.allCases.filter { family in tables.contains { $0.family == family } } }

  /// What every incoming packet meets first (netfilter hooks: raw, then mangle, then destination translation).
  private mutating func before() -> [Stage] {
    missingFamily() + filter("raw", "PREROUTING") + filter("mangle", "PREROUTING") + translation("PREROUTING")
  }

  private mutating func addLists() {
    for index in tables.indices {
      firstLists.append(device.lists.count)
      if tables[index].table.name == "nat" { continue }
      let packed = tables[index].takeRules()
      let read = tables[index]
      var builder = IptablesListBuilder(
        read: read, firstList: device.lists.count, packed: packed, tracking: tracking(of: read),
        refusedJumps: refused[index])
      device.lists += builder.lists()
      gaps += builder.gaps
      issues += builder.issues
    }
  }

  private func tracking(of read: IptablesReadTable) -> ConnectionTracking {
    guard read.table.name == "raw" else { return .done(exempt: untracked) }
    return .pending(isCertain: !read.others.contains { $0.target == "CT" || $0.target == "NOTRACK" })
  }

  /// User chains that no chain of the kernel leads to.
  private mutating func noteUnbound(_ index: Int, _ graph: ChainJumpGraph) {
    let read = tables[index]
    guard read.table.name != "nat" else { return }
    let chains = read.table.chains
    let reached = graph.reachable(from: chains.indices.filter { read.table.isBuiltIn(chains[$0].name) })
    device.unboundLists += chains.indices.filter { !reached.contains($0) }.map { firstLists[index] + $0 }
  }

  private mutating func addInterfaces() {
    var seen: Set<String> = ["lo"]
    for rule in tables.lazy.flatMap({ $0.others }) {
      for name in (rule.ingress.patterns ?? []) + (rule.egress.patterns ?? [])
      where !name.hasSuffix("+") && seen.insert(name).inserted {
        device.interfaces.append(Interface(name: name, source: rule.range))
      }
    }
  }
}

// Stages.
extension IptablesDeviceBuilder {
  /// For each family of the file one list by which packets of the other family pass: a table only sees its own.
  private mutating func addPassLists() {
    for family in families {
      let other: IPFamily = family == .v4 ? .v6 : .v4
      let all = MaskedAddresses.all(other)
      var rule = Rule(
        order: 0, name: "\(title(other)) does not come here",
        match: MatchBounds(PacketMatch(sources: all, destinations: all)), action: .permit, source: device.source)
      rule.isExplicit = false
      rule.logging = .off
      passLists[family] = device.lists.count
      device.lists.append(
        RuleList(
          name: "\(title(other)) beside the \(title(family)) tables", rules: [rule],
          fallback: DefaultAction(.leave, .implicit("each family has tables of its own")), source: device.source))
    }
  }

  private func title(_ family: IPFamily) -> String { family == .v4 ? "IPv4" : "IPv6" }

  /// Nothing is known of what happens to a family that the file has no table of.
  private mutating func missingFamily() -> [Stage] {
    guard families.count == 1, let family = families.first else { return [] }
    let missing: IPFamily = family == .v4 ? .v6 : .v4
    let name = "\(title(missing)) is not in this file"
    if let known = device.lists.firstIndex(where: { $0.name == name }) { return [unknownStage(known, name)] }
    let all = MaskedAddresses.all(missing)
    let program = missing == .v4 ? "iptables-save" : "ip6tables-save"
    let why = Uncertainty(range: device.source, reason: "the file has no \(title(missing)) table")
    var rule = Rule(
      order: 0, name: name, match: MatchBounds(PacketMatch(sources: all, destinations: all)).uncertain(why),
      action: .unknown, source: device.source)
    rule.isExplicit = false
    device.lists.append(
      RuleList(
        name: name, rules: [rule], fallback: DefaultAction(.leave, .implicit("each family has tables of its own")),
        source: device.source))
    issues.append(
      ReadIssue(
        kind: .dynamicObject, range: device.source,
        message: "the file says nothing about \(title(missing)); whether such packets pass is open",
        help: "append the output of `\(program) -c` to the file, or keep \(title(missing)) addresses out of the zones",
        couldChangeVerdict: false))
    return [unknownStage(device.lists.count - 1, name)]
  }

  private func unknownStage(_ list: Int, _ name: String) -> Stage {
    Stage(
      .filter(lists: [list], fallback: DefaultAction(.permit, .implicit("goes on to the tables of this file"))),
      name: name, source: device.source)
  }

  /// The stage of one chain, once for each family of the file.
  ///
  /// An empty chain that accepts is left out in every table but `filter`, whose defaults people want to see.
  private mutating func filter(_ table: String, _ chain: String) -> [Stage] {
    families.flatMap { family -> [Stage] in
      guard let pass = passLists[family] else { return [] }
      let index = tables.firstIndex { $0.table.name == table && $0.family == family }
      if let index, let place = tables[index].table.index(of: chain) {
        let list = firstLists[index] + place
        let content = device.lists[list]
        if table != "filter", content.rules.isEmpty, content.fallback.verdict == .permit { return [] }
        var stage = Stage(
          .filter(lists: [pass, list], fallback: content.fallback), name: "\(content.name) chain",
          source: content.source)
        stage.isPreparatory = table == "raw" || table == "mangle"
        return [stage]
      }
      return table == "filter" ? [missingChain(chain, family, pass)] : []
    }
  }

  /// A filter chain that the file does not mention accepts everything.
  private func missingChain(_ chain: String, _ family: IPFamily, _ pass: Int) -> Stage {
    Stage(
      .filter(
        lists: [pass],
        fallback: DefaultAction(
          .permit, .factory("the file has no filter chain \(chain); the kernel's default is to accept"), logging: .off)),
      name: "\(chain) chain (\(title(family)), not in the file)", source: device.source)
  }

  private mutating func translation(_ chain: String) -> [Stage] {
    if let known = translations[chain] { return known }
    let stages = unfolded(chain)
    translations[chain] = stages
    return stages
  }

  private mutating func unfolded(_ chain: String) -> [Stage] {
    tables.indices.flatMap { index -> [Stage] in
      let read = tables[index]
      guard read.table.name == "nat", let place = read.table.chain(chain) else { return [] }
      var builder = IptablesTranslationBuilder(read, untracked: untracked, refusedJumps: refused[index])
      let rules = builder.translations(of: chain)
      gaps += builder.gaps
      guard !rules.isEmpty else { return [] }
      return [Stage(.translate(rules), name: "nat \(chain)", source: place.source)]
    }
  }
}
