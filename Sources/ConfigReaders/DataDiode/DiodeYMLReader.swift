import PacketSets
import RuleModel
import SourceText

/// Reads `diode.yml`: a description by hand of a diode whose own configuration cannot be exported.
///
/// `docs/formats/diode-yml.md` documents the keys.
func readDiodeYML(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  guard let root = document.parse() else { return document.reading([]) }
  document.check(
    root, known: ["diode", "product", "enforcement", "sender", "receiver", "transfers", "return-path"])
  let transfers = (root["transfers"]?.items ?? []).compactMap { transfer($0, &document) }
  if transfers.isEmpty {
    document.defect(root.range, "the diode carries nothing", "list what it carries in `transfers:`")
  }
  document.checkDuplicatePorts(transfers)
  let sender = end("sender", root, &document)
  let receiver = end("receiver", root, &document)
  if sender.addresses.overlaps(receiver.addresses) {
    document.defect(
      root["receiver"]?.range ?? root.range,
      "sender and receiver share \(sender.addresses.intersection(receiver.addresses)): a network common to both sides",
      "a diode separates two networks; correct the addresses or remove the common network")
  }
  checkReturnPath(root, &document)
  var diode = Diode(
    name: root["diode"]?.text ?? baseName(file.path), platform: "diode-yml", enforcement: enforcement(root, &document),
    sides: [DiodeSide(role: .both, transfers: transfers, source: root.range)], source: root.range)
  diode.senderZone = sender.zone
  diode.receiverZone = receiver.zone
  diode.defects = document.defects
  return document.reading([diode])
}

private func enforcement(_ root: DocumentNode, _ document: inout DiodeDocument) -> DiodeEnforcement {
  guard let node = root["enforcement"], let word = node.text else { return .unknown }
  switch word {
  case "hardware": return .hardware
  case "software": return .software("diode.yml says that programs enforce the direction")
  default:
    let hint = nearest(to: word, among: ["hardware", "software"]).map { "did you mean `\($0)`?" }
    document.unknown(node.range, "enforcement must be `hardware` or `software`; \(hint ?? "taken as not known")")
    return .unknown
  }
}

private func end(
  _ key: String, _ root: DocumentNode, _ document: inout DiodeDocument
) -> (zone: String?, addresses: AddressSet) {
  guard let node = root[key] else {
    document.defect(root.range, "the `\(key)` side is missing", "add `\(key): {zone: NAME}`")
    return (nil, .empty)
  }
  document.check(node, known: ["zone", "interface", "addresses"])
  var addresses = AddressSet.empty
  for (text, range) in document.texts(node["addresses"]) {
    if let prefix = IPPrefix(text) {
      addresses = addresses.union(AddressSet(prefix))
    } else {
      document.unknown(range, "`\(printable(text))` is no address or network")
    }
  }
  if node["zone"] == nil { document.defect(node.range, "the `\(key)` side names no zone", "add `zone: NAME`") }
  return (node["zone"]?.text, addresses)
}

private func checkReturnPath(_ root: DocumentNode, _ document: inout DiodeDocument) {
  guard let node = root["return-path"] else {
    return document.defect(
      root.range, "the file does not say whether there is a way back",
      "check the installation and add `return-path: none`"
    )
  }
  guard node.text != "none" else { return }
  document.defect(
    node.range, "there is a way back (`\(printable(node.text ?? node.kindName))`), which defeats the diode",
    "remove it, or treat the pair as two networks that are joined both ways")
}

/// Keys of each kind of transfer, besides `name` and `type`.
private let transferKeys: [String: Set<String>] = [
  "udp": ["port", "mtu"], "tcp-proxy": ["port", "served-port", "mtu"], "files": ["from", "to", "port"],
  "modbus": ["registers", "coils", "port", "served-port"], "opc-ua": ["nodes", "port", "served-port"],
  "screen": ["port"],
]

private func transfer(_ node: DocumentNode, _ document: inout DiodeDocument) -> DiodeTransfer? {
  let name = node["name"]?.text ?? "transfer"
  guard let type = node["type"]?.text, let keys = transferKeys[type] else {
    let word = node["type"]?.text ?? ""
    let hint = nearest(to: word, among: transferKeys.keys.sorted()).map { "; did you mean `\($0)`?" } ?? ""
    document.unknown(
      node.range, "transfer `\(printable(name))` has no type that is known (`\(printable(word))`)\(hint)")
    return nil
  }
  document.check(node, known: keys.union(["name", "type"]))
  var parameters: [String: String] = [:]
  let port = document.port(node, "port")
  if let port { parameters["port"] = String(port) }
  if let served = document.port(node, "served-port") { parameters["port-out"] = String(served) }
  if let mtu = node["mtu"]?.text { parameters["mtu"] = mtu }
  let content: DiodeTransfer.Content
  switch type {
  case "udp", "tcp-proxy":
    if node["port"] == nil { document.defect(node.range, "`\(printable(name))` lacks a port", "add `port:`") }
    let proto = type == "udp" ? IPProtocol.udp : IPProtocol.tcp
    content = .stream(Service(proto: proto, destinationPorts: port.map { IntervalSet($0) } ?? .all))
  case "files": content = .files(from: node["from"]?.text ?? "", to: node["to"]?.text ?? "")
  case "modbus":
    content = .modbus(
      registers: document.numbers(node["registers"], isEndExcluded: false, most: .max, "registers"),
      coils: document.numbers(node["coils"], isEndExcluded: false, most: .max, "coils"))
  case "opc-ua": content = .opcUA(nodes: document.texts(node["nodes"]).map(\.text))
  default: content = .screen
  }
  return DiodeTransfer(name: name, content: content, parameters: parameters, source: node.range)
}
