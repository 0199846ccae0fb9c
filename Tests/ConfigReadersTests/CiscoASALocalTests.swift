import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Packets to the device itself.
@Suite struct CiscoASALocalTests {
  private let text =
    asaInterfaces + """
      ssh 10.0.0.0 255.255.255.0 inside
      ssh timeout 5
      telnet 0.0.0.0 0.0.0.0 dmz
      http server enable 8443
      http 10.0.0.5 255.255.255.255 inside
      snmp-server host inside 10.0.0.7 community ***** version 2c
      snmp-server host inside 10.0.0.8 version 3 operator
      snmp-server community *****
      icmp permit 10.0.0.0 255.255.255.0 echo inside
      icmp deny any outside

      """

  /// Command reference, `ssh`, `telnet`, `http`, `snmp-server host`.
  @Test func managementAccess() throws {
    let device = try asaDevice(text)
    #expect(device.management.map(\.service) == ["ssh", "telnet", "https", "snmp", "snmp"])
    #expect(device.management.map(\.isClearText) == [false, true, false, true, false])
    #expect(try asaLocalVerdict(device, "inside", asaPacket(6, "10.0.0.9", "10.0.0.1", 22)) == "permit")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(6, "10.0.1.9", "10.0.0.1", 22)) == "deny")
    #expect(try asaLocalVerdict(device, "outside", asaPacket(6, "10.0.0.9", "10.0.0.1", 22)) == "deny")
    #expect(try asaLocalVerdict(device, "dmz", asaPacket(6, "1.2.3.4", "10.30.0.1", 23)) == "permit")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(6, "10.0.0.5", "10.0.0.1", 8443)) == "permit")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(6, "10.0.0.5", "10.0.0.1", 443)) == "deny")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(17, "10.0.0.7", "10.0.0.1", 161)) == "permit")
  }

  /// Command reference, `icmp`: without a statement all ICMP is answered; with one, the rest is denied.
  @Test func icmpControlList() throws {
    let device = try asaDevice(text)
    #expect(try asaLocalVerdict(device, "dmz", asaPacket(1, "1.2.3.4", "10.30.0.1", 8)) == "permit")
    #expect(try asaLocalVerdict(device, "outside", asaPacket(1, "1.2.3.4", "198.51.100.1", 8)) == "deny")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(1, "10.0.0.9", "10.0.0.1", 8)) == "permit")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(1, "10.0.0.9", "10.0.0.1", 13)) == "deny")
    #expect(try asaLocalVerdict(device, "outside", asaPacket(58, "2001:db8::1", "2001:db8::2", 128)) == "permit")
  }

  /// "Access Rules", Management Access Rules: permitted management comes before the control-plane list, which has no
  /// implicit deny.
  @Test func controlPlane() throws {
    let device = try asaDevice(
      text + """
        crypto ikev2 enable outside
        access-list CP extended deny udp host 203.0.113.5 any eq isakmp
        access-list CP extended deny tcp any any eq ssh
        access-group CP in interface outside control-plane
        """)
    #expect(try asaLocalVerdict(device, "outside", asaPacket(17, "203.0.113.5", "198.51.100.1", 500)) == "deny")
    #expect(try asaLocalVerdict(device, "outside", asaPacket(17, "203.0.113.6", "198.51.100.1", 500)) == "permit")
    #expect(try asaLocalVerdict(device, "inside", asaPacket(6, "10.0.0.9", "10.0.0.1", 22)) == "permit")
    // The control-plane list is no list for through traffic.
    #expect(try asaVerdict(device, "inside", "outside", asaPacket(6, "10.0.0.9", "8.8.8.8", 22)) == "permit")
    #expect(device.unboundLists.isEmpty)
  }

  /// Command reference, `webvpn`, `port` and `enable`; `crypto ikev2 enable`.
  @Test func vpnListeners() throws {
    let device = try asaDevice(
      asaInterfaces + """
        webvpn
         port 8443
         enable outside
        crypto ikev2 enable dmz client-services port 444
        """)
    #expect(try asaLocalVerdict(device, "outside", asaPacket(6, "1.2.3.4", "198.51.100.1", 8443)) == "permit")
    #expect(try asaLocalVerdict(device, "outside", asaPacket(6, "1.2.3.4", "198.51.100.1", 443)) == "deny")
    #expect(try asaLocalVerdict(device, "dmz", asaPacket(6, "1.2.3.4", "10.30.0.1", 444)) == "permit")
    #expect(try asaLocalVerdict(device, "dmz", asaPacket(17, "1.2.3.4", "10.30.0.1", 500)) == "permit")
  }

  /// Command reference, `http server enable`: off by default.
  @Test func webServerOff() throws {
    let device = try asaDevice(asaInterfaces + "http 0.0.0.0 0.0.0.0 outside")
    #expect(device.management.isEmpty)
    #expect(try asaLocalVerdict(device, "outside", asaPacket(6, "1.2.3.4", "198.51.100.1", 443)) == "deny")
  }
}
