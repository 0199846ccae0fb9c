import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Reads FortiOS text.
func fortiOS(_ text: String) throws -> Reading {
  let platform = try #require(Platform.named("fortios"))
  return platform.read(try SourceFile(path: "fw.conf", bytes: Array(text.utf8)))
}

/// The only device of the text.
func fortiDevice(_ text: String) throws -> Device {
  let reading = try fortiOS(text)
  return try #require(reading.devices.first)
}

/// `tcp 10.0.0.1 10.0.1.1 502`
func packet(_ text: String) throws -> Packet {
  let words = text.split(separator: " ")
  let protocols: [Substring: UInt8] = ["tcp": 6, "udp": 17, "icmp": 1, "gre": 47]
  var packet = Packet(
    source: try #require(IPAddress(words[1])), destination: try #require(IPAddress(words[2])),
    proto: try #require(protocols[words[0]]))
  if packet.proto == 6 || packet.proto == 17 {
    packet.sourcePort = words.count > 4 ? try #require(UInt16(words[4])) : 49152
    packet.destinationPort = try #require(UInt16(words[3]))
    packet.tcpFlags = packet.proto == 6 ? Packet.syn : 0
  } else if packet.proto == 1 {
    packet.icmpType = try #require(UInt8(words[3]))
  }
  return packet
}

extension Device {
  /// `permit`, `deny` or `open`.
  func fate(_ text: String, from ingress: String = "port1", to egress: String = "port2") throws -> String {
    let verdict = ConcreteEvaluator(device: self, ingress: ingress, egress: egress).forward(try packet(text))
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }

  /// The same for a packet to the device itself.
  func localFate(_ text: String, at ingress: String = "port1") throws -> String {
    let verdict = ConcreteEvaluator(device: self, ingress: ingress, egress: "").local(try packet(text))
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }

  /// The rule list of that name.
  func list(_ name: String) -> RuleList? { lists.first { $0.name == name } }
}

/// Two ports and a few objects; policies follow.
let fortiBase = """
  #config-version=FGR60F-7.4.11-FW-build2795-250523:opmode=0:vdom=0:user=admin
  config system global
      set hostname "cell-1"
  end
  config system interface
      edit "port1"
          set vdom "root"
          set ip 10.0.1.1 255.255.255.0
      next
      edit "port2"
          set vdom "root"
          set ip 10.0.2.1 255.255.255.0
      next
      edit "port3"
          set vdom "root"
          set ip 10.0.3.1 255.255.255.0
      next
  end
  config firewall address
      edit "scada"
          set subnet 10.0.1.10 255.255.255.255
      next
      edit "plc"
          set subnet 10.0.2.0 255.255.255.0
      next
  end
  config firewall service custom
      edit "modbus"
          set tcp-portrange 502
      next
  end

  """

/// One policy of `fortiBase` from port1 to port2, scada to plc, modbus, accept; `lines` come last and win.
func fortiPolicy(_ id: Int, _ lines: String...) -> String {
  """
      edit \(id)
          set srcintf "port1"
          set dstintf "port2"
          set srcaddr "scada"
          set dstaddr "plc"
          set action accept
          set schedule "always"
          set service "modbus"
  \(lines.map { "        \($0)" }.joined(separator: "\n"))
      next

  """
}

/// A policy table of `fortiBase`.
func fortiPolicies(_ policies: String...) -> String {
  fortiBase + "config firewall policy\n" + policies.joined() + "end\n"
}
