import PacketSets
import RuleModel
import SourceText

/// Reads rules and objects of one firewall, in any of the forms in which it gives them, one after the other in one file.
struct StormshieldReader {
  let file: SourceFile
  var ledger: ReadingLedger
  var issues: [ReadIssue] = []
  var objects = StormshieldObjects()
  /// Rules by slot; those of a slot file without a number are slot 0.
  var slots = StormshieldSlots()
  var interfaces: [StormshieldInterface] = []
  /// Whether sections with other routes than the default one are there.
  var hasOtherRoutes = false
  var defaultGateway: (name: String, range: SourceRange)?
  var modbus: [Int: StormshieldModbusProfile] = [:]
  /// Protocols besides Modbus whose profiles the file changes.
  var otherProfiles: [IndustrialProtocol: SourceRange] = [:]
  private var section = ""

  static func read(_ file: SourceFile) -> Reading {
    var reader = StormshieldReader(file: file, ledger: ReadingLedger(file))
    for number in 1...file.lines.count { reader.take(line: number) }
    reader.noteEmpty()
    var lowering = StormshieldLowering(reader)
    let device = lowering.lower()
    var ledger = lowering.ledger
    ledger.finish(file)
    var reading = Reading(ledger: ledger)
    reading.devices = [device]
    reading.issues = lowering.issues
    return reading
  }

  private init(file: SourceFile, ledger: ReadingLedger) {
    self.file = file
    self.ledger = ledger
  }

  private mutating func noteEmpty() {
    guard slots.isEmpty else { return }
    issues.append(
      ReadIssue(
        kind: .truncated, range: file.range(ofLine: 1), message: "the file holds no filter rule",
        help: "put the slot file (CONFIG SLOT DOWNLOAD, or Filter/NN of a backup) behind the objects",
        couldChangeVerdict: true))
  }

  mutating func gap(_ range: SourceRange, _ state: LineState, _ reason: String) {
    ledger.gap(LedgerGap(range: range, state: state, couldChangeVerdict: true, reason: reason))
  }

  // MARK: Lines

  private mutating func take(line number: Int) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    let start = bounds.lowerBound + (number == 1 ? file.byteOrderMarkLength : 0)
    var content = max(start, bounds.lowerBound)..<max(start, bounds.upperBound)
    while let first = content.first, ASCII.isBlank(file.bytes[first]) { content = first + 1..<content.upperBound }
    let range = file.range(ofLine: number)
    guard let first = content.first else { return ledger.mark(line: number, .irrelevant) }
    if file.bytes[content].contains(0) { return gap(range, .notRecognised, "a NUL byte has no place in a text file") }
    switch file.bytes[first] {
    case ASCII.hash: ledger.mark(line: number, isCSVHead(content) ? .used : .irrelevant)
    case UInt8(ascii: "["): takeSection(file.text(content), range)
    default: take(file.text(content), range)
    }
  }

  /// `#type,#name,…` above the rows of an export.
  private func isCSVHead(_ content: Range<Int>) -> Bool { file.text(content.prefix(6)) == "#type," }

  private mutating func takeSection(_ text: String, _ range: SourceRange) {
    ledger.mark(range, .used)
    section = text.dropFirst().prefix { $0 != "]" }.lowercased()
    if section == "filter" || section == "nat" { slots.begin(section) }
    if isInterface(section) { interfaces.append(StormshieldInterface(section: section, range: range)) }
  }

  private mutating func take(_ written: String, _ range: SourceRange) {
    let text = withoutPrompt(written)
    let head = text.prefix { $0 != " " && $0 != "\t" && $0 != "=" && $0 != "," }.lowercased()
    if head == "config" { return takeCommand(text, range) }
    if head == "position" || head == "separator" || isRuleHead(head, text) { return takeRule(text, range) }
    if head == "type", section == "object" { return takeListed(stormshieldTokens(text), range) }
    if text.utf8.dropFirst(head.utf8.count).first == UInt8(ascii: ","), takeRow(text, range) { return }
    if isAnswer(text, head) { return ledger.mark(range, .irrelevant) }
    takeSetting(text, range)
  }

  private func isRuleHead(_ head: String, _ text: String) -> Bool {
    StormshieldRuleText.actions.contains(head) || ((head == "on" || head == "off") && !text.contains("="))
  }

  /// `SRPClient>` and `>` in front of commands that a terminal recorded.
  private func withoutPrompt(_ text: String) -> String {
    guard let end = text.utf8.firstIndex(of: UInt8(ascii: ">")),
      text.utf8.distance(from: text.utf8.startIndex, to: end) <= 24,
      text[..<end].utf8.allSatisfy({ $0 != ASCII.space && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "=") })
    else { return text }
    return text[text.index(after: end)...].trimmingBlanks()
  }

  /// Replies of serverd (`100 code=00a00100 msg="Ok"`) and commands that change nothing.
  private func isAnswer(_ text: String, _ head: String) -> Bool {
    if text.isEmpty || head == "modify" || head == "quit" || head == "exit" || head == "list" { return true }
    return head.utf8.count == 3 && head.utf8.allSatisfy(ASCII.isDigit) && text.contains("code=")
  }

  // MARK: Rules

  private mutating func takeRule(_ text: String, _ range: SourceRange) {
    var line = text[...]
    // `position=4; ruleid=3: pass …` (CONFIG FILTER EXPLICIT).
    if text.prefix(9).lowercased() == "position=" {
      if let mark = text.firstIndex(of: ";"),
        text[text.index(after: mark)...].trimmingBlanks().prefix(9).lowercased() == "separator"
      {
        return takeSeparator(range)
      }
      line = text[(text.firstIndex(of: ":").map { text.index(after: $0) } ?? text.endIndex)...]
    }
    let body = line.trimmingBlanks()
    if body.prefix(9).lowercased() == "separator" { return takeSeparator(range) }
    guard let rule = stormshieldSlotLine(body, range) else {
      // What cannot be read may permit and may block.
      gap(range, .notRecognised, "this is no rule of a filter policy")
      return slots.append(StormshieldRuleText(range: range), isNAT: section == "nat")
    }
    ledger.mark(range, .used)
    slots.append(rule, isNAT: rule["action"] == "nat" || section == "nat")
  }

  private mutating func takeSeparator(_ range: SourceRange) {
    ledger.mark(range, .irrelevant)
    slots.appendSeparator(isNAT: section == "nat")
  }

  // MARK: Settings of the object, network and route files

  private func isInterface(_ section: String) -> Bool {
    ["ethernet", "vlan", "bridge", "wlan", "agg", "loopback", "gretap", "gretun", "ipsec", "usbeth"].contains { kind in
      section.hasPrefix(kind) && section.dropFirst(kind.count).allSatisfy(\.isNumber)
    }
  }

  /// `name=value` inside a section.
  private mutating func takeSetting(_ text: String, _ range: SourceRange) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
    guard parts.count == 2, !parts[0].isEmpty else {
      return gap(range, .notRecognised, "no statement of this platform begins here")
    }
    switch section {
    case "host":
      // `gateway=192.0.2.1,resolve=static`
      let fields = parts[1].split(separator: ",").map(String.init)
      let isDynamic = fields.dropFirst().contains { $0.lowercased() == "resolve=dynamic" }
      define(
        "host", ["name": parts[0], "ip": fields.first ?? "", "resolve": isDynamic ? "dynamic" : "static"], range)
    case "network": takeNetwork(parts[0], String(parts[1].prefix { $0 != "," }), range)
    case "fqdn": define("fqdn", ["name": parts[0]], range)
    case "config" where parts[0].lowercased() == "defaultroute":
      ledger.mark(range, .used)
      defaultGateway = (parts[1], range)
    default: takeOtherSetting(parts[0].lowercased(), parts[1], range)
    }
  }

  /// `plant=10.10.0.0/16`, or with a mask in dotted form.
  private mutating func takeNetwork(_ name: String, _ value: String, _ range: SourceRange) {
    let parts = value.split(separator: "/", maxSplits: 1).map(String.init)
    var values = ["name": name, "ip": parts.first ?? ""]
    if parts.count == 2 { values[parts[1].contains(".") ? "mask" : "prefixlen"] = parts[1] }
    define("network", values, range)
  }

  private mutating func takeOtherSetting(_ name: String, _ value: String, _ range: SourceRange) {
    if let last = interfaces.indices.last, isInterface(section) {
      ledger.mark(range, .used)
      interfaces[last].set(name, value)
    } else if name == "name", !section.isEmpty {
      // A member of the group whose name is the section's (CONFIG OBJECT GROUP SHOW).
      ledger.mark(range, .used)
      let member = String(value.prefix { $0 != " " })
      let isService = objects.services[section] != nil
      objects.add(member.replacing("\"", with: ""), to: section, range, isService: isService)
    } else {
      if ["route", "bird"].contains(where: { section.contains($0) }) { hasOtherRoutes = true }
      gap(
        range, .notRecognised,
        "`\(printable(String(name.prefix(40))))` is not known in the section [\(printable(section))]")
    }
  }
}

/// `name=value` pairs of one line, quotes resolved, names in lower case.
func stormshieldTokens(_ text: String) -> [String: String] {
  let bytes = Array(text.utf8)
  var tokens: [String: String] = [:]
  for word in shellWords(bytes.span, 0..<bytes.count) {
    guard let equals = word.text.firstIndex(of: "=") else { continue }
    tokens[word.text[..<equals].lowercased()] = String(word.text[word.text.index(after: equals)...])
  }
  return tokens
}
