import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// A configuration of OPNsense or pfSense in the making.
struct PfText {
  var root = "opnsense"
  var system = "<hostname>fw</hostname><ipv6allow>1</ipv6allow><disablenatreflection>yes</disablenatreflection>"
  var rules = ""
  /// More children of the root.
  var more = ""
  /// The content of `<OPNsense><Firewall>`.
  var models = ""
  var interfaces = """
    <wan><enable>1</enable><if>igb0</if><ipaddr>203.0.113.2</ipaddr><subnet>24</subnet><gateway>GW</gateway></wan>
    <lan><enable>1</enable><if>igb1</if><descr>PLANT</descr><ipaddr>10.1.0.1</ipaddr><subnet>24</subnet></lan>
    <opt1><enable>1</enable><if>igb2</if><descr>CELL</descr><ipaddr>10.2.0.1</ipaddr><subnet>24</subnet></opt1>
    """

  var text: String {
    """
    <?xml version="1.0"?>
    <\(root)>
      <system>\(system)</system>
      <interfaces>\(interfaces)</interfaces>
      <filter>\(rules)</filter>
      \(more)
      \(models.isEmpty ? "" : "<OPNsense><Firewall>\(models)</Firewall></OPNsense>")
    </\(root)>

    """
  }

  func reading() throws -> Reading {
    let platform = try #require(Platform.named(root))
    return platform.read(try SourceFile(path: "config.xml", bytes: Array(text.utf8)))
  }

  func device() throws -> Device {
    let reading = try reading()
    return try #require(reading.devices.first)
  }

  /// What becomes of a packet between two interfaces: `permit`, `deny` or `open`.
  func verdict(_ from: String, _ to: String, _ packet: String) throws -> String {
    verdictLabel(ConcreteEvaluator(device: try device(), ingress: from, egress: to).forward(try packet.asPacket()))
  }

  /// What becomes of a packet to the device itself.
  func local(_ from: String, _ packet: String) throws -> String {
    verdictLabel(ConcreteEvaluator(device: try device(), ingress: from, egress: "").local(try packet.asPacket()))
  }

  /// Reasons of the gaps that could change a verdict.
  func gaps() throws -> [String] { try reading().ledger.gaps.filter(\.couldChangeVerdict).map(\.reason) }
}

/// `permit`, `deny` or `open`.
func verdictLabel(_ verdict: PacketVerdict) -> String {
  verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
}

extension String {
  /// `tcp 10.1.0.5 10.2.0.9 502`, with `from 40000` at the end for the source port.
  func asPacket() throws -> Packet {
    let words = split(separator: " ").map(String.init)
    let numbers: [String: UInt8] = ["tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "gre": 47, "esp": 50, "carp": 112]
    var packet = Packet(
      source: try #require(IPAddress(words[1])), destination: try #require(IPAddress(words[2])),
      proto: try #require(numbers[words[0]]))
    let number = words.count > 3 ? UInt16(words[3]) ?? 0 : 0
    if IPProtocol.withPorts.contains(packet.proto) {
      packet.sourcePort = words.count > 5 ? UInt16(words[5]) ?? 0 : 40000
      packet.destinationPort = number
      if packet.proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    } else if IPProtocol.withTypes.contains(packet.proto) {
      packet.icmpType = UInt8(truncatingIfNeeded: number)
    }
    return packet
  }
}

/// A rule of the old store.
func pfRule(
  _ type: String = "pass", on interface: String = "lan", from source: String = "<any/>",
  to destination: String = "<any/>",
  _ more: String = "<ipprotocol>inet</ipprotocol>"
) -> String {
  """
  <rule><type>\(type)</type><interface>\(interface)</interface>\(more)<source>\(source)</source>\
  <destination>\(destination)</destination></rule>

  """
}

/// `<ipprotocol>inet</ipprotocol>` and the rest of a floating rule.
func floating(_ more: String) -> String { "<ipprotocol>inet</ipprotocol><floating>yes</floating>\(more)" }

let tcp = "<ipprotocol>inet</ipprotocol><protocol>tcp</protocol>"
