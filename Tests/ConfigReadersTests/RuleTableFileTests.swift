import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// The rule table of docs/formats/rule-table.md, in both forms.
@Suite struct RuleTableFileTests {
  private let yaml = """
    rule-table: 1
    device: cell-7
    product: Example FL-1000
    stateful: yes
    default: deny
    interfaces:
      wan: 10.0.5.1/24
      lan: [10.10.0.1/24]
    routes:
      - {to: 10.20.0.0/16, via: 10.0.5.254}
    groups:
      plcs: [10.10.0.5, 10.10.0.6]
    services:
      scada: [tcp/502, tcp/44818]
    translate:
      - {in: wan, destination: 10.0.5.30, service: tcp/502, to-destination: 10.10.0.5}
      - {out: wan, source: 10.10.0.0/24, to-source: interface}
    management:
      - {service: https, interface: lan, source: 10.10.0.0/24}
      - {service: telnet}
    rules:
      # a comment
      - rule: 10
        in: wan
        out: lan
        source: 10.0.5.20
        destination: plcs
        service: scada
        functions: {modbus: [read, 16]}
        units: [1-5]
        registers: [0-99]
        action: permit
        log: yes
        reason: MOC-17 historian
      - {rule: 20, in: lan, source: any, destination: [10.0.5.0/24, "!10.0.5.9"], service: any, action: permit}
      - {rule: 30, source: any, destination: any, service: any, action: reject, enabled: no, log: no}

    """

  private func read(_ text: String, _ name: String = "cell.yml") throws -> Reading {
    let file = try SourceFile(path: name, bytes: Array(text.utf8))
    guard case .platform(let platform, _) = detectPlatform(file) else {
      Issue.record("not detected: \(text.prefix(60))")
      return Platform.ruleTable.read(file)
    }
    #expect(platform.id == "rule-table")
    let reading = platform.read(file)
    #expect(reading.ledger.count(of: .unread) == 0)
    return reading
  }

  private func packet(
    _ source: String, _ destination: String, port: UInt16 = 502, code: UInt8? = nil, unit: UInt8 = 1,
    register: UInt16 = 0
  ) throws -> Packet {
    var packet = Packet(
      source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)), proto: IPProtocol.tcp)
    packet.destinationPort = port
    if let code {
      packet.function = .modbus(code: code)
      packet.unit = unit
      packet.register = register
    }
    return packet
  }

  private func verdict(_ device: Device, _ packet: Packet, from: String = "wan", to: String = "lan") -> PacketVerdict {
    ConcreteEvaluator(device: device, ingress: from, egress: to).forward(packet)
  }

  @Test func `A whole table reads without a gap`() throws {
    let reading = try read(yaml)
    #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(device.name == "cell-7" && device.passesReplies && device.listsAllInterfaces)
    #expect(device.interfaces.map(\.name) == ["wan", "lan"])
    #expect(device.routes.map(\.interface) == ["wan"])
    #expect(
      device.management.map(\.service) == ["https", "telnet"] && device.management.map(\.isClearText) == [false, true])
    let rules = device.lists[0].rules
    #expect(rules.count == 3)
    #expect(rules[0].name == "rule 10" && rules[0].comment == "MOC-17 historian" && rules[0].logging == .on)
    #expect(rules[2].state == .disabled && rules[2].action == .deny(rejects: true))
  }

  @Test func `Functions, units and registers bound a permit`() throws {
    let device = try #require(read(yaml).devices.first)
    func isPermitted(_ code: UInt8?, unit: UInt8 = 1, register: UInt16 = 0, to: String = "10.10.0.5") throws -> Bool {
      let verdict = try verdict(device, packet("10.0.5.20", to, code: code, unit: unit, register: register))
      #expect(verdict.mayPermit != verdict.mayDeny)
      return verdict.isPermitted
    }
    #expect(try isPermitted(nil) && isPermitted(3) && isPermitted(16) && isPermitted(3, unit: 5, register: 99))
    #expect(try !isPermitted(6))
    #expect(try !isPermitted(3, unit: 6))
    #expect(try !isPermitted(3, register: 100))
    #expect(try !isPermitted(3, to: "10.10.0.7"))
  }

  @Test func `A deny that names functions takes only these`() throws {
    let text = """
      rule-table: 1
      stateful: yes
      default: deny
      rules:
        - {source: any, destination: any, service: tcp/502, functions: {modbus: [write]}, action: deny}
        - {source: any, destination: any, service: tcp/502, action: permit}

      """
    let device = try #require(read(text).devices.first)
    #expect(try !verdict(device, packet("10.0.0.1", "10.1.0.1", code: 5)).isPermitted)
    #expect(try verdict(device, packet("10.0.0.1", "10.1.0.1", code: 3)).isPermitted)
    #expect(try verdict(device, packet("10.0.0.1", "10.1.0.1")).isPermitted)
  }

  @Test func `An exclamation mark takes out`() throws {
    let device = try #require(read(yaml).devices.first)
    #expect(try verdict(device, packet("10.10.0.5", "10.0.5.8"), from: "lan", to: "wan").isPermitted)
    #expect(try !verdict(device, packet("10.10.0.5", "10.0.5.9"), from: "lan", to: "wan").isPermitted)
  }

  @Test func `Destinations are translated before the rules are asked`() throws {
    let device = try #require(read(yaml).devices.first)
    #expect(try verdict(device, packet("10.0.5.20", "10.0.5.30", code: 3)).isPermitted)
    #expect(try !verdict(device, packet("10.0.5.21", "10.0.5.30", code: 3)).isPermitted)
  }

  @Test func `CSV and YAML of one table give one model`() throws {
    let csv = """
      rule,in,out,source,destination,service,functions,action,log,enabled,reason
      stateful,,,,,,,yes,,,
      default,,,,,,,deny,,,
      10,wan,lan,10.0.5.20,10.10.0.5; 10.10.0.6,tcp/502 tcp/44818,modbus:read modbus:16,permit,yes,yes,"MOC-17, historian"
      20,lan,,any,10.0.5.0/24 !10.0.5.9,any,,permit,,,

      """
    let yaml = """
      rule-table: 1
      stateful: yes
      default: deny
      rules:
        - {rule: 10, in: wan, out: lan, source: 10.0.5.20, destination: [10.10.0.5, 10.10.0.6],
           service: [tcp/502, tcp/44818], functions: {modbus: [read, 16]}, action: permit, log: yes, enabled: yes,
           reason: "MOC-17, historian"}
        - {rule: 20, in: lan, source: any, destination: [10.0.5.0/24, "!10.0.5.9"], service: any, action: permit}

      """
    let readings = [try read(csv, "cell.rules.csv"), try read(yaml)]
    for reading in readings { #expect(reading.ledger.gaps.isEmpty) }
    let rules = readings.map { reading in
      reading.devices[0].lists[0].rules.indices.map { reading.devices[0].lists[0].rules[$0] }
    }
    #expect(rules[0].map(\.name) == rules[1].map(\.name) && rules[0].map(\.comment) == rules[1].map(\.comment))
    #expect(rules[0].map(\.match) == rules[1].map(\.match) && rules[0].map(\.logging) == rules[1].map(\.logging))
    #expect(rules[0].map(\.ingress) == rules[1].map(\.ingress) && rules[0].map(\.egress) == rules[1].map(\.egress))
    #expect(readings.map { $0.devices[0].profiles.map(\.blocked) }[0] == readings[1].devices[0].profiles.map(\.blocked))
    #expect(readings.map { $0.devices[0].passesReplies } == [true, true])
  }

  @Test func `Without a default nothing is certain at the end`() throws {
    let reading = try read(
      "rule-table: 1\nstateful: yes\nrules:\n  - {source: 10.0.0.1, destination: any, service: any, action: permit}\n")
    #expect(reading.ledger.gaps.contains { $0.reason.contains("add `default: deny`") })
    let verdict = try verdict(#require(reading.devices.first), packet("10.0.0.2", "10.1.0.1"))
    #expect(verdict.mayPermit && verdict.mayDeny)
  }

  @Test func `Without a word on replies they are not taken to pass`() throws {
    let reading = try read("rule-table: 1\ndefault: deny\nrules: []\n")
    #expect(reading.ledger.isIncomplete && reading.devices.first?.passesReplies == false)
  }

  @Test(arguments: [
    ("destination: plcs", "destination: plsc", "did you mean 'plcs'?"),
    ("service: scada", "service: scad", "is not a service"),
    ("service: scada", "service: tcp/70000", "names no port"),
    ("action: permit\n", "action: pass\n", "the action must be"),
    ("    source: 10.0.5.20\n", "", "has no source"),
    ("{modbus: [read, 16]}", "{modbsu: [read]}", "did you mean 'modbus'?"),
    ("{modbus: [read, 16]}", "{modbus: [raed]}", "no function of modbus"),
    ("units: [1-5]", "units: [5-1]", "no unit number or range"),
    ("    in: wan\n", "    in: wna\n", "there is no interface 'wna'"),
    ("log: yes", "log: perhaps", "`log` must be"),
    ("log: yes", "enabled: perhaps", "`enabled` must be"),
    ("default: deny", "default: drop", "the default must be"),
    ("stateful: yes", "stateful: true", "stateful must be"),
    ("via: 10.0.5.254", "via: 10.9.5.254", "open which interface"),
    ("to-destination", "to-destintion", "did you mean `to-destination`?"),
    ("rule-table: 1", "rule-table: 2", "must be 1"),
    ("wan: 10.0.5.1/24", "wan: 10.0.5.1/99", "no address with its network"),
    ("routes:\n", "routes: 5\nowner:\n", "a list must stand here"),
    ("plcs: [10.10.0.5, 10.10.0.6]", "plcs: [plcs]", "holds itself"),
    ("plcs: [10.10.0.5, 10.10.0.6]", "plcs: {a: b}", "a text must stand here"),
  ])
  func `What is not understood is a gap and leaves its rule open`(old: String, new: String, expected: String) throws {
    let changed = yaml.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    #expect(changed != yaml)
    let reading = try read(changed)
    #expect(reading.ledger.isIncomplete)
    #expect(reading.ledger.gaps.contains { $0.reason.contains(expected) }, "\(reading.ledger.gaps.map(\.reason))")
  }

  @Test(arguments: ["destination: plcs", "service: scada", "source: 10.0.5.20"])
  func `A rule with a wrong word permits perhaps, never surely`(word: String) throws {
    let changed = yaml.split(separator: word, omittingEmptySubsequences: false).joined(separator: word + "x")
    let verdict = try verdict(#require(read(changed).devices.first), packet("10.0.5.20", "10.10.0.5", code: 3))
    #expect(verdict.mayPermit && verdict.mayDeny)
  }

  @Test func `Broken tables are gaps, never crashes`() throws {
    for text in [
      "rule-table:", "rule-table: [", "rule-table: 1\nrules: {a: b}", "rule-table: 1\nrules: [5, [], {}]",
      "rule-table: 1\ngroups: 5\nservices: [x]\ninterfaces: {a: {b: c}}\nmanagement: [{}]\ntranslate: [{}]\n",
      "source,destination,service,action", "source,destination,service,action\n,,,\n",
      "source,destination,service,action\nany,any,any\n", "source,destination,service,action,action\n1,2,3,4,5\n",
      "source,destination,service,action\n\"any,any,any,permit\n",
    ] {
      let reading = try read(text, "x.rules.csv")
      #expect(reading.ledger.isIncomplete, "\(text)")
    }
    let nested = (0..<5000).map { "  g\($0): [g\($0 + 1)]\n" }.joined()
    let deep = try read(
      "rule-table: 1\nstateful: yes\ndefault: deny\ngroups:\n\(nested)rules:\n  - {source: g0, destination: any, service: any, action: deny}\n"
    )
    #expect(deep.ledger.gaps.contains { $0.reason.contains("nested too deeply") })
  }
}
