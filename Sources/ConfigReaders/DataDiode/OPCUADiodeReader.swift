import PacketSets
import RuleModel
import SourceText

/// Reads one side's JSON of opcua-data-diode, which mirrors an OPC UA server over UDP.
///
/// cherubimro/opcua-data-diode, README, "Configuration": the sender has `opcua_server_url`, the receiver
/// `shadow_server_port`; UDP port, algorithm and key must be the same on both sides.
func readOPCUADiode(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  guard let root = document.parse(parseJSON(_:limits:)) else { return document.reading([]) }
  document.ledger.markBrackets(file)
  document.check(
    root,
    known: ["opcua_server_url", "udp_host", "udp_port", "encryption", "compression", "shadow_server_port"],
    ignored: Set((root.entries ?? []).map(\.key).filter { $0.hasPrefix("_") || tuning.contains($0) }))
  let isSender = root["opcua_server_url"] != nil
  let isReceiver = root["shadow_server_port"] != nil
  if isSender == isReceiver {
    document.unknown(
      root.range, "the file has to name either `opcua_server_url` (sender) or `shadow_server_port` (receiver)")
  }
  let role: DiodeSide.Role = isSender == isReceiver ? .both : isSender ? .sender : .receiver
  let transfer = DiodeTransfer(
    name: "opc-ua", content: .opcUA(nodes: []), parameters: parameters(root, role, &document), source: root.range)
  var diode = Diode(
    name: baseName(file.path), platform: "opcua-diode", enforcement: enforcement(root),
    sides: [DiodeSide(role: role, transfers: [transfer], source: root.range)], source: root.range)
  diode.defects = document.defects
  return document.reading([diode])
}

/// Settings of the programs that change neither where data goes nor whether it arrives.
private let tuning: Set<String> = [
  "log_level", "log_file", "subscription_interval", "subscription_interval_ms", "publishing_interval",
  "discovery_interval", "statistics_interval", "shadow_server_name",
]

private func parameters(
  _ root: DocumentNode, _ role: DiodeSide.Role, _ document: inout DiodeDocument
) -> [String: String] {
  var parameters: [String: String] = [:]
  if let port = document.port(root, "udp_port") {
    parameters["port"] = String(port)
  } else {
    document.defect(root.range, "the side has no UDP port", "add `\"udp_port\": 5555`, the same on both sides")
  }
  if let served = document.port(root, "shadow_server_port") { parameters["served"] = String(served) }
  if let host = root["udp_host"] {
    parameters["host"] = host.text
    if role == .receiver, ["0.0.0.0", "::", ""].contains(host.text ?? "") {
      document.defect(
        host.range, "the receiver listens on every interface, so its own side can send it values too",
        "set `udp_host` to the address of the interface on the diode")
    }
  }
  if let compression = root["compression"] {
    document.check(compression, known: ["enabled", "method"], ignored: ["level"])
    parameters["compression"] = isEnabled(compression) ? compression["method"]?.text ?? "zlib" : "none"
  }
  encryption(root, &parameters, &document)
  return parameters
}

private func encryption(
  _ root: DocumentNode, _ parameters: inout [String: String], _ document: inout DiodeDocument
) {
  let node = root["encryption"]
  if let node { document.check(node, known: ["enabled", "algorithm", "key"]) }
  guard let node, isEnabled(node) else {
    parameters["cipher"] = "none"
    return document.defect(
      node?.range ?? root.range,
      "encryption is off, so whoever reaches the receiver's port can write values into the copy",
      "set `\"encryption\": {\"enabled\": true, ...}` with the same algorithm and key on both sides")
  }
  let algorithm = node["algorithm"]
  parameters["cipher"] = algorithm?.text ?? ""
  if let algorithm, !["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"].contains(algorithm.text ?? "") {
    document.unknown(algorithm.range, "`\(printable(algorithm.text ?? ""))` is no algorithm that is known")
  }
  parameters["key"] = node["key"]?.text
  if (node["key"]?.text ?? "").isEmpty || node["key"]?.text == "YOUR_KEY_HERE" {
    document.defect(
      node["key"]?.range ?? node.range, "the key is missing or still the one of the instructions",
      "generate a key on the sender and copy it to the receiver")
  }
}

private func isEnabled(_ node: DocumentNode) -> Bool { node["enabled"]?.text == "true" }

/// A link that ends on the machine's own loopback joins programs, not networks.
private func enforcement(_ root: DocumentNode) -> DiodeEnforcement {
  let host = root["udp_host"]?.text ?? ""
  return host == "localhost" || host == "::1" || host.hasPrefix("127.")
    ? .software("the link is the loopback address of the machine itself") : .unknown
}

extension ReadingLedger {
  /// Lines of a JSON document that hold only brackets and commas say nothing by themselves.
  mutating func markBrackets(_ file: SourceFile) {
    let marks: Set<UInt8> = [0x7B, 0x7D, 0x5B, 0x5D, UInt8(ascii: ","), ASCII.space, ASCII.tab, ASCII.carriageReturn]
    for line in 1...file.lines.count {
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      if !bounds.isEmpty, file.bytes[bounds].allSatisfy({ marks.contains($0) }) { mark(line: line, .irrelevant) }
    }
  }
}
