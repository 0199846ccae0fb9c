import PacketSets
import RuleModel
import SourceText

extension Platform {
  /// Rules of a device whose own configuration cannot be exported, typed or exported into a table.
  static let ruleTable = Platform(
    id: "rule-table", title: "Rule table (CSV or YAML) for devices without a readable export", support: .own,
    documentation: ["docs/formats/rule-table.md"],
    modelled: [
      "rules with interfaces, addresses, services, industrial functions, units and registers",
      "default action, replies",
      "interfaces, routes, groups, address translation, management (YAML)",
    ],
    bounded: ["rules with a word that is not understood"], ignored: ["product, owner, comment"],
    detect: detectRuleTable, read: readRuleTable)
}

/// YAML with `rule-table:`, or CSV whose header has the columns that no rule can do without.
private func detectRuleTable(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  for line in 1...min(file.lines.count, 200) {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    if begins(bytes, bounds, with: "rule-table:") { return "the key `rule-table:`" }
  }
  return isCSV(file) ? "its columns are those of a rule table" : nil
}

private func isCSV(_ file: SourceFile) -> Bool {
  let first = file.lines.bounds(ofLine: 1, in: file.bytes)
  guard first.count < 4096 else { return false }
  let start = first.lowerBound + file.byteOrderMarkLength
  guard start < first.upperBound else { return false }
  let header = file.text(start..<first.upperBound).lowercased().split(separator: ",").map { field in
    String(field.filter { $0 != "\"" && !$0.isWhitespace })
  }
  return ["source", "destination", "service", "action"].allSatisfy(header.contains)
}

/// Reads a rule table in either form.
private func readRuleTable(_ file: SourceFile) -> Reading {
  var document = CheckedDocument(file)
  let text = isCSV(file) ? ruleTable(csv: file, &document) : ruleTable(yaml: file, &document)
  var devices: [Device] = []
  if let text {
    var lowering = RuleTableLowering(text, file, document)
    devices = [lowering.lower()]
    document = lowering.document
  }
  document.ledger.finish(file)
  var reading = Reading(ledger: document.ledger)
  reading.devices = devices
  return reading
}
