import RuleModel
import SourceText

extension Platform {
  /// Stormshield Network Security (SNS, SNi): slot files and serverd scripts.
  static let stormshieldSNS = Platform(
    id: "stormshield-sns", title: "Stormshield Network Security (SNS, SNi40)", support: .samples,
    documentation: [
      "Stormshield SNS v4 user configuration manual: Filtering and NAT, Implicit rules, Objects base structure (CSV)",
      "Stormshield SNS v4 CLI serverd commands reference guide: CONFIG FILTER, CONFIG OBJECT, CONFIG PROTOCOL MODBUS",
      "Stormshield's provisioning scripts and Ansible roles, for the text of slot, object and network files",
    ],
    modelled: [
      "filter rules of a slot file, of CONFIG FILTER EXPLICIT and of serverd scripts, in order",
      "address translation, evaluated behind the filter",
      "hosts, networks, ranges, services and groups, from the object file, the CSV export and serverd",
      "interfaces with their addresses from the network file; inspection levels; Modbus profiles",
    ],
    bounded: [
      "objects that are not in the file, FQDN objects, `internet` and `network_internals`",
      "users, geography, reputation, schedules, VPN sources, policy routing", "what the inspection blocks",
      "implicit rules for the firewall's own services",
    ],
    ignored: ["separators, quality of service, content filtering, logging targets and other settings"],
    detect: detectStormshield, read: { StormshieldReader.read($0) })
}

/// Lines looked at: objects may stand before the rules.
private let detectionLimit = 50_000

@Sendable
private func detectStormshield(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  var section: Range<Int>?
  for number in 1...min(file.lines.count, detectionLimit) {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    var start = bounds.lowerBound
    if number == 1 { start += file.byteOrderMarkLength }
    skipBlanks(bytes, &start, end: bounds.upperBound)
    let line = start..<max(start, bounds.upperBound)
    if begins(bytes, line, with: "position="), isListedRule(file.text(line.prefix(200))) {
      return "line \(number) is a rule as CONFIG FILTER EXPLICIT lists it"
    }
    if line.count > 20, ASCII.lowercased(bytes[line.lowerBound]) == UInt8(ascii: "c"),
      isCommand(file.text(line.prefix(60)).lowercased())
    {
      return "line \(number) is a serverd command"
    }
    if begins(bytes, line, with: "[") {
      section = line
    } else if let named = section, matches(bytes, named, "[Filter]") || matches(bytes, named, "[NAT]"),
      isRule(file.text(line.prefix(80)))
    {
      return "the section \(file.text(named)) holds rules of a slot file"
    }
  }
  return nil
}

private func isListedRule(_ text: String) -> Bool {
  let parts = text.split(separator: ";")
  return parts.count > 1 && parts[1].drop { $0 == " " }.hasPrefix("ruleid=")
}

private func isCommand(_ text: String) -> Bool {
  text.hasPrefix("config filter rule ") || text.hasPrefix("config object host new ")
    || text.hasPrefix("config object network new ")
}

private func isRule(_ text: String) -> Bool {
  var words = text.lowercased().split { $0 == " " || $0 == "\t" }.prefix(2)
  if words.first == "off" || words.first == "on" { words.removeFirst() }
  guard let action = words.first.map(String.init) else { return false }
  return StormshieldRuleText.actions.contains(action) || action == "separator"
}
