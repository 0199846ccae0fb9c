import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Reads configuration text as a Cisco IOS file.
func readIOS(_ text: String) throws -> Reading {
  Platform.ciscoIOS.read(try SourceFile(path: "router.cfg", bytes: Array(text.utf8)))
}

/// The only device of the text.
func iosDevice(_ text: String) throws -> Device {
  let reading = try readIOS(text)
  #expect(reading.devices.count == 1)
  return try #require(reading.devices.first)
}

/// What becomes of a packet between two interfaces: `permit`, `deny` or `open`.
func iosVerdict(_ device: Device, _ from: String, _ to: String, _ packet: Packet) -> String {
  let verdict = ConcreteEvaluator(device: device, ingress: from, egress: to).forward(packet)
  return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

/// What becomes of a packet to the device itself.
func iosLocalVerdict(_ device: Device, _ from: String, _ packet: Packet) -> String {
  let verdict = ConcreteEvaluator(device: device, ingress: from, egress: "").local(packet)
  return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

/// What one list alone does with a packet.
func iosVerdict(_ device: Device, list name: String, _ packet: Packet) throws -> String {
  let index = try #require(device.lists.firstIndex { $0.name == name })
  let verdict = ConcreteEvaluator(device: device, ingress: "", egress: "").evaluate(list: index, packet)
  return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

/// `tcp 10.0.0.1 10.0.0.2 443` as the packet that opens a session; for ICMP the last number is the type.
func iosPacket(_ proto: UInt8, _ source: String, _ destination: String, _ port: UInt16 = 0) throws -> Packet {
  var packet = Packet(
    source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)), proto: proto)
  if IPProtocol.withPorts.contains(proto) {
    packet.sourcePort = 40000
    packet.destinationPort = port
    if proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
  } else if IPProtocol.withTypes.contains(proto) {
    packet.icmpType = UInt8(truncatingIfNeeded: port)
  }
  return packet
}

/// The packet that answers one which opens a session.
func answer(to packet: Packet) -> Packet {
  var answer = packet
  (answer.source, answer.destination) = (packet.destination, packet.source)
  (answer.sourcePort, answer.destinationPort) = (packet.destinationPort, packet.sourcePort)
  if packet.proto == IPProtocol.tcp { answer.tcpFlags = 0x12 }
  answer.state = .reply
  return answer
}

/// Two routed interfaces, the plant inside and the office outside.
let iosInterfaces = """
  version 15.2
  hostname r1
  interface GigabitEthernet0/0
   description plant
   ip address 10.0.0.1 255.255.255.0
  interface GigabitEthernet0/1
   description office
   ip address 192.168.1.1 255.255.255.0

  """
let plant = "GigabitEthernet0/0"
let office = "GigabitEthernet0/1"
