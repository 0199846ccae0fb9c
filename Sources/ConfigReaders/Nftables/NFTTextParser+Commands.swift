import PacketSets
import RuleModel
import SourceText

// Commands: what stands at the top of a file, or one a line.
extension NFTTextParser {
  /// Words that begin a command of nft(8).
  private static let verbs: Set<String> = [
    "add", "create", "insert", "replace", "delete", "destroy", "flush", "reset", "rename", "list",
  ]
  /// How many rules may be put at a numbered place.
  private static let indexLimit = 1000
  private static let objects: Set<String> = ["table", "chain", "rule", "set", "map", "element", "flowtable"]

  mutating func command() {
    let start = current.start
    if isNoise() {
      skipLine()
      return ledger.mark(range(from: start), .irrelevant)
    }
    // Shell scripts put the program's name before.
    if current.isWord("nft"), Self.verbs.contains(following.text) { advance() }
    do throws(NFTSyntaxProblem) {
      switch current.text {
      case "include" where current.kind == .word: include()
      case "define", "redefine", "undefine": try definition()
      case let verb where Self.verbs.contains(verb) && current.kind == .word:
        advance()
        try command(verb, start)
      case let object where Self.objects.contains(object) && current.kind == .word: try command("add", start)
      default: try impliedRule(start)
      }
    } catch {
      // A brace that closes nothing would otherwise be looked at for ever.
      if current.start == start { advance() }
      skipStatement()
      gap(from: start, error.reason)
    }
  }

  /// A prompt, with or without the command that printed the file.
  private func isNoise() -> Bool {
    let line = file.lines.line(at: current.start)
    let text = file.text(file.lines.bounds(ofLine: line, in: file.bytes).prefix(200))
    if text.contains("nft "), text.contains(" list ") { return true }
    let words = text.split(separator: " ")
    return words.count <= 2 && text.contains("@") && [":~#", ":~$", ":/#", "]#", "]$"].contains { text.contains($0) }
      && (words.count == 1 || ["exit", "logout"].contains(words[1]))
  }

  private mutating func skipLine() {
    let end = file.lines.bounds(ofLine: file.lines.line(at: current.start), in: file.bytes).upperBound
    while current.kind != .end, current.start < end { advance() }
  }

  private mutating func command(_ verb: String, _ start: Int) throws(NFTSyntaxProblem) {
    let object = current.text
    switch (verb, object) {
    case ("list", _), ("reset", _):
      skipStatement()
      ledger.mark(range(from: start), .irrelevant)
    case ("flush", "ruleset"):
      advance()
      let family = takeFamily()
      removeAll(of: family, start)
    case ("flush", "table"), ("delete", "table"), ("destroy", "table"):
      advance()
      let key = try tableName()
      skipStatement()
      if let table = result.existingTable(key.family, key.name) {
        noteRemoval(result.tables[table], "`\(verb) table`")
        result.clearTable(table)
      }
      use(from: start)
    case ("flush", "chain"), ("delete", "chain"), ("destroy", "chain"): try removeChain(verb, start)
    case ("flush", "set"), ("flush", "map"), ("delete", "set"), ("delete", "map"), ("delete", "element"),
      ("destroy", "element"):
      try removeElements(verb, object, start)
    case ("delete", "rule"), ("destroy", "rule"), ("replace", "rule"): try removeRule(verb, start)
    case ("add", _), ("create", _), ("insert", _): try addition(verb, start)
    default:
      throw NFTSyntaxProblem("`\(verb) \(printable(object))` is not understood; it is read over")
    }
  }

  private mutating func addition(_ verb: String, _ start: Int) throws(NFTSyntaxProblem) {
    let object = current.text
    switch object {
    case "table":
      advance()
      let key = try tableName()
      let table = result.table(key.family, key.name, range(from: start))
      use(from: start)
      tableBody(table)
    case "chain":
      advance()
      let table = try existingTable(start)
      let chain = result.tables[table].addChain(try name(), range(from: start))
      use(from: start)
      chainBody(table, chain)
    case "set", "map":
      advance()
      let table = try existingTable(start)
      let name = try name()
      use(from: start)
      try setBody(table, name, range(from: start))
    case "element":
      advance()
      let table = try existingTable(start)
      let name = try name()
      guard current.is("{"), case .set(let elements) = try setValue() else {
        throw NFTSyntaxProblem("elements in braces are missing")
      }
      let source = range(from: start)
      result.tables[table].sets[name, default: NFTSet(source: source)].elements += elements
      use(from: start)
    case "rule":
      advance()
      try commandRule(isInsert: verb == "insert", start)
    case let kind where Self.objectKinds.contains(kind):
      skipStatement()
      use(from: start)
    default:
      // `add filter input …`: the word `rule` may be left out.
      try commandRule(isInsert: verb == "insert", start)
    }
  }

  private mutating func takeFamily() -> NFTFamily? {
    guard current.kind == .word, let family = NFTFamily(rawValue: current.text) else { return nil }
    advance()
    return family
  }

  /// `[family] name`; without a family it is `ip` (nft(8), ADDRESS FAMILIES).
  private mutating func tableName() throws(NFTSyntaxProblem) -> (family: NFTFamily, name: String) {
    // A table may be named like a family.
    let next = following
    let isFamily = next.kind == .word || next.kind == .string
    let family = isFamily ? takeFamily() : nil
    return (family ?? .ip, try name())
  }

  /// `[family] table` of a command that needs it to be there.
  private mutating func existingTable(_ start: Int) throws(NFTSyntaxProblem) -> Int {
    let family = takeFamily() ?? .ip
    let name = try name()
    if let table = result.existingTable(family, name) { return table }
    undefined(
      range(from: start), "table `\(family.rawValue) \(printable(name))` is used but not added before",
      help: "nft refuses such a command; export with `nft list ruleset`")
    return result.table(family, name, range(from: start))
  }

  private mutating func commandRule(isInsert: Bool, _ start: Int) throws(NFTSyntaxProblem) {
    let table = try existingTable(start)
    let chainName = try name()
    if result.tables[table].chain(chainName) == nil {
      undefined(
        range(from: start), "chain `\(printable(chainName))` is used but not added before",
        help: "nft refuses such a command; export with `nft list ruleset`")
    }
    let chain = result.tables[table].addChain(chainName, range(from: start))
    var index: Int?
    var isOpen = false
    if takesWord("index") {
      index = Int(try name()) ?? -1
    } else if takesWord("handle") || takesWord("position") {
      advance()
      isOpen = true
    }
    var rule = rule(from: start)
    if let index {
      // Moving all rules of a long chain again and again would be slow.
      indexedRules += 1
      isOpen =
        indexedRules > Self.indexLimit
        || !result.tables[table].chains[chain].insert(rule, at: index, isBehind: !isInsert)
      guard isOpen else { return }
    }
    if isOpen {
      rule.doubt = Uncertainty(range: rule.range, reason: "the rule's place in the chain is not known")
      gap(from: start, "the place that the rule is put at is not known here", state: .notModelled)
    }
    if isInsert || isOpen {
      result.tables[table].chains[chain].insertFirst(rule)
    } else {
      result.tables[table].chains[chain].append(rule)
    }
  }

  /// `filter input ip saddr …`: a rule without `add rule`, for chains that are known.
  private mutating func impliedRule(_ start: Int) throws(NFTSyntaxProblem) {
    let problem = NFTSyntaxProblem("`\(printable(current.text))` is no command that is known here")
    guard current.kind == .word else { throw problem }
    var (first, second) = (current, following)
    var family = NFTFamily.ip
    if let named = NFTFamily(rawValue: first.text) {
      family = named
      (first, second) = (second, lexer.token(at: second.end))
    }
    guard let table = result.existingTable(family, first.text), result.tables[table].chain(second.text) != nil else {
      throw problem
    }
    try commandRule(isInsert: false, start)
  }
}

// Commands that take something away.
extension NFTTextParser {
  private mutating func removeAll(of family: NFTFamily?, _ start: Int) {
    skipStatement()
    if result.holds(family) {
      for table in result.tables where family == nil || table.family == family {
        noteRemoval(table, "`flush ruleset`")
      }
      result.removeTables(of: family)
    }
    use(from: start)
  }

  private mutating func noteRemoval(_ table: NFTTable, _ statement: String) {
    guard table.chains.contains(where: { !$0.isEmpty }) else { return }
    ledger.gap(
      LedgerGap(
        range: table.source, state: .notModelled, couldChangeVerdict: true,
        reason: "table `\(printable(table.name))` is emptied by a later \(statement); keep one capture in a file"))
  }

  private mutating func removeChain(_ verb: String, _ start: Int) throws(NFTSyntaxProblem) {
    advance()
    let table = try existingTable(start)
    let name = try name()
    if let chain = result.tables[table].chain(name) {
      result.tables[table].chains[chain].set([])
      if verb != "flush" { result.tables[table].chains[chain].base = nil }
    }
    use(from: start)
  }

  private mutating func removeElements(_ verb: String, _ object: String, _ start: Int) throws(NFTSyntaxProblem) {
    advance()
    let table = try existingTable(start)
    let name = try name()
    skipStatement()
    if verb == "flush" {
      result.tables[table].sets[name]?.elements = []
    } else if object == "element" {
      result.tables[table].sets[name]?.losesElements = true
    } else {
      result.tables[table].sets[name] = nil
    }
    use(from: start)
  }

  /// Rules are named by handles, which a file does not show: each rule of the chain may be meant.
  private mutating func removeRule(_ verb: String, _ start: Int) throws(NFTSyntaxProblem) {
    advance()
    let table = try existingTable(start)
    let name = try name()
    skipStatement()
    gap(from: start, "which rule `\(verb) rule` means is not known; each of the chain may be gone", state: .notModelled)
    guard let chain = result.tables[table].chain(name) else { return }
    result.tables[table].chains[chain].deletion = range(from: start)
    guard verb == "replace" else { return }
    var rule = NFTRule(range: range(from: start), statements: [.fate("the rule that replaces another is not followed")])
    rule.doubt = Uncertainty(range: rule.range, reason: "the rule's place in the chain is not known")
    result.tables[table].chains[chain].insertFirst(rule)
  }
}

// Variables.
extension NFTTextParser {
  /// Most elements that a variable may stand for, and how deep definitions may nest.
  private static let elementLimit = 1_000_000
  private static let nestingLimit = 32

  /// `define name = value`, `redefine name = value`, `undefine name`.
  mutating func definition() throws(NFTSyntaxProblem) {
    let start = current.start
    let verb = current.text
    advance()
    let name = try name()
    guard verb != "undefine" else {
      for scope in scopes.indices { scopes[scope][name] = nil }
      return use(from: start)
    }
    guard takes("=") else { throw NFTSyntaxProblem("`=` is missing behind `\(verb) \(printable(name))`") }
    let value = try valueList()
    let size = self.size(value)
    let isTooLarge = size.elements > Self.elementLimit || size.depth > Self.nestingLimit
    if isTooLarge { gap(from: start, "the variable stands for too many values; it is taken as any or none") }
    result.definitions.append(
      isTooLarge ? .unknown("the variable `\(printable(name))` stands for too many values") : value)
    definitionSizes.append(isTooLarge ? (1, 1) : size)
    var scope = scopes.count - 1
    if verb == "redefine", let known = scopes.lastIndex(where: { $0[name] != nil }) { scope = known }
    scopes[scope][name] = result.definitions.count - 1
    use(from: start)
  }

  /// What a `$name` stands for.
  mutating func variable() throws(NFTSyntaxProblem) -> NFTExpression {
    let (name, range) = (current.text, file.range(current.start, current.end))
    advance()
    if let place = scopes.reversed().lazy.compactMap({ $0[name] }).first { return .variable(place) }
    undefined(
      range, "the variable `$\(printable(name))` is not defined in this file",
      help: "export with `nft list ruleset`, which shows values")
    return .unknown("the variable `$\(printable(name))` is not defined in this file")
  }

  /// The value of a variable that stands for one other thing.
  func resolved(_ value: NFTExpression) -> NFTExpression {
    var value = value
    // Definitions refer to earlier ones only.
    while case .variable(let place) = value { value = result.definitions[place] }
    return value
  }

  private func size(_ value: NFTExpression) -> (elements: Int, depth: Int) {
    switch value {
    case .variable(let place): definitionSizes[place]
    case .set(let elements): sum(elements.map(\.key))
    case .list(let parts), .concatenation(let parts): sum(parts)
    default: (1, 1)
    }
  }

  private func sum(_ parts: [NFTExpression]) -> (elements: Int, depth: Int) {
    parts.reduce((0, 1)) { total, part in
      let one = size(part)
      return (min(total.0 + one.elements, Self.elementLimit + 1), max(total.1, one.depth + 1))
    }
  }
}
