import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Detection, captures as they come, and hostile files.
@Suite struct CiscoASARobustnessTests {
  private func detected(_ text: String) throws -> Bool {
    Platform.ciscoASA.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
  }

  @Test func detection() throws {
    #expect(try detected(": Saved\n:\nASA Version 9.8(2)\n"))
    #expect(try detected("\r\n!\r\nNGFW Version 7.0.1 \r\n"))
    #expect(try detected("interface Ethernet0\n nameif inside\n security-level 100\n"))
    #expect(try detected("access-list OUT extended permit tcp any any eq 80\n"))
    #expect(try detected("access-list CSM_FW_ACL_ advanced trust ip any any\n"))
    #expect(try !detected("access-list 101 permit tcp any any eq 80\nip access-list extended X\n permit ip any any\n"))
    #expect(try !detected("hostname router\ninterface Gi0/0\n ip address 10.0.0.1 255.255.255.0\n"))
    #expect(try !detected(""))
  }

  @Test func samples() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let files = filesBelow("\(shared)/samples/cisco-asa")
    #expect(files.count > 20)
    for path in files {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      let reading = Platform.ciscoASA.read(file)
      #expect(reading.devices.count == 1, "\(path)")
      #expect(reading.ledger.count(of: .unread) == 0, "\(path)")
      #expect(reading.devices.first?.name != "unnamed", "\(path)")
      let unknown = reading.ledger.gaps.filter { $0.state == .notRecognised }
      for gap in unknown { print("\(path): \(file.text(gap.range)): \(gap.reason)") }
    }
    for path in filesBelow("\(shared)/samples/cisco-ios") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(Platform.ciscoASA.detect(file) == nil, "\(path)")
    }
  }

  @Test func realExports() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let path = "\(shared)/samples/cisco-asa/oxidized-asa5512-9.12.cfg"
    let reading = Platform.ciscoASA.read(try SourceFile(path: path, bytes: try #require(readBytes(path))))
    let device = try #require(reading.devices.first)
    #expect(device.name == "LAB-ASA12-Oxidized-IPv6")
    #expect(device.interfaces.map(\.name) == ["RZ", "WAN", "NAT64", "OXIDIZED", "management"])
    #expect(device.routes.count == 2 && device.management.count == 1)
    #expect(reading.ledger.gaps.isEmpty)
  }

  @Test func captureNoise() throws {
    let text = """
      fw# terminal pager 0\r
      fw# show running-config\r
      : Saved\r
      :\r
      ASA Version 9.8(2) \r
      hostname fw\r
      interface Ethernet0\r
      <--- More --->\r              \r nameif inside\r
       security-level 100\r
      access-list L extended permit tcp any any eq 80\r
      Cryptochecksum:70000cafe00000000000effffaaaacd0\r
      : end\r
      fw#\r

      """
    let reading = try readASA(text)
    #expect(reading.devices.map(\.name) == ["fw"])
    #expect(reading.devices[0].interfaces.map(\.name) == ["inside"])
    #expect(reading.ledger.gaps.isEmpty)
  }

  @Test func missingIndentation() throws {
    let device = try asaDevice(
      """
      interface Ethernet0
      nameif inside
      security-level 100
      object network A
      host 10.0.0.1
      nat (inside,outside) static 192.0.2.1
      object-group network G
      network-object object A
      access-list L extended permit ip object-group G any
      """)
    #expect(device.interfaces.map(\.name) == ["inside"])
    #expect(device.lists[0].rules[0].match.isExact)
    #expect(device.pipeline.count { if case .translate = $0.work { true } else { false } } == 2)
  }

  /// "Multiple Context Mode": each context is a firewall of its own.
  @Test func contextsAndTwoCaptures() throws {
    let contexts = try readASA(
      """
      ASA Version 9.8(2)
      hostname fw
      mode multiple
      context LINE1
       allocate-interface GigabitEthernet0/1
       config-url disk0:/line1.cfg
      changeto context LINE1
      interface GigabitEthernet0/1
       nameif inside
      changeto system
      """)
    #expect(contexts.devices.map(\.label) == ["fw", "fw/LINE1"])
    #expect(contexts.ledger.isIncomplete)
    let twice = try readASA("ASA Version 9.8(2)\nhostname fw\nASA Version 9.8(2)\nhostname fw\n")
    #expect(twice.devices.map(\.label) == ["fw", "fw/configuration 2"])
  }

  /// `show running-config` is framed by `: Saved` and `: end`.
  @Test func missingEndIsReported() throws {
    let cut = try readASA(": Saved\n:\nASA Version 9.8(2)\nhostname fw\n")
    #expect(cut.issues.map(\.kind) == [.truncated])
    #expect(try readASA(": Saved\n:\nASA Version 9.8(2)\nhostname fw\n: end\n").issues.isEmpty)
    #expect(try readASA("! nothing\n").issues.map(\.kind) == [.truncated])
  }

  @Test func unknownStatements() throws {
    let reading = try readASA("hostname x\nfrobnicate all\n with care\nntp server 10.0.0.1\n")
    #expect(reading.ledger.states[1...2] == [.notRecognised, .notRecognised])
    #expect(reading.ledger.gaps.map(\.couldChangeVerdict) == [true])
    #expect(reading.ledger.states[3] == .irrelevant)
  }

  /// Secrets never reach a message.
  @Test func secretsStayInTheFile() throws {
    let reading = try readASA(
      """
      hostname x
      enable password Hunter2Hunter2 pbkdf2
      snmp-server host inside Hunter2Hunter2
      key Hunter2Hunter2
      tunnel-group T ipsec-attributes
       ikev1 pre-shared-key Hunter2Hunter2
      """)
    let text = reading.ledger.gaps.map(\.reason).joined() + reading.devices[0].management.map(\.service).joined()
    #expect(!text.contains("Hunter2"))
  }

  @Test(arguments: [
    "", "\n\n", "\u{0}\u{0}\u{0}", "access-list", "access-list L", "access-list L extended", "object network",
    "object-group network", "interface", "nat", "nat (", "nat ()", "route", "ssh", "icmp permit", "access-group",
    "access-list L line 99999999999999999999 extended permit ip any any", "name", "name x", "object network A\n nat",
    "access-list L extended permit tcp any range", "access-list L extended permit 300 any any",
    "interface X.99999999999999999999\n nameif a\n vlan 99999999999999999999\n security-level 9999999999999999999",
    "access-list L extended permit ip 10.0.0.0 255.0.255.0 any",
    "access-list L extended permit ip 0.0.0.0 85.85.85.85 any",
    "hostname \u{1b}[31m\naccess-list \u{1b}[31m extended permit ip any any", "changeto", "changeto context",
    "object network A\n subnet 10.0.0.0\nobject network B\n range 10.0.0.9 10.0.0.1", "snmp-server host", "crypto map",
  ])
  func hostileText(text: String) throws {
    let reading = try readASA(text)
    #expect(reading.ledger.count(of: .unread) == 0)
    for end in stride(from: 0, to: text.utf8.count, by: 3) {
      let bytes = Array(text.utf8.prefix(end))
      _ = Platform.ciscoASA.read(try SourceFile(path: "cut", bytes: bytes))
    }
  }

  @Test func hostileBytes() throws {
    var bytes: [UInt8] = Array("hostname x\naccess-list L extended permit ip any any\n".utf8)
    bytes += Array(repeating: UInt8(ascii: "("), count: 1 << 20)
    bytes += (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    bytes += [0xFF, 0xFE, 0x0A]
    let reading = Platform.ciscoASA.read(try SourceFile(path: "junk", bytes: bytes))
    #expect(reading.devices.count == 1)
    #expect(reading.ledger.isIncomplete)
  }

  @Test func manyUndefinedNames() throws {
    var text = ""
    for i in 0..<3000 { text += "object network O\(i)\n host 10.0.0.1\n" }
    for i in 0..<3000 { text += "access-list L extended permit ip object X\(i) any\n" }
    let reading = try readASA(text)
    #expect(reading.issues.count == 3000)
  }
}
