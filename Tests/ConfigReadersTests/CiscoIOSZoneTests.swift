import PacketSets
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// The zone-based firewall.
///
/// Sources: "Zone-Based Policy Firewalls"
/// (https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/sec_data_zbf/configuration/15-mt/sec-data-zbf-15-mt-book/sec-zone-pol-fw.html)
/// and Cisco document 98628, "Understand the Zone-Based Policy Firewall Design".
@Suite struct CiscoIOSZoneTests {
  private func device(_ policy: String) throws -> Device { try iosDevice(configuration(policy)) }

  private func configuration(_ policy: String) -> String {
    """
    hostname zbf
    zone security IN
    zone security OUT
    interface GigabitEthernet0/0
     ip address 10.0.0.1 255.255.255.0
     zone-member security IN
    interface GigabitEthernet0/1
     ip address 192.168.1.1 255.255.255.0
     zone-member security OUT
    interface GigabitEthernet0/2
     ip address 10.2.0.1 255.255.255.0
    interface GigabitEthernet0/3
     ip address 10.3.0.1 255.255.255.0
     zone-member security IN
    \(policy)
    """
  }

  private let web = "class-map type inspect match-any WEB\n match protocol https\n match protocol icmp\n"
  private let pair = "zone-pair security IO source IN destination OUT\n service-policy type inspect P\n"

  /// Without a policy nothing passes between zones, nor between a zone and an interface of none; inside a zone everything
  /// does ("Security Zones"). A pair without a policy passes nothing (document 98628, "Zone-Based Policy Firewall Rules").
  @Test func defaults() throws {
    let device = try device("zone-pair security IO source IN destination OUT\n")
    let packet = try iosPacket(6, "10.0.0.5", "192.168.1.5", 443)
    #expect(iosVerdict(device, plant, office, packet) == "deny")
    #expect(iosVerdict(device, office, plant, packet) == "deny")
    #expect(iosVerdict(device, plant, "GigabitEthernet0/2", packet) == "deny")
    #expect(iosVerdict(device, "GigabitEthernet0/2", plant, packet) == "deny")
    #expect(iosVerdict(device, plant, "GigabitEthernet0/3", packet) == "permit")
    #expect(device.interfaces.map(\.platformZone) == ["IN", "OUT", nil, "IN"])
  }

  /// `inspect` lets sessions begin one way and their answers come back; the rest is dropped by `class-default` (document
  /// 98628, "Zone-Based Policy Firewall Actions").
  @Test func inspectPassesAnswers() throws {
    let device = try device("\(web)policy-map type inspect P\n class type inspect WEB\n  inspect\n\(pair)")
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.5", 443)
    #expect(iosVerdict(device, plant, office, request) == "permit")
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "permit")
    #expect(iosVerdict(device, office, plant, request) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 80)) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(1, "10.0.0.5", "192.168.1.5", 8)) == "permit")
  }

  /// `pass` keeps no session: it holds one way only (document 98628, "Zone-Based Policy Firewall Actions").
  @Test func passIsOneWay() throws {
    let device = try device("\(web)policy-map type inspect P\n class type inspect WEB\n  pass log\n\(pair)")
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.5", 443)
    #expect(iosVerdict(device, plant, office, request) == "permit")
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "deny")
  }

  /// Classes are tried in order; `class-default` may pass what is left.
  @Test func classesInOrder() throws {
    let device = try device(
      """
      \(web)class-map type inspect match-all TELNET
       match protocol telnet
      policy-map type inspect P
       class type inspect TELNET
        drop log
       class type inspect WEB
        inspect
       class class-default
        pass
      \(pair)
      """)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 23)) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 4711)) == "permit")
    // Of answers it is not known whether they belong to an inspected or to a passed class.
    let request = try iosPacket(6, "10.0.0.5", "192.168.1.5", 443)
    #expect(iosVerdict(device, office, plant, answer(to: request)) == "open")
  }

  /// `match-all` needs every condition, `match-any` one; classes nest, and what a list denies is not of the class (Cisco IOS
  /// Security Command Reference, `class-map type inspect`, `match class-map`).
  @Test func conditions() throws {
    let device = try device(
      """
      ip access-list extended HOSTS
       deny ip host 10.0.0.9 any
       permit ip 10.0.0.0 0.0.0.255 any
      ip access-list extended SERVERS
       permit ip any host 192.168.1.5
      \(web)class-map type inspect match-all NARROW
       match access-group name HOSTS
       match class-map WEB
       match access-group name SERVERS
      policy-map type inspect P
       class type inspect NARROW
        inspect
      \(pair)
      """)
    func verdict(_ source: String, _ destination: String, _ port: UInt16) throws -> String {
      try iosVerdict(device, plant, office, iosPacket(6, source, destination, port))
    }
    #expect(try verdict("10.0.0.5", "192.168.1.5", 443) == "permit")
    #expect(try verdict("10.0.0.9", "192.168.1.5", 443) == "deny")
    #expect(try verdict("10.0.0.5", "192.168.1.6", 443) == "deny")
    #expect(try verdict("10.0.0.5", "192.168.1.5", 80) == "deny")
  }

  /// `match not` turns a condition round.
  @Test func negatedConditions() throws {
    let device = try device(
      """
      access-list 101 permit ip host 10.0.0.9 any
      class-map type inspect match-all C
       match not access-group 101
       match not protocol https
      policy-map type inspect P
       class type inspect C
        inspect
      \(pair)
      """)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.9", "192.168.1.5", 80)) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 80)) == "permit")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443)) == "deny")
  }

  /// Applications are recognised by port-to-application mapping, which `ip port-map` adds to (Cisco IOS Security
  /// Configuration Guide, "Configuring Port to Application Mapping"); where the ports are not known the class is open.
  @Test func applications() throws {
    let device = try device(
      """
      ip port-map user-modbus port tcp 502
      ip port-map http port tcp 8080
      class-map type inspect match-any C
       match protocol user-modbus
       match protocol http
       match protocol h323
      policy-map type inspect P
       class type inspect C
        inspect
      \(pair)
      """)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 502)) == "permit")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 8080)) == "permit")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 80)) == "permit")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 1720)) == "open")
    #expect(try iosVerdict(device, plant, office, iosPacket(1, "10.0.0.5", "192.168.1.5", 8)) == "deny")
  }

  /// Access lists of interfaces hold besides zone policies: both must let a packet pass ("Zones and ACLs").
  @Test func listsHoldBesideZones() throws {
    let device = try device(
      """
      \(web)policy-map type inspect P
       class type inspect WEB
        inspect
      \(pair)interface GigabitEthernet0/0
       ip access-group A in
      ip access-list extended A
       permit tcp any host 192.168.1.5 eq 443
      """)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443)) == "permit")
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.6", 443)) == "deny")
    #expect(try iosVerdict(device, plant, office, iosPacket(1, "10.0.0.5", "192.168.1.5", 8)) == "deny")
  }

  /// A pair of a zone with itself filters inside the zone (15.0(1)M and later; "Intrazone Support in the Zone-Based Firewall
  /// Application").
  @Test func pairInsideAZone() throws {
    let device = try device(
      """
      \(web)policy-map type inspect P
       class type inspect WEB
        inspect
      zone-pair security II source IN destination IN
       service-policy type inspect P
      """)
    #expect(try iosVerdict(device, plant, "GigabitEthernet0/3", iosPacket(6, "10.0.0.5", "10.3.0.5", 443)) == "permit")
    #expect(try iosVerdict(device, plant, "GigabitEthernet0/3", iosPacket(6, "10.0.0.5", "10.3.0.5", 80)) == "deny")
  }

  /// With a default zone, interfaces of no zone are its members (Cisco IOS XE, "Zone-Based Policy Firewalls", default zone).
  @Test func defaultZone() throws {
    let device = try device(
      """
      zone security default
      \(web)policy-map type inspect P
       class type inspect WEB
        inspect
      zone-pair security ID source IN destination default
       service-policy type inspect P
      """)
    #expect(try iosVerdict(device, plant, "GigabitEthernet0/2", iosPacket(6, "10.0.0.5", "10.2.0.5", 443)) == "permit")
    #expect(try iosVerdict(device, plant, "GigabitEthernet0/2", iosPacket(6, "10.0.0.5", "10.2.0.5", 80)) == "deny")
    #expect(try iosVerdict(device, "GigabitEthernet0/2", plant, iosPacket(6, "10.2.0.5", "10.0.0.5", 443)) == "deny")
  }

  /// Everything to the router itself passes until a pair with `self` has a policy (document 98628, "Self Zone").
  @Test func selfZone() throws {
    let services = "ip http secure-server\nline vty 0 4\n transport input ssh\n"
    let open = try device(services)
    let ssh = try iosPacket(6, "192.168.1.5", "192.168.1.1", 22)
    #expect(iosLocalVerdict(open, office, ssh) == "permit")
    let closed = try device(
      "\(services)\(web)policy-map type inspect P\n class type inspect WEB\n  inspect\nzone-pair security OS source OUT destination self\n service-policy type inspect P"
    )
    #expect(iosLocalVerdict(closed, office, ssh) == "deny")
    #expect(try iosLocalVerdict(closed, office, iosPacket(6, "192.168.1.5", "192.168.1.1", 443)) == "permit")
    #expect(iosLocalVerdict(closed, plant, ssh) == "permit")
  }

  /// Zone policies hold IPv6 from 15.1(2)T on ("Zone-Based Policy Firewall IPv6 Support").
  @Test(arguments: [("version 15.1", true), ("version 15.2", false), ("version 16.8", false)])
  func oldSoftwareAndIPv6(version: String, isOpen: Bool) throws {
    let reading = try readIOS(
      configuration("\(version)\ninterface GigabitEthernet0/0\n ipv6 address 2001:db8::1/64\n"))
    #expect(reading.ledger.isIncomplete == isOpen)
  }

  /// What is not defined is open, and said so.
  @Test(arguments: [
    ("", "policy map"), ("policy-map type inspect P\n class type inspect NONE\n  inspect\n", "class map"),
    (
      "class-map type inspect C\n match access-group name L\npolicy-map type inspect P\n class type inspect C\n  inspect\n",
      "access list"
    ),
  ])
  func undefinedPartsAreOpen(policy: String, what: String) throws {
    let reading = try readIOS(configuration(policy + pair))
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443)) == "open")
    #expect(reading.issues.contains { $0.kind == .undefinedReference && $0.message.hasPrefix(what) })
  }

  /// An entry that is not understood may or may not put packets into the class.
  @Test func unknownEntriesOfClassesAreOpen() throws {
    let device = try device(
      """
      ip access-list extended L
       10 wobble tcp any any
      class-map type inspect C
       match access-group name L
      policy-map type inspect P
       class type inspect C
        inspect
      \(pair)
      """)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443)) == "open")
  }

  /// A class without an action, a cycle, inspection of the payload.
  @Test func unclearClassesAreOpen() throws {
    let reading = try readIOS(
      configuration(
        """
        class-map type inspect match-any A
         match class-map B
        class-map type inspect match-any B
         match class-map A
        policy-map type inspect P
         class type inspect A
          inspect
        \(pair)
        """))
    let device = try #require(reading.devices.first)
    #expect(try iosVerdict(device, plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443)) == "open")
    let payload = try readIOS(
      configuration(
        "\(web)policy-map type inspect P\n class type inspect WEB\n  inspect\n  service-policy http X\n\(pair)"))
    #expect(
      try iosVerdict(#require(payload.devices.first), plant, office, iosPacket(6, "10.0.0.5", "192.168.1.5", 443))
        == "open")
    #expect(payload.ledger.isIncomplete)
  }
}
