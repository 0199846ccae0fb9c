import PacketSets
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// What manages the device, and from where.
@Suite struct CiscoIOSLocalTests {
  private let text = """
    \(iosInterfaces)access-list 10 permit 192.168.1.10
    access-list 11 permit 192.168.1.0 0.0.0.255
    ip http server
    no ip http secure-server
    ip http access-class 11
    snmp-server community S3cret RO 10
    snmp-server group ADMINS v3 priv
    line con 0
     exec-timeout 5 0
    line vty 0 4
     access-class 10 in
     transport input telnet ssh
    line vty 5 15
     access-class 10 in
     transport input telnet ssh

    """

  /// Cisco IOS Security Command Reference, `access-class`, `ip http access-class`; SNMP Support Command Reference,
  /// `snmp-server community`.
  @Test func management() throws {
    let reading = try readIOS(text)
    let device = try #require(reading.devices.first)
    #expect(reading.ledger.gaps.isEmpty)
    #expect(device.management.map(\.service) == ["http", "snmp", "snmp", "ssh", "telnet"])
    #expect(device.management.map(\.isClearText) == [true, true, false, false, true])
    #expect(device.management[4].sources == AddressSet(IPAddress("192.168.1.10")!).union(.allV6))
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "192.168.1.10", "192.168.1.1", 23)) == "permit")
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "192.168.1.11", "192.168.1.1", 23)) == "deny")
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "192.168.1.11", "192.168.1.1", 80)) == "permit")
    #expect(try iosLocalVerdict(device, plant, iosPacket(1, "10.0.0.5", "10.0.0.1", 8)) == "permit")
  }

  /// Secrets are never shown.
  @Test func communitiesStayHidden() throws {
    let reading = try readIOS(text + "snmp-server community\n")
    #expect(!reading.issues.contains { $0.message.contains("S3cret") })
    #expect(!reading.ledger.gaps.contains { $0.reason.contains("S3cret") })
    #expect(!String(reflecting: reading.devices).contains("S3cret"))
  }

  /// A list that does not exist lets everybody in; without `transport input` both protocols are assumed.
  @Test func missingListLetsEverybodyIn() throws {
    let reading = try readIOS("\(iosInterfaces)line vty 0 4\n access-class NONE in\n")
    let device = try #require(reading.devices.first)
    #expect(device.management.map(\.service) == ["ssh", "telnet"])
    #expect(device.management.map(\.sources) == [.all, .all])
    #expect(reading.issues.map(\.kind) == [.undefinedReference])
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "9.9.9.9", "192.168.1.1", 23)) == "open")
  }

  /// `transport input none` closes the lines.
  @Test func closedLines() throws {
    let device = try iosDevice("\(iosInterfaces)line vty 0 4\n transport input none\n")
    #expect(device.management.isEmpty)
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "9.9.9.9", "192.168.1.1", 23)) == "deny")
  }

  /// The ingress interface's list filters packets to the router as well ("IP Access List Overview", inbound lists).
  @Test func ingressListFiltersLocalPackets() throws {
    let device = try iosDevice(
      "\(text)interface \(office)\n ip access-group A in\nip access-list extended A\n permit udp any any\n")
    #expect(try iosLocalVerdict(device, office, iosPacket(6, "192.168.1.10", "192.168.1.1", 23)) == "deny")
    #expect(try iosLocalVerdict(device, plant, iosPacket(6, "192.168.1.10", "10.0.0.1", 23)) == "permit")
  }
}
