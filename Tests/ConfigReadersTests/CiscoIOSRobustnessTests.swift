import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Captures, hostile input, detection.
@Suite struct CiscoIOSRobustnessTests {
  @Test func captureNoise() throws {
    let reading = try readIOS(
      """
      !RANCID-CONTENT-TYPE: cisco
      # written by a collector
      r1#terminal length 0
      r1#show running-config
      Building configuration...

      Current configuration : 1234 bytes
      !
      version 15.2
      hostname r1
      banner motd ^C
      access-list 101 permit ip any any
      ^C
      banner login #one line#
      crypto pki certificate chain TP
       certificate self-signed 01
        30820122 300D0609
        quit
      access-list 101 permit tcp any any
       --More-- \u{8}\u{8}\u{8}\u{8}access-list 101 permit udp any any
      snmp-server community <removed> RO
      macro name M
      interface GigabitEthernet9/9
      @
      end

      r1#exit
      """)
    #expect(reading.ledger.gaps.isEmpty)
    #expect(reading.issues.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(device.name == "r1")
    #expect(device.interfaces.isEmpty)
    #expect(try iosVerdict(device, list: "101", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "permit")
    #expect(try iosVerdict(device, list: "101", iosPacket(17, "1.1.1.1", "2.2.2.2", 1)) == "permit")
    #expect(try iosVerdict(device, list: "101", iosPacket(1, "1.1.1.1", "2.2.2.2", 8)) == "deny")
  }

  @Test func lineEndsAndLostIndentation() throws {
    let text =
      iosInterfaces + "interface \(office)\n ip access-group A in\nip access-list extended A\n permit udp any any\n"
    let crlf = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    let flat = text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "\n")
    for variant in [text, crlf, flat] {
      let reading = try readIOS(variant)
      #expect(reading.ledger.gaps.isEmpty)
      let device = try #require(reading.devices.first)
      #expect(device.interfaces.map { $0.networks.description } == ["10.0.0.0/24", "192.168.1.0/24"])
      #expect(try iosVerdict(device, office, plant, iosPacket(6, "192.168.1.2", "10.0.0.5", 502)) == "deny")
      #expect(try iosVerdict(device, office, plant, iosPacket(17, "192.168.1.2", "10.0.0.5", 502)) == "permit")
    }
  }

  /// A banner without an end would hide the rest of the file.
  @Test func openBannerIsReported() throws {
    let reading = try readIOS("hostname r1\nbanner motd ^C\naccess-list 101 permit ip any any\n")
    #expect(reading.issues.map(\.kind) == [.truncated])
    #expect(reading.issues[0].couldChangeVerdict)
  }

  @Test func emptyFiles() throws {
    for text in ["", "\n\n", "!\n! nothing\n", "\u{0}\u{0}\u{0}"] {
      let reading = try readIOS(text)
      #expect(reading.devices.isEmpty)
      #expect(reading.issues.map(\.kind) == [.truncated])
    }
  }

  @Test func unknownStatementsAreGaps() throws {
    let reading = try readIOS("hostname r1\nwobble on\n with this\nip wobble\ninterface Gi0/1\n ip wobble\n wobble\n")
    #expect(reading.ledger.gaps.count == 4)
    #expect(reading.ledger.isIncomplete)
    #expect(reading.ledger.states.prefix(3) == [.used, .notRecognised, .notRecognised])
  }

  /// Bytes that are no text, very long lines, and many statements without a meaning end in gaps.
  @Test func hostileBytes() throws {
    var generator = SeededGenerator(seed: 7)
    let words = [
      "permit", "deny", "ip", "access-list", "extended", "101", "any", "host", "eq", "object-group", "network", "range",
      "class-map", "type", "inspect", "match", "zone-pair", "security", "interface", "Vlan10", "nat", "inside",
      "source",
      "static", "pool", "route", "vrf", "no", "sequence", "10.0.0.1", "255.255.255.0", "log", "reflect", "evaluate",
      "banner", "^C", "line", "vty", "vlan", "filter", "policy-map", "service-policy", "65536", "-1", "::", "\u{0}",
    ]
    for _ in 0..<1_000 {
      let lines = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        (Bool.random(using: &generator) ? " " : "")
          + (0..<Int.random(in: 1...7, using: &generator)).map { _ in words.randomElement(using: &generator)! }
          .joined(separator: " ")
      }
      let reading = try readIOS("hostname fuzz\n" + lines.joined(separator: "\n"))
      #expect(!reading.ledger.states.contains(.unread))
    }
    var bytes = [UInt8](repeating: 0xFF, count: 2_000_000)
    bytes.replaceSubrange(0..<4, with: Array("ip \n".utf8))
    #expect(Platform.ciscoIOS.read(try SourceFile(path: "x", bytes: bytes)).ledger.isIncomplete)
  }

  /// A hundred thousand entries, names that repeat, groups that nest deep: linear time.
  @Test func largeInputs() throws {
    let entries = (0..<100_000).map { " permit tcp host 10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255) any eq 443" }
    let device = try iosDevice("ip access-list extended A\n" + entries.joined(separator: "\n"))
    #expect(device.lists[0].rules.count == 100_000)
    #expect(device.lists[0].rules.packed(at: 99_999) != nil)
    let same = try readIOS(String(repeating: "access-list 1 permit any\n", count: 100_000))
    #expect(same.devices.first?.lists[0].rules.count == 100_000)
    let nested = (0..<5_000).map { "object-group network G\($0)\n group-object G\($0 + 1)\n" }.joined()
    let deep = try readIOS(nested + "ip access-list extended A\n permit ip object-group G0 any\n")
    #expect(
      try iosVerdict(try #require(deep.devices.first), list: "A", iosPacket(6, "1.1.1.1", "2.2.2.2", 1)) == "open")
    let interfaces = (0..<1_000).map { "interface Gi0/\($0)\n zone-member security Z\($0)\n" }.joined()
    #expect(try iosDevice("zone security A\n" + interfaces).pipeline.count > 1_000)
  }

  /// Many classes over one long list must not fill the memory.
  @Test func copiesAreBounded() throws {
    let list = "ip access-list extended L\n" + String(repeating: " permit tcp any any eq 1\n", count: 10_000)
    let classes = (0..<60).map { "class-map type inspect C\($0)\n match access-group name L\n" }.joined()
    let policy = "policy-map type inspect P\n" + (0..<60).map { " class type inspect C\($0)\n  inspect\n" }.joined()
    let zones = """
      zone security A
      zone security B
      interface Gi0/0
       zone-member security A
      interface Gi0/1
       zone-member security B
      zone-pair security AB source A destination B
       service-policy type inspect P

      """
    let reading = try readIOS(list + classes + policy + zones)
    #expect(reading.ledger.gaps.contains { $0.couldChangeVerdict && $0.reason.contains("too many classes") })
  }

  // MARK: - Detection

  @Test(arguments: [
    "version 15.2\nhostname r1", "! Cisco IOS XE Software, Version 16.08.01b\n!",
    "ip access-list standard A\n permit any",
    "access-list 101 permit ip any any", "zone security IN", "ip nat inside source list 1 interface Gi0/0 overload",
  ])
  func detectsItsOwn(text: String) throws {
    #expect(Platform.ciscoIOS.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil)
  }

  @Test(arguments: [
    "ASA Version 9.12(4)\naccess-list 101 permit ip any any", "version 7.0(3)I4(1)\nfeature bgp",
    "nameif ethernet0 outside security0\naccess-list 101 permit tcp any any",
    "access-list IN extended permit ip any any",
    "!Command: show running-config\nip access-list standard A",
    "!! IOS XR Configuration 6.1\nipv4 access-list A\n 10 permit ipv4 any any", "hostname x", "version 12.1X46-D40;",
  ])
  func leavesOthersAlone(text: String) throws {
    #expect(Platform.ciscoIOS.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) == nil)
  }

  /// All samples of this format are claimed and none of another.
  @Test func samplesAreTold() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      let reason = Platform.ciscoIOS.detect(file)
      // The one file holds a port group alone, which IOS itself does not have.
      let isOurs = path.contains("/cisco-ios/") && !path.hasSuffix("ios-object-group-ip-port")
      #expect((reason != nil) == isOurs, "\(path): \(reason ?? "not claimed")")
      guard isOurs else { continue }
      let ledger = Platform.ciscoIOS.read(file).ledger
      let understood = ledger.count(of: .used) + ledger.count(of: .irrelevant)
      print("\(path.split(separator: "/").last ?? ""): \(understood) of \(ledger.states.count) lines understood")
    }
  }
}
