import PacketSets
import RuleModel
import SourceText

/// The address family of a table (nft(8), ADDRESS FAMILIES).
enum NFTFamily: String, Hashable {
  case ip, ip6, inet, arp, bridge, netdev

  /// The IP families whose packets a table sees.
  var addresses: AddressSet {
    switch self {
    case .ip: .allV4
    case .ip6: .allV6
    case .inet, .netdev: .all
    case .arp, .bridge: .empty
    }
  }

  var filtersIP: Bool { self == .ip || self == .ip6 || self == .inet || self == .netdev }
}

/// What a file of nftables holds, text and JSON alike.
struct NFTRuleset {
  var tables: [NFTTable] = []
  /// The values of `define` statements in order; `NFTExpression.variable` refers to them by place.
  var definitions: [NFTExpression] = []

  /// The table's place; it is added when it is new.
  mutating func table(_ family: NFTFamily, _ name: String, _ range: SourceRange) -> Int {
    let key = NFTTableKey(family: family, name: name)
    if let known = tablePlaces[key] { return known }
    tables.append(NFTTable(family: family, name: name, source: range))
    tablePlaces[key] = tables.count - 1
    counts[family, default: 0] += 1
    return tables.count - 1
  }

  func existingTable(_ family: NFTFamily, _ name: String) -> Int? {
    tablePlaces[NFTTableKey(family: family, name: name)]
  }

  /// Takes all tables out, or those of one family; what is left of a table is its name.
  mutating func removeTables(of family: NFTFamily?) {
    guard family.map({ counts[$0] != nil }) ?? !tables.isEmpty else { return }
    tables.removeAll { family == nil || $0.family == family }
    tablePlaces = [:]
    counts = [:]
    for place in tables.indices {
      tablePlaces[NFTTableKey(family: tables[place].family, name: tables[place].name)] = place
      counts[tables[place].family, default: 0] += 1
    }
  }

  /// Empties a table.
  mutating func clearTable(_ place: Int) {
    tables[place] = NFTTable(family: tables[place].family, name: tables[place].name, source: tables[place].source)
  }

  /// Whether there are tables of a family.
  func holds(_ family: NFTFamily?) -> Bool { family.map { counts[$0] != nil } ?? !tables.isEmpty }

  mutating func finish() { for place in tables.indices { tables[place].finish() } }

  private var tablePlaces: [NFTTableKey: Int] = [:]
  private var counts: [NFTFamily: Int] = [:]
}

private struct NFTTableKey: Hashable {
  var family: NFTFamily
  var name: String
}

/// A table: chains, and sets and maps that its rules refer to.
struct NFTTable {
  let family: NFTFamily
  let name: String
  let source: SourceRange
  /// `flags dormant`: the table's base chains are not in force.
  var isDormant = false
  var chains: [NFTChain] = []
  /// Sets and maps share one name space.
  var sets: [String: NFTSet] = [:]
  private var chainPlaces: [String: Int] = [:]

  init(family: NFTFamily, name: String, source: SourceRange) {
    self.family = family
    self.name = name
    self.source = source
  }

  func chain(_ name: String) -> Int? { chainPlaces[name] }

  /// The chain's place; it is added when it is new.
  mutating func addChain(_ name: String, _ range: SourceRange) -> Int {
    if let known = chainPlaces[name] { return known }
    chains.append(NFTChain(name: name, source: range))
    chainPlaces[name] = chains.count - 1
    return chains.count - 1
  }

  /// Puts the chains' rules in their final order and notes which sets they change.
  mutating func finish() {
    for place in chains.indices {
      chains[place].finish()
      for rule in chains[place].rules {
        for case .update(let set, let deletes) in rule.statements {
          sets[set]?.isDynamic = true
          if deletes { sets[set]?.losesElements = true }
        }
      }
    }
  }
}

/// A chain; with `base` it is entered by packets, without only by jumps.
struct NFTChain {
  let name: String
  let source: SourceRange
  var base: NFTBase?
  private(set) var rules: [NFTRule] = []
  /// Rules that were inserted before all others, the last one first; `finish` puts them there.
  private var front: [NFTRule] = []
  /// The last statement that may have removed rules before it.
  var deletion: SourceRange?
  /// Why rules may be missing behind those that are here: the file ends in the chain.
  var isCutOff = false

  init(name: String, source: SourceRange) {
    self.name = name
    self.source = source
  }

  var isEmpty: Bool { rules.isEmpty && front.isEmpty }

  mutating func append(_ rule: NFTRule) { rules.append(rule) }

  mutating func insertFirst(_ rule: NFTRule) { front.append(rule) }

  /// Inserts before the rule at a place, counted from 0; false when there is no such rule.
  mutating func insert(_ rule: NFTRule, at place: Int, isBehind: Bool) -> Bool {
    merge()
    guard rules.indices.contains(place) else { return false }
    rules.insert(rule, at: isBehind ? place + 1 : place)
    return true
  }

  mutating func set(_ rules: [NFTRule]) {
    self.rules = rules
    front = []
  }

  private mutating func merge() {
    guard !front.isEmpty else { return }
    rules = front.reversed() + rules
    front = []
  }

  /// Puts inserted rules in front and marks those that a later statement may have removed.
  mutating func finish() {
    merge()
    guard let deletion else { return }
    let doubt = Uncertainty(range: deletion, reason: "this later statement may have removed the rule")
    for place in rules.indices where rules[place].range.start < deletion.start { rules[place].doubt = doubt }
  }
}

/// Where a base chain is hooked in.
struct NFTBase {
  enum Kind: String { case filter, nat, route }
  enum Hook: String { case ingress, prerouting, input, forward, output, postrouting, egress }
  var kind: Kind
  var hook: Hook
  var priority: Int
  /// Devices of an ingress or egress chain.
  var devices: [String] = []
  /// Whether packets that no rule decides are accepted; nil when the chain does not say.
  var accepts: Bool?
  var policyRange: SourceRange?
}

/// A rule: statements that are carried out from left to right until one does not match.
struct NFTRule {
  var range: SourceRange
  var statements: [NFTStatement] = []
  var comment: String?
  /// A name that engineers know the rule by; nil for place in its chain.
  var name: String?
  var isDisabled = false
  /// No statement of the file says it; the platform adds it.
  var isImplied = false
  /// A later or misplaced statement that makes it open whether the rule is in force here.
  var doubt: Uncertainty?

  init(range: SourceRange, statements: [NFTStatement] = []) {
    self.range = range
    self.statements = statements
  }
}

/// A named set or map.
struct NFTSet {
  var source: SourceRange
  var elements: [NFTElement] = []
  /// Rules add elements, or elements expire.
  var isDynamic = false
  /// Elements may be gone: a statement or rule deletes some.
  var losesElements = false

  init(source: SourceRange) { self.source = source }
}

/// An element of a set or map.
struct NFTElement: Hashable {
  var key: NFTExpression
  /// What a map yields.
  var value: NFTExpression?
  /// The element goes away by itself.
  var expires = false
}

/// How a match compares.
enum NFTComparison: String, Hashable {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  /// No operator: equality, or for bit masks "one of these bits is set".
  case implicit = "in"
  /// For bit masks: none of these bits is set.
  case noneSet = "!"
}

/// A field of the packet or its surroundings: `ip saddr`, `meta iifname`, `ct state`, `@th,16,16`.
struct NFTSelector: Hashable {
  var group: String
  var field: String

  init(_ group: String, _ field: String) {
    self.group = group
    self.field = field
  }

  var text: String { group == "@" ? "@\(field)" : "\(group) \(field)" }
}

/// A value or what yields one.
indirect enum NFTExpression: Hashable {
  case constant(String)
  case prefix(NFTExpression, Int)
  case range(NFTExpression, NFTExpression)
  /// `a,b`: bits that are set together or any of which is looked for.
  case list([NFTExpression])
  case set([NFTElement])
  /// `@name`
  case named(String)
  /// Place among `NFTRuleset.definitions`.
  case variable(Int)
  case concatenation([NFTExpression])
  case selector(NFTSelector)
  /// `left & mask`
  case masked(NFTExpression, NFTExpression)
  /// `a | b`
  case union(NFTExpression, NFTExpression)
  /// `key map { … }`
  case map(NFTExpression, NFTExpression)
  case verdict(NFTVerdict)
  /// `*` in a set or map: every key that no other element takes.
  case catchAll
  /// Not understood, in plain words.
  case unknown(String)
}

enum NFTVerdict: Hashable {
  case accept, drop, proceed, leave
  case jump(String)
  case goto(String)
  /// A program outside the kernel decides.
  case queue
}

/// Address translation as a rule states it.
struct NFTTranslation: Hashable {
  enum Kind: String { case snat, dnat, masquerade, redirect }
  var kind: Kind
  var family: IPFamily?
  var addresses: NFTExpression?
  var ports: NFTExpression?
  /// A form that is not followed: `dnat ip prefix to`, `dnat ip addr . port to`.
  var isOpaque = false

  /// Whether its map yields addresses with ports.
  var yieldsTuples: Bool {
    guard case .map(_, .set(let elements)) = addresses else { return false }
    return elements.contains { if case .concatenation = $0.value { true } else { false } }
  }
}

/// One part of a rule (nft(8), EXPRESSIONS and STATEMENTS).
enum NFTStatement: Hashable {
  case match(NFTExpression, NFTComparison, NFTExpression)
  case verdict(NFTVerdict)
  case verdictMap(NFTExpression, NFTExpression)
  case reject
  case translate(NFTTranslation)
  case log
  /// Nil for a named counter.
  case counter(packets: UInt64?)
  /// Matches up to a rate, an amount or a count.
  case rate(String)
  case notrack
  /// Changes something that no match of the model looks at.
  case harmless
  /// Changes addresses or ports without address translation.
  case rewrite(NFTSelector)
  /// Puts something into a set; the rule goes on if the set has room.
  case update(String, deletes: Bool)
  /// The packet matches or not by something that is not modelled; the reason in plain words.
  case doubt(String)
  /// Does something to the packet that is not modelled: it may be accepted, dropped, or go on. The reason in plain words.
  case fate(String)
  /// Stands for rules of a file that is not read; that it is not read is reported where the file is named.
  case unread
  /// Not understood, in plain words; what follows in the rule is unknown too.
  case problem(String)
}
