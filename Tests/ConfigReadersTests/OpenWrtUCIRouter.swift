import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// A router read from UCI text, and packets sent through it.
struct UCIRouter {
  let reading: Reading
  let device: Device

  /// `network` and `zones` of a small router with a LAN and a WAN, then `text`.
  init(
    _ text: String, defaults: String = UCIRouter.defaults, network: String = UCIRouter.network,
    zones: String = UCIRouter.zones
  )
    throws
  {
    try self.init(whole: network + defaults + zones + text)
  }

  init(whole: String) throws {
    reading = readOpenWrtUCI(try SourceFile(path: "router", bytes: Array(whole.utf8)))
    device = try #require(reading.devices.first)
    #expect(reading.ledger.count(of: .unread) == 0)
  }

  static let network = """
    config interface 'lan'
    \toption device 'br-lan'
    \toption proto 'static'
    \toption ipaddr '10.0.0.1'
    \toption netmask '255.255.255.0'

    config interface 'wan'
    \toption device 'eth1'
    \toption proto 'static'
    \tlist ipaddr '192.0.2.2/24'

    config route
    \toption interface 'lan'
    \toption target '10.5.0.0/16'
    \toption gateway '10.0.0.9'


    """
  static let defaults =
    "config defaults\n\toption input 'REJECT'\n\toption output 'ACCEPT'\n\toption forward 'REJECT'\n\n"
  static let zones = """
    config zone
    \toption name 'lan'
    \tlist network 'lan'
    \toption input 'ACCEPT'
    \toption output 'ACCEPT'
    \toption forward 'ACCEPT'

    config zone
    \toption name 'wan'
    \tlist network 'wan'
    \toption input 'REJECT'
    \toption output 'ACCEPT'
    \toption forward 'REJECT'


    """

  var gaps: [LedgerGap] { reading.ledger.gaps }

  func verdict(
    _ source: String, _ destination: String, proto: UInt8 = 6, port: UInt16 = 0, type: UInt8 = 0,
    state: SessionState = .new, from: String = "eth1", to: String = "br-lan"
  ) -> Outcome {
    var packet = Packet(source: IPAddress(source)!, destination: IPAddress(destination)!, proto: proto)
    if proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    packet.destinationPort = port
    packet.icmpType = type
    packet.state = state
    let evaluator = ConcreteEvaluator(device: device, ingress: from, egress: to)
    let verdict = to.isEmpty ? evaluator.local(packet) : evaluator.forward(packet)
    return verdict.isPermitted ? .permits : verdict.isDenied ? .denies : .open
  }

  func rule(_ name: String) -> Rule? { device.lists.lazy.flatMap(\.rules).first { $0.name == name } }
}
