import RuleModel
import SourceText

extension Platform {
  /// Westermo WeOS 4: the running configuration, or a CLI session.
  static let weos = Platform(
    id: "weos", title: "Westermo WeOS", support: .manual,
    documentation: [
      "Westermo OS Management Guide 4.17.0-0, chapter 31 \"Firewall Management\": 31.1 to 31.1.5, 31.2.7, 31.3.3, 31.3.10",
      "WeConfig documentation, \"Firewall\" (differences of WeOS 4 and 5)",
    ],
    modelled: [
      "filter rules in their order, with `pos`, `no filter`, `passive` and `log`",
      "input and forward filtering, the default policy",
      "a firewall that is off, or not there: everything passes", "NAPT and 1-to-1 NAT, with `addfilter`",
      "interfaces, addresses, static routes, management services",
    ],
    bounded: [
      "port forwarding and the rules that it adds", "rules that IPsec tunnels add", "default rules of the input filter",
      "`move`", "DPI filters and every other statement of the firewall section that is not known", "IPv6", "WeOS 5",
    ],
    ignored: [
      "packet modification (DSCP), connection helpers, stateful inspection setting",
      "ports, spanning tree, FRNT, alarms, SNMP, NTP, logging, users",
    ],
    detect: detectWeOS, read: { WeOSReader.read($0) })
}

/// The header of an export, or a rule as only WeOS writes it.
private func detectWeOS(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  for number in 1...file.lines.count {
    let bounds = file.lines.bounds(ofLine: number, in: file.bytes)
    if number <= 40, bounds.count < 200, file.text(bounds).contains("Westermo WeOS v") {
      return "line \(number) is the header of a WeOS configuration"
    }
    let line = commandStart(bytes, bounds)..<bounds.upperBound
    guard begins(bytes, line, with: "filter ") || begins(bytes, line, with: "no filter ") else { continue }
    var words = file.text(line.lowerBound..<min(line.upperBound, line.lowerBound + 200)).split(separator: " ")[...]
    if words.first == "no" { words = words.dropFirst() }
    words = words.dropFirst()
    if words.first == "pos", words.count > 2, Int(words[words.startIndex + 1]) != nil { words = words.dropFirst(2) }
    guard let action = words.first, action == "allow" || action == "deny", words.count > 1,
      ["in", "out", "src", "dst", "dport", "proto"].contains(words[words.startIndex + 1])
    else { continue }
    return "line \(number) is a `filter \(action)` rule"
  }
  return nil
}
