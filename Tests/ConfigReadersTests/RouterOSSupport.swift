import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

func readRouterOS(_ text: String) throws -> Reading {
  try #require(Platform.named("mikrotik-routeros")).read(SourceFile(path: "router.rsc", bytes: Array(text.utf8)))
}

/// Two interfaces with a network each, and one to the outside.
let routerOSInterfaces = """
  # 2026-03-01 10:00:00 by RouterOS 7.18.2
  /interface ethernet
  set [ find default-name=ether1 ] name=wan
  set [ find default-name=ether2 ] name=plant
  set [ find default-name=ether3 ] name=cell
  /ip address
  add address=203.0.113.2/24 interface=wan network=203.0.113.0
  add address=10.1.0.1/24 interface=plant network=10.1.0.0
  add address=10.2.0.1/24 interface=cell network=10.2.0.0

  """

/// A router with these rules of `/ip firewall filter` and more menus behind them.
struct RouterOSText {
  var filter = ""
  var more = ""

  var text: String { routerOSInterfaces + "/ip firewall filter\n" + filter + "\n" + more + "\n" }

  func reading() throws -> Reading { try readRouterOS(text) }
  func device() throws -> Device { try #require(try reading().devices.first) }

  /// What becomes of a forwarded packet.
  func verdict(_ from: String, _ to: String, _ packet: String, _ state: SessionState = .new) throws -> String {
    var packet = try packet.asPacket()
    packet.state = state
    return verdictLabel(ConcreteEvaluator(device: try device(), ingress: from, egress: to).forward(packet))
  }

  func local(_ from: String, _ packet: String) throws -> String {
    verdictLabel(ConcreteEvaluator(device: try device(), ingress: from, egress: "").local(try packet.asPacket()))
  }

  func gaps() throws -> [String] { try reading().ledger.gaps.filter(\.couldChangeVerdict).map(\.reason) }
}
