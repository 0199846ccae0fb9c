import PacketSets
import RuleModel
import SourceText

// Fields of packets.
extension NFTTextParser {
  /// A field or several joined by `.`, each perhaps masked, and perhaps looked up in a map.
  mutating func key() throws(NFTSyntaxProblem) -> NFTExpression {
    var parts = [try maskedField()]
    while current.is(".") {
      advance()
      parts.append(try maskedField())
    }
    let whole = parts.count == 1 ? parts[0] : .concatenation(parts)
    guard takesWord("map") else { return whole }
    return .map(whole, try value())
  }

  private mutating func maskedField() throws(NFTSyntaxProblem) -> NFTExpression {
    let field = try field()
    if takesOperator("&", "and") { return .masked(field, try valueUnion()) }
    guard takesArithmetic() else { return field }
    _ = try valueTerm()
    return .unknown("arithmetic on \(describe(field)) is not modelled")
  }

  private mutating func takesOperator(_ sign: String, _ word: String) -> Bool { takes(sign) || takesWord(word) }

  /// An operator of numbers besides `&`.
  mutating func takesArithmetic() -> Bool {
    takesOperator("|", "or") || takesOperator("^", "xor") || takesOperator("<<", "lshift")
      || takesOperator(">>", "rshift")
  }

  private func describe(_ field: NFTExpression) -> String {
    if case .selector(let selector) = field { return "`\(printable(selector.text))`" }
    return "a field"
  }

  private mutating func field() throws(NFTSyntaxProblem) -> NFTExpression {
    if takes("@") { return .selector(try rawPayload()) }
    if takes("(") {
      let inner = try nested { parser throws(NFTSyntaxProblem) in try parser.maskedField() }
      guard takes(")") else { throw NFTSyntaxProblem("a parenthesis is not closed") }
      return inner
    }
    guard current.kind == .word else {
      throw NFTSyntaxProblem("`\(printable(current.text))` is not understood in a rule")
    }
    let group = current.text
    if NFTNames.metaKeys.contains(group) {
      advance()
      return .selector(NFTSelector("meta", group))
    }
    advance()
    if let special = try specialField(group) { return special }
    guard let fields = NFTNames.fields[group] else {
      throw NFTSyntaxProblem("`\(printable(group))` is no statement or field that is known here")
    }
    guard current.kind == .word, fields.contains(current.text) else {
      throw NFTSyntaxProblem("`\(group) \(printable(current.text))` is no field that is known here")
    }
    defer { advance() }
    return .selector(NFTSelector(group, current.text))
  }

  /// `th,16,16` behind `@`.
  private mutating func rawPayload() throws(NFTSyntaxProblem) -> NFTSelector {
    var text = try name()
    for _ in 0..<2 {
      guard takes(",") else { throw NFTSyntaxProblem("offset and length of raw payload are missing") }
      text += ",\(try name())"
    }
    return NFTSelector("@", text)
  }

  /// Fields that are made of more than a header's name and one of its fields.
  private mutating func specialField(_ group: String) throws(NFTSyntaxProblem) -> NFTExpression? {
    switch group {
    case "ct" where current.isWord("original") || current.isWord("reply"):
      let direction = try name()
      if current.isWord("ip") || current.isWord("ip6") { advance() }
      return .selector(NFTSelector("ct \(direction)", try name()))
    case "tcp" where takesWord("option"), "ip" where takesWord("option"), "dccp" where takesWord("option"),
      "sctp" where takesWord("chunk"):
      if takes("@") {
        _ = try rawPayload()
      } else {
        _ = try name()
        if current.kind == .word, NFTNames.optionFields.contains(current.text) { advance() }
      }
      return .selector(NFTSelector(group, "option"))
    case "fib":
      while ["saddr", "daddr", "mark", "iif", "oif"].contains(current.text) {
        advance()
        guard takes(".") else { break }
      }
      return .selector(NFTSelector("fib", try name()))
    case "rt" where current.isWord("ip") || current.isWord("ip6"):
      advance()
      return .selector(NFTSelector("rt", try name()))
    case "socket":
      let key = try name()
      if takesWord("level") { advance() }
      return .selector(NFTSelector("socket", key))
    case "osf":
      if takesWord("ttl") { advance() }
      return .selector(NFTSelector("osf", try name()))
    case "ipsec":
      while takesWord("in") || takesWord("out") || takesWord("ip") || takesWord("ip6") {}
      if takesWord("spnum") { advance() }
      while takesWord("ip") || takesWord("ip6") {}
      return .selector(NFTSelector("ipsec", try name()))
    case "exthdr": return .selector(NFTSelector("exthdr", try name()))
    case "numgen", "symhash", "jhash":
      if group == "numgen" { advance() }
      if group == "jhash" { _ = try nested { parser throws(NFTSyntaxProblem) in try parser.key() } }
      while takesWord("mod") || takesWord("seed") || takesWord("offset") { advance() }
      return .selector(NFTSelector(group, "mod"))
    default: return nil
    }
  }
}

// Values.
extension NFTTextParser {
  /// How deep braces and parentheses may nest; hand-made rules stay below four.
  private static let depthLimit = 16

  mutating func nested<Value>(
    _ body: (inout NFTTextParser) throws(NFTSyntaxProblem) -> Value
  ) throws(NFTSyntaxProblem) -> Value {
    guard depth < Self.depthLimit else { throw NFTSyntaxProblem("braces nest too deep") }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  /// A value, or several with commas between.
  mutating func valueList() throws(NFTSyntaxProblem) -> NFTExpression {
    var parts = [try value()]
    while takes(",") { parts.append(try value()) }
    return parts.count == 1 ? parts[0] : .list(parts)
  }

  /// A value: one, a range, `a | b`, or several joined by `.`.
  mutating func value() throws(NFTSyntaxProblem) -> NFTExpression {
    var parts = [try valueUnion()]
    while current.is(".") {
      advance()
      parts.append(try valueUnion())
    }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func valueUnion() throws(NFTSyntaxProblem) -> NFTExpression {
    var whole = try valueTerm()
    var count = 0
    while takesOperator("|", "or") {
      count += 1
      guard count < 64 else { throw NFTSyntaxProblem("too many bits are joined") }
      whole = .union(whole, try valueTerm())
    }
    return whole
  }

  mutating func valueTerm() throws(NFTSyntaxProblem) -> NFTExpression {
    let first = try singleValue()
    guard takes("-") else { return first }
    return .range(first, try singleValue())
  }

  private mutating func singleValue() throws(NFTSyntaxProblem) -> NFTExpression {
    switch current.kind {
    case .variable: return try variable()
    case .string:
      defer { advance() }
      return .constant(current.text)
    case .word:
      defer { advance() }
      return current.text == "*" ? .catchAll : .constant(current.text)
    case .symbol where current.is("{"):
      return try nested { parser throws(NFTSyntaxProblem) in try parser.setValue() }
    case .symbol where current.is("@"):
      advance()
      return .named(try name())
    case .symbol where current.is("("):
      advance()
      let inner = try nested { parser throws(NFTSyntaxProblem) in try parser.valueUnion() }
      guard takes(")") else { throw NFTSyntaxProblem("a parenthesis is not closed") }
      return inner
    case .symbol where current.is("["):
      advance()
      let inner = NFTExpression.constant(try name())
      guard takes("]") else { throw NFTSyntaxProblem("a bracket is not closed") }
      return inner
    default: throw NFTSyntaxProblem("a value is missing before `\(printable(current.text))`")
    }
  }

  /// A set or map in braces.
  mutating func setValue() throws(NFTSyntaxProblem) -> NFTExpression {
    advance()
    var elements: [NFTElement] = []
    skipNewlines()
    while !takes("}") {
      if current.kind == .end { throw NFTSyntaxProblem("the file ends inside braces") }
      elements.append(try element())
      skipNewlines()
      if takes(",") {
        skipNewlines()
      } else if !current.is("}") {
        throw NFTSyntaxProblem("`\(printable(current.text))` is not understood in a set")
      }
    }
    return .set(elements)
  }

  private mutating func element() throws(NFTSyntaxProblem) -> NFTElement {
    var element = NFTElement(key: try value())
    // What an element counts or limits does not say whether it is there; how long it stays does.
    while current.kind == .word {
      switch current.text {
      case "timeout", "expires":
        element.expires = true
        advance()
        advance()
      case "comment":
        advance()
        advance()
      case "counter", "limit", "quota", "last", "ct": skipElementState()
      default: throw NFTSyntaxProblem("`\(printable(current.text))` is not understood in a set")
      }
    }
    skipNewlines()
    guard takes(":") else { return element }
    skipNewlines()
    element.value = try elementValue()
    if current.isWord("comment") {
      advance()
      advance()
    }
    return element
  }

  private mutating func elementValue() throws(NFTSyntaxProblem) -> NFTExpression {
    if current.kind == .word, let verdict = try verdict() { return .verdict(verdict) }
    return try value()
  }

  private mutating func skipElementState() {
    while current.kind == .word, current.text != "timeout", current.text != "expires", current.text != "comment" {
      advance()
    }
  }
}
