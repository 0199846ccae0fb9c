import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Garderos routers. There is no public manual; what is not shown by exports must stay open.
@Suite struct GarderosTests {
  private let text = """
    # router-7
    acl.ipv4.input.1.action=ACCEPT
    acl.ipv4.input.1.description=allow ssh from management
    acl.ipv4.input.1.dest-ports=22
    acl.ipv4.input.1.protocol=tcp
    acl.ipv4.input.1.source-network=10.42.0.0/24
    acl.ipv4.input.999.action=DROP
    acl.ipv4.input.20.action=ACCEPT
    acl.ipv4.input.20.protocol=icmp
    interface.eth.1.description=WAN
    interface.eth.1.ip-assignment=static
    interface.eth.1.ipv4=10.42.101.5/24
    interface.eth.1.name=eth1
    route.ipv4.1.gateway=10.42.101.1
    route.ipv4.1.network=10.0.0.0/8
    service.snmp.query-agent.enable=true
    service.snmp.query-agent.server.0.community.0.name=SECRET
    system.name=pump-station-7

    """

  private func read(_ text: String) throws -> Reading {
    let file = try SourceFile(path: "router.cfg", bytes: Array(text.utf8))
    let reading = Platform.garderos.read(file)
    #expect(reading.ledger.count(of: .unread) == 0)
    return reading
  }

  private func packet(_ source: String, proto: UInt8 = IPProtocol.tcp, port: UInt16 = 22) throws -> Packet {
    var packet = Packet(
      source: try #require(IPAddress(source)), destination: try #require(IPAddress("10.42.101.5")), proto: proto)
    if proto != IPProtocol.icmp { packet.destinationPort = port }
    return packet
  }

  private func input(_ device: Device, _ packet: Packet) -> PacketVerdict {
    ConcreteEvaluator(device: device, ingress: "eth1", egress: "").evaluate(list: 0, packet)
  }

  @Test func `Rules are asked in the order of their numbers, not of their lines`() throws {
    let device = try #require(read(text).devices.first)
    let rules = device.lists[0].rules
    #expect(
      rules.indices.map { rules[$0].name } == [
        "acl.ipv4.input.1", "acl.ipv4.input.20", "acl.ipv4.input.999", "no rule",
      ])
    #expect(rules[0].comment == "allow ssh from management")
    #expect(try input(device, packet("10.42.0.9")).isPermitted)
    #expect(try input(device, packet("10.43.0.9")).isDenied)
    #expect(try input(device, packet("10.43.0.9", proto: IPProtocol.icmp)).isPermitted)
  }

  @Test func `Interfaces, routes and management`() throws {
    let reading = try read(text)
    #expect(reading.ledger.gaps.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(device.name == "pump-station-7" && device.interfaces.map(\.name) == ["eth1"])
    #expect(device.interfaces[0].aliases == ["WAN"] && device.routes.map(\.interface) == ["eth1"])
    #expect(device.management.map(\.service) == ["snmp"] && device.management[0].isClearText)
  }

  /// The trap: an input list without a final rule says nothing about the rest, and nothing at all about forwarding.
  @Test func `What is not documented stays open`() throws {
    let reading = try read(text.split(separator: "\n").filter { !$0.contains("999") }.joined(separator: "\n"))
    let device = try #require(reading.devices.first)
    let other = try input(device, packet("10.43.0.9"))
    #expect(other.mayPermit && other.mayDeny)
    let forwarded = try ConcreteEvaluator(device: device, ingress: "eth1", egress: "eth2").forward(packet("10.43.0.9"))
    #expect(forwarded.mayPermit && forwarded.mayDeny)
    #expect(reading.issues.contains { $0.couldChangeVerdict && $0.message.contains("forwards") })
    #expect(!device.passesReplies)
  }

  @Test(arguments: [
    ("acl.ipv4.input.1.protocol=tcp", "acl.ipv4.input.1.protcol=tcp", "`protcol` of rule"),
    ("dest-ports=22", "dest-ports=ssh", "no port of that protocol"),
    ("source-network=10.42.0.0/24", "source-network=mgmt", "is no network"),
    ("input.1.action=ACCEPT", "input.1.action=ALLOW", "no action that is known"),
    ("acl.ipv4.input.20", "acl.ipv4.forward.20", "may permit or deny anything"),
    ("system.name", "sytem.name", "is not known"),
    ("system.name=", "system.name ", "is no `key=value`"),
    ("interface.eth.1.ipv4=10.42.101.5/24", "interface.eth.1.ipv4=x", "no address with its network"),
    ("system.name", "tunnel.ipsec.2.peer", "tunnels are not modelled"),
    ("acl.ipv4.input.20.protocol=icmp", "acl.ipv4.input.1.protocol=udp", "given twice"),
  ])
  func `What is not known is a gap`(old: String, new: String, expected: String) throws {
    let changed = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    #expect(changed != text)
    let reading = try read(changed)
    #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict && $0.reason.contains(expected) })
    #expect(!reading.ledger.gaps.contains { $0.reason.contains("SECRET") })
  }

  @Test(arguments: ["protocol=tcp", "source-network=10.42.0.0/24", "dest-ports=22"])
  func `A condition that is not understood makes a rule open`(condition: String) throws {
    let device = try #require(
      read(text.split(separator: condition, omittingEmptySubsequences: false).joined(separator: condition + "?"))
        .devices.first)
    let verdict = try input(device, packet("10.42.0.9"))
    #expect(verdict.mayPermit && verdict.mayDeny)
  }

  @Test func `The export is detected and understood`() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let path = "\(shared)/samples/garderos/oxidized-garderos-r7709.cfg"
    let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
    guard case .platform(let platform, _) = detectPlatform(file) else {
      Issue.record("not detected")
      return
    }
    #expect(platform.id == "garderos")
    // Its one tunnel is not modelled.
    #expect(platform.read(file).ledger.gaps.map(\.state) == [.notModelled])
  }
}
