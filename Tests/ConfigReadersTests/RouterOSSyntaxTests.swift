import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// The form of exports (RouterOS documentation, Configuration Management and Scripting), captures, hostile files, samples.
@Suite struct RouterOSSyntaxTests {
  private func rules(_ text: String) throws -> [Rule] {
    let device = try #require(try readRouterOS(text).devices.first)
    return Array(device.lists.first { $0.name == "forward" }?.rules ?? [])
  }

  /// A menu on a line of its own, in the command's line with blanks, or with slashes as RouterOS 7 writes it.
  @Test(arguments: [
    "/ip firewall filter\nadd action=drop chain=forward", "/ip firewall filter add action=drop chain=forward",
    "/ip/firewall/filter/add action=drop chain=forward", "/ip/firewall/filter\nadd action=drop chain=forward",
    "[admin@MikroTik] > /ip firewall filter add action=drop chain=forward",
    "/ip firewall filter add chain=forward action=drop; /ip address",
  ]) func formsOfACommand(text: String) throws {
    let reading = try readRouterOS(text + "\n")
    #expect(reading.ledger.gaps.isEmpty)
    #expect(reading.devices[0].lists.first { $0.name == "forward" }?.rules.map(\.action) == [.deny(rejects: false)])
  }

  /// A backslash at the end joins lines; `\_` is a blank, `\"` a quote, two digits a byte (Scripting, "Constant Escape
  /// Sequences").
  @Test func continuationAndEscapes() throws {
    let text = """
      /ip firewall filter
      add action=accept chain=forward comment="drop all from\\
          \\_WAN, \\"now\\" \\C3\\A4" dst-port=\\
          502 protocol=tcp
      add action=drop chain=\\
          forward
      """
    let rules = try rules(text)
    #expect(rules.count == 2)
    #expect(rules[0].comment == "drop all from WAN, \"now\" ä")
    #expect(rules[0].match.upper[0].services == [Service(proto: 6, destinationPorts: IntervalSet(502))])
  }

  /// Comments of the device (`# inactive time`), properties that a verbose export calls unset, empty values.
  @Test func commentsAndUnsetProperties() throws {
    let text = """
      # mar/01/2026 10:00:00 by RouterOS 6.49.10
      # software id = ABCD-EFGH
      /ip firewall filter
      # inactive time
      add action=accept chain=forward !dst-port !src-address dst-address="" protocol=tcp
      """
    let reading = try readRouterOS(text)
    #expect(reading.ledger.gaps.isEmpty)
    #expect(try rules(text)[0].match.isExact)
  }

  @Test func partsThatTheDeviceLeftOut() throws {
    let reading = try readRouterOS("/ip address\n#error exporting /ip/firewall/filter (timeout)\n")
    #expect(reading.ledger.isIncomplete)
  }

  @Test func unknownMenusAndScripts() throws {
    func gaps(_ text: String) throws -> Int { try readRouterOS(text).ledger.gaps.filter(\.couldChangeVerdict).count }
    #expect(try gaps("/quantum firewall\nadd action=drop\n") == 1)
    #expect(try gaps(":if ([:len [/interface find]] > 0) do={ /ip address remove 0 }\n") >= 1)
    #expect(try gaps("/ip address\nhello world\n") == 1)
    #expect(try gaps("/queue simple\nadd max-limit=1M/1M name=q target=10.0.0.0/8\n") == 0)
    #expect(try gaps("/routing ospf instance\nadd name=core\n") == 1)
    #expect(try gaps("/ip proxy\nset enabled=yes\n") == 1)
    #expect(try gaps("/ip proxy\nset enabled=no\n") == 0)
    #expect(try gaps("/ip firewall connection tracking\nset enabled=no\n") == 1)
  }

  @Test func filesThatAreCutOffOrStrange() throws {
    let cut = try readRouterOS("/ip firewall filter\nadd action=drop chain=for\\\n")
    #expect(cut.issues.contains { $0.kind == .truncated })
    let quote = try readRouterOS("/ip firewall filter\nadd action=drop comment=\"no end")
    #expect(quote.ledger.isIncomplete)
    #expect(quote.issues.contains { $0.kind == .truncated })
    #expect(try readRouterOS("").issues.contains { $0.kind == .truncated })
    let crlf = try readRouterOS("/ip firewall filter\r\nadd action=drop chain=\\\r\n    forward\r\n")
    #expect(crlf.ledger.gaps.isEmpty)
    #expect(crlf.devices[0].lists.first { $0.name == "forward" }?.rules.count == 1)
    #expect(try readRouterOS("/ip address\nadd address=\u{0}\n").ledger.isIncomplete)
    _ = try readRouterOS("/ip address\nadd address=" + String(repeating: "[", count: 100_000))
    _ = try readRouterOS(String(repeating: "{", count: 100_000))
    let wrong = try #require(Platform.named("mikrotik-routeros")).read(
      SourceFile(path: "r.rsc", bytes: Array("/ip address\nadd address=".utf8) + [0xFF, 0xFE]))
    #expect(wrong.ledger.isIncomplete)
  }

  @Test func hostileLists() throws {
    var text = "/interface list\n"
    for number in 0..<3000 { text += "add include=L\(number + 1),L\(number + 1) name=L\(number)\n" }
    text += "/ip firewall filter\nadd action=drop chain=forward in-interface-list=L0\n"
    for number in 0..<20_000 { text += "add action=jump chain=c\(number) jump-target=c\(number + 1)\n" }
    text += "/ip firewall nat\nadd action=jump chain=dstnat jump-target=n0\n"
    for number in 0..<2000 {
      text += String(repeating: "add action=jump chain=n\(number) jump-target=n\(number + 1)\n", count: 2)
    }
    let reading = try readRouterOS(text)
    #expect(reading.issues.contains { $0.kind == .undefinedReference })
    #expect(reading.ledger.isIncomplete)
  }

  @Test func manyIdenticalLines() throws {
    let line = "add action=accept chain=forward dst-port=502 protocol=tcp src-address=10.1.0.0/24\n"
    #expect(try rules("/ip firewall filter\n" + String(repeating: line, count: 30_000)).count == 30_000)
  }

  /// Keys and passwords stand in no message.
  @Test func secrets() throws {
    let reading = try readRouterOS(
      "/strange menu\nset password=S3CRET secret=S3CRET\n/ip firewall filter\nadd action=S3 chain=forward ipsec-secret=S3CRET\n"
    )
    #expect(!reading.ledger.gaps.contains { $0.reason.contains("S3CRET") })
    #expect(!reading.issues.contains { $0.message.contains("S3CRET") })
  }

  @Test func detection() throws {
    func detected(_ text: String) throws -> Bool {
      let file = try SourceFile(path: "x", bytes: Array(text.utf8))
      return try #require(Platform.named("mikrotik-routeros")).detect(file) != nil
    }
    #expect(try detected("# 2026-03-01 by RouterOS 7.18\n/ip address\n"))
    #expect(try detected("# version: 7.1\n/interface ethernet\nset [ find default-name=ether1 ] mtu=1500\n"))
    #expect(try detected("/ip firewall filter add chain=forward\n"))
    #expect(try !detected("/ip/is/a/path\nsomething else\n"))
    #expect(try !detected("add chain=forward\n"))
  }

  /// Real exports are recognised, by no other reader, and read to the last line.
  @Test func realExports() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no folder of real configurations beside the package")
      return
    }
    let platform = try #require(Platform.named("mikrotik-routeros"))
    for path in filesBelow("\(shared)/samples") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      guard path.contains("/mikrotik-routeros/") else {
        #expect(platform.detect(file) == nil, "\(path)")
        continue
      }
      #expect(Platform.all.filter { $0.detect(file) != nil }.map(\.id) == ["mikrotik-routeros"], "\(path)")
      #expect(platform.read(file).ledger.gaps.isEmpty, "\(path)")
    }
  }
}
