import RuleModel
import SourceText

extension Platform {
  /// Rules of Suricata, for an engine that stands beside a firewall.
  public static let suricata = Platform(
    id: "suricata", title: "Suricata rules, as inspection beside a firewall", support: .manual,
    documentation: [
      "Suricata User Guide 8.0: Rules Format, Modbus Keyword, DNP3 Keywords, ENIP/CIP Keywords, IPS Mode",
      "Suricata User Guide 8.0, suricata.yaml: action-order, app-layer",
    ],
    modelled: [
      "drop, reject and pass rules with addresses, ports and direction",
      "Modbus functions, access, units and addresses",
    ],
    bounded: [
      "variables such as $HOME_NET", "functions of DNP3 and EtherNet/IP below their classes",
      "every other condition (content, pcre, flowbits, thresholds)", "whether the engine runs inline",
    ],
    ignored: ["alert rules: they stop nothing", "messages, classes, references"],
    detect: detectSuricata, read: readSuricata)
}

/// Actions of rules (User Guide, Rules Format, section Action).
let suricataActions: Set<String> = [
  "alert", "pass", "drop", "reject", "rejectsrc", "rejectdst", "rejectboth", "config",
]

/// The first line that is neither blank nor a comment is `action protocol source port -> …`.
private func detectSuricata(_ file: SourceFile) -> String? {
  let bytes = file.bytes.span
  for line in 1...min(file.lines.count, 2000) {
    let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
    var position = bounds.lowerBound
    guard let first = takeWord(bytes, &position, end: bounds.upperBound), bytes[first.lowerBound] != ASCII.hash else {
      continue
    }
    guard suricataActions.contains(text(bytes, first)), bounds.count < 1 << 16 else { return nil }
    let rest = text(bytes, position..<bounds.upperBound)
    return (rest.contains("->") || rest.contains("<>")) && rest.contains("sid:")
      ? "its first rule is one of Suricata" : nil
  }
  return nil
}

/// Reads a file of rules.
private func readSuricata(_ file: SourceFile) -> Reading {
  var reader = SuricataReader(file)
  reader.read()
  reader.ledger.finish(file)
  var reading = Reading(ledger: reader.ledger)
  reading.inspections = [
    InlineInspection(
      name: "Suricata \(baseName(file.path))", rules: reader.ordered(), source: file.range(0, file.bytes.count))
  ]
  return reading
}
