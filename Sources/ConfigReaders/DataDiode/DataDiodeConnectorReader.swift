import PacketSets
import RuleModel
import SourceText

/// Reads the `Config.toml` of one side of the Open Source Data Diode (Data Diode Connector).
///
/// A chain goes from a protocol handler over filters to a transport handler on the ingress side, which sends, and back up on
/// the egress side, which receives (ffutop/DataDiodeConnector, docs/en/configuration_reference.md).
func readDataDiodeConnector(_ file: SourceFile) -> Reading {
  var document = DiodeDocument(file)
  guard let root = document.parse(parseTOML(_:limits:)) else { return document.reading([]) }
  document.check(root, known: ["settings", "chain", "protocolhandler", "filterhandler", "transporthandler"])
  if let settings = root.entry(named: "settings") { checkSettings(settings.value, &document) }
  let role = role(root, &document)
  let handlers = Handlers(root, role, &document)
  let transfers = (root["chain"]?.entries ?? []).compactMap { chain($0, role, handlers, &document) }
  if transfers.isEmpty { document.defect(root.range, "the file configures no chain", "add one as `[chain.NAME]`") }
  document.checkDuplicateLinks(transfers)
  var diode = Diode(
    name: baseName(file.path), platform: "osdd", enforcement: .unknown,
    sides: [DiodeSide(role: role, transfers: transfers, source: root.range)], source: root.range)
  diode.defects = document.defects
  return document.reading([diode])
}

private func checkSettings(_ settings: DocumentNode, _ document: inout DiodeDocument) {
  document.check(
    settings, known: ["network"],
    ignored: [
      "path", "stats_servers", "syslog_host", "syslog_port", "log_level", "instance",
      "stats_multiplexer_listening_port",
      "from_host_sys_log", "to_host_sys_log", "to_port_sys_log",
    ])
}

/// `ingress` is the side that the data comes from, so it sends.
private func role(_ root: DocumentNode, _ document: inout DiodeDocument) -> DiodeSide.Role {
  let node = root["settings"]?["network"]
  switch node?.text {
  case "ingress": return .sender
  case "egress": return .receiver
  default:
    document.unknown(
      node?.range ?? root.range, "`network` must be `ingress` or `egress`, so it is open which side this is")
    return .both
  }
}

/// The handlers of a file by kind and name.
private struct Handlers {
  var protocols: [String: DocumentNode] = [:]
  var filters: [String: DocumentNode] = [:]
  var transports: [String: DocumentNode] = [:]

  /// Keys of each type, besides `type`; those that only tune a program are read over.
  private static let keys: [String: Set<String>] = [
    "ph_kafka_ingress": ["host_kafka_server", "port_kafka_server", "topic_name"],
    "ph_kafka_egress": ["host_kafka_server", "port_kafka_server", "in_replacement", "out_replacement"],
    "ph_udp_ingress": ["listening_port", "open_udp_port"],
    "ph_udp_egress": ["listening_port", "udp_receiver_host", "udp_receiver_port"],
    "ph_mock_ingress": [], "ph_mock_egress": [],
    "filter": ["word_to_filter"],
    "transport_udp_send": ["sender_address", "sender_port", "receiver_address", "receiver_port"],
    "transport_udp_receive": ["receiver_address", "receiver_port"],
  ]
  private static let tuning: Set<String> = [
    "log_level", "bip_buffer_element_count", "max_bytes_per_partition", "max_message_size", "send_delay_ms",
    "stats_server_address", "stats_server_port",
  ]

  init(_ root: DocumentNode, _ role: DiodeSide.Role, _ document: inout DiodeDocument) {
    protocols = Self.table("protocolhandler", root, role, &document)
    filters = Self.table("filterhandler", root, role, &document)
    transports = Self.table("transporthandler", root, role, &document)
  }

  private static func table(
    _ kind: String, _ root: DocumentNode, _ role: DiodeSide.Role, _ document: inout DiodeDocument
  ) -> [String: DocumentNode] {
    var table: [String: DocumentNode] = [:]
    for entry in root[kind]?.entries ?? [] {
      document.ledger.mark(entry.keyRange, .used)
      table[entry.key] = entry.value
      let type = entry.value["type"]?.text ?? ""
      guard let keys = keys[type] else {
        let hint = nearest(to: type, among: Self.keys.keys.sorted()).map { "; did you mean `\($0)`?" } ?? ""
        document.unknown(
          entry.range, "handler `\(printable(entry.key))` has no type that is known (`\(printable(type))`)\(hint)")
        continue
      }
      document.check(entry.value, known: keys.union(["type"]), ignored: tuning)
      checkSide(entry, type, role, &document)
    }
    return table
  }

  private static func checkSide(
    _ entry: DocumentEntry, _ type: String, _ role: DiodeSide.Role, _ document: inout DiodeDocument
  ) {
    let isSending = type.hasSuffix("_ingress") || type.hasSuffix("_send")
    let isReceiving = type.hasSuffix("_egress") || type.hasSuffix("_receive")
    guard role == .sender && isReceiving || role == .receiver && isSending else { return }
    let side = role == .sender ? "ingress" : "egress"
    document.defect(
      entry.value["type"]?.range ?? entry.range, "`\(type)` belongs on the other side, but this is the \(side) file",
      "use the handler of the \(side) side, or correct `network`")
  }
}

private func chain(
  _ entry: DocumentEntry, _ role: DiodeSide.Role, _ handlers: Handlers, _ document: inout DiodeDocument
) -> DiodeTransfer {
  let node = entry.value
  let name = printable(entry.key)
  document.ledger.mark(entry.keyRange, .used)
  document.check(node, known: ["protocol_handler", "filter_handlers", "transport_handler"])
  func handler(_ key: String, _ table: [String: DocumentNode]) -> DocumentNode? {
    guard let reference = node[key], let word = reference.text else {
      document.defect(entry.keyRange, "chain `\(name)` lacks `\(key)`", "add `\(key) = \"NAME\"`")
      return nil
    }
    guard let found = table[word] else {
      document.defect(
        reference.range, "chain `\(name)` names the handler `\(printable(word))`, which the file does not define",
        "define it, or correct the name")
      return nil
    }
    return found
  }
  let source = handler("protocol_handler", handlers.protocols)
  let transport = handler("transport_handler", handlers.transports)
  for (text, range) in document.texts(node["filter_handlers"]) where handlers.filters[text] == nil {
    document.defect(
      range,
      "chain `\(name)` names the filter `\(printable(text))`, which the file does not define, so nothing filters",
      "define it as `[filterhandler.\(printable(text))]`, or correct the name")
  }
  var parameters: [String: String] = [:]
  if let transport {
    if let port = document.port(transport, "receiver_port") {
      parameters["port"] = String(port)
    } else {
      document.defect(transport.range, "the transport of chain `\(name)` has no port", "add `receiver_port`")
    }
    parameters["receiver"] = transport["receiver_address"]?.text
  }
  return DiodeTransfer(
    name: entry.key, content: content(source, &document), parameters: parameters, source: entry.range)
}

/// What a protocol handler takes in or hands out.
private func content(_ handler: DocumentNode?, _ document: inout DiodeDocument) -> DiodeTransfer.Content {
  let type = handler?["type"]?.text ?? ""
  guard let handler, !type.hasPrefix("ph_mock") else { return .stream(.any) }
  let isKafka = type.hasPrefix("ph_kafka")
  let key = isKafka ? "port_kafka_server" : type == "ph_udp_egress" ? "udp_receiver_port" : "listening_port"
  let port = document.port(handler, key)
  return .stream(
    Service(proto: isKafka ? IPProtocol.tcp : IPProtocol.udp, destinationPorts: port.map { IntervalSet($0) } ?? .all))
}

extension DiodeDocument {
  /// Reports chains that share a port of the diode link: only one program can listen there.
  fileprivate mutating func checkDuplicateLinks(_ transfers: [DiodeTransfer]) {
    var owners: [String: String] = [:]
    for transfer in transfers {
      guard let port = transfer.parameters["port"] else { continue }
      let key = "\(transfer.parameters["receiver"] ?? "") \(port)"
      if let owner = owners[key] {
        defect(
          transfer.source,
          "port \(port) is already that of chain `\(printable(owner))`, so what one sends arrives in the other",
          "give every chain a transport with a port of its own")
      }
      owners[key] = transfer.name
    }
  }
}
