import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

func readStormshield(_ text: String, isDetected: Bool = true) throws -> Reading {
  let file = try SourceFile(path: "slot.txt", bytes: Array(text.utf8))
  if isDetected {
    guard case .platform(let platform, _) = detectPlatform(file) else {
      Issue.record("not detected")
      return Platform.stormshieldSNS.read(file)
    }
    #expect(platform.id == "stormshield-sns")
  }
  let reading = Platform.stormshieldSNS.read(file)
  #expect(reading.ledger.count(of: .unread) == 0)
  return reading
}

/// Objects in the forms of the object and network files, and a CSV export.
let stormshieldObjects = """
  [Host]
  scada=10.0.0.9,resolve=static
  gateway=10.0.255.254,resolve=static
  [Network]
  plant=10.20.0.0/16
  office=10.0.0.0/255.255.0.0
  [ethernet0]
  Name=wan
  Address=10.0.0.1
  Mask=255.255.0.0
  [ethernet1]
  Name=lan
  Address=10.20.0.1
  Mask=255.255.0.0
  State=1
  [Config]
  DefaultRoute=gateway
  #type,#name,#proto,#port,#toport,#comment
  service,modbus,tcp,502,,"Modbus/TCP"
  service,http,tcp,80,,""
  service,https,tcp,443,,"web, encrypted"
  service,high,udp,1024,65535,""
  servicegroup,web,"http,https",""
  range,plcs,10.20.0.5,10.20.0.7,,,""
  group,control,"plcs,scada","a=b"

  """

/// Slot files. Sources: Stormshield's own provisioning scripts for the text, the SNS v4 user configuration manual for the meaning.
@Suite struct StormshieldSlotTests {
  private func device(_ rules: String) throws -> Device {
    let reading = try readStormshield(stormshieldObjects + rules)
    #expect(!reading.ledger.isIncomplete && reading.issues.isEmpty, "\(reading.ledger.gaps) \(reading.issues)")
    return try #require(reading.devices.first)
  }

  private func outcome(_ rules: String, _ packet: Packet, from: String = "wan", to: String = "lan") throws -> String {
    try verdict(device(rules), packet, from: from, to: to)
  }

  @Test func `Rules are asked in order and the rest is blocked`() throws {
    // User manual, "Filter table": rules in their order of appearance; the first that matches ends the evaluation.
    let rules = """
      [Filter]
      separator color="c0c0c0" comment="Plant" collapse="0"
      block from scada to plcs port http   # no web
      pass log from scada on wan to plcs port modbus|web # MOC-4711
      off pass from any to any
      block from any to any

      """
    let device = try device(rules)
    #expect(try verdict(device, plantPacket(), from: "wan", to: "lan") == "permit")
    #expect(try verdict(device, plantPacket(port: 443), from: "wan", to: "lan") == "permit")
    #expect(try verdict(device, plantPacket(port: 80), from: "wan", to: "lan") == "deny")
    #expect(try verdict(device, plantPacket("10.0.0.8"), from: "wan", to: "lan") == "deny")
    #expect(try verdict(device, plantPacket(), from: "lan", to: "wan") == "deny")
    let filter = try #require(device.lists.first { $0.name == "filter" }).rules
    #expect(filter.map(\.name) == ["rule 1", "rule 2", "rule 3", "rule 4"])
    #expect(filter[1].comment == "MOC-4711" && filter[1].logging == .on && filter[2].state == .disabled)
    #expect(try outcome("[Filter]\npass from scada to plcs\n", plantPacket("10.0.0.8")) == "deny")
  }

  @Test func `Actions do what the manual says`() throws {
    // User manual, "Action": pass, block, reset; "Filtering and NAT": decrypt and log do not end the evaluation.
    #expect(try outcome("[Filter]\nreset from any to any\n", plantPacket()) == "deny")
    #expect(try outcome("[Filter]\nlog from any to any\npass from any to any\n", plantPacket()) == "permit")
    #expect(try outcome("[Filter]\ndecrypt from any to any\nblock from any to any\n", plantPacket()) == "deny")
  }

  @Test func `Protocols, ICMP types, ranges, groups and negation narrow a rule`() throws {
    let icmp = "[Filter]\npass ipproto icmp type 8 code 0 proto none from any to any\n"
    #expect(try outcome(icmp, plantPacket(proto: 1, port: 8)) == "permit")
    #expect(try outcome(icmp, plantPacket(proto: 1, port: 0)) == "deny")
    #expect(try outcome(icmp, plantPacket()) == "deny")
    #expect(
      try outcome("[Filter]\npass from any to control port high\n", plantPacket(proto: 17, port: 2000)) == "permit")
    #expect(try outcome("[Filter]\npass from !scada to plant\n", plantPacket()) == "deny")
    #expect(try outcome("[Filter]\npass from !scada to Plant\n", plantPacket("10.0.0.8")) == "permit")
    #expect(try outcome("[Filter]\npass from scada port high to plant\n", plantPacket(proto: 17, from: 80)) == "deny")
  }

  @Test func `Conditions that are not modelled leave a rule open`() throws {
    for option in [
      "schedule night", "via sslvpn", "user any@plant", "proto http", "tos 16", "route gateway", "rate 5,5,5",
    ] {
      #expect(try outcome("[Filter]\npass \(option) from any to any\n", plantPacket()) == "open", "\(option)")
    }
    let unknown = try readStormshield(
      stormshieldObjects + "[Filter]\nblock sometimes from any to any\npass from any to any\n")
    #expect(unknown.ledger.isIncomplete)
    #expect(try verdict(#require(unknown.devices.first), plantPacket()) == "open")
    let broken = try readStormshield(
      stormshieldObjects + "[Filter]\nblock from any to any\nposition=2; ruleid=2: bla\n")
    #expect(broken.ledger.isIncomplete)
  }

  @Test func `The filter sees addresses before translation`() throws {
    // User manual, "Filtering and NAT": the filter policy is evaluated on the addresses before NAT changes them.
    let rules = """
      [Filter]
      pass from any on wan to Firewall_wan port http
      block from any to any
      [NAT]
      nat from any on wan to Firewall_wan port http -> from original to scada2 port modbus
      nat from plant to any on wan -> from Firewall_wan port ephemeral_fw to original   # outgoing

      """
    let device = try device("host,scada2,10.20.0.5,,static,,\"\"\n" + rules)
    let packet = try plantPacket("10.0.0.9", "10.0.0.1", port: 80)
    #expect(verdict(device, packet, from: "wan", to: "lan") == "permit")
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.20.0.5"), from: "wan", to: "lan") == "deny")
    let stage = try #require(device.pipeline.first { $0.name == "address translation" })
    guard case .translate(let translations) = stage.work else { return }
    #expect(
      translations[0].destination
        == .prefix(from: try #require(IPPrefix("10.0.0.1")), to: try #require(IPPrefix("10.20.0.5"))))
    #expect(translations[0].destinationPorts == IntervalSet(502))
    #expect(translations[1].source != nil && translations[1].egress == InterfaceMatch(["wan"]))
  }

  @Test func `Objects that are not in the file are bounded both ways`() throws {
    for action in ["pass", "block"] {
      let reading = try readStormshield("[Filter]\n\(action) from nobody to any port modbus\npass from any to any\n")
      #expect(reading.issues.map(\.kind) == [.undefinedReference, .undefinedReference])
      let device = try #require(reading.devices.first)
      #expect(try verdict(device, plantPacket(), from: "a", to: "b") == (action == "pass" ? "permit" : "open"))
    }
    let automatic = try readStormshield("[Filter]\npass from Network_internals to internet\n")
    #expect(automatic.issues.map(\.kind) == [.dynamicObject, .dynamicObject])
    #expect(try verdict(#require(automatic.devices.first), plantPacket(), from: "a", to: "b") == "open")
  }

  @Test func `Groups may be nested but not in a circle`() throws {
    let nested = "group,a,\"b\",\"\"\ngroup,b,\"scada\",\"\"\n[Filter]\npass from a to any\n"
    #expect(try outcome(nested, plantPacket()) == "permit")
    let circle = try readStormshield(
      stormshieldObjects + "group,a,\"b,scada\",\"\"\ngroup,b,\"a\",\"\"\n[Filter]\npass from a to any\n")
    #expect(circle.issues.contains { $0.message.contains("holds itself") })
    #expect(try verdict(#require(circle.devices.first), plantPacket("10.0.0.8"), from: "wan", to: "lan") == "open")
    var deep = ""
    for level in 0..<500 { deep += "group,g\(level),\"g\(level + 1)\",\"\"\n" }
    _ = try readStormshield(stormshieldObjects + deep + "[Filter]\npass from g0 to any\n")
    // Twenty-five levels that each name the next twice, and forty groups that all hold each other.
    var shared = ""
    for level in 0..<25 {
      shared += "servicegroup,s\(level),\"t\(level),u\(level)\",\"\"\n"
      shared += "servicegroup,t\(level),\"s\(level + 1)\",\"\"\nservicegroup,u\(level),\"s\(level + 1)\",\"\"\n"
    }
    shared += "servicegroup,s25,\"modbus\",\"\"\n"
    let all = (0..<40).map { "k\($0)" }.joined(separator: ",")
    for number in 0..<40 { shared += "group,k\(number),\"\(all)\",\"\"\n" }
    let knotted = try readStormshield(
      stormshieldObjects + shared + "[Filter]\npass from k0 to any\npass from any to any port s0\n")
    #expect(try verdict(#require(knotted.devices.first), plantPacket(), from: "wan", to: "lan") == "permit")
  }

  @Test func `Inspection level firewall switches the industrial inspection off`() throws {
    // User manual, "Filtering and NAT", FastPath: inspection level Firewall is plain access control; ids only reports.
    let device = try device(
      """
      [Filter]
      pass inspection firewall from any to plcs port modbus
      pass inspection ids from any to scada port modbus
      pass inspection ips urlfiltering:0,antivirus from any to any port modbus

      """)
    #expect(device.canInspectIndustrial)
    let modes = device.profiles.map(\.mode)
    guard case .inert = modes[0] else {
      Issue.record("\(modes)")
      return
    }
    #expect(modes[1] == .monitoring && modes[2] == .enforcing)
    #expect(try verdict(device, plantPacket("10.0.0.8", code: 90), from: "wan", to: "lan") == "permit")
    // What the inspection blocks depends on profiles that are not in the file: never certain.
    #expect(try verdict(device, plantPacket("10.0.0.8", "10.20.9.9", code: 90), from: "wan", to: "lan") == "open")
    #expect(try verdict(device, plantPacket("10.0.0.8", "10.20.9.9", code: 3), from: "wan", to: "lan") == "permit")
  }

  @Test func `Interfaces, routes and implicit rules are read`() throws {
    let device = try device("[Filter]\nblock from any to any\n")
    #expect(device.interfaces.map(\.name) == ["wan", "lan"] && device.listsAllInterfaces)
    #expect(device.interfaces[1].networks.description == "10.20.0.0/16")
    #expect(device.routes.map { "\($0.network) \($0.interface ?? "")" } == ["0.0.0.0/0 wan"])
    // ANSSI recommendations for SNS, "Implicit rules": evaluated before the rules that are defined by hand.
    let local = ConcreteEvaluator(device: device, ingress: "wan", egress: "")
    #expect(!local.local(try plantPacket("10.0.0.9", "10.0.0.1", port: 443)).isDenied)
    #expect(local.local(try plantPacket("10.0.0.9", "10.0.0.1", port: 5900)).isDenied)
  }

  @Test func `A list that serverd recorded reads without a gap`() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no shared samples")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      let isOwn = path.contains("/samples/stormshield-sns/")
      #expect((Platform.stormshieldSNS.detect(file) != nil) == isOwn, "\(path)")
      guard isOwn else { continue }
      let reading = Platform.stormshieldSNS.read(file)
      #expect(reading.ledger.gaps.isEmpty)
      #expect(reading.devices[0].lists[0].rules.count == 5)
    }
  }

  @Test func `Several policies in one file leave open which one counts`() throws {
    let reading = try readStormshield("[Filter]\nblock from any to any\n[NAT]\n[Filter]\npass from any to any\n")
    #expect(reading.ledger.isIncomplete)
    #expect(try verdict(#require(reading.devices.first), plantPacket(), from: "a", to: "b") == "open")
  }

  @Test func `Hostile files end in gaps, not in a crash`() throws {
    let head = "[Filter]\npass from any to any\n"
    let nul = try readStormshield(head + "block\0 from any to any\n")
    #expect(nul.ledger.isIncomplete)
    let long = try readStormshield(head + "pass from any to " + String(repeating: "x,", count: 200_000) + "\n")
    #expect(!long.issues.isEmpty)
    #expect(try readStormshield(head.replacing("\n", with: "\r\n")).ledger.gaps.isEmpty)
    #expect(try readStormshield("\u{FEFF}" + head).ledger.gaps.isEmpty)
    #expect(try readStormshield("", isDetected: false).issues.map(\.kind) == [.truncated])
    let quotes = try readStormshield(head + "pass from \"any to any # \n")
    #expect(!quotes.devices.isEmpty)
    let started = ContinuousClock.now
    let many = try readStormshield(
      stormshieldObjects + "[Filter]\n" + String(repeating: "pass from scada to plcs port web # x\n", count: 50_000))
    #expect(many.devices[0].lists[0].rules.count == 50_000)
    #expect(ContinuousClock.now - started < .seconds(60))
  }
}
