import PacketSets
import RuleModel
import SourceText

/// Why a statement was not understood.
struct NFTSyntaxProblem: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Reads nftables text: the output of `nft list ruleset`, configuration files, and commands one a line.
struct NFTTextParser {
  let file: SourceFile
  let lexer: NFTLexer
  var result = NFTRuleset()
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  /// The token that is looked at; everything before it is consumed.
  private(set) var current: NFTToken
  /// End of the last consumed token.
  private(set) var lastEnd = 0
  /// Names of variables by block, the innermost last.
  var scopes: [[String: Int]] = [[:]]
  /// Elements and nesting of each definition, so that definitions in definitions stay small.
  var definitionSizes: [(elements: Int, depth: Int)] = []
  /// Rules that were put at a numbered place.
  var indexedRules = 0
  /// How deep braces and parentheses of the expression at hand nest.
  var depth = 0

  init(_ file: SourceFile) {
    self.file = file
    lexer = NFTLexer(file.bytes)
    ledger = ReadingLedger(file)
    current = lexer.token(at: file.byteOrderMarkLength)
  }

  mutating func parse() {
    markComments()
    while current.kind != .end {
      if current.kind == .newline || current.is(";") {
        advance()
      } else {
        command()
      }
    }
    result.finish()
  }

  private mutating func markComments() {
    for line in 1...file.lines.count {
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      if file.bytes[bounds].first(where: { !ASCII.isBlank($0) }) == ASCII.hash { ledger.mark(line: line, .irrelevant) }
    }
  }
}

// Tokens.
extension NFTTextParser {
  mutating func advance() {
    lastEnd = current.end
    current = lexer.token(at: current.end)
  }

  /// The token behind `current`.
  var following: NFTToken { lexer.token(at: current.end) }

  mutating func takes(_ symbol: String) -> Bool {
    guard current.is(symbol) else { return false }
    advance()
    return true
  }

  mutating func takesWord(_ word: String) -> Bool {
    guard current.isWord(word) else { return false }
    advance()
    return true
  }

  mutating func skipNewlines() { while current.kind == .newline { advance() } }

  /// The name of a table, chain, set or target.
  mutating func name() throws(NFTSyntaxProblem) -> String {
    guard current.kind == .word || current.kind == .string else { throw NFTSyntaxProblem("a name is missing") }
    defer { advance() }
    return current.text
  }

  /// Goes to the end of the statement; braces in it are skipped with what they hold.
  mutating func skipStatement() {
    var open = 0
    while current.kind != .end {
      if open == 0, current.endsStatement { return }
      if current.is("{") { open += 1 }
      if current.is("}") { open -= 1 }
      advance()
    }
  }

  /// From a token's start to the end of what is consumed.
  func range(from start: Int) -> SourceRange { file.range(start, max(lastEnd, start)) }

  mutating func use(from start: Int) { ledger.mark(range(from: start), .used) }

  mutating func gap(
    from start: Int, _ reason: String, state: LineState = .notRecognised, couldChangeVerdict: Bool = true
  ) {
    ledger.gap(
      LedgerGap(range: range(from: start), state: state, couldChangeVerdict: couldChangeVerdict, reason: reason))
  }

  mutating func undefined(_ range: SourceRange, _ message: String, help: String) {
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: range, message: message, help: help, couldChangeVerdict: true))
  }
}

// Blocks.
extension NFTTextParser {
  /// The body of a table in braces.
  mutating func tableBody(_ table: Int) {
    guard takes("{") else { return }
    use(from: lastEnd - 1)
    scopes.append([:])
    defer { scopes.removeLast() }
    while !current.is("}") {
      if current.kind == .end { return truncated(result.tables[table].source, "table `\(result.tables[table].name)`") }
      if current.kind == .newline || current.is(";") {
        advance()
        continue
      }
      tableStatement(table)
    }
    advance()
    use(from: lastEnd - 1)
  }

  private mutating func tableStatement(_ table: Int) {
    let start = current.start
    do throws(NFTSyntaxProblem) {
      switch current.text {
      case "chain" where current.kind == .word:
        advance()
        let chain = result.tables[table].addChain(try name(), range(from: start))
        use(from: start)
        chainBody(table, chain)
      case "set" where current.kind == .word, "map" where current.kind == .word:
        advance()
        let name = try name()
        use(from: start)
        try setBody(table, name, range(from: start))
      case "flags" where current.kind == .word:
        advance()
        while !current.endsStatement {
          if current.text == "dormant" { result.tables[table].isDormant = true }
          advance()
        }
        use(from: start)
      case "include" where current.kind == .word: include()
      case "define", "redefine", "undefine": try definition()
      case let word where Self.objectKinds.contains(word) && current.kind == .word:
        skipStatement()
        use(from: start)
      default: throw NFTSyntaxProblem("`\(printable(current.text))` is no statement of a table that is known here")
      }
    } catch {
      if current.start == start, current.is("}") == false { advance() }
      skipStatement()
      gap(from: start, "\(error.reason); it is read over")
    }
  }

  /// Objects of a table that only count, limit, mark or help.
  static let objectKinds: Set<String> = [
    "counter", "quota", "limit", "ct", "secmark", "synproxy", "flowtable", "comment", "meter", "tunnel",
  ]

  /// The body of a chain in braces: hook, policy and rules.
  mutating func chainBody(_ table: Int, _ chain: Int) {
    guard takes("{") else { return }
    scopes.append([:])
    defer { scopes.removeLast() }
    while !current.is("}") {
      if current.kind == .end {
        result.tables[table].chains[chain].isCutOff = true
        let chain = result.tables[table].chains[chain]
        return truncated(chain.source, "chain `\(chain.name)`")
      }
      if current.kind == .newline || current.is(";") {
        advance()
        continue
      }
      chainStatement(table, chain)
    }
    advance()
    use(from: lastEnd - 1)
  }

  private mutating func chainStatement(_ table: Int, _ chain: Int) {
    let start = current.start
    do throws(NFTSyntaxProblem) {
      switch current.text {
      case "type" where current.kind == .word:
        result.tables[table].chains[chain].base = try base(result.tables[table].family)
        use(from: start)
      case "policy" where current.kind == .word:
        advance()
        try policy(table, chain, start)
      case "comment" where current.kind == .word, "flags" where current.kind == .word,
        "devices" where current.kind == .word:
        skipStatement()
        use(from: start)
      case "include" where current.kind == .word:
        include()
        var rule = NFTRule(range: range(from: start))
        rule.statements = [.unread]
        result.tables[table].chains[chain].append(rule)
      case "define", "redefine", "undefine": try definition()
      default:
        let rule = rule()
        result.tables[table].chains[chain].append(rule)
      }
    } catch {
      skipStatement()
      gap(from: start, error.reason)
    }
  }

  private mutating func policy(_ table: Int, _ chain: Int, _ start: Int) throws(NFTSyntaxProblem) {
    let word = try policyWord()
    guard result.tables[table].chains[chain].base != nil else {
      throw NFTSyntaxProblem("a policy in a chain without hook has no effect")
    }
    guard word == "accept" || word == "drop" else {
      throw NFTSyntaxProblem("policy `\(printable(word))` is neither accept nor drop; taken as accept")
    }
    result.tables[table].chains[chain].base?.accepts = word == "accept"
    let range = range(from: start)
    result.tables[table].chains[chain].base?.policyRange = range
    use(from: start)
  }

  private mutating func policyWord() throws(NFTSyntaxProblem) -> String {
    if current.kind == .variable, case .constant(let text) = resolved(try variable()) { return text }
    return try name()
  }

  /// `type filter hook forward priority filter + 5`, with devices for ingress and egress.
  private mutating func base(_ family: NFTFamily) throws(NFTSyntaxProblem) -> NFTBase {
    advance()
    let kindName = try name()
    guard let kind = NFTBase.Kind(rawValue: kindName) else {
      throw NFTSyntaxProblem("chain type `\(printable(kindName))` is not known")
    }
    guard takesWord("hook") else { throw NFTSyntaxProblem("the chain's hook is missing") }
    let hookName = try name()
    guard let hook = NFTBase.Hook(rawValue: hookName) else {
      throw NFTSyntaxProblem("hook `\(printable(hookName))` is not known")
    }
    var base = NFTBase(kind: kind, hook: hook, priority: 0)
    if takesWord("device") {
      base.devices = names(try value())
    } else if takesWord("devices") {
      _ = takes("=")
      base.devices = names(try value())
    }
    guard takesWord("priority") else { throw NFTSyntaxProblem("the chain's priority is missing") }
    base.priority = try priority(family)
    return base
  }

  private mutating func priority(_ family: NFTFamily) throws(NFTSyntaxProblem) -> Int {
    var sum = 0
    var sign = 1
    while !current.endsStatement {
      var text = current.text
      if current.kind == .variable, case .constant(let constant) = resolved(try variable()) {
        text = constant
      } else {
        advance()
      }
      switch text {
      case "+": sign = 1
      case "-": sign = -1
      default:
        guard let value = NFTNames.priority(text, family) else {
          throw NFTSyntaxProblem("priority `\(printable(text))` is not known; taken as 0")
        }
        sum += sign * value
        sign = 1
      }
    }
    return sum
  }

  /// Interface names in a value.
  private func names(_ value: NFTExpression) -> [String] {
    switch resolved(value) {
    case .constant(let text): [text]
    case .set(let elements): elements.flatMap { names($0.key) }
    default: []
    }
  }

  /// The body of a set or map in braces.
  mutating func setBody(_ table: Int, _ name: String, _ range: SourceRange) throws(NFTSyntaxProblem) {
    // Taken out, so that adding to its elements copies nothing.
    var set = result.tables[table].sets.removeValue(forKey: name) ?? NFTSet(source: range)
    defer { result.tables[table].sets[name] = set }
    guard takes("{") else { return }
    while !takes("}") {
      let start = current.start
      if current.kind == .end { return truncated(range, "set `\(name)`") }
      if current.kind == .newline || current.is(";") {
        advance()
        continue
      }
      switch current.text {
      case "flags":
        advance()
        while !current.endsStatement {
          if current.text == "dynamic" || current.text == "timeout" { set.isDynamic = true }
          advance()
        }
      case "timeout":
        set.isDynamic = true
        skipStatement()
      case "elements":
        advance()
        guard takes("="), current.is("{") else { throw NFTSyntaxProblem("the set's elements are not understood") }
        if case .set(let elements) = try setValue() { set.elements += elements }
      case "type", "typeof", "gc-interval", "size", "policy", "auto-merge", "comment", "counter", "quota", "limit",
        "ct", "last":
        skipStatement()
      default: throw NFTSyntaxProblem("`\(printable(current.text))` is no property of a set that is known here")
      }
      use(from: start)
    }
    use(from: lastEnd - 1)
  }

  mutating func truncated(_ range: SourceRange, _ what: String) {
    issues.append(
      ReadIssue(
        kind: .truncated, range: range, message: "\(printable(what)) is not closed, so the file is cut off",
        help: "export the file again; rules may be missing", couldChangeVerdict: true))
  }

  /// `include "file"`: what the file holds is not known.
  mutating func include() {
    let start = current.start
    skipStatement()
    gap(
      from: start,
      "included files are not read; they may hold further chains and rules: export with `nft list ruleset`",
      state: .notModelled)
  }
}
