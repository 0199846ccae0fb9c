import PacketSets
import Reachability
import RuleModel
import SourceText
import TestKit
import Testing

@testable import ConfigReaders

/// Enforcers, translation, management and the container of HiSecOS. "RM GUI" as in `HiSecOSFilterTests`.
@Suite struct HiSecOSDeviceTests {
  // MARK: Enforcers

  private func enforcer(_ profile: MibText?, index: Int = 3, action: Int = 4) throws -> Reading {
    try readHiSecOS(
      hisecos(
        [l3Rule(1, "hm2L3Proto=4 hm2L3TargetPort=502 hm2DPIProfileIndex=\(index)", action: action)],
        [l3Use(1, priority: 1)],
        more: mibTable(
          "hm2DPIProfileModbusEntry",
          profile.map { ["hm2DPIProfileModbusIndex=3 hm2DPIProfileModbusRowStatus=1 \($0)"] } ?? [])))
  }

  private func codes(_ profile: MibText, _ codes: [UInt8]) throws -> [UInt8] {
    let device = try #require(enforcer(profile).devices.first)
    return try codes.filter { try verdict(device, plantPacket(code: $0)) == "permit" }
  }

  @Test func `An enforcer profile lets through the functions of its type`() throws {
    // RM GUI, "Modbus Enforcer", Function Type; readonly is the default.
    let asked: [UInt8] = [1, 3, 5, 6, 8, 16, 23, 40, 43, 90, 125]
    #expect(try codes("hm2DPIProfileModbusFunctionType=1", asked) == [1, 3])
    #expect(try codes("hm2DPIProfileModbusSanityCheck=1", asked) == [1, 3])
    #expect(try codes("hm2DPIProfileModbusFunctionType=2", asked) == [1, 3, 5, 6, 16, 23])
    #expect(try codes("hm2DPIProfileModbusFunctionType=3", asked) == [1, 3, 5, 6, 16, 23, 40, 90, 125])
    #expect(try codes("hm2DPIProfileModbusFunctionType=4", asked) == asked)
    let advanced = "hm2DPIProfileModbusFunctionType=5 hm2DPIProfileModbusFunctionCodeList=3,16"
    #expect(try codes(advanced, asked) == [3, 16])
    let device = try #require(enforcer("hm2DPIProfileModbusFunctionType=1").devices.first)
    #expect(device.canInspectIndustrial && device.profiles[0].mode == .enforcing)
    #expect(try verdict(device, plantPacket()) == "permit")
    #expect(try verdict(device, plantPacket(code: 5)) == "deny")
  }

  @Test func `Address ranges and units narrow the functions`() throws {
    // RM GUI, "Function Code Configurator - Advanced": `1|128-255,23|512-1023|2048-2051,42`; "Unit Identifier".
    let device = try #require(
      enforcer(
        "hm2DPIProfileModbusFunctionType=5 hm2DPIProfileModbusFunctionCodeList=1|128-255,23|512-1023|2048-2051,42"
          + " hm2DPIProfileModbusUnitIdentifierList=1,5-7"
      ).devices.first)
    #expect(try verdict(device, plantPacket(code: 1, register: 128)) == "permit")
    #expect(try verdict(device, plantPacket(code: 1, register: 256)) == "deny")
    #expect(try verdict(device, plantPacket(code: 1, unit: 6, register: 255)) == "permit")
    #expect(try verdict(device, plantPacket(code: 1, unit: 2, register: 255)) == "deny")
    #expect(try verdict(device, plantPacket(code: 42)) == "permit")
    #expect(try verdict(device, plantPacket(code: 23, register: 600)) == "open")
    #expect(try verdict(device, plantPacket(code: 23, register: 1)) == "deny")
    // `none` permits whatever the unit.
    let none = try #require(enforcer("hm2DPIProfileModbusUnitIdentifierList=none").devices.first)
    #expect(try verdict(none, plantPacket(code: 3, unit: 200)) == "permit")
  }

  @Test func `An enforcing rule without a profile in force is reported and lets writes through`() throws {
    // RM GUI, "DPI Profile Index" 0: the device does not apply any rule; "Modbus Enforcer": applied when active.
    let cases = [
      try enforcer(nil, index: 0), try enforcer(nil, index: 9), try enforcer("hm2DPIProfileModbusFunctionType=4"),
      try readHiSecOS(
        hisecos(
          [l3Rule(1, "hm2DPIProfileIndex=3", action: 4)], [l3Use(1, priority: 1)],
          more: mibTable(
            "hm2DPIProfileModbusEntry",
            ["hm2DPIProfileModbusIndex=3 hm2DPIProfileModbusRowStatus=2 hm2DPIProfileModbusFunctionType=1"]))),
    ]
    for (place, reading) in cases.enumerated() {
      let device = try #require(reading.devices.first)
      guard case .inert = device.profiles[0].mode else {
        Issue.record("case \(place): \(device.profiles[0].mode)")
        continue
      }
      // What the rule does instead is not documented; `all` is: everything passes.
      #expect(try verdict(device, plantPacket(code: 5)) == (place == 2 ? "permit" : "open"), "case \(place)")
    }
    #expect(cases[1].issues.map(\.kind) == [.undefinedReference])
  }

  @Test func `A function list that is not the type's own is bounded`() throws {
    let reading = try enforcer("hm2DPIProfileModbusFunctionType=1 hm2DPIProfileModbusFunctionCodeList=1,3,16")
    #expect(reading.ledger.isIncomplete)
    #expect(try verdict(#require(reading.devices.first), plantPacket(code: 16)) == "open")
    let same = try enforcer(
      "hm2DPIProfileModbusFunctionType=1 hm2DPIProfileModbusFunctionCodeList=1,2,3,4,7,11,12,17,20,24")
    #expect(!same.ledger.isIncomplete)
    let broken = try enforcer("hm2DPIProfileModbusFunctionType=5 hm2DPIProfileModbusFunctionCodeList=3|x")
    #expect(broken.ledger.isIncomplete)
    #expect(try verdict(#require(broken.devices.first), plantPacket(code: 5)) == "open")
  }

  @Test func `The OPC enforcer tells no functions apart, other enforcers are open`() throws {
    let opc = try #require(
      readHiSecOS(
        hisecos(
          [l3Rule(1, "hm2L3Proto=4 hm2L3TargetPort=135 hm2DPIProfileIndex=1", action: 5)], [l3Use(1, priority: 1)],
          more: mibTable(
            "hm2DPIProfileOpcEntry", ["hm2DPIProfileOpcIndex=1 hm2DPIProfileOpcRowStatus=1"]))
      ).devices.first)
    #expect(try verdict(opc, plantPacket(port: 135)) == "permit")
    #expect(opc.profiles[0].mode == .enforcing && opc.profiles[0].protocols.isEmpty)
    let other = try enforcer("hm2DPIProfileModbusFunctionType=1", action: 6)
    #expect(other.ledger.isIncomplete)
    #expect(try verdict(#require(other.devices.first), plantPacket(code: 3)) == "open")
  }

  // MARK: Translation

  private func translated(_ tables: String, _ rules: [MibText]) throws -> Device {
    try hisecosDevice(
      hisecos(rules, rules.indices.map { l3Use($0 + 1, priority: $0 + 1) }, after: mib("HM2-NAT-MIB", tables)))
  }

  @Test func `Destinations change before the packet filter is asked`() throws {
    // RM GUI, "Masquerading NAT", figure 16: destination address modification, ingress packet filter.
    let rule =
      "hm2DnatRuleIndex=1 hm2DnatTargetAddress=10.0.0.1 hm2DnatTargetPort=8502 hm2DnatProto=4"
      + " hm2DnatNewTargetAddress=10.20.0.5 hm2DnatNewTargetPort=502 hm2DnatRowStatus=1"
    let use =
      "hm2DnatIfmRuleIndex=1 hm2DnatIfmDirection=1 hm2DnatIfmPriority=1 hm2DnatIfmInterface=1/1 hm2DnatIfmRowStatus=1"
    let tables = mibTable("hm2DnatRuleEntry", [rule]) + mibTable("hm2DnatRuleIfMappingEntry", [use])
    let device = try translated(
      tables, [l3Rule(1, "hm2L3Proto=4 hm2L3TargetAddress=10.20.0.5 hm2L3TargetPort=502", action: 1)])
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.0.0.1", port: 8502)) == "permit")
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.0.0.1", port: 8503)) == "deny")
  }

  @Test func `1 to 1 NAT maps networks by priority`() throws {
    let rows = [
      "hm21to1RuleIndex=1 hm21to1TargetAddress=10.0.99.0/24 hm21to1NewTargetAddress=10.20.1.0/24 hm21to1RowStatus=1"
        + " hm21to1Priority=20 hm21to1IngressIntf=1/1",
      "hm21to1RuleIndex=2 hm21to1TargetAddress=10.0.99.7 hm21to1NewTargetAddress=10.20.0.5 hm21to1RowStatus=1"
        + " hm21to1Priority=10 hm21to1IngressIntf=1/1",
    ]
    let device = try translated(
      mibTable("hm21to1RuleEntry", rows), [l3Rule(1, "hm2L3TargetAddress=10.20.0.5", action: 1)])
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.0.99.7")) == "permit")
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.0.99.8")) == "deny")
    let stage = try #require(device.pipeline.first { $0.name == "destination address modification" })
    guard case .translate(let rules) = stage.work else { return }
    #expect(rules.map(\.name) == ["1:1 NAT rule 2", "1:1 NAT rule 1"])
  }

  @Test func `Masquerading changes sources behind the packet filter, double NAT may act`() throws {
    let rule = "hm2MasqRuleIndex=1 hm2MasqSourceAddress=10.0.0.0/16 hm2MasqRowStatus=1"
    let use =
      "hm2MasqIfmRuleIndex=1 hm2MasqIfmDirection=2 hm2MasqIfmPriority=1 hm2MasqIfmInterface=1/2 hm2MasqIfmRowStatus=1"
    let double =
      "hm2DonatRuleIndex=1 hm2DonatLocalInternalIp=10.20.0.5 hm2DonatLocalExternalIp=10.0.77.5"
      + " hm2DonatRemoteInternalIp=10.20.77.9 hm2DonatRemoteExternalIp=10.0.0.9 hm2DonatRowStatus=1"
    let device = try translated(
      mibTable("hm2MasqRuleEntry", [rule]) + mibTable("hm2MasqRuleIfMappingEntry", [use])
        + mibTable("hm2DoubleNatRuleEntry", [double]),
      [l3Rule(1, "hm2L3SourceAddress=10.0.0.9 hm2L3TargetAddress=10.20.0.5", action: 1)])
    #expect(try verdict(device, plantPacket()) == "permit")
    #expect(try verdict(device, plantPacket("10.0.0.9", "10.0.77.5")) == "open")
    #expect(device.pipeline.last?.name == "source address modification")
  }

  // MARK: Device

  @Test func `Interfaces, addresses and routes are read`() throws {
    let routes = mib(
      "IP-FORWARD-MIB",
      mibTable(
        "inetCidrRouteEntry",
        [
          "inetCidrRouteDest=0A_1E_00_00 inetCidrRoutePfxLen=16 inetCidrRouteNextHop=0A_14_00_FE inetCidrRouteStatus=1"
            + " inetCidrRouteMetric1=5",
          "inetCidrRouteDest=10.66.0.0 inetCidrRoutePfxLen=16 inetCidrRouteType=5 inetCidrRouteStatus=1",
        ]))
    let reading = try readHiSecOS(hisecos([], [], after: routes))
    #expect(reading.ledger.gaps.isEmpty)
    let device = try #require(reading.devices.first)
    #expect(device.name == "eagle-cell" && device.passesReplies)
    #expect(device.interfaces.map(\.name) == ["1/1", "1/2"])
    #expect(device.interfaces[0].addresses.map { "\($0.address) \($0.network)" } == ["10.0.0.1 10.0.0.0/16"])
    #expect(device.interfaces[1].aliases == ["cell"] && device.interfaces[1].isShutdown)
    #expect(
      device.routes.map { "\($0.network) \($0.interface ?? "-") \($0.distance)" } == [
        "10.30.0.0/16 1/2 5", "10.66.0.0/16 - 1",
      ])
  }

  private func management(_ scalars: MibText, _ rows: [MibText] = []) throws -> Device {
    try hisecosDevice(
      hisecos(
        [], [], after: mib("HM2-MGMTACCESS-MIB", mibScalars("group", scalars), mibTable("hm2RmaEntry", rows))))
  }

  @Test func `Management services run as set or by default`() throws {
    // HM2-MGMTACCESS-MIB: DEFVAL of hm2WebHttpAdminStatus and its sisters.
    let factory = try management("hm2WebHttpPortNumber=80")
    #expect(factory.management.map(\.service) == ["http", "https", "ssh", "snmpv3"])
    let set = try management(
      "hm2WebHttpAdminStatus=2 hm2TelnetServerAdminStatus=1 hm2SnmpV2AdminStatus=1 hm2SshPortNumber=2222")
    #expect(set.management.map(\.service) == ["https", "telnet", "ssh", "snmp", "snmpv3"])
    #expect(set.management.filter(\.isClearText).map(\.service) == ["telnet", "snmp"])
    let ssh = try plantPacket("10.0.0.9", "10.0.0.1", port: 2222)
    #expect(ConcreteEvaluator(device: set, ingress: "1/1", egress: "").local(ssh).isPermitted)
    let http = try plantPacket("10.0.0.9", "10.0.0.1", port: 80)
    #expect(ConcreteEvaluator(device: set, ingress: "1/1", egress: "").local(http).isDenied)
  }

  @Test func `Restricted management access limits the sources`() throws {
    let rows = [
      "hm2RmaIndex=1 hm2RmaRowStatus=1 hm2RmaIpAddr=0A_00_05_00 hm2RmaPrefixLength=24 hm2RmaSrvHttp=2 hm2RmaSrvSsh=1",
      "hm2RmaIndex=2 hm2RmaRowStatus=2 hm2RmaIpAddr=00_00_00_00 hm2RmaPrefixLength=0",
    ]
    let on = try management("hm2RmaOperation=1", rows)
    #expect(on.management.map(\.service) == ["https", "ssh", "snmpv3"])
    #expect(on.management.allSatisfy { $0.sources.description == "10.0.5.0/24" })
    let off = try management("hm2RmaOperation=2", rows)
    #expect(off.management.allSatisfy { $0.sources.isAll })
  }

  @Test func `A switch has no packet filter and that is said`() throws {
    let reading = try readHiSecOS(container(hisecosPorts))
    #expect(reading.issues.map(\.kind) == [.truncated])
    #expect(reading.issues[0].message.contains("HiOS switch (eagle30_0402)"))
    #expect(try verdict(#require(reading.devices.first), plantPacket()) == "permit")
  }

  // MARK: The container

  @Test func `MIBs and objects that are not known are gaps, empty ones are not`() throws {
    let after =
      mib("HM2-SURPRISE-MIB", mibScalars("x", "hm2X=1")) + mib("HM2-EMPTY-MIB", mibTable("t", []))
      + mib("HM2-LOGGING-MIB", mibScalars("x", "hm2Y=1"))
    let reading = try readHiSecOS(
      hisecos([], [], more: mibScalars("x", "hm2Z=1") + mibTable("hm2NewEntry", ["hm2N=1"]), after: after))
    #expect(reading.ledger.gaps.map(\.state) == [.notRecognised, .notRecognised, .notRecognised])
    #expect(reading.ledger.isIncomplete)
  }

  @Test func `A capture's prompts, a byte-order mark and CRLF are no error`() throws {
    let text = hisecos([l3Rule(1, action: 1)], [l3Use(1, priority: 1)])
    for noisy in [
      "\u{FEFF}" + text, "!RANCID-CONTENT-TYPE: hm\n(EAGLE)>show running-config xml\n" + text + "\n(EAGLE)>exit\n",
    ] {
      let reading = try readHiSecOS(noisy)
      #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty)
      #expect(try verdict(#require(reading.devices.first), plantPacket()) == "permit")
    }
    #expect(try readHiSecOS(text.replacing("\n", with: "\r\n")).ledger.gaps.isEmpty)
  }

  @Test func `Hostile files end in a clear gap`() throws {
    let text = hisecos([l3Rule(1, action: 1)], [l3Use(1, priority: 1)])
    let nul = text.replacing("any", with: "a\0y").replacing("eagle-cell", with: "ea\0gle")
    let bomb = text.replacing("<Config ", with: "<!DOCTYPE c [<!ENTITY a \"b\">]>\n<Config ")
    let deep = text.replacing("<MibData>", with: "<MibData>" + String(repeating: "<a>", count: 100_000))
    let cut = String(text.prefix(text.count / 2))
    for hostile in [nul, bomb, "noise\n" + bomb, deep, cut] {
      let reading = try readHiSecOS(hostile)
      #expect(reading.devices.isEmpty && reading.ledger.isIncomplete)
      #expect(reading.issues.map(\.kind) == [.truncated])
    }
  }

  @Test func `Scrambled values never appear`() throws {
    let secret = "   <Attribute name=\"hm2Key\" convert=\"scrambled\">c2VjcmV0LXZhbHVl</Attribute>\n"
    let text = hisecos([], [], more: "  <Scalar name=\"s\">\n\(secret)  </Scalar>\n")
    let file = try SourceFile(path: "eagle.xml", bytes: Array(text.utf8))
    let reading = Platform.hiSecOS.read(file)
    #expect(reading.ledger.gaps.count == 1)
    for gap in reading.ledger.gaps { #expect(!(file.text(gap.range) + gap.reason).contains("c2VjcmV0")) }
  }

  @Test func `Many rules are read in linear time`() throws {
    let count = 20_000
    let rules = (1...count).map { l3Rule($0, "hm2L3SourceAddress=10.\($0 >> 8 & 255).\($0 & 255).1", action: 1) }
    let uses = (1...count).map { l3Use($0, priority: count - $0 + 1) }
    let started = ContinuousClock.now
    let device = try hisecosDevice(hisecos(rules, uses))
    #expect(device.lists.contains { $0.rules.count == count })
    #expect(ContinuousClock.now - started < .seconds(60))
  }

  @Test func `No other sample is taken for it`() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no shared samples")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      guard let bytes = readBytes(path), let file = try? SourceFile(path: path, bytes: bytes) else { continue }
      #expect(Platform.hiSecOS.detect(file) == nil, "\(path)")
    }
  }
}
