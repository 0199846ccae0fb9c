import PacketSets
import SourceText

/// A packet with the verdict that an independent analyser gives for one sample configuration.
public struct OracleVector: Sendable {
  public var file: String
  /// `acl`, `zone-policy`, `transit` or `chain`.
  public var scope: String
  /// The list or chain; nil for zone pairs and transit.
  public var filter: String?
  public var from: String?
  public var to: String?
  public var instance: String?
  public var packet: Packet
  public var isPermitted: Bool
  /// The oracle's name of the deciding line.
  public var line: String
}

/// The vectors of one format; nil when the oracle's folder is missing.
public func oracleVectors(format: String) throws -> [OracleVector]? {
  guard let shared = sharedFolder(), let bytes = readBytes("\(shared)/oracle/\(format).jsonl") else { return nil }
  return try bytes.split(separator: ASCII.lineFeed).compactMap { line in
    try vector(parseJSON(SourceFile(path: "\(format).jsonl", bytes: Array(line))))
  }
}

private func vector(_ node: DocumentNode) -> OracleVector? {
  func text(_ key: String) -> String? { node.entry(named: key)?.value.text }
  func number<N: FixedWidthInteger>(_ key: String) -> N? { text(key).flatMap { N($0) } }
  let names: [String: UInt8] = ["tcp": 6, "udp": 17, "icmp": 1]
  guard let file = text("file"), let scope = text("scope"), let verdict = text("verdict"),
    let source = text("src").flatMap({ IPAddress($0) }), let destination = text("dst").flatMap({ IPAddress($0) }),
    let proto = text("proto"), let number: UInt8 = names[proto] ?? UInt8(proto)
  else { return nil }
  var packet = Packet(source: source, destination: destination, proto: number)
  packet.sourcePort = Int(text("sport") ?? "").map { UInt16($0) } ?? 0
  packet.destinationPort = Int(text("dport") ?? "").map { UInt16($0) } ?? 0
  packet.icmpType = Int(text("icmp_type") ?? "").map { UInt8($0) } ?? 0
  packet.icmpCode = Int(text("icmp_code") ?? "").map { UInt8($0) } ?? 0
  let letters = Array("FSRPAUEC")
  packet.tcpFlags = (text("tcp_flags") ?? "").reduce(0) { flags, letter in
    letters.firstIndex(of: letter).map { flags | 1 << UInt8($0) } ?? flags
  }
  return OracleVector(
    // A whole path goes by interfaces, also where the oracle names their zones besides.
    file: file, scope: scope, filter: text("filter"),
    from: scope == "transit" ? text("ingress") ?? text("from") : text("from") ?? text("ingress"),
    to: scope == "transit" ? text("egress") ?? text("to") : text("to") ?? text("egress"),
    instance: text("vdom") ?? text("vsys"), packet: packet,
    isPermitted: verdict == "permit", line: text("line") ?? "")
}
