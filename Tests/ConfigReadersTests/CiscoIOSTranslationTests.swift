import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// Address translation, in the order of Cisco document 6209, "NAT Order of Operation": from outside before routing, from
/// inside behind it; the access list of the ingress interface comes before, that of the egress interface after.
@Suite struct CiscoIOSTranslationTests {
  private func device(_ text: String) throws -> Device {
    try iosDevice(
      """
      \(iosInterfaces)interface \(plant)
       ip nat inside
      interface \(office)
       ip nat outside
      \(text)
      """)
  }

  private func trace(_ device: Device, _ from: String, _ to: String, _ packet: Packet) -> [String] {
    ConcreteEvaluator(device: device, ingress: from, egress: to).forward(packet).trace.map(\.effect)
  }

  @Test func staticTranslationHoldsBothWays() throws {
    let device = try device("ip nat inside source static 10.0.0.5 192.168.1.50\n")
    #expect(
      try trace(device, office, plant, iosPacket(6, "192.168.1.2", "192.168.1.50", 502))[0].contains("-> 10.0.0.5:502"))
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 443))[0].contains("192.168.1.50:"))
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.6", "192.168.1.2", 443)).isEmpty)
  }

  @Test func portTranslation() throws {
    let device = try device("ip nat inside source static tcp 10.0.0.5 502 interface \(office) 10502\n")
    #expect(
      try trace(device, office, plant, iosPacket(6, "192.168.1.2", "192.168.1.1", 10502))[0].contains("-> 10.0.0.5:502")
    )
    #expect(try trace(device, office, plant, iosPacket(6, "192.168.1.2", "192.168.1.1", 10503)).isEmpty)
    #expect(try trace(device, office, plant, iosPacket(17, "192.168.1.2", "192.168.1.1", 10502)).isEmpty)
  }

  /// The ingress list sees the address before, the egress list behind the translation.
  @Test func listsSeeTheirSide() throws {
    let device = try device(
      """
      ip nat inside source static network 10.0.0.0 172.16.0.0 /24
      interface \(office)
       ip access-group IN in
       ip access-group OUT out
      ip access-list extended IN
       permit tcp any host 172.16.0.5 eq 502
      ip access-list extended OUT
       permit ip 172.16.0.0 0.0.0.255 any
      """)
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "172.16.0.5", 502)) == "permit")
    #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502)) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 443)) == "permit")
  }

  @Test func dynamicTranslationByList() throws {
    let device = try device(
      """
      access-list 1 deny 10.0.0.9
      access-list 1 permit 10.0.0.0 0.0.0.255
      ip nat pool P 192.168.1.60 192.168.1.60 prefix-length 24
      ip nat inside source list 1 pool P overload
      """)
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 443))[0].contains("192.168.1.60:"))
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.9", "192.168.1.2", 443)).isEmpty)
  }

  /// Without `overload` a host holds an address of the pool for itself, and packets from outside may reach it there (Cisco
  /// IOS IP Addressing Configuration Guide, "Configuring NAT for IP Address Conservation", dynamic translation).
  @Test func poolsWithoutOverloadLetIn() throws {
    let text = "access-list 1 permit 10.0.0.0 0.0.0.255\nip nat pool P 172.16.0.1 172.16.0.9 prefix-length 24\n"
    let open = try device("\(text)ip nat inside source list 1 pool P\n")
    let packet = try iosPacket(6, "192.168.1.2", "172.16.0.5", 502)
    #expect(trace(open, office, plant, packet).contains { $0.contains("-> 10.0.0.0:502") })
    let closed = try device("\(text)ip nat inside source list 1 pool P overload\n")
    #expect(trace(closed, office, plant, packet).isEmpty)
  }

  /// `deny ip inside peer` keeps VPN traffic from being translated; the list is followed exactly.
  @Test func exemptionsOfExtendedLists() throws {
    let device = try device(
      """
      ip access-list extended NAT
       deny ip 10.0.0.0 0.0.0.255 172.20.0.0 0.0.255.255
       permit ip 10.0.0.0 0.0.0.255 any
      ip nat inside source list NAT interface \(office) overload
      """)
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.2", 443))[0].contains("192.168.1.1:"))
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.5", "172.20.1.1", 443)).isEmpty)
    let stage = try #require(device.pipeline.first { $0.name.contains("from inside") })
    guard case .translate(let rules) = stage.work else { return }
    #expect(rules[0].match.isExact)
  }

  /// Static translations hold before dynamic ones; an outside source is translated when it enters and back when it is the
  /// destination.
  @Test func outsideSources() throws {
    let device = try device(
      """
      access-list 1 permit any
      ip nat inside source list 1 interface \(office) overload
      ip nat inside source static 10.0.0.5 192.168.1.50
      ip nat outside source static 192.168.1.2 10.99.0.2
      """)
    #expect(try trace(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.7", 443))[0].contains("192.168.1.50:"))
    #expect(try trace(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502))[0].contains("10.99.0.2:"))
    #expect(
      try trace(device, plant, office, iosPacket(6, "10.0.0.6", "10.99.0.2", 443)).contains {
        $0.contains("-> 192.168.1.2:")
      })
  }

  @Test func whatIsNotUnderstoodIsAGap() throws {
    let reading = try readIOS(
      """
      \(iosInterfaces)ip nat inside source wobble
      ip nat inside source list 7 pool NONE
      ip nat source static 10.0.0.1 10.0.0.2
      ip nat translation timeout 300
      """)
    #expect(reading.ledger.gaps.count == 2)
    #expect(Set(reading.issues.map(\.kind)) == [.undefinedReference])
    #expect(reading.issues.count == 2)
  }
}
