import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// What may become of a packet.
enum Outcome { case permits, denies, open }

/// A gateway read from a few lines, and packets sent through it.
struct Gateway {
  let file: SourceFile
  let reading: Reading
  let device: Device

  /// A filter table whose FORWARD chain drops by default and holds `forward`; further tables may stand before it.
  init(forward: String, chains: String = "", other: String = "") throws {
    try self.init(text: "\(other)*filter\n:FORWARD DROP [0:0]\n\(chains)\(forward)\nCOMMIT\n")
  }

  init(text: String) throws {
    file = try SourceFile(path: "gateway.rules", bytes: Array(text.utf8))
    reading = readIptablesSave(file)
    device = try #require(reading.devices.first)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  func packet(
    _ source: String, _ destination: String, proto: UInt8 = 6, port: UInt16 = 0, sourcePort: UInt16 = 0
  ) -> Packet {
    var packet = Packet(source: IPAddress(source)!, destination: IPAddress(destination)!, proto: proto)
    if proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    packet.destinationPort = port
    packet.sourcePort = sourcePort
    return packet
  }

  func verdict(
    _ source: String, _ destination: String, proto: UInt8 = 6, port: UInt16 = 0, sourcePort: UInt16 = 0,
    from ingress: String = "in0", to egress: String = "out0"
  ) -> Outcome {
    verdict(packet(source, destination, proto: proto, port: port, sourcePort: sourcePort), from: ingress, to: egress)
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
