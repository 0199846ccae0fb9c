/// What became of one line of input.
public enum LineState: UInt8, Sendable, CaseIterable, Comparable {
  /// Nothing has claimed the line yet; a finished ledger has none.
  case unread
  /// Blank line, comment, or a statement that is known not to touch filtering.
  case irrelevant
  /// The rule model holds what the line says.
  case used
  /// The statement is known, but the rule model does not hold (all of) it.
  case notModelled
  /// The reader does not know the statement.
  case notRecognised

  public static func < (a: LineState, b: LineState) -> Bool { a.rawValue < b.rawValue }
}

/// A line that was not, or not fully, understood.
public struct LedgerGap: Hashable, Sendable {
  /// Where.
  public var range: SourceRange
  /// `notModelled` or `notRecognised`.
  public var state: LineState
  /// Whether a verdict about traffic could be different if the line had been understood.
  public var couldChangeVerdict: Bool
  /// Plain words: what it is and what was assumed instead.
  public var reason: String

  public init(range: SourceRange, state: LineState, couldChangeVerdict: Bool, reason: String) {
    self.range = range
    self.state = state
    self.couldChangeVerdict = couldChangeVerdict
    self.reason = reason
  }
}

/// Accounts for every line of one file: none is skipped silently.
public struct ReadingLedger: Sendable {
  /// The file.
  public let file: UInt32
  /// One state a line; index 0 is line 1.
  public private(set) var states: [LineState]
  /// Lines not (fully) understood, in the order in which they were met.
  public private(set) var gaps: [LedgerGap] = []
  private let lines: LineIndex

  public init(_ source: SourceFile) {
    file = source.id
    lines = source.lines
    states = Array(repeating: .unread, count: source.lines.count)
  }

  /// Marks the lines that `range` touches; a line keeps the worst state that it was given.
  public mutating func mark(_ range: SourceRange, _ state: LineState) {
    let first = lines.line(at: Int(range.start))
    let last = lines.line(at: max(Int(range.start), Int(range.end) - 1))
    for line in first...last where states[line - 1] < state { states[line - 1] = state }
  }

  /// Marks a 1-based line; it keeps the worst state that it was given.
  public mutating func mark(line: Int, _ state: LineState) {
    if states[line - 1] < state { states[line - 1] = state }
  }

  /// Marks 1-based lines; each keeps the worst state that it was given.
  public mutating func mark(lines: Range<Int>, _ state: LineState) {
    for line in lines where states[line - 1] < state { states[line - 1] = state }
  }

  /// Records that `range` was not (fully) understood.
  public mutating func gap(_ gap: LedgerGap) {
    mark(gap.range, gap.state)
    gaps.append(gap)
  }

  /// Closes the account: blank lines become irrelevant, lines that nothing claimed become gaps that could change a verdict.
  public mutating func finish(_ source: SourceFile) {
    for line in 1...states.count where states[line - 1] == .unread {
      let bounds = source.lines.bounds(ofLine: line, in: source.bytes)
      if source.bytes[bounds].allSatisfy({ ASCII.isBlank($0) || $0 == 0x0C }) {
        states[line - 1] = .irrelevant
      } else {
        gap(
          LedgerGap(
            range: source.range(ofLine: line), state: .notRecognised, couldChangeVerdict: true,
            reason: "no statement of this platform begins here"))
      }
    }
  }

  /// Lines in `state`.
  public func count(of state: LineState) -> Int { states.count { $0 == state } }

  /// Whether some gap could change a verdict.
  public var isIncomplete: Bool { gaps.contains { $0.couldChangeVerdict } }
}
