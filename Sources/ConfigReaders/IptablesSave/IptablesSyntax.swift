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
