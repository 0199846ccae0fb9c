import RuleModel
import SourceText

extension Platform {
  /// Siemens RUGGEDCOM ROX II: `show running-config`, CLI scripts, and the XML of a saved configuration.
  static let rox = Platform(
    id: "rox", title: "Siemens RUGGEDCOM ROX II", support: .manual,
    documentation: [
      "RUGGEDCOM ROX II CLI User Guide, 6.9 \"Managing Firewalls\": 6.9.1, 6.9.11, 6.9.12, 6.9.15",
      "ROX v2.2 User Guide, RX5000 chapter 35 (35.3.1 to 35.3.4), RX1500 chapter 38 (\"Main Rule Settings form\")",
      "shorewall-policy(5), shorewall-rules(5), shorewall-zones(5): the firewall that ROX II configures",
    ],
    modelled: [
      "the firewall in force (`active-config`), zones, interfaces and hosts in zones",
      "rules, then policies, each in their order; traffic inside a zone",
      "addresses, exclusions, protocols, ports, log level",
      "dnat rules, masquerading, static NAT", "a firewall that is not enabled: everything passes",
      "command line, set lines or braces, and XML alike",
    ],
    bounded: [
      "no firewall in force although enabled", "`continue` and `redirect`", "zones that overlap on an interface",
      "interface options that drop by source", "settings of rules that are not known", "what no policy takes",
      "IPv6 without a zone of its own",
      "tunnels, dynamic routing",
    ],
    ignored: ["the firewall that is only being worked on", "administration, chassis, switch, services, certificates"],
    detect: detectROX, read: readROX)
}

/// The word `fwconfig` (in XML `<fwconfig>`), which holds a firewall of ROX II and of nothing else, beside one of what it holds.
private func detectROX(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  var found: Int?
  var hasPart = false
  var position = 0
  while position + 6 < bytes.count {
    // `fw` begins all of them.
    guard bytes[position] == UInt8(ascii: "f"), bytes[position + 1] == UInt8(ascii: "w"),
      position == 0 || isEdge(bytes[position - 1])
    else {
      position += 1
      continue
    }
    let start = position
    while position < bytes.count, ASCII.lowercased(bytes[position]) &- 97 < 26 { position += 1 }
    guard position == bytes.count || isEdge(bytes[position]) else { continue }
    let word = start..<position
    if found == nil, matches(bytes, word, "fwconfig") { found = start }
    hasPart =
      hasPart || matches(bytes, word, "fwzone") || matches(bytes, word, "fwpolicy") || matches(bytes, word, "fwrule")
      || matches(bytes, word, "fwinterface")
    if let found, hasPart { return "line \(file.lines.line(at: found)) begins a firewall of ROX II" }
  }
  return nil
}

private func isEdge(_ byte: UInt8) -> Bool {
  byte <= ASCII.space || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "{")
    || byte == UInt8(ascii: "/")
}

/// Reads the file in whatever form it is into one tree of statements, and that into a device.
private func readROX(_ file: SourceFile) -> Reading {
  var builder = ROXTreeBuilder(file)
  builder.build()
  var reader = ROXReader(file, builder.tree, builder.notes)
  reader.lower()
  reader.tree.account(in: &reader.notes.ledger)
  reader.notes.ledger.finish(file)
  var reading = Reading(ledger: reader.notes.ledger)
  reading.devices = [reader.device]
  reading.issues = reader.notes.issues
  return reading
}
