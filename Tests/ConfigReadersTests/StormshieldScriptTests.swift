import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

@testable import ConfigReaders

/// serverd scripts and lists. Source: SNS v4 CLI serverd commands reference guide.
@Suite struct StormshieldScriptTests {
  private let objects = """
    SRPClient> MODIFY ON
    100 code=00a00100 msg="Ok"
    CONFIG OBJECT HOST NEW name=scada ip=10.0.0.9 resolve=static comment="the SCADA server"
    CONFIG OBJECT NETWORK NEW name=plant ip=10.20.0.0 mask=255.255.0.0
    config object range new name=plcs begin=10.20.0.5 end=10.20.0.7
    CONFIG OBJECT SERVICE NEW name=modbus port=502 proto=tcp
    CONFIG OBJECT SERVICE NEW name=web port=80 toport=81 proto=any
    CONFIG OBJECT GROUP NEW name=control
    CONFIG OBJECT GROUP ADDTO group=control node=plcs
    CONFIG OBJECT GROUP ADDTO group=control node=scada
    CONFIG OBJECT SERVICEGROUP NEW name=all-services
    CONFIG OBJECT SERVICEGROUP ADDTO group=all-services node=modbus
    CONFIG OBJECT ACTIVATE

    """

  private func device(_ text: String) throws -> Device {
    let reading = try readStormshield(objects + text)
    #expect(!reading.ledger.isIncomplete && reading.issues.isEmpty, "\(reading.ledger.gaps) \(reading.issues)")
    return try #require(reading.devices.first)
  }

  private func outcome(_ text: String, _ packet: Packet) throws -> String {
    try verdict(device(text), packet, from: "wan", to: "lan")
  }

  @Test func `A rule is inserted before the one whose position it names`() throws {
    // CONFIG FILTER RULE INSERT: "insert a new rule before the rule with the given position", else at the end.
    let text = """
      CONFIG FILTER RULE ADDSEP index=5 type=filter color=C0C0C0 comment="plant" collapse=0
      CONFIG FILTER RULE INSERT index=5 type=filter state=on action=block srctarget=any dsttarget=any rulename=last
      CONFIG FILTER RULE INSERT index=5 type=filter state=on action=pass srctarget=scada srcif=wan dsttarget=control dstport=all-services loglevel=minor position=2 comment="MOC 12"
      CONFIG FILTER ACTIVATE
      CONFIG SLOT ACTIVATE type=filter slot=5

      """
    let device = try device(text)
    let rules = try #require(device.lists.first { $0.name == "filter" }).rules
    #expect(rules.map(\.action) == [.permit, .deny(rejects: false)])
    #expect(rules[0].comment == "MOC 12" && rules[0].logging == .on && rules[1].comment == "last")
    #expect(try verdict(device, plantPacket(), from: "wan", to: "lan") == "permit")
    #expect(try verdict(device, plantPacket(), from: "dmz", to: "lan") == "deny")
    #expect(try verdict(device, plantPacket(port: 80), from: "wan", to: "lan") == "deny")
  }

  @Test func `State, comparison of ports and users are taken as they are`() throws {
    let off = "CONFIG FILTER RULE INSERT index=1 type=filter state=off action=pass srctarget=any dsttarget=any\n"
    #expect(try outcome(off, plantPacket()) == "deny")
    let compared =
      "CONFIG FILTER RULE INSERT index=1 type=filter action=pass srctarget=any dsttarget=any dstport=modbus dstportop=ne\n"
    #expect(try outcome(compared, plantPacket(port: 503)) == "open")
    let user = "CONFIG FILTER RULE INSERT index=1 type=filter action=pass srctarget=any srcuser=\"jo\" dsttarget=any\n"
    #expect(try outcome(user, plantPacket()) == "open")
    let proxy =
      "CONFIG FILTER RULE INSERT index=1 type=filter action=pass fwservice=httpproxy srctarget=any dsttarget=any\n"
    #expect(try outcome(proxy, plantPacket()) == "open")
  }

  @Test func `Global rules come first and may delegate`() throws {
    // User manual, "Action": delegate stops comparing with the global policy and compares with the local policy.
    let text = """
      CONFIG FILTER RULE INSERT index=1 global=1 type=filter state=on action=deleg srctarget=scada dsttarget=any
      CONFIG FILTER RULE INSERT index=1 global=1 type=filter state=on action=block srctarget=any dsttarget=plant
      CONFIG FILTER RULE INSERT index=1 type=filter state=on action=pass srctarget=any dsttarget=any

      """
    #expect(try outcome(text, plantPacket()) == "permit")
    #expect(try outcome(text, plantPacket("10.0.0.8")) == "deny")
    #expect(try outcome(text, plantPacket("10.0.0.8", "10.30.0.1")) == "permit")
    let alone = "CONFIG FILTER RULE INSERT index=1 global=1 type=filter action=block srctarget=scada dsttarget=plant\n"
    #expect(try outcome(alone, plantPacket()) == "deny")
    #expect(try outcome(alone, plantPacket("10.0.0.8")) == "open")
    let local = try readStormshield(objects + "[Filter]\ndeleg from any to any\n")
    #expect(try verdict(#require(local.devices.first), plantPacket(), from: "wan", to: "lan") == "open")
  }

  @Test func `What a script changes afterwards leaves its policy open`() throws {
    let text =
      "CONFIG FILTER RULE INSERT index=1 type=filter action=block srctarget=any dsttarget=any\n"
      + "CONFIG FILTER RULE REMOVE index=1 type=filter position=1\n"
    let reading = try readStormshield(objects + text)
    #expect(reading.ledger.isIncomplete)
    #expect(try verdict(#require(reading.devices.first), plantPacket(), from: "wan", to: "lan") == "open")
    let two =
      "CONFIG FILTER RULE INSERT index=1 type=filter action=block srctarget=any dsttarget=any\n"
      + "CONFIG FILTER RULE INSERT index=2 type=filter action=pass srctarget=any dsttarget=any\n"
    #expect(try readStormshield(objects + two).ledger.isIncomplete)
    let chosen = two + "CONFIG SLOT ACTIVATE type=filter slot=2\n"
    #expect(try outcome(chosen, plantPacket()) == "permit")
  }

  @Test func `Translation rules of a script are read`() throws {
    let text = """
      CONFIG FILTER RULE INSERT index=1 type=filter action=pass srctarget=any dsttarget=any
      CONFIG FILTER RULE INSERT index=1 type=nat state=on action=nat srctarget=plant dsttarget=any dstif=out natsrctarget=scada natsrcport=ephemeral_fw
      CONFIG FILTER RULE INSERT index=1 type=nat state=off action=nat srctarget=any dsttarget=any natdsttarget=scada

      """
    let device = try device(text)
    let stage = try #require(device.pipeline.first { $0.name == "address translation" })
    guard case .translate(let rules) = stage.work else { return }
    #expect(rules.count == 1)
    #expect(rules[0].source == .pool(AddressSet(try #require(IPAddress("10.0.0.9")))) && rules[0].destination == nil)
  }

  @Test func `Modbus profiles say what an inspection may block`() throws {
    // User manual, "MODBUS (IPS) tab": public functions are allowed by default, others only when listed; address ranges by
    // function; guide, CONFIG PROTOCOL MODBUS PROFILE IPS CONFIG and MEMORYACCESS.
    let text = """
      CONFIG PROTOCOL MODBUS PROFILE IPS CONFIG index=2 State=On DenyCode=5,6,15-16 AllowCode=40 AllowedUnitId=1-9
      CONFIG PROTOCOL MODBUS PROFILE IPS MEMORYACCESS CONFIG 03=100-200 index=2
      CONFIG FILTER RULE INSERT index=1 type=filter action=pass inspection=ips securityinspection=2 srctarget=any dsttarget=plcs dstport=modbus

      """
    func outcome(_ code: UInt8, unit: UInt8 = 1, register: UInt16 = 150) throws -> String {
      try self.outcome(text, plantPacket(code: code, unit: unit, register: register))
    }
    // Which protocol profile an inspection profile uses is not in the file, so no block is certain.
    for code: UInt8 in [5, 6, 15, 16, 90] { #expect(try outcome(code) == "open", "\(code)") }
    for code: UInt8 in [1, 3, 40, 43] { #expect(try outcome(code) == "permit", "\(code)") }
    #expect(try outcome(3, register: 99) == "open")
    #expect(try outcome(1, unit: 10) == "open")
    let off = text.replacing("State=On", with: "State=Off")
    #expect(try self.outcome(off, plantPacket(code: 90)) == "permit")
    let other = try readStormshield(objects + "CONFIG PROTOCOL S7 PROFILE IPS CONFIG index=0 State=On\n" + text)
    #expect(other.ledger.isIncomplete)
  }

  @Test func `Lists of objects and members are read`() throws {
    // CONFIG OBJECT LIST, CONFIG OBJECT GROUP SHOW.
    let text = """
      [Object]
      type=host global=0 modify=1 comment="a host" name=plc ip=10.20.0.5 ipv6="" resolve=static used=1
      type=network global=0 modify=1 comment="" name=office ip=10.0.0.0 mask=255.255.0.0 prefixlen=16
      type=service global=0 modify=0 comment="" name=s7 port=102 toport="" proto=tcp
      type=protocol global=0 modify=0 comment="" name=gre2 protonumber=47
      type=group global=0 modify=1 comment="" name=cell nb_elements=1
      type=time global=0 modify=1 name=night
      type=fqdn global=0 modify=1 name=cloud.example ip=192.0.2.1
      [cell]
      name=plc
      [Filter]
      position=1; ruleid=1: pass from office to cell port s7
      position=2; separator color="c0c0c0" comment="rest" collapse="0"
      position=3; ruleid=2: pass from cloud.example to any

      """
    let reading = try readStormshield(text)
    #expect(reading.ledger.gaps.isEmpty)
    #expect(reading.issues.map(\.kind) == [.dynamicObject])
    let device = try #require(reading.devices.first)
    #expect(try verdict(device, plantPacket(port: 102), from: "a", to: "b") == "permit")
    #expect(try verdict(device, plantPacket(port: 103), from: "a", to: "b") == "open")
  }

  @Test func `Commands that are not known are gaps, secrets are not shown`() throws {
    let reading = try readStormshield(
      objects
        + "CONFIG SNMP ACCESS community=geheim\nCONFIG IPSEC PEER NEW name=x psk=geheim\n[Filter]\nblock from any to any\n"
    )
    #expect(reading.ledger.gaps.map(\.state) == [.notRecognised])
    for gap in reading.ledger.gaps { #expect(!gap.reason.contains("geheim")) }
    let twice = try readStormshield(
      objects + "CONFIG OBJECT HOST NEW name=scada ip=10.0.0.10\n[Filter]\npass from scada to any\n")
    #expect(try verdict(#require(twice.devices.first), plantPacket(), from: "a", to: "b") == "open")
  }
}
