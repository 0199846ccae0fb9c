import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

/// Answers of the management API.
@Suite struct CheckPointManagementTests {
  private let scadaToPLC = "tcp 10.0.1.10 10.0.2.5 502"

  private func read(_ text: String) throws -> Reading {
    let platform = try #require(Platform.named("checkpoint-mgmt"))
    let file = try SourceFile(path: "cp.json", bytes: Array(text.utf8))
    return platform.read(file)
  }

  private func fate(
    _ device: Device, _ text: String, from ingress: String = "eth0", to egress: String = "eth1"
  ) throws -> String {
    let verdict = ConcreteEvaluator(device: device, ingress: ingress, egress: egress).forward(try packet(text))
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }

  private let dictionary = """
    "objects-dictionary": [
      {"uid": "any", "name": "Any", "type": "CpmiAnyObject"},
      {"uid": "accept", "name": "Accept", "type": "RulebaseAction"},
      {"uid": "drop", "name": "Drop", "type": "RulebaseAction"},
      {"uid": "reject", "name": "Reject", "type": "RulebaseAction"},
      {"uid": "ask", "name": "Ask", "type": "RulebaseAction"},
      {"uid": "inner", "name": "Apply Layer", "type": "RulebaseAction"},
      {"uid": "none", "name": "None", "type": "Track"},
      {"uid": "log", "name": "Log", "type": "Track"},
      {"uid": "targets", "name": "Policy Targets", "type": "Global"},
      {"uid": "original", "name": "Original", "type": "Global"},
      {"uid": "scada", "name": "scada", "type": "host", "ipv4-address": "10.0.1.10"},
      {"uid": "public", "name": "public", "type": "host", "ipv4-address": "203.0.113.10"},
      {"uid": "plc5", "name": "plc5", "type": "host", "ipv4-address": "10.0.2.5"},
      {"uid": "plc", "name": "plc", "type": "network", "subnet4": "10.0.2.0", "mask-length4": 24},
      {"uid": "low", "name": "low", "type": "address-range", "ipv4-address-first": "10.0.2.1", "ipv4-address-last": "10.0.2.9"},
      {"uid": "wild", "name": "wild", "type": "wildcard", "ipv4-address": "10.0.0.5", "ipv4-mask-wildcard": "0.0.255.0"},
      {"uid": "group", "name": "group", "type": "group", "members": ["public", "plc"]},
      {"uid": "less", "name": "less", "type": "group-with-exclusion", "include": "plc", "except": "low"},
      {"uid": "loop", "name": "loop", "type": "group", "members": ["loop"]},
      {"uid": "zone", "name": "InternalZone", "type": "security-zone"},
      {"uid": "role", "name": "operators", "type": "access-role"},
      {"uid": "m502", "name": "modbus", "type": "service-tcp", "port": "502"},
      {"uid": "high", "name": "high", "type": "service-tcp", "port": ">1023"},
      {"uid": "icmp", "name": "echo", "type": "service-icmp", "icmp-type": 8},
      {"uid": "sgroup", "name": "sgroup", "type": "service-group", "members": ["m502", "icmp"]},
      {"uid": "app", "name": "Modbus Protocol", "type": "application-site"}
    ]
    """

  /// A rule from anywhere to anywhere, accept; `columns` replace its own.
  private func rule(_ number: Int, _ columns: String...) -> String {
    let defaults = [
      ("source", "[\"any\"]"), ("destination", "[\"any\"]"), ("service", "[\"any\"]"), ("vpn", "[\"any\"]"),
      ("time", "[\"any\"]"), ("content", "[\"any\"]"), ("action", "\"accept\""), ("enabled", "true"),
      ("track", "{\"type\": \"log\"}"), ("install-on", "[\"targets\"]"),
    ]
    let own = columns.map { String($0.dropFirst().prefix { $0 != "\"" }) }
    let plain = defaults.filter { !own.contains($0.0) }.map { "\"\($0.0)\": \($0.1)" }
    return "{\"uid\": \"r\(number)\", \"type\": \"access-rule\", \"rule-number\": \(number), "
      + (plain + columns).joined(separator: ", ") + "}"
  }

  private func layer(_ uid: String, _ rules: String...) -> String {
    "{\"uid\": \"\(uid)\", \"name\": \"\(uid)\", \"rulebase\": [\(rules.joined(separator: ",\n"))],\n\(dictionary)}"
  }

  private let gateway = """
    {"objects": [{"uid": "gw", "name": "gw", "type": "simple-gateway", "ipv4-address": "10.0.1.1", "interfaces": [
      {"name": "eth0", "ipv4-address": "10.0.1.1", "ipv4-mask-length": 24},
      {"name": "eth1", "ipv4-address": "10.0.2.1", "ipv4-mask-length": 24}]}], "from": 1, "to": 1, "total": 1}
    """

  private func package(_ layers: [String], cleanup: String = "drop") -> String {
    let list = layers.map {
      "{\"uid\": \"\($0)\", \"name\": \"\($0)\", \"type\": \"access-layer\", \"implicit-cleanup-action\": \"\(cleanup)\"}"
    }
    return "{\"uid\": \"p\", \"name\": \"Standard\", \"type\": \"package\", \"installation-targets\": \"all\", "
      + "\"access-layers\": [\(list.joined(separator: ", "))]}"
  }

  private func device(_ rules: String..., cleanup: String = "drop") throws -> Device {
    let text =
      "[\(package(["net"], cleanup: cleanup)),\n\(gateway),\n"
      + "{\"uid\": \"net\", \"name\": \"net\", \"rulebase\": [\(rules.joined(separator: ",\n"))],\n\(dictionary)}]"
    let reading = try read(text)
    #expect(reading.ledger.gaps.isEmpty)
    return try #require(reading.devices.first)
  }

  /// R81 Security Management Administration Guide, "Ordered Layers and Inline Layers": the first rule that matches is
  /// enforced; what none matches gets the implicit cleanup. Position counts, not the name: a rule called "Cleanup rule"
  /// may stand first.
  @Test func orderAndCleanup() throws {
    let trap = rule(1, "\"name\": \"Cleanup rule\"", "\"source\": [\"scada\"]")
    let device = try device(trap, rule(2, "\"action\": \"drop\"", "\"destination\": [\"plc\"]"))
    #expect(try fate(device, scadaToPLC) == "permit")
    #expect(try fate(device, "tcp 10.0.1.11 10.0.2.5 502") == "deny")
    #expect(try fate(device, "tcp 10.0.1.11 10.0.3.5 502") == "deny")
    let accepting = try self.device(rule(1, "\"action\": \"drop\"", "\"source\": [\"scada\"]"), cleanup: "accept")
    #expect(try fate(accepting, "tcp 10.0.1.11 10.0.2.5 502") == "permit")
    // Without the layer's settings its cleanup is open.
    let alone = try read("[\(gateway), \(layer("net", rule(1, "\"source\": [\"scada\"]")))]")
    #expect(try fate(alone.devices[0], "tcp 10.0.1.11 10.0.2.5 502") == "open")
    #expect(alone.issues.contains { $0.couldChangeVerdict })
  }

  /// Same section: ordered layers must each accept; in an inline layer the cleanup ends the search.
  @Test func layers() throws {
    let network = layer("net", rule(1, "\"source\": [\"scada\"]"), rule(2, "\"destination\": [\"low\"]"))
    let applications = layer("app", rule(1, "\"service\": [\"m502\"]"))
    let both = try read("[\(package(["net", "app"])), \(gateway), \(network), \(applications)]").devices[0]
    #expect(try fate(both, scadaToPLC) == "permit")
    #expect(try fate(both, "tcp 10.0.1.10 10.0.2.5 80") == "deny")
    #expect(try fate(both, "tcp 10.0.1.11 10.0.2.50 502") == "deny")
    let parent = rule(1, "\"action\": \"inner\"", "\"inline-layer\": \"app\"", "\"source\": [\"scada\"]")
    let settings = package(["net"]).replacing(
      "]}",
      with:
        "]}, {\"uid\": \"app\", \"name\": \"app\", \"type\": \"access-layer\", \"implicit-cleanup-action\": \"drop\"}")
    let inline = try read("[\(settings), \(gateway), \(layer("net", parent, rule(2))), \(applications)]").devices[0]
    #expect(try fate(inline, scadaToPLC) == "permit")
    #expect(try fate(inline, "tcp 10.0.1.10 10.0.2.5 80") == "deny")
    #expect(try fate(inline, "tcp 10.0.1.11 10.0.2.5 80") == "permit")
    let missing = try read(
      "[\(package(["net"])), \(gateway), \(layer("net", parent, rule(2, "\"action\": \"drop\"")))]")
    #expect(try fate(missing.devices[0], scadaToPLC) == "open")
    #expect(missing.issues.contains { $0.kind == .undefinedReference })
  }

  @Test func objects() throws {
    func fate(_ columns: String...) throws -> String {
      let rule = rule(1, "\"enabled\": true").replacing(
        "\"enabled\": true", with: "\"enabled\": true, " + columns.joined(separator: ", "))
      var text = rule
      for column in columns {
        let key = String(column.dropFirst().prefix { $0 != "\"" })
        text = text.replacing("\"\(key)\": [\"any\"], ", with: "")
      }
      return try self.fate(try device(text), scadaToPLC)
    }
    #expect(try fate("\"destination\": [\"group\"]") == "permit")
    #expect(try fate("\"destination\": [\"low\"]") == "permit")
    #expect(try fate("\"destination\": [\"less\"]") == "deny")
    #expect(try fate("\"destination\": [\"wild\"]") == "permit")
    #expect(try fate("\"destination\": [\"loop\"]") == "open")
    #expect(try fate("\"destination\": [\"zone\"]") == "open")
    #expect(try fate("\"source\": [\"role\"]") == "open")
    #expect(try fate("\"source\": [\"nowhere\"]") == "open")
    #expect(try fate("\"source\": [\"scada\"]", "\"source-negate\": true") == "deny")
    #expect(try fate("\"service\": [\"sgroup\"]") == "permit")
    #expect(try fate("\"service\": [\"high\"]") == "deny")
    #expect(try fate("\"service\": [\"high\"]", "\"service-negate\": true") == "permit")
    #expect(try fate("\"service\": [\"app\"]") == "open")
  }

  /// Columns that are not Any, users who are asked, and rules for other gateways leave a rule open; a deny too.
  @Test func conditions() throws {
    for column in [
      "\"vpn\": [\"zone\"]", "\"time\": [\"zone\"]", "\"content\": [\"zone\"]", "\"action\": \"ask\"",
      "\"install-on\": [\"other\"]",
    ] {
      #expect(try fate(try device(rule(1, column)), scadaToPLC) == "open", "\(column)")
      guard !column.contains("ask") else { continue }
      let deny = try device(rule(1, column, "\"action\": \"drop\""), rule(2))
      #expect(try fate(deny, scadaToPLC) == "open", "\(column)")
    }
    #expect(try fate(try device(rule(1, "\"install-on\": [\"gw\"]")), scadaToPLC) == "permit")
    #expect(try fate(try device(rule(1, "\"enabled\": false")), scadaToPLC) == "deny")
    let rules = try device(
      rule(1, "\"track\": {\"type\": \"none\"}"), rule(2, "\"action\": \"reject\"", "\"comments\": \"MOC-7\"")
    ).list("net")?.rules
    #expect(rules?[0].logging == .off && rules?[1].logging == .on)
    #expect(rules?[1].action == .deny(rejects: true) && rules?[1].comment == "MOC-7")
    let unknown = try read("[\(package(["net"])), \(gateway), \(layer("net", rule(1, "\"unheard-of\": 1")))]")
    #expect(unknown.ledger.isIncomplete)
    #expect(try fate(unknown.devices[0], scadaToPLC) == "open")
  }

  /// Same guide, "Configuring the NAT Policy": access rules see packets as they came in.
  @Test func translation() throws {
    let nat = """
      {"uid": "nat", "rulebase": [{"uid": "s", "type": "nat-section", "name": "x", "rulebase": [
        {"uid": "n1", "type": "nat-rule", "rule-number": 1, "method": "static", "auto-generated": false, "enabled": true,
         "original-source": "any", "original-destination": "public", "original-service": "any",
         "translated-source": "original", "translated-destination": "plc5", "translated-service": "original",
         "install-on": ["targets"]}]}], \(dictionary)}
      """
    let reading = try read(
      "[\(package(["net"])), \(gateway), \(layer("net", rule(1, "\"destination\": [\"public\"]"))), \(nat)]")
    let device = reading.devices[0]
    #expect(reading.ledger.gaps.isEmpty)
    #expect(try fate(device, "tcp 10.0.1.10 203.0.113.10 502") == "permit")
    #expect(try fate(device, scadaToPLC) == "deny")
    guard case .translate(let rules) = device.pipeline[1].work else {
      Issue.record("the second stage translates")
      return
    }
    #expect(rules[0].destination == .prefix(from: IPPrefix("203.0.113.10/32")!, to: IPPrefix("10.0.2.5/32")!))
    #expect(rules[0].match.isExact)
  }

  @Test func pagesSectionsAndBrokenFiles() throws {
    let section =
      "{\"type\": \"access-section\", \"uid\": \"s\", \"name\": \"s\", \"rulebase\": [\(rule(1, "\"source\": [\"scada\"]"))]}"
    let page = layer("net", section).replacing(
      "\"rulebase\": [{", with: "\"total\": 9, \"rulebase\": [{", maxReplacements: 1)
    let reading = try read("[\(package(["net"])), \(gateway), \(page)]")
    #expect(reading.devices[0].list("net")?.rules.count == 1)
    #expect(reading.issues.contains { $0.kind == .truncated })
    for text in ["", "[", "{\"uid\": \"x\"", "[[[[", "{\"rulebase\": 5}", String(repeating: "[", count: 100_000)] {
      let broken = try read(text)
      #expect(broken.devices.isEmpty && broken.issues.contains { $0.couldChangeVerdict }, "\(text.prefix(20))")
    }
    let deep = (0..<500).map {
      "{\"uid\": \"g\($0)\", \"name\": \"g\($0)\", \"type\": \"group\", \"members\": [\"g\($0 + 1)\"]}"
    }
    let chain = try read(
      "[\(package(["net"])), \(gateway), \(layer("net", rule(1, "\"source\": [\"g0\"]"))), {\"objects\": [\(deep.joined(separator: ","))]}]"
    )
    #expect(try fate(chain.devices[0], scadaToPLC) == "open")
  }

  @Test func samples() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let platform = try #require(Platform.named("checkpoint-mgmt"))
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      let isOwn = path.contains("/samples/checkpoint/") && path.hasSuffix(".json")
      #expect((platform.detect(file) != nil) == isOwn, "\(path)")
      guard isOwn else { continue }
      let reading = platform.read(file)
      #expect(reading.ledger.gaps.isEmpty, "\(path)")
      #expect(reading.devices.isEmpty == !path.contains("access-rulebase"), "\(path)")
    }
  }
}

/// Locally managed appliances.
@Suite struct GaiaEmbeddedTests {
  private func device(_ text: String) throws -> (Device, Reading) {
    let platform = try #require(Platform.named("checkpoint-gaia-embedded"))
    let file = try SourceFile(path: "spark.conf", bytes: Array(text.utf8))
    #expect(platform.detect(file) != nil)
    let reading = platform.read(file)
    return (try #require(reading.devices.first), reading)
  }

  private func rule(_ name: String, _ position: Int, _ more: String = "", action: String = "accept") -> String {
    "add access-rule type incoming-internal-and-vpn action \"\(action)\" name \"\(name)\" new-name \"\(name)\" log \"none\" "
      + "source \"scada\" source-negate \"false\" destination-negate \"false\" service \"BGP\" service-negate \"false\" "
      + "app-and-service-negate \"false\" disabled \"false\" comment \"MOC-9 source destination\" "
      + "hours-range-enabled \"false\" position \"\(position)\" destination-updatable-object vpn \"clear-and-encrypted\" \(more)\n"
  }

  /// Quantum Spark CLI Reference Guide, "access-rule": an added rule takes the position that it names.
  @Test func positionsAndColumns() throws {
    let (device, reading) = try device(
      "add host name \"scada\" ipv4-address \"10.0.1.10\"\n" + rule("first", 1) + rule("second", 2, action: "block")
        + rule("third", 3, "").replacing("disabled \"false\"", with: "disabled \"true\""))
    let rules = try #require(device.lists.first?.rules)
    #expect(rules.map(\.name).map { $0.split(separator: " ").last ?? "" } == ["(first)", "(second)", "(third)"])
    #expect(rules[0].action == .permit && rules[1].action == .deny(rejects: false))
    #expect(rules[2].state == .disabled && rules[0].logging == .off)
    #expect(rules[0].comment == "MOC-9 source destination")
    #expect(rules[0].match.upper[0].sources == AddressSet(IPAddress("10.0.1.10")!))
    #expect(rules[0].match.upper[0].destinations.isAll)
    #expect(reading.ledger.gaps.isEmpty)
  }

  /// Locally Managed Administration Guide, "Configuring the Firewall Access Policy and Blade": rules are exceptions to a
  /// default policy that allows everything (Off), something (Standard) or nothing (Strict): nothing here is certain.
  @Test func nothingIsCertain() throws {
    let (device, reading) = try device(rule("any", 1, action: "block").replacing("service \"BGP\" ", with: ""))
    let verdict = ConcreteEvaluator(device: device, ingress: "LAN1", egress: "WAN")
      .forward(try packet("tcp 10.0.1.10 10.0.2.5 502"))
    #expect(verdict.mayPermit && verdict.mayDeny)
    #expect(reading.issues.contains { $0.couldChangeVerdict })
  }

  @Test func unknownStatementsAndNoise() throws {
    let text = "#RANCID-CONTENT-TYPE: x\r\nfw> show configuration\r\nset ntp active on\r\n" + rule("r", 1)
    #expect(try !device(text + "\r\n").1.ledger.isIncomplete)
    for line in [
      "add nat-rule name x", "add server name x", "set access-rule type outgoing position 1", "what",
      "add access-rule type other",
    ] {
      #expect(try device(text + line + "\n").1.ledger.isIncomplete, "\(line)")
    }
    _ = try device(text + String(repeating: "set x y\n", count: 100_000))
  }

  @Test func detection() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let platform = try #require(Platform.named("checkpoint-gaia-embedded"))
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      #expect(platform.detect(file) == nil, "\(path)")
    }
  }
}
