import PacketSets
import RuleModel
import SourceText

/// What the indented lines that follow belong to.
enum IOSBlock: Equatable {
  case none
  case interface(Int)
  /// An access list, by its place in `IOSConfig.lists`.
  case list(Int)
  case group(String)
  case classMap(String)
  case policyMap(String)
  /// A `policy-map` that marks, shapes and polices.
  case qualityPolicy
  case zonePair(Int)
  case vlanMap(String)
  case line(Int)
  case vrf(String)
  case routeMap(String)
  case pool(String)
  case controlPlane
  /// A statement that does not touch filtering, with all below it.
  case irrelevant
  /// A statement that the model does not hold; said once, at its head.
  case notModelled
  case unknown
}

/// Reads one file: lines to statements, statements to `IOSConfig`, and that to a device.
struct IOSReader {
  let file: SourceFile
  var words: CiscoWords
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  var device: Device
  var config: IOSConfig
  var block = IOSBlock.none
  /// The line that is being read, 1-based.
  var line = 0
  var resolvedAddresses: [String: AddressBounds] = [:]
  var resolvedServices: [String: ServiceBounds] = [:]
  var serviceCache: [IOSServiceKey: [Service]] = [:]
  /// Which ports carry which VLAN, and the bindings in the order of the file; known when the file has been read.
  var switching = IOSSwitching()
  var orderedBindings: [IOSBinding] = []
  /// Whom the lists of terminal lines and servers let in, by place of the list.
  var managerSources: [Int: AddressBounds] = [:]
  /// Lists of implied rules, by name.
  var helperLists: [String: Int] = [:]
  /// The list that a policy map became.
  var policyLists: [String: Int] = [:]
  /// Access lists and ports of the web servers.
  var webList: (v4: String?, v6: String?) = (nil, nil)
  var webPorts: [String: UInt16] = [:]
  /// Rules that were copied to serve as conditions of classes and maps.
  var copiedRules = 0
  /// Undefined names that were reported; each is reported once.
  private var reported: Set<String> = []
  /// Where a banner or macro begins that is still open, and the text that ends it.
  private var open: (start: Int, end: [UInt8])?

  init(_ file: SourceFile) {
    self.file = file
    words = CiscoWords(bytes: file.bytes)
    ledger = ReadingLedger(file)
    config = IOSConfig(source: file.range(ofLine: 1))
    device = Device(name: "unnamed", platform: Platform.ciscoIOS.id, passesReplies: false, source: config.source)
  }

  /// The whole file.
  static func read(_ file: SourceFile) -> Reading {
    var reader = IOSReader(file)
    reader.readAll()
    var reading = Reading(ledger: reader.ledger)
    reading.devices = reader.config.isEmpty ? [] : [reader.device]
    reading.issues = reader.issues
    return reading
  }

  /// The range of the line that is being read.
  var here: SourceRange { file.range(ofLine: line) }

  private mutating func readAll() {
    for number in 1...file.lines.count {
      line = number
      let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
      if open != nil {
        closeText(bounds)
        continue
      }
      words.load(bounds)
      if !words.ranges.isEmpty { statement() }
    }
    if let open {
      truncated(open.start, "the text that begins here has no end; what stands behind it was not read")
    }
    if config.isEmpty {
      truncated(1, "the file holds no configuration statement")
    } else {
      finish()
    }
    ledger.finish(file)
  }

  private mutating func truncated(_ line: Int, _ message: String) {
    issues.append(
      ReadIssue(
        kind: .truncated, range: file.range(ofLine: line), message: message,
        help: "export it again with `terminal length 0` and `show running-config`", couldChangeVerdict: true))
  }

  /// One line: a comment, a statement of the open block, or one of the top level.
  private mutating func statement() {
    skipPrompt()
    guard let first = words.next else { return mark(.irrelevant) }
    switch file.bytes[first.lowerBound] {
    case ASCII.exclamation, ASCII.hash: return mark(.irrelevant)
    default: break
    }
    if words.isIndented ? block != .none : isMissingIndent(first) { return blockStatement() }
    block = .none
    topLevel(words.text(first))
  }

  /// A prompt (`router#show run`, `router(config)#hostname r`) before the statement is no part of it.
  private mutating func skipPrompt() {
    guard !words.isIndented, let first = words.next, first.count > 1,
      let end = file.bytes[first].firstIndex(of: ASCII.hash),
      end > first.lowerBound, file.bytes[first.lowerBound..<end].allSatisfy(isPromptByte)
    else { return }
    if end == first.upperBound - 1 {
      _ = words.take()
    } else {
      words.load(end + 1..<words.line.upperBound)
    }
  }

  private func isPromptByte(_ byte: UInt8) -> Bool {
    let small = ASCII.lowercased(byte)
    return small &- 97 < 26 || ASCII.isDigit(byte) || "-_.()/".utf8.contains(byte)
  }

  /// Statements that only blocks have, in files that lost their indentation.
  private func isMissingIndent(_ first: Range<Int>) -> Bool {
    let word = words.text(first)
    switch block {
    case .interface: return IOSReader.isInterfaceStatement(word, words)
    case .list:
      return ["permit", "deny", "remark", "evaluate", "dynamic", "sequence"].contains(word) || Int(word) != nil
    case .group:
      return ["host", "group-object", "range"].contains(word) || file.bytes[first].contains(UInt8(ascii: "."))
    case .classMap: return word == "match"
    case .policyMap: return ["class", "inspect", "pass", "drop"].contains(word)
    case .zonePair: return word == "service-policy"
    case .line: return word == "transport" || word == "access-class"
    default: return false
    }
  }

  private mutating func blockStatement() {
    switch block {
    case .interface(let index): interfaceStatement(index)
    case .list(let index): listStatement(index)
    case .group(let name): groupStatement(name)
    case .classMap(let name): classMapStatement(name)
    case .policyMap(let name): policyMapStatement(name)
    case .qualityPolicy: qualityStatement()
    case .zonePair(let index): zonePairStatement(index)
    case .vlanMap(let name): vlanMapStatement(name)
    case .line(let index): lineStatement(index)
    case .vrf(let name): vrfStatement(name)
    case .routeMap(let name): routeMapStatement(name)
    case .pool(let name): poolStatement(name)
    case .controlPlane: controlPlaneStatement()
    case .irrelevant, .none:
      config.otherLines.append(line)
      mark(.irrelevant)
      // Reverse route injection adds the networks behind a VPN's peers (Security Command Reference, `reverse-route`).
      if words.isNext("reverse-route") || words.isNext("set") && words.statement.contains("reverse-route") {
        mark(.used)
        config.hasOtherRoutes = true
      }
    case .notModelled:
      config.otherLines.append(line)
      mark(.notModelled)
    case .unknown: mark(.notRecognised)
    }
  }

  // MARK: - Text between delimiters

  /// `banner motd ^C … ^C`, `macro name X … @`: free text up to the delimiter.
  mutating func openText(_ delimiter: Range<Int>) {
    mark(.irrelevant)
    // The device prints the control character C as two characters.
    let isControl = file.bytes[delimiter.lowerBound] == UInt8(ascii: "^") && delimiter.count > 1
    let length = isControl ? 2 : 1
    let end = Array(file.bytes[delimiter.lowerBound..<delimiter.lowerBound + length])
    let rest = delimiter.lowerBound + length..<words.line.upperBound
    if !contains(end, in: rest) { open = (line, end) }
  }

  /// A macro's body ends with a line that holds `@` alone (Catalyst command reference, `macro name`).
  mutating func openMacro() {
    mark(.irrelevant)
    open = (line, [UInt8(ascii: "@")])
  }

  private mutating func closeText(_ bounds: Range<Int>) {
    mark(.irrelevant)
    if let open, contains(open.end, in: bounds) { self.open = nil }
  }

  private func contains(_ text: [UInt8], in bounds: Range<Int>) -> Bool {
    guard bounds.count >= text.count, let first = text.first else { return false }
    return (bounds.lowerBound...bounds.upperBound - text.count).contains { start in
      file.bytes[start] == first && file.bytes[start..<start + text.count].elementsEqual(text)
    }
  }

  // MARK: - Account

  mutating func mark(_ state: LineState) { ledger.mark(line: line, state) }

  /// Records that the line is not (fully) modelled.
  mutating func gap(_ state: LineState = .notModelled, changes: Bool, _ reason: String) {
    gap(at: here, state, changes: changes, reason)
  }

  /// Records that a statement is not (fully) modelled.
  mutating func gap(at range: SourceRange, _ state: LineState = .notModelled, changes: Bool, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: changes, reason: reason))
  }

  /// Records a line that should be known here but is not.
  mutating func unrecognised(_ what: String) {
    gap(.notRecognised, changes: true, "\(what) is not understood: `\(printable(shortened))`")
  }

  /// The beginning of the statement, for messages; never more than the three words that name it.
  private var shortened: String { words.ranges.prefix(3).map(words.text).joined(separator: " ") }

  /// Reports a name that nothing defines, once.
  mutating func undefined(
    _ kind: String, _ name: String, at range: SourceRange, among names: (IOSConfig) -> [String],
    consequence: String = ""
  ) {
    guard reported.insert("\(kind) \(name)").inserted else { return }
    // A file with very many broken names gets no hints for the rest: each costs a look at all names.
    let names = reported.count <= 50 ? names(config) : []
    let hint = nearest(to: name, among: names).map { "; did you mean `\(printable($0))`?" } ?? ""
    issues.append(
      ReadIssue(
        kind: .undefinedReference, range: range,
        message: "\(kind) `\(printable(name))` is not defined in this file\(consequence)",
        help: "define it, or export the whole configuration\(hint)", couldChangeVerdict: true))
  }
}
