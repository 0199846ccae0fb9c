import PacketSets
import RuleModel
import SourceText

/// Reads the JSON form of a ruleset: the output of `nft -j list ruleset` (libnftables-json(5)).
struct NFTJSONParser {
  var document: CheckedDocument
  var result = NFTRuleset()
  var issues: [ReadIssue] = []

  init(_ file: SourceFile) { document = CheckedDocument(file) }

  mutating func parse() {
    guard let root = document.parse(parseJSON(_:limits:)) else { return }
    document.ledger.mark(root.range, .used)
    guard let objects = root["nftables"]?.items else {
      return document.unknown(root.range, "the document has no list `nftables`")
    }
    for object in objects { self.object(object, isInsert: false) }
    result.finish()
  }

  /// One object of the ruleset, or a command with an object inside.
  private mutating func object(_ node: DocumentNode, isInsert: Bool) {
    guard let entry = node.entries?.first, node.entries?.count == 1 else {
      return document.unknown(node.range, "an object of the ruleset has one key")
    }
    let value = entry.value
    switch entry.key {
    case "metainfo": break
    case "add", "create": object(value, isInsert: false)
    case "insert": object(value, isInsert: true)
    case "table":
      guard let place = table(value) else { return }
      if texts(value["flags"]).contains("dormant") { result.tables[place].isDormant = true }
    case "chain": chain(value)
    case "rule": rule(value, isInsert)
    case "set", "map": set(value)
    case "element":
      guard let place = table(value), let name = value["name"]?.text else { return }
      result.tables[place].sets[name, default: NFTSet(source: value.range)].elements += elements(value["elem"])
    case let kind
    where NFTTextParser.objectKinds.contains(kind) || kind == "ct helper" || kind == "ct timeout"
      || kind == "ct expectation":
      break
    case "flush" where value.entries?.first?.key == "ruleset": result.removeTables(of: nil)
    default:
      document.unknown(entry.range, "`\(printable(entry.key))` is no object that is understood here; it is read over")
    }
  }

  private mutating func table(_ node: DocumentNode) -> Int? {
    let name = node["table"]?.text ?? node["name"]?.text
    guard let family = node["family"]?.text.flatMap({ NFTFamily(rawValue: $0) }), let name else {
      document.unknown(node.range, "the object lacks a family or table that is known here")
      return nil
    }
    return result.table(family, name, node.range)
  }

  private mutating func chain(_ node: DocumentNode) {
    guard let place = table(node), let name = node["name"]?.text else { return }
    let chain = result.tables[place].addChain(name, node.range)
    guard let hookName = node["hook"]?.text else { return }
    guard let hook = NFTBase.Hook(rawValue: hookName),
      let kind = node["type"]?.text.flatMap({ NFTBase.Kind(rawValue: $0) })
    else { return document.unknown(node.range, "the chain's type or hook is not known") }
    let priority = node["prio"]?.text.flatMap { NFTNames.priority($0, result.tables[place].family) }
    if priority == nil { document.unknown(node.range, "the chain's priority is not known; taken as 0") }
    var base = NFTBase(kind: kind, hook: hook, priority: priority ?? 0)
    base.devices = texts(node["dev"])
    if let policy = node.entry(named: "policy") {
      let word = policy.value.text
      if word != "accept", word != "drop" {
        document.unknown(policy.range, "the policy is neither accept nor drop; taken as accept")
      }
      base.accepts = word != "drop"
      base.policyRange = policy.range
    }
    result.tables[place].chains[chain].base = base
  }

  private mutating func rule(_ node: DocumentNode, _ isInsert: Bool) {
    guard let place = table(node), let name = node["chain"]?.text else { return }
    if result.tables[place].chain(name) == nil {
      issues.append(
        ReadIssue(
          kind: .undefinedReference, range: node.range, message: "chain `\(printable(name))` is used but not listed",
          help: "export with `nft -j list ruleset`", couldChangeVerdict: true))
    }
    let chain = result.tables[place].addChain(name, node.range)
    var rule = NFTRule(range: node.range)
    rule.comment = node["comment"]?.text
    for statement in node["expr"]?.items ?? [] { rule.statements.append(self.statement(statement)) }
    if isInsert {
      result.tables[place].chains[chain].insertFirst(rule)
    } else {
      result.tables[place].chains[chain].append(rule)
    }
  }

  private mutating func set(_ node: DocumentNode) {
    guard let place = table(node), let name = node["name"]?.text else { return }
    var set = result.tables[place].sets.removeValue(forKey: name) ?? NFTSet(source: node.range)
    set.elements += elements(node["elem"])
    let flags = texts(node["flags"])
    if flags.contains("dynamic") || flags.contains("timeout") || node["timeout"] != nil { set.isDynamic = true }
    result.tables[place].sets[name] = set
  }

  private func texts(_ node: DocumentNode?) -> [String] { document.texts(node).map(\.text) }
}

// Statements.
extension NFTJSONParser {
  private func statement(_ node: DocumentNode) -> NFTStatement {
    guard let entry = node.entries?.first, node.entries?.count == 1 else {
      return .problem("a statement has one key")
    }
    if let verdict = verdict(node) { return .verdict(verdict) }
    let value = entry.value
    switch entry.key {
    case "match": return match(value)
    case "vmap":
      guard let key = value["key"], let data = value["data"] else { return .problem("a verdict map lacks key or data") }
      return .verdictMap(expression(key), map(data))
    case "reject": return .reject
    case "log": return .log
    case "counter": return .counter(packets: value["packets"]?.text.flatMap { UInt64($0) })
    case "limit", "meter": return .rate(NFTReasons.rate)
    case "quota": return .rate(NFTReasons.quota)
    case "ct count": return .rate(NFTReasons.connectionCount)
    case "notrack": return .notrack
    case "ct helper", "ct timeout", "ct expectation", "flow", "last", "secmark": return .harmless
    case "mangle":
      return value["key"].map { NFTReasons.change(of: expression($0)) } ?? .problem("a change lacks its field")
    case "set", "map":
      let name = value["set"]?.text ?? value["map"]?.text ?? ""
      return .update(String(name.drop { $0 == "@" }), deletes: value["op"]?.text == "delete")
    case "snat", "dnat", "masquerade", "redirect": return translation(entry)
    case "queue", "tproxy", "synproxy", "dup", "fwd": return .fate(NFTReasons.fates[entry.key] ?? entry.key)
    case "xt":
      let name = printable(value["name"]?.text ?? "?")
      if value["type"]?.text == "match" {
        return name == "comment"
          ? .harmless : .doubt("the iptables match `\(name)` is not shown in full; export with iptables-save")
      }
      return .fate("the iptables target `\(name)` is not shown in full; export with iptables-save")
    default: return .problem("`\(printable(entry.key))` is no statement that is known here")
    }
  }

  private func verdict(_ node: DocumentNode) -> NFTVerdict? {
    guard let entry = node.entries?.first else { return nil }
    switch entry.key {
    case "accept": return .accept
    case "drop": return .drop
    case "continue": return .proceed
    case "return": return .leave
    case "jump": return entry.value["target"]?.text.map { .jump($0) }
    case "goto": return entry.value["target"]?.text.map { .goto($0) }
    default: return nil
    }
  }

  private func match(_ node: DocumentNode) -> NFTStatement {
    guard let left = node["left"], let right = node["right"],
      let comparison = NFTComparison(rawValue: node["op"]?.text ?? "in")
    else { return .problem("a match lacks an operator, left or right side that is known here") }
    return .match(expression(left), comparison, expression(right))
  }

  private func translation(_ entry: DocumentEntry) -> NFTStatement {
    guard let kind = NFTTranslation.Kind(rawValue: entry.key) else { return .problem("no translation") }
    var result = NFTTranslation(kind: kind)
    let value = entry.value
    result.family = value["family"]?.text == "ip6" ? .v6 : value["family"]?.text == "ip" ? .v4 : nil
    result.addresses = value["addr"].map { expression($0) }
    result.ports = value["port"].map { expression($0) }
    result.isOpaque = value["type_flags"] != nil
    return .translate(result)
  }
}

// Expressions.
extension NFTJSONParser {
  func expression(_ node: DocumentNode) -> NFTExpression {
    if let text = node.text {
      if text == "*" { return .catchAll }
      return text.hasPrefix("@") ? .named(String(text.dropFirst())) : .constant(text)
    }
    if let items = node.items { return .list(items.map { expression($0) }) }
    guard let entry = node.entries?.first, node.entries?.count == 1 else { return .unknown("a value has one key") }
    let value = entry.value
    switch entry.key {
    case "prefix":
      guard let address = value["addr"], let length = value["len"]?.text.flatMap({ Int($0) }) else { break }
      return .prefix(expression(address), length)
    case "range":
      guard let ends = value.items, ends.count == 2 else { break }
      return .range(expression(ends[0]), expression(ends[1]))
    case "set": return .set(elements(value))
    case "concat": return .concatenation((value.items ?? []).map { expression($0) })
    case "elem": return value["val"].map { expression($0) } ?? .unknown("an element lacks its value")
    case "map":
      guard let key = value["key"], let data = value["data"] else { break }
      return .map(expression(key), map(data))
    case "&":
      guard let parts = value.items, parts.count == 2 else { break }
      return .masked(expression(parts[0]), expression(parts[1]))
    case "|":
      guard let parts = value.items, (2...64).contains(parts.count) else { break }
      return parts.dropFirst().reduce(expression(parts[0])) { .union($0, expression($1)) }
    case "payload", "meta", "ct", "fib", "rt", "socket", "osf", "ipsec", "numgen", "jhash", "symhash", "exthdr",
      "tcp option", "ip option", "sctp chunk", "dccp option":
      return .selector(selector(entry))
    default: break
    }
    return .unknown("`\(printable(entry.key))` is not understood in a match")
  }

  private func selector(_ entry: DocumentEntry) -> NFTSelector {
    let value = entry.value
    switch entry.key {
    case "payload":
      if let base = value["base"]?.text {
        return NFTSelector("@", "\(base),\(value["offset"]?.text ?? "?"),\(value["len"]?.text ?? "?")")
      }
      return NFTSelector(value["protocol"]?.text ?? "?", value["field"]?.text ?? "?")
    case "meta": return NFTSelector("meta", value["key"]?.text ?? "?")
    case "ct":
      let key = value["key"]?.text ?? "?"
      return NFTSelector(value["dir"]?.text.map { "ct \($0)" } ?? "ct", key)
    case "tcp option", "ip option", "sctp chunk", "dccp option":
      return NFTSelector(String(entry.key.prefix { $0 != " " }), "option")
    default: return NFTSelector(entry.key, value["key"]?.text ?? value["result"]?.text ?? "mod")
    }
  }

  /// The data of a map: `@name` or a set of pairs.
  private func map(_ node: DocumentNode) -> NFTExpression {
    node.text == nil ? .set(elements(node["set"] ?? node)) : expression(node)
  }

  /// Elements of a set, or pairs of a map.
  func elements(_ node: DocumentNode?) -> [NFTElement] {
    guard let node else { return [] }
    return (node.items ?? [node]).map { item in
      let (key, value) = item.items.flatMap { $0.count == 2 ? ($0[0], $0[1]) : nil } ?? (item, nil)
      var element = NFTElement(key: expression(key))
      if let options = key["elem"] { element.expires = options["timeout"] != nil || options["expires"] != nil }
      element.value = value.map { node in verdict(node).map { .verdict($0) } ?? expression(node) }
      return element
    }
  }
}
