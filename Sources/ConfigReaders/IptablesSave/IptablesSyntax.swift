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

  /// Changes a chain by its place.
  mutating func update(at index: Int, _ change: (inout IptablesChain) -> Void) { change(&chains[index]) }

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
  private var front: [Row] = []
  private var back: [Row] = []
  private var notes: [Note] = []
  private var moved = 0

  /// How many entries middle insertions may move in all, so that a hostile file cannot cost quadratic time.
  private static let moveLimit = 1 << 28

  /// A rule line in 16 bytes: a chain may have a million.
  private struct Row {
    var start: UInt32
    var end: UInt32
    /// The highest bit is free, since files are smaller, and says whether the line is counted.
    var bodyAndCounter: UInt32
    /// Place among `notes`, counted from 1; 0 for none.
    var note: UInt32 = 0

    init(start: Int, body: Int, end: Int, isCounted: Bool) {
      self.start = UInt32(start)
      self.end = UInt32(end)
      bodyAndCounter = UInt32(body) | (isCounted ? 1 << 31 : 0)
    }

    var body: Int { Int(bodyAndCounter & 0x7FFF_FFFF) }
    var isCounted: Bool { bodyAndCounter >> 31 == 1 }
  }

  /// What few lines have.
  private struct Note {
    var deletion: SourceRange?
    var doubt: String?
  }

  init(name: String, source: SourceRange) {
    self.name = name
    self.source = source
  }

  /// The rule lines in order of evaluation.
  var rules: some RandomAccessCollection<IptablesLine> { (0..<ruleCount).lazy.map { line(at: $0) } }

  var ruleCount: Int { front.count + back.count }

  private func row(at index: Int) -> Row {
    index < front.count ? front[front.count - 1 - index] : back[index - front.count]
  }

  /// The rule line at a place, counted from 0.
  func line(at index: Int) -> IptablesLine {
    let row = row(at: index)
    var line = IptablesLine(
      range: SourceRange(file: source.file, start: row.start, end: row.end), body: row.body..<Int(row.end),
      isCounted: row.isCounted)
    guard row.note > 0 else { return line }
    let note = notes[Int(row.note) - 1]
    line.deletion = note.deletion
    line.doubt = note.doubt
    return line
  }

  /// The place in the file of a rule line of which nothing else is to be said, and where its body begins.
  @inline(__always)
  func plainLine(at index: Int) -> (start: Int, body: Int, end: Int, isCounted: Bool)? {
    let row = row(at: index)
    return row.note == 0 ? (Int(row.start), row.body, Int(row.end), row.isCounted) : nil
  }

  private mutating func packed(_ line: IptablesLine) -> Row {
    var row = Row(
      start: Int(line.range.start), body: line.body.lowerBound, end: Int(line.range.end), isCounted: line.isCounted)
    guard line.deletion != nil || line.doubt != nil else { return row }
    notes.append(Note(deletion: line.deletion, doubt: line.doubt))
    row.note = UInt32(notes.count)
    return row
  }

  mutating func append(_ line: IptablesLine) { back.append(packed(line)) }

  /// Adds a line of which nothing else is to be said.
  mutating func append(start: Int, body: Int, end: Int, isCounted: Bool) {
    back.append(Row(start: start, body: body, end: end, isCounted: isCounted))
  }

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
    let row = packed(line)
    if isInFront { front.insert(row, at: place) } else { back.insert(row, at: place) }
    return true
  }

  /// Remembers that the rules so far may have been deleted by the statement at `range`.
  mutating func doubtRules(_ range: SourceRange) {
    deletion = range
    for i in notes.indices { notes[i].deletion = range }
    for i in front.indices where front[i].note == 0 { front[i].note = noteDeletion(range) }
    for i in back.indices where back[i].note == 0 { back[i].note = noteDeletion(range) }
  }

  private mutating func noteDeletion(_ range: SourceRange) -> UInt32 {
    notes.append(Note(deletion: range))
    return UInt32(notes.count)
  }
}

/// One rule line, not yet interpreted.
struct IptablesLine {
  /// The whole statement.
  let range: SourceRange
  /// What stands behind the chain's name (and the insertion number).
  let body: Range<Int>
  /// Whether it begins with `[packets:bytes]`, which `counter` reads.
  var isCounted: Bool
  /// A later statement that may have deleted the rule.
  var deletion: SourceRange?
  /// Why the line as a whole is not understood (variables of a shell script, an impossible place).
  var doubt: String?
}

/// The packets in the `[packets:bytes]` at `start`; nil when no number stands there.
func counter(_ bytes: Span<UInt8>, at start: Int) -> UInt64? {
  var end = start + 1
  while end < bytes.count, ASCII.isDigit(bytes[end]) { end += 1 }
  return decimal(bytes, start + 1..<end)
}

/// Takes `[packets:bytes] ` as iptables-save writes it; false, with nothing taken, when there is none.
@inline(__always)
func takesCounter(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
  guard position < end, bytes[position] == UInt8(ascii: "[") else { return false }
  let start = position
  position += 1
  let packets = position
  while position < end, ASCII.isDigit(bytes[position]) { position += 1 }
  // Nineteen digits fit a 64-bit number.
  if (1...19).contains(position - packets), takes(bytes, &position, end, ":") {
    while position < end, ASCII.isDigit(bytes[position]) { position += 1 }
    if takes(bytes, &position, end, "] ") { return true }
  }
  position = start
  return false
}
