import PacketSets
import RuleModel
import SourceText

/// Reads the `config.yaml` of a DYODE (Wavestone, versions 1 and 2, and its port to Python 3).
///
/// The same file belongs on both boxes, so it describes both sides. A range's end is excluded, since the program asks
/// the controller for `end - start` values (DYODE v1, modbus.py, get_modbus).
func readDyode(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  guard let root = document.parse() else { return document.reading([]) }
  document.check(
    root, known: ["modules", "dyode_in", "dyode_out"], ignored: ["config_name", "config_version", "config_date"])
  for side in ["dyode_in", "dyode_out"] {
    if let node = root[side] { document.check(node, known: ["ip", "mac", "interface"]) }
  }
  checkAddresses(root, &document)
  let transfers = (root["modules"]?.entries ?? []).compactMap { module($0, &document) }
  if transfers.isEmpty { document.defect(root.range, "the file configures no module", "add one under `modules:`") }
  document.checkDuplicatePorts(transfers)
  let side = DiodeSide(role: .both, transfers: transfers, source: root.range)
  let name = root["config_name"]?.text ?? baseName(file.path)
  return document.reading([
    Diode(
      name: name, platform: "dyode", enforcement: .unknown, sides: [side], defects: document.defects, source: root.range
    )
  ])
}

/// Keys of all modules and of each type; those of the Python 3 port are among them.
private let commonKeys: Set<String> = ["type", "port", "bitrate"]
private let moduleKeys: [String: Set<String>] = [
  "folder": ["in", "out", "settle", "fec"],
  "modbus": ["ip", "port_out", "registers", "coils", "plc_port", "unit", "interval", "stale_after"],
  "screen": ["in", "out", "http_port", "max_fps"],
]
private let requiredKeys: [String: [String]] = [
  "folder": ["port", "in", "out"], "modbus": ["port", "ip", "port_out"], "screen": ["port", "in", "out"],
]

private func module(_ entry: DocumentEntry, _ document: inout DiodeDocument) -> DiodeTransfer? {
  let node = entry.value
  document.ledger.mark(entry.keyRange, .used)
  guard let type = node["type"], let word = type.text, let keys = moduleKeys[word.lowercased()] else {
    let word = node["type"]?.text ?? ""
    let hint = nearest(to: word, among: moduleKeys.keys.sorted()).map { "; did you mean `\($0)`?" } ?? ""
    document.unknown(
      entry.range,
      "module `\(printable(entry.key))` has no type that is known (`\(printable(word))`), what it carries is open\(hint)"
    )
    return nil
  }
  document.check(node, known: keys.union(commonKeys))
  if word != word.lowercased() {
    document.defect(
      type.range, "type `\(printable(word))` is not `\(word.lowercased())`: the original program starts nothing for it",
      "write `type: \(word.lowercased())`")
  }
  for key in requiredKeys[word.lowercased()] ?? [] where node[key] == nil {
    document.defect(entry.keyRange, "module `\(printable(entry.key))` lacks `\(key)`", "add `\(key):` to the module")
  }
  var parameters: [String: String] = [:]
  if let port = document.port(node, "port") { parameters["port"] = String(port) }
  if let port = document.port(node, "port_out") { parameters["port-out"] = String(port) }
  for key in ["fec", "ip", "in", "out"] { if let text = node[key]?.text { parameters[key] = text } }
  return DiodeTransfer(
    name: entry.key, content: content(word.lowercased(), node, entry, &document), parameters: parameters,
    source: entry.range)
}

private func content(
  _ type: String, _ node: DocumentNode, _ entry: DocumentEntry, _ document: inout DiodeDocument
) -> DiodeTransfer.Content {
  switch type {
  case "folder": return .files(from: node["in"]?.text ?? "", to: node["out"]?.text ?? "")
  case "screen": return .screen
  default:
    let registers = document.numbers(node["registers"], isEndExcluded: true, most: 125, "registers")
    let coils = document.numbers(node["coils"], isEndExcluded: true, most: 2000, "coils")
    if registers.isEmpty, coils.isEmpty {
      document.defect(
        entry.keyRange, "module `\(printable(entry.key))` carries neither registers nor coils",
        "list ranges such as `0-100` (the end is excluded)")
    }
    return .modbus(registers: registers, coils: coils)
  }
}

/// Input and output box must be different machines.
private func checkAddresses(_ root: DocumentNode, _ document: inout DiodeDocument) {
  guard let input = root["dyode_in"]?["ip"]?.text, let output = root["dyode_out"]?["ip"], input == output.text else {
    return
  }
  document.defect(
    output.range, "input and output box have the same address", "give each box its own address on the diode link")
}
