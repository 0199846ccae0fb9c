import PacketSets
import RuleModel
import SourceText

/// One call of lidi's `diode-send` or `diode-receive`, with its options under their present names.
///
/// lidi, "Command line parameters". Versions before 2 write underscores and other names (`--to_udp`,
/// `--encoding_block_size`); those are taken to the present ones.
struct LidiCommand {
  /// Program (`diode-send`) or service name.
  var name: String
  var source: SourceRange
  private(set) var values: [String: String] = [:]
  /// Written in the style of versions before 2, whose defaults differ.
  private(set) var isOldStyle = false
  /// What was not understood.
  private(set) var problems: [String] = []

  /// Options that take a value.
  private static let valued: Set<String> = [
    "from-tcp", "from-unix", "from-tls", "to-tcp", "to-unix", "to-tls", "to", "from", "to-bind", "to-mtu", "from-mtu",
    "block", "repair", "repair-bytes", "heartbeat", "max-clients", "encode-threads", "decode-threads", "reset-timeout",
    "abort-timeout", "flush-timeout", "log-level", "log-config", "batch", "udp-buffer-size", "bandwidth-limit",
    "hash", "queue-size", "prometheus",
  ]
  private static let flags: Set<String> = ["flush", "cpu-affinity", "help", "version", "debug"]
  private static let formerNames: [String: String] = [
    "to-udp": "to", "from-udp": "from", "to-udp-mtu": "to-mtu", "from-udp-mtu": "from-mtu",
    "encoding-block-size": "block", "repair-block-size": "repair-bytes", "nb-clients": "max-clients",
    "nb-encoding-threads": "encode-threads", "nb-decoding-threads": "decode-threads",
  ]

  /// Programs whose command line is read.
  static let programs: Set<String> = ["diode-send", "diode-receive", "diode-oneshot-send", "diode-oneshot-receive"]

  init(name: String, arguments: [String], source: SourceRange) {
    self.name = name
    self.source = source
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--"), word != "--" else {
        if word != "--" { problems.append("the word `\(printable(word))` is not expected here") }
        continue
      }
      let parts = word.utf8.dropFirst(2).split(separator: UInt8(ascii: "="), maxSplits: 1).map { String(Substring($0)) }
      let written = parts.first ?? ""
      if written.utf8.contains(UInt8(ascii: "_")) { isOldStyle = true }
      let hyphenated = String(written.map { $0 == "_" ? "-" : $0 })
      let option = Self.formerNames[hyphenated] ?? hyphenated
      if Self.valued.contains(option) {
        take(option, parts.count > 1 ? parts[1] : rest.popFirst())
      } else if !Self.flags.contains(option) {
        let hint = nearest(to: option, among: Self.valued.union(Self.flags).sorted()).map {
          "; did you mean `--\($0)`?"
        }
        problems.append("`\(printable(word))` is no option of lidi that is known\(hint ?? "")")
        if let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
      }
    }
  }

  private mutating func take(_ option: String, _ value: String?) {
    guard let value else { return problems.append("`--\(option)` lacks its value") }
    if value.utf8.contains(UInt8(ascii: "$")) {
      problems.append("`--\(option)` takes its value from a variable that is not in this file")
    } else {
      values[option] = value
    }
  }

  /// Which end of the diode it is: the sender sends datagrams `--to`, the receiver gets them `--from`.
  var role: DiodeSide.Role? {
    if values["to"] != nil { return .sender }
    if values["from"] != nil { return .receiver }
    if name.hasSuffix("send") || values["from-tcp"] != nil || values["from-unix"] != nil { return .sender }
    return name.hasSuffix("receive") || values["to-tcp"] != nil || values["to-unix"] != nil ? .receiver : nil
  }

  /// What it carries, with the values that both sides must share; lidi's defaults fill what is left out.
  func transfer(_ role: DiodeSide.Role) -> DiodeTransfer {
    let isSender = role == .sender
    // Present defaults: "Oneshot Lidi" and "Command line parameters"; former ones: the same page before version 2.
    var parameters = [
      "mtu": values[isSender ? "to-mtu" : "from-mtu"] ?? "1500",
      "block": values["block"] ?? (isOldStyle ? "60000" : "734928"),
      "heartbeat": values["heartbeat"] ?? (isSender ? "5" : "10"),
    ]
    if isOldStyle {
      parameters["repair-bytes"] = values["repair-bytes"] ?? "6000"
    } else {
      parameters["repair"] = values["repair"] ?? "2"
    }
    // Only the version before 2 has a default for the link itself.
    let link = values[isSender ? "to" : "from"] ?? (isOldStyle ? "127.0.0.1:6000" : nil)
    if let link, let port = endpointPort(link) { parameters["port"] = String(port) }
    parameters["link"] = link
    parameters["max-clients"] = values["max-clients"]
    let end = isSender ? values["from-tcp"] ?? values["from-tls"] : values["to-tcp"] ?? values["to-tls"]
    var service = Service(proto: IPProtocol.tcp)
    if let port = end.flatMap(endpointPort) { service.destinationPorts = IntervalSet(port) }
    return DiodeTransfer(name: "lidi", content: .stream(service), parameters: parameters, source: source)
  }

  /// Values that are missing or no numbers.
  func defects(_ role: DiodeSide.Role) -> [DiodeDefect] {
    var defects: [DiodeDefect] = []
    let link = role == .sender ? "to" : "from"
    if values[link] == nil, !isOldStyle {
      defects.append(
        DiodeDefect(
          range: source, message: "`\(printable(name))` does not say which UDP address the diode link uses",
          help: "add `--\(link) ADDRESS:PORT`"))
    }
    for option in ["to", "from", "from-tcp", "to-tcp"] {
      guard let value = values[option], endpointPort(value) == nil else { continue }
      defects.append(
        DiodeDefect(
          range: source, message: "`--\(option) \(printable(value))` is no address and port",
          help: "write it as `192.0.2.1:5000`"))
    }
    for option in ["to-mtu", "from-mtu", "block", "repair", "repair-bytes", "heartbeat"] {
      guard let value = values[option], UInt64(value) == nil else { continue }
      defects.append(
        DiodeDefect(range: source, message: "`--\(option) \(printable(value))` is no number", help: "write a number"))
    }
    return defects
  }
}

/// The port of `address:port`; nil when there is none.
func endpointPort(_ endpoint: String) -> UInt16? {
  guard let colon = endpoint.utf8.lastIndex(of: ASCII.colon) else { return nil }
  return UInt16(String(endpoint[endpoint.utf8.index(after: colon)...])).flatMap { $0 > 0 ? $0 : nil }
}
