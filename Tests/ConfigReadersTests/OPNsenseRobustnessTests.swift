import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// Captures, hostile files, and real exports.
@Suite struct OPNsenseRobustnessTests {
  private func read(_ text: String) throws -> Reading { try read(Array(text.utf8)) }

  private func read(_ bytes: [UInt8]) throws -> Reading {
    try #require(Platform.named("opnsense")).read(try SourceFile(path: "config.xml", bytes: bytes))
  }

  private func detected(_ text: String) throws -> [String] {
    let file = try SourceFile(path: "config.xml", bytes: Array(text.utf8))
    return Platform.all.filter { $0.detect(file) != nil }.map(\.id)
  }

  /// What Oxidized and RANCID put around the document is no error: comment lines, a comment behind the root, a prompt.
  @Test func noiseOfCollectors() throws {
    let text = "#RANCID-CONTENT-TYPE: opnsense\n!\n# comment\n" + PfText(rules: pfRule()).text
    let captured = text + "<!-- OPNsense 24.7.12 -->\nroot@fw:~ # exit\nexit\n"
    #expect(try detected(captured) == ["opnsense"])
    let reading = try read(captured)
    #expect(reading.ledger.gaps.isEmpty)
    #expect(reading.devices.count == 1)
    #expect(try detected(PfText(root: "pfsense").text) == ["pfsense"])
    #expect(try detected("<config><opnsense/></config>") == [])
    #expect(try detected("<opnsenses/>") == [])
  }

  @Test func commentsAndLineEnds() throws {
    let text = PfText(rules: "<!-- <rule>\n old </rule> -->\n" + pfRule()).text
    #expect(try read(text).ledger.gaps.isEmpty)
    let crlf = try read(text.replacing("\n", with: "\r\n"))
    #expect(crlf.ledger.gaps.isEmpty)
    #expect(crlf.devices[0].lists[0].rules.contains { $0.name == "filter rule 1" })
  }

  @Test func filesThatCannotBeRead() throws {
    let whole = PfText(rules: pfRule()).text
    let cases: [[UInt8]] = [
      Array(whole.utf8.prefix(whole.utf8.count / 2)), Array(whole.replacing("<filter>", with: "<filter>\0").utf8),
      [0xFF, 0xFE] + Array(whole.utf8), [],
      Array("<opnsense>".utf8), Array("<opnsense><!DOCTYPE x></opnsense>".utf8),
      Array(String(repeating: "<opnsense>", count: 100_000).utf8), Array((whole + whole).utf8),
      Array("<opnsense>&undefined;</opnsense>".utf8),
    ]
    for bytes in cases {
      let reading = try read(bytes)
      #expect(reading.devices.isEmpty)
      #expect(reading.ledger.isIncomplete || bytes.isEmpty)
      #expect(reading.issues.contains { $0.kind == .truncated })
    }
  }

  /// Aliases that hold each other in a row of 100,000, and one that holds 100,000 addresses.
  @Test func manyAliases() throws {
    var aliases = ""
    for number in 0..<20_000 {
      aliases += "<alias><name>A\(number)</name><type>host</type><address>A\(number + 1)</address></alias>\n"
    }
    let hosts = (0..<20_000).map { "10.2.\($0 >> 8).\($0 & 255)" }.joined(separator: " ")
    aliases += "<alias><name>HOSTS</name><type>host</type><address>\(hosts)</address></alias>"
    let config = PfText(
      rules: pfRule(to: "<address>A0</address>") + pfRule(to: "<address>HOSTS</address>"),
      more: "<aliases>\(aliases)</aliases>")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.9.0.9 80") == "open")
    #expect(try config.gaps().contains { $0.contains("nested more than") })
  }

  @Test func manyRules() throws {
    let rules = String(repeating: pfRule(from: "<network>lan</network>"), count: 20_000)
    let device = try PfText(rules: rules).device()
    #expect(device.lists[0].rules.filter(\.isExplicit).count == 20_000)
  }

  /// Certificates stand in lines of thousands of characters; no message quotes them or a password.
  @Test func longLinesAndSecrets() throws {
    let secret = String(repeating: "S3CRET", count: 2000)
    let more = "<cert><prv>\(secret)</prv></cert><unknown><password>\(secret)</password></unknown>"
    let reading = try PfText(more: more).reading()
    #expect(reading.ledger.gaps.count == 1)
    #expect(!reading.ledger.gaps.contains { $0.reason.contains("S3CRET") })
    #expect(!reading.issues.contains { $0.message.contains("S3CRET") })
  }

  /// Sections that are not known, proxies and packages that are switched on.
  @Test func sectionsThatMatter() throws {
    func gaps(_ more: String) throws -> Int { try PfText(more: more).gaps().count }
    #expect(try gaps("<nonsense><a>1</a></nonsense>") == 1)
    #expect(try gaps("<OPNsense><proxy><general><enabled>0</enabled></general></proxy></OPNsense>") == 0)
    #expect(try gaps("<OPNsense><proxy><general><enabled>1</enabled></general></proxy></OPNsense>") == 1)
    #expect(try gaps("<OPNsense><Mystery><general><enabled>1</enabled></general></Mystery></OPNsense>") == 1)
    #expect(try gaps("<captiveportal><zone1><enable/></zone1></captiveportal>") == 1)
    #expect(try gaps("<captiveportal/>") == 0)
    #expect(try gaps("<unbound><enable>1</enable></unbound>") == 0)
    let tunable = "<sysctl><item><tunable>net.link.bridge.pfil_bridge</tunable><value>1</value></item></sysctl>"
    #expect(try gaps(tunable) == 1)
  }

  /// Every real export is recognised and read to the last line.
  @Test func realExports() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no folder of real configurations beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples/opnsense-pfsense") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(Platform.all.filter { $0.detect(file) != nil }.map(\.id) == ["opnsense"], "\(path)")
      let reading = try read(file.bytes)
      #expect(reading.ledger.gaps.isEmpty, "\(path)")
      #expect(reading.devices.count == 1, "\(path)")
    }
  }

  /// Neither format claims a file of another.
  @Test func otherFormatsAreNotClaimed() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no folder of real configurations beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") where !path.contains("/opnsense-pfsense/") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      for id in ["opnsense", "pfsense"] { #expect(try #require(Platform.named(id)).detect(file) == nil, "\(path)") }
    }
  }
}
