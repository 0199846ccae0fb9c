import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Reads configuration text as a Cisco ASA file.
func readASA(_ text: String) throws -> Reading {
  Platform.ciscoASA.read(try SourceFile(path: "asa.cfg", bytes: Array(text.utf8)))
}

/// The only device of the text.
func asaDevice(_ text: String) throws -> Device {
  let reading = try readASA(text)
  #expect(reading.devices.count == 1)
  return try #require(reading.devices.first)
}

/// `tcp 10.0.0.1 10.0.0.2 443` as a packet that opens a session.
func asaPacket(_ proto: UInt8, _ source: String, _ destination: String, _ port: UInt16 = 0) throws -> Packet {
  var packet = Packet(
    source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)), proto: proto)
  if IPProtocol.withPorts.contains(proto) {
    packet.sourcePort = 40000
    packet.destinationPort = port
  } else if IPProtocol.withTypes.contains(proto) {
    packet.icmpType = UInt8(truncatingIfNeeded: port)
  }
  return packet
}

/// What becomes of a packet: `permit`, `deny` or `open`.
func asaVerdict(_ device: Device, _ from: String, _ to: String, _ packet: Packet) -> String {
  label(ConcreteEvaluator(device: device, ingress: from, egress: to).forward(packet))
}

/// What one list alone does with a packet.
func asaVerdict(_ device: Device, list name: String, _ packet: Packet) throws -> String {
  let index = try #require(device.lists.firstIndex { $0.name == name })
  return label(ConcreteEvaluator(device: device, ingress: "", egress: "").evaluate(list: index, packet))
}

/// What becomes of a packet to the device itself.
func asaLocalVerdict(_ device: Device, _ from: String, _ packet: Packet) -> String {
  label(ConcreteEvaluator(device: device, ingress: from, egress: "").local(packet))
}

private func label(_ verdict: PacketVerdict) -> String {
  verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

/// Three interfaces: inside 100, dmz 50, outside 0.
let asaInterfaces = """
  ASA Version 9.12(4)
  hostname plant
  interface GigabitEthernet1/1
   nameif outside
   security-level 0
   ip address 198.51.100.1 255.255.255.0
  !
  interface GigabitEthernet1/2
   nameif inside
   security-level 100
   ip address 10.0.0.1 255.255.255.0
  !
  interface GigabitEthernet1/3.30
   vlan 30
   nameif dmz
   security-level 50
   ip address 10.30.0.1 255.255.255.0 standby 10.30.0.2
  !

  """
