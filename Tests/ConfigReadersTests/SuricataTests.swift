import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Suricata User Guide 8.0; the section is named with each test.
@Suite struct SuricataTests {
  private func read(_ text: String) throws -> Reading {
    let reading = Platform.suricata.read(try SourceFile(path: "local.rules", bytes: Array(text.utf8)))
    #expect(reading.ledger.count(of: .unread) == 0)
    return reading
  }

  private func rules(_ text: String) throws -> [Rule] { try #require(read(text).inspections.first).rules }

  private func request(_ code: UInt8, unit: UInt8 = 1, to port: UInt16 = 502) throws -> Packet {
    var packet = Packet(
      source: try #require(IPAddress("10.0.5.20")), destination: try #require(IPAddress("10.10.0.5")),
      proto: IPProtocol.tcp)
    packet.destinationPort = port
    packet.function = .modbus(code: code)
    packet.unit = unit
    return packet
  }

  private func takes(_ rule: Rule, _ packet: Packet) -> Bool { rule.match.lower.contains { $0.contains(packet) } }
  private func mayTake(_ rule: Rule, _ packet: Packet) -> Bool { rule.match.upper.contains { $0.contains(packet) } }

  /// Rules Format: action, header, options.
  @Test func `A drop with a header`() throws {
    let rule = try #require(
      rules("drop tcp 10.0.5.0/24 any -> [10.10.0.0/24,!10.10.0.9] [502,20000:20001] (msg:\"a; b\"; sid:7; rev:2;)\n")
        .first)
    #expect(rule.name == "Suricata rule 7" && rule.comment == "a; b" && rule.action == .deny(rejects: false))
    #expect(rule.match.isExact)
    #expect(try takes(rule, request(3)) && takes(rule, request(3, to: 20001)) && !takes(rule, request(3, to: 503)))
    var other = try request(3)
    other.destination = try #require(IPAddress("10.10.0.9"))
    #expect(!takes(rule, other))
  }

  /// Modbus Keyword: function, access, unit.
  @Test(arguments: [
    ("modbus: function 5;", [5], [3, 6]), ("modbus: access write holding;", [6, 16, 22, 23], [3, 5, 15]),
    ("modbus: access read;", [1, 2, 3, 4, 23], [5, 16]), ("modbus: unit 1, function 3;", [3], [4]),
    ("modbus: unit 2, function 3;", [], [3]), ("modbus: function all;", [3, 5, 90], []), ("", [3, 5, 90], []),
  ])
  func `Modbus conditions`(option: String, taken: [UInt8], left: [UInt8]) throws {
    let rule = try #require(rules("drop modbus any any -> any any (\(option) sid:1;)\n").first)
    #expect(rule.match.isExact)
    for code in taken { #expect(try takes(rule, request(code)), "\(code)") }
    for code in left { #expect(try !mayTake(rule, request(code)), "\(code)") }
    // The session itself passes; only messages are dropped.
    var syn = try request(3)
    syn.function = .none
    #expect(!mayTake(rule, syn))
  }

  /// What the model cannot tell apart is possible, never certain.
  @Test(arguments: [
    "modbus: function user;", "modbus: function !assigned;", "modbus: function 8, subfunction 4;",
    "modbus: access write holding, address 100;", "modbus: unit 1<>9;", "content:\"|05|\";", "flowbits:isset,x;",
    "threshold: type limit, track by_src, count 1, seconds 60;",
  ])
  func `Other conditions leave a drop open`(option: String) throws {
    let rule = try #require(rules("drop modbus any any -> any any (\(option) sid:1;)\n").first)
    #expect(rule.match.lower.isEmpty && !rule.match.isExact && !rule.match.upper.isEmpty)
  }

  /// DNP3 Keywords, ENIP/CIP Keywords: single functions, where the model has classes.
  @Test func `Single functions of DNP3 stay open, all of them are certain`() throws {
    let all = try rules(
      "drop dnp3 any any -> any 20000 (sid:1;)\ndrop dnp3 any any -> any any (dnp3_func:write; sid:2;)\n")
    #expect(all[0].match.isExact && !all[1].match.isExact && all[1].match.lower.isEmpty)
  }

  /// suricata.yaml, action-order: pass comes before drop, wherever it stands.
  @Test func `Passes are asked first and are never certain`() throws {
    let rules = try rules(
      "drop modbus any any -> any 502 (sid:1;)\npass modbus any any -> any 502 (modbus: function 3; sid:2;)\n")
    #expect(rules.map(\.name) == ["Suricata rule 2", "Suricata rule 1"] && rules.map(\.order) == [0, 1])
    #expect(rules[0].action == .permit && rules[0].match.lower.isEmpty)
    #expect(try mayTake(rules[0], request(5)))
  }

  /// Rules Format, section Action: an alert lets the packet go on.
  @Test func `Alerts stop nothing`() throws {
    let reading = try read("# a comment\nalert modbus any any -> any any (modbus: function 5; sid:1;)\n")
    #expect(reading.inspections[0].rules.isEmpty && reading.ledger.gaps.isEmpty)
  }

  @Test func `Variables are open, both ways count, lines may be joined`() throws {
    let rules = try rules(
      "drop tcp $HOME_NET any -> any 502 (sid:1;)\nreject modbus 10.10.0.5 502 <> \\\n  10.0.5.20 any (sid:2;)\n")
    #expect(rules[0].match.lower.allSatisfy { $0.sources.isEmpty } && rules[0].match.upper[0].sources.isAll)
    #expect(try takes(rules[1], request(3)))
    #expect(rules[1].action == .deny(rejects: true))
  }

  @Test func `What is not a variable of ports may be any port`() throws {
    let rule = try #require(rules("drop tcp any any -> any !$HTTP_PORTS (sid:1;)\n").first)
    #expect(try mayTake(rule, request(3)) && !takes(rule, request(3)))
  }

  @Test(arguments: [
    "drop tcp any any -> any (sid:1;)", "drop", "dorp tcp any any -> any 502 (sid:1;)",
    "drop tcp any any -> any 502 sid:1;",
    "drop tcp 10.0.0.x any -> any 502 (sid:1;)", "drop tcp any any -> any 99999 (sid:1;)",
    "drop tcp any [ -> any ] (sid:1;)",
  ])
  func `What is no rule is a gap`(text: String) throws {
    let reading = try read(text + "\n")
    #expect(reading.ledger.isIncomplete)
    #expect(reading.inspections[0].rules.allSatisfy { $0.match.lower.isEmpty || !$0.match.isExact })
  }

  @Test func `Hostile rules end in gaps`() throws {
    let nested = "drop tcp " + String(repeating: "[", count: 50_000) + " any -> any any (sid:1;)\n"
    #expect(try read(nested).ledger.isIncomplete)
    let closed =
      "drop tcp \(String(repeating: "[", count: 5000))10.0.0.1\(String(repeating: "]", count: 5000)) any -> any any (sid:1;)\n"
    #expect(try read(closed).ledger.isIncomplete)
    let negated = "drop tcp \(String(repeating: "!", count: 50_000))10.0.0.1 any -> any any (sid:1;)\n"
    #expect(try read(negated).ledger.isIncomplete)
  }

  @Test func `Detection looks at the first rule`() throws {
    func isDetected(_ text: String) throws -> Bool {
      if case .platform(let platform, _) = detectPlatform(try SourceFile(path: "a", bytes: Array(text.utf8))) {
        return platform.id == "suricata"
      }
      return false
    }
    #expect(try isDetected("# local\n\nalert tcp any any -> any 502 (msg:\"x\"; sid:1;)\n"))
    #expect(try !isDetected("pass in on eth0\n") && !isDetected("drop\n"))
  }
}
