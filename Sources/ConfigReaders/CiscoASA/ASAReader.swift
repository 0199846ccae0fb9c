import PacketSets
import RuleModel
import SourceText

/// What the indented lines that follow belong to.
enum ASABlock: Equatable {
  case none
  case interface(Int)
  /// An `object` or `object-group` by name.
  case object(String)
  /// A `policy-map`; with `type inspect` it can drop.
  case policyMap(isInspection: Bool)
  case webvpn
  /// A statement that does not touch filtering, with all below it.
  case irrelevant
  /// A statement that the model does not hold; said once, at its head.
  case notModelled
  case unknown
}

/// Reads one file: lines to statements, statements to `ASAConfig`, and that to devices.
struct ASAReader {
  let file: SourceFile
  var words: CiscoWords
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  var devices: [Device] = []
  var config: ASAConfig
  /// `name` aliases; the whole file's, since captures put them anywhere.
  var aliases: [String: IPAddress] = [:]
  var block = ASABlock.none
  /// The line that is being read, 1-based.
  var line = 0
  /// The access list that the last entry went to, which the next mostly goes to as well.
  var lastList: ASALastList?
  /// Whether usual entries are read in one go; off only to compare the result.
  let readsPlainEntries: Bool
  /// Whether access lists are IPv4 only; known when the configuration ends.
  var hasSeparateIPv6Lists = false
  var resolved = ASAResolvedObjects()
  var serviceCache: [ASAServiceKey: [Service]] = [:]
  /// Undefined names that were reported; each is reported once.
  private var reported: Set<String> = []
  /// Line of `: Saved`, which `show running-config` begins with, and whether its end was seen too.
  private var header: Int?
  private var hasFooter = false

  init(_ file: SourceFile, readsPlainEntries: Bool = true) {
    self.file = file
    self.readsPlainEntries = readsPlainEntries
    words = CiscoWords(bytes: file.bytes)
    ledger = ReadingLedger(file)
    config = ASAConfig(source: file.range(ofLine: 1))
  }

  /// The whole file.
  ///
  /// - Parameter readsPlainEntries: whether usual entries are read in one go; the reading is the same either way.
  static func read(_ file: SourceFile, readsPlainEntries: Bool = true) -> Reading {
    var reader = ASAReader(file, readsPlainEntries: readsPlainEntries)
    reader.readAll()
    var reading = Reading(ledger: reader.ledger)
    reading.devices = reader.devices
    reading.issues = reader.issues
    return reading
  }

  /// The range of the line that is being read.
  var here: SourceRange { file.range(ofLine: line) }

  mutating func readAll() {
    collectAliases()
    var hasContent = false
    var following = 1
    while following <= file.lines.count {
      let number = following
      following = takeEntries(from: number)
      if following > number {
        hasContent = true
        continue
      }
      following += 1
      line = number
      words.load(file.lines.bounds(ofLine: number, in: file.bytes))
      guard !words.ranges.isEmpty else { continue }
      statement()
      if ledger.states[number - 1] != .irrelevant { hasContent = true }
    }
    finishConfiguration()
    if !hasContent {
      issues.append(
        ReadIssue(
          kind: .truncated, range: file.range(ofLine: 1), message: "the file holds no configuration statement",
          help: "export it again with `show running-config` and `terminal pager 0`", couldChangeVerdict: true))
    }
    if let header, !hasFooter {
      issues.append(
        ReadIssue(
          kind: .truncated, range: file.range(ofLine: header),
          message: "the configuration that begins here has no `Cryptochecksum` or `: end` line; its end may be missing",
          help: "export it again with `terminal pager 0`", couldChangeVerdict: true))
    }
    ledger.finish(file)
  }

  /// `name ADDRESS ALIAS` lines, wherever they stand.
  private mutating func collectAliases() {
    let file = self.file
    let span = file.bytes.span
    for number in 1...file.lines.count {
      let start = file.lines.start(ofLine: number)
      guard start < span.count, span[start] == UInt8(ascii: "n") else { continue }
      let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
      guard begins(span, bounds, with: "name ") else { continue }
      words.load(bounds)
      _ = words.take()
      guard let value = words.take(), let address = literalAddress(value), let alias = words.takeText() else {
        continue
      }
      aliases[alias] = address
    }
  }

  /// One line: a comment, a statement of the open block, or one of the top level.
  private mutating func statement() {
    skipPrompt()
    guard let first = words.next else { return mark(.irrelevant) }
    switch file.bytes[first.lowerBound] {
    case ASCII.colon:
      noteFrame()
      return mark(.irrelevant)
    case ASCII.exclamation, ASCII.hash: return mark(.irrelevant)
    case UInt8(ascii: "C") where begins(file.bytes.span, first, with: "Cryptochecksum:"): hasFooter = true
    default: break
    }
    if matches(file.bytes.span, first, "access-list"), !isExpandedEntry {
      block = .none
      return accessListLine()
    }
    if words.isIndented ? block != .none : isMissingIndent(first) { return blockStatement() }
    block = .none
    topLevel(words.text(first))
  }

  /// `: Saved` and `: end` frame the output of `show running-config`.
  private mutating func noteFrame() {
    _ = words.takes(":")
    if words.isNext("Saved") {
      header = line
      hasFooter = false
    } else if words.isNext("end") {
      hasFooter = true
    }
  }

  /// A prompt (`asa/ctx# show run`) before the statement is no part of it.
  private mutating func skipPrompt() {
    guard let first = words.next, first.count > 1, file.bytes[first.upperBound - 1] == ASCII.hash else { return }
    _ = words.take()
  }

  /// Whether the line is one of the indented entries that `show access-list` expands an object group into.
  private var isExpandedEntry: Bool { words.isIndented && words.statement.contains("(hitcnt=") }

  /// Statements that only blocks have, in files that lost their indentation.
  private func isMissingIndent(_ first: Range<Int>) -> Bool {
    let word = words.text(first)
    switch block {
    case .interface: return ASAReader.interfaceWords.contains(word)
    case .object:
      if word == "nat" { return isObjectTranslation }
      return ASAReader.objectWords.contains(word)
    default: return false
    }
  }

  private static let interfaceWords: Set<String> = [
    "nameif", "security-level", "shutdown", "description", "management-only", "vlan", "bridge-group", "channel-group",
  ]
  private static let objectWords: Set<String> = [
    "host", "subnet", "range", "fqdn", "network-object", "group-object", "port-object", "service-object",
    "icmp-object", "protocol-object", "description",
  ]

  /// `nat (a,b) static …` belongs to an object, `nat (a,b) source …` does not.
  private var isObjectTranslation: Bool {
    guard words.ranges.count > 2 else { return false }
    let kind = words.text(words.ranges[2])
    return kind == "static" || kind == "dynamic"
  }

  private mutating func blockStatement() {
    switch block {
    case .interface(let index): interfaceStatement(index)
    case .object(let name): objectStatement(name)
    case .policyMap(let isInspection): policyMapStatement(isInspection: isInspection)
    case .webvpn: webvpnStatement()
    case .irrelevant, .none:
      config.otherLines.append(line)
      mark(.irrelevant)
    case .notModelled:
      config.otherLines.append(line)
      mark(.notModelled)
    case .unknown: mark(.notRecognised)
    }
  }

  // MARK: - Account

  mutating func mark(_ state: LineState) { ledger.mark(line: line, state) }

  /// Records that the line is not (fully) modelled.
  mutating func gap(_ state: LineState = .notModelled, changes: Bool, _ reason: String) {
    ledger.gap(LedgerGap(range: here, state: state, couldChangeVerdict: changes, reason: reason))
  }

  /// Records a line that should be known here but is not.
  mutating func unrecognised(_ what: String) {
    gap(.notRecognised, changes: true, "\(what) is not understood: `\(printable(shortened))`")
  }

  /// The beginning of the statement, for messages; never more than the three words that name it.
  private var shortened: String { words.ranges.prefix(3).map(words.text).joined(separator: " ") }

  /// Reports a name that nothing defines, once.
  mutating func undefined(
    _ kind: String, _ name: String, at range: SourceRange, among names: (ASAConfig) -> [String]
  ) {
    guard reported.insert(name).inserted else { return }
    // A file with very many broken names gets no hints for the rest: each costs a look at all names.
    let names = reported.count <= 50 ? names(config) : []
    let hint = nearest(to: name, among: names).map { "; did you mean `\(printable($0))`?" } ?? ""
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: range, message: "\(kind) `\(printable(name))` is not defined in this file",
        help: "define it, or export the whole configuration\(hint)", couldChangeVerdict: true))
  }
}
