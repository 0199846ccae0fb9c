import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Detection, captures as they come, and hostile files.
@Suite struct JunosSRXRobustnessTests {
  private var platform: Platform { Platform.named("junos-srx") ?? Platform.all[0] }

  private func detected(_ text: String) throws -> Bool {
    platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
  }

  @Test func detection() throws {
    #expect(try detected(junosBase))
    #expect(try detected("## Last changed: 2024-01-01\nversion 20.4R3;\n"))
    #expect(try detected("user@srx> show configuration\r\nsecurity {\r\n    zones {\r\n        security-zone a;\r\n"))
    #expect(try detected("set system host-name x\nset security zones security-zone a interfaces ge-0/0/0.0\n"))
    #expect(try !detected("set system host-name 'x'\nset firewall name A default-action 'drop'\n"))
    #expect(try !detected("set rulebase security rules a action allow\n"))
    #expect(try !detected("firewall {\n    name A {\n        default-action drop\n    }\n}\n"))
    #expect(try !detected("deviceconfig {\n  system {\n    hostname x;\n  }\n}\n"))
    #expect(try !detected(""))
  }

  @Test func samples() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let files = filesBelow("\(shared)/samples/junos-srx")
    #expect(files.count > 40)
    for path in files {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(platform.detect(file) != nil, "\(path)")
      let reading = platform.read(file)
      #expect(reading.ledger.count(of: .unread) == 0, "\(path)")
      for gap in reading.ledger.gaps where gap.state == .notRecognised {
        print("\(path): \(file.text(gap.range)): \(gap.reason)")
      }
      if !path.contains("syntax-tests") { #expect(reading.ledger.gaps.isEmpty, "\(path)") }
    }
    for path in filesBelow("\(shared)/samples") where !path.contains("/junos-srx/") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(platform.detect(file) == nil, "\(path)")
    }
  }

  @Test func captureNoise() throws {
    let text = """
      # RANCID-CONTENT-TYPE: juniper\r
      admin@srx-1> show configuration \r
      ## Last commit: 2024-12-06 11:41:05 UTC by root\r
      version 22.4R3;\r
      system {\r
          host-name srx-1;\r
          root-authentication {\r
              encrypted-password "<removed>"; ## SECRET-DATA\r
      ---(more 12%)---\r                                        \r    }\r
      }\r
      security {\r
          zones { security-zone a { interfaces { ge-0/0/0.0; } } }\r
      }\r
      \r
      {primary:node0}\r
      admin@srx-1> exit\r

      """
    let reading = try readJunos(text)
    #expect(reading.devices.map(\.name) == ["srx-1"])
    #expect(reading.ledger.gaps.isEmpty, "\(reading.ledger.gaps)")
    let edit = try readJunos("[edit]\nroot@x# show | display set\nset system host-name x\n\n[edit]\nroot@x# \n")
    #expect(edit.ledger.gaps.isEmpty, "\(edit.ledger.gaps)")
  }

  /// A file that ends inside a block: the last policy may say more, and others may follow.
  @Test func truncatedFile() throws {
    let text = """
      security {
          zones { security-zone a { interfaces { ge-0/0/0.0; } } security-zone b { interfaces { ge-0/0/1.0; } } }
          policies {
              from-zone a to-zone b {
                  policy p {
                      match { source-address any; destination-address any; application any; }
                      then { permit; }
      """
    let reading = try readJunos(text)
    #expect(reading.issues.contains { $0.kind == .truncated })
    #expect(try #require(reading.devices.first).junosFate("tcp 10.0.0.1 10.0.0.2 80") == "open")
    #expect(try readJunos("").issues.contains { $0.kind == .truncated })
  }

  @Test func unknownStatements() throws {
    let reading = try readJunos(
      "set system host-name x\nset frobnicate all\nset security frobnicate a b\nset firewall frobnicate\n")
    #expect(reading.ledger.gaps.count == 3 && reading.ledger.gaps.allSatisfy(\.couldChangeVerdict))
    let braces = try readJunos("frobnicate {\n  a {\n    b;\n    c;\n  }\n}\nsystem {\n  host-name x;\n}\n")
    #expect(braces.ledger.gaps.count == 1)
    #expect(braces.ledger.states[2...3] == [.notRecognised, .notRecognised])
  }

  /// Secrets never reach a message.
  @Test func secretsStayInTheFile() throws {
    let reading = try readJunos(
      """
      set system root-authentication encrypted-password "Hunter2Hunter2"
      set snmp community Hunter2Hunter2 authorization read-only
      set frobnicate password Hunter2Hunter2
      set security frobnicate pre-shared-key ascii-text Hunter2Hunter2
      """)
    let text = reading.ledger.gaps.map(\.reason).joined() + reading.issues.map(\.message).joined()
    #expect(!text.contains("Hunter2"), "\(text)")
  }

  @Test(arguments: [
    "", "\n\n", "\u{0}\u{0}\u{0}", "set", "set ", "delete", "insert a before b", "rename a", "rename a to",
    "copy a to b",
    "deactivate x", "{", "}", "{}", ";", "[", "]", "a [", "a [ b", "a [ b ];", "inactive:", "inactive: {", "/*", "/* x",
    "\"", "a \"b", "a 'b", "set a \"b", "set a [ b", "security {", "security { policies { from-zone a {",
    "set security policies from-zone a", "set security policies from-zone a to-zone",
    "set security policies global policy",
    "set security nat static rule-set a rule b",
    "set security nat destination rule-set a rule b then destination-nat pool",
    "set interfaces ge-0/0/0 unit", "set interfaces interface-range a member-range x to y",
    "set interfaces interface-range a member-range ge-0/0/0 to ge-0/0/99999999", "set firewall filter a term",
    "set firewall family inet filter a term b from source-address 1.2.3",
    "set firewall family inet filter a term b from tcp-flags \"((((\"",
    "set routing-options static route x next-hop y", "set groups <*> <*> <*>\nset apply-groups <*>",
    "set security address-book global address a range-address 10.0.0.9 to 10.0.0.1", "set system host-name \u{1b}[31m",
    "edit a\nup 99999999999999999999\nup -5\ntop", "set apply-groups ${node}",
  ])
  func hostileText(text: String) throws {
    let reading = try readJunos(text)
    #expect(reading.ledger.count(of: .unread) == 0)
    for end in stride(from: 0, to: text.utf8.count, by: 3) {
      _ = platform.read(try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end))))
    }
  }

  @Test func deepNesting() throws {
    for opening in ["{", "a {\n", "a b c { "] {
      let reading = try readJunos(String(repeating: opening, count: 100_000))
      #expect(reading.ledger.isIncomplete)
    }
    let deep =
      String(repeating: "a {\n", count: 100_000) + String(repeating: "}\n", count: 100_000)
      + "system { host-name x; }\n"
    #expect(try readJunos(deep).devices[0].name == "x")
    #expect(try readJunos("set " + String(repeating: "a ", count: 1_000_000)).ledger.isIncomplete)
  }

  @Test func hostileBytes() throws {
    var bytes: [UInt8] = Array(junosBase.utf8)
    bytes += (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    bytes += Array(repeating: UInt8(ascii: "\""), count: 1 << 18)
    bytes += [0xFF, 0xFE, 0x0A]
    let reading = platform.read(try SourceFile(path: "junk", bytes: bytes))
    #expect(reading.devices.count == 1 && reading.ledger.isIncomplete)
    let quotes = String(repeating: "a \"b\n", count: 100_001)
    #expect(try readJunos(quotes).ledger.isIncomplete)
  }

  @Test func manyLines() throws {
    let same = String(repeating: "set security policies default-policy permit-all\n", count: 60_000)
    #expect(try readJunos(same).ledger.gaps.isEmpty)
    var names = ""
    for i in 0..<3000 { names += junosPolicy("p\(i)", source: "x\(i)") }
    #expect(try readJunos(junosBase + names).issues.count == 3000)
    // Groups of groups must not multiply.
    var groups = ""
    for i in 0..<100 {
      groups += "set groups g\(i) interfaces <*> unit <*> family inet mtu \(i)\nset apply-groups g\(i)\n"
    }
    for i in 0..<200 { groups += "set interfaces ge-0/0/\(i) unit 0 family inet address 10.0.0.1/24\n" }
    #expect(try readJunos(groups).devices.count == 1)
  }
}
