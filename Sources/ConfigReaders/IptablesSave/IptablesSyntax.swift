import PacketSets
import SourceText

/// A file of iptables-save in its own terms: tables of chains of rule lines, before any rule is interpreted.
struct IptablesFile {
  var tables: [IptablesTable] = []
}

/// One `*table` … `COMMIT` block, or what the `iptables -t table` lines of a script add up to.
struct IptablesTable {
  let name: String
  /// Nil until something in the file tells.
  var family: IPFamily?
  /// The line that opens the table.
  let source: SourceRange
  /// Lines from the opening one to the last one, 1-based, both included.
  private(set) var lines: ClosedRange<Int>
  var isCommitted = false
  /// Built from `iptables` command lines, which need no COMMIT.
  let isScript: Bool
  private(set) var chains: [IptablesChain] = []
  private var indices: [String: Int] = [:]

  init(name: String, family: IPFamily?, source: SourceRange, line: Int, isScript: Bool) {
    self.name = name
    self.family = family
    self.source = source
    self.isScript = isScript
    lines = line...line
  }

  /// Counts the lines up to `line` to the table.
  mutating func extend(to line: Int) { lines = lines.lowerBound...max(line, lines.upperBound) }

  /// The chain of that name.
  func chain(_ name: String) -> IptablesChain? { indices[name].map { chains[$0] } }

  /// The place of the chain of that name in `chains`.
  func index(of name: String) -> Int? { indices[name] }

  /// Changes the chain of that name, which comes into being if it is new; `range` is where it was first named.
  mutating func update(_ name: String, _ range: SourceRange, _ change: (inout IptablesChain) -> Void) {
    let index = indices[name] ?? chains.count
    if index == chains.count {
      chains.append(IptablesChain(name: name, source: range))
      indices[name] = index
    }
    change(&chains[index])
  }
}

/// A chain of one table.
struct IptablesChain {
  let name: String
  /// Where it is declared, or first named if it is not.
  var source: SourceRange
  var isDeclared = false
  /// The policy word and its place; nil for user chains and for built-in chains that the file gives no policy.
  var policy: (word: String, range: SourceRange)?
  /// A statement that deletes or replaces rules: those that stood in the chain before it may be gone.
  var deletion: SourceRange?
  private var front: [IptablesLine] = []
  private var back: [IptablesLine] = []
  private var moved = 0

  /// How many entries middle insertions may move in all, so that a hostile file cannot cost quadratic time.
  private static let moveLimit = 1 << 28

  init(name: String, source: SourceRange) {
    self.name = name
    self.source = source
  }

  /// The rule lines in order of evaluation.
  var rules: [IptablesLine] { front.reversed() + back }

  var ruleCount: Int { front.count + back.count }

  mutating func append(_ line: IptablesLine) { back.append(line) }

  /// Inserts before the rule that now has the 1-based `number`; false when that place does not exist.
  ///
  /// Rules at the head are kept in reverse, since `-I` without a number is by far the most frequent.
  mutating func insert(_ line: IptablesLine, at number: Int) -> Bool {
    guard (1...ruleCount + 1).contains(number) else { return false }
    let isInFront = number - 1 <= front.count
    let place = isInFront ? front.count - (number - 1) : number - 1 - front.count
    let cost = isInFront ? number - 1 : back.count - place
    guard moved + cost <= Self.moveLimit else { return false }
    moved += cost
    if isInFront { front.insert(line, at: place) } else { back.insert(line, at: place) }
    return true
  }

  /// Remembers that the rules so far may have been deleted by the statement at `range`.
  mutating func doubtRules(_ range: SourceRange) {
    deletion = range
    for i in front.indices { front[i].deletion = range }
    for i in back.indices { back[i].deletion = range }
  }
}

/// One rule line, not yet interpreted.
struct IptablesLine {
  /// The whole statement.
  let range: SourceRange
  /// What stands behind the chain's name (and the insertion number).
  let body: Range<Int>
  /// Packets counted, from `[packets:bytes]`.
  var hits: UInt64?
  /// A later statement that may have deleted the rule.
  var deletion: SourceRange?
  /// Why the line as a whole is not understood (variables of a shell script, an impossible place).
  var doubt: String?
}

/// A word of a rule line with quotes and escapes resolved.
struct IptablesWord {
  var text: String
  /// A quoted word is never an option.
  var isQuoted: Bool

  var isOption: Bool { !isQuoted && text.utf8.first == UInt8(ascii: "-") && text.utf8.count > 1 }
  var isNegation: Bool { !isQuoted && text == "!" }
}

/// Splits a rule line as iptables-restore does: blanks separate, `"` quotes, and `\` escapes inside quotes.
///
/// Single quotes quote too, as in shell scripts; a `\` at a line's end joins the next line.
func iptablesWords(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [IptablesWord] {
  var words: [IptablesWord] = []
  var position = range.lowerBound
  while position < range.upperBound {
    if isSeparator(bytes[position]) || isContinuation(bytes, position, end: range.upperBound) {
      position += 1
      continue
    }
    let start = position
    while position < range.upperBound, !isSeparator(bytes[position]), !isQuoteOrEscape(bytes[position]) { position += 1 }
    if position == range.upperBound || isSeparator(bytes[position]) {
      words.append(IptablesWord(text: text(bytes, start..<position), isQuoted: false))
    } else {
      position = start
      words.append(quotedWord(bytes, &position, end: range.upperBound))
    }
  }
  return words
}

/// Takes a word that holds quotes or escapes.
private func quotedWord(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> IptablesWord {
  var content: [UInt8] = []
  var open: UInt8?
  var isQuoted = false
  while position < end {
    let byte = bytes[position]
    if let quote = open {
      if byte == quote {
        open = nil
      } else if byte == ASCII.backslash, quote == ASCII.quote, position + 1 < end {
        position += 1
        content.append(bytes[position])
      } else {
        content.append(byte)
      }
    } else if byte == ASCII.quote || byte == UInt8(ascii: "'") {
      open = byte
      isQuoted = true
    } else if isSeparator(byte) || isContinuation(bytes, position, end: end) {
      break
    } else {
      content.append(byte)
    }
    position += 1
  }
  return IptablesWord(text: String(decoding: content, as: UTF8.self), isQuoted: isQuoted)
}

private func isSeparator(_ byte: UInt8) -> Bool {
  ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
}

private func isQuoteOrEscape(_ byte: UInt8) -> Bool {
  byte == ASCII.quote || byte == UInt8(ascii: "'") || byte == ASCII.backslash
}

private func isContinuation(_ bytes: Span<UInt8>, _ position: Int, end: Int) -> Bool {
  guard bytes[position] == ASCII.backslash else { return false }
  let next = position + 1
  return next >= end || bytes[next] == ASCII.lineFeed || bytes[next] == ASCII.carriageReturn
}

/// The text of a byte range, ill-formed UTF-8 repaired.
func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
  bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
}

/// The pieces of a word between separators, by bytes (splitting by characters costs several times as much).
func pieces(_ word: String, at separator: UInt8) -> [String] {
  guard word.utf8.contains(separator) else { return [word] }
  return word.utf8.split(separator: separator, omittingEmptySubsequences: false).map { String(Substring($0)) }
}
