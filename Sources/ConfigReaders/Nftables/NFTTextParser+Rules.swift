import PacketSets
import RuleModel
import SourceText

// Rules: statements up to the end of the line, `;` or `}`.
extension NFTTextParser {
  mutating func rule(from commandStart: Int? = nil) -> NFTRule {
    let start = commandStart ?? current.start
    var rule = NFTRule(range: file.range(start, start))
    do throws(NFTSyntaxProblem) {
      while !current.endsStatement {
        if takesWord("comment") {
          rule.comment = try name()
        } else {
          try statement(&rule.statements)
        }
      }
      rule.range = range(from: start)
      ledger.mark(rule.range, .used)
    } catch {
      depth = 0
      skipStatement()
      rule.range = range(from: start)
      // The gap is the lowering's to report, which knows what the rule could do.
      rule.statements.append(.problem(error.reason))
    }
    return rule
  }

  /// A verdict, if the word is one.
  mutating func verdict() throws(NFTSyntaxProblem) -> NFTVerdict? {
    switch current.text {
    case "accept":
      advance()
      return .accept
    case "drop":
      advance()
      return .drop
    case "continue":
      advance()
      return .proceed
    case "return":
      advance()
      return .leave
    case "queue":
      skipStatement()
      return .queue
    case "jump":
      advance()
      return .jump(try target())
    case "goto":
      advance()
      return .goto(try target())
    default: return nil
    }
  }

  private mutating func target() throws(NFTSyntaxProblem) -> String {
    if current.kind == .variable, case .constant(let text) = resolved(try variable()) { return text }
    return try name()
  }

  private mutating func statement(_ statements: inout [NFTStatement]) throws(NFTSyntaxProblem) {
    if current.kind == .word {
      if let verdict = try verdict() { return statements.append(.verdict(verdict)) }
      if let plain = try plainStatement() { return statements.append(plain) }
    }
    try matchStatement(&statements)
  }

  /// A statement that begins with a word of its own; nil for matches and changes of fields.
  private mutating func plainStatement() throws(NFTSyntaxProblem) -> NFTStatement? {
    let word = current.text
    switch word {
    case "reject":
      advance()
      try rejectReason()
      return .reject
    case "log":
      advance()
      logOptions()
      return .log
    case "counter":
      advance()
      return try counter()
    case "limit", "quota":
      advance()
      skipAmounts()
      return .rate(word == "limit" ? NFTReasons.rate : NFTReasons.quota)
    case "last":
      advance()
      skipAmounts()
      return .harmless
    case "meter":
      skipToBraces()
      return .rate(NFTReasons.rate)
    case "notrack":
      advance()
      return .notrack
    case "flow":
      advance()
      while !current.endsStatement, !takes("@") { advance() }
      _ = try name()
      return .harmless
    case "snat", "dnat", "masquerade", "redirect": return .translate(try translation())
    case "tproxy", "synproxy", "dup", "fwd":
      skipStatement()
      return .fate(NFTReasons.fates[word] ?? word)
    case "add", "update", "delete", "set":
      return try setUpdate()
    case "reset":
      skipStatement()
      return .harmless
    case "xt":
      advance()
      return try xtStatement()
    case "ct" where following.isWord("count"):
      advance()
      advance()
      skipAmounts()
      return .rate(NFTReasons.connectionCount)
    default: return nil
    }
  }

  /// `with tcp reset`, `with icmpx type port-unreachable`.
  private mutating func rejectReason() throws(NFTSyntaxProblem) {
    guard takesWord("with") else { return }
    advance()
    _ = takesWord("type")
    _ = try value()
  }

  private mutating func logOptions() {
    while current.kind == .word {
      switch current.text {
      case "prefix", "level", "group", "snaplen", "queue-threshold":
        advance()
        advance()
      case "flags":
        advance()
        repeat {
          if current.isWord("tcp") || current.isWord("ip") { advance() }
          advance()
        } while takes(",")
      default: return
      }
    }
  }

  private mutating func counter() throws(NFTSyntaxProblem) -> NFTStatement {
    if takesWord("name") {
      _ = try value()
      return .counter(packets: nil)
    }
    var packets: UInt64?
    while current.isWord("packets") || current.isWord("bytes") {
      let isPackets = current.text == "packets"
      advance()
      if isPackets { packets = UInt64(current.text) }
      advance()
    }
    return .counter(packets: packets)
  }

  /// The numbers and units of limits and quotas.
  private mutating func skipAmounts() {
    if takesWord("name") { return advance() }
    while current.is("/") || (current.kind == .word && isAmount(current.text)) { advance() }
  }

  private func isAmount(_ word: String) -> Bool {
    if word.utf8.first.map(ASCII.isDigit) ?? false { return true }
    let first = word.split(separator: "/").first.map(String.init) ?? word
    return NFTNames.amountWords.contains(first)
  }

  private mutating func skipToBraces() {
    while !current.endsStatement, !current.is("{") { advance() }
    guard current.is("{") else { return }
    var open = 0
    repeat {
      if current.is("{") { open += 1 }
      if current.is("}") { open -= 1 }
      advance()
    } while open > 0 && current.kind != .end
  }

  /// `add @name { ip saddr timeout 1h }`; `set add ip saddr @name` is an older form.
  private mutating func setUpdate() throws(NFTSyntaxProblem) -> NFTStatement {
    let verb = current.text
    while !current.endsStatement, !current.is("@") { advance() }
    guard takes("@") else { throw NFTSyntaxProblem("`\(verb)` needs the name of a set") }
    let set = try name()
    if current.is("{") { skipToBraces() }
    return .update(set, deletes: verb == "delete")
  }

  private mutating func xtStatement() throws(NFTSyntaxProblem) -> NFTStatement {
    let kind = try name()
    let extensionName = try name()
    if kind == "match" {
      return extensionName == "comment"
        ? .harmless
        : .doubt("the iptables match `\(printable(extensionName))` is not shown in full; export with iptables-save")
    }
    return .fate("the iptables target `\(printable(extensionName))` is not shown in full; export with iptables-save")
  }

  /// A match, a verdict map, or a change of a field.
  private mutating func matchStatement(_ statements: inout [NFTStatement]) throws(NFTSyntaxProblem) {
    let key = try key()
    if takesWord("vmap") { return statements.append(.verdictMap(key, try value())) }
    if takesWord("set") {
      _ = try changedValue()
      return statements.append(NFTReasons.change(of: key))
    }
    let comparison = comparison()
    let right = try valueList()
    if takes("/") {
      let mask = try valueList()
      return statements.append(.match(.masked(key, mask), comparison == .implicit ? .equal : comparison, right))
    }
    statements.append(.match(key, comparison, right))
  }

  private mutating func comparison() -> NFTComparison {
    let words = ["eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="]
    let text = current.kind == .word ? words[current.text] : current.text
    guard current.kind == .word || current.kind == .symbol, let text, let comparison = NFTComparison(rawValue: text),
      comparison != .implicit
    else { return .implicit }
    advance()
    return comparison
  }

  /// What a field is set to: a value or another field.
  private mutating func changedValue() throws(NFTSyntaxProblem) -> NFTExpression {
    let isField =
      current.kind == .word
      && (NFTNames.metaKeys.contains(current.text) || NFTNames.isField(current.text, following.text))
    guard isField || current.is("@") else {
      let value = try valueList()
      // `meta priority set 1:10`
      if takes(":") { _ = try valueTerm() }
      return value
    }
    let key = try key()
    while takes("&") || takesWord("and") || takesArithmetic() { _ = try valueTerm() }
    return key
  }

  /// `dnat ip to 10.0.0.1:80`, `masquerade to :1024-2000 random`.
  private mutating func translation() throws(NFTSyntaxProblem) -> NFTTranslation {
    let word = current.text
    guard let kind = NFTTranslation.Kind(rawValue: word) else { throw NFTSyntaxProblem("no translation") }
    advance()
    var result = NFTTranslation(kind: kind)
    if current.isWord("ip") || current.isWord("ip6"), ["to", "addr", "prefix", "interval"].contains(following.text) {
      result.family = current.text == "ip" ? .v4 : .v6
      advance()
      if !current.isWord("to") {
        result.isOpaque = true
        while !current.endsStatement, !current.isWord("to") { advance() }
      }
    }
    let hasTo = takesWord("to")
    let isFlag = NFTNames.translationFlags.contains(current.text)
    if !current.endsStatement, !current.is(":"), !isFlag, hasTo || kind == .snat || kind == .dnat {
      result.addresses = try translationTarget()
    }
    if takes(":") { result.ports = try translationTarget() }
    while NFTNames.translationFlags.contains(current.text) || current.is(",") { advance() }
    if kind == .redirect, result.ports == nil {
      result.ports = result.addresses
      result.addresses = nil
    }
    return result
  }

  private mutating func translationTarget() throws(NFTSyntaxProblem) -> NFTExpression {
    let isField = current.kind == .word && NFTNames.isField(current.text, following.text)
    return isField ? try key() : try value()
  }
}
