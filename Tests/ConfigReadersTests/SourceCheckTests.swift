import RuleModel
import Testing

/// Whether an interface drops packets whose source address is routed another way.
@Suite struct SourceCheckTests {
  private func checks(_ device: Device) -> [String: Bool?] {
    device.interfaces.reduce(into: [:]) { $0[$1.name] = .some($1.checksSourceAddress) }
  }

  /// Cisco ASA Series Command Reference, "ip verify reverse-path": "This feature is disabled by default"; supported in routed
  /// mode only.
  @Test func `ASA checks where it is told to, and nothing is known of a transparent one`() throws {
    let device = try asaDevice(asaInterfaces + "ip verify reverse-path interface outside\n")
    #expect(checks(device) == ["outside": true, "inside": false, "dmz": false])
    let transparent = try asaDevice(
      asaInterfaces.replacing("hostname plant", with: "hostname plant\nfirewall transparent"))
    #expect(transparent.interfaces.allSatisfy { $0.checksSourceAddress == nil })
  }

  /// Cisco IOS Security Command Reference, "ip verify unicast source reachable-via": disabled by default; `rx` wants the
  /// source to be reachable by the interface, `any` by some interface; a list forwards packets that fail the check.
  @Test(
    arguments: [
      ("", false), ("ip verify unicast source reachable-via rx", true), ("ip verify unicast reverse-path", true),
      ("ip verify unicast source reachable-via rx allow-default", true),
      ("ip verify unicast source reachable-via any", false), ("ip verify unicast source reachable-via rx 101", nil),
      ("ip verify source", nil),
    ] as [(String, Bool?)])
  func `IOS checks in strict mode without exceptions`(statement: String, expected: Bool?) throws {
    let device = try iosDevice(
      iosInterfaces.replacing("description office", with: "description office\n \(statement)"))
    #expect(checks(device) == [plant: false, office: expected])
  }

  /// Junos, "rpf-check (interfaces)": strict unless `mode loose`; a `fail-filter` decides on packets that fail.
  @Test func `Junos checks in strict mode, and without it nothing is known`() throws {
    let device = try junosDevice(
      junosBase + """
        set interfaces ge-0/0/0 unit 0 family inet rpf-check
        set interfaces ge-0/0/1 unit 0 family inet rpf-check mode loose

        """)
    #expect(checks(device) == ["ge-0/0/0.0": true, "ge-0/0/1.0": nil, "ge-0/0/2.0": nil])
  }

  /// FortiOS administration guide, "Reverse path look-up": feasible path, which a default route meets, unless
  /// `strict-src-check` is enabled; none at all where `src-check` is disabled.
  @Test func `FortiOS checks for sure in strict mode only`() throws {
    let strict = """
      config system settings
          set strict-src-check enable
      end

      """
    let off = fortiBase.replacing("set ip 10.0.1.1", with: "set src-check disable\n        set ip 10.0.1.1")
    #expect(try Set(fortiDevice(fortiBase).interfaces.map(\.checksSourceAddress)) == [nil])
    #expect(try Set(fortiDevice(fortiBase + strict).interfaces.map(\.checksSourceAddress)) == [true])
    #expect(try checks(fortiDevice(off + strict)) == ["port1": false, "port2": true, "port3": true])
  }

  /// PAN-OS web interface help, "Packet Based Attack Protection", Spoofed IP address: checked where the zone's protection
  /// profile says so; a zone has no profile by default.
  @Test func `PAN-OS checks by zone protection`() throws {
    let device = try panDevice(
      panBase + """
        set network profiles zone-protection-profile strict discard-ip-spoof yes
        set zone supervision network zone-protection-profile strict

        """)
    #expect(checks(device) == ["ethernet1/1": true, "ethernet1/2": false])
    let elsewhere = try panDevice(panBase + "set zone control network zone-protection-profile of-panorama\n")
    #expect(checks(elsewhere) == ["ethernet1/1": false, "ethernet1/2": nil])
  }
}
