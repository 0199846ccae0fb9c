import Foundation
import PacketSets

/// A network of Linux machines, each a network namespace: hosts, and gateways with rules that the running kernel enforces.
///
/// Nothing of it is visible outside of the process that holds it, and no packet leaves it.
struct KernelNetwork: Encodable {
  struct Port: Encodable {
    var name: String
    /// Ports on the same wire reach each other.
    var wire: String
    /// With the length of the connected network: `10.1.0.1/24`.
    var address: String
    /// Addresses that neighbours hand to this port although they are not its own, as published ones.
    var standsFor: [String] = []
  }
  struct Rules: Encodable {
    /// The program that takes the rules on its standard input.
    var load: String
    /// The program that lists them as an administrator would export them.
    var list: String
    var text: String

    static func iptables(_ text: String) -> Rules { Rules(load: "iptables-restore", list: "iptables-save", text: text) }
    static func nftables(_ text: String) -> Rules { Rules(load: "nft -f -", list: "nft list ruleset", text: text) }
  }
  struct Node: Encodable {
    var name: String
    var ports: [Port]
    /// As for `ip route add`.
    var routes: [String]
    /// Nil for hosts.
    var rules: Rules?
  }
  /// A packet that belongs to no session yet; for ICMP the source port is the echo identifier.
  struct SentPacket: Encodable {
    var from: String
    var source: String
    var destination: String
    var proto: UInt8
    var sourcePort: UInt16
    var destinationPort: UInt16
    var icmpType: UInt8 = 0
    var tcpFlags: UInt8 = Packet.syn
  }
  /// What a gateway put onto a wire.
  struct Arrival: Decodable, Hashable, CustomStringConvertible {
    var wire: String
    var source: String
    var destination: String
    var destinationPort: UInt16

    var description: String { "\(source) -> \(destination):\(destinationPort) on \(wire)" }
  }
  struct Connection: Decodable {
    struct Accepted: Decodable {
      /// The host that took the connection, and who it thinks is calling.
      var by: String
      var source: String
    }
    var clientIsConnected: Bool
    var accepted: [Accepted]
  }
  struct Result: Decodable {
    /// For each gateway the rules as the kernel lists them.
    var configs: [String: String]
    /// For each packet, in order.
    var arrivals: [[Arrival]]
    var connections: [Connection]
  }
  enum Answer {
    case observed(Result)
    /// The machine does not allow it; the text says why.
    case unavailable(String)
  }
  struct Failure: Error, CustomStringConvertible { var description: String }

  var nodes: [Node]
  /// UDP port of the markers, which every gateway must let through.
  var markPort: UInt16
  var packets: [SentPacket] = []
  /// Connections that real sockets open, with listeners of real sockets on every host.
  var connections: [SentPacket] = []

  /// Builds the network, sends everything one by one, and tears it down.
  func ask() throws -> Answer {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let script = try folder.write("network.py", Self.script)
    let plan = try folder.write("plan.json", Array(JSONEncoder().encode(self)))
    let output = try folder.write("output", "")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, plan, "\(folder.path)/result.json"]
    process.standardInput = FileHandle.nullDevice
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    let said = try String(contentsOfFile: output, encoding: .utf8)
    switch process.terminationStatus {
    case 0: break
    case 77: return .unavailable(said)
    case 127: return .unavailable("there is no python3")
    default: throw Failure(description: "status \(process.terminationStatus): \(said)")
    }
    let result = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/result.json"))
    return .observed(try JSONDecoder().decode(Result.self, from: result))
  }
}
