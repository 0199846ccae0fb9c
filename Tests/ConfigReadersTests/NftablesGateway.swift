import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// A gateway read from nftables text or JSON, and packets sent through it.
struct NFTGateway {
  let file: SourceFile
  let reading: Reading
  let device: Device

  init(_ text: String) throws {
    file = try SourceFile(path: "gateway.nft", bytes: Array(text.utf8))
    reading = readNftables(file)
    device = try #require(reading.devices.first)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  /// An inet table whose forward chain drops by default and holds `rules`.
  init(forward rules: String, chains: String = "") throws {
    try self.init(
      "table inet filter {\n\(chains)\nchain forward {\ntype filter hook forward priority filter; policy drop;\n\(rules)\n}\n}\n"
    )
  }

  var gaps: [LedgerGap] { reading.ledger.gaps }

  func verdict(
    _ source: String, _ destination: String, proto: UInt8 = 6, port: UInt16 = 0, sourcePort: UInt16 = 0,
    flags: UInt8 = Packet.syn, type: UInt8 = 0, state: SessionState = .new, from ingress: String = "in0",
    to egress: String = "out0"
  ) -> Outcome {
    var packet = Packet(source: IPAddress(source)!, destination: IPAddress(destination)!, proto: proto)
    if proto == IPProtocol.tcp { packet.tcpFlags = flags }
    packet.destinationPort = port
    packet.sourcePort = sourcePort
    packet.icmpType = type
    packet.state = state
    return verdict(packet, from: ingress, to: egress)
  }

  func verdict(_ packet: Packet, from ingress: String = "in0", to egress: String = "out0") -> Outcome {
    outcome(ConcreteEvaluator(device: device, ingress: ingress, egress: egress).forward(packet))
  }

  /// For the gateway itself.
  func local(_ packet: Packet, from ingress: String = "in0") -> Outcome {
    outcome(ConcreteEvaluator(device: device, ingress: ingress, egress: "").local(packet))
  }

  private func outcome(_ verdict: PacketVerdict) -> Outcome {
    verdict.isPermitted ? .permits : verdict.isDenied ? .denies : .open
  }
}
