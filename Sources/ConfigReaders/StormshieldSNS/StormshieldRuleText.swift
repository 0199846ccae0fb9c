import SourceText

/// A rule as written, the same whether it came from a slot line or from a serverd command.
///
/// Values are kept under the names that serverd gives them (CONFIG FILTER RULE UPDATE): `action`, `srctarget`, `dstport`, …
struct StormshieldRuleText {
  static let actions: Set<String> = ["pass", "block", "reset", "decrypt", "log", "deleg", "nat"]

  var values: [String: String] = [:]
  /// Words that are not known.
  var unknown: [String] = []
  var range: SourceRange

  init(range: SourceRange) { self.range = range }

  subscript(token: String) -> String? { values[token] }

  /// The members of a list; several are set apart by `,` or `|`.
  func list(_ token: String) -> [String] {
    (values[token] ?? "").split { $0 == "," || $0 == "|" }.map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
  }
}

extension StringProtocol {
  /// Without spaces and tabs at both ends.
  func trimmingBlanks() -> String {
    var rest = self[...]
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}

/// Reads a line of a slot file: `[off] ACTION [options] from OBJECTS [on IF] to OBJECTS [on IF] [port SERVICES] # comment`, for
/// address translation with `-> from OBJECT [port SERVICE] to OBJECT [port SERVICE]` behind it.
///
/// Nil when the line does not begin like a rule.
func stormshieldSlotLine(_ text: String, _ range: SourceRange) -> StormshieldRuleText? {
  let (body, comment) = withoutComment(text)
  var scanner = SlotScanner(words: words(body), rule: StormshieldRuleText(range: range))
  guard scanner.takeHead() else { return nil }
  if let comment, !comment.isEmpty { scanner.rule.values["comment"] = comment }
  scanner.takeOptions()
  scanner.takeSides()
  return scanner.rule
}

/// Splits off what stands behind the first `#` outside of quotes.
private func withoutComment(_ text: String) -> (String, String?) {
  var isQuoted = false
  for (place, byte) in zip(text.utf8.indices, text.utf8) {
    if byte == ASCII.quote { isQuoted.toggle() }
    if byte == ASCII.hash, !isQuoted {
      return (String(text[..<place]), text[text.utf8.index(after: place)...].trimmingBlanks())
    }
  }
  return (text, nil)
}

private func words(_ text: String) -> [String] {
  let bytes = Array(text.utf8)
  return shellWords(bytes.span, 0..<bytes.count).map(\.text)
}

private struct SlotScanner {
  let words: [String]
  var position = 0
  var rule: StormshieldRuleText

  private var next: String? { position < words.count ? words[position].lowercased() : nil }

  private mutating func take() -> String? {
    guard position < words.count else { return nil }
    position += 1
    return words[position - 1]
  }

  mutating func takeHead() -> Bool {
    rule.values["state"] = "on"
    if next == "off" || next == "on" { rule.values["state"] = take()?.lowercased() }
    guard let action = next, StormshieldRuleText.actions.contains(action) else { return false }
    position += 1
    rule.values["action"] = action
    return true
  }

  /// Options with one word behind them, by the token that they set.
  private static let valued: [String: String] = [
    "ipproto": "ipproto", "type": "icmptype", "code": "icmpcode", "proto": "proto", "schedule": "schedule",
    "time": "schedule", "rulename": "rulename", "route": "route", "qosid": "qosid", "ackqosid": "ackqosid",
    "qosfairness": "qosfairness", "settos": "settos", "tos": "tos", "rate": "rate", "noconnlog": "noconnlog",
    "securityinspection": "securityinspection", "via": "via", "user": "srcuser", "fwservice": "fwservice",
  ]

  /// What stands between the action and `from`.
  mutating func takeOptions() {
    while let word = next, word != "from" {
      position += 1
      switch word {
      case "log", "minor", "major": rule.values["loglevel"] = word
      case "count", "synproxy", "nohasync": rule.values[word] = "on"
      case "inspection": takeInspection()
      default:
        if let token = Self.valued[word] {
          rule.values[token] = take() ?? ""
        } else if !isContentFilter(word) {
          rule.unknown.append(word)
        }
      }
    }
  }

  private mutating func takeInspection() {
    guard let level = take()?.lowercased() else { return }
    rule.values["inspection"] = level
  }

  /// `mailfiltering:0,urlfiltering:0,ftpfiltering,antispam`: filters of content, which only take away.
  private func isContentFilter(_ word: String) -> Bool {
    let known: Set<Substring> = [
      "antivirus", "antispam", "sandboxing", "ftpfiltering", "urlfiltering", "mailfiltering", "sslfiltering",
      "proxycache",
    ]
    return word.split(separator: ",").allSatisfy { part in known.contains(part.prefix { $0 != ":" }) }
  }

  /// `from … to …`, and behind `->` what they become.
  mutating func takeSides() {
    var prefix = ""
    var side = ""
    while let word = take() {
      switch word.lowercased() {
      case "->": prefix = "nat"
      case "from":
        side = "src"
        rule.values[prefix + "srctarget"] = take() ?? ""
      case "to":
        side = "dst"
        rule.values[prefix + "dsttarget"] = take() ?? ""
      case "on" where !side.isEmpty && prefix.isEmpty: rule.values[side + "if"] = take() ?? ""
      case "port" where !side.isEmpty: rule.values[prefix + side + "port"] = take() ?? ""
      case "via" where side == "src": rule.values["via"] = take() ?? ""
      case "user" where side == "src": rule.values["srcuser"] = take() ?? ""
      default: rule.unknown.append(word)
      }
    }
  }
}
