import PacketSets
import RuleModel
import SourceText

/// Why the file is a configuration of a locally managed Quantum Spark or Rugged appliance.
@Sendable
func detectGaiaEmbedded(_ file: SourceFile) -> String? {
  for number in 1...min(file.lines.count, 5000) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    var position = bounds.lowerBound
    guard let head = takeWord(file.bytes.span, &position, end: bounds.upperBound),
      matches(file.bytes.span, head, "add") || matches(file.bytes.span, head, "set")
    else { continue }
    let words = file.text(bounds.lowerBound..<min(bounds.upperBound, bounds.lowerBound + 200))
      .split(whereSeparator: { $0 == " " || $0 == "\t" }).prefix(4)
    guard words.count == 4, ["add", "set"].contains(words[0]), words[1] == "access-rule", words[2] == "type" else {
      continue
    }
    if ["outgoing", "incoming-internal-and-vpn"].contains(words[3]) {
      return "it holds `\(words[0]) access-rule type …`"
    }
  }
  return nil
}

/// Reads a whole file: one appliance.
@Sendable
func readGaiaEmbedded(_ file: SourceFile) -> Reading {
  var reader = GaiaEmbeddedReader(file)
  reader.read()
  let device = reader.device()
  reader.notes.ledger.finish(file)
  var reading = Reading(ledger: reader.notes.ledger)
  reading.devices = [device]
  reading.issues = reader.notes.issues
  return reading
}

/// Statements of the appliance's command line, one a line.
///
/// Only `access-rule` and `host` statements could be held against a vendor's text; the grammar of other objects could not,
/// so what they stand for is left open.
struct GaiaEmbeddedReader {
  let file: SourceFile
  var notes: CheckPointNotes
  var rules: [GaiaEmbeddedRule] = []
  var hosts: [String: AddressBounds] = [:]
  private(set) var hostname: String?

  /// Statements that do not decide about traffic.
  private static let irrelevant: Set<String> = [
    "admin-access", "administrator", "administrators", "cloud-deployment", "cloud-notification", "date",
    "device-details",
    "dhcp", "dns", "dynamic-dns", "email", "hotspot", "log", "message", "netflow", "ntp", "periodic-backup",
    "privacy-settings",
    "proxy", "reach-my-device", "report", "security-management", "sic_init", "snmp", "software-updates", "ssh",
    "syslog-server", "time",
    "timezone", "ui-settings", "upgrade", "user", "user-management", "usb-modem", "wlan",
  ]

  init(_ file: SourceFile) {
    self.file = file
    notes = CheckPointNotes(file)
  }

  mutating func read() {
    let file = self.file
    let bytes = file.bytes.span
    for number in 1...file.lines.count {
      let range = file.range(ofLine: number)
      let words = shellWords(bytes, Int(range.start)..<Int(range.end))
      guard let first = words.first?.text else { continue }
      if first.hasPrefix("#") || first.hasPrefix("!") || isNoise(words.map(\.text)) {
        notes.ledger.mark(line: number, .irrelevant)
        continue
      }
      statement(words, range)
    }
    if rules.isEmpty {
      notes.issue(
        .truncated, file.range(ofLine: 1), "the file holds no access rule",
        help: "export with `show configuration`, or `show access-rule` of both tables")
    }
  }

  private func isNoise(_ words: [String]) -> Bool {
    if ["exit", "quit", "show", "expert", "save"].contains(words[0]) { return true }
    return words[0].hasSuffix(">") && (words.count == 1 || ["show", "exit", "quit"].contains(words[1]))
  }

  private mutating func statement(_ words: [ShellWord], _ range: SourceRange) {
    let verb = words[0].text
    let subject = words.count > 1 ? words[1].text : ""
    switch (verb, subject) {
    case ("add", "access-rule"): addRule(words, range)
    case ("set", "access-rule"), ("delete", "access-rule"):
      notes.gap(
        range, .notModelled, matters: true,
        "changes of rules are not carried out; the rules are read as they were added")
    case ("add", "host"): addHost(words, range)
    case ("set", "hostname"), ("set", "device-details"):
      hostname = words.last?.text
      notes.ledger.mark(range, .used)
    case ("add", _), ("set", _), ("delete", _):
      if Self.irrelevant.contains(subject) {
        notes.ledger.mark(range, .irrelevant)
      } else {
        notes.gap(range, .notModelled, matters: true, "statements about `\(printable(subject))` are not read")
      }
    default: break
    }
  }

  /// `add host name N ipv4-address A`
  private mutating func addHost(_ words: [ShellWord], _ range: SourceRange) {
    let pairs = GaiaEmbeddedPairs(words.dropFirst(2), keys: ["name", "ipv4-address"])
    guard let name = pairs.value("name"), let address = pairs.value("ipv4-address").flatMap({ IPAddress($0) }) else {
      return notes.gap(range, .notRecognised, matters: true, "the host has no name or address that can be read")
    }
    hosts[name] = AddressBounds(AddressSet(address))
    notes.ledger.mark(range, .used)
  }

  private mutating func addRule(_ words: [ShellWord], _ range: SourceRange) {
    let pairs = GaiaEmbeddedPairs(words.dropFirst(2), keys: GaiaEmbeddedRule.keys)
    notes.ledger.mark(range, .used)
    for word in pairs.unknown {
      notes.gap(range, .notRecognised, matters: true, "`\(printable(word))` of the access rule is not known")
    }
    guard let table = pairs.value("type").flatMap({ GaiaEmbeddedRule.Table(rawValue: $0) }) else {
      return notes.gap(range, .notRecognised, matters: true, "the access rule belongs to no table that is known")
    }
    rules.append(GaiaEmbeddedRule(table: table, pairs: pairs, range: range, order: rules.count))
  }
}

/// Keys of a statement with their values; keys that are given without a value have none.
struct GaiaEmbeddedPairs {
  private var values: [String: [String]] = [:]
  private(set) var unknown: [String] = []

  init(_ words: ArraySlice<ShellWord>, keys: Set<String>) {
    var key: String?
    for word in words {
      if !word.isQuoted, keys.contains(word.text), key == nil || values[key!]?.isEmpty == false || isFlag(key!) {
        key = word.text
        values[word.text, default: []] += []
      } else if let open = key {
        values[open]?.append(word.text)
        key = nil
      } else {
        unknown.append(word.text)
      }
    }

    func isFlag(_ key: String) -> Bool { key.hasSuffix("-updatable-object") }
  }

  func has(_ key: String) -> Bool { values[key] != nil }
  func all(_ key: String) -> [String] { values[key] ?? [] }
  func value(_ key: String) -> String? { values[key]?.last }
}
